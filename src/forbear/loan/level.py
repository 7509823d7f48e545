"""How is what is lent spread over the periods: the level instalment and the rows of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from forbear.errors import ProductError
from forbear.loan.periods import Period
from forbear.loan.product import Product
from forbear.loan.stepwise import round_exact

LEVELLING_TRIES = 3


class Row(NamedTuple):
    """One period with its amounts, before it has a number."""

    from_on: date
    due_on: date
    principal: int
    interest: int
    fee: int = 0


def annuity(balance: int, factors: Sequence[int], unit: int) -> tuple[int, int]:
    """Which instalment, the same every period, pays ``balance`` off? An exact (numerator, denominator).

    ``factors`` are what one minor unit earns in each period, × ``unit``; they may differ.

    >>> annuity(100, [10, 10], 1000)  # 100 at 1% a period, twice: 50.7512…
    (102010000, 2010000)
    """
    product, series, power = 1, 0, 1
    for factor in factors:
        product *= unit + factor
        series = series * (unit + factor) + power
        power *= unit
    return balance * product, unit * series


def level_instalment(product: Product, balance: int, factors: Sequence[int], unit: int) -> int:
    """What is the level instalment in minor units, a multiple as the product says?

    >>> from forbear.loan.product import shipped
    >>> level_instalment(shipped("equal_instalment"), 10_000, [10_000_000] * 6, 10**9)
    1725
    """
    numerator, denominator = annuity(balance, factors, unit)
    multiple = product.instalment_multiple
    return int(
        round_exact(numerator, denominator * multiple, product.instalment_rounding) * multiple
    )


def tail_rows(
    product: Product, unit: int, periods: Sequence[Period], balance: int, start: int
) -> list[Row]:
    """The rows of ``periods`` (from period number ``start``, counted from 0) on ``balance`` and draws.

    Raises ProductError when grace leaves no period to repay in.
    """
    grace = max(product.grace_principal_periods - start, 0)
    if grace >= len(periods) and product.kind not in ("interest_first", "revolving", "single"):
        raise ProductError("grace on principal leaves no period to repay in")
    if product.kind == "equal_instalment":
        rows = _level_rows(product, unit, periods, balance, grace)
    elif product.kind == "equal_principal":
        part = _equal_part(product, _standing(periods, balance, grace), len(periods) - grace)
        rows = _run(product, unit, periods, balance, grace, part=part)
    elif product.kind == "flat_fee":
        rows = _flat_rows(product, unit, periods, balance, grace)
    elif product.kind == "single":
        pieces = tuple(piece for period in periods for piece in period.pieces)
        one = Period(periods[0].from_on, periods[-1].due_on, pieces)
        rows = _run(product, unit, [one], balance, 0)
    else:
        rows = _run(product, unit, periods, balance, len(periods))
    return _with_interest_grace(rows, max(product.grace_interest_periods - start, 0))


def _standing(periods: Sequence[Period], balance: int, grace: int) -> int:
    """What stands when repayment begins: the balance and all draws up to and in that period."""
    return balance + sum(period.drawn for period in periods[: grace + 1])


def _equal_part(product: Product, total: int, count: int) -> int:
    multiple = product.instalment_multiple
    part = round_exact(total, count * multiple, product.instalment_rounding) * multiple
    return min(int(part), total)


def _level_rows(
    product: Product, unit: int, periods: Sequence[Period], balance: int, grace: int
) -> list[Row]:
    """The annuity, moved by a few units where that brings the last instalment closer to the others."""
    factors = [period.factor for period in periods[grace:]]
    count = len(factors)
    level = level_instalment(product, _standing(periods, balance, grace), factors, unit)
    rows = _run(product, unit, periods, balance, grace, level=level)
    for _ in range(LEVELLING_TRIES if product.levelling else 0):
        drift = _last_total(rows) - level
        if abs(drift) <= count // 2:
            break
        multiple = product.instalment_multiple
        move = round_exact(drift, count * multiple, product.instalment_rounding) * multiple
        other = _run(product, unit, periods, balance, grace, level=level + move)
        if abs(_last_total(other) - level - move) >= abs(drift):
            break
        level, rows = level + move, other
    return rows


def _last_total(rows: Sequence[Row]) -> int:
    return rows[-1].principal + rows[-1].interest


def _run(
    product: Product,
    unit: int,
    periods: Sequence[Period],
    balance: int,
    grace: int,
    *,
    level: int | None = None,
    part: int = 0,
) -> list[Row]:
    """Period by period: interest rounded once, then principal (what ``level`` leaves, or ``part``)."""
    rows = []
    for index, period in enumerate(periods):
        interest = int(round_exact(period.interest(balance), unit, product.rounding))
        balance += period.drawn
        wanted = part if level is None else max(level - interest, 0)
        if index < grace:
            wanted = 0
        principal = balance if index == len(periods) - 1 else min(wanted, balance)
        balance -= principal
        rows.append(Row(period.from_on, period.due_on, principal, interest))
    return rows


def _flat_rows(
    product: Product, unit: int, periods: Sequence[Period], balance: int, grace: int
) -> list[Row]:
    """The same principal and the same charge on the amount first lent; the last takes what is left."""
    lent = _standing(periods, balance, grace)
    bearing = [index for index, period in enumerate(periods) if period.factor]
    earned = lent * sum(period.factor for period in periods)
    total = int(round_exact(earned, unit, product.rounding))
    each = int(round_exact(earned, unit * max(len(bearing), 1), product.rounding))
    part = _equal_part(product, lent, len(periods) - grace)
    rows, left = [], lent
    for index, period in enumerate(periods):
        last = index == len(periods) - 1
        principal = left if last else 0 if index < grace else min(part, left)
        left -= principal
        charge = min(each, total) if index in bearing else 0
        charge = total if last else charge
        total -= charge
        as_interest = product.flat_charge == "interest"
        row = Row(period.from_on, period.due_on, principal, charge if as_interest else 0)
        rows.append(row if as_interest else row._replace(fee=charge))
    return rows


def _with_interest_grace(rows: list[Row], grace: int) -> list[Row]:
    """Interest of the first periods falls due with that of the first period after them."""
    if grace == 0:
        return rows
    if grace >= len(rows):
        raise ProductError("grace on interest leaves no period to pay it in")
    waiting = sum(row.interest for row in rows[:grace])
    first = [row._replace(interest=0) for row in rows[:grace]]
    after = rows[grace]._replace(interest=rows[grace].interest + waiting)
    return [*first, after, *rows[grace + 1 :]]
