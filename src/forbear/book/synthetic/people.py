"""Who are the people of a synthetic book, and which numbers and wishes of theirs are known?"""

from __future__ import annotations

from datetime import date, time

import numpy as np
import polars as pl

from forbear.book.schema import CHANNELS, STATIC
from forbear.book.synthetic.chance import Bits, Whole, below, draw, happens, pick
from forbear.book.synthetic.names import names, number_texts
from forbear.book.synthetic.recipe import Recipe, in_household

NUMBERS_A_PERSON = 4
"""Number keys are ``person × 4 + 0 … 3``; 0 is the person's own."""

PAY_DAYS = ((5, 20), (8, 8), (10, 25), (15, 25), (20, 8), (25, 10), (28, 4))
"""Days of the month on which income arrives, with weights (our choice; no public figures)."""

BANDS = ("steady", "usual", "uneven", "strained")
BAND_WEIGHTS = (70, 20, 8, 2)
"""How regularly people pay: hidden from every table, so that no model can read it off."""

_RELATIONS = ("parent", "sibling", "colleague", "friend")
_HEALTH = ("unknown", "verified", "wrong", "dead", "reassigned", "opted_out")
_HEALTH_OWN = (520, 435, 18, 16, 7, 4)
_HEALTH_OTHER = (900, 40, 25, 15, 8, 12)
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def days_of(days: Whole) -> pl.Series:
    """These whole days since 1970-01-01 as a column of dates."""
    return pl.Series(days.astype(np.int32), dtype=pl.Int32).cast(pl.Date)


def day_number(day: date) -> int:
    """This day as a whole number of days since 1970-01-01.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return day.toordinal() - _EPOCH_DAY


def day_from(number: int) -> date:
    """Which day has this number?

    >>> day_from(day_number(date(2026, 11, 21)))
    datetime.date(2026, 11, 21)
    """
    return date.fromordinal(number + _EPOCH_DAY)


def bands(recipe: Recipe, person: Whole) -> Whole:
    """How regularly does each person pay (place in ``BANDS``)?"""
    return pick(draw(recipe.seed, "band", person), BAND_WEIGHTS)


def people(recipe: Recipe, person: Whole) -> pl.DataFrame:
    """The rows of the table ``people``."""

    def chance(purpose: str) -> Bits:
        return draw(recipe.seed, purpose, person)

    strained = bands(recipe, person) == 3
    zone = np.select(
        [happens(chance("urumqi"), 25_000), happens(chance("no zone"), 4_000)], [1, 2], 0
    )
    # Two dice make most people 25 to 55; one in sixty is over 65 (the house rules spare them).
    born = (
        day_number(date(1964, 1, 1)) + below(chance("born"), 7_500) + below(chance("born 2"), 7_000)
    )
    born = np.where(happens(chance("old"), 17_000), born % 3_650 - 6_200, born)
    pay_day = np.array([day for day, _ in PAY_DAYS])[
        pick(chance("pay day"), [weight for _, weight in PAY_DAYS])
    ]
    frame = pl.DataFrame(
        {
            "person": person,
            "group": person - in_household(recipe, person),
            "name": names(recipe.seed, person),
            "zone": pl.Series(["Asia/Shanghai", "Asia/Urumqi", None]).gather(zone),
            "language": pl.Series(["zh", "en"]).gather(
                happens(chance("language"), 4_000).astype(np.int64)
            ),
            "birth_on": days_of(born),
            "pay_day": pl.Series(pay_day, dtype=pl.Int8),
            "address_confirmed": happens(chance("address"), 620_000),
            "vulnerable": happens(chance("vulnerable"), np.where(strained, 60_000, 16_000)),
            "hardship": happens(chance("hardship"), np.where(strained, 120_000, 12_000)),
            "joint_opt_in": happens(chance("joint"), 30_000),
            "no_birth": happens(chance("no birth date"), 10_000),
            "no_pay_day": happens(chance("no pay day"), 250_000),
        }
    )
    return frame.with_columns(
        ref="P" + pl.col("person").cast(pl.String).str.zfill(9),
        birth_on=pl.when("no_birth").then(None).otherwise("birth_on"),
        pay_day=pl.when("no_pay_day").then(None).otherwise("pay_day"),
    ).select(STATIC["people"].schema.names())


def numbers(recipe: Recipe, person: Whole) -> pl.DataFrame:
    """The rows of the table ``numbers``: own first, then who else was named at signing."""
    own = _numbers(recipe, person, person * NUMBERS_A_PERSON, 1, "self", _HEALTH_OWN)
    if recipe.plain:
        return own
    second = person[happens(draw(recipe.seed, "second number", person), 180_000)]
    spouse = person[in_household(recipe, person) == 1]
    named = person[happens(draw(recipe.seed, "named", person), 350_000)]
    relation = pl.Series(_RELATIONS).gather(
        pick(draw(recipe.seed, "relation", named), (45, 20, 15, 20))
    )
    rows = pl.concat(
        [
            own,
            _numbers(recipe, second, second * NUMBERS_A_PERSON + 1, 2, "self", _HEALTH_OWN),
            # A household shares a number: the spouse's own stands by both of them.
            _numbers(recipe, spouse, (spouse - 1) * NUMBERS_A_PERSON, 3, "spouse", _HEALTH_OTHER),
            _numbers(recipe, named, named * NUMBERS_A_PERSON + 2, 4, relation, _HEALTH_OTHER),
        ]
    )
    return rows.sort("person", "rank").with_columns(
        rank=pl.int_range(1, pl.len() + 1).over("person").cast(pl.UInt8)
    )


def _numbers(
    recipe: Recipe,
    person: Whole,
    number: Whole,
    rank: int,
    relation: str | pl.Series,
    health: tuple[int, ...],
) -> pl.DataFrame:
    """One number for each of these people."""
    worth = pl.Series(_HEALTH).gather(pick(draw(recipe.seed, "health", person, rank), health))
    named = pl.lit(relation) if isinstance(relation, str) else relation.alias("relation")
    return pl.DataFrame({"person": person, "number": number}).select(
        "person",
        pl.lit(rank, dtype=pl.UInt8).alias("rank"),
        "number",
        number_texts(number).alias("text"),
        named.alias("relation"),
        worth.alias("health").cast(STATIC["numbers"].schema["health"]),
    )


def consents(recipe: Recipe, person: Whole) -> pl.DataFrame:
    """The rows of the table ``consents``: to be contacted, agreed evening hours, a channel stopped."""
    signed = (day_number(recipe.begins_on) - 10) * 86_400_000_000
    rows = []
    for kind, share, by in (
        ("contact_ok", 880_000, "contract_clause"),
        ("hours", 8_000, "debtor"),
        ("stop_channel", 9_000, "debtor"),
    ):
        who = person[happens(draw(recipe.seed, f"consent {kind}", person), share)]
        at = signed + below(draw(recipe.seed, f"consent at {kind}", who), 86_400) * 1_000_000
        hours = kind == "hours"
        channel = pick(draw(recipe.seed, "stopped", who), (1, 1, 1))
        rows.append(
            pl.DataFrame({"person": who, "given_at": at}).with_columns(
                pl.lit(kind).alias("kind"),
                pl.col("given_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
                pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("revoked_at"),
                (
                    pl.Series("channel", ["sms", "ai_call", "call"]).gather(channel)
                    if kind == "stop_channel"
                    else pl.lit(None, dtype=pl.String).alias("channel")
                ).cast(pl.Enum(CHANNELS)),
                pl.lit(time(20) if hours else None, dtype=pl.Time).alias("from_time"),
                pl.lit(time(21, 30) if hours else None, dtype=pl.Time).alias("until_time"),
                pl.lit(by).alias("by"),
            )
        )
    return pl.concat(rows)
