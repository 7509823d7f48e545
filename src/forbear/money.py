"""Money as whole minor units (fen, cents): how it is read, shown and divided without losing one.

No float touches money. Ranges are declared here once and checked where figures enter (intake,
signing); inside them every product of amount, rate and days fits 128 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from forbear.errors import InputError, RangeError

AMOUNT_MAX = 10**12
"""Largest amount in minor units (10 billion yuan)."""

RATE_ONE = 10**9
"""A yearly rate is whole parts per billion: 24% is 240_000_000."""

RATE_MAX = 10 * RATE_ONE
"""Largest yearly rate: 1000%."""

SPAN_DAYS_MAX = 40 * 366
"""Longest span of one loan, in days."""


def parse_amount(text: str, *, exponent: int = 2) -> int:
    """Which whole number of minor units does this decimal text say? Exact, or an error.

    ``exponent`` is the number of decimals of the currency (2 for yuan, 0 for yen). Thousands commas
    and surrounding blanks are understood; more decimals than the currency has are refused.

    Raises InputError (not a number, too many decimals) and RangeError (beyond ``AMOUNT_MAX``).

    >>> parse_amount("1,234.50"), parse_amount("-3"), parse_amount("7", exponent=0)
    (123450, -300, 7)
    """
    try:
        value = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        raise InputError(
            f"{text[:40]!r} is not an amount", remedy="write digits, as 1234.50"
        ) from None
    if not value.is_finite():
        raise InputError(f"{text[:40]!r} is not an amount", remedy="write digits, as 1234.50")
    if value and value.adjusted() > 12:
        raise RangeError(f"amount {text[:40]} is beyond {AMOUNT_MAX} minor units")
    scaled = value.scaleb(exponent)
    if scaled != scaled.to_integral_value():
        raise InputError(f"{text[:40]!r} has more than {exponent} decimals", remedy="round it")
    return check_amount(int(scaled))


def check_amount(minor: int) -> int:
    """Is this amount inside the declared range? Returns it, or raises RangeError.

    >>> check_amount(100)
    100
    """
    if not -AMOUNT_MAX <= minor <= AMOUNT_MAX:
        raise RangeError(f"amount {minor} is beyond ±{AMOUNT_MAX} minor units")
    return minor


def format_amount(minor: int, *, exponent: int = 2, symbol: str = "") -> str:
    """How does a person read this amount? Thousands grouped, every decimal shown.

    >>> format_amount(123450, symbol="¥"), format_amount(-5), format_amount(7, exponent=0)
    ('¥1,234.50', '-0.05', '7')
    """
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**exponent)
    decimals = f".{part:0{exponent}d}" if exponent else ""
    return f"{sign}{symbol}{whole:,}{decimals}"


def split_by_weight(total: int, weights: Sequence[int]) -> list[int]:
    """How is ``total`` shared in proportion to ``weights`` so that the parts sum to it exactly?

    Largest remainder first; ties go to the earlier part. Weights are whole and not negative, and
    not all zero (ValueError).

    >>> split_by_weight(100, [1, 1, 1]), split_by_weight(-7, [1, 2])
    ([34, 33, 33], [-2, -5])
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be whole, not negative and not all zero")
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(size * weights[i] % whole))
    for i in by_remainder[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
