"""What interest do instalments carry when it follows what is really outstanding?

A schedule as signed assumes that every instalment is paid on its day. This module works out the
interest of each period again: from the money that really went out and came in, the rates in force,
pauses, and the day on which interest stopped. Sub-periods are added up exactly and rounded once per
period; a day belongs to (from, due].

Up to the *till* day interest runs on principal really outstanding, overdue principal included where the
product says so (``Recalculation.overdue``); after it, as if what is overdue were paid that day. A level
instalment stays what it is, its principal is what interest leaves, and the last one open takes the
difference. Interest that an instalment paid early did not need to carry moves to the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise

from forbear.loan.day_count import year_part
from forbear.loan.product import Product
from forbear.loan.stepwise import round_exact
from forbear.loan.waterfall import INTEREST, PRINCIPAL, Row
from forbear.money import RATE_ONE

FOREVER = date.max.toordinal()


class Interest:
    """Contract interest of one loan, period by period, from dated flows of principal."""

    __slots__ = ("drawn", "fixed", "pauses", "product", "rates", "stopped_on")

    def __init__(self, product: Product, rate: int, drawn: list[tuple[int, int]]) -> None:
        self.product = product
        self.fixed = product.kind in ("given", "flat_fee")
        """Interest is what the schedule says, whatever is outstanding; pauses stop penalty only."""
        self.rates: list[tuple[int, int]] = [(0, rate)]
        """(first day, yearly rate), in order."""
        self.drawn = drawn
        """(day, amount) of every disbursement."""
        self.pauses: list[tuple[int, int]] = []
        """Days on which nothing runs: (first, last), both included."""
        self.stopped_on = FOREVER
        """The last day on which interest runs."""

    def till(self, rows: Sequence[Row], day: int) -> int:
        """Up to which day does overdue principal bear interest, seen on ``day``?"""
        mode = self.product.recalculation.overdue
        if mode == "none":
            return 0
        if mode == "at_period_end":
            for row in rows:
                if row.from_on < day <= row.due_on:
                    return row.due_on
        return day

    def early_until(self, rows: Sequence[Row], day: int) -> int:
        """Up to which day does a payment before the due date owe interest, on ``day``?"""
        if self.product.recalculation.early_interest == "to_period_end":
            for row in rows:
                if row.from_on < day <= row.due_on:
                    return row.due_on
        return day

    def parts(
        self, rows: Sequence[Row], day: int, *, ends_on: int = FOREVER
    ) -> list[tuple[int, int]]:
        """Which (interest, principal) is due on each instalment, seen on ``day``?

        Nothing accrues after ``ends_on``: with it, what could be paid on that day is said.
        """
        if self.fixed:
            return [(row.due[INTEREST], row.due[PRINCIPAL]) for row in rows]
        till, total, counted, carried = self.till(rows, day), sum(a for _, a in self.drawn), 0, 0
        absorber, later = last_open(rows), sum(_fixed_principal(row) for row in rows)
        found: list[tuple[int, int]] = []
        for place, row in enumerate(rows):
            exact = self._accrued(rows, found, place, till, ends_on)
            earned = round_exact(exact.numerator, exact.denominator, self.product.rounding)
            later -= _fixed_principal(row)
            left = total - counted - row.let_go - later
            if row.closed:
                interest, principal = row.due[INTEREST], row.due[PRINCIPAL]
            else:
                interest, principal = self._split(row, earned + carried, left, place == absorber)
            carried += earned - interest
            if row.closed:
                carried = 0
            interest += 0 if row.closed else row.extra
            counted += principal + row.let_go
            found.append((interest, principal))
        return found

    def _split(self, row: Row, earned: int, left: int, absorbs: bool) -> tuple[int, int]:
        """Interest and principal of one instalment that has ``earned`` so much interest."""
        paid_interest, paid_principal = max(row.paid[INTEREST] - row.extra, 0), row.paid[PRINCIPAL]
        if row.waits:
            return paid_interest, max(row.due[PRINCIPAL], paid_principal)
        if row.steady is None:
            return max(earned, paid_interest), max(row.due[PRINCIPAL], paid_principal)
        if absorbs:
            return max(earned, paid_interest), max(left, paid_principal)
        steady = max(row.steady, paid_interest + paid_principal)
        interest = min(earned, steady)
        if paid_principal > steady - earned:
            interest = paid_interest
        interest = max(interest, paid_interest)
        return interest, max(min(steady - interest, left), paid_principal)

    def refresh(self, rows: Sequence[Row], day: int) -> None:
        """Write into the rows what is due on them, seen on ``day``."""
        if self.fixed:
            return
        last = len(rows) - 1
        for place, (interest, principal) in enumerate(self.parts(rows, day)):
            row = rows[place]
            row.due[INTEREST], row.due[PRINCIPAL] = interest, principal
            if place == last and row.steady is not None:
                row.steady = interest + principal
            if row.met_on is None and row.due_on < day and not row.open:
                row.met_on = day

    def _accrued(
        self,
        rows: Sequence[Row],
        found: Sequence[tuple[int, int]],
        place: int,
        till: int,
        ends: int,
    ) -> Fraction:
        """Exact interest of one period."""
        row = rows[place]
        end = min(row.due_on, self.stopped_on, ends)
        if end <= row.from_on:
            return Fraction(0)
        cuts = self._cuts(rows, row.from_on, end, till)
        by_parts = self.product.recalculation.rounded == "each_part"
        exact = Fraction(0)
        for begin, stop in pairwise(cuts):
            rate = self.rate_on(stop)
            if rate and not self.paused(stop):
                balance = self._balance(rows, found, place, stop, till)
                part = balance * rate * self.year_part(row, begin, stop) / RATE_ONE
                if by_parts:
                    rule = self.product.rounding
                    part = Fraction(round_exact(part.numerator, part.denominator, rule))
                exact += part
        return exact

    def _balance(
        self, rows: Sequence[Row], found: Sequence[tuple[int, int]], place: int, day: int, till: int
    ) -> int:
        """The principal that bears interest on ``day``, which lies in the period of ``rows[place]``."""
        balance = sum(amount for on, amount in self.drawn if on < day)
        for at, row in enumerate(rows):
            if at < place and row.due_on < day and not (row.due_on < day <= till):
                balance -= found[at][1] + row.let_go
            else:
                balance -= sum(amount for on, amount in row.flows if on < day)
                balance -= sum(amount for on, amount in row.gone if on < day)
        return max(balance, 0)

    def _cuts(self, rows: Sequence[Row], begin: int, end: int, till: int) -> list[int]:
        """The days inside (begin, end] after which balance or rate may be another."""
        days = {begin, end, till, self.stopped_on}
        days.update(on for on, _ in self.drawn)
        days.update(on for row in rows for on, _ in (*row.flows, *row.gone))
        days.update(first - 1 for first, _ in self.rates)
        for first, last in self.pauses:
            days.update((first - 1, last))
        return sorted(day for day in days if begin <= day <= end)

    def rate_on(self, day: int) -> int:
        """Which yearly rate runs on this day?"""
        rate = 0
        for first, value in self.rates:
            if first <= day:
                rate = value
        return rate

    def paused(self, day: int) -> bool:
        """Does nothing run on this day?"""
        return any(first <= day <= last for first, last in self.pauses)

    def year_part(self, row: Row, begin: int, end: int) -> Fraction:
        """Which part of a year are the days (begin, end] of this row's period?"""
        product, total = self.product, Fraction(0)
        for from_on, due_on in row.grid or ((row.from_on, row.due_on),):
            first, last = max(begin, from_on), min(end, due_on)
            if first < last:
                total += year_part(
                    product.day_count,
                    date.fromordinal(from_on),
                    date.fromordinal(due_on),
                    every=row.every or product.every,
                    part=(date.fromordinal(first), date.fromordinal(last)),
                )
        return total

    def factors(self, rows: Sequence[Row]) -> Iterator[Fraction]:
        """How much does one unit earn in each of these periods at the rates in force?"""
        for row in rows:
            cuts = self._cuts((), row.from_on, row.due_on, 0)
            yield sum(
                (
                    self.rate_on(stop) * self.year_part(row, begin, stop) / RATE_ONE
                    for begin, stop in pairwise(cuts)
                ),
                Fraction(0),
            )

    # --- level instalments ------------------------------------------------------------------------

    def relevel(self, rows: Sequence[Row], start: int, day: int) -> None:
        """Give the instalments from place ``start`` on one new level amount, seen on ``day``.

        The amount that repays what stands at the beginning of that period (with what is disbursed in
        it) in the periods left, rounded as the product says; instalments already paid beyond it keep
        what was paid.
        """
        related = rows[start:]
        if not related or related[0].steady is None:
            return
        parts = self.parts(rows, day)
        first = related[0]
        balance = sum(a for on, a in self.drawn if on < first.due_on)
        balance -= sum(principal for _, principal in parts[:start])
        level = level_amount(balance, list(self.factors(related)), self.product)
        _set_level(related, level)
        if self.product.levelling:
            self._smooth(rows, related, level, day)

    def _smooth(self, rows: Sequence[Row], related: Sequence[Row], level: int, day: int) -> None:
        """Move the level by a few units where that brings the last instalment closer to it."""
        count = len(related)
        for _ in range(3):
            gap = sum(self.parts(rows, day)[-1]) - level
            if count < 2 or abs(gap) <= count // 2:
                return
            beyond = sum(row.paid[INTEREST] + row.paid[PRINCIPAL] > level for row in related)
            moved = level + round_exact(gap, max(1, count - beyond), "half_even")
            moved = to_multiple(moved, self.product)
            if moved == level:
                return
            _set_level(related, moved)
            if abs(sum(self.parts(rows, day)[-1]) - moved) >= abs(gap):
                _set_level(related, level)
                return
            level = moved


def level_amount(balance: int, factors: Sequence[Fraction], product: Product) -> int:
    """Which equal instalment repays ``balance`` when each period earns its own factor?

    >>> from forbear.loan.product import shipped
    >>> level_amount(10_000, [Fraction(7, 1200)] * 6, shipped("equal_instalment"))
    1701
    """
    grown, summed = Fraction(1), Fraction(1)
    for place, factor in enumerate(factors):
        grown *= 1 + factor
        if place:
            summed = 1 + summed * (1 + factor)
    exact = balance * grown / summed
    minor = round_exact(exact.numerator, exact.denominator, product.rounding)
    return to_multiple(minor, product, exact)


def to_multiple(minor: int, product: Product, exact: Fraction | None = None) -> int:
    """The amount as a multiple of what the product asks for."""
    unit = product.instalment_multiple
    if unit == 1 and exact is None:
        return minor
    value = Fraction(minor) if exact is None else exact
    rule = product.instalment_rounding
    return int(unit * round_exact(value.numerator, value.denominator * unit, rule))


def last_open(rows: Sequence[Row]) -> int:
    """The place of the last level instalment not fully paid; −1: none."""
    for place in range(len(rows) - 1, -1, -1):
        row = rows[place]
        if row.steady is not None and row.paid[INTEREST] + row.paid[PRINCIPAL] < row.steady:
            return place
    return -1


def _fixed_principal(row: Row) -> int:
    """What an instalment needs at least: no other may take what was paid or let go of there."""
    asked = row.due[PRINCIPAL] if row.steady is None else row.paid[PRINCIPAL]
    return max(asked, row.paid[PRINCIPAL]) + row.let_go


def _set_level(rows: Sequence[Row], level: int) -> None:
    for row in rows:
        if row.paid[INTEREST] + row.paid[PRINCIPAL] <= level:
            row.steady = level
