"""Run vectors and say what came of them: one line a failure, counts last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from forbear.cli.loan_check.kinds import reader_of
from forbear.cli.loan_check.vectors import Difference, Vector
from forbear.errors import ForbearError

SHOWN = 4
"""Differences shown of one vector; the rest are counted."""


@dataclass
class Tally:
    """How many vectors passed, failed, are of a kind nobody reads, or are known to differ."""

    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    known: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped.total()} skipped"


def run(vectors: Sequence[Vector], known: Mapping[str, str], say: Callable[[str], None]) -> Tally:
    """Check every vector; ``say`` gets one line for each that fails, is known, or kind skipped."""
    tally = Tally()
    for vector in vectors:
        reader = reader_of(vector)
        if reader is None:
            tally.skipped[vector.kind] += 1
            continue
        problem = _problem(reader, vector)
        if not problem:
            tally.passed += 1
        elif vector.id in known:
            tally.known += 1
            say(f"known {vector.id}: {problem}")
        else:
            tally.failed += 1
            say(f"FAIL {vector.id}: {problem}")
    for kind, count in sorted(tally.skipped.items()):
        say(f"skipped {kind}: {count} (no reader for this kind)")
    if tally.known:
        say(f"{tally.known} known to differ")
    return tally


def _problem(reader: Callable[[Vector], list[Difference]], vector: Vector) -> str:
    """What is wrong with this vector, on one line; empty: nothing."""
    try:
        found = reader(vector)
        vector.inputs.finish()
        vector.expected.finish()
    except ForbearError as problem:
        return f"error: {problem}"
    except (LookupError, TypeError, ValueError, ArithmeticError) as problem:
        # one vector of the wrong shape must not hide what came of the others
        return f"error: vector {vector.id}: not readable: {type(problem).__name__}: {problem}"
    shown = [f"{each.field} expected {each.expected} got {each.got}" for each in found[:SHOWN]]
    more = len(found) - SHOWN
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
