"""Bring the money and the contact history of one part to the morning.

Money: time and ordinary payments by columns; a loan with any other event through ``forbear.loan``,
and only it; a loan that cannot be brought to today keeps its last position and is set aside with
the reason. Contact history: yesterday's contacts are folded into what is carried. Promises whose day
has passed are decided by what was paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from forbear.book.arrears.advance import POSITION, advance, merged_items, replace_rows
from forbear.book.arrears.opening import open_loans
from forbear.book.arrears.ordinary import told_on
from forbear.book.arrears.terms import Terms
from forbear.book.schema import NIGHT, STATE
from forbear.facts.history import Carried, reset_cases, update
from forbear.night.frames import Part


@dataclass(frozen=True, slots=True)
class Money:
    """Positions and open items at the end of yesterday, and the loans that did not get there."""

    positions: pl.DataFrame
    open_items: pl.DataFrame
    set_aside: pl.DataFrame
    replayed: int


def bring_money(part: Part, terms: Terms) -> Money:
    """What does every loan of this part stand at at the end of yesterday?

    State already at the end of yesterday (a book just opened) is taken as it is.
    """
    day = part.yesterday
    brought = part.positions.height > 0 and part.positions["balances_on"].max() == day
    if brought:
        return Money(part.positions, part.open_items, NIGHT["set_aside"].empty(), 0)
    new = _begun(part, day)
    told = told_on(part.events, day)
    advanced = advance(
        part.positions,
        part.open_items,
        part.starting,
        told.credits,
        day=day,
        loans=part.loans,
        terms=terms,
    )
    again = pl.concat([advanced.not_carried, told.others]).unique().sort()
    again = again.filter(~again.is_in(new.implode()))
    again = again.filter(again.is_in(part.positions["loan"].implode()))
    money = _replayed(part, advanced.positions, advanced.open_items, again, terms)
    return _with_new(part, money, new, terms)


def _begun(part: Part, day: date) -> pl.Series:
    """Loans whose money went out on this day."""
    begun = part.loans.filter(pl.col("disbursed_on") == day)["loan"]
    if begun.is_empty():
        return begun
    return begun.filter(~begun.is_in(part.positions["loan"].implode()))


def _with_new(part: Part, money: Money, new: pl.Series, terms: Terms) -> Money:
    """The same with the first positions of loans whose money went out yesterday."""
    if new.is_empty():
        return money
    past = part.past(new)
    opened = open_loans(past.loans, past.instalments, past.events, terms, as_of=part.yesterday)
    return Money(
        pl.concat([money.positions, opened.positions]).sort("loan"),
        pl.concat([money.open_items, opened.open_items]).sort(STATE["open_items"].order),
        pl.concat([money.set_aside, opened.set_aside]).sort("loan"),
        money.replayed,
    )


def _replayed(
    part: Part, positions: pl.DataFrame, items: pl.DataFrame, again: pl.Series, terms: Terms
) -> Money:
    """The loans ``again`` from everything that happened to them; the others as they are.

    What is ordinary once its order is known (a payment recorded late) is carried from disbursement by
    columns; the rest goes through ``forbear.loan`` one by one. Both give the same figures.
    """
    if again.is_empty():
        return Money(positions, items, NIGHT["set_aside"].empty(), 0)
    past = part.past(again)
    fresh = open_loans(past.loans, past.instalments, past.events, terms, as_of=part.yesterday)
    failed = fresh.set_aside["loan"].implode()
    kept = part.positions.filter(pl.col("loan").is_in(failed)).with_columns(
        status=pl.lit("set_aside", positions.schema["status"])
    )
    gone = again.implode()
    rows = pl.concat([fresh.positions.filter(~pl.col("loan").is_in(failed)), kept]).sort("loan")
    places = positions["loan"].search_sorted(rows["loan"]).to_numpy().astype("int64")
    old_items = part.open_items.filter(pl.col("loan").is_in(failed))
    return Money(
        replace_rows(positions, places, rows, POSITION),
        merged_items(
            items.filter(~pl.col("loan").is_in(gone)), pl.concat([fresh.open_items, old_items])
        ),
        fresh.set_aside,
        again.len(),
    )


def bring_history(part: Part, positions: pl.DataFrame, *, book_zone: str) -> Carried:
    """What does each person's contact history come to this morning?

    A person without arrears at the end of yesterday has no case: their case counters begin at 0.
    """
    before = Carried(part.carried_people, part.carried_days, part.carried_numbers)
    touched = pl.col("person").is_in(part.contacts["person"].unique().implode())
    mine = part.people.lazy().filter(touched).select("person", "zone").collect()
    theirs = part.numbers.lazy().filter(touched).select("person", "number", "relation").collect()
    carried = update(
        before,
        part.contacts,
        numbers=theirs,
        people=mine,
        book_zone=book_zone,
        today=part.day,
        agreements=_agreements(part),
    )
    return reset_cases(carried, _without_arrears(part, positions, carried.people))


def _agreements(part: Part) -> pl.DataFrame:
    """When somebody promised or signed something: a call that day had a result."""
    zone = part.promises.schema["made_at"]
    signed = part.plans.select("person", at=pl.col("agreed_on").cast(zone))
    return pl.concat([part.promises.select("person", at="made_at"), signed])


def _without_arrears(part: Part, positions: pl.DataFrame, carried: pl.DataFrame) -> pl.Series:
    """People with case counters and nothing overdue in any loan they are bound by."""
    counters = ("visits_case", "talks_case", "contact_person_calls_case")
    with_case = (
        carried.lazy()
        .filter(pl.any_horizontal(pl.col(name) > 0 for name in counters))
        .select("person")
        .collect()
    )
    if with_case.is_empty():
        return with_case["person"]
    people = pl.col("person").is_in(with_case["person"].implode())
    bound = part.parties.lazy().filter(people).select("person", "loan")
    late = positions.lazy().filter(pl.col("due_since").is_not_null()).select("loan")
    still = bound.join(late, on="loan", how="semi").select("person").collect()["person"]
    return with_case["person"].filter(~with_case["person"].is_in(still.implode()))


def decide_promises(part: Part, *, book_zone: str) -> pl.DataFrame:
    """What has become of every promise whose day has passed? The ledger decides.

    Kept: at least the promised amount was paid on the loan from the day of the promise to the
    promised day; part-kept: something; broken: nothing. Decided on the morning after the day.
    """
    due = (pl.col("outcome") == "open") & (pl.col("due_on") < part.day)
    open_ones = part.promises.filter(due)
    if open_ones.is_empty():
        return part.promises
    events = part.past(open_ones["loan"].unique().sort()).events
    reversed_ = events.filter(pl.col("kind") == "reversed").select("loan", event="names")
    paid = (
        events.filter(pl.col("kind") == "repaid")
        .join(reversed_, on=["loan", "event"], how="anti")
        .select("loan", "effective_on", received="amount")
    )
    within = (
        pl.col("effective_on") >= pl.col("made_at").dt.convert_time_zone(book_zone).dt.date()
    ) & (pl.col("effective_on") <= pl.col("due_on"))
    got = (
        open_ones.select("person", "made_at", "loan", "due_on")
        .join(paid, on="loan", how="left")
        .group_by("person", "made_at")
        .agg(pl.col("received").filter(within).cast(pl.Int128).sum().cast(pl.Int64))
    )
    outcome = part.promises.schema["outcome"]
    verdict = (
        pl.when(pl.col("received") >= pl.col("amount"))
        .then(pl.lit("kept", outcome))
        .when(pl.col("received") > 0)
        .then(pl.lit("part_kept", outcome))
        .otherwise(pl.lit("broken", outcome))
    )
    return (
        part.promises.join(got, on=["person", "made_at"], how="left", maintain_order="left")
        .with_columns(
            outcome=pl.when(due).then(verdict).otherwise("outcome"),
            decided_on=pl.when(due)
            .then(pl.col("due_on") + timedelta(days=1))
            .otherwise("decided_on"),
        )
        .select(part.promises.columns)
    )
