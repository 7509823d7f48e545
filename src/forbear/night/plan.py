"""The rows a collections floor works from in the morning: one proposed next step a person.

A row says who, why, by which way, when, inside which lawful span, in what tone and with which help
to offer. The number is shown masked; the whole number stays in the book.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from forbear.book.schema import NIGHT
from forbear.night.slots import place

NEEDS_NUMBER = ("sms", "ai_call", "call")
"""Ways that use one of the person's telephone numbers."""

USABLE = ("verified", "unknown")


def best_numbers(numbers: pl.LazyFrame) -> pl.LazyFrame:
    """Which number of their own is tried first for each person? Columns person, number, text, health.

    Only numbers that the person themself answers; one that is wrong, dead, reassigned or opted out
    is taken only where there is none other, so that the gate can say so instead of a silent gap.

    >>> rows = {"person": [1, 1, 1], "rank": [1, 2, 3], "number": [7, 8, 9],
    ...         "text": ["+861", "+862", "+863"], "relation": ["self", "self", "spouse"],
    ...         "health": ["dead", "unknown", "verified"]}
    >>> best_numbers(pl.LazyFrame(rows)).collect()["number"].to_list()
    [8]
    """
    unusable = ~pl.col("health").cast(pl.String).is_in(USABLE)
    return (
        numbers.filter(pl.col("relation") == "self")
        .with_columns(unusable=unusable)
        .sort("person", "unusable", "rank")
        .unique("person", keep="first", maintain_order=True)
        .select("person", "number", "text", pl.col("health").cast(pl.String).alias("number_health"))
    )


def masked(text: pl.Expr) -> pl.Expr:
    """How is a telephone number shown? The last eight digits lose their first four.

    >>> pl.select(masked(pl.lit("+8613800001234")), other=masked(pl.lit("12345"))).row(0)
    ('+86138****1234', '***45')
    """
    length = text.str.len_chars()
    long = pl.concat_str(text.str.head(length.cast(pl.Int64) - 8), pl.lit("****"), text.str.tail(4))
    return (
        pl.when(length >= 10).then(long).otherwise(pl.concat_str(pl.lit("***"), text.str.tail(2)))
    )


def plan_rows(granted: pl.DataFrame, day: date) -> pl.DataFrame:
    """What is proposed today? The table ``plan``, by person.

    ``granted``: one row a person with the wish they were given (step, channel, proposal, purpose,
    number, text, tone, template, offer, why_zh, why_en, hour, arm, propensity, rank), its ``place``
    in the queue of the day, its lawful ``spans``, ``zone``, ``best_hour``, ``ref``, ``loan``,
    ``loan_ref``, ``days_past_due`` and ``amount_due``. A row that finds no whole lawful minute is not
    planned (the gate allowed less than a minute); the caller counts it as withheld.
    """
    placed = place(granted, day).filter(pl.col("slot_at").is_not_null())
    uses = pl.col("channel").cast(pl.String).is_in(NEEDS_NUMBER)
    schema = NIGHT["plan"].schema
    return (
        placed.with_columns(
            number=pl.when(uses).then("number"),
            number_masked=pl.when(uses).then(masked(pl.col("text"))),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        .sort("person")
    )
