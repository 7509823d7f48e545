"""What a morning knows about a person: 21 November 2026, balances at the end of the 20th."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.facts.books import DAY, Rows, facts_of, position

from forbear.book.schema import HOLD_KINDS
from forbear.errors import BookError
from forbear.facts.definitions import DAYS_WINDOWS, FACTS, NEVER

OVERDUE = {"due_since": date(2026, 11, 1)}


def at(day: date, hour: int = 4) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def fact(name: str, **tables: Any) -> Any:
    """One fact of the one person of a book."""
    return facts_of(**tables)[name].item()


DISPUTE = {"person": 1, "kind": "dispute", "from_at": at(ago(3))}

# --- whom a morning looks at -------------------------------------------------------------------

LOOKED_AT: list[tuple[str, dict[str, Rows], bool]] = [
    ("due yesterday and unpaid", {"positions": [position(due_since=ago(1))]}, True),
    ("nothing due", {"positions": [position()]}, False),
    ("due in seven days", {"positions": [position(next_due_on=DAY + timedelta(7))]}, True),
    ("due in eight days", {"positions": [position(next_due_on=DAY + timedelta(8))]}, False),
    ("due today", {"positions": [position(next_due_on=DAY)]}, True),
    ("settled", {"positions": [position(status="settled", **OVERDUE)]}, False),
    ("charged off, the claim goes on", {"positions": [position(status="charged_off", **OVERDUE)]},
     True),
    ("set aside: figures known to be stale", {"positions": [position(status="set_aside", **OVERDUE)]},
     False),
    ("an open dispute and a healthy loan",
     {"positions": [position()], "holds": [DISPUTE]}, True),
    ("a dispute that was closed",
     {"positions": [position()],
      "holds": [DISPUTE | {"until_at": at(ago(1))}]}, False),
    ("a dispute without a loan",
     {"holds": [DISPUTE]}, False),
    ("an open promise and a healthy loan",
     {"positions": [position()],
      "promises": [{"person": 1, "made_at": at(ago(3)), "due_on": DAY, "outcome": "open"}]}, True),
    ("a plan being kept and a healthy loan",
     {"positions": [position()],
      "plans": [{"person": 1, "agreed_on": ago(3), "kind": "extension", "ends_on": DAY,
                 "outcome": "kept"}]}, True),
]  # fmt: skip


@pytest.mark.parametrize(("story", "tables", "seen"), LOOKED_AT, ids=[s for s, _, _ in LOOKED_AT])
def test_whom_a_morning_looks_at(story: str, tables: dict[str, Rows], seen: bool) -> None:
    assert facts_of(**tables).height == seen


def test_roles_that_owe_are_looked_at_and_others_are_not() -> None:
    roles = ("borrower", "co_borrower", "guarantor", "heir", "guardian")
    parties = [{"person": n, "loan": 1, "role": role} for n, role in enumerate(roles, 1)]
    assert facts_of(positions=[position(**OVERDUE)], parties=parties)["person"].to_list() == [1, 2]


def test_a_shorter_look_ahead() -> None:
    due = [position(next_due_on=DAY + timedelta(4))]
    assert facts_of(positions=due).height == 1
    assert facts_of(positions=due, due_within=3).height == 0


@pytest.mark.parametrize(("due_in", "seen"), [({4}, 1), ({3, 5}, 0), (set(), 0), (None, 1)])
def test_only_the_days_a_policy_asks_for(due_in: set[int] | None, seen: int) -> None:
    due = [position(next_due_on=DAY + timedelta(4))]
    assert facts_of(positions=due, due_in=due_in).height == seen
    assert facts_of(positions=[position(**OVERDUE)], due_in=due_in).height == 1


# --- the loans of a person ----------------------------------------------------------------------


def test_the_lead_loan_is_the_oldest_arrears_then_the_largest_then_the_lower_key() -> None:
    old, new = ago(40), ago(5)
    loans = [
        position(1, due_since=new, principal_due=900_000),
        position(2, due_since=old, principal_due=100),
        position(3, due_since=old, principal_due=300),
        position(4, due_since=old, principal_due=300),
        position(5, principal_not_due=9_000_000),
    ]
    row = facts_of(positions=loans).to_dicts()[0]
    assert row["loan"] == 3
    assert row["days_past_due"] == 40
    assert row["loans_overdue"] == 4
    assert row["lead_balance"] == 300
    assert row["balance"] == 900_000 + 100 + 300 + 300 + 9_000_000
    assert row["amount_due"] == 900_000 + 100 + 300 + 300


def test_amounts_are_of_all_components_over_all_loans() -> None:
    first = position(1, principal_due=1, interest_due=20, fee_due=300, penalty_due=4_000,
                     principal_not_due=50_000, **OVERDUE)  # fmt: skip
    second = position(2, penalty_due=600_000, not_claimable=7_000_000, **OVERDUE)
    row = facts_of(positions=[first, second]).to_dicts()[0]
    assert (row["amount_due"], row["penalty_due"]) == (604_321, 604_000)
    assert row["balance"] == 654_321, "what is not claimable is never due"


def test_an_amount_beyond_64_bits_is_not_wrapped() -> None:
    """Nine million loans of 10^12 would; the sum is taken in 128 bits and refuses to be stored."""
    many = [position(n, principal_due=9 * 10**18, **OVERDUE) for n in (1, 2)]
    with pytest.raises(pl.exceptions.InvalidOperationError):
        facts_of(positions=many)


def test_a_co_borrower_has_their_own_budget_and_the_same_loan() -> None:
    parties = [
        {"person": 1, "loan": 1, "role": "borrower"},
        {"person": 2, "loan": 1, "role": "co_borrower"},
    ]
    carried = [{"person": 2, "last_talk_at": at(ago(2))}]
    facts = facts_of(positions=[position(**OVERDUE)], parties=parties, carried_people=carried)
    assert facts["loan"].to_list() == [1, 1]
    assert facts["days_since_talk"].to_list() == [NEVER, 2]


DAYS: list[tuple[str, dict[str, Any], int]] = [
    ("days_past_due", {"due_since": ago(1)}, 1),
    ("days_past_due", {"due_since": ago(31)}, 31),
    ("days_past_due", {"next_due_on": DAY}, 0),
    ("days_past_due_regulatory", {"due_since": ago(2), "due_since_regulatory": ago(80)}, 80),
    ("days_to_due", {"due_since": ago(2), "next_due_on": DAY + timedelta(3)}, 3),
    ("days_to_due", {"due_since": ago(2)}, NEVER),
    ("days_since_payment", {"due_since": ago(2), "last_paid_on": ago(9)}, 9),
    ("days_since_payment", {"due_since": ago(2)}, NEVER),
    ("times_late", {"due_since": ago(2), "times_late": 4}, 4),
    (
        "monthly_due",
        {"due_since": ago(2), "next_principal": 5, "next_interest": 6, "next_fee": 7},
        18,
    ),
]


@pytest.mark.parametrize(("name", "columns", "value"), DAYS)
def test_days_and_counts_of_a_loan(name: str, columns: dict[str, Any], value: int) -> None:
    assert fact(name, positions=[position(**columns)]) == value


@pytest.mark.parametrize(
    ("last_due", "paid", "demanded", "barred"),
    [
        (date(2023, 11, 20), None, None, True),
        (date(2023, 11, 21), None, None, False),
        (date(2023, 9, 1), date(2023, 11, 21), None, False),
        (date(2023, 9, 1), date(2023, 11, 20), None, True),
        (date(2023, 9, 1), None, date(2025, 1, 1), False),
        (date(2023, 9, 1), None, date(2023, 10, 1), True),
    ],
)
def test_three_years_since_the_last_due_date_payment_or_demand(
    last_due: date, paid: date | None, demanded: date | None, barred: bool
) -> None:
    got = fact(
        "time_barred",
        positions=[position(due_since=ago(1_200), last_paid_on=paid)],
        loans=[{"loan": 1, "person": 1, "last_due_on": last_due}],
        carried_people=[{"person": 1, "last_demand_at": demanded and at(demanded)}],
    )
    assert got is barred


def test_instalments_overdue_are_of_the_lead_loan_and_leave_out_charges() -> None:
    items = [
        {"loan": 1, "seq": 1, "component": "interest", "due_on": ago(60), "amount": 5},
        {"loan": 1, "seq": 1, "component": "principal", "due_on": ago(60), "amount": 5},
        {"loan": 1, "seq": 2, "component": "principal", "due_on": ago(30), "amount": 5},
        {"loan": 1, "seq": 0, "component": "fee", "due_on": ago(30), "amount": 5},
        {"loan": 2, "seq": 7, "component": "principal", "due_on": ago(10), "amount": 5},
    ]
    loans = [position(1, due_since=ago(60)), position(2, due_since=ago(10))]
    assert fact("instalments_overdue", positions=loans, open_items=items) == 2


# --- who they are --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "person", "value"),
    [
        ("age", {"birth_on": date(1961, 11, 21)}, 65),
        ("age", {"birth_on": date(1961, 11, 22)}, 64),
        ("age", {"birth_on": None}, None),
        ("days_to_pay_day", {"pay_day": 21}, 0),
        ("days_to_pay_day", {"pay_day": 22}, 1),
        ("days_to_pay_day", {"pay_day": 20}, 29),
        ("days_to_pay_day", {"pay_day": 31}, 9),
        ("days_to_pay_day", {"pay_day": None}, None),
        ("ai_call_unsuitable", {"birth_on": date(1961, 11, 21)}, True),
        ("ai_call_unsuitable", {"birth_on": date(1961, 11, 22)}, False),
        ("ai_call_unsuitable", {"hardship": True}, True),
        ("ai_call_unsuitable", {"vulnerable": True}, True),
        ("ai_call_unsuitable", {}, False),
        ("distress_seen", {"hardship": True}, True),
        ("distress_seen", {}, False),
        ("address_confirmed", {"address_confirmed": True}, True),
    ],
)
def test_who_they_are(name: str, person: dict[str, Any], value: Any) -> None:
    people = [{"person": 1, "zone": "Asia/Shanghai", **person}]
    assert fact(name, positions=[position(**OVERDUE)], people=people) == value


def test_an_open_complaint_keeps_the_machine_away() -> None:
    holds = [{"person": 1, "kind": "complaint", "from_at": at(ago(3))}]
    assert fact("ai_call_unsuitable", positions=[position(**OVERDUE)], holds=holds) is True


@pytest.mark.parametrize(
    ("health", "relation", "usable"),
    [
        ("verified", "self", True), ("unknown", "self", True), ("wrong", "self", False),
        ("dead", "self", False), ("reassigned", "self", False), ("opted_out", "self", False),
        ("verified", "spouse", False),
    ],
)  # fmt: skip
def test_a_usable_number_is_their_own_and_in_use(health: str, relation: str, usable: bool) -> None:
    numbers = [{"person": 1, "rank": 1, "number": 5, "relation": relation, "health": health}]
    assert fact("number_usable", positions=[position(**OVERDUE)], numbers=numbers) is usable


# --- what happened -------------------------------------------------------------------------------


def test_days_since_are_local_days_of_the_person() -> None:
    """23:30 in Shanghai on the 19th is already the 20th in Tokyo, and still the 19th in Urumqi."""
    late = datetime(2026, 11, 19, 15, 30, tzinfo=UTC)
    zones = ["Asia/Shanghai", "Asia/Tokyo", "Asia/Urumqi", None, "Nowhere/Land"]
    loans = [position(n, n, **OVERDUE) for n in range(5)]
    people = [{"person": n, "zone": zone} for n, zone in enumerate(zones)]
    carried = [{"person": n, "last_touch_at": late} for n in range(5)]
    facts = facts_of(positions=loans, people=people, carried_people=carried)
    assert facts["days_since_touch"].to_list() == [2, 1, 2, 2, NEVER]


def test_who_was_never_contacted_is_not_unknown() -> None:
    row = facts_of(positions=[position(**OVERDUE)]).to_dicts()[0]
    for name, declared in FACTS.items():
        if declared.empty is not None:
            assert row[name] is not None, name
    assert row["days_since_talk"] == NEVER
    assert row["connects_7d"] == 0


@pytest.mark.parametrize("counter", sorted(DAYS_WINDOWS))
def test_windows_end_today_and_leave_out_other_numbers(counter: str) -> None:
    """One a day on each of the last 70 days, today, and (wrongly dated) tomorrow."""
    rows = [
        {"person": 1, "number": number, "counter": counter, "day": ago(n), "count": 1}
        for n in range(-1, 70)
        for number in (0, 88)
    ]
    row = facts_of(positions=[position(**OVERDUE)], carried_days=rows).to_dicts()[0]
    for days in DAYS_WINDOWS[counter]:
        assert row[f"{counter}_{days}d"] == days
    if counter == "calls_without_result":
        assert row["days_without_result_30d"] == 30


def test_days_without_result_count_days_and_not_calls() -> None:
    rows = [
        {"person": 1, "number": 0, "counter": "calls_without_result", "day": ago(n), "count": 3}
        for n in (1, 5)
    ]
    row = facts_of(positions=[position(**OVERDUE)], carried_days=rows).to_dicts()[0]
    assert (row["calls_without_result_30d"], row["days_without_result_30d"]) == (6, 2)


@pytest.mark.parametrize(
    ("told", "days"), [(ago(3), 3), (ago(0), 0), (ago(20), 20), (ago(21), 0), (None, 0)]
)
def test_a_notice_counts_from_its_day_and_only_in_this_case(told: date | None, days: int) -> None:
    """Arrears since 1 November, twenty days ago: what was said before belongs to an older case."""
    then = told and at(told)
    notices = ("visit_notice_at", "agency_notice_at", "adverse_notice_at")
    carried = [{"person": 1} | dict.fromkeys(notices, then)]
    row = facts_of(positions=[position(**OVERDUE)], carried_people=carried).to_dicts()[0]
    assert row["visit_notice_days"] == row["agency_told_days"] == row["adverse_notice_days"] == days


# --- what is open --------------------------------------------------------------------------------

HELD = {
    "promise_open": "promise_open", "plan_kept": "plan_kept", "help_request": "help_requested",
    "hardship_pause": "help_requested", "dispute": "dispute_open",
    "identity_dispute": "dispute_open", "complaint": "complaint_open",
    "goods_dispute": "goods_dispute", "debit_in_flight": "debit_in_flight",
    "unmatched_money": "unmatched_money", "bereavement": "bereaved", "death": "bereaved",
    "court": "in_court",
}  # fmt: skip


@pytest.mark.parametrize("kind", HOLD_KINDS)
def test_each_kind_of_hold_makes_its_own_fact_true(kind: str) -> None:
    holds = [{"person": 1, "kind": kind, "from_at": at(ago(1))}]
    row = facts_of(positions=[position(**OVERDUE)], holds=holds).to_dicts()[0]
    true = {name for name in set(HELD.values()) if row[name]}
    assert true == ({HELD[kind]} if kind in HELD else set())


MORNING = datetime(2026, 11, 20, 16, tzinfo=UTC)
"""00:00 of 21 November in Shanghai."""


@pytest.mark.parametrize(
    ("begins", "ends", "loan", "held"),
    [
        (MORNING, None, None, True),
        (MORNING + timedelta(seconds=1), None, None, False),
        (at(ago(9)), MORNING, None, False),
        (at(ago(9)), MORNING + timedelta(seconds=1), None, True),
        (at(ago(9)), None, 1, True),
        (at(ago(9)), None, 2, False),
    ],
)
def test_a_hold_is_in_force_from_its_first_instant_to_before_its_last(
    begins: datetime, ends: datetime | None, loan: int | None, held: bool
) -> None:
    holds = [{"person": 1, "kind": "dispute", "from_at": begins, "until_at": ends, "loan": loan}]
    loans = [position(1, **OVERDUE), position(2)]
    assert fact("dispute_open", positions=loans, holds=holds) is held


@pytest.mark.parametrize(
    ("outcome", "due_on", "decided_on", "facts"),
    [
        ("open", DAY, None, (True, False, 0)),
        ("open", ago(1), None, (False, False, 0)),
        ("kept", ago(3), ago(2), (False, False, 0)),
        ("broken", ago(3), ago(2), (False, True, 1)),
        ("broken", ago(31), ago(30), (False, False, 0)),
        ("broken", ago(21), ago(20), (False, True, 1)),
    ],
)
def test_promises(
    outcome: str, due_on: date, decided_on: date | None, facts: tuple[Any, ...]
) -> None:
    promises = [{"person": 1, "made_at": at(ago(40)), "loan": 1, "due_on": due_on, "amount": 1,
                 "outcome": outcome, "decided_on": decided_on}]  # fmt: skip
    row = facts_of(positions=[position(**OVERDUE)], promises=promises).to_dicts()[0]
    assert (row["promise_open"], row["promise_broken"], row["promises_broken_case"]) == facts


def test_plans_of_a_year() -> None:
    plans = [
        {
            "person": 1,
            "agreed_on": ago(364),
            "kind": "extension",
            "ends_on": ago(300),
            "outcome": "done",
        },
        {
            "person": 1,
            "agreed_on": ago(365),
            "kind": "extension",
            "ends_on": ago(300),
            "outcome": "done",
        },
        {
            "person": 1,
            "agreed_on": ago(89),
            "kind": "instalments",
            "ends_on": DAY,
            "outcome": "missed",
        },
        {"person": 1, "agreed_on": ago(9), "kind": "holiday", "ends_on": ago(1), "outcome": "kept"},
    ]
    row = facts_of(positions=[position(**OVERDUE)], plans=plans).to_dicts()[0]
    assert (row["extension_used_12m"], row["plans_12m"], row["holidays_12m"]) == (1, 1, 1)
    assert row["plan_missed"] is True
    assert row["plan_kept"] is False, "the holiday ended yesterday"


@pytest.mark.parametrize(
    ("placed", "recalled", "expected"),
    [(ago(5), None, (True, 5)), (ago(5), ago(1), (False, 0)), (ago(5), DAY + timedelta(1), (True, 5)),
     (DAY + timedelta(1), None, (False, 0))],
)  # fmt: skip
def test_a_placement_counts_until_it_is_recalled(
    placed: date, recalled: date | None, expected: tuple[bool, int]
) -> None:
    rows = [{"person": 1, "placed_on": placed, "agency": "A", "recalled_on": recalled}]
    row = facts_of(positions=[position(**OVERDUE)], placements=rows).to_dicts()[0]
    assert (row["agency_placed"], row["agency_days"]) == expected


@pytest.mark.parametrize(
    ("revoked", "ok"), [(None, True), (ago(1), False), (DAY + timedelta(1), True)]
)
def test_consent_can_be_taken_back(revoked: date | None, ok: bool) -> None:
    rows = [{"person": 1, "kind": "contact_ok", "given_at": at(ago(9)), "by": "debtor",
             "revoked_at": revoked and at(revoked)}]  # fmt: skip
    assert fact("contact_consent", positions=[position(**OVERDUE)], consents=rows) is ok


# --- the frame as a whole ------------------------------------------------------------------------


def crowd(number: int, seed: int) -> dict[str, list[dict[str, Any]]]:
    """A random book."""
    chance = random.Random(seed)
    loans = [
        position(
            n, n // 2, due_since=chance.choice([None, ago(3), ago(40)]),
            next_due_on=DAY + timedelta(chance.randint(0, 30)), principal_due=chance.randint(0, 999),
            principal_not_due=chance.randint(0, 9_999),
        )
        for n in range(number)
    ]  # fmt: skip
    people = range(number // 2)
    return {
        "positions": loans,
        "carried_people": [{"person": n, "last_text_at": at(ago(chance.randint(0, 20)))}
                           for n in people if chance.random() < 0.5],
        "carried_days": [{"person": n, "number": 0, "counter": "texts", "count": 1,
                          "day": ago(chance.randint(0, 9))} for n in people],
        "holds": [{"person": n, "kind": chance.choice(HOLD_KINDS), "from_at": at(ago(2))}
                  for n in people if chance.random() < 0.2],
    }  # fmt: skip


def test_a_persons_facts_do_not_depend_on_who_else_is_in_the_book() -> None:
    book = crowd(120, seed=6)
    whole = facts_of(**book)
    assert whole["person"].is_sorted()
    assert whole["person"].n_unique() == whole.height
    for person in whole["person"].to_list()[::7]:
        own = {name: [r for r in rows if r["person"] == person] for name, rows in book.items()}
        assert facts_of(**own).equals(whole.filter(pl.col("person") == person))


def test_asking_for_few_facts_gives_the_same_values() -> None:
    book = crowd(80, seed=7)
    few = ["balance", "days_since_text", "texts_7d", "dispute_open", "ai_call_unsuitable"]
    assert facts_of(**book, wanted=few).equals(
        facts_of(**book).select("person", "loan", *[name for name in FACTS if name in few])
    )


def test_the_frame_has_the_declared_types_even_when_empty() -> None:
    for book in (crowd(40, seed=1), {}):
        schema = facts_of(**book).schema
        assert {name: schema[name] for name in FACTS} == {n: f.dtype for n, f in FACTS.items()}


def test_scores_come_from_outside_and_have_stated_values_without() -> None:
    loans = [position(1, 1, **OVERDUE), position(2, 2, **OVERDUE)]
    scores = pl.DataFrame({"person": [2], "self_cure": [900_000], "best_hour": [19]})
    facts = facts_of(positions=loans, scores=scores)
    assert facts["self_cure"].to_list() == [500_000, 900_000]
    assert facts["best_hour"].to_list() == [10, 19]
    assert set(facts["ability_to_pay"]) == {"not_known"}


def test_a_fact_that_does_not_exist() -> None:
    with pytest.raises(BookError, match="no such fact: shoe_size"):
        facts_of(wanted=["shoe_size"])
