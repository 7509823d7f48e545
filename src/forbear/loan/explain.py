"""How did this figure come about? Any figure of a position, step by step, and the books behind it.

The same replay as ``position``, with somebody taking notes: after every step of every day the ledger is
read, and what changed is posted. Postings are double entry: claims on the borrower stand against money,
what was earned, and what was let go of, so each step sums to zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from forbear.errors import InputError
from forbear.loan import events as ev
from forbear.loan.account import Account
from forbear.loan.position import Loan, Position
from forbear.loan.product import Product
from forbear.loan.standing import describe
from forbear.loan.waterfall import FEE, INTEREST, PENALTY, PRINCIPAL

LEDGER = (
    "principal_not_due", "principal_due", "interest_due", "fee_due", "penalty_due", "paid_in_advance",
    "paid_ahead", "overpaid", "money", "earned", "let_go", "not_claimable", "not_claimed",
)  # fmt: skip
"""Accounts of the ledger. Claims are positive; what is held for the borrower is negative."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry of one step."""

    step: int
    on: date
    why: str
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class Line:
    """One change of one figure."""

    on: date
    why: str
    change: int
    value: int


def postings(
    product: Product,
    loan: Loan,
    events: Iterable[ev.Event],
    as_of: date,
    known_at: datetime | None = None,
) -> list[Posting]:
    """What was booked, step by step, from disbursement to the end of ``as_of``?

    >>> from forbear.loan.product import shipped
    >>> from forbear.loan.schedule import schedule
    >>> terms = shipped("single")
    >>> plan = schedule(terms, 100_000, 120_000_000, date(2026, 1, 15), 1)
    >>> loan = Loan(disbursed_on=date(2026, 1, 15), principal=100_000, rate=120_000_000,
    ...             instalments=plan)
    >>> for each in postings(terms, loan, [], date(2026, 2, 15)):
    ...     print(each.on, each.account, each.amount)
    2026-01-15 principal_not_due 100000
    2026-01-15 money -100000
    2026-02-15 principal_not_due -100000
    2026-02-15 principal_due 100000
    2026-02-15 interest_due 1019
    2026-02-15 earned -1019
    """
    booked: list[Posting] = []
    before: dict[str, int] = dict.fromkeys(LEDGER, 0)
    steps = 0

    def note(account: Account, why: str) -> None:
        nonlocal before, steps
        now = ledger(account)
        on = date.fromordinal(account.at)
        changed = [name for name in LEDGER if now[name] != before[name]]
        booked.extend(Posting(steps, on, why, n, now[n] - before[n]) for n in changed)
        steps += bool(changed)
        before = now

    _replay(product, loan, events, as_of, known_at, note)
    return booked


def explain(
    product: Product,
    loan: Loan,
    events: Iterable[ev.Event],
    as_of: date,
    figure: str,
    known_at: datetime | None = None,
) -> list[Line]:
    """How did this figure of the position come to its value? Its changes in order; the last is now.

    ``figure`` is any whole number of ``Position`` (``penalty_due``, ``days_past_due``, …). Raises
    InputError for a name that is none.

    >>> from forbear.loan.product import shipped
    >>> from forbear.loan.schedule import schedule
    >>> terms = shipped("single")
    >>> plan = schedule(terms, 100_000, 120_000_000, date(2026, 1, 15), 1)
    >>> loan = Loan(disbursed_on=date(2026, 1, 15), principal=100_000, rate=120_000_000,
    ...             instalments=plan)
    >>> explain(terms, loan, [], date(2026, 2, 20), "penalty_due")[-1].value
    246
    """
    lines: list[Line] = []
    value = 0

    def note(account: Account, why: str) -> None:
        nonlocal value
        now = _figure(describe(account), figure)
        if now != value:
            lines.append(Line(date.fromordinal(account.at), why, now - value, now))
            value = now

    _replay(product, loan, events, as_of, known_at, note)
    return lines


def _replay(
    product: Product,
    loan: Loan,
    events: Iterable[ev.Event],
    as_of: date,
    known_at: datetime | None,
    note: Callable[[Account, str], None],
) -> None:
    account = Account(product, loan)
    account.journal = note
    account.note("the money went out")
    account.run(ev.in_force(events, as_of, known_at), as_of)
    account.note("the day ended")


def _figure(seen: Position, name: str) -> int:
    value = getattr(seen, name, None)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(
            f"{name!r} is not a figure", remedy="name a whole number of Position, as penalty_due"
        )
    return value


def ledger(account: Account) -> dict[str, int]:
    """What does every account of the ledger stand at now?"""
    fallen, coming = account.plan[: account.next], account.plan[account.next :]
    due_charges = account.due_charges + account.paid_charges
    due = fallen + due_charges
    ahead = coming + account.charges
    owed = [sum(row.due[place] - row.paid[place] for row in due) for place in range(4)]
    booked = sum(_yield(row.due) for row in due)
    books = {
        "principal_not_due": sum(row.due[PRINCIPAL] - row.paid[PRINCIPAL] for row in coming),
        "principal_due": owed[PRINCIPAL],
        "interest_due": owed[INTEREST],
        "fee_due": owed[FEE],
        "penalty_due": owed[PENALTY] + account.penalty_due,
        "paid_in_advance": -account.held,
        "paid_ahead": -sum(_yield(row.paid) for row in ahead),
        "overpaid": -account.overpaid,
        "money": account.money - account.drawn,
        "earned": -(booked + account.penalty_earned + account.waived_other),
        "let_go": account.waived_other + account.waived_penalty + account.waived_principal,
        "not_claimable": account.not_claimable,
        "not_claimed": -account.not_claimable,
    }
    return {name: books[name] for name in LEDGER}


def _yield(parts: list[int]) -> int:
    """Penalty, fee and interest together."""
    return parts[PENALTY] + parts[FEE] + parts[INTEREST]
