"""One machine of stages: it depends only on the morning's facts, and goes down as well as up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.book.vocabulary import PROPOSED
from forbear.facts.definitions import frame
from forbear.policy.stages import MOVES, STAGES, agreed, may_move, stage


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"balance": 0}, "settled"),
        ({"days_past_due": 0}, "pre_due"),
        ({"days_past_due": 1}, "early"),
        ({"days_past_due": 30}, "early"),
        ({"days_past_due": 31}, "middle"),
        ({"days_past_due": 90}, "middle"),
        ({"days_past_due": 91}, "late"),
        ({"days_past_due": 91, "agency_placed": True}, "agency"),
        ({"days_past_due": 200, "agency_placed": True, "in_court": True}, "court"),
        ({"days_past_due": 200, "charged_off": True}, "charged_off"),
        ({"days_past_due": 200, "charged_off": True, "agency_placed": True}, "agency"),
        ({"days_past_due": 5, "balance": 0, "agency_placed": True}, "settled"),
    ],
)
def test_the_stage_of_a_morning(facts: dict, expected: str) -> None:  # type: ignore[type-arg]
    assert frame([{"balance": 100, **facts}]).select(stage()).item() == expected


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["day", "day", "day", "day", "pay", "part", "place", "recall",
                                        "sue", "end_suit", "charge_off"]),
                       st.integers(1, 60)), max_size=80),
)  # fmt: skip
def test_every_life_moves_only_where_it_may(story: list[tuple[str, int]]) -> None:
    """Days pass, parts are paid, cases are placed and recalled: each morning's move is allowed."""
    days, balance, placed, court, written_off = 0, 500, False, False, False
    before = "pre_due"
    for what, size in story:
        days += 1
        match what:
            case "pay":
                balance, days, placed, court = 0, 0, False, False
            case "part":
                days = max(0, days - size)
            case "place" if days > 3:
                placed = True
            case "recall":
                placed = False
            case "sue":
                court = True
            case "end_suit":
                court = False
            case "charge_off" if days > 3:
                written_off = True
        row = {
            "days_past_due": days, "balance": balance, "agency_placed": placed, "in_court": court,
            "charged_off": written_off,
        }  # fmt: skip
        after = frame([row]).select(stage()).item()
        assert may_move(before, after), (before, after)
        if after == "settled":
            return
        before = after


def test_settled_stays_settled_and_every_stage_is_named() -> None:
    assert MOVES["settled"] == {"settled"}
    assert set(MOVES) == set(STAGES)
    with pytest.raises(KeyError):
        may_move("early", "gone")


def test_only_a_named_persons_yes_moves_a_case_out_of_the_house() -> None:
    assert {channel: agreed("late", channel) for channel in PROPOSED} == {
        "visit": "late", "agency": "agency", "court": "court", "adverse_report": "late",
    }  # fmt: skip
