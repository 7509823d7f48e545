"""How do loans move between buckets from one date to another, in number and in money?

The state of a loan is its bucket (账龄) that morning, or ``settled`` or ``charged off``. A roll rate
(滚动率) is the share of the loans that stood in one state and stand in another later; both the share
of loans and the share of money are given, in whole millionths, because the two often differ.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

import polars as pl

from forbear.book.schema import LOAN_STATUS
from forbear.loan.stepwise import BUCKETS, bucket, days_past_due

STATES = (*BUCKETS, "settled", "charged off", "set aside")
STATE_DTYPE = pl.Enum(STATES)

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

LEFT = {"settled": "settled", "charged_off": "charged off", "set_aside": "set aside"}


def states(positions: Frame, day: date) -> Frame:
    """In which state does each loan stand on the morning of ``day``, owing how much?

    ``positions`` are as in the schema, brought to the day before. ``owed`` is everything unpaid, due
    or not, in minor units. Columns: loan, state, owed.

    >>> from forbear.book.schema import STATE
    >>> row = {"loan": 1, "status": "open", "due_since": date(2026, 11, 20), "principal_due": 5,
    ...        "principal_not_due": 70, "interest_due": 0, "fee_due": 0, "penalty_due": 0}
    >>> states(pl.DataFrame([row]), date(2026, 11, 21)).rows()
    [(1, 'M1', 75)]
    """
    owed = ("principal_not_due", "principal_due", "interest_due", "fee_due", "penalty_due")
    return positions.select(
        "loan",
        pl.when(pl.col("status").cast(pl.Enum(LOAN_STATUS)) == "open")
        .then(_open_state(day))
        .otherwise(_left_state())
        .cat.to(STATE_DTYPE)
        .alias("state"),
        pl.sum_horizontal(owed).alias("owed"),
    )


def _open_state(day: date) -> pl.Expr:
    """The place of the bucket in ``STATES``, which begins with the buckets."""
    bucket_of = bucket(days_past_due(day, pl.col("due_since")))
    return bucket_of.to_physical().cast(pl.UInt8)


def _left_state() -> pl.Expr:
    """The place of what is no longer open in ``STATES``."""
    places = {status: STATES.index(state) for status, state in LEFT.items()}
    status = pl.col("status").cast(pl.Enum(LOAN_STATUS))
    return status.replace_strict(places, default=None, return_dtype=pl.UInt8)


def roll_rates(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Which share of each state moved where? Both frames as ``states`` gives them.

    Loans that are in only one of the two are left out (new loans have no yesterday). Money is what
    was owed before. Columns: from_state, to_state, loans, owed, share_of_loans, share_of_owed
    (millionths of the from state), sorted by both states.

    >>> one = pl.DataFrame({"loan": [1, 2], "state": ["M1", "M1"], "owed": [10, 30]})
    >>> two = pl.DataFrame({"loan": [1, 2], "state": ["M0", "M1"], "owed": [5, 30]})
    >>> as_states = pl.col("state").cast(STATE_DTYPE)
    >>> roll_rates(one.with_columns(as_states), two.with_columns(as_states)).rows()
    [('M1', 'M0', 1, 10, 500000, 250000), ('M1', 'M1', 1, 30, 500000, 750000)]
    """
    earlier, later = before.rename({"state": "from_state"}), after.select("loan", to_state="state")
    if earlier["loan"].equals(later["loan"]):  # the same loans in the same order: no join
        both = earlier.hstack(later.select("to_state"))
    else:
        both = earlier.join(later, on="loan", how="inner")
    pairs = both.group_by("from_state", "to_state").agg(
        pl.len().cast(pl.Int64).alias("loans"), pl.col("owed").cast(pl.Int128).sum()
    )
    return add_shares(pairs)


def add_shares(pairs: pl.DataFrame) -> pl.DataFrame:
    """The shares of a table of moves that may have been added up from several part files."""

    def share(of: str) -> pl.Expr:
        whole = pl.col(of).cast(pl.Int128).sum().over("from_state")
        part = pl.col(of).cast(pl.Int128) * 1_000_000
        return pl.when(whole > 0).then(part // whole).otherwise(0).cast(pl.Int64)

    return (
        pairs.group_by("from_state", "to_state")
        .agg(pl.col("loans").sum(), pl.col("owed").cast(pl.Int128).sum())
        .with_columns(
            share("loans").alias("share_of_loans"),
            share("owed").alias("share_of_owed"),
            pl.col("owed").cast(pl.Int64),
        )
        .sort("from_state", "to_state")
    )
