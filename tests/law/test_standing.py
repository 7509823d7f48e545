"""What stands on record: as of the moment asked, per person, number, loan and agency."""

import sys
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

sys.path.insert(0, str(Path(__file__).parent))

from asking import DAY, at, table, wishes

from forbear.book.schema import HISTORY
from forbear.facts.history import recompute
from forbear.law.standing import Record, standing

PEOPLE = table("people", {"person": 1, "zone": "Asia/Shanghai"}, {"person": 2, "zone": None})
NUMBERS = table(
    "numbers",
    {"person": 1, "rank": 1, "number": 11, "relation": "self", "health": "verified"},
    {"person": 1, "rank": 2, "number": 12, "relation": "mother", "health": "unknown"},
    {"person": 2, "rank": 1, "number": 11, "relation": "self", "health": "dead"},
)
ASKED = ("zones", "number_health", "limitation_from")


def stood(
    *changed: dict[str, Any], record: Record | None = None, **tables: pl.DataFrame
) -> list[dict[str, Any]]:
    made = record or Record.of(people=PEOPLE, numbers=NUMBERS, **tables)
    plain = wishes(*changed).drop(*ASKED)
    return standing(plain, made, day=DAY).to_dicts()


def hold(**said: Any) -> dict[str, Any]:
    return {"person": 1, "kind": "dispute", "from_at": at(9), "recorded_at": at(9)} | said


def test_a_hold_stands_from_when_it_is_known_until_it_ends() -> None:
    holds = table("holds", hold(until_at=at(15)))
    early, during, after = stood(
        {"asked_at": at(8)}, {"asked_at": at(10)}, {"asked_at": at(15)}, holds=holds
    )
    assert (early["hold_dispute"], during["hold_dispute"], after["hold_dispute"]) == (
        False,
        True,
        False,
    )
    assert during["hold_dispute_until"] == at(15)


def test_a_hold_on_one_loan_holds_wishes_about_it() -> None:
    holds = table("holds", hold(loan=7))
    mine, other, every = stood(
        {"asked_at": at(10), "loan": 7}, {"asked_at": at(10), "loan": 8},
        {"asked_at": at(10), "loan": None}, holds=holds,
    )  # fmt: skip
    assert [mine["hold_dispute"], other["hold_dispute"], every["hold_dispute"]] == [
        True,
        False,
        True,
    ]


def test_agreed_hours_and_stopped_channels_are_those_in_force() -> None:
    said = {"person": 1, "given_at": at(8), "by": "debtor"}
    consents = table(
        "consents",
        {**said, "kind": "hours", "from_time": time(23), "until_time": time(0)},
        {
            **said,
            "kind": "hours",
            "from_time": time(21),
            "until_time": time(22),
            "revoked_at": at(9),
        },
        {
            **said,
            "kind": "hours",
            "from_time": time(5),
            "until_time": time(6),
            "by": "contract_clause",
        },
        {**said, "kind": "stop_channel", "channel": "ai_call"},
    )
    call, sms = stood(
        {"asked_at": at(10)}, {"asked_at": at(10), "channel": "sms"}, consents=consents
    )
    assert (call["agreed_hours"], call["agreed_hours_clause"]) == ("23:00-00:00", "05:00-06:00")
    assert (call["channel_stopped"], sms["channel_stopped"]) == (True, False)


def log(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"person": 1, "creditor": 1, "number": 11, "channel": "call", "direction": "out",
            "placed_by": "lender", "purpose": "collect", "outcome": "no_answer"}  # fmt: skip
    full = [{**base, "contact": n, "recorded_at": row["at"], **row} for n, row in enumerate(rows)]
    schema = HISTORY["contacts"].schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in full], schema=schema)


def recorded(*rows: dict[str, Any]) -> Record:
    carried = recompute(log(*rows), numbers=NUMBERS, people=PEOPLE)
    return Record.of(carried, people=PEOPLE, numbers=NUMBERS)


def test_counts_are_packed_a_byte_a_day_and_a_number_is_pooled_over_people() -> None:
    record = recorded(
        {"at": at(9)}, {"at": at(10), "person": 2}, {"at": at(9, day=date(2026, 11, 17))},
        {"at": at(9, day=date(2026, 11, 10))},
    )  # fmt: skip
    (today,) = stood({}, record=record)
    assert today["attempts_packed"] == 1 + 256**2
    assert today["attempts_number_packed"] == 2 + 256**2
    (tomorrow,) = stood({"asked_at": at(9, day=DAY + timedelta(days=1))}, record=record)
    assert tomorrow["attempts_packed"] == 256 + 256**3


def test_a_refusal_stops_the_number_and_the_person_who_refused() -> None:
    record = recorded({"at": at(9), "number": 12, "outcome": "refused"})
    asked = {"asked_at": at(10), "recipient": "contact"}
    number, relation, debtor = stood(
        {**asked, "number": 12}, {**asked, "number": 99, "relation": "mother"}, {"asked_at": at(10)},
        record=record,
    )  # fmt: skip
    assert (number["number_suppressed"], number["contact_refused"]) == (True, True)
    assert (relation["number_suppressed"], relation["contact_refused"]) == (False, True)
    assert (debtor["number_suppressed"], debtor["contact_refused"]) == (False, False)


def test_own_numbers_are_invalid_only_when_all_are() -> None:
    one, two = stood({}, {"person": 2}, record=recorded())
    assert (one["own_numbers_invalid"], two["own_numbers_invalid"]) == (False, True)
    (now,) = stood({}, record=recorded({"at": at(9), "outcome": "invalid_number"}))
    assert now["own_numbers_invalid"] is True


def test_the_notice_is_of_the_agency_that_would_call() -> None:
    placements = table(
        "placements",
        {
            "person": 1,
            "placed_on": date(2026, 11, 1),
            "agency": "A",
            "listed": True,
            "notice_at": at(9),
        },
        {"person": 1, "placed_on": date(2026, 11, 2), "agency": "B", "listed": False},
    )
    a, b, own = stood(
        {"asked_at": at(10), "placed_by": "agency:A"}, {"asked_at": at(10), "placed_by": "agency:B"},
        {"asked_at": at(10)}, placements=placements,
    )  # fmt: skip
    assert (a["agency_notice_at"], b["agency_notice_at"], own["agency_notice_at"]) == (
        at(9),
        None,
        None,
    )


def test_limitation_runs_from_the_last_due_date_or_what_began_it_anew() -> None:
    due = {"last_due_on": date(2023, 1, 1)}
    (plain,) = stood(due)
    assert plain["limitation_from"] == date(2023, 1, 1)
    demand = {"at": at(9, day=date(2026, 3, 1)), "channel": "letter", "outcome": "delivered"}
    (anew,) = stood(due, record=recorded(demand))
    assert anew["limitation_from"] == date(2026, 3, 1)


def test_a_person_whose_place_is_unknown_has_no_zones() -> None:
    one, two = stood({}, {"person": 2})
    assert (one["zones"], two["zones"]) == (["Asia/Shanghai"], None)
