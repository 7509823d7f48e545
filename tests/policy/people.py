"""People of all kinds for property tests: rows of facts that reach into every cell of every policy."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from forbear.facts.definitions import FACTS, NEVER, SHARE_ONE, Fact
from forbear.policy import load, shipped
from forbear.policy.reachable import constants


@cache
def thresholds() -> dict[str, tuple[int, ...]]:
    """Every number any policy that ships compares a fact with."""
    found: dict[str, set[int]] = {}
    for name in shipped():
        for said in load(name).conditions.values():
            for fact, values in constants(said.tree).items():
                found.setdefault(fact, set()).update(values)
    return {fact: tuple(sorted(values)) for fact, values in found.items()}


def people(number: int, seed: int) -> pl.DataFrame:
    """So many people whose facts lie at, just beside and far from every threshold; unknowns as well."""
    chance = np.random.default_rng(seed)
    columns: dict[str, pl.Series] = {
        "person": pl.Series(np.arange(number, dtype=np.int64)),
        "loan": pl.Series(np.arange(number, dtype=np.int64) * 7),
    }
    for name, fact in FACTS.items():
        columns[name] = _column(fact, chance, number)
    return pl.DataFrame(columns)


def _column(fact: Fact, chance: np.random.Generator, number: int) -> pl.Series:
    if fact.unit == "yes_no":
        often = 0.05 if fact.readers == "policy" else 0.5
        return pl.Series(chance.random(number) < often, dtype=pl.Boolean)
    if fact.unit == "word":
        return pl.Series(chance.choice(list(fact.words), number), dtype=pl.String)
    points = thresholds().get(fact.name, (1,))
    pool = {0, *(value + step for value in points for step in (-1, 0, 1))}
    pool |= {NEVER} if fact.unit == "days" else set()
    pool |= {SHARE_ONE} if fact.unit == "share" else set()
    values = chance.choice(sorted(value for value in pool if value >= 0), number)
    series = pl.Series(values).cast(fact.dtype)
    if fact.empty is not None:
        return series
    hidden = pl.Series(chance.random(number) < 0.3)
    return pl.select(pl.when(hidden).then(None).otherwise(series)).to_series().cast(fact.dtype)
