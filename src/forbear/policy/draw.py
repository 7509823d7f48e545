"""Chance without chance: a number keyed by (seed, person, trial), the same whoever asks and when.

A person keeps their draw for the whole of a trial, whatever file, day or machine they are looked at
on, so an experiment can be repeated to the person.
"""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl

SHARE_ONE = 1_000_000


def draw(persons: pl.Series, *, seed: int, trial: str) -> pl.Series:
    """Which number from 0 to 999,999 does each person draw in this trial?

    splitmix64 over the person's key, begun from SHA-256 of seed and trial; the top 32 bits are scaled.

    >>> draw(pl.Series([1, 2, 1]), seed=7, trial="explore").to_list()
    [17976, 379452, 17976]
    """
    key = hashlib.sha256(f"{seed}\x00{trial}".encode()).digest()
    start = np.uint64(int.from_bytes(key[:8], "big"))
    state = persons.to_numpy().astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + start
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state = state ^ (state >> np.uint64(31))
    drawn = ((state >> np.uint64(32)) * np.uint64(SHARE_ONE)) >> np.uint64(32)
    return pl.Series("draw", drawn.astype(np.int64))
