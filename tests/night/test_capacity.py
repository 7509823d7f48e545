"""A full day: one order for all, the best keep the places, the others go to their next choice."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.night.capacity import CHOICE, grant, in_order

EARLY, LATE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)


def choices(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CHOICE, orient="row")


def calls(*people: int, rank: int = 10) -> pl.DataFrame:
    """Each person wishes a call; nobody has anything else."""
    return choices(*[(person, 0, "call", rank, 3, None, None) for person in people])


def got(frame: pl.DataFrame) -> dict[int, tuple[int | None, str | None]]:
    return {row["person"]: (row["depth"], row["refused"]) for row in frame.to_dicts()}


def test_exactly_as_many_wishes_as_places_are_all_granted() -> None:
    assert got(grant(calls(1, 2, 3), {"call": 3})) == {n: (0, None) for n in (1, 2, 3)}


def test_one_wish_too_many_loses_exactly_one() -> None:
    assert got(grant(calls(1, 2, 3, 4), {"call": 3})) == {
        1: (0, None), 2: (0, None), 3: (0, None), 4: (None, "capacity"),
    }  # fmt: skip


def test_no_places_at_all_and_no_limit_at_all() -> None:
    assert got(grant(calls(1, 2), {"call": 0})) == {1: (None, "capacity"), 2: (None, "capacity")}
    assert got(grant(calls(1, 2), {})) == {1: (0, None), 2: (0, None)}
    assert grant(calls(), {"call": 1}).is_empty()


@pytest.mark.parametrize(
    ("case", "first", "second"),
    [
        ("higher rank", (8, 9, 3, LATE), (7, 5, 1, EARLY)),
        ("same rank: the gentler step", (8, 5, 1, LATE), (7, 5, 3, EARLY)),
        ("same step: the longest untouched", (8, 5, 3, EARLY), (7, 5, 3, LATE)),
        ("never touched is longest", (8, 5, 3, None), (7, 5, 3, EARLY)),
        ("all the same: the lower key", (7, 5, 3, EARLY), (8, 5, 3, EARLY)),
    ],
)
def test_who_comes_first(case: str, first: tuple, second: tuple) -> None:
    def row(person: int, rank: int, severity: int, untouched: datetime | None) -> tuple:
        return (person, 0, "call", rank, severity, untouched, None)

    frame = choices(row(*second), row(*first))
    assert in_order(frame)["person"][0] == first[0], case
    assert got(grant(frame, {"call": 1}))[second[0]] == (None, "capacity"), case


def test_someone_sent_on_from_one_full_channel_may_push_out_a_lower_ranked_one() -> None:
    """Two visits asked, one place; the one sent on ranks above the one caller."""
    frame = choices(
        (1, 0, "visit", 9, 5, None, None),
        (2, 0, "visit", 8, 5, None, None),
        (2, 1, "call", 8, 3, None, None),
        (3, 0, "call", 7, 3, None, None),
        (3, 1, "sms", 7, 1, None, None),
    )
    assert got(grant(frame, {"visit": 1, "call": 1})) == {
        1: (0, None), 2: (1, "capacity"), 3: (1, "capacity"),
    }  # fmt: skip


def test_a_number_that_stands_by_two_people_is_planned_once() -> None:
    """The higher rank has the number; the other one is left an app message, or nothing."""
    frame = choices(
        (1, 0, "call", 9, 3, None, 555),
        (2, 0, "call", 8, 3, None, 555),
        (2, 1, "app", 8, 1, None, None),
        (3, 0, "sms", 7, 1, None, 555),
    )
    assert got(grant(frame, {})) == {
        1: (0, None), 2: (1, "number_shared"), 3: (None, "number_shared"),
    }  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> tuple[pl.DataFrame, dict[str, int]]:
    people = draw(st.integers(0, 14))
    rows = []
    for person in range(people):
        rank = draw(st.integers(0, 4))
        for depth, channel in enumerate(draw(st.permutations(["visit", "call", "ai_call", "sms"]))):
            if draw(st.booleans()):
                rows.append((person, depth, channel, rank, 1, None, None))
    limits = draw(st.dictionaries(st.sampled_from(["visit", "call", "ai_call"]), st.integers(0, 5)))
    return choices(*rows), limits


@given(books())
@settings(max_examples=150, deadline=None)
def test_the_result_is_that_of_serving_people_one_by_one(
    book: tuple[pl.DataFrame, dict[str, int]],
) -> None:
    frame, limits = book
    left, expected = dict(limits), {}
    for person in in_order(frame)["person"].unique(maintain_order=True):
        mine = frame.filter(pl.col("person") == person).sort("depth")
        expected[person] = None
        for depth, channel in mine.select("depth", "channel").iter_rows():
            if left.get(channel, 1) > 0:
                if channel in left:
                    left[channel] -= 1
                expected[person] = depth
                break
    assert {person: depth for person, (depth, _) in got(grant(frame, limits)).items()} == expected
