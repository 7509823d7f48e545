"""Which rules are in force? Rulebooks are folders of rule files; overlays are joined with ``+``.

``load("cn@2026-11-21+cn-house")`` reads two books; the first is held at the law of that date, the
second speaks for each day judged. The order of rules is fixed (stage of the gate, book, id), so the
bit of a rule in a verdict is its place in that order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import cast

import polars as pl

from forbear.book.schema import CHANNELS, PURPOSES
from forbear.dates import parse_day
from forbear.errors import RuleError
from forbear.law.kinds import Hours, Spanning
from forbear.law.masks import words
from forbear.law.request import RECIPIENTS, VOCABULARY
from forbear.law.rule import STAGES, Rule, Value, read_rule

SHIPPED = Path(__file__).parent.parent / "rulebooks"
"""The rulebooks that come with Forbear."""


@dataclass(frozen=True, slots=True)
class InForce:
    """One rule with what it says on the day judged."""

    bit: int
    rule: Rule
    value: Value
    bad: pl.Expr | None
    """Does it forbid a span (``forbear.law.kinds``)? None: a rule about hours."""

    @property
    def mask(self) -> int:
        """The rule's bit as a number."""
        return 1 << self.bit


@dataclass(frozen=True)
class Rulebook:
    """One or more books, in a fixed order, with their dates and their digest."""

    spec: str
    rules: tuple[Rule, ...]
    held_on: dict[str, date]
    """Books held at the law of a date; the others speak for the day judged."""
    digest: str
    """sha256 over the normalised files: what receipts name."""
    _in_force: dict[tuple[date | None, ...], tuple[InForce, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _could: dict[tuple[int, ...], pl.DataFrame] = field(
        default_factory=dict, repr=False, compare=False
    )

    def could_apply(self, rules: tuple[InForce, ...], said: pl.DataFrame) -> tuple[InForce, ...]:
        """Which of these rules may apply to wishes of these channels, purposes and recipients?

        ``said`` has the rows (channel, purpose, recipient) that occur. A rule is left out only where
        its condition is false whatever every other word is (Kleene), so leaving it out changes
        nothing; only the rest is compiled and run.
        """
        key = tuple(each.bit for each in rules)
        if key not in self._could:
            self._could[key] = _could(rules)
        rows = said.join(self._could[key], on=["channel", "purpose", "recipient"], nulls_equal=True)
        if rows.height < said.height:  # a word nobody said: nothing can be left out
            return rules
        return tuple(each for each in rules if bool(rows[str(each.bit)].any()))

    def in_force(self, day: date) -> tuple[InForce, ...]:
        """Which rules are in force when ``day`` is judged, in order, with their values?"""
        said = [rule.on(self.held_on.get(rule.book, day)) for rule in self.rules]
        key = tuple(value.from_on if value else None for value in said)
        if key not in self._in_force:
            self._in_force[key] = tuple(
                InForce(bit, rule, value, _bad(value))
                for bit, (rule, value) in enumerate(zip(self.rules, said, strict=True))
                if value is not None
            )
        return self._in_force[key]

    def changes(self) -> tuple[date, ...]:
        """On which days does what the book says change?"""
        days: set[date] = set()
        for rule in self.rules:
            if rule.book not in self.held_on:
                for value in rule.values:
                    days.add(value.from_on)
                    if value.until_on is not None:
                        days.add(value.until_on)
        return tuple(sorted(days))

    @property
    def words(self) -> int:
        """How many words of 64 bits has a mask of these rules?"""
        return words(len(self.rules))

    def named(self, mask: int) -> list[str]:
        """Which rules do these bits stand for? (``forbear.law.masks.whole`` reads them off a row.)

        >>> book = load("cn")
        >>> book.named(0)
        []
        """
        return [rule.name for bit, rule in enumerate(self.rules) if mask >> bit & 1]

    def find(self, name: str) -> Rule:
        """The rule of this name (RuleError if there is none)."""
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise RuleError(f"no rule {name}", where=self.spec)

    def needs_legal_review(self, day: date) -> list[str]:
        """Which rules in force that day were read from less than the text itself?"""
        return [
            each.rule.name for each in self.in_force(day) if each.value.source.needs_legal_review
        ]


def load(spec: str, *, root: Path = SHIPPED) -> Rulebook:
    """Read the books this names: ``cn``, ``cn+cn-house``, ``cn@2026-11-21+cn-house``, or a folder.

    Raises RuleError: no such book, a broken rule file (with file and line), two rules of one name.

    >>> load("cn@2026-11-21").held_on
    {'cn': datetime.date(2026, 11, 21)}
    """
    rules: list[Rule] = []
    held_on: dict[str, date] = {}
    hashed = hashlib.sha256()
    places: dict[str, int] = {}
    for part in spec.split("+"):
        name, at, day = part.strip().partition("@")
        folder = Path(name) if "/" in name else root / name
        book = folder.name
        if not name or not folder.is_dir():
            raise RuleError(f"there is no rulebook {name!r}", where=spec, remedy=_shipped(root))
        if book in places:
            raise RuleError(f"rulebook {book} is named twice", where=spec)
        places[book] = len(places)
        if at:
            held_on[book] = parse_day(day)
        files = sorted(folder.rglob("*.yaml"), key=lambda file: file.relative_to(folder).as_posix())
        if not files:
            raise RuleError(f"rulebook {name!r} has no rules", where=spec)
        for file in files:
            rules.append(read_rule(file, book))
            _hash(hashed, f"{book}/{file.relative_to(folder).as_posix()}", file.read_text("utf-8"))
    rules.sort(key=lambda rule: (STAGES.index(rule.stage), places[rule.book], rule.id))
    _distinct(rules)
    return Rulebook(spec, tuple(rules), held_on, hashed.hexdigest())


def _bad(value: Value) -> pl.Expr | None:
    if isinstance(value.parameters, Hours):
        return None
    return cast(Spanning, value.parameters).bad()


def _could(rules: tuple[InForce, ...]) -> pl.DataFrame:
    """For every channel, purpose and recipient: may the rule apply, the other words being unknown?"""
    ways = pl.DataFrame({"channel": CHANNELS}, schema={"channel": pl.Enum(CHANNELS)})
    reasons = pl.DataFrame({"purpose": PURPOSES}, schema={"purpose": pl.Enum(PURPOSES)})
    roles = pl.DataFrame({"recipient": RECIPIENTS}, schema={"recipient": pl.Enum(RECIPIENTS)})
    every = ways.join(reasons, how="cross").join(roles, how="cross")
    unknown = [
        pl.lit(None, dtype=VOCABULARY[name].dtype).alias(name)
        for name in sorted({name for each in rules for name in each.rule.applies.names})
        if name not in every.columns
    ]
    return every.with_columns(unknown).select(
        "channel",
        "purpose",
        "recipient",
        *(each.rule.applies.possible.fill_null(True).alias(str(each.bit)) for each in rules),
    )


def _shipped(root: Path) -> str:
    names = (
        sorted(folder.name for folder in root.iterdir() if folder.is_dir()) if root.is_dir() else []
    )
    return f"shipped: {', '.join(names)}"


def _hash(hashed: hashlib._Hash, name: str, text: str) -> None:
    """Add a file to the digest: line ends and trailing blanks do not change what a rule says."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    body = "\n".join(lines).strip("\n").encode()
    hashed.update(f"{name} {len(body)}\n".encode())
    hashed.update(body)


def _distinct(rules: Iterable[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.name in seen:
            raise RuleError(
                f"two rules are called {rule.name}", where=rule.file, remedy="rename one"
            )
        seen.add(rule.name)
