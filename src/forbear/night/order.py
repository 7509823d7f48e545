"""What is a night told to do? The same order for every part file, and for every night of a replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import polars as pl

from forbear.book.arrears.terms import Terms
from forbear.book.layout import Book
from forbear.law.rulebook import Rulebook
from forbear.policy import Policy
from forbear.score.tables import Scores

Clock = Callable[[], int]
"""Nanoseconds from somewhere; for measuring only, never written to a night."""


def no_clock() -> int:
    """The clock of a night that is not measured."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The day, and everything the night decides by."""

    day: date
    policy: Policy
    rulebook: Rulebook
    scores: Scores
    terms: Terms
    creditors: pl.DataFrame
    book_zone: str = "Asia/Shanghai"
    seed: int = 0
    """Keys the draws of an experiment."""
    receipts: bool = True
    suppressed: tuple[int, ...] = ()
    """Numbers that nobody may use again, whoever's file they stand in (number register)."""
    scale: Fraction = Fraction(1)
    """How many fen of the policy's currency one minor unit of the book stands for."""


def scale_of(book: Book) -> Fraction:
    """How many fen of a policy's currency does one minor unit of this book stand for?"""
    fen = Fraction(100, 10**book.manifest.exponent)
    return Fraction(book.manifest.scale) * fen


@dataclass(slots=True)
class Stopwatch:
    """How long did each stage of a night take? Nanoseconds by stage, in order of first use."""

    clock: Clock = no_clock
    spent: dict[str, int] = field(default_factory=dict)
    since: int = 0

    def start(self) -> None:
        """Begin to measure."""
        self.since = self.clock()

    def lap(self, stage: str) -> None:
        """What passed since the last lap was this stage.

        >>> ticks = iter([0, 5, 9])
        >>> watch = Stopwatch(lambda: next(ticks))
        >>> watch.start(); watch.lap("read"); watch.lap("money")
        >>> watch.spent
        {'read': 5, 'money': 4}
        """
        now = self.clock()
        self.spent[stage] = self.spent.get(stage, 0) + now - self.since
        self.since = now
