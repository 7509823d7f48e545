"""Which chance falls to this person, for this purpose, under this seed?

Every draw is a hash of (seed, purpose, keys): no stream is consumed, so a draw does not depend on
how many others were made, in which order, or by how many processes. Person 17 is the same person in
a book of a hundred and of a million. The mixing function is the finaliser of SplitMix64 (Steele, Lea
and Flood 2014, "Fast splittable pseudorandom number generators"), applied once a key.

Draws are whole numbers throughout: shares are whole millionths and nothing is rounded by a float.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from forbear.errors import InputError

Bits: TypeAlias = npt.NDArray[np.uint64]
Whole: TypeAlias = npt.NDArray[np.int64]

ONE = 1_000_000
"""A share is whole millionths."""

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_WORD = (1 << 64) - 1


def draw(seed: int, purpose: str, *keys: Whole | int) -> Bits:
    """Which 64 bits fall to these keys? Keys are whole numbers or arrays that broadcast.

    >>> draw(1, "age", np.array([17])).tolist() == draw(1, "age", np.arange(20)).tolist()[17:18]
    True
    >>> draw(1, "age", np.array([17])).tolist() == draw(2, "age", np.array([17])).tolist()
    False
    """
    state: Bits = np.array(_start(seed, purpose), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            bits = np.asarray(key, dtype=np.int64).view(np.uint64)
            state = _mixed((state ^ (bits * _FIRST + _STEP)) + _STEP)
    return state


def share(bits: Bits) -> Whole:
    """Which share between 0 and 999,999 millionths do these bits say?

    >>> share(np.array([0, 2**64 - 1], dtype=np.uint64)).tolist()
    [0, 999999]
    """
    return below(bits, ONE)


def below(bits: Bits, limit: Whole | int) -> Whole:
    """Which whole number from 0 to ``limit`` − 1? ``limit`` is at most 2³¹.

    >>> below(np.array([0, 2**63, 2**64 - 1], dtype=np.uint64), 6).tolist()
    [0, 3, 5]
    """
    high = (bits >> np.uint64(33)).astype(np.int64)
    return (high * np.asarray(limit, dtype=np.int64)) >> np.int64(31)


def happens(bits: Bits, millionths: Whole | int) -> npt.NDArray[np.bool_]:
    """Does something happen that has this chance, in millionths?

    >>> happens(np.array([0, 2**64 - 1], dtype=np.uint64), 500_000).tolist()
    [True, False]
    """
    return share(bits) < np.asarray(millionths, dtype=np.int64)


def pick(bits: Bits, weights: Sequence[int]) -> Whole:
    """Which place of the list is drawn, in proportion to whole weights?

    >>> pick(np.array([0, 2**63, 2**64 - 1], dtype=np.uint64), [3, 0, 1]).tolist()
    [0, 0, 2]
    """
    ends = np.cumsum(np.asarray(weights, dtype=np.int64))
    return np.searchsorted(ends, below(bits, int(ends[-1])), side="right").astype(np.int64)


def check_seed(seed: int) -> int:
    """Is this a seed? Returns it, or raises InputError."""
    if not 0 <= seed < 1 << 63:
        raise InputError(f"seed {seed} is out of range", remedy="give a whole number from 0")
    return seed


@lru_cache(maxsize=512)
def _start(seed: int, purpose: str) -> int:
    """Where the chain of one purpose begins; different purposes are unrelated."""
    named = hashlib.blake2b(purpose.encode(), digest_size=8).digest()
    word = (int.from_bytes(named, "little") + seed * 0x9E3779B97F4A7C15) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return word ^ (word >> 31)


def _mixed(word: Bits) -> Bits:
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))
