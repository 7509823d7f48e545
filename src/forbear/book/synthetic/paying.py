"""When does each instalment get paid? The hidden answer, and the events a lender sees of it.

Nobody here reacts to anything: when a person pays is a function of (seed, person, month, loan) alone.
Four bands of people enter arrears at different rates; who enters draws a delay from a mixture of fast
payers and people who do not pay for months or never. All loans of a person that fall due in one month
share the draw: it is the person who is short of money, not the loan. A person in arrears on a loan
pays nothing on it until the day everything due is cleared (part payments apart), so days past due run
as they do in real books.

The figures are from public data, see ``docs/engineers/synthetic-book.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forbear.book.synthetic.chance import Whole, below, draw, happens, pick, share
from forbear.book.synthetic.lending import Lent, month_of
from forbear.book.synthetic.people import bands
from forbear.book.synthetic.recipe import Recipe

NEVER = 1 << 40
"""A day that does not come."""

ENTRY = (20_000, 78_000, 255_000, 570_000)
"""Chance of a due instalment to enter arrears, by band, millionths: 5.7% of those not in arrears."""

FAST = (910_000, 845_000, 765_000, 650_000)
"""Share of entries that pay within 30 days, by band."""

FAST_CURVE = (
    (1, 233_000), (2, 390_000), (3, 500_000), (4, 575_000), (5, 625_000), (6, 665_000), (7, 700_000),
    (10, 780_000), (15, 880_000), (20, 930_000), (25, 970_000), (30, 1_000_000),
)  # fmt: skip
"""Of those, cumulative share paid by day: the mean of two real books of closed loans, to day 30."""

SLOW_CURVE = (
    (60, 180_000), (90, 254_000), (180, 350_000), (360, 424_000),
)  # fmt: skip
"""Of the others, cumulative share paid by day: 18%, 9%, 4.5% and 2% a month; the rest never."""

EARLY_DEBIT = ((0, 0, 780), (1, 3, 140), (4, 12, 80))
EARLY_SELF = ((0, 0, 350), (1, 3, 350), (4, 12, 250), (13, 20, 50))
"""Days before the due date (from, to) with weights, with and without automatic debit."""


@dataclass(frozen=True, slots=True)
class Paths:
    """For each instalment, the day its arrears end: flat, as the instalments of ``Lent``."""

    clear_on: Whole
    """The day everything due is paid; ``NEVER`` if it is not."""
    late: npt.NDArray[np.bool_]
    """Paid after its due date, or never."""
    begins: npt.NDArray[np.bool_]
    """The first instalment of a spell of arrears."""


def paths(recipe: Recipe, lent: Lent) -> Paths:
    """When is each instalment of these loans cleared?"""
    person = lent.person[lent.loan_place]
    loan = lent.loans["loan"].to_numpy()[lent.loan_place]
    month = month_of(lent.due_on)[0]
    band = bands(recipe, person)
    enters = happens(draw(recipe.seed, "enters", person, month), np.array(ENTRY)[band])
    wanted = np.where(enters, _delays(recipe, person, month, band), -_early(recipe, lent, loan))
    clear_on = np.empty_like(lent.due_on)
    late = np.empty(len(clear_on), dtype=bool)
    begins = np.zeros(len(clear_on), dtype=bool)
    # One pass an instalment number, over all loans at once: what comes before decides what follows.
    before = lent.from_on[lent.first]
    alive = np.arange(len(lent.first))
    for seq in range(int(lent.count.max(initial=0))):
        alive = alive[lent.count[alive] > seq]
        at = lent.first[alive] + seq
        due, last = lent.due_on[at], before[alive]
        still_in_arrears = due <= last
        fresh = np.maximum(np.where(wanted[at] == NEVER, NEVER, due + wanted[at]), last + 1)
        clear_on[at] = np.where(still_in_arrears, last, fresh)
        late[at] = clear_on[at] > due
        begins[at] = late[at] & ~still_in_arrears
        before[alive] = clear_on[at]
    return Paths(clear_on, late, begins)


def _delays(recipe: Recipe, person: Whole, month: Whole, band: Whole) -> Whole:
    """By how many days is an instalment of this person late, if its month enters arrears?"""
    fast = happens(draw(recipe.seed, "fast", person, month), np.array(FAST)[band])
    point = share(draw(recipe.seed, "delay", person, month))
    even = draw(recipe.seed, "day", person, month)
    result = np.full(len(person), NEVER, dtype=np.int64)
    for which, curve, start in ((fast, FAST_CURVE, 0), (~fast, SLOW_CURVE, 30)):
        ends = np.array([day for day, _ in curve])
        place = np.searchsorted(np.array([s for _, s in curve]), point, side="right")
        inside = which & (place < len(curve))
        from_day = np.concatenate([[start], ends])[place]
        to_day = np.concatenate([ends, [start + 1]])[place]
        day = from_day + 1 + below(even, np.maximum(to_day - from_day, 1))
        result[inside] = day[inside]
    return result


def _early(recipe: Recipe, lent: Lent, loan: Whole) -> Whole:
    """How many days before its due date is an instalment paid, if it is not late?"""
    seq = np.arange(len(loan)) - lent.first[lent.loan_place]
    days = np.zeros(len(loan), dtype=np.int64)
    mandate = lent.mandate[lent.loan_place]
    for which, table in ((mandate, EARLY_DEBIT), (~mandate, EARLY_SELF)):
        row = np.array(table)[
            pick(draw(recipe.seed, "early", loan[which], seq[which]), [w for *_, w in table])
        ]
        width = row[:, 1] - row[:, 0] + 1
        days[which] = row[:, 0] + below(
            draw(recipe.seed, "how early", loan[which], seq[which]), width
        )
    # Money drawn day by day is repaid on its day: an early payment would lower what falls due.
    drawn = (lent.loans["product"] == "revolving").to_numpy()[lent.loan_place]
    return np.where(drawn, 0, days)
