"""May this much be charged? The price ceiling at signing, and day by day once penalty is posted.

Two tests, one table of dated numbers that is passed in (law lives elsewhere):

* at signing the all-in cost of the whole schedule, fees included, must not be above the ceiling;
* afterwards what is claimed beyond the schedule as signed (penalty, default charges) may not lift the
  whole above the ceiling on the principal really outstanding, day by day since disbursement, signing
  fees spread over the contract term. What is above is ``not_claimable``: shown, never due.

The second is stepwise, so that it costs a night nothing: what the ceiling allows runs along as interest
does (``stepwise.accrue`` at the ceiling's rate on what is outstanding), ``signed_cost`` is what is past
plus a floor of what runs, and ``room`` is what is left of the one after the other. Each takes ints or
Polars expressions (or NumPy arrays), as ``forbear.loan.stepwise`` says.

>>> table = [Ceiling("licensed", date(2017, 8, 4), None, 240_000_000)]
>>> ceiling_on(table, "licensed", date(2026, 11, 21)).rate
240000000
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, overload

import numpy as np
import polars as pl

from forbear.errors import InputError, ProductError
from forbear.loan.product import Product
from forbear.loan.schedule import Instalment
from forbear.loan.stepwise import TOTAL_MAX, Array, only_within, round_div, within
from forbear.loan.yearly_cost import Annualisation, all_in_cost, daily_rate
from forbear.money import AMOUNT_MAX, RATE_MAX, RATE_ONE, SPAN_DAYS_MAX


@dataclass(frozen=True, slots=True)
class Ceiling:
    """One line of the table: how much a year, for whom, from when until when, said in which way."""

    ceiling_class: str
    """Which loans: matches ``Product.ceiling_class``."""
    from_on: date
    until_on: date | None
    """Last day it is in force; None: no end is known."""
    rate: int
    """Parts per billion a year."""
    annualisation: Annualisation = "nominal"
    """nominal: rate per period × periods a year; effective: compounded over a year."""
    source: str = ""
    """Where it is written, for people to read."""

    def running_rate(self) -> int:
        """As which simple yearly rate does the ceiling run on what is outstanding day by day?

        A nominal ceiling is that rate; an effective one is the rate that compounds to it daily.

        >>> Ceiling("x", date(2026, 1, 1), None, 240_000_000, "effective").running_rate()
        215174779
        """
        return self.rate if self.annualisation == "nominal" else daily_rate(self.rate)


def ceilings_from(rows: Iterable[dict[str, Any]]) -> tuple[Ceiling, ...]:
    """The table said in plain words (dates as ISO text or dates), checked: no two lines overlap.

    >>> line = {"ceiling_class": "licensed", "from_on": "2017-08-04", "rate": 240_000_000}
    >>> ceilings_from([line])[0].until_on is None
    True

    Raises InputError on an unknown word, a rate out of range, or overlapping dates.
    """
    table = tuple(sorted((_line(row) for row in rows), key=lambda c: (c.ceiling_class, c.from_on)))
    for one, two in pairwise(table):
        same = one.ceiling_class == two.ceiling_class
        if same and (one.until_on is None or one.until_on >= two.from_on):
            raise InputError(
                f"two ceilings of class {one.ceiling_class!r} are in force on {two.from_on}",
                remedy="end the earlier one the day before",
            )
    return table


def _line(row: dict[str, Any]) -> Ceiling:
    try:
        words: dict[str, Any] = {
            key: date.fromisoformat(value)
            if key.endswith("_on") and isinstance(value, str)
            else value
            for key, value in row.items()
        }
        line = Ceiling(**{"until_on": None, **words})
    except (TypeError, ValueError) as problem:
        raise InputError(f"not a ceiling: {problem}") from None
    if not 0 < line.rate <= RATE_MAX or line.annualisation not in ("nominal", "effective"):
        raise InputError(f"ceiling of class {line.ceiling_class!r}: rate or annualisation is wrong")
    return line


def ceiling_on(table: Sequence[Ceiling], ceiling_class: str, on: date) -> Ceiling | None:
    """Which ceiling is in force for this class on this day? None: none is known."""
    for line in table:
        ends = line.until_on or date.max
        if line.ceiling_class == ceiling_class and line.from_on <= on <= ends:
            return line
    return None


def check_signing(
    product: Product,
    principal: int,
    disbursed_on: date,
    plan: Sequence[Instalment],
    ceiling: Ceiling | None,
    *,
    signing_fees: int | None = None,
) -> int:
    """What does the loan cost a year all in, said as the ceiling says it? Refused if above it.

    Returns parts per billion a year. Raises ProductError when the cost is above the ceiling by more
    than rounding explains: a loan at exactly the ceiling may come out a hair above because instalments
    are whole minor units, so it is refused only if one unit less in every instalment is still above.

    >>> from forbear.loan.product import shipped
    >>> from forbear.loan.schedule import schedule
    >>> limit = Ceiling("licensed", date(2017, 8, 4), None, 240_000_000)
    >>> signed = date(2026, 1, 1)
    >>> flat = shipped("flat_fee")
    >>> plan = schedule(flat, 1_200_000, 150_000_000, signed, 12)
    >>> check_signing(flat, 1_200_000, signed, plan, limit)
    Traceback (most recent call last):
    forbear.errors.ProductError: product flat_fee: all-in cost 26.63% a year is above the ceiling
    of 24.00% (nominal) (lower the rate or the fees)
    """

    def cost_of(rows: Sequence[Instalment]) -> int:
        said_as = ceiling.annualisation if ceiling else "nominal"
        return all_in_cost(
            product, principal, disbursed_on, rows, signing_fees=signing_fees, annualisation=said_as
        )

    cost = cost_of(plan)
    if ceiling is None or cost <= ceiling.rate:
        return cost
    less = [replace(row, interest=row.interest - 1) for row in plan]
    if cost_of(less) > ceiling.rate:
        raise ProductError(
            f"all-in cost {percent(cost)} a year is above the ceiling of {percent(ceiling.rate)} "
            f"({ceiling.annualisation})",
            where=f"product {product.id}",
            remedy="lower the rate or the fees",
        )
    return cost


def percent(rate: int) -> str:
    """How does a person read this rate? Two decimals, rounded up so that above never reads as equal.

    >>> percent(240_000_000), percent(240_000_001)
    ('24.00%', '24.01%')
    """
    hundredths = round_div(rate * 10_000, RATE_ONE, "ceiling")
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


@overload
def signed_cost(
    past: int, running: int, elapsed: int, period_days: int, fees: int, since: int, term_days: int
) -> int: ...
@overload
def signed_cost(
    past: pl.Expr,
    running: pl.Expr | int,
    elapsed: pl.Expr | int,
    period_days: pl.Expr | int,
    fees: pl.Expr | int,
    since: pl.Expr | int,
    term_days: pl.Expr | int,
) -> pl.Expr: ...
@overload
def signed_cost(
    past: Array,
    running: Array | int,
    elapsed: Array | int,
    period_days: Array | int,
    fees: Array | int,
    since: Array | int,
    term_days: Array | int,
) -> Array: ...
def signed_cost(
    past: Any,
    running: Any,
    elapsed: Any,
    period_days: Any,
    fees: Any,
    since: Any,
    term_days: Any,
) -> Any:
    """What of the cost as signed has run so far?

    ``past``: interest and fees of periods fully past; ``running``: interest (and fee) of the period
    that runs, of which ``elapsed`` of ``period_days`` days are over; ``fees``: paid at signing, spread
    over the ``term_days`` of the contract, of which ``since`` are over. Each part is rounded down;
    beyond its end a span counts as over.

    Raises RangeError (int, array) or gives null (expression) outside the declared ranges.

    >>> signed_cost(10_000, 9_000, 10, 30, 3_650, 40, 365)
    13400
    """
    inside = within(
        past,
        [
            (past, 0, TOTAL_MAX),
            (running, 0, AMOUNT_MAX),
            (elapsed, 0, SPAN_DAYS_MAX),
            (period_days, 0, SPAN_DAYS_MAX),
            (fees, 0, AMOUNT_MAX),
            (since, 0, SPAN_DAYS_MAX),
            (term_days, 0, SPAN_DAYS_MAX),
        ],
    )
    of_period = running * _at_most(elapsed, period_days) // _at_least_one(period_days)
    of_fees = fees * _at_most(since, term_days) // _at_least_one(term_days)
    return only_within(inside, past + of_period + of_fees)


@overload
def room(allowed: int, signed: int, claimed: int) -> int: ...
@overload
def room(allowed: pl.Expr, signed: pl.Expr | int, claimed: pl.Expr | int) -> pl.Expr: ...
@overload
def room(allowed: Array, signed: Array | int, claimed: Array | int) -> Array: ...
def room(allowed: Any, signed: Any, claimed: Any) -> Any:
    """How much may still be claimed beyond the schedule as signed? Never below 0.

    >>> room(24_000, 20_000, 1_500), room(24_000, 25_000, 0)
    (2500, 0)
    """
    left = allowed - signed - claimed
    if isinstance(left, pl.Expr):
        return left.clip(lower_bound=0)
    return np.maximum(left, 0) if isinstance(left, np.ndarray) else max(left, 0)


@overload
def claimable(wanted: int, left: int) -> int: ...
@overload
def claimable(wanted: pl.Expr, left: pl.Expr | int) -> pl.Expr: ...
@overload
def claimable(wanted: Array, left: Array | int) -> Array: ...
def claimable(wanted: Any, left: Any) -> Any:
    """Which part of a penalty or charge may be claimed with this much room left?

    The rest is shown only.

    >>> claimable(700, 500), claimable(300, 500)
    (500, 300)
    """
    return _at_most(wanted, left)


def _at_most(value: Any, limit: Any) -> Any:
    if isinstance(value, pl.Expr) or isinstance(limit, pl.Expr):
        return pl.min_horizontal(value, limit)
    if isinstance(value, np.ndarray) or isinstance(limit, np.ndarray):
        return np.minimum(value, limit)
    return min(value, limit)


def _at_least_one(value: Any) -> Any:
    if isinstance(value, pl.Expr):
        return value.clip(lower_bound=1)
    return np.maximum(value, 1) if isinstance(value, np.ndarray) else max(value, 1)
