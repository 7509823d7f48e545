"""What do the rows of all files say, typed, table by table, before they are related to each other?

Every source row has a number of its own (``src``). What it says about several tables (a borrower, a
loan, its one instalment and its payment) stands or falls together: a row is loaded, rejected or a
duplicate, never half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import polars as pl

from forbear.book.intake.faults import shortened
from forbear.book.intake.maps import FileMap, Map, Rows, Source
from forbear.book.intake.parsing import Form, read_field
from forbear.book.intake.reading import CsvForm, read_file
from forbear.book.intake.targets import TARGETS, Field
from forbear.errors import InputError

DTYPES: dict[str, pl.DataType] = {
    "ref": pl.String(), "text": pl.String(), "choice": pl.String(), "zone": pl.String(),
    "flag": pl.Boolean(), "amount": pl.Int64(), "signed_amount": pl.Int64(), "rate": pl.Int64(),
    "count": pl.Int64(), "signed_count": pl.Int64(), "day": pl.Date(),
    "instant": pl.Datetime("us", "UTC"), "time": pl.Time(),
}  # fmt: skip

SOURCES = pl.Schema({"src": pl.Int64, "file": pl.String, "row": pl.UInt32})
SOURCE_FAULTS = pl.Schema(
    {"src": pl.Int64, "field": pl.String, "value": pl.String, "code": pl.String}
)
"""As ``faults.FAULTS``, with the number of the source row over all files in place of its row."""


@dataclass(slots=True)
class Staged:
    """Everything read so far: typed rows a table, and what became of each source row."""

    tables: dict[str, pl.DataFrame]
    """Table → ``src`` and every field of the table; rows of rejected sources are gone."""
    sources: pl.DataFrame
    """Every source row: ``src``, ``file``, ``row``."""
    faults: pl.DataFrame
    """``src``, ``field``, ``value``, ``code``."""
    duplicates: pl.DataFrame
    """``src`` of rows that say again what another row said, with ``same_as``."""
    notes: list[str] = field(default_factory=list)

    def reject(self, faults: pl.DataFrame) -> None:
        """Set these source rows aside, with everything they say in any table."""
        if faults.is_empty():
            return
        self.faults = pl.concat([self.faults, faults.select(SOURCE_FAULTS.names())])
        for name, frame in self.tables.items():
            self.tables[name] = frame.join(faults, on="src", how="anti", maintain_order="left")


def faults_at(frame: pl.DataFrame, field_name: str, value: str, code: str) -> pl.DataFrame:
    """These staged rows as faults of one kind; ``value`` names the column shown."""
    return frame.select(
        "src",
        field=pl.lit(field_name),
        value=pl.col(value).cast(pl.String),
        code=pl.lit(code),
    ).select(pl.col(c).cast(t) for c, t in SOURCE_FAULTS.items())


def stage(the_map: Map, files: Sequence[Path], day_basis: int) -> Staged:
    """What do these files say by this map?

    Raises InputError for a file that no entry of the map matches, an entry without a file, two files
    of the same name, and every file that cannot be read as a whole.
    """
    staged = Staged(
        {},
        pl.DataFrame(schema=SOURCES),
        pl.DataFrame(schema=SOURCE_FAULTS),
        pl.DataFrame(schema={"src": pl.Int64, "same_as": pl.Int64}),
    )
    found: dict[str, list[pl.DataFrame]] = {}
    for entry, paths in _matched(the_map, files):
        rows = _read_entry(the_map, entry, paths, staged)
        typed, faults = _typed(the_map, entry, rows, day_basis)
        faults = pl.concat([faults, _taken_nothing(rows, typed)])
        staged.faults = pl.concat([staged.faults, faults])
        rows = rows.join(faults, on="src", how="anti", maintain_order="left")
        again = _key_again(entry, rows, staged)
        for table, frame in typed:
            kept = frame.join(faults, on="src", how="anti", maintain_order="left")
            found.setdefault(table, []).append(
                kept.join(again, on="src", how="anti", maintain_order="left")
            )
    for table, frames in found.items():
        staged.tables[table] = pl.concat(frames)
    return staged


def _matched(the_map: Map, files: Sequence[Path]) -> list[tuple[FileMap, list[Path]]]:
    names = [path.name for path in files]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(f"two files are called {', '.join(sorted(twice))}", remedy="rename one")
    matched: list[tuple[FileMap, list[Path]]] = []
    for entry in the_map.files:
        mine = [path for path in files if fnmatch(path.name, entry.match)]
        if not mine and not entry.optional:
            raise InputError(f"no file matches {entry.match!r}", remedy="give it, or mend the map")
        matched.append((entry, mine))
    known = {path for _, mine in matched for path in mine}
    for path in files:
        if path not in known:
            raise InputError(
                "the map says nothing about this file",
                where=str(path),
                remedy=f"it knows: {', '.join(entry.match for entry in the_map.files)}",
            )
    return [(entry, mine) for entry, mine in matched if mine]


def _read_entry(the_map: Map, entry: FileMap, paths: list[Path], staged: Staged) -> pl.DataFrame:
    """All rows of the files of one entry, as text, numbered over everything read before."""
    form = CsvForm(
        encoding=entry.encoding or the_map.encoding,
        separator=entry.separator or the_map.separator,
        skip_lines=entry.skip_lines,
        line_breaks_in_fields=the_map.line_breaks_in_fields,
    )
    gathered = []
    for path in paths:
        file = read_file(path, entry.columns(), form, sheet=entry.sheet)
        staged.notes += [f"{path.name}: {note}" for note in file.notes]
        first = staged.sources.height
        numbers = pl.concat([file.rows["row"], file.faults["row"]]).unique().sort()
        here = pl.DataFrame({"row": numbers}).with_columns(
            src=pl.int_range(pl.len(), dtype=pl.Int64) + first, file=pl.lit(path.name)
        )
        assert here.height == file.read, f"{path.name}: a row was lost while reading"
        staged.sources = pl.concat([staged.sources, here.select(SOURCES.names())])
        bad = file.faults.join(here, on="row", maintain_order="left")
        staged.faults = pl.concat([staged.faults, bad.select(SOURCE_FAULTS.names())])
        gathered.append(file.rows.join(here.select("row", "src"), on="row", maintain_order="left"))
    return pl.concat(gathered)


def _typed(
    the_map: Map, entry: FileMap, rows: pl.DataFrame, day_basis: int
) -> tuple[list[tuple[str, pl.DataFrame]], pl.DataFrame]:
    """What rows say about each table, and what is wrong with them, field by field."""
    form = Form(the_map.exponent, the_map.zone, the_map.dates, the_map.decimal_mark, day_basis)
    typed, faults = [], [pl.DataFrame(schema=SOURCE_FAULTS)]
    for said in entry.rows:
        about = rows.filter(_concerned(said))
        columns = [about["src"]]
        for name, target in TARGETS[said.table].items():
            source = _source_of(said, name, target)
            if source is None:
                columns.append(pl.repeat(None, about.height, dtype=DTYPES[target.kind], eager=True))
            else:
                read = _read_column(about, target, source, form)
                columns.append(read["value"])
                wrong = read.filter(pl.col("code").is_not_null())
                if wrong.height and name in said.fields:
                    label = pl.lit(source.column or name).alias("field")
                    faults.append(
                        wrong.select("src", label, shortened("shown").alias("value"), "code")
                    )
            columns[-1] = columns[-1].alias(name)
        typed.append((said.table, pl.DataFrame(columns)))
    # A column that several tables read is one fault, not several.
    every = pl.concat(faults).unique(("src", "field", "code"), keep="first", maintain_order=True)
    return typed, every


def _read_column(rows: pl.DataFrame, target: Field, source: Source, form: Form) -> pl.DataFrame:
    """One field of these rows: ``src``, ``shown`` (the cell), ``value``, ``code``.

    Each distinct cell is read once: a year has few days, a product few rates.
    """
    if source.column is None:
        cells = rows.select("src", shown=pl.lit(source.value, pl.String))
    else:
        cells = rows.select("src", shown=pl.col(source.column))
    read = read_field(target, source.model_copy(update={"column": "shown", "value": None}), form)
    distinct = cells.select("shown").unique() if target.kind not in ("ref", "text") else cells
    # Lazy, because only the lazy engine computes what two expressions share once.
    answers = (
        distinct.lazy()
        .with_columns(value=read.value.cast(DTYPES[target.kind]), code=read.code)
        .collect()
    )
    if distinct is cells:
        return answers
    return cells.join(answers, on="shown", how="left", nulls_equal=True, maintain_order="left")


def _source_of(said: Rows, name: str, target: Field) -> Source | None:
    if name in said.fields:
        return said.fields[name]
    return Source(value=target.default) if target.default is not None else None


def _concerned(said: Rows) -> pl.Expr:
    """Which rows say anything about this table?"""
    holds = pl.lit(True)
    if said.unless_empty is not None:
        holds = holds & pl.col(said.unless_empty).is_not_null()
    for column, words in said.only.items():
        holds = holds & pl.col(column).is_in(list(words)).fill_null(False)
    return holds


def _taken_nothing(rows: pl.DataFrame, typed: list[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    taken = pl.concat([frame.select("src") for _, frame in typed])
    idle = rows.select("src").join(taken, on="src", how="anti", maintain_order="left")
    return faults_at(idle.with_columns(value=pl.lit(None, pl.String)), "", "value", "nothing_taken")


def _key_again(entry: FileMap, rows: pl.DataFrame, staged: Staged) -> pl.DataFrame:
    """Rows whose identifier another row had first: the same again, or something else?"""
    nothing = pl.DataFrame(schema={"src": pl.Int64})
    if not entry.key:
        return nothing
    content = [name for name in rows.columns if name not in ("src", "row")]
    first = rows.group_by(entry.key, maintain_order=True).agg(
        same_as=pl.col("src").first(), count=pl.len()
    )
    first = first.filter(pl.col("count") > 1)
    if first.is_empty():
        return nothing
    many = rows.join(first, on=list(entry.key), nulls_equal=True, maintain_order="left")
    later = many.filter(pl.col("src") != pl.col("same_as"))
    whole = rows.select(pl.col("src").alias("same_as"), *content)
    same = later.join(whole, on=["same_as", *content], how="semi", nulls_equal=True)
    staged.duplicates = pl.concat([staged.duplicates, same.select("src", "same_as")])
    other = later.join(same, on="src", how="anti", maintain_order="left")
    label = " + ".join(entry.key)
    shown = pl.concat_str([pl.col(k).fill_null("") for k in entry.key], separator=" ")
    staged.faults = pl.concat(
        [staged.faults, faults_at(other.with_columns(shown=shown), label, "shown", "key_taken")]
    )
    return later.select("src")
