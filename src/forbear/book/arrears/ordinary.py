"""Which loans can columns carry, and which must go through ``forbear.loan`` one by one?

Ordinary is what almost every loan does almost every day: time passes, instalments fall due, payments
arrive and count on the day they are recorded. Everything else (a payment that counts from an earlier
day, a reversal, a charge, an extension …) sends that loan, and only it, through the replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from forbear.book.arrears.advance import CREDITS


@dataclass(frozen=True, slots=True)
class Told:
    """What the events of a day, or of a whole history, say to columns."""

    credits: pl.DataFrame
    """loan, ``on`` and ``paid``: the sum of ordinary payments effective that day."""
    others: pl.Series
    """Loans with any other event, sorted."""


def told_on(events: pl.DataFrame, day: date) -> Told:
    """What do the events recorded on ``day`` say about the money of that day?

    Ordinary: a repayment effective on the day itself. A loan with any other event goes through the
    replay with all its events, so none of its payments is among the credits.

    >>> from forbear.book.schema import HISTORY
    >>> rows = [{"loan": 1, "effective_on": date(2026, 11, 20), "kind": "repaid", "amount": 70},
    ...         {"loan": 2, "effective_on": date(2026, 11, 18), "kind": "repaid", "amount": 70}]
    >>> events = pl.DataFrame(rows, schema_overrides={"kind": HISTORY["events"].schema["kind"]})
    >>> told = told_on(events, date(2026, 11, 20))
    >>> told.credits["loan"].to_list(), told.others.to_list()
    ([1], [2])
    """
    ordinary = (pl.col("kind") == "repaid") & (pl.col("effective_on") == day)
    return _told(events, ordinary)


def told_until(events: pl.DataFrame, loans: pl.DataFrame, as_of: date) -> Told:
    """What does the history known at the end of ``as_of`` say, if columns are to carry it?

    Ordinary: the disbursement the schedule holds already; repayments after it; and a repayment that
    was reversed outright, which leaves no trace. ``events``: nothing recorded later than ``as_of``.
    """
    undone = events.filter(pl.col("kind") == "reversed", pl.col("effective_on") <= as_of)
    named = undone.select("loan", event="names").unique()
    gone = events.join(named, on=["loan", "event"], how="semi")
    harmless = gone.filter(pl.col("kind") == "repaid", pl.col("effective_on") <= as_of)
    undoing = undone.join(harmless.select("loan", names="event"), on=["loan", "names"], how="semi")
    pairs = pl.concat([harmless, undoing]).select("loan", "event")
    left = events.join(pairs, on=["loan", "event"], how="anti").join(
        loans.select("loan", "disbursed_on"), on="loan"
    )
    within = pl.col("effective_on") <= as_of
    repaid = (
        (pl.col("kind") == "repaid") & (pl.col("effective_on") > pl.col("disbursed_on")) & within
    )
    signed = (pl.col("kind") == "disbursed") & (pl.col("effective_on") == pl.col("disbursed_on"))
    return _told(left, repaid, neither=signed)


def _told(events: pl.DataFrame, ordinary: pl.Expr, neither: pl.Expr | None = None) -> Told:
    """Payments of loans with nothing but ordinary events, and the loans with something else."""
    plain = ordinary | (pl.col("kind") == "same_person")
    if neither is not None:
        plain = plain | neither
    others = events.filter(~plain | plain.is_null())["loan"].unique().sort()
    credits = (
        events.filter(ordinary, ~pl.col("loan").is_in(others.implode()))
        .group_by("loan", on="effective_on")
        .agg(paid=pl.col("amount").sum())
        .filter(pl.col("paid") > 0)
        .sort("loan", "on")
    )
    return Told(credits.cast({"loan": CREDITS["loan"], "paid": CREDITS["paid"]}), others)
