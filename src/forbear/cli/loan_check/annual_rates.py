"""Yearly rates: Regulation Z, Appendix J, and the effective rate of Britain and Europe."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from forbear.cli.loan_check.vectors import Difference, Fields, Vector, differ
from forbear.loan.product import Frequency
from forbear.loan.yearly_cost import (
    HALF_MONTH,
    Flow,
    Timed,
    effective_annual,
    nominal_annual,
    periods_a_year,
    unit_periods,
)

MONTHS = {"month": 1, "quarter": 3, "year": 12}
TOLERANCE = re.compile(r"tolerance ([0-9.]+) percentage point")


def us_actuarial(vector: Vector) -> list[Difference]:
    """One advance, then payments one unit period apart, the first and last perhaps different."""
    inputs = vector.inputs
    inputs.ignore("day_count", "odd_days")  # the convention itself, and what it comes to here
    unit = _unit(inputs)
    lent_on, first_on = inputs.day("advance_on"), inputs.day("first_payment_on")
    count, payment = inputs.whole("n", least=1), inputs.amount("payment")
    whole, part = unit_periods(lent_on, first_on, unit)
    amounts = [payment] * count
    amounts[0] = inputs.amount("first_payment", payment)
    amounts[-1] = inputs.amount("final_payment", amounts[-1])
    timed = [Timed(0, Fraction(0), inputs.amount("amount_advanced"))]
    timed += [Timed(whole + k, part, -amount) for k, amount in enumerate(amounts)]
    per_year = periods_a_year(unit)
    if "unit_periods_per_year" in inputs:
        per_year = inputs.fraction("unit_periods_per_year")
    return _compare(vector, nominal_annual(timed, unit, per_year=per_year))


def effective(vector: Vector) -> list[Difference]:
    """One advance and dated payments."""
    inputs = vector.inputs
    day_count = inputs.text("day_count", "actual/365 exponents")
    basis = {"actual/365": 365, "actual/360": 360, "actual/366": 366}.get(day_count.split()[0])
    if basis is None:
        raise inputs.error("day_count", f"{day_count!r} is not known")
    flows = [Flow(inputs.day("advance_on"), inputs.amount("amount_advanced"))]
    for payment in inputs.items("payments"):
        flows.append(Flow(payment.day("date"), -payment.amount("amount")))
        payment.finish()
    return _compare(vector, effective_annual(flows, day_basis=basis))


def _unit(inputs: Fields) -> Frequency:
    """Which unit period do these words say: ``1 month``, ``half month``, ``2 weeks``, ``90 days``?"""
    said = inputs.text("unit_period")
    found = re.fullmatch(r"(?:(\d+) )?(half month|day|week|month|quarter|year)s?", said)
    if not found:
        raise inputs.error("unit_period", f"{said!r} is not known")
    count, word = int(found[1] or 1), found[2]
    if word == "half month":
        return HALF_MONTH
    if word in MONTHS:
        return Frequency(count * MONTHS[word], "months")
    return Frequency(count, "weeks" if word == "week" else "days")


def _compare(vector: Vector, rate: int) -> list[Difference]:
    """Equal at the decimals expected, or within the tolerance that the source itself names."""
    expected = vector.expected.decimal("apr_percent")
    got = Decimal(rate).scaleb(-7)
    tolerance = TOLERANCE.search(vector.inputs.text("rounding", ""))
    if tolerance and abs(got - expected) <= Decimal(tolerance[1]):
        return []
    shown = got.quantize(Decimal(1).scaleb(int(expected.as_tuple().exponent)), ROUND_HALF_UP)
    return differ("apr_percent", expected, shown)


READERS = {"apr_us_actuarial": us_actuarial, "apr_effective_annual": effective}
