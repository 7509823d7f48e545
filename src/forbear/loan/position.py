"""What is owed on one loan on one day: the answer of ``forbear.loan.account``, and its table rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from forbear.loan.schedule import Instalment
from forbear.loan.stepwise import bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """One loan as signed."""

    loan: int = 0
    person: int = 0
    creditor: int = 0
    disbursed_on: date
    principal: int
    """The price or amount lent: what the instalments' principal sums to."""
    rate: int
    """Contract rate, parts per billion a year."""
    instalments: tuple[Instalment, ...]
    signing_fees: int = 0
    ceiling_rate: int = 0
    """The price ceiling in force at signing, parts per billion a year; 0: none is tested."""


@dataclass(frozen=True, slots=True)
class InstalmentPosition:
    """One instalment (``seq`` 0: a charge) as it stands now."""

    seq: int
    from_on: date
    due_on: date
    principal: int
    interest: int
    fee: int
    penalty: int
    """Penalty sums charged with it; the loan's penalty interest stands in the position."""
    paid_principal: int
    paid_interest: int
    paid_fee: int
    paid_penalty: int
    paid_early: int
    """Of what was paid, how much before the due date."""
    paid_late: int
    met_on: date | None
    """When nothing was owed on it any more."""
    days_past_due: int
    """Whole days since its due date while anything is unpaid; 0 otherwise."""

    @property
    def total(self) -> int:
        """Everything due on it."""
        return self.principal + self.interest + self.fee + self.penalty

    @property
    def paid(self) -> int:
        """Everything paid on it."""
        return self.paid_principal + self.paid_interest + self.paid_fee + self.paid_penalty

    @property
    def outstanding(self) -> int:
        """What is unpaid on it."""
        return self.total - self.paid


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One unpaid component of an instalment that is due: a row of ``open_items`` without the loan."""

    due_on: date
    seq: int
    component: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One loan brought to the end of ``balances_on``; every amount in minor units.

    The fields up to ``by_columns`` are the columns of the ``positions`` table.
    """

    loan: int
    person: int
    creditor: int
    status: str
    balances_on: date
    principal_not_due: int
    principal_due: int
    interest_due: int
    fee_due: int
    penalty_due: int
    not_claimable: int
    paid_in_advance: int
    overpaid: int
    penalty_base: int
    penalty_rate: int
    penalty_carry: int
    interest_base: int
    interest_rate: int
    interest_accrued: int
    interest_carry: int
    day_basis: int
    ceiling_rate: int
    ceiling_room: int
    ceiling_carry: int
    signed_cost: int
    claimed_beyond: int
    next_seq: int | None
    next_from_on: date | None
    next_due_on: date | None
    next_principal: int
    next_interest: int
    next_fee: int
    due_since: date | None
    due_since_regulatory: date | None
    times_late: int
    last_paid_on: date | None
    last_paid: int
    by_columns: bool
    interest_to_date: int
    """Contract interest earned since disbursement, due or not, paid or not."""
    interest_not_due: int
    """Interest of the instalments to come, as they stand."""
    fee_not_due: int
    """Fees of the instalments to come, and charges not yet due."""
    penalty_not_due: int
    """Penalty sums charged but not yet due."""
    paid_ahead: int
    """Paid on instalments that are not yet due (products that pay ahead)."""
    instalments: tuple[InstalmentPosition, ...]
    open_items: tuple[OpenItem, ...]

    @property
    def due(self) -> int:
        """Everything due and unpaid."""
        return self.principal_due + self.interest_due + self.fee_due + self.penalty_due

    @property
    def days_past_due(self) -> int:
        """Whole days since the oldest unpaid due date, at the end of ``balances_on``."""
        return (self.balances_on - self.due_since).days if self.due_since else 0

    @property
    def days_past_due_regulatory(self) -> int:
        """The same on the clock that extension and re-age do not reset."""
        since = self.due_since_regulatory
        return (self.balances_on - since).days if since else 0

    @property
    def bucket(self) -> str:
        """M0, M1, … by the contractual clock: a function of events and dates, up as well as down."""
        return bucket(self.days_past_due)

    def as_row(self) -> dict[str, Any]:
        """The row of the ``positions`` table."""
        return {name: getattr(self, name) for name in ROW}

    def open_item_rows(self) -> list[dict[str, Any]]:
        """The rows of the ``open_items`` table, in its order."""
        return [
            {
                "loan": self.loan,
                "due_on": item.due_on,
                "seq": item.seq,
                "component": item.component,
                "amount": item.amount,
            }
            for item in self.open_items
        ]


ROW: tuple[str, ...] = tuple(Position.__dataclass_fields__)[:38]
"""Columns of the ``positions`` table, in order."""
