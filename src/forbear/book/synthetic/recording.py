"""What does the lender record of all this: which rows of ``events``, and on which day?

Payments in time, payments that clear a spell of arrears with its penalty to the last fen, part
payments, bounced debits and their reversals, charges, waivers, extensions, write-offs, payments rounded
up, and payments recorded days after they count.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from forbear.book.schema import HISTORY
from forbear.book.synthetic.chance import Whole, below, draw, happens
from forbear.book.synthetic.lending import Lent
from forbear.book.synthetic.paying import NEVER, Paths
from forbear.book.synthetic.recipe import Recipe
from forbear.loan.product import shipped
from forbear.money import RATE_ONE

PART_PAYMENT, BOUNCED, ROUNDED_UP, RECORDED_LATE = 300_000, 80_000, 4_000, 5_000
"""Shares, millionths: of spells with a part payment, of spells with a bounced debit; of payments
rounded up to the next hundred yuan; of payments recorded days later than they count."""

CHARGED, WAIVED, EXTENDED, WRITTEN_OFF = 20_000, 40_000, 15_000, 300_000
"""Shares of long spells with a charge, a waiver of half the penalty, an extension, a write-off."""

CHARGE = 3_000
"""A charge for a written demand, ¥30."""

ROUND_TO = 10_000
DAY_US = 86_400_000_000
SHANGHAI_US = 8 * 3_600_000_000
EVENTS = HISTORY["events"].schema


def events(recipe: Recipe, lent: Lent, path: Paths) -> pl.DataFrame:
    """Everything that will ever be recorded about these loans: rows of the table ``events``.

    With ``recorded_on``, the day of the book (Asia/Shanghai) on which it became known. Nothing here
    depends on what anybody does about the arrears.
    """
    loan = lent.loans["loan"].to_numpy()
    signed = _rows(loan, lent.from_on[lent.first], "disbursed", lent.loans["principal"].to_numpy())
    return _numbered(recipe, pl.concat([signed, *_repaid(recipe, lent, path)]))


def _repaid(recipe: Recipe, lent: Lent, path: Paths) -> Iterator[pl.DataFrame]:
    """Payments: one for each instalment paid in time, one that clears a spell, what lies between."""
    whole = lent.principal + lent.interest + lent.fee
    # Whatever one loan pays on one day is one payment.
    new = np.ones(len(whole), dtype=bool)
    new[1:] = (lent.loan_place[1:] != lent.loan_place[:-1]) | (
        path.clear_on[1:] != path.clear_on[:-1]
    )
    start = np.flatnonzero(new)
    spells = Spells(recipe, lent, path, start)
    penalty = _penalty(lent, path, start)
    amount = np.add.reduceat(whole, start) + penalty if len(start) else whole
    if not recipe.plain:
        for at, change, rows in spells.between(whole[start], penalty):
            amount[at] += change
            yield rows
    loan = lent.loans["loan"].to_numpy()[lent.loan_place[start]]
    day = path.clear_on[start]
    up = happens(draw(recipe.seed, "rounded up", loan, day), ROUNDED_UP)
    amount = np.where(up, -(-amount // ROUND_TO) * ROUND_TO, amount)
    slow = happens(draw(recipe.seed, "recorded late", loan, day), RECORDED_LATE)
    delay = np.where(slow, 1 + below(draw(recipe.seed, "how late", loan, day), 5), 0)
    paid = (day != NEVER) & (amount > 0)
    yield _rows(loan[paid], day[paid], "repaid", amount[paid], delay=delay[paid])


class Spells:
    """The spells of arrears of these loans, and what is recorded between their begin and their end."""

    def __init__(self, recipe: Recipe, lent: Lent, path: Paths, start: Whole) -> None:
        """``start``: for each payment, the first instalment it pays."""
        self.recipe = recipe
        self.at = np.flatnonzero(path.begins[start])
        """Which of the payments end a spell."""
        first = start[self.at]
        self.loan = lent.loans["loan"].to_numpy()[lent.loan_place[first]]
        self.due_on = lent.due_on[first]
        self.clear_on = path.clear_on[first]
        self.days = self.clear_on - self.due_on
        self.debited = lent.mandate[lent.loan_place[first]]

    def between(self, owed: Whole, penalty: Whole) -> Iterator[tuple[Whole, Whole, pl.DataFrame]]:
        """What is recorded inside a spell: which payments it changes, by how much, and its rows."""
        yield self._part_payments(owed[self.at])
        yield self._bounced_debits(owed[self.at])
        yield self._charges()
        yield self._waivers(penalty[self.at])
        yield self._extensions()
        yield self._write_offs()

    def _some(self, purpose: str, millionths: int, can: npt.NDArray[np.bool_]) -> Whole:
        """In which spells does this happen, of those in which it can?"""
        chosen = happens(draw(self.recipe.seed, purpose, self.loan, self.due_on), millionths)
        return np.flatnonzero(chosen & can)

    def _bits(self, purpose: str, place: Whole, limit: Whole | int) -> Whole:
        return below(draw(self.recipe.seed, purpose, self.loan[place], self.due_on[place]), limit)

    def _part_payments(self, owed: Whole) -> tuple[Whole, Whole, pl.DataFrame]:
        """Part of the first instalment, some days before the rest: whole yuan, at least one."""
        place = self._some("part payment", PART_PAYMENT, (self.days >= 4) & (owed > 1_000))
        day = self.due_on[place] + 1
        day = day + self._bits("part day", place, np.minimum(self.days[place], 60) - 1)
        parts = owed[place] * (200_000 + self._bits("part", place, 600_000)) // 1_000_000
        parts = np.maximum(parts // 100 * 100, 100)
        return self.at[place], -parts, _rows(self.loan[place], day, "repaid", parts)

    def _bounced_debits(self, owed: Whole) -> tuple[Whole, Whole, pl.DataFrame]:
        """A debit on the due date that seemed to succeed and came back one to three days later."""
        place = self._some("bounced", BOUNCED, (self.days >= 4) & self.debited)
        loan, due_on, tag = self.loan[place], self.due_on[place], 1 + self.due_on[place]
        rows = pl.concat(
            [
                _rows(loan, due_on, "repaid", owed[place], tag=tag),
                _rows(loan, due_on + 1 + self._bits("back", place, 3), "reversed", 0, tag=tag),
            ]
        )
        return self.at[place], np.zeros_like(place), rows

    def _charges(self) -> tuple[Whole, Whole, pl.DataFrame]:
        """A charge for the written demand on the fortieth day, paid with the rest."""
        place = self._some("charge", CHARGED, self.days > 45)
        amount = np.full_like(place, CHARGE)
        return (
            self.at[place],
            amount,
            _rows(self.loan[place], self.due_on[place] + 40, "charge", amount),
        )

    def _waivers(self, penalty: Whole) -> tuple[Whole, Whole, pl.DataFrame]:
        """Half the penalty is let go of the day before the rest is paid."""
        ends = (self.days > 30) & (self.clear_on != NEVER) & (penalty > 1)
        place = self._some("waiver", WAIVED, ends)
        amount = penalty[place] // 2
        rows = _rows(self.loan[place], self.clear_on[place] - 1, "waiver", amount)
        return self.at[place], -amount, rows

    def _extensions(self) -> tuple[Whole, Whole, pl.DataFrame]:
        """Thirty days more, agreed on the fifteenth day: the due dates from the oldest one move."""
        place = self._some("extension", EXTENDED, self.days > 20)
        rows = _rows(
            self.loan[place], self.due_on[place] + 15, "extension", 0, moved_from=self.due_on[place]
        )
        return self.at[place], np.zeros_like(place), rows

    def _write_offs(self) -> tuple[Whole, Whole, pl.DataFrame]:
        """Six months without payment, and none to come: written off the books. The claim goes on."""
        place = self._some("write-off", WRITTEN_OFF, self.clear_on == NEVER)
        rows = _rows(self.loan[place], self.due_on[place] + 181, "charge_off", 0)
        return self.at[place], np.zeros_like(place), rows


def _penalty(lent: Lent, path: Paths, start: Whole) -> Whole:
    """Penalty interest that each payment clears, had there been no part payment in between.

    One stream a loan, posted in whole minor units, the remainder carried: as the book posts it.
    """
    days = np.where(path.late & (path.clear_on != NEVER), path.clear_on - lent.due_on, 0)
    rate, basis = _penalty_terms(lent)
    total = lent.principal * days * rate[lent.loan_place]
    for seq in range(1, int(lent.count.max(initial=0))):
        at = lent.first[lent.count > seq] + seq
        total[at] += total[at - 1]
    place = lent.loan_place[start]
    end = np.concatenate([start[1:], [len(total)]]) - 1
    posted = total[end] // (basis[place] * RATE_ONE)
    before = np.concatenate([[0], posted[:-1]])
    before[np.concatenate([[True], place[1:] != place[:-1]])] = 0
    return np.asarray(posted - before, dtype=np.int64)


def _penalty_terms(lent: Lent) -> tuple[Whole, Whole]:
    """For each loan: its penalty rate a year and the days of that year."""
    terms = lent.loans.select("product", "rate").unique(maintain_order=True)
    named = [(shipped(product), rate) for product, rate in terms.iter_rows()]
    terms = terms.with_columns(
        pl.Series("penalty_rate", [p.penalty.rate_of(rate) for p, rate in named], dtype=pl.Int64),
        pl.Series("basis", [p.day_basis for p, _ in named], dtype=pl.Int64),
    )
    each = lent.loans.select("product", "rate").join(
        terms, on=["product", "rate"], how="left", maintain_order="left"
    )
    return each["penalty_rate"].to_numpy(), each["basis"].to_numpy()


def _rows(
    loan: Whole,
    day: Whole,
    kind: str,
    amount: Whole | int,
    *,
    delay: Whole | int = 0,
    tag: Whole | int = 0,
    moved_from: Whole | int = -1,
) -> pl.DataFrame:
    """Some events of one kind.

    ``delay``: recorded so many days after the day it counts. ``tag`` binds a reversal to what it
    reverses. ``moved_from``: the due date from which an extension moves them.
    """
    size = len(loan)
    return pl.DataFrame(
        {
            "loan": loan,
            "effective": day,
            "recorded": day + delay,
            "amount": np.broadcast_to(np.asarray(amount, dtype=np.int64), size),
            "tag": np.broadcast_to(np.asarray(tag, dtype=np.int64), size),
            "moved_from": np.broadcast_to(np.asarray(moved_from, dtype=np.int64), size),
        }
    ).with_columns(pl.lit(kind).cast(EVENTS["kind"]).alias("kind"))


def _numbered(recipe: Recipe, rows: pl.DataFrame) -> pl.DataFrame:
    """These events with the second they were recorded, numbered in that order inside each loan."""
    loan, day = rows["loan"].to_numpy(), rows["recorded"].to_numpy()
    # Debits and bookings run from six to ten; the kind keeps two events of a day apart.
    bits = draw(recipe.seed, "second", loan, day, rows["kind"].to_physical().to_numpy())
    second = 6 * 3_600 + below(bits, 4 * 3_600)
    at = day * DAY_US + second * 1_000_000 - SHANGHAI_US
    numbered = (
        rows.with_columns(recorded_at=pl.Series(at))
        .sort("loan", "recorded_at", "kind", "effective", "amount")
        .with_columns(event=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("loan"))
    )
    reversed_by = numbered.filter(kind="repaid").filter(pl.col("tag") > 0)
    named = numbered.filter(kind="reversed").join(
        reversed_by.select("loan", "tag", names="event"), on=["loan", "tag"], how="inner"
    )
    moved = pl.from_epoch("moved_from", time_unit="d").dt.to_string("%Y-%m-%d")
    return (
        numbered.join(named.select("loan", "event", "names"), on=["loan", "event"], how="left")
        .with_columns(
            effective_on=pl.from_epoch("effective", time_unit="d"),
            recorded_on=pl.from_epoch("recorded", time_unit="d"),
            recorded_at=pl.col("recorded_at").cast(EVENTS["recorded_at"]),
            detail=pl.when(pl.col("moved_from") >= 0).then(
                pl.lit('{"days": 30, "from_due_on": "') + moved + pl.lit('"}')
            ),
        )
        .select(*EVENTS.names(), "recorded_on")
        .sort("loan", "effective_on", "recorded_at", "event")
    )
