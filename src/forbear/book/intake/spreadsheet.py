"""What does an Excel sheet say, row by row, as text? A formula is no value and sets its row aside."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
from openpyxl.utils.exceptions import InvalidFileException

from forbear.book.intake.faults import fault_rows, no_faults
from forbear.errors import InputError


def read_sheet(
    path: Path, columns: Sequence[str], sheet: str | None, skip_lines: int
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """What does this sheet say in these columns?

    Returns rows of text (``row`` is the sheet's own number), the faults of rows that hold a formula
    or an error in a wanted column, and the header. Raises InputError for a file that is cut off or
    protected, and for a sheet that is not there. Excel is read cell by cell: openpyxl has no other
    way; a million rows are better given as CSV or Parquet.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that do not concern values
            book = openpyxl.load_workbook(path, read_only=True, data_only=False)
            try:
                return _read(_sheet(book, sheet, path), columns, skip_lines)
            finally:
                book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, EOFError, OSError, ValueError):
        raise InputError(
            "cannot be read as an Excel file (cut off, protected, or something else)",
            where=str(path),
            remedy="save it again as .xlsx without a password, or as CSV",
        ) from None


def _sheet(book: Any, sheet: str | None, path: Path) -> Any:
    if sheet is None:
        return book.worksheets[0]
    if sheet not in book.sheetnames:
        raise InputError(
            f"has no sheet {sheet!r}", where=str(path), remedy=f"it has: {book.sheetnames}"
        )
    return book[sheet]


def _read(
    sheet: Any, columns: Sequence[str], skip_lines: int
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    rows: Iterable[Any] = sheet.iter_rows(min_row=skip_lines + 1)
    header: list[str] = []
    texts: dict[str, list[str | None]] = {name: [] for name in columns}
    numbers: list[int] = []
    faults = [no_faults()]
    for number, cells in enumerate(rows, start=skip_lines + 1):
        if not header:
            header = [str(cell.value or "").strip() for cell in cells]
            places = {name: header.index(name) for name in columns if name in header}
            if len(places) < len(columns):
                break
            continue
        wanted = {n: cells[at] if at < len(cells) else None for n, at in places.items()}
        if all(cell is None or cell.value is None for cell in cells):
            continue
        wrong = {n: c for n, c in wanted.items() if c is not None and c.data_type in ("f", "e")}
        for name, cell in wrong.items():
            code = "formula" if cell.data_type == "f" else "cell_error"
            faults.append(fault_rows([number], name, [_formula(cell.value)], code))
        if wrong:
            continue
        numbers.append(number)
        for name, cell in wanted.items():
            texts[name].append(_text(cell.value) if cell is not None else None)
    frame = pl.DataFrame(
        {"row": numbers, **texts},
        schema={"row": pl.UInt32, **dict.fromkeys(columns, pl.String)},
    )
    text = pl.col(pl.String).str.strip_chars()
    frame = frame.with_columns(text).with_columns(pl.col(pl.String).replace("", None))
    return frame, pl.concat(faults), header


def _formula(value: object) -> str:
    return str(getattr(value, "text", value))


def _text(value: object) -> str | None:
    """A cell's value as the text a CSV file would hold."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)
