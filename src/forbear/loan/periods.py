"""How is the term of a loan cut into periods and pieces, and what does one minor unit earn in each?

A period is (from, due]. Inside it a new piece begins where money is drawn or the rate changes. All
interest is held as whole numerators over one ``unit`` (a common denominator of the whole schedule), so
nothing is rounded before a period's interest is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import TypeAlias

from forbear.loan.day_count import year_part
from forbear.loan.product import Product
from forbear.money import RATE_ONE

Change: TypeAlias = tuple[date, int]
"""A day and an amount drawn on it; or the first day of a rate and the rate."""


@dataclass(frozen=True, slots=True)
class Period:
    """One period before amounts are known."""

    from_on: date
    due_on: date
    pieces: tuple[tuple[int, int], ...]
    """For each piece: what is drawn as it begins, and what one minor unit earns in it, × unit."""

    @property
    def drawn(self) -> int:
        """Everything drawn in this period."""
        return sum(drawn for drawn, _ in self.pieces)

    @property
    def factor(self) -> int:
        """What one minor unit earns if it stands for the whole period, × unit."""
        return sum(earned for _, earned in self.pieces)

    def interest(self, balance: int) -> int:
        """What the opening ``balance`` and the draws earn in this period, × unit: exact.

        >>> day = date(2026, 1, 1)
        >>> Period(day, day, ((100, 3), (50, 2))).interest(1000)
        5600
        """
        total = 0
        for drawn, earned in self.pieces:
            balance += drawn
            total += balance * earned
        return total


def period_of(bounds: Sequence[date], day: date) -> int:
    """In which period does something fall that begins at the end of ``day``?

    The due date's end is the beginning of the next period; anything before the term is the first
    period, anything after it the number of periods.

    >>> bounds = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    >>> period_of(bounds, date(2026, 1, 31)), period_of(bounds, date(2026, 2, 1))
    (0, 1)
    """
    return max(bisect_right(bounds, day) - 1, 0)


def cut_periods(
    product: Product, bounds: Sequence[date], draws: Sequence[Change], rates: Sequence[Change]
) -> tuple[int, tuple[Period, ...]]:
    """What is the common unit of this term, and what are its periods?

    ``rates`` is in order of day and its first entry covers the beginning.
    """
    cut = [
        _pieces(product, index, bounds[index], bounds[index + 1], draws, rates)
        for index in range(len(bounds) - 1)
    ]
    unit = lcm(*(part.denominator for pieces in cut for _, _, part in pieces))
    periods = tuple(
        Period(
            bounds[index],
            bounds[index + 1],
            tuple(
                (drawn, rate * part.numerator * (unit // part.denominator))
                for drawn, rate, part in pieces
            ),
        )
        for index, pieces in enumerate(cut)
    )
    return unit * RATE_ONE, periods


def _pieces(
    product: Product,
    index: int,
    begin: date,
    due: date,
    draws: Sequence[Change],
    rates: Sequence[Change],
) -> list[tuple[int, int, Fraction]]:
    """(drawn, rate, part of a year) of each piece of one period."""
    if len(rates) == 1 and not any(begin <= day < due for day, _ in draws):
        length = year_part(product.day_count, begin, due, every=product.every)
        return [(0, rates[0][1], Fraction(0) if index < product.interest_free_periods else length)]
    starts = {begin, *(day for day, _ in draws if begin < day < due)}
    eves = (day - timedelta(days=1) for day, _ in rates[1:])
    marks = [*sorted(starts | {eve for eve in eves if begin < eve < due}), due]
    pieces = []
    for start, end in pairwise(marks):
        drawn = sum(amount for day, amount in draws if day == start)
        rate = next(rate for day, rate in reversed(rates) if day <= start + timedelta(days=1))
        part = (start, end) if len(marks) > 2 else None
        length = year_part(product.day_count, begin, due, every=product.every, part=part)
        pieces.append(
            (drawn, rate, Fraction(0) if index < product.interest_free_periods else length)
        )
    return pieces
