"""The gate: one wish is judged as in a million, moments are exact, caps hold against an adversary."""

import os
import sys
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

sys.path.insert(0, str(Path(__file__).parent))

from asking import DAY, at, table, wishes

from forbear.book.schema import CHANNELS, HISTORY, PURPOSES
from forbear.errors import InputError
from forbear.facts.history import Carried, counts, recompute, update
from forbear.law.gate import MASKS, judge
from forbear.law.masks import whole
from forbear.law.request import RECIPIENTS
from forbear.law.rulebook import Rulebook, load
from forbear.law.standing import Record, standing

SOAK = 10 if os.environ.get("FORBEAR_SOAK") else 1
PEOPLE = table("people", {"person": 1, "zone": "Asia/Shanghai"})
NUMBERS = table(
    "numbers",
    {"person": 1, "rank": 1, "number": 11, "relation": "self", "health": "verified"},
    {"person": 1, "rank": 2, "number": 12, "relation": "self", "health": "verified"},
)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load("cn+cn-house")


def verdict(book: Rulebook, change: dict[str, Any], **said: Any) -> dict[str, Any]:
    return judge(wishes(change), book, **({"day": DAY} | said)).row(0, named=True)


# One fact moved, one rule that speaks; cases cannot say these words.
TABLE: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"hold_do_not_contact": True}, "cn.T-07"),
    ({"hold_do_not_contact": True, "purpose": "notice_required"}, None),
    ({"hold_police_order": True, "purpose": "notice_required"}, "cn.T-08"),
    ({"hold_identity_dispute": True}, "cn.D-04"),
    ({"hold_court": True}, "cn-house.HP-12-silence"),
    ({"over_ceiling": True}, "cn.M-06"),
    ({"over_ceiling": True, "purpose": "help_offer"}, None),
    ({"assigned": True}, "cn.P-15"),
    ({"lender_type": "consumer_finance", "recipient": "contact"}, "cn.P-01"),
    ({"recipient": "heir", "hold_death": True, "inherited_value_known": True}, None),
    ({"recipient": "heir", "hold_death": True, "inherited_value_known": False}, "cn.P-12-heir"),
    ({"recipient": "legal_representative"}, "cn.P-13-guardian"),
    ({"number_health": "reassigned"}, "cn.P-16"),
    ({"placed_by": "agency:A", "agency_notice_at": at(9, day=date(2026, 11, 1)),
      "sender_registered": False}, "cn.C-06"),
    ({"placed_by": "agency:A", "agency_notice_at": at(9, day=date(2026, 11, 1)),
      "agency_listed": False}, "cn.O-02"),
    ({"certified": False}, "cn.O-05"),
    ({"certified": False, "channel": "sms"}, None),
    ({"recorded": False}, "cn.V-02"),
    ({"channel": "court", "limitation_from": date(2023, 11, 1)}, "cn.L-01"),
    ({"channel": "court", "explained": False}, "cn.C-21"),
    ({"channel": "court", "explained": False, "decided_by_person": True}, None),
    ({"channel": "sms", "template": "due", "last_template": "due",
      "last_text_at": at(10, day=date(2026, 11, 16)) + timedelta(hours=23)}, "cn-house.HP-03-same"),
    ({"channel": "sms", "template": "other", "last_template": "due",
      "last_text_at": at(10, day=date(2026, 11, 16)) + timedelta(hours=23)}, None),
]  # fmt: skip


@pytest.mark.parametrize(("change", "rule"), TABLE, ids=lambda each: str(each)[:60])
def test_one_fact_moved_and_the_rule_that_speaks(
    book: Rulebook, change: dict[str, Any], rule: str | None
) -> None:
    said = verdict(book, {"asked_at": at(10), **change})
    assert said["rule"] == rule
    assert said["outcome"] == ("allowed" if rule is None else "blocked")


def test_the_entrance_exam_and_only_for_families_flagged(book: Rulebook) -> None:
    day = date(2026, 6, 7)
    asked = {"asked_at": at(10, day=day)}
    assert verdict(book, asked)["outcome"] == "allowed"
    assert verdict(book, {**asked, "exam_family": True})["rule"] == "cn-house.HP-05-exam"


@pytest.mark.parametrize(
    ("fact", "channel"),
    [("zones", "call"), ("age", "ai_call"), ("recorded", "call"), ("crew", "visit"),
     ("over_ceiling", "sms"), ("limitation_from", "call"),
     ("certified", "call"), ("assigned", "sms")],
)  # fmt: skip
def test_a_missing_fact_blocks_and_is_named(book: Rulebook, fact: str, channel: str) -> None:
    said = verdict(book, {fact: None, "channel": channel, "asked_at": at(10)})
    assert (said["outcome"], said["missing_fact"]) == ("blocked", fact)
    assert said["spans"] == []
    assert said["not_before"] is None


def test_a_fact_that_could_not_change_the_answer_is_not_missed(book: Rulebook) -> None:
    """HP-04 asks for days past due; with two touches it could not block, with three it could."""
    two = {
        "days_past_due": None,
        "channel": "sms",
        "asked_at": at(10),
        "touches_packed": 2 * 256**3,
    }
    assert verdict(book, two)["outcome"] == "allowed"
    three = verdict(book, {**two, "touches_packed": 3 * 256**3})
    assert (three["outcome"], three["missing_fact"]) == ("blocked", "days_past_due")


def test_every_rule_that_fails_is_told_and_the_first_in_order_decides(book: Rulebook) -> None:
    said = verdict(book, {"asked_at": at(23), "hold_dispute": True, "recorded": False})
    assert book.named(whole(said, "failed")) == [
        "cn.D-04", "cn.T-01", "cn.T-02", "cn-house.HP-05-hours", "cn.V-02",
    ]  # fmt: skip
    assert said["rule"] == "cn.D-04"


def spans_of(said: dict[str, Any]) -> list[tuple[int, int]]:
    """Spans as minutes of the day in Shanghai."""
    start = at(0)
    return [
        tuple(int((each[k] - start).total_seconds()) // 60 for k in ("from_at", "until_at"))
        for each in said["spans"]
    ]  # type: ignore[misc]


def test_a_night_gives_the_lawful_spans_of_the_day(book: Rulebook) -> None:
    assert spans_of(verdict(book, {})) == [(540, 720), (840, 1200)]
    assert spans_of(verdict(load("cn"), {})) == [(480, 1320)]
    agreed = verdict(book, {"agreed_hours": "23:00-00:30"})
    assert spans_of(agreed) == [(0, 30), (540, 720), (840, 1200), (1380, 1440)]
    one_talk = verdict(book, {"last_talk_at": at(15, day=date(2026, 11, 17))})
    assert spans_of(one_talk) == [(900, 1200)]


def test_a_hold_from_tomorrow_noon_leaves_this_day_and_tomorrow_morning(book: Rulebook) -> None:
    tomorrow = DAY + timedelta(days=1)
    change = {
        "hold_dispute": True,
        "hold_dispute_from": at(15, day=DAY),
        "hold_dispute_until": at(10, day=tomorrow),
    }
    said = verdict(book, change)
    assert (said["outcome"], spans_of(said)) == ("allowed", [(540, 720), (840, 900)])
    live = verdict(book, {**change, "asked_at": at(16)})
    assert (live["rule"], live["not_before"]) == ("cn.D-04", at(10, day=tomorrow))


def test_two_rules_together_may_leave_nothing_though_neither_does_alone(book: Rulebook) -> None:
    said = verdict(book, {"last_talk_at": at(20, day=date(2026, 11, 17))})
    assert (said["outcome"], said["rule"]) == ("blocked", "cn-house.HP-06-talk")
    assert set(book.named(whole(said, "failed"))) >= {"cn-house.HP-05-hours", "cn-house.HP-06-talk"}


def test_two_places_must_both_be_lawful() -> None:
    said = verdict(load("cn"), {"zones": ["Asia/Shanghai", "Asia/Tokyo"]})
    assert spans_of(said) == [(480, 1260)]  # 22:00 in Tokyo is 21:00 in Shanghai


def test_a_change_of_clocks_moves_the_morning() -> None:
    """The clocks in New York go back on 2026-11-01: 08:00 is 13:00 UTC, not 12:00."""
    change = {"zones": ["America/New_York"]}
    said = verdict(load("cn@2026-11-21"), change, day=date(2026, 11, 1))
    assert said["spans"][0]["from_at"] == datetime(2026, 11, 1, 13, tzinfo=UTC)


def test_not_before_does_not_look_past_a_change_of_law() -> None:
    """On 2026-01-29 nobody knows yet what 2026-01-30 allows: the search ends at the change."""
    lost = {"asked_at": at(22, 30, day=date(2026, 1, 29)), "agreed_hours": None}
    assert verdict(load("cn"), lost)["not_before"] is None


def test_a_wish_without_a_moment_needs_a_day(book: Rulebook) -> None:
    with pytest.raises(InputError, match="no day was given"):
        judge(wishes({}), book)
    with pytest.raises(InputError, match="Asia/Atlantis"):
        judge(wishes({"zones": ["Asia/Atlantis"]}), book, day=DAY)
    with pytest.raises(InputError, match="distinct"):
        judge(pl.concat([wishes({}), wishes({})]), book, day=DAY)


some_instant = st.integers(0, 10 * 24 * 60).map(
    lambda minutes: at(0, day=date(2026, 11, 12)) + timedelta(minutes=minutes)
)
instants = st.none() | some_instant
yes_no = st.sampled_from([None, False, False, True])


@st.composite
def anything(draw: st.DrawFn) -> dict[str, Any]:
    change: dict[str, Any] = {
        "channel": draw(st.sampled_from(CHANNELS)),
        "purpose": draw(st.sampled_from(PURPOSES)),
        "recipient": draw(st.sampled_from(RECIPIENTS)),
        "placed_by": draw(st.sampled_from(["lender", "robot", "agency:A"])),
        "zones": draw(
            st.sampled_from(
                [["Asia/Shanghai"], ["America/New_York"], None, ["Asia/Shanghai", "Europe/London"]]
            )
        ),
        "asked_at": draw(instants),
        "age": draw(st.sampled_from([None, 17, 40, 70])),
        "agreed_hours": draw(st.sampled_from([None, "23:00-01:00", "12:00-13:00"])),
        "duration_s": draw(st.sampled_from([None, 600])),
        "limitation_from": draw(st.sampled_from([None, date(2026, 1, 1), date(2023, 11, 17)])),
        "connects_packed": draw(st.sampled_from([None, 0, 1, 3, 256, 256**3 * 3 + 1])),
        "attempts_number_packed": draw(st.sampled_from([None, 2, 6])),
        "failures_running": draw(st.sampled_from([0, 3])),
    }
    for name in ("last_talk_at", "last_visit_at", "number_last_attempt_at", "visit_notice_at"):
        change[name] = draw(instants)
    for kind in ("dispute", "plan_kept", "bereavement"):
        if draw(st.booleans()):
            begin = draw(some_instant)
            change |= {f"hold_{kind}": True, f"hold_{kind}_from": begin}
            change[f"hold_{kind}_until"] = draw(
                st.sampled_from([None, begin + timedelta(hours=7), begin + timedelta(days=3)])
            )
    return change


@given(st.lists(anything(), min_size=2, max_size=8))
@settings(max_examples=10 * SOAK, deadline=None)
def test_one_wish_is_judged_as_in_a_batch(changes: list[dict[str, Any]]) -> None:
    book = load_once()
    frame = wishes(*changes)
    together = judge(frame, book, day=DAY)
    assert together["wish"].to_list() == frame["wish"].to_list()
    for n in range(frame.height):
        assert_frame_equal(judge(frame[n : n + 1], book, day=DAY), together[n : n + 1])


@given(st.lists(anything(), min_size=1, max_size=4))
@settings(max_examples=10 * SOAK, deadline=None)
def test_a_span_of_a_night_is_what_live_requests_are_answered(
    changes: list[dict[str, Any]],
) -> None:
    """With the same facts, a moment of the day is allowed exactly if it lies in a span."""
    book = load_once()
    for change in changes:
        change["asked_at"] = None
        night = judge(wishes(change), book, day=DAY).row(0, named=True)
        start = at(0) if "America/New_York" not in (change["zones"] or []) else at(13)
        moments = [start + timedelta(minutes=17 * n) for n in range(84)]
        live = judge(wishes(*({**change, "asked_at": each} for each in moments)), book)
        for moment, outcome in zip(moments, live["outcome"].to_list(), strict=True):
            # a bereavement held for planned contacts only is the one difference a person makes
            inside = any(s["from_at"] <= moment < s["until_at"] for s in night["spans"])
            if inside or not change.get("hold_bereavement"):
                assert (outcome == "allowed") == inside, (moment, change)


@cache
def load_once() -> Rulebook:
    return load("cn+cn-house")


def a_contact(moment: datetime, number: int, channel: str, outcome: str, n: int) -> dict[str, Any]:
    return {
        "person": 1, "at": moment, "contact": n, "recorded_at": moment, "creditor": 1,
        "number": number, "channel": channel, "direction": "out", "placed_by": "lender",
        "purpose": "collect", "outcome": outcome,
    }  # fmt: skip


def asked(record: Record, moments: list[datetime], channel: str, number: int) -> pl.DataFrame:
    rows = [{"channel": channel, "number": number, "asked_at": each} for each in moments]
    plain = wishes(*rows).drop("number_health", "limitation_from", "zones")
    return judge(standing(plain, record), load_once())


OUTCOMES = ("no_answer", "voicemail", "connected_notice", "conversation")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4 * 24 * 60), st.sampled_from([11, 12]), st.sampled_from(OUTCOMES)
        ),
        max_size=8,
    ),
    st.integers(0, 24 * 60),
)
@settings(max_examples=10 * SOAK, deadline=None)
def test_the_moment_given_is_allowed_and_no_earlier_minute_is(
    past: list[tuple[int, int, str]], minute: int
) -> None:
    start = at(0, day=date(2026, 11, 15))
    rows = [a_contact(start + timedelta(minutes=m), n, "call", outcome, i)
            for i, (m, n, outcome) in enumerate(past)]  # fmt: skip
    log = pl.DataFrame(rows, schema=HISTORY["contacts"].schema)
    carried = recompute(log, numbers=NUMBERS, people=PEOPLE)
    record = Record.of(carried, people=PEOPLE, numbers=NUMBERS)
    moment = at(0) + timedelta(minutes=minute)
    said = asked(record, [moment], "call", 11).row(0, named=True)
    first = said["not_before"]
    assert first is not None
    grid = [moment + timedelta(minutes=5 * n) for n in range(12 * 24 * 4)]
    grid = sorted(
        {each for each in grid if each < first} | {first, max(moment, first - timedelta(minutes=1))}
    )
    answers = asked(record, grid, "call", 11)["outcome"].to_list()
    assert answers[-1] == "allowed"
    assert set(answers[:-1]) <= ({"blocked"} if moment < first else {"allowed"})


STEP = st.tuples(
    st.integers(0, 900),
    st.sampled_from([11, 12]),
    st.sampled_from(["call", "ai_call", "sms"]),
    st.sampled_from(OUTCOMES),
)


@given(st.lists(STEP, min_size=5, max_size=14))
@settings(max_examples=6 * SOAK, deadline=None)
def test_no_sequence_of_allowed_contacts_exceeds_a_cap(
    steps: list[tuple[int, int, str, str]],
) -> None:
    """An adversary tries at every moment it likes; what the gate lets through stays inside the caps."""
    carried, moment, done = Carried.empty(), at(0), []
    for wait, number, channel, outcome in steps:
        moment += timedelta(minutes=wait)
        record = Record.of(carried, people=PEOPLE, numbers=NUMBERS)
        if asked(record, [moment], channel, number)["outcome"].item() != "allowed":
            continue
        row = a_contact(
            moment, number, channel, "delivered" if channel == "sms" else outcome, len(done)
        )
        done.append(row)
        log = pl.DataFrame([row], schema=HISTORY["contacts"].schema)
        carried = update(carried, log, numbers=NUMBERS, people=PEOPLE)
    for n in range(10):
        day = DAY + timedelta(days=n)
        for counter, window, most, per in (
            ("connects", 1, 1, "person"), ("connects", 7, 3, "person"), ("attempts", 1, 4, "person"),
            ("attempts", 1, 2, "number"), ("texts", 1, 1, "person"), ("texts", 7, 3, "person"),
        ):  # fmt: skip
            rows = counts(carried.days, counter, day=day, window_days=window, per=per)
            assert rows.is_empty() or rows["count"].max() <= most  # type: ignore[operator]
    assert all(9 <= (row["at"] + timedelta(hours=8)).hour < 20 for row in done)


OVERLAY_RULE = """
title: {{zh: 规则{n}, en: Rule {n}}}
kind: hours
stage: recording
applies: {applies}
force: house
values:
  - from: 2021-01-01
    until: none
    closed: ["{begin}", "{end}"]
    edges: [forbidden, free]
    judged: [start]
    agreement: none
    source: {{text: house rule, read: house, checked_on: 2026-11-21}}
reading: An hour of ours.
"""


def overlay(
    folder: Path, hours: list[tuple[str, str]], applies: str = "channel = 'call'"
) -> Rulebook:
    """The shipped books and so many rules of a house, which come last: one closed hour each."""
    folder.mkdir(exist_ok=True)
    for n, (begin, end) in enumerate(hours):
        text = OVERLAY_RULE.format(n=n, begin=begin, end=end, applies=applies)
        (folder / f"OUR-{n:03d}.yaml").write_text(text, "utf-8")
    return load(f"cn+cn-house+{folder}")


@pytest.mark.parametrize("more", [6, 140])
def test_a_rulebook_may_be_of_any_length(book: Rulebook, tmp_path: Path, more: int) -> None:
    """64 rules ship; a house adds its own, and the last of all closes 10:00 to 11:00."""
    hours = [("12:00", "14:00")] * (more - 1) + [("10:00", "11:00")]
    longer = overlay(tmp_path / "ours", hours)
    last, before = len(longer.rules) - 1, len(book.rules)
    assert (before, last, longer.words) == (64, 63 + more, 2 if more == 6 else 4)

    said = verdict(longer, {"asked_at": at(10, 30)})
    assert (said["outcome"], said["rule"], said["place"]) == (
        "blocked",
        f"ours.OUR-{more - 1:03d}",
        last,
    )
    assert whole(said, "failed") == 1 << last
    assert said["not_before"] == at(11)
    night = verdict(longer, {})
    assert spans_of(night) == [(540, 600), (660, 720), (840, 1200)]
    late = verdict(longer, {"asked_at": at(23)})
    assert longer.named(whole(late, "failed")) == ["cn.T-01", "cn.T-02", "cn-house.HP-05-hours"]
    assert late["rule"] == "cn.T-01"


def test_what_many_rules_leave_nothing_of_is_decided_beside_hours(tmp_path: Path) -> None:
    """The house closes the day until 20:00, a talk two days ago the rest: the talk decides."""
    longer = overlay(tmp_path / "ours", [("00:00", "20:00")] + [("12:00", "14:00")] * 5)
    said = verdict(longer, {})
    assert (said["outcome"], said["spans"]) == ("blocked", [])
    assert {"ours.OUR-000", "cn-house.HP-05-hours"} <= {*longer.named(whole(said, "failed"))}
    talked = verdict(longer, {"last_talk_at": at(20, day=date(2026, 11, 17))})
    assert talked["rule"] == "cn-house.HP-06-talk"
    assert "ours.OUR-000" in longer.named(whole(talked, "failed"))


@cache
def load_longer() -> Rulebook:
    """Seventy rules, of which six are for people older than anybody is."""
    with TemporaryDirectory() as folder:
        hours = [("00:00", "24:00")] * 6
        return overlay(Path(folder), hours, "age IS NOT NULL AND age > 150")


@given(st.lists(anything(), min_size=1, max_size=6))
@settings(max_examples=10 * SOAK, deadline=None)
def test_rules_that_never_apply_change_nothing(changes: list[dict[str, Any]]) -> None:
    """Six more rules make a second word of bits; judged with them, every answer is the same."""
    plain = load_once()
    longer = load_longer()
    frame = wishes(*changes)
    one = judge(frame, plain, day=DAY)
    other = judge(frame, longer, day=DAY)
    same = ["wish", "outcome", "rule", "missing_fact", "spans", "not_before"]
    assert_frame_equal(one.select(same), other.select(same))
    for left, right in zip(one.to_dicts(), other.to_dicts(), strict=True):
        for name in MASKS:
            told = longer.named(whole(right, name))
            assert told == plain.named(whole(left, name))
