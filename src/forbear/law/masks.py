"""Which rules, as bits: as many whole numbers of 64 bits as the rulebook has rules for.

A rule's bit is its place in the rulebook. The mask ``failed`` of a rulebook of 70 rules lies in two
columns, ``failed_0`` (rules 0 to 63) and ``failed_1`` (64 to 69): bits add up and compare as plain
numbers over a million rows, and no rulebook is too long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

WIDTH = 64
"""Bits of one word."""

WORD = pl.UInt64()
PLACE = pl.UInt16()


def words(rules: int) -> int:
    """How many words have a bit for each of so many rules? At least one.

    >>> words(0), words(64), words(65)
    (1, 1, 2)
    """
    return max(1, -(-rules // WIDTH))


def columns(name: str, count: int) -> list[str]:
    """In which columns does a mask of ``count`` words lie?

    >>> columns("failed", 2)
    ['failed_0', 'failed_1']
    """
    return [f"{name}_{word}" for word in range(count)]


def whole(row: Mapping[str, Any], name: str) -> int:
    """The mask of one row as one number, whatever its length.

    >>> whole({"failed_0": 1, "failed_1": 2}, "failed") == 1 | 2 << 64
    True
    """
    found, word = 0, 0
    while f"{name}_{word}" in row:
        found |= row[f"{name}_{word}"] << (WIDTH * word)
        word += 1
    return found


def parts(mask: int, count: int) -> list[pl.Expr]:
    """The words of a mask that is the same for every row."""
    return [pl.lit(mask >> WIDTH * word & (1 << WIDTH) - 1, dtype=WORD) for word in range(count)]


def none(name: str, count: int) -> list[pl.Expr]:
    """The mask of no rule, as columns."""
    return [pl.lit(0, dtype=WORD).alias(column) for column in columns(name, count)]


def summed(name: str, conditions: Mapping[int, pl.Expr], count: int) -> list[pl.Expr]:
    """Conditions by the place of their rule, as the columns of a mask (a null counts as no)."""
    found: list[list[pl.Expr]] = [[pl.lit(0, dtype=WORD)] for _ in range(count)]
    for place, condition in conditions.items():
        bit = pl.lit(1 << place % WIDTH, dtype=WORD)
        found[place // WIDTH].append(condition.fill_null(False).cast(WORD) * bit)
    return [
        pl.sum_horizontal(bits).alias(column)
        for column, bits in zip(columns(name, count), found, strict=True)
    ]


def gathered(name: str, place: str, count: int, where: pl.Expr | None = None) -> list[pl.Expr]:
    """In a group with one row a rule: the mask of the rules whose place is in the column ``place``."""
    at = pl.col(place).cast(WORD)
    bit = pl.lit(1, dtype=WORD) * pl.lit(2, dtype=WORD).pow(at % WIDTH)
    wanted = pl.lit(True) if where is None else where
    return [
        bit.filter(wanted, at // WIDTH == word).sum().cast(WORD).alias(column)
        for word, column in enumerate(columns(name, count))
    ]


def some(mask: Sequence[pl.Expr]) -> pl.Expr:
    """Is any bit set?"""
    return pl.any_horizontal([word != 0 for word in mask])


def first(mask: Sequence[pl.Expr]) -> pl.Expr:
    """The place of the first bit that is set; null if none is."""
    nothing: list[pl.Expr] = [pl.lit(None, dtype=PLACE)]
    return pl.coalesce(
        nothing
        + [
            pl.when(word != 0).then(word.bitwise_trailing_zeros().cast(PLACE) + WIDTH * number)
            for number, word in enumerate(mask)
        ]
    )
