"""What does each kind of event do to an account on its day? One function a kind.

Payments are in ``forbear.loan.account`` (they are the fast path); agreements that make a new schedule
(extension, re-age, re-amortise, acceleration) are in ``forbear.loan.reshaping``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from forbear.errors import InputError
from forbear.loan import events as ev
from forbear.loan.day_count import year_part
from forbear.loan.reshaping import accelerate, draw, extend, re_age, re_amortise
from forbear.loan.stepwise import round_exact
from forbear.loan.waterfall import COMPONENTS, FEE, INTEREST, PENALTY, PRINCIPAL, Part, Row
from forbear.money import RATE_ONE

if TYPE_CHECKING:
    from forbear.loan.account import Account


def disbursed(account: Account, event: ev.Disbursed) -> None:
    """A further part went out; what went out at signing is already in the schedule."""
    if event.effective_on > account.loan.disbursed_on and event.amount:
        draw(account, event.amount)


def rate_changed(account: Account, event: ev.RateChange) -> None:
    """Another rate runs from a day on; the instalments it reaches are levelled anew."""
    model = account.follow_principal()
    first = (event.from_on or event.effective_on).toordinal()
    if model.fixed:
        _charge_flat_at(account, event, model.rate_on(first - 1), first)
    model.rates = [*(each for each in model.rates if each[0] != first), (first, event.rate)]
    model.rates.sort()
    start = next((k for k, row in enumerate(account.plan) if row.due_on >= first), None)
    account.refresh()
    if start is not None:
        model.relevel(account.plan, start, account.at)
        account.refresh()
    account.principal_moved()


def _charge_flat_at(account: Account, event: ev.RateChange, rate: int, first: int) -> None:
    """A flat charge at another rate: instalments due from that day on carry as many of the new one."""
    product = account.product
    if product.kind != "flat_fee" or product.flat_charge != "interest" or not rate:
        raise InputError(
            f"the interest of a {product.kind} schedule does not follow a rate",
            where=f"event {event.number}",
            remedy="supply the new schedule",
        )
    signed = [row for row in account.loan.instalments if row.due_on > row.from_on]
    lent = sum(row.principal for row in signed)
    years = sum(
        year_part(product.day_count, row.from_on, row.due_on, every=product.every) for row in signed
    )
    each = [Fraction(lent * r, RATE_ONE) * years / len(signed) for r in (rate, event.rate)]
    before, after = (round_exact(e.numerator, e.denominator, product.rounding) for e in each)
    for row in account.plan:
        if row.due_on >= first and before:
            charges = round_exact(row.due[INTEREST], before, "half_even")
            row.due[INTEREST] = max(charges * after, row.paid[INTEREST])


def paused(account: Account, event: ev.InterestPause) -> None:
    """Neither interest nor penalty runs on these days."""
    first, last = (event.from_on or event.effective_on).toordinal(), event.until_on.toordinal()
    if last < first:
        raise InputError("the pause ends before it begins", where=f"event {event.number}")
    model = account.follow_principal()
    model.pauses.append((first, last))
    account.refresh()
    account.principal_moved()


def charged(account: Account, event: ev.Charge) -> None:
    """A fee or penalty sum becomes owed, as far as the ceiling lets it be claimed."""
    amount = event.amount
    if account.claims is not None:
        amount = account.claims.claim_charge(event.amount, account.at)
        account.not_claimable += event.amount - amount
    else:
        account.charged_beyond += amount
    if not amount:
        return
    due_on = max((event.due_on or event.effective_on).toordinal(), 0)
    due = [amount, 0, 0, 0] if event.component == "penalty" else [0, amount, 0, 0]
    if event.with_instalment and account.plan:
        place = PENALTY if event.component == "penalty" else FEE
        whole = _join(account, due_on, place, amount)
        if event.payable_alone:
            account.payable_alone.append(Part(whole, due_on, place, amount))
        return
    row = Row(0, due_on, due_on, due)
    if due_on <= account.at:
        account.due_charges.append(row)
    else:
        account.charges.append(row)
        account.charges.sort(key=lambda each: (each.due_on, each.due))


def _join(account: Account, due_on: int, place: int, amount: int) -> Row:
    """Add a charge to the instalment in whose period its due date lies, or after the last."""
    rows = [row for row in account.plan if row.due_on >= due_on]
    if rows:
        row = rows[0]
    else:
        last = account.plan[-1]
        row = Row(last.seq + 1, last.due_on, due_on, [0, 0, 0, 0])
        account.plan.append(row)
    row.due[place] += amount
    row.met_on = None
    account.replan()
    return row


def waived(account: Account, event: ev.Waiver) -> None:
    """Let go of what is due, component by component, oldest first; never more than is owed."""
    left = event.amount
    for name in event.components:
        place = COMPONENTS.index(name)
        if place == PENALTY:
            part = min(left, account.penalty_due)
            account.penalty_due -= part
            account.waived_penalty += part
            left -= part
        rows = account.due_rows()
        if place == PRINCIPAL and left > sum(row.due[place] - row.paid[place] for row in rows):
            rows = rows + account.plan[account.next :][::-1]
            account.reshaped = True
        for row in rows:
            part = min(left, row.due[place] - row.paid[place])
            left -= forgive(account, row, place, part)
    account.principal_moved()


def forgive(account: Account, row: Row, place: int, part: int) -> int:
    """Let go of ``part`` of one component of one row."""
    row.due[place] -= part
    if place == PRINCIPAL:
        account.waived_principal += part
    else:
        account.waived_other += part
    if place == PRINCIPAL and part:
        row.steady = None if row.steady is None else row.steady - part
        row.gone.append((account.at, part))
    elif place == INTEREST:
        row.extra -= part
    if part and not row.open:
        row.met_on = account.at
    return part


def settled(account: Account, event: ev.Settlement) -> None:
    """The amount is taken for the whole: what it pays is paid, the rest is let go of."""
    account.credit(event.amount)
    for row in account.plan[account.next :]:
        for place in (FEE, PENALTY, PRINCIPAL):
            account.held -= row.pay(place, account.held, account.at)
        row.due[INTEREST] = row.paid[INTEREST]
    account.waived_penalty += account.penalty_due
    account.penalty_due = 0
    for row in [*account.plan, *account.due_charges]:
        for place in range(4):
            forgive(account, row, place, row.due[place] - row.paid[place])
    account.charges = []
    account.plan = [row for row in account.plan if row.due_on <= account.at or any(row.paid)]
    account.overpaid += account.held
    account.held = 0
    account.closed = True
    if account.interest is not None:
        account.interest.fixed = True
    account.replan()
    account.settled = True


def charged_off(account: Account, event: ev.ChargeOff) -> None:
    """Written off; interest stops only where the event says so, and the claim goes on."""
    account.charged_off = True
    if event.interest == "stops":
        model = account.follow_principal()
        model.stopped_on = min(model.stopped_on, account.at)
        account.refresh()
    if event.accelerate:
        accelerate(account)


def refunded(account: Account, event: ev.Refund) -> None:
    """Money goes back: what was overpaid first, then what is held in advance."""
    if event.amount > account.overpaid + account.held:
        raise InputError(
            f"refund of {event.amount}, but only {account.overpaid + account.held} is held",
            where=f"event {event.number}",
        )
    from_overpaid = min(event.amount, account.overpaid)
    account.overpaid -= from_overpaid
    account.held -= event.amount - from_overpaid
    account.money -= event.amount


HANDLERS: dict[str, Callable[[Any, Any], None]] = {
    "disbursed": disbursed,
    "rate_change": rate_changed,
    "interest_pause": paused,
    "charge": charged,
    "waiver": waived,
    "settlement": settled,
    "extension": extend,
    "re_age": re_age,
    "re_amortise": re_amortise,
    "charge_off": charged_off,
    "refund": refunded,
}
"""Kind → what it does. Payments, and kinds that move no money, are not here."""
