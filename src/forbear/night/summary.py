"""What does a night come to, on one page? Plain figures that add up over part files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from forbear.measure.roll_rates import STATES, add_shares

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class PartSummary:
    """The figures of one part file; every one of them can be added."""

    loans: Counts
    """Loans by state this morning (M0 … M4+, settled, …)."""
    owed: Counts
    """What they owe, minor units."""
    moves: list[tuple[str, str, int, int]]
    """From state, to state, loans, owed: yesterday morning to this morning."""
    people: int
    people_overdue: int
    wished: int
    judged: int
    """Wishes the gate judged, gentler steps of blocked ones included."""
    replayed: int
    set_aside: list[tuple[int, str]]
    """The first loans set aside and why; ``set_aside_count`` says how many there are."""
    set_aside_count: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The one page: see ``forbear close`` and the night's ``night.json``."""

    day: str
    policy: str
    law: str
    book: dict[str, Any]
    loans: Counts
    owed: Counts
    roll_rates: list[dict[str, Any]]
    people: int
    people_overdue: int
    planned: int
    plan_by_channel: Counts
    plan_by_step: Counts
    proposals: Counts
    offers: int
    withheld: int
    withheld_by_reason: Counts
    withheld_by_rule: Counts
    capacity: dict[str, dict[str, int]]
    """By channel: places, given, refused (people who wished it and found the day full)."""
    wished: int
    judged: int
    replayed: int
    set_aside: int
    set_aside_first: list[dict[str, Any]]
    caught_up: list[str] = field(default_factory=list)
    """Days whose mornings were not planned because the book was caught up over them."""
    notes: list[dict[str, str]] = field(default_factory=list)
    """What a reader must know: rules that need legal review, assumptions."""

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON and pages."""
        return asdict(self)


def count_by(rows: pl.DataFrame, column: str) -> Counts:
    """How many rows have each value, largest first, ties by name; nulls left out.

    >>> count_by(pl.DataFrame({"a": ["x", "y", "y", None]}), "a")
    {'y': 2, 'x': 1}
    """
    counted = (
        rows.select(pl.col(column).cast(pl.String))
        .drop_nulls()
        .group_by(column)
        .len()
        .sort(["len", column], descending=[True, False])
    )
    return {str(name): int(n) for name, n in counted.iter_rows()}


def added(parts: Iterable[Mapping[str, int]]) -> Counts:
    """The counts of several parts as one, largest first, ties by name.

    >>> added([{"a": 1, "b": 5}, {"a": 9}])
    {'a': 10, 'b': 5}
    """
    whole: Counts = {}
    for part in parts:
        for name, n in part.items():
            whole[name] = whole.get(name, 0) + n
    return dict(sorted(whole.items(), key=lambda item: (-item[1], item[0])))


def in_order(counts: Mapping[str, int]) -> Counts:
    """The counts of states in the order of buckets."""
    return {name: counts[name] for name in STATES if name in counts}


def moves_of(parts: Iterable[PartSummary]) -> list[dict[str, Any]]:
    """Roll rates over all parts, from yesterday morning to this one."""
    rows = [row for part in parts for row in part.moves]
    frame = pl.DataFrame(
        rows,
        schema={
            "from_state": pl.Enum(STATES),
            "to_state": pl.Enum(STATES),
            "loans": pl.Int64,
            "owed": pl.Int64,
        },
        orient="row",
    )
    return add_shares(frame).to_dicts()
