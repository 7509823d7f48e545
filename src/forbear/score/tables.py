"""What is a score? A few small tables of whole millionths, and the file they are kept in.

A table has one to three facts, each cut into bands; every cell holds a share and how many rows it
rests on. A cell with few rows leans on its parent (the same cell without the last fact), so no
figure comes from a handful of people. Nothing is fitted inside a close: a night reads a file, and the
file says by its hash which one it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from forbear.book.files import file_aside
from forbear.errors import InputError

FORMAT = 1
ONE = 1_000_000

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bands:
    """One fact cut into bands: band k is from ``edges[k]`` to just below the next edge."""

    fact: str
    edges: tuple[int, ...]
    """Rising; a value below the first edge belongs to the first band."""

    def places(self, values: Whole) -> Whole:
        """In which band is each value?

        >>> Bands("days_past_due", (0, 1, 31)).places(np.array([-2, 0, 1, 30, 31, 999])).tolist()
        [0, 0, 1, 1, 2, 2]
        """
        found = np.searchsorted(np.array(self.edges, dtype=np.int64), values, side="right") - 1
        return np.maximum(found, 0)

    def words(self) -> list[str]:
        """How are the bands said in a table?

        >>> Bands("days_past_due", (0, 1, 4)).words()
        ['0', '1–3', '4+']
        """
        ends = [one - 1 for one in self.edges[1:]]
        said = [
            f"{start:,}" if start == end else f"{start:,}–{end:,}"
            for start, end in zip(self.edges, ends, strict=False)
        ]
        return [*said, f"{self.edges[-1]:,}+"]


@dataclass(frozen=True, slots=True)
class ShareTable:
    """A share by bands of facts: whole millionths, cells in row-major order (last fact fastest)."""

    by: tuple[Bands, ...]
    cells: tuple[int, ...]
    rows: tuple[int, ...]
    """How many rows of the past each cell rests on; 0: it says what its parent says."""

    def __post_init__(self) -> None:
        """Refuse a table whose cells do not fit its bands."""
        size = 1
        for bands in self.by:
            size *= len(bands.edges)
            if not bands.edges or list(bands.edges) != sorted(set(bands.edges)):
                raise InputError(f"bands of {bands.fact} do not rise", where="score file")
        if not (len(self.cells) == len(self.rows) == size):
            raise InputError(
                f"{len(self.cells)} cells and {len(self.rows)} counts where {size} belong",
                where="score file",
            )
        if any(not 0 <= cell <= ONE for cell in self.cells):
            raise InputError("a share is not between 0 and 1000000", where="score file")

    @property
    def facts(self) -> tuple[str, ...]:
        """Which facts does it read?"""
        return tuple(bands.fact for bands in self.by)

    def place(self, values: Mapping[str, Whole]) -> Whole:
        """In which cell does each row fall? ``values``: one whole-number array a fact."""
        cell = np.zeros(len(values[self.by[0].fact]), dtype=np.int64)
        for bands in self.by:
            cell = cell * len(bands.edges) + bands.places(values[bands.fact])
        return cell

    def look_up(self, values: Mapping[str, Whole]) -> Whole:
        """Which share does each row have?

        >>> table = ShareTable((Bands("days_past_due", (0, 1)),), (900_000, 700_000), (5, 5))
        >>> table.look_up({"days_past_due": np.array([0, 1, 40])}).tolist()
        [900000, 700000, 700000]
        """
        found = np.array(self.cells, dtype=np.int64)[self.place(values)]
        return np.asarray(found, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Scores:
    """Everything a night asks a score for, and where it comes from."""

    name: str
    self_cure: ShareTable
    """Chance that everything due is paid within 30 days."""
    pay_30d: ShareTable
    """Chance that anything at all is paid within 30 days."""
    reach: ShareTable
    """Chance that a call is answered, before what is known of the person."""
    hours: tuple[int, ...]
    """For each local hour, answers as a share of the mean: 1000000 is the mean."""
    person_weight: int
    """After so many calls a person's own answers count as much as the table."""
    hour_weight: int
    """The same for one hour of the day."""
    made_from: Mapping[str, Any] = field(default_factory=dict)
    """For readers: the book, its last day, how many rows; or the sources of the default."""
    check: Sequence[Mapping[str, Any]] = ()
    """Out of time: what the earlier part of the past foretold of the later, and what came."""

    def __post_init__(self) -> None:
        """Refuse figures no score can have."""
        if len(self.hours) != 24 or min(self.hours) < 0:
            raise InputError("there must be 24 hours, none below 0", where="score file")
        if self.person_weight < 1 or self.hour_weight < 1:
            raise InputError("weights must be at least 1", where="score file")

    def as_data(self) -> dict[str, Any]:
        """The scores as plain data, without the hash."""
        return {
            "format": FORMAT,
            "name": self.name,
            "self_cure": _table_data(self.self_cure),
            "pay_30d": _table_data(self.pay_30d),
            "reach": _table_data(self.reach),
            "hours": list(self.hours),
            "person_weight": self.person_weight,
            "hour_weight": self.hour_weight,
            "made_from": dict(self.made_from),
            "check": [dict(row) for row in self.check],
        }

    @property
    def digest(self) -> str:
        """Which file is it? SHA-256 of its content, the same wherever it stands."""
        text = json.dumps(self.as_data(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def save(scores: Scores, path: Path | str) -> None:
    """Write the scores to a file, with their hash; written aside, then renamed."""
    data = {**scores.as_data(), "sha256": scores.digest}
    with file_aside(Path(path)) as aside:
        text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
        aside.write_text(text + "\n", encoding="utf-8")


def load(path: Path | str) -> Scores:
    """Which scores does this file hold?

    Raises InputError for a file that is missing, is not a score file, comes from a later version, or
    whose content is not what its hash says.
    """
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path), remedy=_REMEDY) from None
    except (OSError, ValueError):
        raise InputError("cannot be read as JSON", where=str(path), remedy=_REMEDY) from None
    return _from_data(data, where=str(path))


@cache
def default() -> Scores:
    """Which scores hold until a lender has fitted its own? Those shipped, each with its source.

    >>> default().name
    'default'
    """
    file = Path(str(resources.files("forbear"))) / "score" / "default.json"
    return load(file)


_REMEDY = "fit one with `forbear score fit BOOK --out score.json`"


def _table_data(table: ShareTable) -> dict[str, Any]:
    return {
        "by": [{"fact": bands.fact, "from": list(bands.edges)} for bands in table.by],
        "cells": list(table.cells),
        "rows": list(table.rows),
    }


def _table(data: Any) -> ShareTable:
    by = tuple(Bands(str(b["fact"]), tuple(map(_whole, b["from"]))) for b in data["by"])
    if not by:
        raise ValueError
    return ShareTable(by, tuple(map(_whole, data["cells"])), tuple(map(_whole, data["rows"])))


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError
    return value


def _from_data(data: Any, *, where: str) -> Scores:
    try:
        if _whole(data["format"]) > FORMAT:
            raise InputError(
                f"was written by a later version of Forbear (format {data['format']})",
                where=where,
                remedy="update Forbear, or fit anew",
            )
        scores = Scores(
            name=str(data["name"]),
            self_cure=_table(data["self_cure"]),
            pay_30d=_table(data["pay_30d"]),
            reach=_table(data["reach"]),
            hours=tuple(map(_whole, data["hours"])),
            person_weight=_whole(data["person_weight"]),
            hour_weight=_whole(data["hour_weight"]),
            made_from=dict(data["made_from"]),
            check=tuple(dict(row) for row in data["check"]),
        )
    except (KeyError, TypeError, ValueError):
        raise InputError("is not a score file", where=where, remedy=_REMEDY) from None
    if data.get("sha256") != scores.digest:
        raise InputError(
            "was changed after it was written: its content does not match its hash",
            where=where,
            remedy=_REMEDY,
        )
    return scores
