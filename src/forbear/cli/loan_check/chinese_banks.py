"""Chinese bank calculators (等额本息, 等额本金): the unrounded schedule, each figure half up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from forbear.cli.loan_check.vectors import Difference, Fields, Vector, differ_amount, joined
from forbear.loan.level import annuity
from forbear.loan.stepwise import round_exact
from forbear.money import RATE_ONE

MONTHS_A_YEAR = 12
FINE = 10**60
PLACES = {"first": 0, "second": 1, "last": -1}
FIGURE = re.compile(r"(first|second|last)_(payment|principal|interest)")


class Month(NamedTuple):
    """One month, exact."""

    principal: Fraction
    interest: Fraction

    @property
    def payment(self) -> Fraction:
        return self.principal + self.interest


def equal_instalment(vector: Vector) -> list[Difference]:
    """等额本息: the same payment every month."""
    principal, rate, count = _terms(vector.inputs)
    unit = RATE_ONE * MONTHS_A_YEAR
    level = _fine(Fraction(*annuity(principal, [rate] * count, unit)))
    months, balance = [], Fraction(principal)
    for _ in range(count):
        interest = _fine(balance * rate / unit)
        months.append(Month(level - interest, interest))
        balance -= level - interest
    return _compare(vector.expected, principal, months, {"level_instalment": level})


def _fine(value: Fraction) -> Fraction:
    """The same to 60 decimals: exact fractions would double in length every year of the loan."""
    return Fraction(value.numerator * FINE // value.denominator, FINE)


def equal_principal(vector: Vector) -> list[Difference]:
    """等额本金: the same principal every month."""
    principal, rate, count = _terms(vector.inputs)
    part = Fraction(principal, count)
    months = [
        Month(part, (principal - k * part) * rate / (RATE_ONE * MONTHS_A_YEAR))
        for k in range(count)
    ]
    falls = part * rate / (RATE_ONE * MONTHS_A_YEAR)
    return _compare(
        vector.expected, principal, months, {"each_principal": part, "monthly_decrease": falls}
    )


def _terms(inputs: Fields) -> tuple[int, int, int]:
    inputs.ignore("currency", "day_count", "rounding")
    count = inputs.whole("n", least=1)
    return inputs.amount("principal"), inputs.percent("annual_rate_percent"), count


def _compare(
    expected: Fields, principal: int, months: Sequence[Month], named: dict[str, Fraction]
) -> list[Difference]:
    figures = {
        "total_interest": sum((month.interest for month in months), Fraction(0)),
        "total_payment": sum((month.payment for month in months), Fraction(0)),
        **named,
    }
    return joined(
        differ_amount(
            name,
            expected.amount(name),
            _shown(
                figures[name] if name in figures else _figure(expected, name, principal, months)
            ),
        )
        for name in expected
    )


def _figure(expected: Fields, name: str, principal: int, months: Sequence[Month]) -> Fraction:
    """A figure that is named by its place: ``first_payment``, ``balance_after_12``."""
    if found := FIGURE.fullmatch(name):
        figure: Fraction = getattr(months[PLACES[found[1]]], found[2])
        return figure
    if found := re.fullmatch(r"balance_after_(\d+)", name):
        return principal - sum((month.principal for month in months[: int(found[1])]), Fraction(0))
    raise expected.error(name, "unknown field")


def _shown(value: Fraction) -> int:
    return int(round_exact(value.numerator, value.denominator, "half_up"))


READERS = {"equal_instalment_cn": equal_instalment, "equal_principal_cn": equal_principal}
