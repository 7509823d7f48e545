"""How do many loans get through many days by columns, each by its own days of change?

The first change of every loan is taken for all loans at once, then the second, and so on: between two
changes a loan needs only ``bring_to``. A book of two years takes as many rounds as its busiest loan
has changes, not as many as there are days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from forbear.book.arrears.accrual import bring_to
from forbear.book.arrears.advance import CREDITS, POSITION, Advanced, step_day, unreadable
from forbear.book.arrears.terms import Terms, with_terms
from forbear.book.schema import STATE

DAYS_APART = 100_000
"""More than any day number (that of the year 2243), so that (loan, day) packs into one number."""


@dataclass(frozen=True, slots=True)
class Waves:
    """What happens in each round: which loan on which day, with which credit and next instalment."""

    days: dict[int, pl.DataFrame]
    credits: dict[int, pl.DataFrame]
    starting: dict[int, pl.DataFrame]


def carry_through(
    positions: pl.DataFrame,
    open_items: pl.DataFrame,
    instalments: pl.DataFrame,
    credits: pl.DataFrame,
    *,
    to: date,
    loans: pl.DataFrame,
    terms: Terms,
) -> Advanced:
    """What do these loans stand at at the end of ``to``, through all instalments and payments before?

    ``credits``: loan, ``on`` and ``paid``, later than the loan's ``balances_on``. ``instalments``: all
    of these loans. The result is that of ``advance`` day by day; loans columns cannot carry are named
    and come back without row and items.
    """
    waves = _waves(positions, instalments, credits, to, loans, terms)
    rows = with_terms(positions, loans, terms)
    done, done_items, dropped = [], [], [pl.Series("loan", [], dtype=pl.Int64)]
    items = open_items
    for number in sorted(waves.days):
        today = waves.days[number]
        goes_on = rows["loan"].is_in(today["loan"].implode())
        done.append(rows.filter(~goes_on).select(POSITION))
        more = items["loan"].is_in(today["loan"].implode())
        done_items.append(items.filter(~more))
        rows = rows.filter(goes_on).join(today, on="loan", how="left", maintain_order="left")
        brought = bring_to(rows, rows["on"], loans)
        step = step_day(
            brought, items.filter(more), waves.starting[number], waves.credits[number], terms
        )
        failed = pl.concat([step.not_carried, step.rows.filter(unreadable(step.rows))["loan"]])
        dropped.append(failed)
        kept = step.rows.filter(~pl.col("loan").is_in(failed.implode()))
        items = step.items.filter(~pl.col("loan").is_in(failed.implode()))
        rows = with_terms(kept, loans, terms)
    done.append(rows.select(POSITION))
    done_items.append(items)
    return _ended(pl.concat(done), pl.concat(done_items), pl.concat(dropped), to, loans)


def _ended(
    rows: pl.DataFrame, items: pl.DataFrame, dropped: pl.Series, to: date, loans: pl.DataFrame
) -> Advanced:
    """All loans brought from their last change to the same day, in the order of storage."""
    brought = bring_to(rows.sort("loan"), to, loans)
    lost = unreadable(brought)
    failed = pl.concat([dropped, brought.filter(lost)["loan"]]).sort()
    items = items.filter(~pl.col("loan").is_in(failed.implode())).sort(STATE["open_items"].order)
    return Advanced(brought.filter(~lost), items, failed)


def _waves(
    positions: pl.DataFrame,
    instalments: pl.DataFrame,
    credits: pl.DataFrame,
    to: date,
    loans: pl.DataFrame,
    terms: Terms,
) -> Waves:
    """The changes of each loan after its ``balances_on``, numbered in order of days."""
    here = positions.select("loan", "balances_on", "next_seq", place=pl.row_index())
    scheduled = instalments.join(here, on="loan")
    coming = scheduled.filter(pl.col("seq") >= pl.col("next_seq"))
    received = credits.join(here.select("loan", "place"), on="loan")
    keys = [
        coming.filter(pl.col("due_on") <= to).select(_key("due_on")),
        received.select(_key("on")),
    ]
    if (terms.by_product["grace_days"] > 0).any():
        keys.append(_grace_ends(scheduled, to, loans, terms).select(_key("on")))
    days = (
        pl.concat(keys)
        .unique()
        .sort("key")
        .with_columns(place=pl.col("key") // DAYS_APART, on=(pl.col("key") % DAYS_APART))
        .with_columns(
            pl.col("on").cast(pl.Int32).cast(pl.Date),
            wave=pl.int_range(pl.len(), dtype=pl.Int32).over("place"),
        )
    )
    days = days.with_columns(loan=positions["loan"].gather(days["place"]))
    wave = days.select("key", "wave")
    paid = received.with_columns(_key("on")).join(wave, on="key")
    starting = coming.with_columns(_key("from_on")).join(wave, on="key")
    numbers = range(days["wave"].n_unique())
    return Waves(
        _by_wave(days.select("loan", "on", "wave"), numbers),
        _by_wave(paid.select(*CREDITS.names(), "wave"), numbers),
        _by_wave(starting.select(*instalments.columns, "wave"), numbers),
    )


def _key(day: str) -> pl.Expr:
    """One whole number for (loan, day), in that order: quick to sort and to join by."""
    number = pl.col(day).cast(pl.Int32).cast(pl.Int64)
    return (pl.col("place").cast(pl.Int64) * DAYS_APART + number).alias("key")


def _grace_ends(
    scheduled: pl.DataFrame, to: date, loans: pl.DataFrame, terms: Terms
) -> pl.DataFrame:
    """place, on: the last day of grace of each instalment that falls due, where there is any grace."""
    ends = pl.col("due_on") + pl.duration(days=pl.col("grace_days"))
    return (
        with_terms(scheduled.select("loan", "place", "due_on", "balances_on"), loans, terms)
        .filter(pl.col("grace_days") > 0)
        .select("place", "balances_on", on=ends)
        .filter(pl.col("on") > pl.col("balances_on"), pl.col("on") <= to)
    )


def _by_wave(frame: pl.DataFrame, numbers: range) -> dict[int, pl.DataFrame]:
    parts = frame.partition_by("wave", as_dict=True, include_key=False)
    return {number: parts.get((number,), frame.clear().drop("wave")) for number in numbers}
