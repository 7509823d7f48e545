"""What does it take to pay the loan off on a given day? A quote by component."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from forbear.loan import events as ev
from forbear.loan.account import Account
from forbear.loan.claims import spread
from forbear.loan.position import Loan
from forbear.loan.product import Product
from forbear.loan.waterfall import FEE, INTEREST, PENALTY, PRINCIPAL, Row


@dataclass(frozen=True, slots=True)
class Payoff:
    """What must arrive on ``on`` so that nothing is owed at its end."""

    on: date
    principal: int
    interest: int
    """Due, and earned in the running period up to that day (Civil Code art. 677)."""
    fee: int
    penalty: int
    held: int
    """Money already held in advance: taken off."""

    @property
    def total(self) -> int:
        """What must be paid on that day."""
        return max(self.principal + self.interest + self.fee + self.penalty - self.held, 0)


def payoff(
    product: Product,
    loan: Loan,
    events: Iterable[ev.Event],
    on: date,
    known_at: datetime | None = None,
) -> Payoff:
    """How much, by component, pays the loan off on ``on``? Any day, past or to come.

    Instalments to come owe their principal, but interest only for the days that went by: by the exact
    stream of the period (never more than the instalment's interest), or where interest is a list or
    flat, in proportion to days, rounded down. Raises InputError as ``position`` does.

    >>> from forbear.loan.product import shipped
    >>> from forbear.loan.schedule import schedule
    >>> terms = shipped("equal_instalment")
    >>> plan = schedule(terms, 1_000_000, 120_000_000, date(2026, 1, 15), 3)
    >>> loan = Loan(disbursed_on=date(2026, 1, 15), principal=1_000_000, rate=120_000_000,
    ...             instalments=plan)
    >>> payoff(terms, loan, [], date(2026, 1, 25)).interest
    3287
    """
    account = Account(product, loan)
    account.run(ev.in_force(events, on, known_at), on)
    due, coming = account.due_rows(), account.plan[account.next :]
    rows = [*due, *coming, *account.charges]
    fees = _open([*due, *account.charges], FEE)
    if coming:
        fees += sum(row.due[FEE] - row.paid[FEE] for row in coming if product.rate_matters)
        if not product.rate_matters:
            fees += _share(coming[0], FEE, account.at)
    return Payoff(
        on,
        _open(rows, PRINCIPAL),
        _open(due, INTEREST) + _interest_to_come(account, coming),
        fees,
        _open(rows, PENALTY) + account.penalty_due,
        account.held,
    )


def _open(rows: list[Row], place: int) -> int:
    return sum(row.due[place] - row.paid[place] for row in rows)


def _share(row: Row, place: int, day: int) -> int:
    """The part of one component that belongs to the days gone by, less what was paid of it."""
    return max(spread(row.due[place], day, row.from_on, row.due_on) - row.paid[place], 0)


def _interest_to_come(account: Account, coming: list[Row]) -> int:
    """Interest of the instalments to come that would be owed if all were paid today."""
    if not coming:
        return 0
    if not account.product.rate_matters:
        return _share(coming[0], INTEREST, account.at)
    model = account.interest
    if model is None:
        row = coming[0]
        return max(min(account.interest_accrued, row.due[INTEREST]) - row.paid[INTEREST], 0)
    ends = model.early_until(account.plan, account.at)
    parts = model.parts(account.plan, account.at, ends_on=ends)
    return sum(
        max(interest - row.paid[INTEREST], 0)
        for (interest, _), row in list(zip(parts, account.plan, strict=True))[account.next :]
    )
