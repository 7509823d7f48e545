"""One person from the reminder to half a year past due, under each policy, day by day.

Nothing pays and nothing is agreed; texts arrive. In one life every call is answered, in the other none
is. What the description of a policy promises (how often, how far apart, from when until when) must
hold in every window of both lives, not only on the day a threshold is met.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import pytest

from forbear.facts.definitions import NEVER, frame
from forbear.policy import load
from forbear.policy.evaluate import wishes

PERSON = {
    "balance": 2_000_000, "amount_due": 200_000, "self_cure": 300_000, "pay_30d": 200_000,
    "address_confirmed": True, "number_usable": True,
}  # fmt: skip
DAYS = range(-4, 190)


@dataclass
class Life:
    """What was done on which day past due."""

    answers: bool
    steps: dict[int, str] = field(default_factory=dict)
    channels: dict[int, str] = field(default_factory=dict)
    purposes: dict[int, str] = field(default_factory=dict)
    templates: dict[int, str | None] = field(default_factory=dict)

    def days(self, channel: str | None = None, purpose: str | None = None) -> list[int]:
        return [
            day
            for day in self.steps
            if channel in (None, self.channels[day]) and purpose in (None, self.purposes[day])
        ]

    def texts(self) -> list[int]:
        """Texts the house rules count."""
        return [
            d
            for d in self.days("sms")
            if self.purposes[d] not in ("notice_required", "confirm_talk")
        ]

    def facts(self, day: int) -> dict[str, object]:
        calls, texts, visits = (
            self.days("call") + self.days("ai_call"),
            self.texts(),
            self.days("visit"),
        )
        met = calls if self.answers else []

        def since(days: list[int]) -> int:
            return day - max(days) if days else NEVER

        def within(days: list[int], window: int) -> int:
            return sum(day - window < d <= day for d in days)

        def told(word: str) -> list[int]:
            return [d for d, said in self.templates.items() if (said or "").startswith(word)]

        case = [d for d in met if d > 0]
        return {
            "days_past_due": max(0, day), "days_to_due": -day if day <= 0 else NEVER,
            "attempts_7d": within(calls, 7), "connects_7d": within(met, 7),
            "connects_14d": within(met, 14), "connects_30d": within(met, 30),
            "calls_without_result_30d": within(calls, 30),
            "calls_without_result_60d": within(calls, 60),
            "days_without_result_30d": within(calls, 30), "talks_case": len(case),
            "texts_7d": within(texts, 7), "texts_30d": within(texts, 30),
            "visits_case": len(visits), "days_since_text": since(texts),
            "days_since_talk": since(met), "days_since_connect": since(met),
            "days_since_visit": since(visits), "days_since_statement": since(told("statement")),
            "days_since_demand": since(told("demand") + [d for d in texts if d > 0]),
            "adverse_notice_days": _days(told("adverse_notice"), day),
            "agency_told_days": _days(told("agency_notice"), day),
            "visit_notice_days": _days(told("visit_notice"), day),
        }  # fmt: skip


def _days(told: list[int], day: int) -> int:
    return day - max(told) if told else 0


@cache
def lives(name: str) -> dict[bool, Life]:
    policy, both = load(name), {True: Life(True), False: Life(False)}
    for day in DAYS:
        facts = frame([{**PERSON, **lived.facts(day)} for lived in both.values()])
        for lived, row in zip(both.values(), wishes(policy, facts).to_dicts(), strict=True):
            if row["step"] is None or (row["proposal"] and row["channel"] != "visit"):
                continue
            lived.steps[day], lived.channels[day] = row["step"], row["channel"]
            lived.purposes[day], lived.templates[day] = row["purpose"], row["template"]
    return both


def life(name: str, answers: bool) -> Life:
    return lives(name)[answers]


def most_in(days: list[int], window: int, first: int = -99, last: int = 999) -> int:
    """The most of these days that any window of so many days inside [first, last] holds."""
    inside = [d for d in days if first <= d <= last]
    return max((sum(d <= e < d + window for e in inside) for d in inside), default=0)


def gaps(days: list[int]) -> list[int]:
    ordered = sorted(days)
    return [b - a for a, b in pairwise(ordered)]


ALL = ("selective", "industry", "prompt", "humane", "visit")
BOTH = (True, False)


@pytest.mark.parametrize("answers", BOTH)
@pytest.mark.parametrize("name", [*ALL, "do-nothing"])
def test_the_notice_floor_comes_in_every_life(name: str, answers: bool) -> None:
    lived = life(name, answers)
    statements = [d for d, said in lived.templates.items() if said == "statement"]
    assert statements[0] in (30, 31), "a day later where a talk is confirmed that day"
    assert set(gaps(statements)) <= {30, 31, 32, 33}
    assert statements[-1] > 155
    assert [d for d, said in lived.templates.items() if said == "adverse_notice"] in ([20], [21])


@pytest.mark.parametrize("name", ALL)
def test_one_neutral_reminder_three_days_before(name: str) -> None:
    assert [d for d in life(name, False).steps if d <= 0] == [-3]
    assert life(name, False).purposes[-3] == "remind"


def test_doing_nothing_sends_notices_only() -> None:
    assert set(life("do-nothing", True).purposes.values()) == {"notice_required"}


def test_selective_leaves_the_first_month_in_peace() -> None:
    lived = life("selective", True)
    assert [d for d in lived.days() if 0 < d <= 30 and lived.purposes[d] != "notice_required"] == [
        2
    ]
    assert lived.steps[2] == "position"


def test_selective_stops_after_two_talks() -> None:
    assert len(life("selective", True).days("call")) == 2
    assert min(gaps(life("selective", True).days("call"))) >= 7


def test_selective_calls_at_most_once_a_week_and_never_after_ninety_days() -> None:
    calls = life("selective", False).days("call")
    assert calls[0] == 31
    assert calls[-1] <= 90
    assert min(gaps(calls)) >= 7
    assert not life("selective", False).days("visit")


@pytest.mark.parametrize("answers", BOTH)
def test_industry(answers: bool) -> None:
    lived = life("industry", answers)
    calls = lived.days("call")
    assert lived.channels[1] == "sms"
    assert lived.channels[3] == "ai_call"
    assert calls[0] == 4
    assert most_in(lived.texts(), 7, 4, 60) <= 1
    if answers:
        assert most_in([3, *calls], 7, 3, 30) <= 2
        assert most_in(calls, 7, 31, 60) <= 3
    visits = lived.days("visit")
    assert len(visits) <= 2
    assert all(31 <= d <= 60 for d in visits)
    assert all(gap >= 7 for gap in gaps(visits))
    notices = [d for d, said in lived.templates.items() if said == "visit_notice"]
    assert all(any(3 <= v - n <= 14 for n in notices) for v in visits)
    assert visits or answers, "four calls without result lead to a proposal"
    assert [d for d, said in lived.templates.items() if said == "agency_notice"] == [58]


@pytest.mark.parametrize("answers", BOTH)
def test_prompt(answers: bool) -> None:
    lived = life("prompt", answers)
    calls = lived.days("call")
    assert calls[0] == 1
    assert calls[-1] <= 180
    assert not lived.days("visit")
    if answers:
        assert min(gaps(calls)) >= 2, "48 hours between talks"
        assert most_in(calls, 7, 1, 30) <= 2
        assert most_in(calls, 7, 31, 90) <= 1
        assert most_in(calls, 14, 91, 180) <= 1
        confirmed = lived.days("sms", "confirm_talk")
        assert confirmed == [d + 1 for d in calls], "one SMS the morning after each talk"


@pytest.mark.parametrize("answers", BOTH)
def test_humane(answers: bool) -> None:
    lived = life("humane", answers)
    texts, calls = [d for d in lived.texts() if d > 0], lived.days("call")
    assert texts[:2] == [1, 4]
    assert min(gaps(texts)) >= 3, "never daily"
    assert most_in(texts, 7, 10) <= 1, "weekly from day 8 on"
    assert calls[0] == 5
    if answers:
        assert most_in(calls, 7, 1, 30) <= 1
        assert most_in(calls, 7, 31, 90) <= 2
        assert most_in(calls, 7, 91) <= 1
        quiet = [d for d in lived.steps if any(0 < d - c <= 7 for c in calls)]
        assert {lived.purposes[d] for d in quiet} <= {"notice_required"}, "seven quiet days"
    else:
        assert 8 in texts or 9 in texts
    visits = lived.days("visit")
    assert 0 < len(visits) <= 2
    assert min(visits) >= 91
    court = [d for d, said in lived.templates.items() if said == "demand_before_court"]
    assert court == [121]


@pytest.mark.parametrize("answers", BOTH)
def test_visit(answers: bool) -> None:
    """Answered without agreement counts as without result, so both lives lead to the door."""
    lived = life("visit", answers)
    calls, visits = lived.days("call"), lived.days("visit")
    assert lived.channels[1] == "sms"
    assert calls[0] == 3
    assert most_in(lived.texts(), 7, 3, 30) <= 1
    assert len(visits) == 2
    assert all(31 <= d <= 90 for d in visits)
    assert gaps(visits)[0] >= 7
    notice = next(d for d, said in lived.templates.items() if said == "visit_notice")
    assert 24 <= notice <= 28
    if answers:
        assert most_in(calls, 7, 3, 30) <= 2
        assert most_in(calls, 7, 31, 90) <= 1
        assert most_in(calls, 30, 91) <= 1
    late = [d for d in lived.days("call") if d >= 91]
    assert all(lived.steps[d] == "call_late" for d in late)


@pytest.mark.parametrize("name", ALL)
def test_texts_and_calls_stay_inside_the_house_rules(name: str) -> None:
    """HP-01: at most three connects a week. HP-03: at most three texts a week, one a day."""
    for answers in BOTH:
        lived = life(name, answers)
        assert most_in(lived.texts(), 7) <= 3
        if answers:
            assert most_in(lived.days("call") + lived.days("ai_call"), 7) <= 3
