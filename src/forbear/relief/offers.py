"""Which ways out may this person be offered now?

A step of a policy names ways out; what of them is open depends on the terms of the policy and on
what the person has already had. Asking for help, changing the date and paying a part are always
open, whoever asks and whatever happened before.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from forbear.relief.terms import OFFERS, Relief

ALWAYS = ("help", "change_due_date", "part_payment", "way_to_pay", "call_back")
"""Open to everyone at every stage."""

FACTS_READ = (
    "days_past_due",
    "days_to_due",
    "extension_used_12m",
    "plans_12m",
    "holidays_12m",
)
"""Facts that decide what is open."""

_BIT = {offer: 1 << place for place, offer in enumerate(OFFERS)}


def open_now(relief: Relief, offer: str) -> pl.Expr:
    """Is this way out open to a person, by the facts of this morning? A yes/no expression.

    Raises KeyError for a way out that is not declared.

    >>> facts = pl.DataFrame({"days_past_due": [9, 9], "days_to_due": [20, 20],
    ...                       "extension_used_12m": [0, 1]})
    >>> from forbear.relief.terms import Extension
    >>> facts.select(open_now(Relief(extension=Extension(days=30)), "extension")).to_series().to_list()
    [True, False]
    """
    if offer in ALWAYS:
        return pl.lit(True)
    begun = (pl.col("days_past_due") > 0) | (pl.col("days_to_due") <= -relief.from_day)
    late = pl.col("days_past_due")
    match offer:
        case "extension" if relief.extension:
            return begun & (pl.col("extension_used_12m") < relief.extension.per_year)
        case "instalments" if relief.instalments:
            first = late >= relief.instalments.from_day
            return begun & first & (pl.col("plans_12m") < relief.instalments.per_year)
        case "holiday" if relief.holiday:
            return begun & (pl.col("holidays_12m") < relief.holiday.per_year)
        case "waiver" if relief.waiver:
            return (late > 0) & (late >= relief.waiver.from_day)
        case "settlement" if relief.settlement:
            return (late > 0) & (late >= relief.settlement.from_day)
        case "mediation" if relief.mediation:
            return (late > 0) & (late >= relief.mediation.from_day)
    if offer not in OFFERS:
        raise KeyError(offer)
    return pl.lit(False)


def bits(relief: Relief, offers: Iterable[str]) -> pl.Expr:
    """Which of these ways out are open, as one whole number (a bit a way out, in OFFERS order)?"""
    terms = [
        pl.when(open_now(relief, offer)).then(_BIT[offer]).otherwise(0).cast(pl.Int32)
        for offer in OFFERS
        if offer in set(offers)
    ]
    return pl.sum_horizontal(terms) if terms else pl.lit(0, dtype=pl.Int32)


def bits_of(offers: Iterable[str]) -> int:
    """Which number stands for these ways out?

    >>> bits_of(["help", "change_due_date"])
    3
    """
    return sum(_BIT[offer] for offer in set(offers))


def words_of(number: int) -> str:
    """Which ways out does this number stand for? Words separated by blanks; help comes last.

    >>> words_of(bits_of(["extension", "help"]))
    'extension help'
    """
    named = [offer for offer in OFFERS if offer != "help" and number & _BIT[offer]]
    return " ".join([*named, "help"])
