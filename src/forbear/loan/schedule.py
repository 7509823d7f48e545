"""What does a borrower owe on which day? The schedule as signed, in whole minor units, exactly.

Sequential by nature, so it exists once, loan by loan. Interest of a period is found exactly (whole
numbers over one common denominator) and rounded once, by the product's rule; the last instalment
takes what rounding left, so principal always sums to what was lent.

>>> from forbear.loan.product import shipped
>>> plan = schedule(shipped("equal_instalment"), 1_000_000, 120_000_000, date(2026, 1, 15), 3)
>>> [(i.due_on.isoformat(), i.principal, i.interest, i.total) for i in plan]
[('2026-02-15', 330022, 10000, 340022), ('2026-03-15', 333322, 6700, 340022),
 ('2026-04-15', 336656, 3367, 340023)]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from forbear.errors import ProductError, RangeError
from forbear.loan.due_dates import due_dates
from forbear.loan.level import Row, tail_rows
from forbear.loan.periods import Change, cut_periods, period_of
from forbear.loan.product import SHARE_ONE, Product
from forbear.loan.stepwise import round_exact
from forbear.money import AMOUNT_MAX, RATE_MAX, SPAN_DAYS_MAX

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Instalment:
    """One instalment: what falls due on ``due_on`` for the period (from_on, due_on], in minor units."""

    seq: int
    from_on: date
    due_on: date
    principal: int
    interest: int
    fee: int = 0

    @property
    def total(self) -> int:
        """Everything due on that day."""
        return self.principal + self.interest + self.fee


def schedule(
    product: Product,
    principal: int,
    rate: int,
    disbursed_on: date,
    instalments: int,
    *,
    first_due_on: date | None = None,
    due_on: Sequence[date] | None = None,
    later_draws: Iterable[tuple[date, int]] = (),
    rate_changes: Iterable[tuple[date, int]] = (),
) -> tuple[Instalment, ...]:
    """What falls due when on a loan of ``principal`` minor units at ``rate`` (ppb a year)?

    ``later_draws`` (day, amount) and ``rate_changes`` (first day of the new rate, rate) are those known
    now. Each levels the instalments anew from the period it falls into, as if the money had stood
    there for the whole period, while interest is on what really stood. ``due_on`` gives the due dates
    outright (without that of a down payment), ``first_due_on`` only the first.

    ``instalments`` counts periods: a ``single`` loan over 6 months has one instalment, and a down
    payment comes on top as the first one, due on the day of disbursement.

    Raises ProductError (terms that make no schedule) and RangeError (outside the declared ranges).
    """
    draws, rates = sorted(later_draws), sorted(rate_changes)
    _check(product, principal, rate, draws, rates)
    days = tuple(due_on or ()) or due_dates(
        disbursed_on,
        instalments,
        every=product.every,
        due_day=product.due_day,
        first_due_on=first_due_on,
    )
    _check_days(disbursed_on, days, instalments, draws)
    down = round_exact(principal * product.down_payment, SHARE_ONE, product.rounding)
    draws.insert(0, (disbursed_on, principal - down))
    rates.insert(0, (date.min, rate))
    rows = _rows(product, (disbursed_on, *days), draws, rates)
    fee = product.fees_at("instalment", principal)
    first = [Instalment(1, disbursed_on, disbursed_on, down, 0)] if down else []
    rest = [
        Instalment(seq, row.from_on, row.due_on, row.principal, row.interest, row.fee + fee)
        for seq, row in enumerate(rows, len(first) + 1)
    ]
    return tuple(first + rest)


def as_given(rows: Iterable[Instalment], *, principal: int | None = None) -> tuple[Instalment, ...]:
    """The instalments another system supplied, in order, if they can be a schedule at all.

    Raises ProductError when due dates do not rise, an amount is negative, or (where ``principal`` is
    given) the principal does not sum to what was lent.

    >>> rows = [Instalment(1, date(2026, 1, 1), date(2026, 2, 1), 500, 5)]
    >>> as_given(rows, principal=500) == tuple(rows)
    True
    """
    plan = tuple(sorted(rows, key=lambda row: (row.due_on, row.seq)))
    if not plan:
        raise ProductError("a schedule needs at least one instalment")
    for row in plan:
        if min(row.principal, row.interest, row.fee) < 0:
            raise ProductError(f"instalment {row.seq} has a negative amount")
        if row.due_on < row.from_on:
            raise ProductError(f"instalment {row.seq} falls due before its period begins")
    for one, two in pairwise(plan):
        if two.due_on <= one.due_on or two.seq <= one.seq:
            raise ProductError(f"instalments {one.seq} and {two.seq} are not in order of due date")
    lent = sum(row.principal for row in plan)
    if principal is not None and lent != principal:
        raise ProductError(f"principal of the instalments is {lent}, lent were {principal}")
    return plan


def _rows(
    product: Product,
    bounds: tuple[date, ...],
    draws: list[Change],
    rates: list[Change],
) -> list[Row]:
    """All rows, levelled anew at every period in which something is drawn or the rate changes.

    Each stretch is made with what is known by then, as it would have been on the day.
    """
    draw_at = [period_of(bounds, day) for day, _ in draws]
    rate_at = [0, *(period_of(bounds, day - ONE_DAY) for day, _ in rates[1:])]
    last = len(bounds) - 1
    whole = product.kind == "single"  # one period: everything known falls into it
    starts = [0] if whole else sorted({0, *draw_at, *(at for at in rate_at if at < last)})
    done: list[Row] = []
    balance = 0
    for start, stop in zip(starts, [*starts[1:], last], strict=True):
        horizon = last if whole else start
        known = [draw for draw, at in zip(draws, draw_at, strict=True) if at <= horizon]
        in_force = [change for change, at in zip(rates, rate_at, strict=True) if at <= horizon]
        unit, periods = cut_periods(product, bounds, known, in_force)
        kept = tail_rows(product, unit, periods[start:], balance, start)[: stop - start]
        balance += sum(period.drawn for period in periods[start:stop])
        balance -= sum(row.principal for row in kept)
        done += kept
    return done


def _check(
    product: Product, principal: int, rate: int, draws: list[Change], rates: list[Change]
) -> None:
    """Refuse terms that make no schedule, and figures outside the declared ranges."""
    where = f"product {product.id}"
    if product.kind == "given":
        raise ProductError(
            "its instalments are supplied, not computed", where=where, remedy="use as_given"
        )
    if product.kind == "flat_fee" and (draws or rates):
        raise ProductError("a flat charge is on one amount, drawn once, at one rate", where=where)
    amounts = [principal, *(amount for _, amount in draws)]
    if min(amounts) <= 0 or sum(amounts) > AMOUNT_MAX:
        raise RangeError(f"amounts lent must be above 0 and in all at most {AMOUNT_MAX}")
    every_rate = [rate, *(changed for _, changed in rates)]
    if min(every_rate) < 0 or max(every_rate) > RATE_MAX:
        raise RangeError(f"a yearly rate must be 0 to {RATE_MAX} parts per billion")


def _check_days(
    disbursed_on: date, days: Sequence[date], instalments: int, draws: list[Change]
) -> None:
    """Refuse due dates that do not rise from the disbursement, and draws outside the term."""
    if len(days) != instalments:
        raise ProductError(f"{instalments} instalments, but {len(days)} due dates")
    for before, after in pairwise((disbursed_on, *days)):
        if after <= before:
            raise ProductError(f"due date {after} is not after {before}")
    if (days[-1] - disbursed_on).days > SPAN_DAYS_MAX:
        raise RangeError("the term is longer than 40 years", remedy="give fewer instalments")
    for day, _ in draws:
        if not disbursed_on <= day < days[-1]:
            raise ProductError(f"a draw on {day} is outside the term {disbursed_on} to {days[-1]}")
