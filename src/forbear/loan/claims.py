"""How much of a posted penalty or default charge may be claimed under the price ceiling?

The ceiling allows a yearly rate on the principal really outstanding, day by day since disbursement. The
cost as signed is served first: interest and fees of periods past, the running period by days, signing
fees spread over the contract term. What is claimed beyond it may take what room is left; the excess is
shown as not claimable and never falls due. (法发〔2017〕22号 art. 2: everything claimed together stays
under the ceiling.) The same figures as ``forbear.book.arrears.accrual`` works out by columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forbear.loan.position import Loan
from forbear.money import RATE_ONE

if TYPE_CHECKING:
    from forbear.loan.account import Account


class Claims:
    """What the ceiling has allowed so far, what was signed, and what was claimed beyond it."""

    __slots__ = (
        "carry",
        "claimed",
        "fees",
        "past",
        "periods",
        "place",
        "rate",
        "room",
        "term",
        "unit",
    )

    def __init__(self, loan: Loan, day_basis: int) -> None:
        self.rate, self.unit = loan.ceiling_rate, RATE_ONE * day_basis
        self.room = self.carry = self.claimed = self.past = self.place = 0
        """Allowed so far and its exact remainder; claimed beyond; cost of periods past, their count."""
        self.fees = loan.signing_fees
        self.periods = [
            (i.from_on.toordinal(), i.due_on.toordinal(), i.interest + i.fee)
            for i in loan.instalments
        ]
        last = self.periods[-1][1] if self.periods else 0
        self.term = (loan.disbursed_on.toordinal(), last)

    def allow(self, principal: int, days: int) -> None:
        """``days`` days went by with so much principal outstanding."""
        exact = self.carry + principal * self.rate * days
        allowed = exact // self.unit
        self.room += allowed
        self.carry = exact - allowed * self.unit

    def signed_until(self, day: int) -> None:
        """Periods that end by ``day`` are past."""
        while self.place < len(self.periods) and self.periods[self.place][1] <= day:
            self.past += self.periods[self.place][2]
            self.place += 1

    def signed_cost(self, day: int) -> int:
        """What did the schedule as signed cost from disbursement to the end of ``day``?"""
        cost = self.past + spread(self.fees, day, *self.term)
        if self.place < len(self.periods):
            begin, end, running = self.periods[self.place]
            cost += spread(running, day, begin, end)
        return cost

    def claim(self, account: Account, principal: int, posted: int, day: int) -> int:
        """How much of the penalty posted in the days up to ``day`` may be claimed?

        All or nothing where that is certain for every one of the days; else day by day.
        """
        free = self.room - self.claimed
        if posted <= free - self.signed_cost(day):
            self.claimed += posted
            return posted
        grown = (self.carry + principal * self.rate * (day - account.at)) // self.unit
        if free + grown <= self.signed_cost(account.at):
            claimable = 0
        else:
            claimable = self._daily(account, principal, day)
        self.claimed += claimable
        return claimable

    def _daily(self, account: Account, principal: int, day: int) -> int:
        """The same, one day after the other."""
        free, carry, penalty_carry = self.room - self.claimed, self.carry, account.penalty_carry
        step = account.penalty_base * account.penalty_rate
        claimed = 0
        for on in range(account.at + 1, day + 1):
            carry += principal * self.rate
            allowed = carry // self.unit
            carry -= allowed * self.unit
            penalty_carry += step
            posted = penalty_carry // self.unit
            penalty_carry -= posted * self.unit
            free += allowed
            part = min(posted, max(free - self.signed_cost(on), 0))
            claimed += part
            free -= part
        return claimed

    def claim_charge(self, amount: int, day: int) -> int:
        """How much of a charge posted on ``day`` (already accrued to it) may be claimed?"""
        claimable = min(amount, max(self.room - self.claimed - self.signed_cost(day), 0))
        self.claimed += claimable
        return claimable


def spread(amount: int, day: int, begin: int, end: int) -> int:
    """The part of ``amount`` that belongs to (begin, day] when it is spread over (begin, end]; floor.

    >>> spread(100, 15, 10, 20), spread(100, 30, 10, 20), spread(100, 5, 10, 20)
    (50, 100, 0)
    """
    if day >= end or not amount:
        return amount
    return amount * (day - begin) // (end - begin) if day > begin else 0
