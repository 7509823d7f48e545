"""How does the book get from the end of one day to the end of the next, for all loans at once?

The order of a day is that of ``forbear.loan``: accrue on what stood at the end of the day before;
instalments due fall due; credits (money held in advance, then payments) are allocated. Every loan
accrues; only loans with an instalment, a credit or the end of a grace period that day are touched.

The same step serves a night (one day for all) and the opening of a book (each loan's own next day of
change): the day is a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from forbear.book.arrears.accrual import BROUGHT, bring_to, put
from forbear.book.arrears.allocation import allocate_credits
from forbear.book.arrears.terms import COMPONENT, Terms, grace_ends, with_terms
from forbear.book.schema import STATE

CREDITS = pl.Schema({"loan": pl.Int64, "paid": pl.Int64})
"""What was paid on the day, one row a loan."""

POSITION = tuple(STATE["positions"].columns)

Places = npt.NDArray[np.int64]

_NEXT = {
    "next_seq": "seq",
    "next_from_on": "from_on",
    "next_due_on": "due_on",
    "next_principal": "principal",
    "next_interest": "interest",
    "next_fee": "fee",
}
_STEPPED = tuple(
    name
    for name in POSITION
    if name not in {"loan", "person", "creditor", "by_columns", "day_basis"}
    and not name.endswith("_rate")
)


@dataclass(frozen=True, slots=True)
class Advanced:
    """Positions and open items at the end of a day, and the loans columns could not carry."""

    positions: pl.DataFrame
    open_items: pl.DataFrame
    not_carried: pl.Series
    """Loans left as they were: not ``by_columns``, set aside or behind, or the day holds what columns
    do not know (money early that reduces principal; a figure outside its declared range). Last come
    loans with a credit and no position."""


@dataclass(frozen=True, slots=True)
class Step:
    """The touched loans at the end of their day, and those that columns could not carry."""

    rows: pl.DataFrame
    items: pl.DataFrame
    not_carried: pl.Series


def advance(
    positions: pl.DataFrame,
    open_items: pl.DataFrame,
    starting: pl.DataFrame,
    credits: pl.DataFrame,
    *,
    day: date,
    loans: pl.DataFrame,
    terms: Terms,
) -> Advanced:
    """What do all loans stand at at the end of ``day``, given how they stood the evening before?

    ``starting``: the instalments whose period begins on ``day`` (``from_on``). ``credits``: loan and
    ``paid``, the sum of ordinary payments effective on ``day``. ``loans``: the loans as signed, sorted
    by loan. Both tables come back in the order in which they are stored. Loans in ``not_carried``
    keep their row and items; they go through ``replaying``. Rows that stand at ``day``
    already are left alone.

    Raises BookError when a position names a loan that is not in ``loans``.
    """
    there = (positions["balances_on"] >= day).to_numpy()
    carried = ~there & _carried(positions, day)
    brought = bring_to(positions, _days_of(positions, carried, day), loans)
    places = np.flatnonzero(carried & _touched(positions, open_items, credits, day, loans, terms))
    rows = with_terms(brought[places], loans, terms).with_columns(on=pl.lit(day))
    mine = open_items["loan"].is_in(rows["loan"].implode())
    step = step_day(rows, open_items.filter(mine), starting, credits, terms)
    after = replace_rows(brought, places, step.rows, _STEPPED)
    lost = np.flatnonzero(unreadable(after).to_numpy())
    back = np.concatenate([lost, _places_of(after, step.not_carried)])
    after = replace_rows(after, back, positions[back], (*_STEPPED, *BROUGHT))
    not_carried = after["loan"].gather(
        pl.Series(np.union1d(back, np.flatnonzero(~carried & ~there)))
    )
    kept = open_items.filter(~mine | open_items["loan"].is_in(not_carried.implode()))
    stepped = step.items.filter(~pl.col("loan").is_in(not_carried.implode()))
    items = merged_items(kept, stepped)
    unknown = credits["loan"].filter(~credits["loan"].is_in(positions["loan"].implode()))
    return Advanced(after, items, pl.concat([not_carried, unknown.unique().sort()]))


def step_day(
    rows: pl.DataFrame,
    items: pl.DataFrame,
    starting: pl.DataFrame,
    credits: pl.DataFrame,
    terms: Terms,
) -> Step:
    """What do these loans stand at at the end of their day ``on``, once it has accrued?

    ``rows``: positions brought to ``on``, with their terms beside them. ``items``: just their open
    items. ``credits`` of other loans are not looked at.
    """
    rows, fallen = _fall_due(rows, starting)
    rows = rows.join(credits.select(CREDITS.names()), on="loan", how="left", maintain_order="left")
    rows = rows.with_columns(credit=pl.col("paid_in_advance") + pl.col("paid").fill_null(0))
    items = pl.concat([items, fallen])
    credited = rows.filter(pl.col("credit") > 0)
    with_credit = items["loan"].is_in(credited["loan"].implode())
    allocated = allocate_credits(credited, items.filter(with_credit), terms)
    items = pl.concat([items.filter(~with_credit), allocated.items])
    rows = _settle(_credit(rows, allocated.credits), items)
    early = ~pl.col("holds_early") & (pl.col("paid_in_advance") > 0)
    return Step(rows.select(POSITION), items, rows.filter(early)["loan"])


def _fall_due(rows: pl.DataFrame, starting: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with their next instalment moved on, and the items that fell due."""
    falls = (pl.col("next_due_on") == pl.col("on")).fill_null(False)
    due = rows.filter(falls)
    items = pl.concat(
        due.select(
            "loan",
            due_on="next_due_on",
            seq="next_seq",
            component=pl.lit(part, COMPONENT),
            amount=f"next_{part}",
        ).filter(pl.col("amount") > 0)
        for part in ("fee", "interest", "principal")
    )
    following = starting.select(
        "loan",
        (pl.col("seq") - 1).alias("next_seq"),
        **{f"{new}_after": old for new, old in _NEXT.items()},
    )
    rows = rows.join(following, on=["loan", "next_seq"], how="left", maintain_order="left")
    after = {new: pl.col(f"{new}_after") for new in _NEXT}
    for part in ("principal", "interest", "fee"):
        after[f"next_{part}"] = after[f"next_{part}"].fill_null(0)
    changes = {
        "principal_not_due": pl.col("principal_not_due") - pl.col("next_principal"),
        "interest_base": pl.col("interest_base") - pl.col("next_principal"),
        "signed_cost": pl.col("signed_cost") + pl.col("next_interest") + pl.col("next_fee"),
        "interest_accrued": pl.lit(0, pl.Int64),
        "interest_carry": pl.lit(0, pl.Int64),
        **after,
    }
    rows = rows.with_columns(
        pl.when(falls).then(value).otherwise(pl.col(name)).alias(name)
        for name, value in changes.items()
    )
    return rows.drop(f"{new}_after" for new in _NEXT), items


def _credit(rows: pl.DataFrame, credits: pl.DataFrame) -> pl.DataFrame:
    """The rows with what was paid on penalty and what is left over in its place."""
    left = pl.col("left").fill_null(0)
    more = pl.col("next_seq").is_not_null()
    return rows.join(credits, on="loan", how="left", maintain_order="left").with_columns(
        penalty_due=pl.col("penalty_due") - pl.col("to_penalty").fill_null(0),
        paid_in_advance=pl.when(more).then(left).otherwise(0),
        overpaid=pl.col("overpaid") + pl.when(more).then(0).otherwise(left),
        last_paid_on=pl.when(pl.col("paid") > 0).then("on").otherwise("last_paid_on"),
        last_paid=pl.when(pl.col("paid") > 0).then("paid").otherwise("last_paid"),
    )


def _settle(rows: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The rows with the totals of their open items, the two clocks, and what runs from tomorrow."""
    bears = pl.col("due_on").cast(pl.Int32) + pl.col("grace_days") <= pl.col("on").cast(pl.Int32)
    is_base = (pl.col("component") == "principal") | (
        (pl.col("component") == "interest") & pl.col("base_on_interest")
    )

    def total(component: str) -> pl.Expr:
        return pl.col("amount").filter(pl.col("component") == component).sum()

    beside = rows.select("loan", "on", "grace_days", "base_on_interest")
    totals = (
        items.join(beside, on="loan", maintain_order="left")
        .group_by("loan")
        .agg(
            principal_due=total("principal"),
            interest_due=total("interest"),
            fee_due=total("fee"),
            penalty_base=pl.col("amount").filter(bears & is_base).sum(),
            oldest_on=pl.col("due_on").min(),
        )
    )
    sums = ("principal_due", "interest_due", "fee_due", "penalty_base")
    rows = rows.drop(sums).join(totals, on="loan", how="left", maintain_order="left")
    entered = pl.col("due_since").is_null() & pl.col("oldest_on").is_not_null()
    nothing = (
        pl.col("next_seq").is_null() & pl.col("oldest_on").is_null() & (pl.col("penalty_due") == 0)
    )
    return rows.with_columns(
        *(pl.col(name).fill_null(0) for name in sums),
        due_since="oldest_on",
        due_since_regulatory="oldest_on",
        times_late=pl.col("times_late") + entered.cast(pl.Int16),
        status=pl.when(nothing & (pl.col("status") == "open"))
        .then(pl.lit("settled", rows["status"].dtype))
        .otherwise("status"),
    )


def _days_of(
    positions: pl.DataFrame, carried: npt.NDArray[np.bool_], day: date
) -> date | pl.Series:
    """To which day is each row to be brought? One day for all, or its own where it stays behind."""
    if carried.all():
        return day
    stays = pl.Series(~carried)
    return positions.select(pl.when(stays).then("balances_on").otherwise(day)).to_series()


def _carried(positions: pl.DataFrame, day: date) -> npt.NDArray[np.bool_]:
    """Which rows stood well at the end of the day before and are for columns to bring on?"""
    carried = positions.select(
        pl.col("by_columns")
        & (pl.col("status") != "set_aside")
        & (pl.col("balances_on") == day - timedelta(days=1))
    )
    return carried.to_series().to_numpy()


def _touched(
    positions: pl.DataFrame,
    open_items: pl.DataFrame,
    credits: pl.DataFrame,
    day: date,
    loans: pl.DataFrame,
    terms: Terms,
) -> npt.NDArray[np.bool_]:
    """Which rows have more than time pass on this day?"""
    named = pl.concat([credits["loan"], grace_ends(open_items, loans, terms, day)])
    touched = (positions["next_due_on"] == day).fill_null(False).to_numpy().copy()
    touched[_places_of(positions, named)] = True
    return touched


def _places_of(positions: pl.DataFrame, named: pl.Series) -> Places:
    """In which rows do these loans stand? (Positions are sorted by loan; absent loans are left out.)"""
    wanted = named.unique().sort()
    places = positions["loan"].search_sorted(wanted).cast(pl.Int64)
    inside = places < positions.height
    places, wanted = places.filter(inside), wanted.filter(inside)
    found: Places = places.filter(positions["loan"].gather(places) == wanted).to_numpy()
    return found


def replace_rows(
    frame: pl.DataFrame, places: Places, rows: pl.DataFrame, columns: tuple[str, ...]
) -> pl.DataFrame:
    """The frame with these columns of these rows in these places.

    A column in which nothing changes is not copied: it is long, and the rows are few.
    """
    if not len(places):
        return frame
    here = pl.Series(places)
    before = frame.select(pl.col(*dict.fromkeys(columns)).gather(here))
    changed = [name for name in before.columns if not before[name].equals(rows[name])]
    return frame.with_columns(put(frame[name], places, rows[name]) for name in changed)


def merged_items(kept: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """The open items of these loans and of those others, in the order of storage.

    ``kept`` is in that order already, and no loan has items in both.
    """
    return kept.merge_sorted(changed.sort(STATE["open_items"].order), key="loan")


def unreadable(positions: pl.DataFrame) -> pl.Series:
    """Which rows hold a figure outside its declared range (null)?"""
    nullable = [name for name in (*BROUGHT, "penalty_base") if positions[name].has_nulls()]
    if not nullable:
        return pl.repeat(False, positions.height, dtype=pl.Boolean, eager=True)
    return positions.select(pl.any_horizontal(pl.col(nullable).is_null())).to_series()
