"""Tiny books for tests of facts: rows of any table with everything not said filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from forbear.book.schema import TABLES
from forbear.facts.person import people_facts

DAY = date(2026, 11, 21)
NEEDED = (
    "positions", "open_items", "people", "parties", "numbers", "carried_people", "carried_days",
    "holds", "consents", "promises", "plans", "placements", "loans",
)  # fmt: skip

Rows = Sequence[Mapping[str, Any]]


def table(name: str, rows: Rows) -> pl.DataFrame:
    """These rows as a table of a book; zero, false, or null for what is not said."""
    columns = TABLES[name].columns
    full = [{key: _plain(name, key) for key in columns} | dict(row) for row in rows]
    frame = pl.DataFrame(full, schema={key: _loose(columns[key].dtype) for key in columns})
    return frame.cast(dict(TABLES[name].schema))  # type: ignore[arg-type]


def _loose(dtype: Any) -> Any:
    return pl.String if isinstance(dtype, pl.Enum) else dtype


def _plain(name: str, key: str) -> Any:
    column = TABLES[name].columns[key]
    if column.null:
        return None
    if column.dtype == pl.Boolean:
        return False
    if column.dtype.is_integer():
        return 0
    return None


def facts_of(day: date = DAY, **tables: Rows) -> pl.DataFrame:
    """The facts of a book made of these tables; a person with a loan needs no line of their own."""
    rows = {name: list(tables.get(name, ())) for name in NEEDED}
    options = {key: value for key, value in tables.items() if key not in NEEDED}
    for position in rows["positions"]:
        loan, person = position["loan"], position["person"]
        if not any(line["loan"] == loan for line in rows["parties"]):
            rows["parties"].append({"person": person, "loan": loan, "role": "borrower"})
        if not any(line["loan"] == loan for line in rows["loans"]):
            rows["loans"].append({"loan": loan, "person": person, "last_due_on": date(2027, 6, 1)})
    for person in sorted({line["person"] for line in rows["parties"]}):
        if not any(line["person"] == person for line in rows["people"]):
            rows["people"].append({"person": person, "zone": "Asia/Shanghai"})
    frames = {name: table(name, lines) for name, lines in rows.items()}
    return people_facts(**frames, day=day, **options)  # type: ignore[arg-type]


def position(loan: int = 1, person: int = 1, **columns: Any) -> dict[str, Any]:
    """An open loan."""
    return {"loan": loan, "person": person, "status": "open", **columns}
