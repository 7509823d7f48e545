"""The form of a conformance file: vectors, their fields read one by one, and what differs.

Every field of a vector must be asked for by the reader of its kind (or named as of no consequence), so
a misspelt or new word is an error and never silently leaves something unchecked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from forbear.dates import parse_day
from forbear.errors import CaseError, ForbearError
from forbear.money import RATE_ONE, format_amount, parse_amount

ABSENT: Any = object()
VECTOR_FIELDS = ("id", "kind", "inputs", "expected")
ABOUT = ("source", "title", "notes", "verification")


class Difference(NamedTuple):
    """One figure that is not what the vector expects."""

    field: str
    expected: str
    got: str


class Fields:
    """One object of a vector, read field by field; ``finish`` complains about what nobody asked for."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise CaseError("should be an object", where=where)
        self._data, self._where, self._asked = data, where, set[str]()

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def raw(self, name: str, default: Any = ABSENT) -> Any:
        """The value as written; CaseError when it is absent and there is no default."""
        self._asked.add(name)
        if name not in self._data:
            if default is ABSENT:
                raise self.error(name, "missing")
            return default
        return self._data[name]

    def text(self, name: str, default: Any = ABSENT) -> str:
        """A string."""
        value = self.raw(name, default)
        if not isinstance(value, str) and value is not default:
            raise self.error(name, f"{value!r} should be text")
        return str(value)

    def choice(self, name: str, words: Mapping[str, Any], default: Any = ABSENT) -> Any:
        """One of a closed list of words, translated."""
        value = self.raw(name, default)
        if value is default and name not in self._data:
            return default
        if not isinstance(value, str) or value not in words:
            raise self.error(name, f"{value!r} is none of {', '.join(sorted(words))}")
        return words[value]

    def whole(self, name: str, default: Any = ABSENT, *, least: int | None = None) -> int:
        """A whole number, perhaps with a least value."""
        value = self.raw(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"{value!r} should be a whole number")
        if least is not None and value < least:
            raise self.error(name, f"{value} should be at least {least}")
        return value

    def flag(self, name: str, default: Any = ABSENT) -> bool:
        """True or false."""
        value = self.raw(name, default)
        if not isinstance(value, bool):
            raise self.error(name, f"{value!r} should be true or false")
        return value

    def amount(self, name: str, default: Any = ABSENT, *, exponent: int = 2) -> int:
        """A decimal string as minor units."""
        value = self.raw(name, default)
        if value is default and name not in self._data:
            return int(default)
        if not isinstance(value, str):
            raise self.error(name, f"{value!r} should be a decimal string")
        try:
            return parse_amount(value, exponent=exponent)
        except ForbearError as problem:
            raise self.error(name, problem.problem) from None

    def percent(self, name: str, default: Any = ABSENT, *, one: int = RATE_ONE) -> int:
        """A percentage, as whole parts of ``one`` (by default parts per billion)."""
        value = self.raw(name, default)
        try:
            scaled = Decimal(str(value)) * one / 100
        except InvalidOperation:
            raise self.error(name, f"{value!r} should be a percentage") from None
        if not scaled.is_finite() or scaled != int(scaled):
            raise self.error(name, f"{value!r} is not a whole number of parts in {one}")
        return int(scaled)

    def decimal(self, name: str, default: Any = ABSENT) -> Decimal:
        """A decimal number as written."""
        value = self.raw(name, default)
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite():
            raise self.error(name, f"{value!r} should be a number")
        return found

    def fraction(self, name: str) -> Fraction:
        """A number above zero, whole, decimal or as ``365/255``."""
        value = self.raw(name)
        try:
            found = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            found = Fraction(0)
        if found <= 0:
            raise self.error(name, f"{value!r} should be a number above zero")
        return found

    def day(self, name: str, default: Any = ABSENT) -> Any:
        """A calendar day."""
        value = self.raw(name, default)
        return value if value is default and name not in self._data else self._day(name, value)

    def days(self, name: str, default: Any = ABSENT) -> list[date]:
        """A list of calendar days."""
        return [self._day(name, value) for value in self._list(name, default)]

    def spans(self, name: str) -> list[tuple[date, date]]:
        """A list of pairs of days."""
        pairs = self._list(name, ABSENT)
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise self.error(name, "should be a list of pairs of days")
        return [(self._day(name, begin), self._day(name, end)) for begin, end in pairs]

    def items(self, name: str, default: Any = ABSENT) -> list[Fields]:
        """A list of objects, each to be read (and finished) in turn."""
        found = self._list(name, default)
        return [Fields(each, f"{self._where}.{name}[{at}]") for at, each in enumerate(found)]

    def inner(self, name: str) -> Fields:
        """One object inside this one."""
        return Fields(self.raw(name), f"{self._where}.{name}")

    def ignore(self, *names: str) -> None:
        """These fields say nothing that changes the result."""
        self._asked.update(names)

    def finish(self) -> None:
        """Complain about the first field nobody asked for."""
        for name in self._data:
            if name not in self._asked:
                raise self.error(name, "unknown field")

    def error(self, name: str, problem: str) -> CaseError:
        """An error that names the vector and the field."""
        return CaseError(problem, where=f"{self._where}.{name}")

    def _day(self, name: str, value: Any) -> date:
        try:
            return parse_day(str(value))
        except ForbearError as problem:
            raise self.error(name, problem.problem) from None

    def _list(self, name: str, default: Any) -> list[Any]:
        value = self.raw(name, default)
        if not isinstance(value, list | tuple):
            raise self.error(name, "should be a list")
        return list(value)


@dataclass(frozen=True, slots=True)
class Vector:
    """One expected result and where it comes from."""

    id: str
    kind: str
    source: str
    inputs: Fields
    expected: Fields


def read_vectors(path: Path) -> list[Vector]:
    """Which vectors does this file hold? Raises CaseError with line and column, or vector and field."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as problem:
        raise CaseError(
            f"not JSON: {problem.msg}", where=f"{path} line {problem.lineno} column {problem.colno}"
        ) from None
    except UnicodeDecodeError as problem:
        raise CaseError(f"not UTF-8 text: {problem.reason}", where=str(path)) from None
    listed = data.get("vectors") if isinstance(data, dict) else data
    if not isinstance(listed, list):
        raise CaseError("should hold a list under `vectors`", where=str(path))
    vectors = [_vector(each, at) for at, each in enumerate(listed)]
    seen: set[str] = set()
    for vector in vectors:
        if vector.id in seen:
            raise CaseError("two vectors have this id", where=f"vector {vector.id}")
        seen.add(vector.id)
    return vectors


def _vector(data: Any, at: int) -> Vector:
    fields = Fields(data, f"vector {data.get('id', at) if isinstance(data, dict) else at}")
    name, kind = fields.text("id"), fields.text("kind")
    fields.ignore(*ABOUT, "inputs", "expected")
    fields.finish()
    where = f"vector {name}: "
    return Vector(
        name,
        kind,
        fields.text("source", ""),
        Fields(fields.raw("inputs"), where + "inputs"),
        Fields(fields.raw("expected"), where + "expected"),
    )


def read_known(path: Path) -> dict[str, str]:
    """Which vectors are known to differ, and why? A line is an id, blanks, the reason; # comments."""
    known = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise CaseError(f"not UTF-8 text: {problem.reason}", where=str(path)) from None
    for line in text.splitlines():
        words = line.split("#", 1)[0].split(None, 1)
        if words:
            known[words[0]] = words[1].strip() if len(words) > 1 else ""
    return known


def differ(field: str, expected: object, got: object) -> list[Difference]:
    """A difference if the two are not equal, else nothing."""
    return [] if expected == got else [Difference(field, str(expected), str(got))]


def differ_amount(field: str, expected: int, got: int, *, exponent: int = 2) -> list[Difference]:
    """The same for minor units, shown as people read them."""
    if expected == got:
        return []
    shown = (format_amount(value, exponent=exponent) for value in (expected, got))
    return [Difference(field, *shown)]


def joined(found: Iterable[list[Difference]]) -> list[Difference]:
    """All differences in order."""
    return [each for some in found for each in some]
