"""Many nights under every policy: what must hold whatever a policy wishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import polars as pl
import pytest

from forbear.book.layout import Book
from forbear.book.synthetic.future import answers
from forbear.facts.history import recompute
from forbear.law.gate import judge
from forbear.law.request import promise
from forbear.law.rulebook import load as load_rulebook
from forbear.law.standing import Record, standing
from forbear.night.answering import nobody_agrees
from forbear.night.close import PartNight, bring, consider
from forbear.night.judging import judge_cases
from forbear.night.reading import read_part
from forbear.night.reading import state_of_book as before_of
from forbear.night.run import Nights, World, run_nights
from forbear.night.world import orders_of, state_of_book, world_of
from forbear.policy import load as load_policy
from forbear.policy import shipped
from forbear.score.tables import default

FIRST, NIGHTS = date(2026, 11, 22), 4
LAW = load_rulebook("cn@2026-11-21+cn-house")

Seen = list[tuple[date, str, PartNight, pl.DataFrame, pl.DataFrame]]


@pytest.fixture(scope="module")
def world(whole_book: Book) -> World:
    return world_of(whole_book)


@pytest.fixture(scope="module")
def played(whole_book: Book, world: World) -> tuple[Nights, Seen]:
    """Every shipped policy over four nights, people answering by their seed."""
    seen: Seen = []
    nights = run_nights(
        world,
        state_of_book(whole_book),
        orders_of(whole_book, [load_policy(p) for p in shipped()], LAW, default(), day=FIRST),
        first=FIRST,
        last=FIRST + timedelta(days=NIGHTS - 1),
        answers=partial(answers, 5),
        watch=lambda *told: seen.append(told),
    )
    return nights, seen


def test_nobody_has_more_than_one_step_a_day_under_any_policy(
    played: tuple[Nights, Seen],
) -> None:
    nights, seen = played
    assert len(seen) == NIGHTS * len(shipped())
    for run in nights.runs.values():
        assert run.plans.select("day", "person").is_unique().all()


@pytest.mark.parametrize("policy", ["industry", "visit", "prompt"])
def test_nobody_who_asks_for_help_disputes_or_complains_is_chased(
    whole_book: Book, world: World, played: tuple[Nights, Seen], policy: str
) -> None:
    """The people this policy chased on the first day; now each has something open."""
    kinds = ["dispute", "identity_dispute", "complaint", "help_request", "hardship_pause",
             "debit_in_flight", "unmatched_money", "death", "police_order", "plan_kept"]  # fmt: skip
    chased = pl.col("purpose").cast(pl.String).is_in(["collect", "locate"])
    before = played[0].runs[policy].plans.filter(chased, pl.col("day") == FIRST)["person"]
    assert before.len() > 5
    morning = datetime(2026, 11, 20, 16, tzinfo=UTC)
    held = pl.DataFrame(
        {"person": before, "kind": [kinds[n % len(kinds)] for n in range(before.len())]}
    ).with_columns(from_at=morning, until_at=None, recorded_at=morning, loan=None)
    schema = world.known["holds"].schema
    holds = held.select(pl.col(c).cast(d) for c, d in schema.items())
    quiet = replace(world, known=world.known | {"holds": pl.concat([world.known["holds"], holds])})
    nights = run_nights(
        quiet, state_of_book(whole_book),
        orders_of(whole_book, [load_policy(policy)], LAW, default(), day=FIRST),
        first=FIRST, last=FIRST, answers=nobody_agrees,
    )  # fmt: skip
    plans = nights.runs[policy].plans.filter(chased)
    assert not set(plans["person"]) & set(before)


def test_every_planned_minute_is_lawful_when_it_is_asked_about_alone(
    played: tuple[Nights, Seen], world: World
) -> None:
    """The plan's slots, asked one by one as live requests: the hours are open at that minute."""
    record = Record.of(people=world.people, numbers=world.numbers, consents=world.known["consents"])
    asked = 0
    for day, _, night, plan, _ in played[1]:
        slots = night.choices.join(plan.select("person", "slot_at", "step"), on=["person", "step"])
        requests = slots.select(
            "person", "loan", "channel", "purpose", "template", "number", "days_past_due",
            asked_at="slot_at", lender_type=pl.lit("consumer_finance"), placed_by=pl.lit("lender"),
            recipient=pl.lit("debtor"), relation=pl.lit("self"),
        ).with_row_index("wish")  # fmt: skip
        verdict = judge(standing(promise(requests), record, day=day), LAW, day=day)
        about_hours = pl.col("rule").str.contains("HP-05|HP-10-hours|T-0[12]")
        wrong = slots.hstack(verdict.select("outcome", "rule")).filter(
            pl.col("outcome") == "blocked", about_hours
        )
        assert wrong.is_empty(), wrong
        asked += slots.height
    assert asked > 100


def test_what_is_carried_is_what_the_whole_log_comes_to(
    played: tuple[Nights, Seen], world: World
) -> None:
    """Counters, instants and numbers after four nights equal the log read again from the start."""
    last = FIRST + timedelta(days=NIGHTS - 1)
    for name, run in played[0].runs.items():
        agreed = pl.concat([world.known["promises"], run.promises]).select("person", at="made_at")
        yesterday = run.contacts.filter(
            pl.col("at").dt.convert_time_zone("Asia/Shanghai").dt.date() < last
        )
        again = recompute(
            pl.concat([world.contacts, yesterday]),
            numbers=world.numbers, people=world.people, today=last,
            agreements=agreed,
        )  # fmt: skip
        assert run.carried.days.equals(again.days), name
        assert run.carried.numbers.equals(again.numbers), name
        alike = [c for c in again.people.columns if not c.endswith("_case")]
        assert run.carried.people.select(alike).equals(again.people.select(alike)), name


def test_judging_round_by_round_and_whole_chains_at_once_allow_the_same(whole_book: Book) -> None:
    part = read_part(whole_book, before_of(whole_book), 0, FIRST)
    for policy in ("industry", "visit", "humane"):
        order = orders_of(whole_book, [load_policy(policy)], LAW, default(), day=FIRST)[policy]
        case = consider(bring(part, order), order).case
        step_by_step, at_once = (
            judge_cases([case], whole_chains=whole)[0] for whole in (False, True)
        )
        assert step_by_step.allowed.equals(at_once.allowed)
        assert step_by_step.first.equals(at_once.first)
        assert step_by_step.count <= at_once.count


def test_policies_judged_together_get_what_each_gets_alone(whole_book: Book) -> None:
    part = read_part(whole_book, before_of(whole_book), 0, FIRST)
    orders = orders_of(
        whole_book, [load_policy(p) for p in shipped()], LAW, default(), day=FIRST
    ).values()
    cases = [consider(bring(part, order), order).case for order in orders]
    together = judge_cases(cases)
    for case, said in zip(cases, together, strict=True):
        alone = judge_cases([case])[0]
        assert said.allowed.equals(alone.allowed)
        assert said.first.equals(alone.first)


def test_payments_do_not_depend_on_the_policy(played: tuple[Nights, Seen]) -> None:
    """Everybody is carried on the same money: the people in arrears are the same every night."""
    late: dict[date, set[frozenset[int]]] = {}
    for day, _, night, _, _ in played[1]:
        people = night.people.filter(pl.col("days_past_due") > 0)["person"]
        late.setdefault(day, set()).add(frozenset(people))
    assert len(late) == NIGHTS
    assert all(len(groups) == 1 for groups in late.values())


def test_a_number_nobody_may_use_again_is_used_by_nobody(
    whole_book: Book, world: World, played: tuple[Nights, Seen]
) -> None:
    """The register names numbers refused in any file; whoever stands by one is reached otherwise."""
    _, _, _, plan, _ = next(told for told in played[1] if told[1] == "industry")
    refused = plan["number"].drop_nulls().unique().sort()[:10]
    assert refused.len() == 10
    orders = orders_of(
        whole_book, [load_policy("industry")], LAW, default(), day=FIRST,
        suppressed=tuple(refused),
    )  # fmt: skip
    used: list[int] = []
    run_nights(
        world, state_of_book(whole_book), orders, first=FIRST, last=FIRST, answers=nobody_agrees,
        watch=lambda day, name, night, plan, left: used.extend(plan["number"].drop_nulls()),
    )  # fmt: skip
    assert len(used) > 20
    assert not set(used) & set(refused)


def test_two_people_behind_one_number_are_planned_once_a_day(
    whole_book: Book, world: World, played: tuple[Nights, Seen]
) -> None:
    """The two first in the queue share a number: the first has it, the other waits and hears why."""
    _, _, _, plan, _ = next(told for told in played[1] if told[1] == "industry")
    first, second = plan.filter(pl.col("number").is_not_null()).sort("place")["person"][:2]
    numbers = world.numbers.with_columns(
        number=pl.when(pl.col("person").is_in([first, second])).then(-1).otherwise("number")
    )
    shared: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    run_nights(
        replace(world, numbers=numbers), state_of_book(whole_book),
        orders_of(whole_book, [load_policy("industry")], LAW, default(), day=FIRST),
        first=FIRST, last=FIRST, answers=nobody_agrees,
        watch=lambda day, name, night, plan, left: shared.append((plan, left)),
    )  # fmt: skip
    plan, left = shared[0]
    assert plan.filter(pl.col("number") == -1)["person"].to_list() == [first]
    told = left.filter(pl.col("person") == second)["reason"].to_list()
    assert told == ["number_shared"] or second in plan["person"]
