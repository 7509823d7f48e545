"""How does an account look at the end of its day? The figures of a ``Position``, read off."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from forbear.loan.claims import spread
from forbear.loan.position import InstalmentPosition, OpenItem, Position
from forbear.loan.waterfall import COMPONENTS, FEE, INTEREST, PENALTY, PRINCIPAL, Row

if TYPE_CHECKING:
    from forbear.loan.account import Account


def describe(account: Account) -> Position:
    """Which position is this account in?"""
    loan, claims, plan = account.loan, account.claims, account.plan
    coming = plan[account.next :]
    following = coming[0] if coming else None
    due = [row for row in account.due_rows() if row.open]
    left = [0, 0, 0, 0]
    for row in coming:
        for place in (PENALTY, FEE, INTEREST, PRINCIPAL):
            left[place] += row.due[place] - row.paid[place]
    for row in account.charges:
        left[PENALTY] += row.due[PENALTY] - row.paid[PENALTY]
        left[FEE] += row.due[FEE] - row.paid[FEE]
    since = min((row.due_on for row in due), default=None)
    return Position(
        loan=loan.loan,
        person=loan.person,
        creditor=loan.creditor,
        status="charged_off" if account.charged_off else "settled" if account.settled else "open",
        balances_on=date.fromordinal(account.at),
        principal_not_due=left[PRINCIPAL],
        principal_due=owed(due, PRINCIPAL),
        interest_due=owed(due, INTEREST),
        fee_due=owed(due, FEE),
        penalty_due=account.penalty_due + owed(due, PENALTY),
        not_claimable=account.not_claimable,
        paid_in_advance=account.held,
        overpaid=account.overpaid,
        penalty_base=account.penalty_base,
        penalty_rate=account.penalty_rate_on(account.at + 1),
        penalty_carry=account.penalty_carry,
        interest_base=account.interest_base,
        interest_rate=account.rate_on(account.at + 1),
        interest_accrued=account.interest_accrued,
        interest_carry=account.interest_carry,
        day_basis=account.product.day_basis,
        ceiling_rate=loan.ceiling_rate,
        ceiling_room=claims.room if claims else 0,
        ceiling_carry=claims.carry if claims else 0,
        signed_cost=claims.past if claims else signed_past(account),
        claimed_beyond=claims.claimed
        if claims
        else account.penalty_earned + account.charged_beyond,
        next_seq=following.seq if following else None,
        next_from_on=date.fromordinal(following.from_on) if following else None,
        next_due_on=date.fromordinal(following.due_on) if following else None,
        next_principal=following.due[PRINCIPAL] if following else 0,
        next_interest=following.due[INTEREST] if following else 0,
        next_fee=following.due[FEE] if following else 0,
        due_since=date.fromordinal(since) if since else None,
        due_since_regulatory=regulatory_since(account, since),
        times_late=account.times_late,
        last_paid_on=date.fromordinal(account.last_paid_on) if account.last_paid_on else None,
        last_paid=account.last_paid,
        by_columns=not (account.reshaped or account.has_charges()),
        interest_to_date=interest_to_date(account),
        interest_not_due=left[INTEREST],
        fee_not_due=left[FEE],
        penalty_not_due=left[PENALTY],
        paid_ahead=sum(sum(row.paid) for row in coming),
        instalments=tuple(instalment(row, account.at) for row in account.all_rows()),
        open_items=tuple(item for row in due for item in items(row)),
    )


def interest_to_date(account: Account) -> int:
    """Contract interest earned so far: of the periods past, and of the running one up to today."""
    model = account.interest
    if model is not None and not model.fixed:
        return sum(i for i, _ in model.parts(account.plan, account.at, ends_on=account.at))
    past = sum(row.due[INTEREST] for row in account.plan[: account.next])
    if account.next == len(account.plan):
        return past
    row = account.plan[account.next]
    if account.product.rate_matters:
        return past + min(account.interest_accrued, row.due[INTEREST])
    return past + spread(row.due[INTEREST], account.at, row.from_on, row.due_on)


def owed(rows: list[Row], place: int) -> int:
    """What is unpaid of one component on these rows?"""
    return sum(row.due[place] - row.paid[place] for row in rows)


def items(row: Row) -> list[OpenItem]:
    """The unpaid components of one row, in the order of the table."""
    on = date.fromordinal(row.due_on)
    return [
        OpenItem(on, row.seq, COMPONENTS[place], row.due[place] - row.paid[place])
        for place in (PENALTY, FEE, INTEREST, PRINCIPAL)
        if row.due[place] > row.paid[place]
    ]


def instalment(row: Row, at: int) -> InstalmentPosition:
    """One row as it stands at the end of day ``at``."""
    penalty, fee, interest, principal = row.due
    paid_penalty, paid_fee, paid_interest, paid_principal = row.paid
    return InstalmentPosition(
        row.seq,
        date.fromordinal(row.from_on),
        date.fromordinal(row.due_on),
        principal,
        interest,
        fee,
        penalty,
        paid_principal,
        paid_interest,
        paid_fee,
        paid_penalty,
        row.early,
        row.late,
        date.fromordinal(row.met_on) if row.met_on else None,
        at - row.due_on if row.open and at > row.due_on else 0,
    )


def signed_past(account: Account) -> int:
    """Interest and fees as signed of the periods fully past."""
    return sum(
        signed.interest + signed.fee
        for signed in account.loan.instalments
        if signed.due_on.toordinal() <= account.at
    )


def regulatory_since(account: Account, since: int | None) -> date | None:
    """The oldest unpaid due date on the clock that extension and re-age do not reset.

    While the schedule is as signed it is the contractual one. After that, what was paid (or let go of)
    so far is held against the instalments *as signed*, oldest first.
    """
    if not account.moved:
        return date.fromordinal(since) if since else None
    covered = account.covered()
    for signed in account.loan.instalments:
        if signed.due_on.toordinal() > account.at:
            break
        covered -= signed.principal
        if covered < 0:
            return signed.due_on
    return date.fromordinal(since) if since else None
