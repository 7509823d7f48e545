"""What has a person asked, promised, agreed or disputed, as it stands on the morning of a day?

Holds, promises, plans, placements and consents are small tables that only grow. What is in force is
what had begun by the morning and had not ended by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl

from forbear.facts.definitions import HOLDS

BROKEN_LATELY_DAYS = 30
MISSED_LATELY_DAYS = 90
YEAR_DAYS = 365


def active_holds(holds: pl.LazyFrame, morning: datetime) -> pl.LazyFrame:
    """Which holds are in force at this instant? Begun, and neither ended nor ending now."""
    return holds.filter(
        pl.col("from_at") <= morning,
        pl.col("until_at").is_null() | (pl.col("until_at") > morning),
    )


def open_matters(
    matters: Mapping[str, pl.LazyFrame], *, day: date, morning: datetime
) -> pl.LazyFrame:
    """Who has something open: a hold in force, an open promise, a plan being kept?"""
    return pl.concat(
        [
            active_holds(matters["holds"], morning).select("person"),
            matters["promises"].filter(_promise_open(day)).select("person"),
            matters["plans"].filter(_plan_kept(day)).select("person"),
        ]
    ).unique()


def held(holds: pl.LazyFrame, leads: pl.LazyFrame, morning: datetime) -> pl.LazyFrame:
    """Which yes/no facts do the holds in force make true? One row a person with a hold.

    A hold on one loan counts only when that loan is the person's lead loan (``leads``: person, loan).
    """
    lead = leads.select("person", pl.col("loan").alias("lead"))
    counting = (
        active_holds(holds, morning)
        .join(lead, on="person")
        .filter(pl.col("loan").is_null() | (pl.col("loan") == pl.col("lead")))
    )
    kind = pl.col("kind").cast(pl.String)
    return counting.group_by("person").agg(
        kind.is_in(list(kinds)).any().alias(name) for name, kinds in HOLDS.items()
    )


def _promise_open(day: date) -> pl.Expr:
    return (pl.col("outcome") == "open") & (pl.col("due_on") >= day)


def _plan_kept(day: date) -> pl.Expr:
    return (pl.col("outcome") == "kept") & (pl.col("ends_on") >= day)


def promised(promises: pl.LazyFrame, leads: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """What have promises come to? One row a person who ever promised.

    ``leads`` has person and ``due_since``: promises broken since then belong to this case.
    """
    lately = pl.lit(day).dt.offset_by(f"-{BROKEN_LATELY_DAYS}d")
    broken = pl.col("outcome") == "broken"
    return (
        promises.join(leads.select("person", "due_since"), on="person")
        .group_by("person")
        .agg(
            _promise_open(day).any().alias("promise_open_ledger"),
            (broken & (pl.col("decided_on") > lately)).any().alias("promise_broken"),
            (broken & (pl.col("decided_on") >= pl.col("due_since")))
            .sum()
            .alias("promises_broken_case"),
        )
    )


def agreed(plans: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """What have agreed ways out come to? One row a person who ever agreed one."""
    this_year = pl.col("agreed_on") > pl.lit(day).dt.offset_by(f"-{YEAR_DAYS}d")
    lately = pl.col("agreed_on") > pl.lit(day).dt.offset_by(f"-{MISSED_LATELY_DAYS}d")

    def used(kind: str) -> pl.Expr:
        return ((pl.col("kind") == kind) & this_year).sum()

    return plans.group_by("person").agg(
        _plan_kept(day).any().alias("plan_kept_ledger"),
        ((pl.col("outcome") == "missed") & lately).any().alias("plan_missed"),
        used("extension").alias("extension_used_12m"),
        used("instalments").alias("plans_12m"),
        used("holiday").alias("holidays_12m"),
    )


def placed(placements: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """Where has a case been handed over? One row a person with a placement not recalled."""
    standing = placements.filter(
        pl.col("placed_on") <= day,
        pl.col("recalled_on").is_null() | (pl.col("recalled_on") > day),
    )
    at_agency = (pl.lit(day) - pl.col("placed_on").min()).dt.total_days()
    return standing.group_by("person").agg(
        pl.lit(True).alias("agency_placed"), at_agency.alias("agency_days")
    )


def consenting(consents: pl.LazyFrame, morning: datetime) -> pl.LazyFrame:
    """Who agreed to be contacted, and has not taken it back? One row a person."""
    in_force = consents.filter(
        pl.col("kind") == "contact_ok",
        pl.col("given_at") <= morning,
        pl.col("revoked_at").is_null() | (pl.col("revoked_at") > morning),
    )
    return in_force.select("person", pl.lit(True).alias("contact_consent")).unique()


def reachable(numbers: pl.LazyFrame, key: pl.LazyFrame) -> pl.LazyFrame:
    """Who has a number of their own that is not wrong, dead, reassigned or opted out?"""
    usable = numbers.filter(
        pl.col("relation") == "self",
        pl.col("health").cast(pl.String).is_in(["unknown", "verified"]),
    )
    theirs = usable.join(key.select("person"), on="person", how="semi")
    return theirs.select("person", pl.lit(True).alias("number_usable")).unique()
