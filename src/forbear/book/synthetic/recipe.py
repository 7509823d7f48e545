"""What does a synthetic book consist of? Everything follows from these few figures.

The recipe stands in the book's manifest (``source``), so that the book's future can be told later
from the folder alone: the same people, the same payments, whatever was done in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from forbear.book.synthetic.chance import Whole, check_seed, draw, happens
from forbear.errors import InputError

PEOPLE_MAX = 24_000_000
"""More people than this would share phone numbers (eight digits, four numbers a person)."""

LOANS_A_PERSON = 4
"""Most loans a person has; loan keys are ``person × 4 + 0 … 3``."""

PEOPLE_A_FILE = 50_000
"""A part file of this many people needs well under 1 GB to make and to close."""

HOUSEHOLDS = 90_000
"""Share of even-numbered people who share a household with the person before them, millionths."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A synthetic book: how many people, from which seed, over which days.

    >>> Recipe(seed=7, people=120_000, as_of=date(2026, 11, 21)).files
    3
    """

    seed: int
    people: int
    as_of: date
    """Last day fully in history; the first night to close is the next morning."""
    days: int = 400
    """Days of history up to ``as_of``; every loan was signed within them."""
    files: int = 0
    """Part files; 0: one for every 50,000 people."""
    plain: bool = False
    """No households, one product, no log of contacts: only what a benchmark of the close reads."""

    def __post_init__(self) -> None:
        """Refuse figures no book can be made from."""
        check_seed(self.seed)
        if not 1 <= self.people <= PEOPLE_MAX:
            raise InputError(f"cannot make {self.people} people", remedy=f"1 to {PEOPLE_MAX}")
        if not 40 <= self.days <= 3650:
            raise InputError(f"cannot make {self.days} days of history", remedy="40 to 3650")
        if not 0 <= self.files <= 9_999:
            raise InputError(f"cannot make {self.files} part files", remedy="1 to 9999")
        if not date(1990, 1, 1) <= self.as_of <= date(2090, 1, 1):
            raise InputError(f"{self.as_of} is out of range", remedy="a day from 1990 to 2090")
        if self.files == 0:
            object.__setattr__(self, "files", -(-self.people // PEOPLE_A_FILE))

    @property
    def begins_on(self) -> date:
        """The first day on which a loan can have been signed."""
        return self.as_of - timedelta(days=self.days - 1)

    def as_source(self) -> dict[str, str]:
        """The recipe as the manifest of a book keeps it."""
        return {
            "made_by": "forbear book make",
            "seed": str(self.seed),
            "people": str(self.people),
            "days": str(self.days),
            "plain": "yes" if self.plain else "no",
        }

    @classmethod
    def from_source(cls, source: Mapping[str, str], *, as_of: date, files: int) -> Recipe:
        """Which recipe was this book made from? Raises InputError for a book that was not.

        >>> recipe = Recipe(seed=7, people=10, as_of=date(2026, 11, 21))
        >>> Recipe.from_source(recipe.as_source(), as_of=recipe.as_of, files=1) == recipe
        True
        """
        try:
            return cls(
                seed=int(source["seed"]),
                people=int(source["people"]),
                as_of=as_of,
                days=int(source["days"]),
                files=files,
                plain=source["plain"] == "yes",
            )
        except (KeyError, ValueError):
            raise InputError(
                "this book is not synthetic, so nobody knows its future",
                remedy="make one with `forbear book make`",
            ) from None


def in_household(recipe: Recipe, person: Whole) -> Whole:
    """Which of these people share a household with the person numbered just before them? (0/1)

    Only an even-numbered person can, so that a household never reaches past the end of a smaller
    book: whoever stands in it stands in every larger one with the same rows.
    """
    if recipe.plain:
        return np.zeros(len(person), dtype=np.int64)
    joined = happens(draw(recipe.seed, "household", person), HOUSEHOLDS)
    even = person % 2 == 0
    return np.asarray(joined & even, dtype=np.int64)


def people_of_part(recipe: Recipe, part: int) -> Whole:
    """Which people stand in this part file (``group % files``), in order of their key?

    >>> recipe = Recipe(seed=7, people=10, as_of=date(2026, 11, 21), files=2)
    >>> sorted([*people_of_part(recipe, 0), *people_of_part(recipe, 1)]) == list(range(1, 11))
    True
    """
    least = part if part > 0 else recipe.files
    heads = np.arange(least, recipe.people + 1, recipe.files, dtype=np.int64)
    after = heads + 1
    joined = after[(in_household(recipe, after) == 1) & (after <= recipe.people)]
    heads = heads[in_household(recipe, heads) == 0]
    return np.sort(np.concatenate([heads, joined]))
