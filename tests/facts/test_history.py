"""Contact history: what counts as what, and carried == recomputed from the log."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from forbear.book.schema import CHANNELS, HISTORY, OUTCOMES, PURPOSES
from forbear.facts.history import Carried, counts, recompute, reset_cases, update

START = datetime(2026, 11, 1, 1, tzinfo=UTC)  # 09:00 in Shanghai
PEOPLE = pl.DataFrame({"person": [1, 2], "zone": ["Asia/Shanghai", None]})
NUMBERS = pl.DataFrame(
    {
        "person": [1, 1, 2, 2],
        "number": [11, 12, 21, 22],
        "relation": ["self", "self", "self", "mother"],
    }
)


def contact(at: datetime, **said: Any) -> dict[str, Any]:
    row = {
        "person": 1, "at": at, "contact": 0, "recorded_at": at, "loan": None, "creditor": 1,
        "number": 11, "channel": "call", "direction": "out", "placed_by": "lender",
        "purpose": "collect", "template": None, "outcome": "no_answer",
    }  # fmt: skip
    return row | said


def log(*rows: dict[str, Any]) -> pl.DataFrame:
    numbered = [row | {"contact": i} for i, row in enumerate(rows)]
    return pl.DataFrame(numbered, schema=HISTORY["contacts"].schema)


def carried_of(*rows: dict[str, Any]) -> Carried:
    return recompute(log(*rows), numbers=NUMBERS, people=PEOPLE)


def totals(carried: Carried) -> dict[str, int]:
    rows = carried.days.filter(pl.col("number") == 0)
    by = rows.group_by(pl.col("counter").cast(pl.String)).agg(pl.col("count").cast(pl.Int64).sum())
    return dict(by.sort("counter").iter_rows())


def test_each_kind_of_contact_counts_as_what_it_is() -> None:
    minute = timedelta(minutes=1)
    table: list[tuple[dict[str, Any], dict[str, int]]] = [
        ({"outcome": "no_answer"}, {"attempts": 1, "calls_without_result": 1}),
        ({"outcome": "connected_notice"},
         {"attempts": 1, "calls_without_result": 1, "connects": 1, "touches": 1}),
        ({"outcome": "conversation"},
         {"attempts": 1, "calls_without_result": 1, "connects": 1, "talks": 1, "touches": 1}),
        ({"outcome": "conversation", "channel": "ai_call", "placed_by": "agency:A"},
         {"attempts": 1, "calls_without_result": 1, "connects": 1, "talks": 1, "touches": 1}),
        ({"outcome": "conversation", "direction": "in"}, {}),
        ({"channel": "sms", "outcome": "delivered"}, {"texts": 1, "touches": 1}),
        ({"channel": "sms", "outcome": "undelivered"}, {"texts": 1}),
        ({"channel": "sms", "outcome": "delivered", "purpose": "notice_required"}, {}),
        ({"channel": "push", "outcome": "delivered", "purpose": "confirm_talk"}, {}),
        ({"channel": "letter", "outcome": "delivered", "number": None}, {}),
        ({"channel": "visit", "outcome": "talked", "number": None},
         {"talks": 1, "touches": 1, "visits": 1}),
        ({"channel": "visit", "outcome": "not_home", "number": None}, {"touches": 1, "visits": 1}),
        ({"person": 2, "number": 22, "outcome": "conversation"}, {}),  # the mother's number
        ({"outcome": "planned"}, {}),
    ]  # fmt: skip
    for said, expected in table:
        assert totals(carried_of(contact(START + minute, **said))) == expected, said


def test_a_conversation_that_brought_a_promise_is_not_a_call_without_result() -> None:
    rows = log(contact(START, outcome="conversation"))
    promise = pl.DataFrame({"person": [1], "at": [START + timedelta(minutes=5)]})
    carried = recompute(rows, numbers=NUMBERS, people=PEOPLE, agreements=promise)
    assert totals(carried) == {"attempts": 1, "connects": 1, "talks": 1, "touches": 1}


def test_failures_run_until_the_person_is_reached() -> None:
    day = timedelta(days=1)
    three = [
        contact(START + n * day + timedelta(hours=4 * n), outcome="no_answer") for n in range(3)
    ]
    row = carried_of(*three).people.row(0, named=True)
    assert (row["failures_running"], row["failure_days_running"]) == (3, 3)
    assert row["failure_bands_running"] == 1 + 2  # 09:00, 13:00, 17:00
    called_us = contact(START + 3 * day, direction="in", outcome="conversation")
    row = carried_of(*three, called_us).people.row(0, named=True)
    assert (row["failures_running"], row["failure_bands_running"]) == (0, 0)
    assert row["last_failure_at"] is None


def test_a_number_is_invalid_or_wrong_until_it_is_answered_and_a_refusal_stands_for_ever() -> None:
    hour = timedelta(hours=1)
    numbers = carried_of(
        contact(START, outcome="invalid_number"),
        contact(START, number=12, outcome="wrong_person"),
        contact(START + hour, number=12, outcome="conversation"),
        contact(START, person=2, number=22, outcome="refused"),
        contact(START + hour, person=2, number=22, outcome="conversation"),
    ).numbers.rows_by_key("number", named=True, unique=True)
    assert numbers[11]["invalid_at"] == START
    assert numbers[12]["wrong_at"] is None
    assert numbers[22]["refused_at"] == START


def test_counts_are_by_calendar_day_where_the_person_is() -> None:
    late = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)  # 23:59 on the 20th in Shanghai
    carried = carried_of(contact(late), contact(late + timedelta(minutes=1)))
    one_day = counts(carried.days, "attempts", day=date(2026, 11, 21), window_days=1)
    two_days = counts(carried.days, "attempts", day=date(2026, 11, 21), window_days=2)
    assert (one_day.rows(), two_days.rows()) == ([(1, 1)], [(1, 2)])


def test_a_closed_case_begins_again_at_nothing() -> None:
    carried = carried_of(contact(START, outcome="conversation"))
    assert carried.people["talks_case"].to_list() == [1]
    assert reset_cases(carried, pl.Series([1])).people["talks_case"].to_list() == [0]


MINUTES = st.integers(0, 60 * 24 * 20)


@st.composite
def contact_rows(draw: st.DrawFn) -> dict[str, Any]:
    at = START + timedelta(minutes=draw(MINUTES))
    late = draw(st.sampled_from([0, 0, 0, 600, 60 * 24 * 9]))
    person, number = draw(st.sampled_from([(1, 11), (1, 12), (1, None), (2, 21), (2, 22)]))
    return contact(
        at,
        recorded_at=at + timedelta(minutes=late),
        person=person,
        number=number,
        channel=draw(st.sampled_from(CHANNELS[:9])),
        direction=draw(st.sampled_from(["out", "out", "out", "in"])),
        purpose=draw(st.sampled_from(PURPOSES)),
        template=draw(st.sampled_from([None, "statement", "notice/visit_notice", "demand_yearly"])),
        outcome=draw(st.sampled_from(OUTCOMES)),
    )


@given(st.lists(contact_rows(), max_size=25), st.lists(MINUTES, max_size=3))
@settings(max_examples=120, deadline=None)
def test_carried_equals_recomputed_from_the_log(
    rows: list[dict[str, Any]], cuts: list[int]
) -> None:
    whole = log(*rows)
    edges = sorted(START + timedelta(minutes=cut) for cut in cuts)
    carried, begin = Carried.empty(), None
    for end in [*edges, None]:
        since = pl.lit(True) if begin is None else pl.col("recorded_at") >= begin
        until = pl.lit(True) if end is None else pl.col("recorded_at") < end
        part = whole.filter(since & until)
        carried, begin = update(carried, part, numbers=NUMBERS, people=PEOPLE), end
    again = recompute(whole, numbers=NUMBERS, people=PEOPLE)
    assert_frame_equal(carried.people, again.people)
    assert_frame_equal(carried.days, again.days)
    assert_frame_equal(carried.numbers, again.numbers)
