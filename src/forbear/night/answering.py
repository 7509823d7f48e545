"""What becomes of a plan the next day? Plan rows carried out, as rows of the contact log.

Who answers is not the night's business: an ``Answers`` function is given by the caller (people made
from a seed, or one stated assumption for everybody). Proposals to an agency, a court or a credit
register wait for a named person and are not carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from forbear.book.schema import CALL_CHANNELS, HISTORY, TABLES
from forbear.measure.exposure import NOT_CONTACTS

Answers = Callable[[pl.DataFrame], pl.DataFrame]
"""Takes attempts (person, channel, hour, attempt, days_past_due), gives them back in the same order
with ``outcome``, ``promise`` (was one made?) and ``promise_days`` (due in so many days)."""


def nobody_agrees(attempts: pl.DataFrame) -> pl.DataFrame:
    """The stated assumption of a replay: texts arrive, calls are answered without an agreement, and
    at a visit nobody is at home.

    >>> nobody_agrees(pl.DataFrame({"channel": ["sms", "call", "visit"]}))["outcome"].to_list()
    ['delivered', 'conversation', 'not_home']
    """
    channel = pl.col("channel").cast(pl.String)
    return attempts.with_columns(
        outcome=pl.when(channel.is_in(CALL_CHANNELS))
        .then(pl.lit("conversation"))
        .when(channel == "visit")
        .then(pl.lit("not_home"))
        .otherwise(pl.lit("delivered")),
        promise=pl.lit(False),
        promise_days=pl.lit(None, pl.Int8),
    )


def carried_out(plan: pl.DataFrame) -> pl.DataFrame:
    """The rows of a plan that reach for somebody."""
    return plan.filter(~pl.col("channel").cast(pl.String).is_in(NOT_CONTACTS))


def attempts_of(plan: pl.DataFrame, so_far: pl.DataFrame, book_zone: str) -> pl.DataFrame:
    """The attempts a plan means, each with its number at that person (1 is the first).

    ``so_far``: person, attempts made before.
    """
    return (
        plan.select(
            "person", "channel", "days_past_due",
            hour=pl.col("slot_at").dt.convert_time_zone(book_zone).dt.hour(),
        )
        .join(so_far, on="person", how="left", maintain_order="left")
        .with_columns(attempt=pl.col("attempts").fill_null(0) + 1)
        .drop("attempts")
    )  # fmt: skip


def contacts_of(plan: pl.DataFrame, answered: pl.DataFrame, creditor: int) -> pl.DataFrame:
    """The plan as rows of the contact log; ``answered`` stands beside it, row by row."""
    schema = HISTORY["contacts"].schema
    robot = pl.col("channel").cast(pl.String) == "ai_call"
    return plan.select(
        "person", "loan", "number", "channel", "purpose", "template",
        at="slot_at",
        contact=answered["attempt"].cast(pl.Int64),
        recorded_at=pl.col("slot_at") + timedelta(minutes=1),
        creditor=pl.lit(creditor, pl.Int16),
        direction=pl.lit("out"),
        placed_by=pl.when(robot).then(pl.lit("robot")).otherwise(pl.lit("lender")),
        outcome=answered["outcome"],
    ).select(pl.col(name).cast(dtype) for name, dtype in schema.items())  # fmt: skip


def promises_of(plan: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """The promises those contacts brought: everything due, in so many days."""
    schema = TABLES["promises"].schema
    made = plan.with_columns(promise=answered["promise"], days=answered["promise_days"]).filter(
        pl.col("promise").fill_null(False)
    )
    return made.select(
        "person", "loan",
        made_at="slot_at",
        due_on=pl.col("slot_at").dt.date() + pl.duration(days=pl.col("days").cast(pl.Int64)),
        amount="amount_due",
        outcome=pl.lit("open"),
        decided_on=pl.lit(None, pl.Date),
    ).select(pl.col(name).cast(dtype) for name, dtype in schema.items())  # fmt: skip


__all__ = ["Answers", "attempts_of", "carried_out", "contacts_of", "nobody_agrees", "promises_of"]
