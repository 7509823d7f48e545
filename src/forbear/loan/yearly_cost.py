"""What does a loan cost a year, all in? Three named ways of saying it, each in whole parts per billion.

=====================  ==============================================================================
effective_annual       X with Σ flow × (1 + X)^(−days / 365) = 0: European and British APR, XIRR
us_actuarial           Regulation Z, Appendix J: i per unit period, × unit periods a year; a first part
                       of a period counts simply: 1 + f × i
nominal_annual         the same equation with the loan's own distance of due dates as unit period:
                       internal rate of return per period × periods a year, the Chinese all-in cost
                       (IRR 年化; PBOC announcement 2021 No. 3)
=====================  ==============================================================================

No float anywhere: the equation is solved in whole numbers over 2^160, by halving the interval in which
it changes sign and stepping by the chord, until the answer in parts per billion is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from forbear.errors import InputError
from forbear.loan.due_dates import add_months, step
from forbear.loan.product import Frequency, Product
from forbear.loan.schedule import Instalment
from forbear.loan.stepwise import round_exact
from forbear.money import RATE_ONE

BITS = 160
ONE = 1 << BITS
CLOSE = 1 << 40
"""The answer is certain to 2^-120."""
WIDENINGS = 40
"""How often the interval looked in is made four times as wide before giving up."""

Annualisation = Literal["nominal", "effective"]
UnitPeriod = Frequency
HALF_MONTH = Frequency(15, "days")
"""Regulation Z's semimonthly unit period; its odd days are over 15."""
YEAR_DAYS = 365
YEAR = Frequency(12, "months")
"""The one unit period of months whose odd days are over 365."""


class Flow(NamedTuple):
    """Money on a day, in minor units: positive what the borrower receives, negative what they pay."""

    on: date
    amount: int


class Timed(NamedTuple):
    """Money after ``periods`` whole unit periods and an odd ``part`` of one."""

    periods: int
    part: Fraction
    amount: int


def effective_annual(flows: Iterable[Flow], *, day_basis: int = YEAR_DAYS) -> int:
    """Which yearly rate X makes Σ flow × (1 + X)^(−days/day_basis) zero? Parts per billion, half up.

    500 received and 510 paid back five days later is 324.4% a year:

    >>> effective_annual([Flow(date(2012, 10, 10), 50_000), Flow(date(2012, 10, 15), -51_000)])
    3244363183

    Raises InputError when money flows only one way, or no rate fits.
    """
    given = list(flows)
    start = min((flow.on for flow in given), default=date.min)
    timed = [Timed((flow.on - start).days, Fraction(0), flow.amount) for flow in given]
    factor = _solve(timed)
    grown = _power(ONE * ONE // factor, day_basis)
    return int(round_exact((grown - ONE) * RATE_ONE, ONE, "half_up"))


def daily_rate(effective: int, *, day_basis: int = YEAR_DAYS) -> int:
    """Which simple yearly rate, charged daily, compounds to this effective one? Floor, in ppb.

    >>> daily_rate(240_000_000)
    215174779
    """
    target = ONE + effective * ONE // RATE_ONE
    low, high = ONE, ONE + effective * ONE // RATE_ONE
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _power(middle, day_basis) <= target else (low, middle)
    return (low - ONE) * day_basis * RATE_ONE >> BITS


def us_actuarial(
    flows: Iterable[Flow], unit: UnitPeriod, *, per_year: Fraction | None = None
) -> int:
    """What is the annual percentage rate of Regulation Z, Appendix J? Parts per billion, half up.

    Periods are counted back from each payment to the first advance: months are equal, odd days are
    over 30 a month, 15 a half month, 7 a week, 365 a year. 5,000 lent, 24 payments of 230 a month:

    >>> lent = [Flow(date(1978, 1, 10), 500_000)]
    >>> paid = [Flow(add_months(date(1978, 2, 10), k), -23_000) for k in range(24)]
    >>> us_actuarial(lent + paid, Frequency(1, "months"))
    96857081

    Raises InputError when money flows only one way, or no rate fits.
    """
    given = list(flows)
    start = min((flow.on for flow in given), default=date.min)
    timed = [Timed(*unit_periods(start, flow.on, unit), flow.amount) for flow in given]
    return _yearly(timed, periods_a_year(unit))


def nominal_annual(
    timed: Iterable[Timed], every: Frequency, *, per_year: Fraction | None = None
) -> int:
    """What is the internal rate of return per period × periods a year? Parts per billion, half up.

    >>> paid = [Timed(k, Fraction(0), -9_456) for k in range(1, 13)]
    >>> nominal_annual([Timed(0, Fraction(0), 100_000), *paid], Frequency(1, "months"))
    240008335
    """
    return _yearly(list(timed), per_year if per_year is not None else periods_a_year(every))


def all_in_cost(
    product: Product,
    principal: int,
    disbursed_on: date,
    plan: Sequence[Instalment],
    *,
    signing_fees: int | None = None,
    annualisation: Annualisation = "nominal",
) -> int:
    """What does this loan cost the borrower a year with every fee? Parts per billion.

    Signing fees (by default the product's) are kept back from what is paid out. Nominal counts whole
    periods of the product between due dates, odd days of the first period as its part.

    >>> from forbear.loan.product import shipped
    >>> from forbear.loan.schedule import schedule
    >>> flat = shipped("flat_fee")  # 8% a year on the amount first lent
    >>> plan = schedule(flat, 1_200_000, 80_000_000, date(2026, 1, 1), 12)
    >>> all_in_cost(flat, 1_200_000, date(2026, 1, 1), plan)
    144521481
    """
    fees = product.fees_at("signing", principal) if signing_fees is None else signing_fees
    flows = [Flow(disbursed_on, principal - fees)]
    flows += [Flow(row.due_on, -row.total) for row in plan]
    if annualisation == "effective":
        return effective_annual(flows)
    start = disbursed_on
    timed = [Timed(*periods_between(start, flow.on, product.every), flow.amount) for flow in flows]
    return nominal_annual(timed, product.every)


def unit_periods(start: date, end: date, unit: UnitPeriod) -> tuple[int, Fraction]:
    """How many whole unit periods, and which part of one, lie between? By Appendix J (b)(5).

    >>> unit_periods(date(1978, 5, 23), date(1978, 10, 1), Frequency(3, "months"))
    (1, Fraction(13, 30))
    >>> unit_periods(date(1978, 2, 23), date(1978, 3, 1), HALF_MONTH)
    (0, Fraction(2, 5))
    """
    if unit.unit != "months" and unit != HALF_MONTH:
        length = unit.count * (7 if unit.unit == "weeks" else 1)
        whole, odd = divmod((end - start).days, length)
        return whole, Fraction(odd, length)
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) == end:  # the same day of the month, or the last where it has none
        return _halves(2 * months, 0) if unit == HALF_MONTH else _months(months, 0, unit)
    if add_months(end, -months) < start:
        months -= 1
    if unit == YEAR:
        years = months // 12
        return years, Fraction((add_months(end, -12 * years) - start).days, YEAR_DAYS)
    odd = (add_months(end, -months) - start).days
    if unit == HALF_MONTH:
        return _halves(2 * months, odd)
    return _months(months, odd, unit)


def _halves(halves: int, odd: int) -> tuple[int, Fraction]:
    return halves + odd // 15, Fraction(odd % 15, 15)


def _months(months: int, odd: int, unit: UnitPeriod) -> tuple[int, Fraction]:
    whole, rest = divmod(months, unit.count)
    return whole, Fraction(rest * 30 + odd, unit.count * 30)


def periods_between(start: date, end: date, every: Frequency) -> tuple[int, Fraction]:
    """How many regular periods, and which part of one, lie between, counted back from ``end``?

    >>> periods_between(date(2026, 1, 31), date(2026, 2, 28), Frequency())
    (1, Fraction(0, 1))
    >>> periods_between(date(2026, 1, 10), date(2026, 3, 1), Frequency())
    (1, Fraction(22, 31))
    """
    if every.unit != "months":
        length = every.count * (7 if every.unit == "weeks" else 1)
        whole, odd = divmod((end - start).days, length)
        return whole, Fraction(odd, length)
    months = (end.year - start.year) * 12 + end.month - start.month
    whole = months // every.count
    if months % every.count == 0 and step(start, every, whole) == end:
        return whole, Fraction(0)
    begin = step(end, every, -whole)
    if begin < start:
        whole, begin = whole - 1, step(end, every, -(whole - 1))
    days = (begin - step(end, every, -(whole + 1))).days
    return whole, Fraction((begin - start).days, days)


def periods_a_year(unit: UnitPeriod) -> Fraction:
    """How many unit periods has a year? 12 months, 24 half months, 52 weeks, 365 days.

    >>> periods_a_year(Frequency(2, "weeks")), periods_a_year(HALF_MONTH)
    (Fraction(26, 1), Fraction(24, 1))
    """
    if unit == HALF_MONTH:
        return Fraction(24)
    return Fraction({"months": 12, "weeks": 52, "days": 365}[unit.unit], unit.count)


# --- solving --------------------------------------------------------------------------------------


def _yearly(timed: Sequence[Timed], per_year: Fraction) -> int:
    factor = _solve(timed)
    rate = ONE * ONE // factor - ONE
    return int(
        round_exact(rate * per_year.numerator * RATE_ONE, ONE * per_year.denominator, "half_up")
    )


def _solve(timed: Sequence[Timed]) -> int:
    """The discount factor v = 1 / (1 + i) of one period, over 2^160, that makes the flows worth zero.

    What is lent comes first, so the flows are worth more than zero near v = 0 and the answer lies where
    their worth crosses zero: below v = 1 where the loan costs something, above where it pays.
    """
    ordered = sorted(timed, key=lambda flow: (flow.periods, flow.part, -flow.amount))
    total = sum(flow.amount for flow in ordered)
    if not ordered or ordered[0].amount <= 0 or min(flow.amount for flow in ordered) >= 0:
        raise InputError("a yearly cost needs money lent first and paid back after")
    if total == 0:
        return ONE
    inner, outer = ONE, ONE // 2 if total < 0 else 2 * ONE
    for _ in range(WIDENINGS):
        if (_value(ordered, outer) < 0) != (total < 0):
            low, high = sorted((inner, outer))
            return _cross(lambda factor: _value(ordered, factor), low, high)
        inner, outer = outer, outer // 4 if total < 0 else outer * 4
    raise InputError("no yearly rate makes these payments worth what was lent")


def _cross(value: Callable[[int], int], low: int, high: int) -> int:
    """Where does ``value`` (not below zero at ``low``, not above it at ``high``) cross zero?

    Illinois steps: the chord, with the end that stays put weighed down, so that both ends close in.
    """
    at_low, at_high, side = value(low), value(high), 0
    while high - low > CLOSE:
        middle = (high * at_low - low * at_high) // (at_low - at_high)
        middle = min(max(middle, low + CLOSE // 2), high - CLOSE // 2)
        found = value(middle)
        if found >= 0:
            low, at_low = middle, found
            at_high = at_high // 2 if side > 0 else at_high
            side = 1
        else:
            high, at_high = middle, found
            at_low = at_low // 2 if side < 0 else at_low
            side = -1
    return (low + high) // 2


def _value(ordered: Sequence[Timed], factor: int) -> int:
    """What the flows are worth at this discount factor per period, over 2^160."""
    worth, grown, done = 0, ONE, 0
    for periods, part, amount in ordered:
        if periods != done:
            grown = grown * _power(factor, periods - done) >> BITS
            done = periods
        if part:
            simple = factor * part.denominator + (ONE - factor) * part.numerator
            worth += amount * grown * factor * part.denominator // simple
        else:
            worth += amount * grown
    return worth


def _power(base: int, times: int) -> int:
    """base ** times, over 2^160."""
    result = ONE
    while times:
        if times & 1:
            result = result * base >> BITS
        base = base * base >> BITS
        times >>= 1
    return result
