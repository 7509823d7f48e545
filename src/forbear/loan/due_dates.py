"""On which days do instalments fall due? By month, week or day, by the rule the product names."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from forbear.errors import ProductError, RangeError
from forbear.loan.product import DueDay, Frequency

SAME_DAY = DueDay()


def add_months(day: date, months: int, *, anchor: int | None = None) -> date:
    """Which day is this many months later? The month's last day where it has no such day.

    ``anchor`` is the day of the month that is meant, so that a chain of steps does not lose the 31st.

    >>> add_months(date(2024, 1, 31), 1), add_months(date(2024, 2, 29), 1, anchor=31)
    (datetime.date(2024, 2, 29), datetime.date(2024, 3, 31))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor or day.day, last))


def step(day: date, every: Frequency, times: int, *, anchor: int | None = None) -> date:
    """Which day is ``times`` periods after (before, if negative) this one?

    >>> step(date(2024, 1, 1), Frequency(2, "weeks"), 3)
    datetime.date(2024, 2, 12)
    """
    if every.unit == "months":
        return add_months(day, every.count * times, anchor=anchor)
    return day + timedelta(days=every.count * times * (7 if every.unit == "weeks" else 1))


def due_dates(
    disbursed_on: date,
    count: int,
    *,
    every: Frequency,
    due_day: DueDay = SAME_DAY,
    first_due_on: date | None = None,
) -> tuple[date, ...]:
    """On which ``count`` days do instalments fall due?

    ``first_due_on`` overrides the rule for the first one; the others follow at the regular distance.
    Raises ProductError when there is no instalment, or the first is not after the disbursement, and
    RangeError when they run past the end of the calendar.

    >>> [d.isoformat() for d in due_dates(date(2023, 10, 31), 4, every=Frequency(1, "months"))]
    ['2023-11-30', '2023-12-31', '2024-01-31', '2024-02-29']
    >>> due_dates(date(2026, 1, 25), 1, every=Frequency(), due_day=DueDay("day_of_month", 1, 15))
    (datetime.date(2026, 3, 1),)
    """
    if count < 1:
        raise ProductError("a loan needs at least one instalment")
    try:
        return _due_dates(disbursed_on, count, every, due_day, first_due_on)
    except (ValueError, OverflowError):
        raise RangeError(
            "due dates run past the end of the calendar", remedy="mend the date or the count"
        ) from None


def _due_dates(
    disbursed_on: date, count: int, every: Frequency, due_day: DueDay, first_due_on: date | None
) -> tuple[date, ...]:
    first, anchor = first_due(disbursed_on, every=every, due_day=due_day)
    if first_due_on is not None and first_due_on != first:
        ends_month = first_due_on.day == monthrange(first_due_on.year, first_due_on.month)[1]
        meant = anchor if ends_month and anchor > first_due_on.day else first_due_on.day
        first, anchor = first_due_on, meant
    if first <= disbursed_on:
        raise ProductError(f"first due date {first} is not after the disbursement {disbursed_on}")
    return tuple(step(first, every, k, anchor=anchor) for k in range(count))


def first_due(disbursed_on: date, *, every: Frequency, due_day: DueDay) -> tuple[date, int]:
    """What is the first due date by the rule, and which day of the month is meant by it?

    >>> first_due(date(2026, 1, 31), every=Frequency(), due_day=DueDay("same_day"))
    (datetime.date(2026, 2, 28), 31)
    >>> first_due(date(2026, 10, 17), every=Frequency(), due_day=DueDay("end_of_month"))
    (datetime.date(2026, 10, 31), 31)
    """
    if due_day.rule == "same_day":
        return step(disbursed_on, every, 1), disbursed_on.day
    anchor = {"day_of_month": due_day.day, "start_of_next_month": 1, "end_of_month": 31}[
        due_day.rule
    ]
    first = add_months(disbursed_on, 0, anchor=anchor)
    while (first - disbursed_on).days < max(due_day.least_days, 1):
        first = add_months(first, 1, anchor=anchor)
    return first, anchor
