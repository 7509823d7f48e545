"""Whom must the lender leave alone, since when and until when?

Disputes, complaints, requests for help, deaths; promises whose day has not come; plans that are kept.
The log of contacts is cut so that nobody is reached for inside one of these.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from forbear.book.schema import HISTORY
from forbear.book.synthetic.chance import below, draw, happens
from forbear.book.synthetic.reaching import DAY_US, LOG_DAYS, SHANGHAI_US, Arrears
from forbear.book.synthetic.recipe import Recipe

HOLDS = (
    ("dispute", 9_000, 15),
    ("complaint", 8_000, 14),
    ("help_request", 14_000, 30),
    ("do_not_contact", 3_000, 0),
    ("death", 800, 0),
    ("bereavement", 1_500, 60),
    ("goods_dispute", 3_000, 20),
    ("debit_in_flight", 6_000, 3),
    ("unmatched_money", 2_500, 5),
    ("identity_dispute", 1_500, 20),
)
"""Kinds of hold, their share among people in arrears (millionths), and days until lifted (0: never)."""

ABOUT_A_LOAN = ("dispute", "goods_dispute", "debit_in_flight")
"""These concern the one loan, the others the whole person."""


def reasons(recipe: Recipe, owing: Arrears) -> pl.DataFrame:
    """Rows of the table ``holds``: why some people in arrears are left alone, now or some time ago."""
    latest = np.flatnonzero(np.diff(owing.person, append=-1) != 0)
    person, day, loan = owing.person[latest], owing.day[latest], owing.loan[latest]
    since = np.minimum(day - owing.due_on[latest], LOG_DAYS)
    rows = []
    for kind, millionths, lifted in HOLDS:
        who = np.flatnonzero(happens(draw(recipe.seed, f"hold {kind}", person), millionths))
        # A debit is in flight on the last day or not at all; other reasons arose at any time.
        ago = below(draw(recipe.seed, f"hold since {kind}", person[who]), since[who])
        begun = day[who] - (0 if kind == "debit_in_flight" else ago)
        second = 10 * 3_600 + below(draw(recipe.seed, f"hold at {kind}", person[who]), 7 * 3_600)
        at = begun * DAY_US + second * 1_000_000 - SHANGHAI_US
        frame = pl.DataFrame({"person": person[who], "from_at": at, "loan": loan[who]})
        rows.append(
            frame.select(
                "person",
                pl.lit(kind).alias("kind"),
                "from_at",
                (pl.col("from_at") + lifted * DAY_US if lifted else pl.lit(None, dtype=pl.Int64))
                .cast(pl.Int64)
                .alias("until_at"),
                (pl.col("loan") if kind in ABOUT_A_LOAN else pl.lit(None, dtype=pl.Int64)).alias(
                    "loan"
                ),
            )
        )
    instants = pl.col("from_at", "until_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return _as_holds(pl.concat(rows).with_columns(instants))


def waiting(promised: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table ``holds``: silence from a promise to the end of the promised day."""
    midnight = pl.col("due_on").cast(pl.Datetime("us")).dt.offset_by("1d") - pl.duration(hours=8)
    return _as_holds(
        promised.select(
            "person",
            pl.lit("promise_open").alias("kind"),
            pl.col("made_at").alias("from_at"),
            midnight.dt.replace_time_zone("UTC").alias("until_at"),
            pl.lit(None, dtype=pl.Int64).alias("loan"),
        )
    )


def agreed(signed: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table ``holds``: silence while a plan is kept, from its day to its last."""
    begins = pl.col("agreed_on").cast(pl.Datetime("us")) - pl.duration(hours=8)
    ends = pl.col("ends_on").cast(pl.Datetime("us")).dt.offset_by("1d") - pl.duration(hours=8)
    return _as_holds(
        signed.select(
            "person",
            pl.lit("plan_kept").alias("kind"),
            # Signed in the morning: the talk that led to it was the day before.
            begins.dt.offset_by("10h").dt.replace_time_zone("UTC").alias("from_at"),
            ends.dt.replace_time_zone("UTC").alias("until_at"),
            pl.lit(None, dtype=pl.Int64).alias("loan"),
        )
    )


def outside(log: pl.DataFrame, silent: pl.DataFrame) -> pl.DataFrame:
    """The rows of this log that do not lie inside one of these holds."""
    inside = (
        log.select("person", "contact", "at")
        .join(silent.select("person", "from_at", "until_at"), on="person", how="inner")
        .filter(
            (pl.col("at") > pl.col("from_at"))
            & (pl.col("until_at").is_null() | (pl.col("at") < pl.col("until_at")))
        )
    )
    return log.join(
        inside.select("person", "contact").unique(),
        on=["person", "contact"],
        how="anti",
        maintain_order="left",
    )


def _as_holds(rows: pl.DataFrame) -> pl.DataFrame:
    whole = rows.with_columns(recorded_at=pl.col("from_at"))
    return whole.select(pl.col(c).cast(d) for c, d in HISTORY["holds"].schema.items()).unique(
        ["person", "kind", "from_at"], keep="first", maintain_order=True
    )
