"""Arrears for all loans at once: a night advances by columns, and equals the loan room to the unit.

Each example is a small book of invented loans: several products that differ in all that columns must
respect (waterfall, grace, penalty base, ceiling, day basis), payments on time, early, late, in parts
and too high.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from forbear.book.arrears.advance import CREDITS, advance
from forbear.book.arrears.opening import first_positions
from forbear.book.arrears.replaying import Replayed, replay_loans
from forbear.book.arrears.terms import Terms, terms_of
from forbear.book.arrears.waves import carry_through
from forbear.book.schema import HISTORY, STATE, STATIC
from forbear.loan.ceiling import Ceiling
from forbear.loan.product import Penalty, Product, Waterfall, shipped

AS_DRAWN = (Phase.explicit, Phase.reuse, Phase.generate)
"""A seed has no smaller form, so a failing example is not shrunk."""

SOAK = 1_000 if os.environ.get("FORBEAR_SOAK") else 0
START = date(2025, 11, 20)
COMPONENTS = ("fee", "penalty", "interest", "principal")


@dataclass(frozen=True)
class Made:
    """A small book: frames as the tables have them, and the days of payments."""

    terms: Terms
    loans: pl.DataFrame
    instalments: pl.DataFrame
    payments: pl.DataFrame
    ceiling_rates: pl.Series
    last_on: date

    @property
    def first(self) -> pl.DataFrame:
        return first_positions(self.loans, self.instalments, self.terms).with_columns(
            ceiling_rate=self.ceiling_rates
        )


def make_product(chance: random.Random, number: int) -> Product:
    order = list(COMPONENTS)
    chance.shuffle(order)
    return replace(
        shipped("given"),
        id=f"product-{number}",
        penalty=Penalty(
            multiple=None if number % 2 else chance.choice([1_300_000, 1_500_000, 3_000_000]),
            rate=chance.choice([180_000_000, 2_000_000_000]) if number % 2 else None,
            grace_days=chance.choice([0, 0, 3, 10]),
            on=chance.choice(["principal", "principal_and_interest"]),
        ),
        compound=chance.random() < 0.2,
        waterfall=Waterfall(
            components=tuple(order) if chance.random() < 0.5 else COMPONENTS,
            states=chance.choice(
                [("past_due", "due", "in_advance"), ("due", "past_due", "in_advance")]
            ),
            direction=chance.choice(["horizontal", "vertical"]),
        ),
        day_basis=chance.choice([360, 365]),
    )


def make_book(seed: int, *, loans: int = 12, products: int = 4) -> Made:
    chance = random.Random(seed)
    sold = [make_product(chance, number) for number in range(products)]
    signed, scheduled, paid, ceilings = [], [], [], []
    for loan in range(1, loans + 1):
        product = chance.choice(sold)
        disbursed_on = START + timedelta(days=chance.randrange(10))
        rate = chance.choice([0, 120_000_000, 240_000_000, 2_400_000_000])
        size = 10 ** chance.randrange(2, 8)
        rows, begins = [], disbursed_on
        for seq in range(1, chance.randrange(2, 6)):
            due = begins + timedelta(days=chance.choice([7, 14, 28, 30, 31]))
            principal = chance.choice([0, size, chance.randrange(1, 3 * size)])
            interest = 1 + chance.randrange(size // 5 + 1)
            rows.append((begins, loan, seq, due, principal, interest, chance.choice([0, 0, 50])))
            begins = due
        scheduled += rows
        term = (begins - disbursed_on).days
        for _ in range(chance.randrange(8)):
            on = disbursed_on + timedelta(days=chance.randrange(1, term + 25))
            on = chance.choice([on, chance.choice(rows)[3]])
            owed = chance.choice(rows)
            due_sum = sum(owed[4:7])
            amount = chance.choice([due_sum, due_sum // 2, due_sum * 3 // 2, 1, 2 * size])
            if amount:
                paid.append((loan, on, amount))
        ceilings.append(chance.choice([0, rate, rate + 60_000_000, 240_000_000]))
        signed.append(
            (
                loan, f"L{loan}", loan, 1, product.id, disbursed_on, sum(r[4] for r in rows), rate,
                len(rows), rows[0][3], begins, chance.choice([0, size // 10]), None, False, False,
                False,
            )
        )  # fmt: skip
    return Made(
        terms_of(sold),
        pl.DataFrame(signed, schema=STATIC["loans"].schema, orient="row"),
        pl.DataFrame(scheduled, schema=STATIC["instalments"].schema, orient="row").sort(
            STATIC["instalments"].order
        ),
        pl.DataFrame(paid, schema={"loan": pl.Int64, "on": pl.Date, "paid": pl.Int64}, orient="row")
        .group_by("loan", "on")
        .agg(pl.col("paid").sum())
        .sort("loan", "on"),
        pl.Series(ceilings, dtype=pl.Int64),
        START + timedelta(days=200),
    )


def through_waves(book: Made, to: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    done = carry_through(
        book.first,
        STATE["open_items"].empty(),
        book.instalments,
        book.payments.filter(pl.col("on") <= to),
        to=to,
        loans=book.loans,
        terms=book.terms,
    )
    assert done.not_carried.is_empty()
    return done.positions, done.open_items


def same(expected: pl.DataFrame, got: pl.DataFrame) -> None:
    """Every column of every loan, with the loan and both figures where they differ."""
    assert expected["loan"].equals(got["loan"])
    for name in expected.columns[1:]:
        wrong = expected[name].ne_missing(got[name])
        told = pl.DataFrame([expected["loan"], expected[name], got[name].alias("got")]).filter(
            wrong
        )
        assert told.is_empty(), (name, told.rows())


@settings(max_examples=SOAK or 3, deadline=None, phases=AS_DRAWN)
@given(st.integers(0, 10**9))
def test_many_days_at_once_equal_day_by_day(seed: int) -> None:
    """A jump over any number of days stands where a close of every single day stands."""
    book = make_book(seed, loans=30)
    begin = START + timedelta(days=12)
    positions, items = through_waves(book, begin)
    for number in range(1, 70):
        day = begin + timedelta(days=number)
        today = advance(
            positions,
            items,
            book.instalments.filter(pl.col("from_on") == day),
            book.payments.filter(pl.col("on") == day).select(CREDITS.names()),
            day=day,
            loans=book.loans,
            terms=book.terms,
        )
        assert today.not_carried.is_empty()
        positions, items = today.positions, today.open_items
    at_once, items_at_once = through_waves(book, day)
    same(positions, at_once)
    assert items.equals(items_at_once)


def as_events(payments: pl.DataFrame) -> pl.DataFrame:
    """The payments as rows of ``events``."""
    paid = payments.with_columns(event=pl.int_range(pl.len(), dtype=pl.Int64).over("loan"))
    return paid.select(
        "loan",
        effective_on="on",
        recorded_at=pl.col("on").cast(HISTORY["events"].schema["recorded_at"]),
        event="event",
        kind=pl.lit("repaid"),
        amount="paid",
        names=pl.lit(None),
        detail=pl.lit(None),
    ).cast(dict(HISTORY["events"].schema))


def replayed(book: Made, to: date, *more: pl.DataFrame) -> Replayed:
    """The same loans one by one, through ``forbear.loan``."""
    events = pl.concat([as_events(book.payments), *more]).filter(pl.col("effective_on") <= to)
    products = book.terms.products.values()
    asked = dict(zip(book.loans["loan"], book.ceiling_rates, strict=True))
    parts = []
    for loan in book.loans["loan"]:
        ceiling = [Ceiling("licensed", START, None, asked[loan])]
        mine = book.loans.filter(pl.col("loan") == loan)
        terms = terms_of(products, ceiling)
        parts.append(replay_loans(mine, book.instalments, events, terms, as_of=to))
    return Replayed(
        pl.concat([part.positions for part in parts]),
        pl.concat([part.open_items for part in parts]),
        pl.concat([part.set_aside for part in parts]),
    )


@settings(max_examples=SOAK or 12, deadline=None, phases=AS_DRAWN)
@given(st.integers(0, 10**9), st.integers(10, 200))
def test_columns_equal_the_replay_loan_by_loan(seed: int, days: int) -> None:
    """The first property of the house: advance == replay, every column, to the unit."""
    book = make_book(seed)
    to = START + timedelta(days=days)
    positions, items = through_waves(book, to)
    one_by_one = replayed(book, to)
    assert one_by_one.set_aside.is_empty(), one_by_one.set_aside.to_dicts()
    same(one_by_one.positions, positions)
    assert items.equals(one_by_one.open_items)


@settings(max_examples=SOAK or 6, deadline=None, phases=AS_DRAWN)
@given(st.integers(0, 10**9))
def test_no_money_is_lost(seed: int) -> None:
    """Everything paid is allocated, held in advance or shown as overpaid; nothing due is negative."""
    book = make_book(seed, loans=40)
    positions, items = through_waves(book, book.last_on)
    signed = book.instalments.group_by("loan").agg(
        scheduled=(pl.col("principal") + pl.col("interest") + pl.col("fee")).sum(),
        to_come=(pl.col("principal") + pl.col("interest") + pl.col("fee"))
        .filter(pl.col("due_on") > book.last_on)
        .sum(),
    )
    money = (
        positions.join(signed, on="loan")
        .join(book.payments.group_by("loan").agg(paid=pl.col("paid").sum()), on="loan", how="left")
        .join(items.group_by("loan").agg(open=pl.col("amount").sum()), on="loan", how="left")
        .fill_null(0)
    )
    allocated = (
        pl.col("scheduled") - pl.col("to_come") - pl.col("open")
        + pl.col("claimed_beyond") - pl.col("penalty_due")
    )  # fmt: skip
    kept = pl.col("paid_in_advance") + pl.col("overpaid")
    assert money.filter(pl.col("paid") != allocated + kept).is_empty()
    assert money.filter(pl.col("due_since").is_null() & (pl.col("open") > 0)).is_empty()
    for name in ("principal_due", "interest_due", "fee_due", "penalty_due", "not_claimable"):
        assert (money[name] >= 0).all()


HAPPENS = (
    ("charge", '{"component": "fee"}'), ("charge", '{"component": "penalty"}'), ("waiver", None),
    ("settlement", None), ("charge_off", None), ("charge_off", '{"interest": "stops"}'),
    ("extension", '{"days": 10}'), ("re_amortise", None),
    ("re_age", '{"first_due_on": "2026-04-01", "instalments": 3}'),
    ("interest_pause", '{"until_on": "2026-01-20"}'), ("recovery", None),
)  # fmt: skip
"""What may happen to a loan beside payments: kind and detail."""


def odd_events(book: Made, seed: int) -> pl.DataFrame:
    """One or two events a loan that columns do not know, in its first ninety days."""
    chance = random.Random(seed)
    rows = []
    for loan in book.loans["loan"]:
        for number in range(chance.randrange(1, 3)):
            kind, detail = chance.choice(HAPPENS)
            on = START + timedelta(days=chance.randrange(11, 100))
            amount = (
                chance.choice([40, 3_000, 200_000]) if detail is None or "comp" in detail else 0
            )
            rows.append((loan, on, on, 1_000 + number, kind, amount, None, detail))
    frame = pl.DataFrame(rows, schema=list(HISTORY["events"].columns), orient="row")
    instant = HISTORY["events"].schema["recorded_at"]
    return frame.with_columns(pl.col("recorded_at").cast(instant)).cast(
        dict(HISTORY["events"].schema)
    )


@settings(max_examples=SOAK or 8, deadline=None, phases=AS_DRAWN)
@given(st.integers(0, 10**9))
def test_a_loan_handed_back_to_columns_goes_on_as_the_replay_says(seed: int) -> None:
    """Whatever happened to it: where ``by_columns`` is said, columns carry it on to the unit."""
    book = make_book(seed, loans=30)
    odd = odd_events(book, seed)
    then, later = START + timedelta(days=100), START + timedelta(days=190)
    known = replace(book, payments=book.payments.filter(pl.col("on") <= then))
    before, after = replayed(known, then, odd), replayed(book, later, odd)
    handed = before.positions.filter("by_columns")
    here = handed["loan"].implode()
    carried = carry_through(
        handed,
        before.open_items.filter(pl.col("loan").is_in(here)),
        book.instalments.filter(pl.col("loan").is_in(here)),
        book.payments.filter(pl.col("loan").is_in(here), pl.col("on") > then),
        to=later,
        loans=book.loans,
        terms=book.terms,
    )
    assert carried.not_carried.is_empty()
    same(after.positions.filter(pl.col("loan").is_in(here)), carried.positions)
    assert carried.open_items.equals(after.open_items.filter(pl.col("loan").is_in(here)))
