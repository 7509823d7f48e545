"""How is one table written to one file, so that the same rows always give the same bytes?

Every file is written beside its place and renamed when it is whole, so a full disk or Ctrl-C leaves
either the old file or none. Bytes depend on rows alone: columns in the order of the schema, rows in
the order of the table, fixed row groups, one compression level, no clock in the metadata.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from forbear.book.schema import TABLES, Table
from forbear.errors import BookError

ROW_GROUP = 131_072
"""Rows a group. A filter on the sort column reads only the groups that can hold it."""

ZSTD_LEVEL = 1
"""Level 3 costs half again the time for a few per cent of size on such columns."""


@contextmanager
def file_aside(path: Path) -> Iterator[Path]:
    """Where may one file be built so that ``path`` is only ever absent, old or whole?

    Yields a sibling path to write to; it is renamed over ``path`` when the block ends, and removed
    when the block fails, Ctrl-C included.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with file_aside(place) as aside:
    ...     _ = aside.write_text("whole", encoding="utf-8")
    >>> place.read_text(encoding="utf-8"), len(list(place.parent.iterdir()))
    ('whole', 1)
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.aside-{os.getpid()}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def folder_aside(path: Path | str, *, replace: bool = False) -> Iterator[Path]:
    """Where may a whole folder be built so that ``path`` is only ever absent, old or whole?

    Yields an empty sibling folder; it is renamed to ``path`` when the block ends, and removed when
    the block fails, Ctrl-C included. A ``path`` that exists raises BookError before any work is
    done, unless ``replace``: then the old folder goes only once the new one is whole.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "book"
    >>> with folder_aside(place) as aside:
    ...     _ = (aside / "book.json").write_text("{}", encoding="utf-8")
    >>> [p.name for p in place.iterdir()]
    ['book.json']
    """
    path = Path(path)
    if path.exists() and not replace:
        raise BookError(
            "is already there", where=str(path), remedy="name a new folder or remove this one first"
        )
    # A path that ends in `.` or `..` has no name of its own to build beside.
    path = path.resolve()
    aside = path.with_name(f".{path.name}.aside-{os.getpid()}")
    gone = path.with_name(f".{path.name}.gone-{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        aside.mkdir()
        yield aside
        if path.exists():
            os.replace(path, gone)
        os.replace(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(gone, ignore_errors=True)


def arrange(name: str, frame: pl.DataFrame, *, in_order: bool = False) -> pl.DataFrame:
    """What are these rows as rows of the table ``name``: its columns, its types, its order?

    Columns the table does not have are left out. Raises BookError for a missing column, a value
    that does not fit its type, and a missing value where the table allows none. ``in_order`` is the
    caller's word that rows are sorted already.

    >>> arrange("creditors", pl.DataFrame({"creditor": [2, 1], "name": ["乙", "甲"],
    ...                                    "lender_type": ["bank", "bank"]}))["name"].to_list()
    ['甲', '乙']
    """
    table = table_named(name)
    absent = [column for column in table.columns if column not in frame.columns]
    if absent:
        raise BookError(
            f"has no column {', '.join(absent)}", where=name, remedy="see docs/engineers/book.md"
        )
    try:
        frame = frame.select(pl.col(c).cast(d) for c, d in table.schema.items())
    except pl.exceptions.PolarsError as problem:
        line = str(problem).splitlines()[0][:200]
        raise BookError(f"holds a value that does not fit its column: {line}", where=name) from None
    for column, says in table.columns.items():
        if not says.null and frame[column].null_count():
            raise BookError(
                f"has {frame[column].null_count()} rows without a value, and each must have one",
                where=f"{name}.{column}",
            )
    if in_order or _is_in_order(frame, table):
        return frame
    # Stable: rows that tie on the order keep the order in which they came.
    return frame.sort(table.order, maintain_order=True)


def _is_in_order(frame: pl.DataFrame, table: Table) -> bool:
    """Are the rows sorted already? Only asked where the answer is one cheap pass."""
    return len(table.order) == 1 and frame[table.order[0]].is_sorted()


def write_table(path: Path, name: str, frame: pl.DataFrame, *, in_order: bool = False) -> None:
    """Write these rows as one file of the table ``name``; same rows, same bytes.

    Raises BookError as ``arrange`` does and when the disk does not take it; then ``path`` is as it
    was.
    """
    frame = arrange(name, frame, in_order=in_order).rechunk()
    with file_aside(path) as aside, writable(path):
        frame.write_parquet(
            aside,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            statistics=True,
            row_group_size=ROW_GROUP,
        )


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Say which file the disk did not take, whatever words Polars or the system has for it.

    >>> with writable(Path("nights/plan.parquet")):
    ...     raise OSError("No space left on device")
    Traceback (most recent call last):
    forbear.errors.BookError: nights/plan.parquet: could not be written: No space left on device ...
    """
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise BookError(
            f"could not be written: {_first_line(problem)}",
            where=str(path),
            remedy="see that the disk has room; what was there before is as it was",
        ) from None


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say which file could not be read to its end: damage inside shows only when rows are asked for.

    >>> with readable(Path("BOOK/loans/part-0000.parquet")):
    ...     raise pl.exceptions.ComputeError("parquet: data corruption detected")
    Traceback (most recent call last):
    forbear.errors.BookError: BOOK/loans/part-0000.parquet: is damaged: parquet: data corruption ...
    """
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as problem:
        raise BookError(
            f"is damaged: {_first_line(problem)}",
            where=str(path),
            remedy="take it from a backup, or load or make the book anew",
        ) from None


def _first_line(problem: Exception) -> str:
    return next(iter(str(problem).splitlines()), "")[:200]


def scan_table(paths: Sequence[Path], name: str) -> pl.LazyFrame:
    """What do these files say, read as the table ``name``, unread until asked for?

    Columns come in the order of the schema; columns the schema does not have are ignored. Raises
    BookError for a file that is missing, unreadable, or lacks a column or its type.
    """
    for path in paths:
        check_file(path, name)
    wanted = list(table_named(name).schema)
    return pl.scan_parquet(list(paths), glob=False).select(wanted)


def read_table(path: Path, name: str) -> pl.DataFrame:
    """What does this one file say, read as the table ``name``? Raises BookError as ``scan_table``."""
    check_file(path, name)
    with readable(path):
        return pl.read_parquet(path, columns=list(table_named(name).schema), glob=False)


def check_file(path: Path, name: str) -> None:
    """Is this a file of the table ``name``? Raises BookError that says what is missing."""
    if not path.is_file():
        raise BookError(
            f"the table {name} is missing", where=str(path), remedy="load or make the book anew"
        )
    try:
        found = pl.read_parquet_schema(path)
    except (OSError, pl.exceptions.PolarsError):
        raise BookError(
            "cannot be read as Parquet (cut off, or something else)",
            where=str(path),
            remedy="load or make the book anew",
        ) from None
    for column, dtype in table_named(name).schema.items():
        if column not in found:
            raise BookError(
                f"has no column {column}",
                where=str(path),
                remedy="the book was made by another version of Forbear: load it anew",
            )
        if found[column] != dtype:
            raise BookError(
                f"column {column} is {found[column]}, not {dtype}",
                where=str(path),
                remedy="the book was made by another version of Forbear: load it anew",
            )


def table_named(name: str) -> Table:
    """Which table has this name? Raises BookError.

    >>> table_named("people").key
    ('person',)
    """
    if name not in TABLES:
        raise BookError(f"there is no table {name!r}", remedy=f"one of: {', '.join(TABLES)}")
    return TABLES[name]
