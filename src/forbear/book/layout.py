"""Where on disk does each row of a book stand?

::

    BOOK/book.json                                    what the book is (manifest)
    BOOK/products.json                                the products its loans name
    BOOK/creditors.parquet                            small tables: one file
    BOOK/people/part-0000.parquet                     the others: a fixed number of part files
    BOOK/state/positions/part-0000.parquet            what the last night carries to the next
    BOOK/inbox/2026-11-21/events/part-0000.parquet    what one day after ``as_of`` recorded

A person stands in the part ``group % files``, with everything bound to them; loans and their rows go
with the borrower. So every part can be closed without looking at another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forbear import dates
from forbear.book.files import file_aside, folder_aside, read_table, scan_table, write_table
from forbear.book.files import table_named as _table
from forbear.book.schema import HISTORY, STATE, STATIC, TABLES
from forbear.errors import BookError

__all__ = ["FORMAT", "RECORDED_BY", "Book", "Manifest", "folder_aside", "part_of"]

FORMAT = 1
"""Version of the layout; a book of a later version is refused."""

FILES_MAX = 9_999

RECORDED_BY = {
    "events": "recorded_at",
    "contacts": "recorded_at",
    "holds": "recorded_at",
    "consents": "given_at",
    "promises": "made_at",
    "plans": "agreed_on",
    "placements": "placed_on",
}
"""By which column a row of history belongs to a day. A plan or placement is known on its own day."""


class Manifest(BaseModel):
    """What a book says about itself: ``book.json``. No clock: same content, same bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    exponent: int = Field(ge=0, le=4)
    zone: str = "Asia/Shanghai"
    files: int = Field(ge=1, le=FILES_MAX)
    as_of: date | None = None
    """Last day fully in history; none: a book of monthly snapshots, which cannot be closed."""
    scale: str = "1"
    """How many units of the policies' currency one unit of this one stands for, as a fraction."""
    assume: dict[str, Any] = {}
    """What had to be taken for granted; printed on every report."""
    source: dict[str, str] = {}
    """Where it came from: name and digest of the map, or seed and size of a synthetic book."""


def part_of(group: pl.Expr, files: int) -> pl.Expr:
    """In which part file does this party group stand?

    >>> pl.select(part_of(pl.lit(10), 4)).item()
    2
    """
    return group % files


@dataclass(frozen=True, slots=True)
class Book:
    """One book on disk: which tables it has, read and written part by part."""

    path: Path
    manifest: Manifest

    @classmethod
    def create(
        cls,
        path: Path | str,
        *,
        currency: str,
        exponent: int = 2,
        zone: str = "Asia/Shanghai",
        files: int = 1,
        as_of: date | None = None,
        scale: str = "1",
        assume: Mapping[str, Any] | None = None,
        source: Mapping[str, str] | None = None,
    ) -> Book:
        """Begin a book in this folder (made if absent; it may not hold a book already).

        Build it inside ``folder_aside`` so that nothing half-written is left behind. Raises BookError
        for a folder that holds a book and for a manifest that contradicts itself.

        >>> import tempfile
        >>> book = Book.create(tempfile.mkdtemp(), currency="CNY", files=2, as_of=date(2026, 11, 20))
        >>> book.files, Book.open(book.path).manifest == book.manifest
        (2, True)
        """
        path = Path(path)
        if (path / "book.json").exists():
            raise BookError("holds a book already", where=str(path), remedy="name a new folder")
        dates.zone(zone)
        try:
            manifest = Manifest(
                currency=currency,
                exponent=exponent,
                zone=zone,
                files=files,
                as_of=as_of,
                scale=scale,
                assume=dict(assume or {}),
                source=dict(source or {}),
            )
        except ValidationError as problem:
            raise _manifest_error(path, problem) from None
        book = cls(path, manifest)
        book._write_json("book.json", manifest.model_dump(mode="json"))
        return book

    @classmethod
    def open(cls, path: Path | str) -> Book:
        """Which book stands in this folder? Raises BookError if none does, or none we can read."""
        path = Path(path)
        file = path / "book.json"
        if not file.is_file():
            raise BookError(
                "holds no book (book.json is missing)",
                where=str(path),
                remedy="give the folder that `forbear book load` or `forbear book make` wrote",
            )
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, OSError):
            raise BookError("is not JSON", where=str(file), remedy="load the book anew") from None
        version = said.get("format") if isinstance(said, dict) else None
        if isinstance(version, int) and version > FORMAT:
            raise BookError(
                f"was written by a later version of Forbear (format {version}, known: {FORMAT})",
                where=str(path),
                remedy="update Forbear, or load the book anew",
            )
        try:
            manifest = Manifest.model_validate(said)
        except ValidationError as problem:
            raise _manifest_error(file, problem) from None
        return cls(path, manifest)

    @property
    def files(self) -> int:
        """How many part files each spread table has; fixed when the book was made."""
        return self.manifest.files

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this book's days begin."""
        return dates.zone(self.manifest.zone)

    @property
    def as_of(self) -> date:
        """Which is the last day fully in history? Raises BookError for a book without days."""
        if self.manifest.as_of is None:
            raise BookError(
                "holds monthly snapshots and no loans with dates: nothing can be closed or replayed",
                where=str(self.path),
                remedy="use it for roll rates; a close needs loans with due dates",
            )
        return self.manifest.as_of

    def file(self, table: str, part: int = 0) -> Path:
        """Where does this part of this table stand?"""
        root = self.path / "state" if table in STATE else self.path
        return self._file_under(root, table, part)

    def has(self, table: str) -> bool:
        """Was this table ever written (perhaps without rows)?"""
        return all(self.file(table, part).is_file() for part in self._parts(table))

    def scan(self, table: str, part: int | None = None) -> pl.LazyFrame:
        """What does this table say, in one part or in all in order, unread until asked for?

        Raises BookError if a file, a column or its type is missing.
        """
        parts = self._parts(table) if part is None else [part]
        return scan_table([self.file(table, p) for p in parts], table)

    def read(self, table: str, part: int = 0) -> pl.DataFrame:
        """What does this part of this table say? Raises BookError as ``scan``."""
        return read_table(self.file(table, part), table)

    def write(self, table: str, part: int, frame: pl.DataFrame, *, in_order: bool = False) -> None:
        """Write this part of this table: cast to the schema, sorted, same rows, same bytes.

        Raises BookError as ``files.write_table``; ``in_order``: the rows are sorted already.
        """
        write_table(self.file(table, part), table, frame, in_order=in_order)

    def write_spread(self, table: str, frame: pl.DataFrame, part: pl.Series) -> None:
        """Write a whole table, each row to the part that ``part`` names for it (0 … files−1)."""
        if not _table(table).spread:
            self.write(table, 0, frame)
            return
        for number in range(self.files):
            self.write(table, number, frame.filter(part == number))

    def fill_absent(self) -> None:
        """Write every table of signed facts and history that was not written, without rows.

        A missing file means a damaged book, so a finished book has them all.
        """
        for name in (*STATIC, *HISTORY):
            for part in self._parts(name):
                if not self.file(name, part).is_file():
                    self.write(name, part, TABLES[name].empty())
        if not (self.path / "products.json").is_file():
            self.write_products([])

    def write_products(self, products: list[dict[str, Any]]) -> None:
        """Write the products that this book's loans name, as plain data."""
        self._write_json("products.json", products)

    def read_products(self) -> list[dict[str, Any]]:
        """Which products do this book's loans name, as plain data? Raises BookError if missing."""
        file = self.path / "products.json"
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise BookError(
                "is missing or not JSON", where=str(file), remedy="load the book anew"
            ) from None
        return list(said)

    def inbox_days(self) -> list[date]:
        """For which days after ``as_of`` is there an inbox, in order?"""
        folder = self.path / "inbox"
        if not folder.is_dir():
            return []
        return sorted(dates.parse_day(d.name) for d in folder.iterdir() if not _hidden(d))

    def write_inbox(self, day: date, table: str, part: int, frame: pl.DataFrame) -> None:
        """Write what this day recorded. Raises BookError for a day that is history already."""
        if day <= self.as_of:
            raise BookError(
                f"{day} is history already (the book knows all days to {self.as_of})",
                where=str(self.path),
                remedy="record it on the day it became known; it may count from an earlier one",
            )
        write_table(self._inbox_file(day, table, part), table, frame)

    def read_inbox(self, day: date, table: str, part: int = 0) -> pl.DataFrame:
        """What did this day record that is not in the settled history? No rows if there is none."""
        file = self._inbox_file(day, table, part)
        if day <= self.as_of or not file.is_file():
            return _table(table).empty()
        return read_table(file, table)

    def _parts(self, table: str) -> range:
        return range(self.files if _table(table).spread else 1)

    def _inbox_file(self, day: date, table: str, part: int) -> Path:
        if table not in HISTORY:
            raise BookError(f"{table} is not a table of history", where=str(self.path))
        return self._file_under(self.path / "inbox" / day.isoformat(), table, part)

    def _file_under(self, root: Path, table: str, part: int) -> Path:
        if part not in self._parts(table):
            raise BookError(f"{table} has no part {part}", where=str(self.path))
        if not _table(table).spread:
            return root / f"{table}.parquet"
        return root / table / f"part-{part:04d}.parquet"

    def _write_json(self, name: str, said: object) -> None:
        text = json.dumps(said, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        with file_aside(self.path / name) as aside:
            aside.write_text(text, encoding="utf-8")


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")


def _manifest_error(where: Path, problem: ValidationError) -> BookError:
    """The first thing wrong with a manifest, in words."""
    first = problem.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "book.json"
    return BookError(f"{field}: {first['msg']}", where=str(where), remedy="load the book anew")
