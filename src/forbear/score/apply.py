"""Which chances does each person have this morning, read off the tables of a score file?

Scores are whole millionths before anything compares them. Ability to pay is *not known* until a later
model knows it, and takes the timing of people who are able.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from forbear.errors import BookError
from forbear.score.tables import ONE, Scores, ShareTable, Whole

NEEDS = ("days_past_due", "times_late", "balance", "amount_due")
"""Facts that must stand in the frame."""

CALLING_HOURS = tuple(range(9, 20))
"""Among which hours (local) the best one is looked for: those of the house rules."""

NOBODY = "not_known"


def apply(
    scores: Scores, facts: pl.DataFrame, carried_people: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The same people with their scores: one row a person, in the same order.

    ``facts`` has ``person`` and ``NEEDS``; ``carried_people`` (the table of that name) lets a person's
    own answered calls speak for ``reach`` and ``best_hour``. Adds, or replaces: ``self_cure``,
    ``pay_30d``, ``reach`` (Int32 millionths), ``best_hour`` (Int8, local hour), ``ability_to_pay``
    and ``expected_gain_14d`` (Int64: reach × amount due, minor units). Raises BookError naming a
    fact that is missing.
    """
    missing = [name for name in NEEDS if name not in facts.columns]
    if missing:
        raise BookError(f"a score needs the facts {', '.join(missing)}", where="score.apply")
    values = {name: _whole(facts, name) for name in NEEDS}
    reach, best_hour = _called(scores, facts, carried_people, look_up(scores.reach, values))
    return facts.with_columns(
        pl.Series("self_cure", look_up(scores.self_cure, values), dtype=pl.Int32),
        pl.Series("pay_30d", look_up(scores.pay_30d, values), dtype=pl.Int32),
        pl.Series("reach", reach, dtype=pl.Int32),
        pl.Series("best_hour", best_hour, dtype=pl.Int8),
        pl.lit(NOBODY).alias("ability_to_pay"),
    ).with_columns(
        # Amounts are at most 10^12 and a share at most 10^6: the product fits 64 bits, with room.
        (pl.col("reach").cast(pl.Int64) * pl.col("amount_due").cast(pl.Int64) // ONE).alias(
            "expected_gain_14d"
        )
    )


def look_up(table: ShareTable, values: dict[str, Whole]) -> Whole:
    """Which share does each row have? Raises BookError for a table over a fact that is not at hand."""
    unknown = [fact for fact in table.facts if fact not in values]
    if unknown:
        raise BookError(
            f"the score asks for {', '.join(unknown)}, which no night computes",
            remedy=f"fit one over {', '.join(NEEDS)}",
        )
    return table.look_up(values)


def _whole(facts: pl.DataFrame, name: str) -> Whole:
    return facts[name].cast(pl.Int64).fill_null(0).to_numpy()


def _called(
    scores: Scores, facts: pl.DataFrame, carried: pl.DataFrame | None, base: Whole
) -> tuple[Whole, Whole]:
    """Each person's chance to answer, and their best hour; whoever was never called has the table's."""
    usual = max(CALLING_HOURS, key=lambda hour: (scores.hours[hour], -hour))
    best_hour = np.full(len(facts), usual, dtype=np.int64)
    reach = base.copy()
    if carried is None or carried.is_empty():
        return reach, best_hour
    known = (
        facts.select("person")
        .with_row_index("place")
        .join(
            carried.select("person", "answers_by_hour", "calls_by_hour"), on="person", how="inner"
        )
    )
    place = known["place"].cast(pl.Int64).to_numpy()
    calls = _by_hour(known, "calls_by_hour")
    # A connected call without an attempt on record would be a fault elsewhere; never above one.
    answers = np.minimum(_by_hour(known, "answers_by_hour"), calls)
    weight = scores.person_weight
    own = (answers.sum(axis=1) * ONE + weight * base[place]) // (calls.sum(axis=1) + weight)
    reach[place] = own
    some = calls.sum(axis=1) > 0
    best_hour[place[some]] = _best_hour(scores, own[some], answers[some], calls[some])
    return reach, best_hour


def _by_hour(known: pl.DataFrame, name: str) -> Whole:
    """These counts in the hours of the calling day: one row a person, one column an hour."""
    whole = known[name].to_numpy().reshape(len(known), 24)
    return np.asarray(whole[:, list(CALLING_HOURS)], dtype=np.int64)


def _best_hour(scores: Scores, reach: Whole, answers: Whole, calls: Whole) -> Whole:
    """The hour most likely to be answered; the earlier of two alike."""
    factor = np.array([scores.hours[hour] for hour in CALLING_HOURS], dtype=np.int64)
    usual = reach[:, None] * factor[None, :] // ONE
    weight = scores.hour_weight
    chance = (answers * ONE + weight * usual) // (calls + weight)
    return np.asarray(np.array(CALLING_HOURS)[np.argmax(chance, axis=1)], dtype=np.int64)
