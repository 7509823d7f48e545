"""Carry a book through many nights under several policies at once, in memory.

Every night is the very close of ``forbear.night.close``. What is owed does not depend on a policy, so
the money is brought to each morning once and shared; contact history, promises and plans are each
policy's own. Payments are revealed on the day they were recorded and react to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import polars as pl

from forbear.book.schema import HISTORY, STATE, TABLES
from forbear.dates import day_start, zone
from forbear.facts.history import Carried, recompute, reset_cases
from forbear.night.answering import (
    Answers,
    attempts_of,
    carried_out,
    contacts_of,
    promises_of,
)
from forbear.night.close import Brought, Considered, PartNight, bring, conclude, consider, finish
from forbear.night.frames import KNOWN, Part, Past, known_by
from forbear.night.judging import judge_cases
from forbear.night.meeting import meet
from forbear.night.order import Order

PLANNED = (
    "day", "person", "loan", "step", "channel", "proposal", "purpose", "offer", "slot_at",
    "days_past_due", "amount_due",
)  # fmt: skip
"""What is kept of a plan row."""


@dataclass(frozen=True, slots=True)
class World:
    """A whole book in memory: what was signed, and all that is recorded, past and (for a run) future.

    ``events`` and the tables of ``KNOWN`` hold rows of every day; each night sees those recorded
    before its morning. Of ``contacts`` the past is history; of later ones only what people sent
    us is revealed (whom we reach for is what a run decides).
    """

    people: pl.DataFrame
    parties: pl.DataFrame
    numbers: pl.DataFrame
    loans: pl.DataFrame
    instalments: pl.DataFrame
    events: pl.DataFrame
    contacts: pl.DataFrame
    known: dict[str, pl.DataFrame]


@dataclass(slots=True)
class Followed:
    """One policy on its way through the nights."""

    order: Order
    carried: Carried
    promises: pl.DataFrame
    contacts: pl.DataFrame
    """Those of yesterday."""
    log: list[pl.DataFrame] = field(default_factory=list)
    attempts: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"person": pl.Int64, "attempts": pl.Int64})
    )
    plans: list[pl.DataFrame] = field(default_factory=list)
    withheld: list[pl.DataFrame] = field(default_factory=list)
    refused: list[pl.DataFrame] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """What one policy would have done over the nights."""

    plans: pl.DataFrame
    """``PLANNED``, one row a planned step."""
    withheld: pl.DataFrame
    """day, reason, rule, people."""
    refused: pl.DataFrame
    """day, rule, people: whose wish a rule refused that day, gentler step allowed or not."""
    contacts: pl.DataFrame
    """The contact log of the nights, as carried out."""
    carried: Carried
    """What the log came to at the last morning."""
    promises: pl.DataFrame
    """Promises those contacts brought."""


@dataclass(frozen=True, slots=True)
class Nights:
    """All policies over the same nights, and what they share."""

    first: date
    last: date
    runs: dict[str, Run]
    spells: pl.DataFrame
    """person, from_on (first morning overdue), whole (no: it began before the first night), and
    incomplete (yes: of loans whose supplied schedule does not cover them, counted apart)."""
    payments: pl.DataFrame
    """person, paid_on."""
    set_aside: int
    replayed: int


Watch = Callable[[date, str, PartNight, pl.DataFrame, pl.DataFrame], None]
"""Told every night of every policy: day, policy, the night, its plan, who was withheld."""


def run_nights(
    world: World,
    state: Mapping[str, pl.DataFrame],
    orders: Mapping[str, Order],
    *,
    first: date,
    last: date,
    answers: Answers,
    watch: Watch | None = None,
    progress: Callable[[date], None] = lambda day: None,
) -> Nights:
    """Close every morning from ``first`` to ``last`` under each of these orders.

    ``state``: positions and open items at the end of the day before ``first``, and what contact
    history comes to (where it does not say, the log is read). ``orders``: by policy; their day is
    set for each night.
    """
    any_order = next(iter(orders.values()))
    shelf = _Shelf(world, any_order.book_zone)
    positions, open_items = state["positions"], state["open_items"]
    followed = {name: _begin(world, state, order, first) for name, order in orders.items()}
    spells = _Spells(world)
    aside = replayed = 0
    day = first
    while day <= last:
        part = shelf.part(day, positions, open_items)
        brought = bring(part, any_order)
        positions, open_items = brought.money.positions, brought.money.open_items
        aside, replayed = (
            max(aside, brought.money.set_aside.height),
            replayed + brought.money.replayed,
        )
        spells.note(positions, day)
        considered = [_considered(one, brought, day) for one in followed.values()]
        judged = judge_cases([each.case for each in considered], whole_chains=True)
        for (name, one), wish, said in zip(followed.items(), considered, judged, strict=True):
            _night(one, conclude(wish, said), day, answers, watch, name)
        progress(day)
        day += timedelta(days=1)
    return Nights(
        first,
        last,
        {name: _told(one) for name, one in followed.items()},
        spells.frame(),
        _payments(world, first),
        aside,
        replayed,
    )


def _begin(world: World, state: Mapping[str, pl.DataFrame], order: Order, first: date) -> Followed:
    """A policy before its first night: the contact history of the past, and nothing of its own."""
    if "carried_people" in state:
        carried = Carried(state["carried_people"], state["carried_days"], state["carried_numbers"])
    else:
        carried = _history(world, state["positions"], order.book_zone, first)
    return Followed(order, carried, TABLES["promises"].empty(), HISTORY["contacts"].empty())


def _history(world: World, positions: pl.DataFrame, book_zone: str, first: date) -> Carried:
    """What the log comes to on the first morning, for a book that was not opened for it."""
    began = pl.col("due_since").min().dt.offset_by("1d").cast(pl.Datetime("us"))
    cases = (
        world.parties.join(positions.filter(pl.col("due_since").is_not_null()), on="loan")
        .group_by("person")
        .agg(from_at=began.dt.replace_time_zone(book_zone).dt.convert_time_zone("UTC"))
    )
    carried = recompute(
        world.contacts.filter(pl.col("recorded_at") < day_start(first, zone(book_zone))),
        numbers=world.numbers, people=world.people, book_zone=book_zone, today=first,
        case_from=cases,
    )  # fmt: skip
    over = carried.people.join(cases, on="person", how="anti")["person"]
    return reset_cases(carried, over)


def _considered(one: Followed, brought: Brought, day: date) -> Considered:
    """What this policy wishes this morning, given its own history."""
    part = brought.part.with_state(
        carried_people=one.carried.people,
        carried_days=one.carried.days,
        carried_numbers=one.carried.numbers,
        contacts=pl.concat([one.contacts, brought.part.contacts]),
        promises=pl.concat([brought.part.promises, one.promises]).sort("person", "made_at"),
    )
    order = replace(one.order, day=day, receipts=False)
    return consider(Brought(part, brought.money, brought.summary), order)


def _night(
    one: Followed,
    night: PartNight,
    day: date,
    answers: Answers,
    watch: Watch | None,
    name: str,
) -> None:
    """One policy's plan, and what the day that follows brings."""
    order = one.order
    granted = meet([night.asking()], order.policy.capacity)[0]
    plan, withheld = finish(night.choices, night.people, granted, day)
    if watch is not None:
        watch(day, name, night, plan, withheld)
    one.carried = Carried(
        night.state["carried_people"], night.state["carried_days"], night.state["carried_numbers"]
    )
    one.plans.append(plan.with_columns(day=pl.lit(day)).select(PLANNED))
    one.withheld.append(
        withheld.group_by("reason", "rule")
        .agg(pl.len().cast(pl.Int64).alias("people"))
        .with_columns(day=pl.lit(day))
        .select("day", pl.col("reason").cast(pl.String), "rule", "people")
        .sort("reason", "rule", nulls_last=True)
    )
    one.refused.append(
        night.people.filter(pl.col("rule").is_not_null())
        .group_by("rule")
        .agg(pl.len().cast(pl.Int64).alias("people"))
        .select(pl.lit(day).alias("day"), pl.col("rule").cast(pl.String), "people")
        .sort("rule")
    )
    _live(one, carried_out(plan), answers, order)


def _live(one: Followed, done: pl.DataFrame, answers: Answers, order: Order) -> None:
    """The day after a plan: contacts with their outcome, promises, attempts counted."""
    attempted = attempts_of(done, one.attempts, order.book_zone)
    answered = answers(attempted)
    creditor = int(order.creditors["creditor"][0])
    one.contacts = contacts_of(done, answered, creditor)
    one.log.append(one.contacts)
    one.promises = pl.concat([one.promises, promises_of(done, answered)])
    one.attempts = (
        pl.concat(
            [one.attempts, attempted.select("person", attempts=pl.col("attempt").cast(pl.Int64))]
        )
        .group_by("person")
        .agg(pl.col("attempts").max())
    )


def _told(one: Followed) -> Run:
    return Run(
        pl.concat(one.plans),
        pl.concat(one.withheld),
        pl.concat(one.refused),
        pl.concat(one.log),
        one.carried,
        one.promises,
    )


class _Shelf:
    """A world laid out by day, so that each night takes its own rows."""

    def __init__(self, world: World, book_zone: str) -> None:
        self.world, self.zone = world, book_zone
        self.starting = world.instalments.partition_by("from_on", as_dict=True)
        local = pl.col("recorded_at").dt.convert_time_zone(book_zone).dt.date()
        recorded = world.events.with_columns(recorded_on=local)
        self.events = recorded.partition_by("recorded_on", as_dict=True, include_key=False)
        came_in = world.contacts.filter(pl.col("direction") == "in").with_columns(recorded_on=local)
        self.came_in = came_in.partition_by("recorded_on", as_dict=True, include_key=False)

    def part(self, day: date, positions: pl.DataFrame, open_items: pl.DataFrame) -> Part:
        """What is known on the morning of this day, before any policy's own history."""
        world, yesterday = self.world, day - timedelta(days=1)
        morning = day_start(day, zone(self.zone))
        state = {name: table.empty() for name, table in STATE.items()}
        state |= {"positions": positions, "open_items": open_items}
        return Part(
            day=day,
            people=world.people,
            parties=world.parties,
            numbers=world.numbers,
            loans=world.loans,
            **{name: known_by(world.known[name], name, morning, day) for name in KNOWN},
            **state,
            starting=self.starting.get((yesterday,), world.instalments.clear()),
            events=self.events.get((yesterday,), world.events.clear()),
            contacts=self.came_in.get((yesterday,), world.contacts.clear()),
            past=self._past_until(morning),
        )

    def _past_until(self, morning: datetime) -> Callable[[pl.Series], Past]:
        def past(loans: pl.Series) -> Past:
            few = pl.col("loan").is_in(loans.implode())
            return Past(
                self.world.loans.filter(few),
                self.world.instalments.filter(few).sort("loan", "seq"),
                self.world.events.filter(few, pl.col("recorded_at") < morning),
            )

        return past


class _Spells:
    """When did each person enter arrears? Noted morning by morning."""

    def __init__(self, world: World) -> None:
        owes = pl.col("role").cast(pl.String).is_in(["borrower", "co_borrower"])
        self.debts = (
            world.parties.filter(owes)
            .select("person", "loan")
            .join(world.loans.select("loan", "incomplete"), on="loan")
        )
        self.late = pl.DataFrame(schema={"person": pl.Int64, "incomplete": pl.Boolean})
        self.began: list[pl.DataFrame] = []

    def note(self, positions: pl.DataFrame, day: date) -> None:
        """The morning of ``day``: who is overdue now and was not the morning before?"""
        overdue = positions.filter(
            pl.col("due_since") < day, pl.col("status").is_in(["open", "charged_off"])
        ).select("loan")
        now = self.debts.join(overdue, on="loan", how="semi").select("person", "incomplete")
        now = now.unique()
        fresh = now.join(self.late, on=["person", "incomplete"], how="anti")
        whole = pl.lit(bool(self.began))  # on the first morning nobody knows since when
        self.began.append(fresh.with_columns(from_on=pl.lit(day), whole=whole))
        self.late = now

    def frame(self) -> pl.DataFrame:
        """All spells, by person and day."""
        return pl.concat(self.began).sort("person", "from_on", "incomplete")


def _payments(world: World, first: date) -> pl.DataFrame:
    """Who paid on which day, from the first morning on (reversed payments left out)."""
    undone = world.events.filter(pl.col("kind") == "reversed").select("loan", event="names")
    paid = (
        world.events.filter(pl.col("kind") == "repaid", pl.col("effective_on") >= first)
        .join(undone, on=["loan", "event"], how="anti")
        .select("loan", paid_on="effective_on")
    )
    return (
        paid.join(world.loans.select("loan", "person"), on="loan")
        .select("person", "paid_on")
        .unique()
        .sort("person", "paid_on")
    )


def through_orders(orders: Sequence[Order]) -> dict[str, Order]:
    """The orders by the id of their policy."""
    return {order.policy.id: order for order in orders}
