"""Apache Fineract: schedules as signed (level instalments, the classic calculator, rate factors)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from forbear.cli.loan_check.fineract_terms import DAY_COUNTS, Terms, read_terms
from forbear.cli.loan_check.vectors import (
    Difference,
    Fields,
    Vector,
    differ,
    differ_amount,
    joined,
)
from forbear.loan.day_count import year_part
from forbear.loan.due_dates import add_months
from forbear.loan.product import DayCount, Frequency
from forbear.loan.schedule import Instalment
from forbear.loan.stepwise import round_exact
from forbear.money import RATE_ONE

HOW_PAID = (
    "allocation_strategy", "allocation_order", "processing", "future_instalment_rule",
    "down_payment_collected_automatically",
)  # fmt: skip
"""How payments will be dealt with: of no consequence to the schedule as signed."""


def level_instalment_schedule(vector: Vector) -> list[Difference]:
    """A level instalment, moved by a few units where that evens out the last one."""
    vector.inputs.ignore(*HOW_PAID)
    terms = read_terms(vector.inputs, levelling=True)
    return _compare(vector.expected, terms, terms.plan())


def classic_schedule(vector: Vector) -> list[Difference]:
    """The older calculator: flat or declining, whole-unit instalments, no levelling."""
    vector.inputs.ignore(*HOW_PAID)
    terms = read_terms(vector.inputs, levelling=False)
    return _compare(vector.expected, terms, terms.plan())


def period_rate_factor(vector: Vector) -> list[Difference]:
    """What one unit of money earns in each period, to twelve decimals."""
    inputs = vector.inputs
    inputs.ignore("rounding")
    rate = inputs.percent("annual_rate_percent")
    convention: DayCount = inputs.choice("day_count", DAY_COUNTS)
    stated = Frequency(
        inputs.whole("repay_every", 1),
        inputs.choice("repay_unit", {u: u for u in ("months", "weeks", "days")}, "months"),
    )
    got = []
    for begin, due in inputs.spans("periods"):
        every = stated if "repay_unit" in inputs else _apparent(begin, due)
        got.append(_factor(rate, convention, begin, due, every))
    return _differ_factors(vector.expected.raw("rate_factors"), got)


def _apparent(begin: date, due: date) -> Frequency:
    """At which distance do due dates stand, as far as one period shows?"""
    months = (due.year - begin.year) * 12 + due.month - begin.month
    whole = months > 0 and due in (add_months(begin, months), add_months(begin, months, anchor=31))
    return Frequency(months, "months") if whole else Frequency((due - begin).days, "days")


def _factor(rate: int, convention: DayCount, begin: date, due: date, every: Frequency) -> Fraction:
    return Fraction(rate, RATE_ONE) * year_part(convention, begin, due, every=every)


def _differ_factors(expected: Sequence[str], got: Sequence[Fraction]) -> list[Difference]:
    found = differ("rate factors", len(expected), len(got))
    for at, (want, have) in enumerate(zip(expected, got, strict=False), 1):
        places = -int(Decimal(want).as_tuple().exponent)
        scaled = round_exact(have.numerator * 10**places, have.denominator, "half_even")
        shown = f"{Decimal(int(scaled)).scaleb(-places):f}"
        found += differ(f"rate factor {at}", Decimal(want), Decimal(shown))
    return found


def _compare(expected: Fields, terms: Terms, plan: Sequence[Instalment]) -> list[Difference]:
    """Row by row, then the totals, then what led to them."""
    rows = expected.items("installments")
    found = differ("number of instalments", len(rows), len(plan))
    balance = terms.principal
    for row, got in zip(rows, plan, strict=False):
        balance -= got.principal
        found += _compare_row(row, got, balance)
    regular = [got for got in plan if got.due_on > got.from_on]
    totals = {
        "total_interest": sum(got.interest for got in plan),
        "total_due": sum(got.total for got in plan),
        "level_instalment": regular[-2 if len(regular) > 1 else -1].total,
    }
    for name, total in totals.items():
        if name in expected:
            found += differ_amount(name, expected.amount(name), total)
    if "period_rate_factors" in expected:
        product = terms.product
        factors = [
            _factor(terms.rate, product.day_count, got.from_on, got.due_on, product.every)
            for got in regular
        ]
        found += _differ_factors(expected.raw("period_rate_factors"), factors)
    return found


def _compare_row(row: Fields, got: Instalment, balance: int) -> list[Difference]:
    name = f"instalment {row.whole('n', got.seq)}"
    amounts = {
        "principal": got.principal,
        "interest": got.interest,
        "fees": got.fee,
        "penalties": 0,
        "total_due": got.total,
        "balance_after": balance,
    }
    found = joined(
        differ_amount(f"{name} {field}", row.amount(field), amount)
        for field, amount in amounts.items()
        if field in row
    )
    if "due_date" in row:
        found += differ(f"{name} due_date", row.day("due_date"), got.due_on)
    if "days" in row:
        found += differ(f"{name} days", row.whole("days"), (got.due_on - got.from_on).days)
    row.finish()
    return found


READERS = {
    "level_instalment_schedule": level_instalment_schedule,
    "classic_schedule": classic_schedule,
    "period_rate_factor": period_rate_factor,
}
