"""One rule: a dated, cited sentence that a machine can judge. One a file, checked when it is read.

::

    title: {zh: 夜间不催收, en: No collection at night}
    kind: hours                    # closed list: see ``KINDS``
    stage: hours                   # place in the order in which the gate decides: see ``STAGES``
    applies: channel IN ('call', 'sms')
    force: standard
    verdict: block                 # or review (a named person looks); block when not said
    values:                        # dated; what the kind needs stands here
      - from: 2025-02-28
        until: none                # none, or the first day it is no longer in force
        closed: ["22:00", "08:00"]
        source: {text: GB/T 45251-2025 §5.3, read: secondary, checked_on: 2026-11-21}
    reading: how we understand it

A rule before its first ``from`` is not in force. ``read`` says how well the source was read: text,
secondary, weak, memory, or house (our own choice); anything below the text itself needs legal review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from forbear.errors import RuleError
from forbear.facts.expression import Expression, Word, parse
from forbear.law.kinds import KINDS, NOT_YET, Parameters, Reading
from forbear.law.request import WORDS
from forbear.marked import Marked, Place

FORCES = ("statute", "regulation", "interpretation", "standard", "self-regulation", "house")
READ = ("text", "secondary", "weak", "memory", "house")
VERDICTS = ("block", "review")

STAGES = (
    "police_order", "do_not_contact", "death_incapacity", "wrong_person", "plan", "dispute",
    "hardship", "legality", "recipient", "outsourcing", "certificate", "hours", "caps",
    "cooling_off", "recording",
)  # fmt: skip
"""The order in which rules decide: the first that fails names the answer, all that fail are told."""

_KEYS = {"title", "kind", "stage", "applies", "force", "verdict", "values", "reading", "bounds",
         "counts_not"}  # fmt: skip
_NEEDED = ("title", "kind", "stage", "applies", "force", "values", "reading")
_VALUE_KEYS = {"from", "until", "source"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value stands, and how well that was read."""

    text: str
    read: str
    checked_on: date

    @property
    def needs_legal_review(self) -> bool:
        """Was anything less than the text itself read? (our own house rules need none)"""
        return self.read not in ("text", "house")


@dataclass(frozen=True, slots=True)
class Value:
    """What the rule says between two dates: in force on days from_on <= day < until_on."""

    from_on: date
    until_on: date | None
    parameters: Parameters
    source: Source

    def in_force(self, day: date) -> bool:
        """Is it in force on this day?"""
        return self.from_on <= day and (self.until_on is None or day < self.until_on)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as read from its file."""

    id: str
    book: str
    title: Mapping[str, str]
    kind: str
    stage: str
    applies: Expression
    force: str
    verdict: str
    values: tuple[Value, ...]
    reading: str
    file: str = field(compare=False)

    @property
    def name(self) -> str:
        """The book and the id, as receipts and screens say it: ``cn.T-01``."""
        return f"{self.book}.{self.id}"

    def on(self, day: date) -> Value | None:
        """What does it say on this day? None: not in force."""
        return next((value for value in self.values if value.in_force(day)), None)


def read_rule(file: Path, book: str) -> Rule:
    """Read one rule file. Its id is the file's name without the ending.

    Raises RuleError, with file and line, for anything that is not one dated, cited rule.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RuleError("not UTF-8", where=str(file), remedy="save it as UTF-8") from None
    return rule_from(Marked(text, file.name, RuleError), file.stem, book)


def rule_from(marked: Marked, rule_id: str, book: str) -> Rule:
    """The same from text already read."""
    said = marked.data
    if not isinstance(said, dict):
        marked.fail("a rule is a mapping of keys", (), "title, kind, stage, applies, force, values")
    for key in said:
        if key not in _KEYS:
            marked.fail(f"unknown key {key}", (key,), f"known: {', '.join(sorted(_KEYS))}")
    for key in _NEEDED:
        if key not in said:
            marked.fail(f"{key} is missing", (), f"say {key}")
    kind = said["kind"]
    if kind in NOT_YET:
        marked.fail(f"kind {kind} is not judged yet", ("kind",), f"kinds: {', '.join(KINDS)}")
    _one_of(marked, kind, tuple(KINDS), ("kind",))
    _one_of(marked, said["stage"], STAGES, ("stage",))
    _one_of(marked, said["force"], FORCES, ("force",))
    verdict = said.get("verdict", "block")
    _one_of(marked, verdict, VERDICTS, ("verdict",))
    return Rule(
        rule_id, book, _title(marked, said["title"]), kind, said["stage"],
        _condition(marked, said["applies"], ("applies",)), said["force"], verdict,
        _values(marked, said, kind), _text(marked, said["reading"], ("reading",)), marked.where,
    )  # fmt: skip


def _one_of(marked: Marked, value: Any, values: tuple[str, ...], path: Place) -> None:
    if value not in values:
        marked.fail(f"{path[-1]} is {value!r}", path, f"one of: {', '.join(values)}")


def _text(marked: Marked, value: Any, path: Place) -> str:
    if not isinstance(value, str) or not value.strip():
        marked.fail(f"{path[-1]} says nothing", path, "write a sentence")
    return " ".join(value.split())


def _title(marked: Marked, title: Any) -> dict[str, str]:
    if not isinstance(title, dict) or set(title) != {"zh", "en"}:
        marked.fail("title needs zh and en", ("title",), "title: {zh: …, en: …}")
    return {language: _text(marked, title[language], ("title", language)) for language in title}


def _condition(marked: Marked, text: Any, path: Place) -> Expression:
    """Parse a condition; words that may be null must be guarded, so that unknown is never guessed."""
    if isinstance(text, bool):
        text = str(text).upper()
    if not isinstance(text, str):
        marked.fail(f"{path[-1]} is not a condition", path, "write it as text, or TRUE")
    expression = parse(text, WORDS, where=marked.at(path), error=RuleError)
    if expression.unguarded:
        name = expression.unguarded[0]
        marked.fail(f"{name} can be null and is compared", path, f"write {name} IS NOT NULL AND …")
    return expression


def _values(marked: Marked, said: Mapping[str, Any], kind: str) -> tuple[Value, ...]:
    rows = said["values"]
    if not isinstance(rows, list) or not rows:
        marked.fail("values is empty", ("values",), "one dated value or more")
    values = [_value(marked, row, kind, ("values", n)) for n, row in enumerate(rows)]
    bounds = said.get("bounds", {})
    for n, value in enumerate(values):
        _inside(marked, rows[n], bounds, ("values", n))
        if n and (values[n - 1].until_on or date.max) > value.from_on:
            marked.fail("dates overlap with the value before", ("values", n, "from"), "order them")
    return tuple(values)


def _value(marked: Marked, row: Any, kind: str, path: Place) -> Value:
    if not isinstance(row, dict):
        marked.fail("a value is a mapping of keys", path)
    for key in ("from", "until", "source"):
        if key not in row:
            marked.fail(f"{key} is missing", path, "until: none, if it has no end" if key == "until"
                        else f"say {key}")  # fmt: skip
    from_on, until_on = row["from"], row["until"]
    if not isinstance(from_on, date):
        marked.fail(f"from is {from_on!r}", (*path, "from"), "a calendar date, as 2026-11-21")
    if until_on != "none" and not isinstance(until_on, date):
        marked.fail(f"until is {until_on!r}", (*path, "until"), "a calendar date, or none")
    if isinstance(until_on, date) and until_on <= from_on:
        marked.fail("it ends before it begins", (*path, "until"), "until is the first day after")
    own = {key: value for key, value in row.items() if key not in _VALUE_KEYS}
    reading = Reading(marked, path, WORDS, lambda text, at: _condition(marked, text, at))
    parameters = KINDS[kind].read(own, reading)
    return Value(
        from_on, None if until_on == "none" else until_on, parameters,
        _source(marked, row["source"], (*path, "source")),
    )  # fmt: skip


def _source(marked: Marked, said: Any, path: Place) -> Source:
    if not isinstance(said, dict) or set(said) != {"text", "read", "checked_on"}:
        marked.fail("source needs text, read and checked_on", path, "source: {text: …, …}")
    _one_of(marked, said["read"], READ, (*path, "read"))
    if not isinstance(said["checked_on"], date):
        marked.fail("checked_on is not a date", (*path, "checked_on"), "as 2026-11-21")
    return Source(_text(marked, said["text"], (*path, "text")), said["read"], said["checked_on"])


def _inside(marked: Marked, row: Mapping[str, Any], bounds: Any, path: Place) -> None:
    """Is every bounded number of a house rule inside the outer bounds its file states?"""
    if not isinstance(bounds, dict):
        marked.fail("bounds is not a mapping", ("bounds",), "bounds: {most: [1, 3]}")
    for key, pair in bounds.items():
        if not (
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(p, int) for p in pair)
        ):
            marked.fail(f"bounds of {key} are not two numbers", ("bounds", key), "[least, most]")
        if key not in row:
            marked.fail(f"bounds of {key}, which no value says", ("bounds", key))
        if not pair[0] <= row[key] <= pair[1]:
            marked.fail(
                f"{key} is {row[key]}, outside its bounds {pair[0]} to {pair[1]}", (*path, key),
                "a house rule moves only inside its bounds",
            )  # fmt: skip


__all__ = ["FORCES", "READ", "STAGES", "VERDICTS", "Rule", "Source", "Value", "Word", "read_rule",
           "rule_from"]  # fmt: skip
