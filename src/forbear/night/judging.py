"""Ask the gate for every wish, and for the gentler steps a wish may have to fall through to.

Round by round: the wishes; then the gentler step of each that was blocked, and of each whose way out
has a limited number of places today; and so on to the end of every chain. Every wish judged leaves a
receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from forbear.book.schema import HISTORY, INSTANT
from forbear.facts.history import Carried
from forbear.law.gate import judge
from forbear.law.receipt import receipts
from forbear.law.request import promise
from forbear.law.standing import Record, standing
from forbear.night.frames import Part
from forbear.night.order import Order
from forbear.night.wishing import requests_of
from forbear.policy.evaluate import otherwise

LEAST_SPAN_US = 60_000_000
"""A lawful span shorter than a minute is no time for a contact."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate said of everybody's wishes."""

    allowed: pl.DataFrame
    """Wishes (columns of ``policy.evaluate.WISH``) that no known rule forbids, with their spans."""
    first: pl.DataFrame
    """One row a person: verdict on the wish itself, and whether any step was ``permitted``."""
    receipts: pl.DataFrame
    count: int


def judge_wishes(
    wished: pl.DataFrame, context: pl.DataFrame, part: Part, carried: Carried, order: Order
) -> Judged:
    """Which of these wishes, or which gentler steps, does no known rule forbid today?

    ``wished``: as ``policy.evaluate.wishes`` gives them, people without a wish left out. ``context``:
    as ``wishing.context_of``.
    """
    limited = sorted(order.policy.capacity)
    rounds: list[pl.DataFrame] = []
    kept: list[pl.DataFrame] = []
    frontier = wished
    record = record_of(part, carried, wished["person"], order)
    while True:
        asked = standing(
            promise(requests_of(frontier, context)), record, day=order.day, zone=order.book_zone
        )
        verdicts = judge(asked, order.rulebook, day=order.day, zone=order.book_zone)
        if order.receipts:
            kept.append(_receipts(asked, verdicts, order))
        judged = frontier.hstack(
            verdicts.select("outcome", "rule", "missing_fact", "spans", "not_before")
        ).with_columns(permitted=_permitted())
        rounds.append(judged)
        follow = ~pl.col("permitted") | pl.col("channel").is_in(limited)
        frontier = otherwise(order.policy, judged.filter(follow).select(wished.columns))
        if frontier.is_empty():
            break
    return _gathered(rounds, kept, wished)


def record_of(part: Part, carried: Carried, people: pl.Series, order: Order) -> Record:
    """What stands on record about these people: history, holds, consents, numbers.

    An open promise and a plan being kept are holds of their own, whoever recorded them: a promise
    to the end of its day, a plan to the end of its last.
    """
    mine = pl.col("person").is_in(people.implode())
    register = pl.DataFrame({"number": order.suppressed}, schema={"number": pl.Int64}).with_columns(
        since_at=pl.lit(None, INSTANT)
    )
    return Record.of(
        Carried(
            carried.people.filter(mine), carried.days.filter(mine), carried.numbers.filter(mine)
        ),
        people=part.people.select("person", "zone").filter(mine),
        numbers=part.numbers.filter(mine),
        holds=pl.concat([part.holds.filter(mine), _agreed(part, order).filter(mine)]),
        consents=part.consents.filter(mine),
        placements=part.placements.filter(mine),
        suppressed=register,
    )


def _agreed(part: Part, order: Order) -> pl.DataFrame:
    """Open promises and plans being kept, as holds."""

    def day_starts(day: pl.Expr) -> pl.Expr:
        return day.cast(pl.Datetime("us")).dt.replace_time_zone(order.book_zone)

    promised = part.promises.filter(
        pl.col("outcome") == "open", pl.col("due_on") >= order.day
    ).select(
        "person", "loan", kind=pl.lit("promise_open"), from_at="made_at", recorded_at="made_at",
        until_at=day_starts(pl.col("due_on") + timedelta(days=1)),
    )  # fmt: skip
    kept = part.plans.filter(pl.col("outcome") == "kept", pl.col("ends_on") >= order.day).select(
        "person", "loan", kind=pl.lit("plan_kept"), from_at=day_starts(pl.col("agreed_on")),
        recorded_at=day_starts(pl.col("agreed_on")),
        until_at=day_starts(pl.col("ends_on") + timedelta(days=1)),
    )  # fmt: skip
    schema = HISTORY["holds"].schema
    return pl.concat(
        rows.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        for rows in (promised, kept)
    )


def _permitted() -> pl.Expr:
    """Allowed; or, for a proposal, left to the review of the named person who decides it."""
    answered = (pl.col("outcome") == "allowed") | (
        (pl.col("outcome") == "review") & pl.col("proposal")
    )
    length = pl.element().struct.field("until_at") - pl.element().struct.field("from_at")
    usable = pl.col("spans").list.eval(length.dt.total_microseconds() >= LEAST_SPAN_US).list.any()
    return answered & usable.fill_null(False)


def _receipts(asked: pl.DataFrame, verdicts: pl.DataFrame, order: Order) -> pl.DataFrame:
    return receipts(
        asked,
        verdicts,
        day=order.day,
        rulebook_digest=order.rulebook.digest,
        policy_digest=order.policy.digest,
        asked_by="night",
    )


def _gathered(rounds: list[pl.DataFrame], kept: list[pl.DataFrame], wished: pl.DataFrame) -> Judged:
    together = pl.concat(rounds)
    permitted = together.filter("permitted")
    able = permitted.select("person").unique().with_columns(able=pl.lit(True))
    first = (
        rounds[0]
        .select("person", "rule", "not_before", missing="missing_fact")
        .join(able, on="person", how="left", maintain_order="left")
        .with_columns(permitted=pl.col("able").fill_null(False))
    )
    allowed = permitted.select(*wished.columns, "spans").sort("person", "depth")
    papers = pl.concat(kept) if kept else pl.DataFrame()
    return Judged(allowed, first, papers, together.height)
