"""What does one part of a book on disk know on a given morning?

Only the columns a night needs are read. Of the past of loans (instalments, events) a night reads the
instalments whose period began yesterday, and everything of the few loans that must be replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from forbear.book.files import read_table, readable
from forbear.book.layout import Book
from forbear.book.schema import STATE, TABLES
from forbear.dates import day_start
from forbear.errors import BookError
from forbear.night.frames import KNOWN, SIGNED_COLUMNS, Part, Past, known_by


@dataclass(frozen=True, slots=True)
class Before:
    """Where the state stands that a night begins with."""

    folder: Path
    """Holds ``<table>/part-0000.parquet``."""
    day: date
    """The morning it is the state of."""
    root: str = ""
    """Root of the night that wrote it; empty: the book as it was opened."""

    def file(self, table: str, part: int) -> Path:
        """Where does this part of this table of state stand?"""
        return self.folder / table / f"part-{part:04d}.parquet"


def read_part(
    book: Book,
    before: Before,
    part: int,
    day: date,
    state: Mapping[str, pl.DataFrame] | None = None,
) -> Part:
    """What does this part of the book know on the morning of ``day``?

    ``before`` is the state of the morning before (or of this very morning, for a book just opened:
    then nothing was recorded since); ``state`` stands in for it where the morning before was only
    just computed. Raises BookError for a missing or foreign file.
    """
    yesterday = day - timedelta(days=1)
    opened = before.day == day and state is None
    state = state or {name: _state(before, name, part) for name in STATE}
    signed = {}
    for name, columns in SIGNED_COLUMNS.items():
        with readable(book.file(name, part)):
            signed[name] = book.scan(name, part).select(columns).collect()
    starting = TABLES["instalments"].empty()
    if not opened:
        with readable(book.file("instalments", part)):
            begins = pl.col("from_on") == yesterday
            starting = book.scan("instalments", part).filter(begins).collect()
    return Part(
        day=day,
        **signed,
        **{name: _known(book, name, part, day) for name in KNOWN},
        **state,
        starting=starting,
        events=book.read_inbox(yesterday, "events", part),
        contacts=book.read_inbox(yesterday, "contacts", part),
        past=past_of(book, part, yesterday),
    )


def _state(before: Before, table: str, part: int) -> pl.DataFrame:
    """A table of state; contact history a book was opened without is empty, money must be there."""
    file = before.file(table, part)
    if table.startswith("carried_") and not file.is_file():
        return STATE[table].empty()
    return read_table(file, table)


def _known(book: Book, table: str, part: int, day: date) -> pl.DataFrame:
    """A small table of history as this morning knows it: settled, and every inbox since."""
    rows = [book.read(table, part)] + [
        book.read_inbox(each, table, part) for each in book.inbox_days() if each < day
    ]
    together = pl.concat(rows)
    morning = day_start(day, book.zone)
    return known_by(together, table, morning, day).sort(TABLES[table].order)


def past_of(book: Book, part: int, until: date) -> Callable[[pl.Series], Past]:
    """How are the instalments and events of a few loans of this part found, as known by ``until``?"""

    def past(loans: pl.Series) -> Past:
        few = pl.col("loan").is_in(loans.implode())
        inbox = [book.read_inbox(day, "events", part) for day in book.inbox_days() if day <= until]
        known = pl.col("recorded_at") < day_start(until + timedelta(days=1), book.zone)
        with readable(book.file("events", part)):
            events = [book.scan("events", part).filter(few, known).collect()]
        with readable(book.file("loans", part)):
            signed = book.scan("loans", part).filter(few).collect()
        with readable(book.file("instalments", part)):
            planned = book.scan("instalments", part).filter(few).collect()
        told = pl.concat(events + [rows.filter(few) for rows in inbox])
        return Past(signed, planned.sort("loan", "seq"), told.sort(TABLES["events"].order))

    return past


def state_of_book(book: Book) -> Before:
    """The state a book was opened with: that of the morning after its last settled day."""
    before = Before(book.path / "state", book.as_of + timedelta(days=1))
    for part in range(book.files):
        if not before.file("positions", part).is_file():
            raise BookError(
                "was never opened: it has no state to close from",
                where=str(book.path),
                remedy="load or make the book anew; both open it",
            )
    return before


__all__ = ["Before", "past_of", "read_part", "state_of_book"]
