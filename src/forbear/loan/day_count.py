"""How long is a period, as part of a year? Six conventions, each by name, all exact fractions.

A period is (from, due]: the due date is inside it, the start is not.

========================  =========================================================================
30/360                    every month has 30 days, a week 7, a day 1, the year 360; part of a period
                          is that times its actual days over the period's actual days
actual/360, actual/365    actual days over 360 (365)
actual/actual             each day over the length of its own calendar year: split at New Year
actual/actual-period      actual days over the length of the year in which the period begins
actual/actual-feb29       actual days over 366 where the period holds a 29 February, else 365
========================  =========================================================================

>>> year_part("actual/actual", date(2023, 12, 12), date(2024, 1, 12))
Fraction(1889, 22265)
"""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from forbear.loan.due_dates import add_months, step
from forbear.loan.product import DayCount, Frequency

MONTHLY = Frequency()
NOMINAL_DAYS = {"months": 30, "weeks": 7, "days": 1}


@lru_cache(maxsize=8192)
def year_part(
    convention: DayCount,
    from_on: date,
    due_on: date,
    *,
    every: Frequency = MONTHLY,
    part: tuple[date, date] | None = None,
) -> Fraction:
    """Which part of a year is the period (from_on, due_on], or the ``part`` of it?

    ``every`` is the regular distance of due dates: under 30/360 a regular period counts its nominal
    days whatever the calendar says, a shorter or longer one in proportion.

    >>> year_part("30/360", date(2024, 1, 1), date(2024, 2, 1))
    Fraction(1, 12)
    >>> year_part("30/360", date(2024, 2, 1), date(2024, 3, 1),
    ...           part=(date(2024, 2, 1), date(2024, 2, 14)))
    Fraction(13, 348)
    >>> year_part("actual/365", date(2024, 1, 1), date(2024, 2, 1))
    Fraction(31, 365)
    """
    begin, end = part or (from_on, due_on)
    days = (end - begin).days
    if convention == "actual/360":
        return Fraction(days, 360)
    if convention == "actual/365":
        return Fraction(days, 365)
    if convention == "actual/actual":
        return _by_calendar_year(begin, end)
    if convention == "actual/actual-period":
        return Fraction(days, year_days(from_on.year))
    if convention == "actual/actual-feb29":
        return Fraction(days, 366 if holds_29_february(from_on, due_on) else 365)
    whole = nominal_days(from_on, due_on, every) / 360
    return whole if part is None else whole * Fraction(days, (due_on - from_on).days)


def nominal_days(from_on: date, due_on: date, every: Frequency) -> Fraction:
    """How many days has (from_on, due_on] where each month has 30?

    A regular period has the nominal days of its frequency. An irregular one is measured back from
    its due date: whole regular periods first, then the rest in proportion to actual days.

    >>> nominal_days(date(2024, 1, 31), date(2024, 2, 29), Frequency(1, "months"))
    Fraction(30, 1)
    >>> nominal_days(date(2024, 1, 10), date(2024, 3, 1), Frequency(1, "months"))
    Fraction(1590, 31)
    """
    nominal = NOMINAL_DAYS[every.unit] * every.count
    if every.unit != "months":
        return Fraction((due_on - from_on).days)
    if due_on in (from_on, add_months(from_on, every.count)):
        return Fraction(nominal if due_on > from_on else 0)
    total, end, back = 0, due_on, 1
    start = step(due_on, every, -1)
    while start >= from_on:
        total, end, back = total + nominal, start, back + 1
        start = step(due_on, every, -back)
    return total + Fraction(nominal * (end - from_on).days, (end - start).days)


def year_days(year: int) -> int:
    """How many days has this calendar year?

    >>> year_days(2024), year_days(2100)
    (366, 365)
    """
    return 366 if isleap(year) else 365


def holds_29_february(from_on: date, due_on: date) -> bool:
    """Is there a 29 February in (from_on, due_on]?

    >>> holds_29_february(date(2024, 2, 29), date(2024, 3, 29))
    False
    """
    return any(
        from_on < date(year, 2, 29) <= due_on
        for year in range(from_on.year, due_on.year + 1)
        if isleap(year)
    )


def _by_calendar_year(begin: date, end: date) -> Fraction:
    """Each day of (begin, end] over the length of its own year, added up exactly."""
    total, day = Fraction(0), begin
    while day < end:
        year = (day + timedelta(days=1)).year
        stop = min(end, date(year, 12, 31))
        total += Fraction((stop - day).days, year_days(year))
        day = stop
    return total
