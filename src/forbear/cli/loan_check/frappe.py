"""Frappe Lending: on which days instalments fall due."""

from __future__ import annotations

from datetime import date

from forbear.cli.loan_check.vectors import Difference, Fields, Vector, differ, joined
from forbear.loan.due_dates import due_dates
from forbear.loan.product import DueDay, Frequency

RULES = {
    "monthly as per repayment start date": None,
    "monthly from start": None,
    "monthly as per cycle date": DueDay("day_of_month"),
    "pro-rated calendar months / start of the next month": DueDay("start_of_next_month"),
    "pro-rated calendar months / end of the current month": DueDay("end_of_month"),
}
"""None: the start is itself the first due date."""
PLACES = {"first": 0, "second": 1, "third": 2, "last": -1}
MONTHLY = Frequency(1, "months")


def due_days(vector: Vector) -> list[Difference]:
    """First, second and last due date by the rule named."""
    inputs, expected = vector.inputs, vector.expected
    days = _days(inputs)
    found = [
        differ(name, expected.day(name), days[place])
        for name, place in PLACES.items()
        if name in expected
    ]
    if "dates" in expected:
        found.append(differ("dates", expected.days("dates"), list(days)))
    return joined(found)


def _days(inputs: Fields) -> tuple[date, ...]:
    start, count = inputs.day("repayment_start"), inputs.whole("n", least=1)
    said = inputs.text("rule").lower()
    if said not in RULES:
        raise inputs.error("rule", f"{said!r} is none of: {'; '.join(RULES)}")
    rule = RULES[said]
    if rule is None:
        return (start, *due_dates(start, count - 1, every=MONTHLY)) if count > 1 else (start,)
    if rule.rule == "day_of_month":
        rule = DueDay("day_of_month", inputs.whole("cycle_day", start.day))
    return due_dates(start, count, every=MONTHLY, due_day=rule)


READERS = {"due_dates": due_days}
