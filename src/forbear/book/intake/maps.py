"""How are a lender's files to be read? A map says it: which column is which field, and what is assumed.

A map is YAML; every mistake in it is one error that names the file and the line. It is read once,
before any row, so nothing starts with a map that contradicts itself.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from forbear import dates
from forbear.book.intake.targets import ASSUMPTIONS, TARGETS
from forbear.errors import InputError
from forbear.marked import Marked

STRICT = ConfigDict(frozen=True, extra="forbid")


class Name(BaseModel):
    """What people call it, in both languages."""

    model_config = STRICT
    zh: str
    en: str


class Source(BaseModel):
    """Where one field comes from: a column of the file, or the same value for every row."""

    model_config = STRICT
    column: str | None = None
    value: str | None = None
    formats: tuple[str, ...] = ()
    """Forms of a day or instant, tried in order after the map's; ISO 8601 is always understood."""
    values: dict[str, str] | None = None
    """What each word of the file means; a word not listed rejects the row, unless ``otherwise``."""
    otherwise: str | None = None
    unit: (
        Literal["major", "minor", "fraction", "percent", "permille", "per_ten_thousand"] | None
    ) = None
    """Amounts: whole units (major) or their hundredths (minor). Rates: fraction, percent, …"""
    per: Literal["year", "month", "day"] = "year"
    """Rates: for which time they are said; a month counts twelvefold, a day by the day basis."""
    decimals: Literal["refuse", "round"] = "refuse"
    """More decimals than the currency has: the row is rejected, or rounded half to even."""

    @field_validator("value", "otherwise", mode="before")
    @classmethod
    def _plain(cls, said: object) -> object:
        return _words(said)

    @field_validator("values", mode="before")
    @classmethod
    def _plain_words(cls, said: object) -> object:
        if not isinstance(said, dict):
            return said
        return {_words(key): _words(word) for key, word in said.items()}

    @model_validator(mode="after")
    def _one_source(self) -> Source:
        if (self.column is None) == (self.value is None):
            raise ValueError("give a column or a value, one of both")
        return self


class Rows(BaseModel):
    """What each row of a file says about one table."""

    model_config = STRICT
    table: str
    fields: dict[str, Source]
    unless_empty: str | None = None
    """Only rows where this column is not empty say anything here (as a date of payment)."""
    only: dict[str, tuple[str, ...]] = {}
    """Only rows where these columns hold one of these words."""

    @field_validator("fields", mode="before")
    @classmethod
    def _column_alone(cls, said: object) -> object:
        """``due_on: DueDate`` is short for ``due_on: {column: DueDate}``."""
        if not isinstance(said, dict):
            return said
        return {k: {"column": str(v)} if not isinstance(v, dict) else v for k, v in said.items()}

    @field_validator("only", mode="before")
    @classmethod
    def _plain_words(cls, said: object) -> object:
        if not isinstance(said, dict):
            return said
        return {k: [_words(w) for w in v] if isinstance(v, list) else v for k, v in said.items()}

    @model_validator(mode="after")
    def _known(self) -> Rows:
        if self.table not in TARGETS:
            raise ValueError(f"there is no table {self.table!r}{_nearest(self.table, TARGETS)}")
        known = TARGETS[self.table]
        for field in self.fields:
            if field not in known:
                raise ValueError(f"{self.table} has no field {field!r}{_nearest(field, known)}")
        absent = [f for f, says in known.items() if says.required and f not in self.fields]
        if absent:
            raise ValueError(f"{self.table} needs {', '.join(absent)}")
        if self.table == "instalments" and not {"principal", "total"} & self.fields.keys():
            raise ValueError("instalments needs principal or total")
        return self


class FileMap(BaseModel):
    """One kind of file: how it is recognised, read, and what its rows say."""

    model_config = STRICT
    match: str
    """Name of the file; ``*`` stands for anything."""
    optional: bool = False
    key: tuple[str, ...] = ()
    """Columns that name a row. The same row twice is a duplicate; another row of that name is
    rejected. Without a key every row stands for itself."""
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    skip_lines: int = Field(default=0, ge=0)
    """Lines above the header."""
    rows: tuple[Rows, ...] = Field(min_length=1)

    def columns(self) -> list[str]:
        """Which columns must the file have, in order of first mention?"""
        named = list(self.key)
        for rows in self.rows:
            named += [s.column for s in rows.fields.values() if s.column is not None]
            named += list(rows.only)
            named += [rows.unless_empty] if rows.unless_empty else []
        return list(dict.fromkeys(named))


class Creditor(BaseModel):
    """The creditor of every loan that does not name another."""

    model_config = STRICT
    ref: str = "1"
    name: str
    lender_type: Literal["bank", "consumer_finance", "micro_lender", "auto_finance", "private"] = (
        "consumer_finance"
    )


class Map(BaseModel):
    """How the files of one lender become a book."""

    model_config = STRICT
    name: Name
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    exponent: int = Field(default=2, ge=0, le=4)
    scale: str = Field(default="1", pattern=r"^[1-9]\d{0,8}(/[1-9]\d{0,8})?$")
    """How many units of the policies' currency one unit stands for, as a whole number or fraction."""
    zone: str
    as_of: date | Literal["last_record"]
    day_count: str = "actual/365"
    encoding: str = "auto"
    separator: str = Field(default=",", min_length=1, max_length=1)
    decimal_mark: Literal[".", ","] = "."
    dates: tuple[str, ...] = ()
    line_breaks_in_fields: bool = False
    """Whether a quoted field may hold line breaks. If not, one stray quote costs one row."""
    creditor: Creditor
    product: str = "given"
    products: dict[str, str | dict[str, Any]] = {"given": "given"}
    """Identifier in the files → a product that ships, or one written out (``base`` names a shipped
    one that it changes)."""
    assume: dict[str, str] = {}
    files: tuple[FileMap, ...] = Field(min_length=1)

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            return dates.zone(name).key
        except InputError as problem:
            raise ValueError(str(problem)) from None

    @field_validator("scale", mode="before")
    @classmethod
    def _scale(cls, said: object) -> object:
        return _words(said)

    @field_validator("assume")
    @classmethod
    def _assume(cls, said: dict[str, str]) -> dict[str, str]:
        for what, choice in said.items():
            if what not in ASSUMPTIONS:
                raise ValueError(
                    f"nothing can be assumed about {what!r}{_nearest(what, ASSUMPTIONS)}"
                )
            if choice not in ASSUMPTIONS[what]:
                raise ValueError(f"{what}: {choice!r} is not one of {', '.join(ASSUMPTIONS[what])}")
        return said

    @model_validator(mode="after")
    def _whole(self) -> Map:
        """What is neither supplied nor assumed would be taken for granted silently."""
        if self.product not in self.products:
            raise ValueError(f"product {self.product!r} is not among products")
        if self.is_snapshots:
            return self
        absent = [table for table in ("people", "loans", "instalments") if table not in self.tables]
        if absent:
            raise ValueError(f"no file supplies {', '.join(absent)}")
        needed = {
            "contact_log": "contacts" not in self.tables,
            "holds": "holds" not in self.tables,
            "numbers": "numbers" not in self.tables,
            "zone_of_people": not self._maps("people", "zone"),
            "recorded": "events" in self.tables and not self._maps("events", "recorded_at"),
        }
        for what, open_question in needed.items():
            if open_question and what not in self.assume:
                raise ValueError(
                    f"the files do not say it, so the map must: "
                    f"assume: {{{what}: {' | '.join(ASSUMPTIONS[what])}}}"
                )
        return self

    @property
    def tables(self) -> set[str]:
        """Which tables do the files supply?"""
        return {rows.table for file in self.files for rows in file.rows}

    @property
    def is_snapshots(self) -> bool:
        """Monthly status instead of dated loans?"""
        return "snapshots" in self.tables

    def _maps(self, table: str, field: str) -> bool:
        said = [rows for file in self.files for rows in file.rows if rows.table == table]
        return bool(said) and all(field in rows.fields for rows in said)


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map with where it stood and its digest, which goes into the book."""

    map: Map
    where: str
    digest: str


def load_map(name_or_path: str | Path) -> MapFile:
    """Which map stands in this file, or ships under this name?

    Raises InputError naming file and line for YAML that cannot be read, an unknown word, a field
    that is missing, and everything neither supplied nor assumed.

    >>> load_map("superlender_ng").map.currency
    'NGN'
    """
    path = _find(name_or_path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", where=str(path), remedy="save it as UTF-8") from None
    except OSError as problem:
        raise InputError(f"cannot be read: {problem}", where=str(path)) from None
    the_map = read_map(text, where=str(path))
    return MapFile(the_map, path.name, _digest(the_map))


def read_map(text: str, *, where: str = "map") -> Map:
    """Which map does this YAML text say? Raises InputError with the line."""
    marked = Marked(text, where, InputError)
    if not isinstance(marked.data, dict):
        raise InputError("a map is a list of `field: value` lines", where=where)
    try:
        return Map.model_validate(marked.data)
    except ValidationError as problem:
        # A word not known comes first: it is why another is missing.
        first = min(problem.errors(), key=lambda error: error["type"] != "extra_forbidden")
        loc = [part for part in first["loc"] if part != "[key]"]
        field = ".".join(str(part) for part in loc)
        said = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            said = "unknown key"
        raise InputError(
            f"{field}: {said}" if field else said,
            where=marked.at(tuple(loc)),
            remedy="the form of a map is in docs/operators/load-your-book.md",
        ) from None


def shipped_maps() -> dict[str, Path]:
    """Which maps ship, by name?

    >>> sorted(shipped_maps())
    ['superlender_ng', 'uci_credit_default']
    """
    folder = Path(str(resources.files("forbear"))) / "maps"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.is_file():
        return path
    shipped = shipped_maps()
    if str(name_or_path) in shipped:
        return shipped[str(name_or_path)]
    raise InputError(
        "there is no such map", where=str(name_or_path), remedy=f"a file, or {', '.join(shipped)}"
    )


def _digest(the_map: Map) -> str:
    """Of what the map says, not of how it is laid out."""
    said = json.dumps(the_map.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _words(said: object) -> object:
    """What YAML read as a number, date or yes, as the words a file would hold."""
    if isinstance(said, bool):
        return "yes" if said else "no"
    if isinstance(said, int | Decimal | date):
        return str(said)
    return said


def _nearest(word: str, known: dict[str, Any]) -> str:
    near = get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]}?)" if near else f" (one of {', '.join(known)})"
