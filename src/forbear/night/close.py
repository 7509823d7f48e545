"""The close of one part file: a function from what it knows to what it says. Nothing is read here.

Bring to today → facts → score → policy → gate. Then all parts meet once, for capacity and numbers
(``forbear.night.capacity``), and each part writes its plan and who was left alone.

A wish the gate blocks falls through to its gentler step, and that one is judged as well. So are the
gentler steps of wishes for a way out that can be full, so that nobody has to be judged a second
time when the day is. Every wish judged leaves a receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from forbear.facts.history import Carried
from forbear.measure.roll_rates import roll_rates, states
from forbear.night.bring import Money, bring_history, bring_money, decide_promises
from forbear.night.capacity import CHOICE
from forbear.night.frames import Part
from forbear.night.judging import Case, Judged, judge_cases, record_of
from forbear.night.order import Order, Stopwatch
from forbear.night.plan import plan_rows
from forbear.night.summary import PartSummary
from forbear.night.wishing import context_of, facts_of, in_policy_currency
from forbear.night.withheld import withheld_rows
from forbear.policy.evaluate import wishes as wishes_of

FIRST_SET_ASIDE = 5


@dataclass(frozen=True, slots=True)
class PartNight:
    """What one part says before the parts meet."""

    state: dict[str, pl.DataFrame]
    """The tables of ``STATE`` this morning."""
    choices: pl.DataFrame
    """Every lawful choice of every person, with all that a plan row needs."""
    people: pl.DataFrame
    """One row a person in arrears or wished for: what a withheld row needs."""
    receipts: pl.DataFrame
    set_aside: pl.DataFrame
    summary: PartSummary

    def asking(self) -> pl.DataFrame:
        """What the meeting of the parts needs of this one: the choices as ``CHOICE``."""
        return self.choices.select(pl.col(name).cast(dtype) for name, dtype in CHOICE.items())


@dataclass(frozen=True, slots=True)
class Brought:
    """One part with its money at the end of yesterday; it does not depend on any policy."""

    part: Part
    money: Money
    summary: PartSummary


def bring(part: Part, order: Order, watch: Stopwatch | None = None) -> Brought:
    """Bring the money of this part to today, and count what moved."""
    watch = watch or Stopwatch()
    money = bring_money(part, order.terms)
    watch.lap("money")
    before = states(part.positions, part.day - timedelta(days=1))
    after = states(money.positions, part.day)
    moves = roll_rates(before, after)
    today = after.group_by("state").agg(pl.len().alias("loans"), pl.col("owed").sum())
    rows = list(today.sort("state").iter_rows())
    summary = PartSummary(
        loans={str(state): int(loans) for state, loans, _ in rows},
        owed={str(state): int(owed) for state, _, owed in rows},
        moves=[(str(a), str(b), int(n), int(owed)) for a, b, n, owed, *_ in moves.iter_rows()],
        people=0,
        people_overdue=0,
        wished=0,
        judged=0,
        replayed=money.replayed,
        set_aside=[
            (int(loan), str(reason))
            for loan, reason, _ in money.set_aside.head(FIRST_SET_ASIDE).iter_rows()
        ],
        set_aside_count=money.set_aside.height,
    )
    watch.lap("measure")
    return Brought(part, money, summary)


def carry(brought: Brought, book_zone: str) -> dict[str, pl.DataFrame]:
    """The state of a morning that is only passed over: money and history, nothing decided."""
    carried = bring_history(brought.part, brought.money.positions, book_zone=book_zone)
    return state_of(brought.money, carried)


def state_of(money: Money, carried: Carried) -> dict[str, pl.DataFrame]:
    """The tables of ``STATE`` this morning."""
    return {
        "positions": money.positions,
        "open_items": money.open_items,
        "carried_people": carried.people,
        "carried_days": carried.days,
        "carried_numbers": carried.numbers,
    }


@dataclass(frozen=True, slots=True)
class Considered:
    """What one policy wishes for one part, before the gate is asked."""

    brought: Brought
    carried: Carried
    facts: pl.DataFrame
    wished: pl.DataFrame
    """One row a person of ``facts``, in their order; step null: none is wished."""
    case: Case


def consider(brought: Brought, order: Order, watch: Stopwatch | None = None) -> Considered:
    """What would this policy like to do for everyone in this part?"""
    watch = watch or Stopwatch()
    money = brought.money
    carried = bring_history(brought.part, money.positions, book_zone=order.book_zone)
    promises = decide_promises(brought.part, book_zone=order.book_zone)
    part = brought.part.with_state(promises=promises)
    watch.lap("history")
    facts = facts_of(part, order, money.positions, money.open_items, carried.people, carried.days)
    watch.lap("facts")
    wished = wishes_of(order.policy, in_policy_currency(facts, order.scale), seed=order.seed)
    with_wish = wished.filter(pl.col("step").is_not_null())
    watch.lap("policy")
    context = context_of(part, order, facts, money.positions, with_wish["person"])
    record = record_of(part, carried, with_wish["person"], order)
    watch.lap("gate")
    return Considered(brought, carried, facts, wished, Case(with_wish, context, record, order))


def conclude(considered: Considered, judged: Judged) -> PartNight:
    """What one part says before the parts meet, once the gate has spoken."""
    brought, case = considered.brought, considered.case
    money, carried = brought.money, considered.carried
    people = _people(brought.part, money, considered.facts, considered.wished, judged)
    return PartNight(
        state_of(money, carried),
        _choices(judged, case, carried),
        people,
        judged.receipts,
        money.set_aside,
        _counted(brought.summary, considered.facts, case.wished, judged),
    )


def decide(brought: Brought, order: Order, watch: Stopwatch | None = None) -> PartNight:
    """What would this policy like to do, and what does the gate say, for everyone in this part?"""
    watch = watch or Stopwatch()
    considered = consider(brought, order, watch)
    judged = judge_cases([considered.case])[0]
    watch.lap("gate")
    night = conclude(considered, judged)
    watch.lap("gather")
    return night


def _choices(judged: Judged, case: Case, carried: Carried) -> pl.DataFrame:
    """The lawful wishes with everything a plan row says."""
    beside = case.context.select(
        "person", "ref", "loan_ref", "zone", "number", "text", "best_hour", "days_past_due",
        "amount_due",
    )  # fmt: skip
    theirs = pl.col("person").is_in(judged.allowed["person"].unique().implode())
    touched = (
        carried.people.lazy()
        .filter(theirs)
        .select("person", untouched_since="last_touch_at")
        .collect()
    )
    steps = case.order.policy.steps
    reasons = pl.DataFrame(
        [(step.id, step.why.zh, step.why.en) for step in steps],
        schema={"step": pl.String, "why_zh": pl.String, "why_en": pl.String},
        orient="row",
    )
    return (
        judged.allowed.join(beside, on="person", how="left", maintain_order="left")
        .join(touched, on="person", how="left", maintain_order="left")
        .join(reasons, on="step", how="left", maintain_order="left")
    )


def _people(
    part: Part, money: Money, facts: pl.DataFrame, wished: pl.DataFrame, judged: Judged
) -> pl.DataFrame:
    """Everyone in arrears or wished for, with what the gate said of their first wish."""
    set_aside = money.positions.lazy().filter(pl.col("status") == "set_aside")
    aside = set_aside.select("loan").collect()
    first = judged.first.select("person", "rule", "missing", "not_before", "permitted")
    mine = (
        facts.select("person", "loan", "days_past_due", "amount_due")
        .hstack(wished.select(wish="step", silent="silent", arm="arm"))
        .filter((pl.col("days_past_due") > 0) | pl.col("wish").is_not_null())
        .join(first, on="person", how="left", maintain_order="left")
        .with_columns(
            held_out=(pl.col("arm") == "holdout").fill_null(False),
            set_aside=pl.lit(False),
        )
    )
    if aside.height:
        mine = pl.concat([mine, _set_aside(part, money, aside, mine)], how="diagonal_relaxed")
    theirs = pl.col("person").is_in(mine["person"].implode())
    refs = part.people.lazy().select("person", "ref").filter(theirs).collect()
    return mine.join(refs, on="person", how="left", maintain_order="left")


def _set_aside(part: Part, money: Money, aside: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """Borrowers whose only look this morning is a loan that could not be brought to today."""
    late = (pl.lit(part.day) - pl.col("due_since")).dt.total_days().clip(0).fill_null(0)
    return (
        money.positions.join(aside, on="loan", how="semi")
        .filter(late > 0)
        .select(
            "person", "loan",
            days_past_due=late.cast(pl.Int32),
            amount_due=pl.sum_horizontal("principal_due", "interest_due", "fee_due", "penalty_due"),
            set_aside=pl.lit(True),
            held_out=pl.lit(False),
        )
        .join(mine.select("person"), on="person", how="anti")
        .sort("person", "days_past_due", "loan", descending=[False, True, False])
        .unique("person", keep="first", maintain_order=True)
    )  # fmt: skip


def _counted(
    money: PartSummary, facts: pl.DataFrame, with_wish: pl.DataFrame, judged: Judged
) -> PartSummary:
    return PartSummary(
        loans=money.loans,
        owed=money.owed,
        moves=money.moves,
        people=facts.height,
        people_overdue=int((facts["days_past_due"] > 0).sum()),
        wished=with_wish.height,
        judged=judged.count,
        replayed=money.replayed,
        set_aside=money.set_aside,
        set_aside_count=money.set_aside_count,
    )


def finish(
    choices: pl.DataFrame, people: pl.DataFrame, granted: pl.DataFrame, day: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The plan and the withheld rows of one part, once the parts have met.

    ``choices`` and ``people`` as ``PartNight`` has them; ``granted``: person, depth (null:
    nothing), refused and ``place`` in the queue of the whole book.
    """
    given = granted.filter(pl.col("depth").is_not_null()).select("person", "depth", "place")
    plan = plan_rows(choices.join(given, on=["person", "depth"], how="inner"), day)
    left = people.join(plan.select("person"), on="person", how="anti").join(
        granted.select("person", "refused"), on="person", how="left", maintain_order="left"
    )
    return plan, withheld_rows(left)
