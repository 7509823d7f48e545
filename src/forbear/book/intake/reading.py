"""What does a file say, row by row, as text? CSV, Excel and Parquet become one kind of frame.

The frame has ``row`` (the line in an editor, the row in a sheet) and the wanted columns as text;
beside it stand the faults of rows that could not even be read. A file that cannot be trusted as a
whole (cut off, another encoding throughout, a missing column) is an InputError: loading what is left
of it would lose loans silently.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from forbear.book.intake.faults import fault_rows, no_faults
from forbear.book.intake.spreadsheet import read_sheet
from forbear.errors import InputError

TEXT_MAX = 2**31
"""Largest CSV file, unpacked; larger ones are split or given as Parquet."""

NULLS = "\x00"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file, read as text."""

    rows: pl.DataFrame
    """``row`` and the wanted columns as text; an empty cell is null."""
    faults: pl.DataFrame
    """Rows that could not be read (``forbear.book.intake.faults``)."""
    read: int
    """Rows in the file, read or not; blank lines are none."""
    notes: list[str] = field(default_factory=list)
    """What a careful person would want to know."""


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV file is written."""

    encoding: str = "auto"
    separator: str = ","
    skip_lines: int = 0
    line_breaks_in_fields: bool = False


def read_file(
    path: Path, columns: Sequence[str], form: CsvForm, *, sheet: str | None = None
) -> ReadFile:
    """What does this file say in these columns?

    Raises InputError for a file that is missing, empty, cut off, of an unknown kind, or lacks a
    column.
    """
    if not path.is_file():
        raise InputError("there is no such file", where=str(path))
    if not path.stat().st_size:
        raise InputError("is empty", where=str(path), remedy="export it again")
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind in ("xlsx", "xlsm"):
        rows, faults, header = read_sheet(path, columns, sheet, form.skip_lines)
        _must_have(columns, header, path)
        return ReadFile(rows, faults, rows.height + faults["row"].n_unique())
    if kind == "parquet":
        return _read_parquet(path, columns)
    if kind in ("csv", "txt", "tsv"):
        return _read_csv(path, columns, form)
    raise InputError(
        f"is a kind of file that is not read here (.{kind})",
        where=str(path),
        remedy="save it as .csv, .csv.gz, .parquet or .xlsx",
    )


def _read_parquet(path: Path, columns: Sequence[str]) -> ReadFile:
    try:
        header = list(pl.read_parquet_schema(path))
        _must_have(columns, header, path)
        frame = pl.read_parquet(path, columns=list(columns), glob=False)
    except (OSError, pl.exceptions.PolarsError):
        raise InputError(
            "cannot be read as Parquet (cut off, or something else)",
            where=str(path),
            remedy="export it again",
        ) from None
    texts = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if dtype.is_nested() or dtype == pl.Binary:
            raise InputError(f"column {name} is {dtype}, not text", where=str(path))
        if dtype.is_float():
            # An identifier or whole amount kept as a float: 7.0 is written 7.
            whole = (column == column.floor()) & (column.abs() < 2**53)
            as_int = column.cast(pl.Int64, strict=False).cast(pl.String)
            texts.append(pl.when(whole).then(as_int).otherwise(column.cast(pl.String)).alias(name))
        else:
            texts.append(column.cast(pl.String))
    rows = _stripped(frame.select(texts).with_row_index("row", offset=1))
    return ReadFile(rows, no_faults(), rows.height)


def _read_csv(path: Path, columns: Sequence[str], form: CsvForm) -> ReadFile:
    text, undecoded, notes = _decoded(_unpacked(path), form, path)
    lines = pl.DataFrame({"text": text.split("\n")}).with_row_index("row", offset=1)
    if not text.endswith("\n"):
        notes.append("the last line has no line end: see that the file was not cut off")
    lines = lines.with_columns(
        pl.col("text").str.strip_suffix("\r"), bad=pl.col("row").is_in(undecoded)
    )
    header, lines = _header(lines[form.skip_lines :], form, path)
    _must_have(columns, header, path)
    if form.line_breaks_in_fields:
        lines = _joined(lines)
    lines = lines.filter(pl.col("text").str.strip_chars() != "")
    good, torn = _well_formed(lines.filter(~pl.col("bad")), form.separator, len(header))
    rows = _split(good, header, form.separator).select("row", *columns)
    faults = pl.concat([_faults_of(lines.filter("bad"), "not_in_encoding"), torn])
    return ReadFile(_stripped(rows), faults, lines.height, notes)


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error):
            raise InputError(
                "is cut off or damaged (gzip)", where=str(path), remedy="copy or export it again"
            ) from None
    if len(data) > TEXT_MAX:
        raise InputError(
            "is larger than 2 GiB", where=str(path), remedy="split it, or give Parquet"
        )
    return data


def _decoded(data: bytes, form: CsvForm, path: Path) -> tuple[str, list[int], list[str]]:
    """The text of a file, the lines that are not of its encoding (from 1), and a note on a guess."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif form.encoding == "auto":
        encodings = ["utf-8-sig", "gb18030"]
    else:
        encodings = ["utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding]
    if form.encoding == "auto" and NULLS.encode() in data[:4000] and encodings != ["utf-16"]:
        raise InputError(
            "holds zero bytes and is no text in a known encoding",
            where=str(path),
            remedy="name the encoding in the map, as `encoding: utf-16-le`",
        )
    try:
        text = data.decode(encodings[0])
        return _one_line_end(text), [], []
    except LookupError:
        raise InputError(f"there is no encoding {form.encoding!r}", where=str(path)) from None
    except UnicodeDecodeError:
        pass
    return _decoded_line_by_line(data, encodings, path)


def _decoded_line_by_line(
    data: bytes, encodings: list[str], path: Path
) -> tuple[str, list[int], list[str]]:
    """Some bytes are not of the first encoding: another one, or a few bad lines?

    A file in GB18030 has hardly a line with Chinese that happens to be UTF-8, and the other way
    about; so the encoding that reads most lines with more than ASCII is the file's.
    """
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    beyond = [number for number, line in enumerate(lines) if not line.isascii()]
    reads = {name: [n for n in beyond if _reads(lines[n], name)] for name in encodings}
    # Nearly every even-length run of bytes is GB18030 of some kind: UTF-8 wins where it reads half.
    first = encodings[0]
    best = first if 2 * len(reads[first]) >= len(beyond) else encodings[-1]
    if 2 * len(reads[best]) < len(beyond):
        raise InputError(
            f"is not text in {' or '.join(encodings)}",
            where=str(path),
            remedy="name its encoding in the map, as `encoding: gb18030`",
        )
    bad = sorted(n + 1 for n in set(beyond) - set(reads[best]))
    notes = [f"read as {best.upper().removesuffix('-SIG')}"] if best != first else []
    text = b"\n".join(lines).decode(best, "replace")
    return _one_line_end(text), bad, notes


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _one_line_end(text: str) -> str:
    return text if "\n" in text else text.replace("\r", "\n")


def _header(lines: pl.DataFrame, form: CsvForm, path: Path) -> tuple[list[str], pl.DataFrame]:
    if lines.is_empty():
        raise InputError("has no header", where=str(path))
    first = _split(lines[:1], None, form.separator).drop("row").row(0)
    header = [str(name or "").strip() for name in first]
    twice = {name for name in header if name and header.count(name) > 1}
    if twice:
        raise InputError(
            f"has two columns called {', '.join(sorted(twice))}", where=f"{path}, line 1"
        )
    named = [name or f"\x00{number}" for number, name in enumerate(header)]
    return named, lines[1:]


def _must_have(columns: Sequence[str], header: Sequence[str], path: Path) -> None:
    for name in columns:
        if name not in header:
            near = get_close_matches(name, header, n=1)
            shown = ", ".join(h for h in header[:12] if not h.startswith("\x00"))
            raise InputError(
                f"has no column {name!r}",
                where=str(path),
                remedy=f"did you mean {near[0]!r}?" if near else f"it has: {shown[:300]}",
            )


def _joined(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines whose quoted field goes on in the next line, as one row."""
    quotes = pl.col("text").str.count_matches('"', literal=True).cum_sum()
    begins = quotes.shift(1, fill_value=0) % 2 == 0
    return (
        lines.with_columns(record=begins.cum_sum())
        .group_by("record", maintain_order=True)
        .agg(pl.col("row").first(), pl.col("text").str.join("\n"), pl.col("bad").any())
        .drop("record")
    )


def _well_formed(
    lines: pl.DataFrame, separator: str, fields: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which lines have the header's number of fields, and what is wrong with the others?"""
    text = pl.col("text")
    quoted = text.str.contains('"', literal=True)
    bare = pl.when(quoted).then(text.str.replace_all(r'"[^"]*"', "")).otherwise(text)
    lines = lines.with_columns(
        found=bare.str.count_matches(separator, literal=True) + 1,
        # What is left of a well-formed line once its quoted fields are gone holds no quote, and
        # each quoted field began where a field begins.
        torn=quoted & ~text.str.contains(_line_pattern(separator)),
    )
    faults = pl.concat(
        [
            _faults_of(lines.filter("torn"), "quote_open"),
            _faults_of(
                lines.filter(~pl.col("torn") & (pl.col("found") < fields)), "too_few_fields"
            ),
            _faults_of(
                lines.filter(~pl.col("torn") & (pl.col("found") > fields)), "too_many_fields"
            ),
        ]
    )
    good = lines.filter(~pl.col("torn") & (pl.col("found") == fields))
    return good.select("row", "text"), faults


def _faults_of(lines: pl.DataFrame, code: str) -> pl.DataFrame:
    """These lines as faults of one kind; the whole line stands as value."""
    return fault_rows(lines["row"].to_list(), "", lines["text"].to_list(), code)


def _line_pattern(separator: str) -> str:
    mark = "\\x{%x}" % ord(separator)  # noqa: UP031
    one = f'(?:"(?:[^"]|"")*"|[^"{mark}]*)'
    return f"(?s)^{one}(?:{mark}{one})*$"


def _split(lines: pl.DataFrame, header: list[str] | None, separator: str) -> pl.DataFrame:
    """Well-formed lines as columns of text."""
    if lines.is_empty():
        return pl.DataFrame(
            {"row": lines["row"], **{h: pl.Series([], dtype=pl.String) for h in header or []}}
        )
    # One column is a special case: the reader takes a line without text for no row at all.
    body = lines["text"].str.join("\n").item()
    frame = pl.read_csv(
        body.encode(),
        has_header=False,
        separator=separator,
        infer_schema=False,
        quote_char='"' if '"' in body else None,
        new_columns=header,
        glob=False,
    )
    if frame.height != lines.height:
        raise InputError(
            f"{lines.height} lines were read as {frame.height} rows",
            remedy="set line_breaks_in_fields in the map if quoted fields hold line breaks",
        )
    return frame.with_columns(lines["row"]).select("row", *frame.columns)


def _stripped(rows: pl.DataFrame) -> pl.DataFrame:
    """Without blanks around a cell; a cell of blanks is empty."""
    texts = pl.col(pl.String).str.strip_chars()
    return rows.with_columns(texts).with_columns(pl.col(pl.String).replace("", None))
