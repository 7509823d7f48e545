"""YAML that remembers on which line everything stood, so that a mistake is named where it stands.

Rulebooks, policies and the maps of a lender's files are read with it. Numbers with a decimal point are
exact decimals (no float touches money or shares), a day must exist, and a key written twice is a
mistake, not the last one winning.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import yaml

from forbear.errors import ForbearError

Place = tuple[str | int, ...]
"""Keys and item numbers from the top of the file down to one part of it."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same reader in C where the machine has it."""

_DATE = len("2026-11-21")


class Marked:
    """What a YAML text says, as plain values, with the line on which each part begins.

    >>> rule = Marked("from: 2026-11-21\\nshares:\\n  - 0.05\\n", "rule.yaml", ForbearError)
    >>> rule.data
    {'from': datetime.date(2026, 11, 21), 'shares': [Decimal('0.05')]}
    >>> rule.at(("shares", 0))
    'rule.yaml line 3'
    """

    def __init__(self, text: str, where: str, error: type[ForbearError]) -> None:
        """Read ``text``, which stands in the file ``where``; ``error`` is raised for its mistakes."""
        self.where, self._error = where, error
        self._lines: dict[Place, int] = {}
        self._plain = yaml.SafeLoader("")
        try:
            node = yaml.compose(text, Loader=_LOADER)
            self.data: Any = None if node is None else self._value(node, ())
        except yaml.YAMLError as problem:
            mark = getattr(problem, "problem_mark", None)
            said = getattr(problem, "problem", None) or "bad character"
            raise error(
                f"not readable as YAML: {said}",
                where=f"{where} line {mark.line + 1 if mark else 1}",
            ) from None
        except RecursionError:
            raise error("not readable as YAML: nested without end", where=where) from None

    def line(self, place: Place) -> int:
        """On which line does this part begin? The nearest part around it, if it is absent."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def at(self, place: Place) -> str:
        """Where does this part stand, as ``file line N``? The nearest part around it, if absent."""
        return f"{self.where} line {self.line(place)}"

    def fail(self, problem: str, place: Place = (), remedy: str = "") -> NoReturn:
        """Raise the file's error at this part, or at the nearest part around it."""
        raise self._error(problem, where=self.at(place), remedy=remedy)

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            data: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                here = (*place, key)
                self._lines[here] = key_node.start_mark.line + 1
                if key in data:
                    self.fail(f"{key} is written twice", here, "keep one")
                data[key] = self._value(value_node, here)
            return data
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*place, n)) for n, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        text = str(node.value)
        said = f"{place[-1]}: {text[:40]}" if place else text[:40]
        if node.tag == "tag:yaml.org,2002:timestamp":
            if len(text) > _DATE:  # a moment stays the text it is: its reader knows the zone
                return text
            try:
                return date.fromisoformat(text)
            except ValueError:
                self.fail(f"{said} is not a calendar date", place, "write it as 2026-11-21")
        if node.tag == "tag:yaml.org,2002:float":
            try:
                number = Decimal(text.replace("_", ""))
            except InvalidOperation:
                self.fail(f"{said} is not a number", place)
            return number
        try:
            return self._plain.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as problem:
            self.fail(f"{said} cannot be read: {str(problem).splitlines()[0]}", place)
