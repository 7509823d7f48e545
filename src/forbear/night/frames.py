"""What one part file knows on a morning, and what the night hands back for it.

A night is a function from these frames to those; nothing in it reads a disk or a clock. The one
thing not handed over is the long past of loans: almost none is needed, so ``past`` is asked for the
few loans that must be replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import polars as pl

from forbear.book.layout import RECORDED_BY
from forbear.book.schema import HISTORY, STATE

SIGNED_COLUMNS: dict[str, tuple[str, ...]] = {
    "people": (
        "person", "ref", "zone", "birth_on", "pay_day", "address_confirmed", "vulnerable",
        "hardship", "joint_opt_in",
    ),
    "parties": ("person", "loan", "role"),
    "numbers": ("person", "rank", "number", "text", "relation", "health"),
    "loans": (
        "loan", "ref", "person", "creditor", "product", "disbursed_on", "last_due_on",
        "signing_fees", "cost_rate", "over_ceiling", "debit_mandate",
    ),
}  # fmt: skip
"""What a night reads of the tables of what was signed."""

KNOWN = ("holds", "consents", "promises", "plans", "placements")
"""Small tables of history that a morning knows whole."""

CARRIED = ("carried_people", "carried_days", "carried_numbers")


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that happened to a few loans: as signed, all instalments, all events known."""

    loans: pl.DataFrame
    instalments: pl.DataFrame
    events: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one part file knows on the morning of ``day``."""

    day: date
    people: pl.DataFrame
    parties: pl.DataFrame
    numbers: pl.DataFrame
    loans: pl.DataFrame
    """As signed; see ``SIGNED_COLUMNS``."""
    holds: pl.DataFrame
    consents: pl.DataFrame
    promises: pl.DataFrame
    plans: pl.DataFrame
    placements: pl.DataFrame
    positions: pl.DataFrame
    open_items: pl.DataFrame
    carried_people: pl.DataFrame
    carried_days: pl.DataFrame
    carried_numbers: pl.DataFrame
    """State, as the night before left it."""
    starting: pl.DataFrame
    """Instalments whose period began yesterday."""
    events: pl.DataFrame
    contacts: pl.DataFrame
    """What was recorded yesterday."""
    past: Callable[[pl.Series], Past]

    @property
    def yesterday(self) -> date:
        """The day that balances are brought to the end of."""
        return self.day - timedelta(days=1)

    def with_state(self, **tables: pl.DataFrame) -> Part:
        """The same part with some of its tables replaced."""
        return replace(self, **tables)  # type: ignore[arg-type]


def known_by(rows: pl.DataFrame, table: str, morning: datetime, day: date) -> pl.DataFrame:
    """Which rows of a small table of history were recorded before this morning?

    >>> from datetime import UTC
    >>> empty = HISTORY["holds"].empty()
    >>> known_by(empty, "holds", datetime(2026, 11, 21, tzinfo=UTC), date(2026, 11, 21)).height
    0
    """
    column = RECORDED_BY[table]
    return rows.filter(pl.col(column) < (morning if column.endswith("_at") else day))


def empty_state() -> dict[str, pl.DataFrame]:
    """A state without rows, table by table."""
    return {name: table.empty() for name, table in STATE.items()}


def nothing_recorded() -> dict[str, pl.DataFrame]:
    """A day on which nothing was recorded, table by table."""
    return {name: table.empty() for name, table in HISTORY.items()}
