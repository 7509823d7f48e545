"""The arithmetic of one step (accrue, round, share out, age), once for one loan and for millions.

Every function takes whole numbers, Polars expressions or NumPy arrays of int64; the *first* argument
says which, the others may be of that kind or plain ints. The formula is the same line of code for all
three. Each refuses outside its declared range, in its own way:

======================  ==========================================================  =================
first argument          range                                                       outside it
======================  ==========================================================  =================
int                     amounts ≤ ``AMOUNT_MAX``, rates ≤ ``RATE_MAX``, spans ≤     RangeError
                        ``SPAN_DAYS_MAX``
Polars expression       the same (products are made in Int128)                      null in that row
NumPy int64 array       the same, and every product ≤ ``ARRAY_PRODUCT_MAX``         RangeError
======================  ==========================================================  =================

An expression cannot raise for one row of ten million without stopping the rest, so the bad row becomes
null: a value, set aside by whoever reads it. Nothing ever wraps silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, TypeAlias, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from forbear.errors import RangeError
from forbear.money import AMOUNT_MAX, RATE_MAX, RATE_ONE, SPAN_DAYS_MAX

Rounding = Literal["half_even", "half_up", "floor", "ceiling"]
"""How a part of a minor unit is rounded; ``half_up`` sends a tie away from zero, as people do."""

Array: TypeAlias = npt.NDArray[np.int64]
Step = int | pl.Expr | Array

TOTAL_MAX = 10**18
"""Largest running total of amounts (a million times the largest amount)."""

NUMERATOR_MAX = 10**37
"""Largest numerator and denominator of ``round_div`` for ints and expressions."""

ARRAY_PRODUCT_MAX = 3 * 10**18
"""Largest product in a NumPy array: three of them still fit 64 bits (rounding needs 2n + d)."""

DAY_BASIS_MAX = 366

BUCKETS = ("M0", "M1", "M2", "M3", "M4+")
BUCKET_DTYPE = pl.Enum(BUCKETS)


@overload
def round_div(n: int, d: int, rule: Rounding) -> int: ...
@overload
def round_div(n: pl.Expr, d: pl.Expr | int, rule: Rounding) -> pl.Expr: ...
@overload
def round_div(n: Array, d: Array | int, rule: Rounding) -> Array: ...
def round_div(n: Any, d: Any, rule: Rounding) -> Any:
    """What is n / d as a whole number, by this rounding rule? ``d`` is above zero.

    >>> [round_div(n, 2, "half_even") for n in (3, 5, -3)]
    [2, 2, -2]
    >>> round_div(5, 2, "half_up"), round_div(-5, 2, "half_up")
    (3, -3)
    >>> round_div(7, 2, "floor"), round_div(-7, 2, "ceiling")
    (3, -3)

    Raises RangeError (int, array) or gives null (expression) beyond ``NUMERATOR_MAX``
    (``ARRAY_PRODUCT_MAX`` for arrays) or where ``d`` is not above zero.
    """
    most = ARRAY_PRODUCT_MAX if isinstance(n, np.ndarray) else NUMERATOR_MAX
    inside = within(n, [(n, -most, most), (d, 1, most)])
    return only_within(inside, round_exact(_wide(n), d, rule))


def round_exact(n: Any, d: Any, rule: Rounding) -> Any:
    """``round_div`` without a range: for ints of any size, as schedules and annuities need them.

    >>> round_exact(10**60 + 1, 10**59, "half_even")
    10
    """
    if rule == "floor":
        return n // d
    if rule == "ceiling":
        return 0 - (0 - n) // d
    sign = _choose(n < 0, -1, 1)
    size = n * sign
    up = (2 * size + d) // (2 * d)
    if rule == "half_up":
        return up * sign
    if rule == "half_even":
        tie_to_odd = (2 * size + d == up * (2 * d)) & (up % 2 == 1)
        return _choose(tie_to_odd, up - 1, up) * sign
    raise ValueError(f"unknown rounding rule {rule!r}")


@overload
def accrue(base: int, rate: int, days: int, carry: int, day_basis: int) -> tuple[int, int]: ...
@overload
def accrue(
    base: pl.Expr,
    rate: pl.Expr | int,
    days: pl.Expr | int,
    carry: pl.Expr | int,
    day_basis: pl.Expr | int,
) -> tuple[pl.Expr, pl.Expr]: ...
@overload
def accrue(
    base: Array, rate: Array | int, days: Array | int, carry: Array | int, day_basis: Array | int
) -> tuple[Array, Array]: ...
def accrue(base: Any, rate: Any, days: Any, carry: Any, day_basis: Any) -> tuple[Any, Any]:
    """What does ``base`` earn at ``rate`` a year in ``days`` days: whole units, and what is left over?

    The left-over ``carry`` is a numerator over ``RATE_ONE × day_basis``; handing it to the next call
    makes any cutting of a span into pieces post the same total. 10,000 yuan at 18% for a day, twice:

    >>> accrue(1_000_000, 180_000_000, 1, 0, 365)
    (493, 55000000000)
    >>> accrue(1_000_000, 180_000_000, 1, 55_000_000_000, 365)
    (493, 110000000000)
    >>> accrue(1_000_000, 180_000_000, 2, 0, 365)
    (986, 110000000000)

    Raises RangeError (int, array) or gives null (expression) outside the declared ranges.
    """
    inside = None
    if not (isinstance(base, int) and _plain_inside(base, rate, days, carry, day_basis)):
        ranges = [
            (base, 0, AMOUNT_MAX),
            (rate, 0, RATE_MAX),
            (days, 0, SPAN_DAYS_MAX),
            (day_basis, 1, DAY_BASIS_MAX),
            (carry, 0, RATE_ONE * DAY_BASIS_MAX - 1),
        ]
        inside = within(base, ranges)
        if isinstance(base, np.ndarray):
            _refuse_product(base, rate, days)
    unit = _wide(day_basis) * RATE_ONE
    earned = carry + _wide(base) * rate * days
    posted = earned // unit
    left = earned - posted * unit
    return only_within(inside, _narrow(posted)), only_within(inside, _narrow(left))


@overload
def allocate(paid: int, before: int, amount: int) -> int: ...
@overload
def allocate(paid: pl.Expr, before: pl.Expr | int, amount: pl.Expr | int) -> pl.Expr: ...
@overload
def allocate(paid: Array, before: Array | int, amount: Array | int) -> Array: ...
def allocate(paid: Any, before: Any, amount: Any) -> Any:
    """How much of ``paid`` reaches an item of ``amount`` when items of ``before`` in all come first?

    A waterfall as running totals: each item's share is found without looking at the others' shares.

    >>> owed = [30, 50, 40]
    >>> [allocate(100, before, amount) for before, amount in zip([0, 30, 80], owed)]
    [30, 50, 20]

    Raises RangeError (int, array) or gives null (expression) when a total is beyond ``TOTAL_MAX``
    or ``amount`` is negative.
    """
    ranges = [(paid, -TOTAL_MAX, TOTAL_MAX), (before, 0, TOTAL_MAX), (amount, 0, TOTAL_MAX)]
    if isinstance(paid, pl.Expr):
        return only_within(within(paid, ranges), (paid - before).clip(0, amount))
    if isinstance(paid, np.ndarray):
        _check_whole(ranges)
        return np.clip(paid - before, 0, amount)
    if not (-TOTAL_MAX <= paid <= TOTAL_MAX >= before >= 0 <= amount <= TOTAL_MAX):
        _check_whole(ranges)
    return max(0, min(paid - before, amount))


@overload
def days_past_due(as_of: date, due_since: date | None) -> int: ...
@overload
def days_past_due(as_of: date | pl.Expr, due_since: pl.Expr) -> pl.Expr: ...
@overload
def days_past_due(as_of: npt.NDArray[Any] | date, due_since: npt.NDArray[Any]) -> Array: ...
def days_past_due(as_of: Any, due_since: Any) -> Any:
    """How many whole days is the oldest unpaid due date behind? 0 when nothing is overdue.

    Due yesterday and unpaid at its end is 1 this morning. (Arrays are datetime64[D]; NaT: nothing
    overdue.)

    >>> days_past_due(date(2026, 11, 21), date(2026, 11, 20)), days_past_due(date(2026, 11, 21), None)
    (1, 0)
    """
    if isinstance(due_since, pl.Expr) or isinstance(as_of, pl.Expr):
        morning = as_of if isinstance(as_of, pl.Expr) else pl.lit(as_of)
        since = due_since if isinstance(due_since, pl.Expr) else pl.lit(due_since, pl.Date)
        return (morning - since).dt.total_days().clip(0).fill_null(0).cast(pl.Int32)
    if isinstance(due_since, np.ndarray):
        days = (np.asarray(as_of, "datetime64[D]") - due_since.astype("datetime64[D]")).astype(int)
        return np.where(np.isnat(due_since), 0, np.maximum(days, 0))
    return 0 if due_since is None else max((as_of - due_since).days, 0)


@overload
def bucket(days: int) -> str: ...
@overload
def bucket(days: pl.Expr) -> pl.Expr: ...
@overload
def bucket(days: npt.NDArray[Any]) -> npt.NDArray[np.str_]: ...
def bucket(days: Any) -> Any:
    """In which bucket (账龄) are this many days past due? 0 → M0, 1–30 → M1, … 91 and more → M4+.

    >>> [bucket(days) for days in (0, 1, 30, 31, 60, 61, 90, 91, 4000)]
    ['M0', 'M1', 'M1', 'M2', 'M2', 'M3', 'M3', 'M4+', 'M4+']
    """
    if isinstance(days, int):
        _check_whole([(days, 0, TOTAL_MAX)])
        return BUCKETS[min((days + 29) // 30, 4)]
    place = (days + 29) // 30
    if isinstance(days, pl.Expr):
        lawful = pl.when(days >= 0).then(place.clip(upper_bound=4))
        return lawful.cast(pl.UInt8).replace_strict(
            dict(enumerate(BUCKETS)), default=None, return_dtype=BUCKET_DTYPE
        )
    _check_whole([(days, 0, TOTAL_MAX)])
    return np.array(BUCKETS)[np.minimum(place, 4)]


# --- the three kinds ------------------------------------------------------------------------------


def _plain_inside(base: int, rate: int, days: int, carry: int, day_basis: int) -> bool:
    return (
        0 <= base <= AMOUNT_MAX
        and 0 <= rate <= RATE_MAX
        and 0 <= days <= SPAN_DAYS_MAX
        and 0 < day_basis <= DAY_BASIS_MAX
        and 0 <= carry < RATE_ONE * DAY_BASIS_MAX
    )


def _wide(value: Any) -> Any:
    """The same value where products have room: Int128 in Polars; NumPy has none and is checked."""
    return value.cast(pl.Int128) if isinstance(value, pl.Expr) else value


def _narrow(value: Any) -> Any:
    """Back to the 64 bits a table stores; what does not fit becomes null, it does not wrap."""
    return value.cast(pl.Int64, strict=False) if isinstance(value, pl.Expr) else value


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    if isinstance(condition, pl.Expr):
        return pl.when(condition).then(yes).otherwise(no)
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)
    return yes if condition else no


def within(kind: Any, ranges: Sequence[tuple[Any, int, int]]) -> pl.Expr | None:
    """Raise RangeError for a number or array outside its range; for expressions, the test of a row.

    ``kind`` is the first argument of the stepwise function; ``ranges`` are (part, least, most). For
    rooms below that add steps of their own.

    >>> within(5, [(5, 0, 10)]) is None
    True
    """
    _check_whole([each for each in ranges if not isinstance(each[0], pl.Expr)])
    if not isinstance(kind, pl.Expr):
        return None
    tests = [part.is_between(low, high) for part, low, high in ranges if isinstance(part, pl.Expr)]
    return pl.all_horizontal(tests)


def only_within(inside: pl.Expr | None, value: Any) -> Any:
    """``value``, and null in rows that are not inside."""
    return value if inside is None else pl.when(inside).then(value)


def _check_whole(ranges: Sequence[tuple[Any, int, int]]) -> None:
    for part, low, high in ranges:
        if isinstance(part, np.ndarray):
            if part.size and not (low <= int(part.min()) and int(part.max()) <= high):
                raise RangeError(f"an array holds a value outside {low}…{high}")
        elif not low <= part <= high:
            raise RangeError(f"{part} is outside {low}…{high}")


def _refuse_product(*factors: Any) -> None:
    """NumPy wraps silently at 64 bits: refuse when the largest possible product would."""
    product = 1
    for factor in factors:
        product *= int(np.max(factor, initial=0))
    if product > ARRAY_PRODUCT_MAX:
        raise RangeError(
            f"the product {product} does not fit 64-bit arrays",
            remedy="use Polars expressions, or shorter spans",
        )
