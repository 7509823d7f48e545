"""Making wishes for tests: one person, everything in order, and what a test changes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from forbear.book.schema import HISTORY, STATIC
from forbear.law.request import HOUSE_PROMISES, VOCABULARY

DAY = date(2026, 11, 19)  # a Thursday
SHANGHAI = "Asia/Shanghai"
GOOD: dict[str, Any] = {
    **HOUSE_PROMISES,
    "person": 1, "lender_type": "bank", "product_kind": "consumer_loan", "loan": 1, "channel": "call",
    "purpose": "collect", "placed_by": "lender", "recipient": "debtor", "number": 11,
    "number_health": "verified", "days_past_due": 45, "age": 40, "hardship": False,
    "vulnerable": False, "limitation_from": date(2026, 10, 1), "last_due_on": date(2026, 10, 1),
    "over_ceiling": False, "zones": [SHANGHAI],
}  # fmt: skip


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    """This time of day in Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def wishes(*changed: dict[str, Any]) -> pl.DataFrame:
    """One wish a set of changes, numbered from 1."""
    rows = [{**GOOD, **change, "wish": n} for n, change in enumerate(changed, start=1)]
    names = {name for row in rows for name in row} - {"wish", "last_paid_on"}
    schema = {"wish": pl.Int64(), **{name: VOCABULARY[name].dtype for name in sorted(names)}}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def table(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of a table of the book; what is not said is null."""
    schema = {**STATIC, **HISTORY}[name].schema
    return pl.DataFrame(
        [{column: row.get(column) for column in schema} for row in rows], schema=schema
    )
