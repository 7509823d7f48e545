"""Which loans did these people sign, and what falls due when?

Terms lie on a grid (principal by quantile, a few rates and lengths), so a book of millions has a few
thousand different schedules. Each is made once by ``loan/schedule`` and laid over the loans that share
it; where a month counts as 30 days it is only shifted from one day of signing to another, which is
exact because nobody signs after the 28th of a month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from forbear.book.schema import STATIC
from forbear.book.synthetic.chance import Bits, Whole, below, draw, happens, pick
from forbear.book.synthetic.people import day_from, day_number, days_of
from forbear.book.synthetic.recipe import LOANS_A_PERSON, Recipe, in_household
from forbear.loan.product import Product, shipped
from forbear.loan.schedule import schedule
from forbear.loan.yearly_cost import all_in_cost

LOANS_WEIGHTS = (68, 22, 8, 2)
"""People with 1, 2, 3 and 4 loans: 1.44 on average."""

PRINCIPALS = tuple(
    hundreds * 10_000
    for hundreds in (
        10, 14, 17, 20, 22, 24, 26, 29, 31, 33, 35, 37, 39, 42, 44, 46, 49, 51, 54, 57,
        60, 63, 66, 69, 73, 77, 81, 86, 91, 97, 103, 110, 118, 128, 139, 153, 172, 198, 241, 349,
    )
)  # fmt: skip
"""Amounts lent, all equally likely: the middles of forty equal parts of a lognormal with mean ¥8,000
(average tickets of listed lenders lie between ¥7,200 and ¥9,700) and spread 0.8 of the logarithm, in
whole hundreds of yuan. A table, so that no machine rounds an amount of money differently."""

LAST_SIGNING_DAY = 28
CEILING = 240_000_000
"""Yearly cost above which a loan is flagged: 24%, the line for licensed lenders."""

LIKE_ON = date(2025, 1, 8)
"""Schedules that may be shifted are made as if signed on this day."""

CREDITORS = (
    (1, "宽限示例消费金融", "consumer_finance"),
    (2, "宽限示例银行", "bank"),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One product as it is sold: how often, at which rates, over how many months."""

    product: str
    weight: int
    rates: tuple[int, ...]
    """Parts per million a year."""
    months: tuple[int, ...]
    shifts: bool = True
    """Months count as 30 days, so a schedule may be shifted to another day of signing."""


MONTHS = (3, 6, 6, 9, 12, 12, 12, 24)
OFFERS = (
    Offer("equal_instalment", 55, (108_000, 144_000, 180_000, 216_000, 234_000), MONTHS),
    Offer("equal_principal", 9, (108_000, 144_000, 180_000, 216_000), MONTHS),
    Offer("flat_fee", 14, (48_000, 72_000, 96_000, 108_000), (3, 6, 9, 12)),
    Offer("single", 8, (144_000, 180_000, 216_000), (1,), shifts=False),
    Offer("interest_first", 6, (108_000, 144_000, 180_000), (3, 6, 12), shifts=False),
    Offer("revolving", 4, (126_000, 162_000), (3, 6), shifts=False),
    Offer("given", 4, (180_000, 300_000), (6, 12)),
)
PLAIN_OFFERS = (Offer("equal_instalment", 1, (144_000, 180_000, 216_000, 234_000), (12,)),)
SIGNING_DAYS = (8, 18, 28)
COARSER = 4
"""Products on actual days are signed on these days of a month only, and for every fourth amount:
fewer different schedules."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One schedule as signed, as columns of whole numbers (days since 1970-01-01, minor units)."""

    from_on: tuple[int, ...]
    due_on: tuple[int, ...]
    principal: tuple[int, ...]
    interest: tuple[int, ...]
    fee: tuple[int, ...]
    cost_rate: int
    """All-in yearly cost, parts per billion."""
    over_ceiling: bool


@dataclass(frozen=True, slots=True)
class Lent:
    """The loans of some people and their instalments, flat and in order of (loan, seq)."""

    loans: pl.DataFrame
    """Rows of the table ``loans``."""
    person: Whole
    """For each loan: the borrower."""
    mandate: npt.NDArray[np.bool_]
    """For each loan: is it debited automatically?"""
    first: Whole
    """For each loan: where its instalments begin in the arrays below."""
    count: Whole
    """For each loan: how many they are."""
    from_on: Whole
    due_on: Whole
    principal: Whole
    interest: Whole
    fee: Whole
    loan_place: Whole
    """For each instalment: the place of its loan."""

    def instalments(self) -> pl.DataFrame:
        """The rows of the table ``instalments``."""
        seq = np.arange(len(self.due_on)) - np.repeat(self.first, self.count) + 1
        return pl.DataFrame(
            {
                "from_on": days_of(self.from_on),
                "loan": self.loans["loan"].gather(self.loan_place),
                "seq": pl.Series(seq, dtype=pl.Int16),
                "due_on": days_of(self.due_on),
                "principal": self.principal,
                "interest": self.interest,
                "fee": self.fee,
            }
        )


def products(recipe: Recipe) -> list[Product]:
    """Which products do the loans of this book name?"""
    return [shipped(offer.product) for offer in _offers(recipe)]


def lend(recipe: Recipe, person: Whole) -> Lent:
    """Which loans did these people sign, and what falls due when?"""
    counts = 1 + pick(draw(recipe.seed, "loans", person), LOANS_WEIGHTS)
    who = np.repeat(person, counts)
    nth = np.arange(len(who)) - np.repeat(np.cumsum(counts) - counts, counts)
    return _laid_out(recipe, who, _terms(recipe, who * LOANS_A_PERSON + nth))


@lru_cache(maxsize=65_536)
def signed_schedule(product: str, principal: int, rate: int, months: int, signed_on: int) -> Signed:
    """What falls due on a loan of these terms signed on this day (days since 1970-01-01)?

    A given schedule is one that another system made: equal instalments, at rates that may lie above
    the ceiling, which a book flags and never refuses.

    >>> signed_schedule("flat_fee", 120_000, 96_000_000, 3, day_number(LIKE_ON)).fee
    (960, 960, 960)
    """
    terms = shipped("equal_instalment" if product == "given" else product)
    day = day_from(signed_on)
    plan = schedule(terms, principal, rate, day, months)
    cost = all_in_cost(terms, principal, day, plan)
    return Signed(
        from_on=tuple(day_number(each.from_on) for each in plan),
        due_on=tuple(day_number(each.due_on) for each in plan),
        principal=tuple(each.principal for each in plan),
        interest=tuple(each.interest for each in plan),
        fee=tuple(each.fee for each in plan),
        cost_rate=cost,
        over_ceiling=cost > CEILING,
    )


def parties(recipe: Recipe, lent: Lent) -> pl.DataFrame:
    """The rows of the table ``parties``: borrowers, and spouses who signed too."""
    loans = lent.loans.select("person", "loan").with_columns(pl.lit("borrower").alias("role"))
    joined = in_household(recipe, lent.person) == 1
    bits = draw(recipe.seed, "co-signed", lent.loans["loan"].to_numpy())
    role = pick(bits, (60, 15, 25))
    signed = joined & (role < 2)
    spouses = pl.DataFrame(
        {
            "person": lent.person[signed] - 1,
            "loan": lent.loans["loan"].to_numpy()[signed],
            "role": pl.Series(["co_borrower", "guarantor"]).gather(role[signed]),
        }
    )
    return pl.concat([loans, spouses]).select(
        "person", "loan", pl.col("role").cast(STATIC["parties"].schema["role"])
    )


def creditors() -> pl.DataFrame:
    """The rows of the table ``creditors``."""
    return pl.DataFrame(
        CREDITORS, schema=["creditor", "name", "lender_type"], orient="row"
    ).with_columns(pl.col("creditor").cast(pl.Int16))


def _offers(recipe: Recipe) -> tuple[Offer, ...]:
    return PLAIN_OFFERS if recipe.plain else OFFERS


def _terms(recipe: Recipe, loan: Whole) -> pl.DataFrame:
    """What was agreed on each loan: one row a loan, in order."""
    offers = _offers(recipe)

    def bits(purpose: str) -> Bits:
        return draw(recipe.seed, purpose, loan)

    offer = pick(bits("product"), [each.weight for each in offers])
    signed_on = _signing_days(recipe, loan)
    rate, months, shifts = np.zeros_like(loan), np.zeros_like(loan), np.zeros(len(loan), dtype=bool)
    for place, each in enumerate(offers):
        of_it = offer == place
        rate[of_it] = np.array(each.rates)[below(bits("rate"), len(each.rates))[of_it]] * 1_000
        months[of_it] = np.array(each.months)[below(bits("months"), len(each.months))[of_it]]
        shifts[of_it] = each.shifts
    signed_on = np.where(shifts, signed_on, _on_signing_day(signed_on))
    step = below(bits("principal"), len(PRINCIPALS))
    step = np.where(shifts, step, step // COARSER * COARSER + COARSER // 2)
    return pl.DataFrame(
        {
            "loan": loan,
            "product": pl.Series([each.product for each in offers]).gather(offer),
            "principal": np.array(PRINCIPALS)[step],
            "rate": rate,
            "months": months,
            "signed_on": signed_on,
            "like_on": np.where(shifts, day_number(LIKE_ON), signed_on),
            "creditor": pl.Series(1 + happens(bits("creditor"), 120_000), dtype=pl.Int16),
            "mandate": happens(bits("mandate"), 720_000),
        }
    )


def _signing_days(recipe: Recipe, loan: Whole) -> Whole:
    """On which day was each loan signed? Evenly over the history, never after the 28th."""
    last = day_number(recipe.as_of)
    day = last - 1 - below(draw(recipe.seed, "signed", loan), recipe.days - 1)
    month, within = month_of(day)
    return day - np.maximum(within + 1 - LAST_SIGNING_DAY, 0) + 0 * month


def _on_signing_day(day: Whole) -> Whole:
    """The last of ``SIGNING_DAYS`` on or before each day (of the month before, if need be)."""
    month, within = month_of(day)
    wanted = np.array(SIGNING_DAYS) - 1
    place = np.searchsorted(wanted, within, side="right") - 1
    month = np.where(place < 0, month - 1, month)
    return _day_in_month(month, wanted[place])


def month_of(day: Whole) -> tuple[Whole, Whole]:
    """Which month (counted from January 1970), and which day in it, counted from 0?"""
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    first = month.astype("datetime64[D]").astype(np.int64)
    return month.astype(np.int64), day - first


def _day_in_month(month: Whole, within: Whole) -> Whole:
    """The day of this month, counted from 0; must be one that every month has."""
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + within


def _laid_out(recipe: Recipe, person: Whole, terms: pl.DataFrame) -> Lent:
    """Each loan with its own instalments: the schedule of its terms on its own days."""
    same = ["product", "principal", "rate", "months", "like_on"]
    kinds = terms.select(same).unique(maintain_order=True)
    made = [signed_schedule(*row) for row in kinds.iter_rows()]
    sizes = np.array([len(each.due_on) for each in made], dtype=np.int64)
    begins = np.cumsum(sizes) - sizes
    kind = (
        terms.select(same)
        .join(kinds.with_row_index("kind"), on=same, how="left", maintain_order="left")["kind"]
        .to_numpy()
        .astype(np.int64)
    )
    count = sizes[kind]
    first = np.cumsum(count) - count
    loan_place = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(loan_place)) - first[loan_place]
    row = begins[kind][loan_place] + within

    def column(name: str) -> Whole:
        flat: Whole = np.concatenate(
            [np.array(getattr(each, name), dtype=np.int64) for each in made]
        )
        return np.asarray(flat[row], dtype=np.int64)

    signed_on = terms["signed_on"].to_numpy()
    like_on = terms["like_on"].to_numpy()
    from_on, due_on = (
        _shifted(column(name), like_on[loan_place], signed_on[loan_place])
        for name in ("from_on", "due_on")
    )
    return Lent(
        loans=_loans(person, terms, [made[k] for k in kind], first, count, due_on),
        person=person,
        mandate=terms["mandate"].to_numpy(),
        first=first,
        count=count,
        from_on=from_on,
        due_on=due_on,
        principal=column("principal"),
        interest=column("interest"),
        fee=column("fee"),
        loan_place=loan_place,
    )


def _shifted(day: Whole, like_on: Whole, signed_on: Whole) -> Whole:
    """These days of a loan signed on ``like_on``, for one signed on ``signed_on``.

    Both lie before the 29th of their month, so the n-th month later has that day too.
    """
    if np.array_equal(like_on, signed_on):
        return day
    later = month_of(day)[0] - month_of(like_on)[0]
    month, within = month_of(signed_on)
    return np.where(like_on == signed_on, day, _day_in_month(month + later, within))


def _loans(
    person: Whole,
    terms: pl.DataFrame,
    made: list[Signed],
    first: Whole,
    count: Whole,
    due_on: Whole,
) -> pl.DataFrame:
    """The rows of the table ``loans``."""
    return terms.with_columns(
        ref="L" + pl.col("loan").cast(pl.String).str.zfill(10),
        person=person,
        disbursed_on=days_of(terms["signed_on"].to_numpy()),
        instalments=pl.Series(count, dtype=pl.Int16),
        first_due_on=days_of(due_on[first]),
        last_due_on=days_of(due_on[first + count - 1]),
        signing_fees=pl.lit(0, dtype=pl.Int64),
        cost_rate=pl.Series([each.cost_rate for each in made], dtype=pl.Int64),
        over_ceiling=pl.Series([each.over_ceiling for each in made], dtype=pl.Boolean),
        incomplete=pl.lit(False),
        debit_mandate=pl.col("mandate"),
    ).select(STATIC["loans"].schema.names())
