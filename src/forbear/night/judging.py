"""Ask the gate for every wish, and for the gentler steps a wish may have to fall through to.

Round by round: the wishes; then the gentler step of each that was blocked, and of each whose way out
has a limited number of places today; and so on to the end of every chain. Every wish judged leaves a
receipt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from forbear.book.schema import HISTORY, INSTANT
from forbear.facts.history import Carried
from forbear.law.gate import judge
from forbear.law.receipt import receipt_columns, receipts
from forbear.law.request import NOTHING_ON_RECORD, promise
from forbear.law.standing import Record, standing
from forbear.night.frames import Part
from forbear.night.order import Order
from forbear.night.wishing import requests_of
from forbear.policy.evaluate import choices, otherwise

_KEPT = ("outcome", "rule", "missing_fact", "spans", "not_before")

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


@dataclass(frozen=True, slots=True)
class Case:
    """One policy's wishes for the people of one part, and what the gate must know of them."""

    wished: pl.DataFrame
    """As ``policy.evaluate.wishes`` gives them, people without a wish left out."""
    context: pl.DataFrame
    """As ``wishing.context_of``."""
    record: Record
    order: Order


def judge_cases(cases: Sequence[Case], *, whole_chains: bool = False) -> list[Judged]:
    """Which of these wishes, or which gentler steps, does no known rule forbid today?

    All cases are of one day, zone and rulebook, and are judged together: one call of the gate a
    round. ``whole_chains`` judges all steps of every chain in the first round (fewer calls, more
    wishes judged); what comes out is the same.
    """
    rounds: list[list[pl.DataFrame]] = [[] for _ in cases]
    papers: list[list[pl.DataFrame]] = [[] for _ in cases]
    frontiers = [
        choices(case.order.policy, case.wished) if whole_chains else case.wished for case in cases
    ]
    while True:
        asked = [
            _asked(case, frontiers[n], sum(rows.height for rows in rounds[n]))
            for n, case in enumerate(cases)
        ]
        verdicts = _judge_together(asked, cases[0].order)
        for n, case in enumerate(cases):
            if case.order.receipts:
                papers[n].append(_receipts(asked[n], verdicts[n], case.order))
            rounds[n].append(
                frontiers[n].hstack(verdicts[n].select(*_KEPT)).with_columns(permitted=_permitted())
            )
        if whole_chains:
            break
        frontiers = [_followed(case, rounds[n][-1]) for n, case in enumerate(cases)]
        if all(rows.is_empty() for rows in frontiers):
            break
    return [_gathered(case, rounds[n], papers[n]) for n, case in enumerate(cases)]


def _asked(case: Case, rows: pl.DataFrame, judged_before: int) -> pl.DataFrame:
    """Wishes in the words of the gate, with what stands on record."""
    requests = promise(requests_of(rows, case.context, first_wish=judged_before))
    record = _narrowed(case.record, rows["person"]) if judged_before else case.record
    return standing(requests, record, day=case.order.day, zone=case.order.book_zone)


def _narrowed(record: Record, people: pl.Series) -> Record:
    """The record of these few people."""
    few = people.unique().to_frame("person")

    def theirs(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.join(few, on="person", how="semi", maintain_order="left")

    carried = record.carried
    return Record(
        Carried(theirs(carried.people), theirs(carried.days), theirs(carried.numbers)),
        people=theirs(record.people),
        numbers=theirs(record.numbers),
        holds=theirs(record.holds),
        consents=theirs(record.consents),
        placements=theirs(record.placements),
        suppressed=record.suppressed,
    )


def _judge_together(asked: list[pl.DataFrame], order: Order) -> list[pl.DataFrame]:
    """The verdicts on several frames of wishes from one call of the gate."""
    if len(asked) == 1:
        return [judge(asked[0], order.rulebook, day=order.day, zone=order.book_zone)]
    together = pl.concat(asked, how="diagonal_relaxed").drop("wish").with_row_index("wish")
    # A word that only some of the frames have says nothing on record in the others.
    nothing = [
        pl.col(name).fill_null(value)
        for name, value in NOTHING_ON_RECORD.items()
        if name in together.columns
    ]
    verdicts = judge(
        together.with_columns(nothing), order.rulebook, day=order.day, zone=order.book_zone
    )
    cut, begin = [], 0
    for rows in asked:
        cut.append(verdicts[begin : begin + rows.height].with_columns(rows["wish"]))
        begin += rows.height
    return cut


def _followed(case: Case, judged: pl.DataFrame) -> pl.DataFrame:
    """The gentler steps of what was blocked, and of what may find the day full."""
    limited = sorted(case.order.policy.capacity)
    follow = ~pl.col("permitted") | pl.col("channel").is_in(limited)
    return otherwise(case.order.policy, judged.filter(follow).select(case.wished.columns))


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


def _in_order(papers: list[pl.DataFrame]) -> pl.DataFrame:
    """The receipts of all rounds, by person and wish."""
    return (
        pl.concat(papers).sort("person", "wish")
        if papers
        else pl.DataFrame(schema=receipt_columns(1))
    )


def _gathered(case: Case, rounds: list[pl.DataFrame], papers: list[pl.DataFrame]) -> Judged:
    """All rounds of one case; a step behind one that is open and unlimited is never needed."""
    limited = pl.col("channel").is_in(sorted(case.order.policy.capacity))
    together = pl.concat(rounds)
    enough = (
        together.filter(pl.col("permitted"), ~limited)
        .group_by("person")
        .agg(enough_at=pl.col("depth").min())
    )
    allowed = (
        together.filter("permitted")
        .join(enough, on="person", how="left", maintain_order="left")
        .filter(pl.col("depth") <= pl.col("enough_at").fill_null(pl.col("depth")))
        .select(*case.wished.columns, "spans")
        .sort("person", "depth")
    )
    able = allowed.select("person").unique().with_columns(able=pl.lit(True))
    first = (
        together.filter(pl.col("depth") == 0)
        .select("person", "rule", "not_before", missing="missing_fact")
        .join(able, on="person", how="left", maintain_order="left")
        .with_columns(permitted=pl.col("able").fill_null(False))
    )
    return Judged(allowed, first, _in_order(papers), together.height)
