"""What does money do that is left once everything due is paid, where the product takes it at once?

It pays coming instalments (the next, the last, or all alike), or lowers principal: from the end, off
the next, or off all to come by a new level. Interest is owed only for the days that went by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forbear.loan.product import InAdvance
from forbear.loan.stepwise import round_exact
from forbear.loan.waterfall import INTEREST, PRINCIPAL, Row, order_in_advance, rows_in_advance

if TYPE_CHECKING:
    from forbear.loan.account import Account


def pay_early(account: Account, money: int, rule: InAdvance | None) -> int:
    """Money left once all that is due is paid, on a product that takes it at once; the rest."""
    if account.product.early_payment == "reduce_principal":
        return _reduce_principal(account, money)
    order = order_in_advance(account.product.waterfall)
    rule = rule or account.product.waterfall.in_advance_to
    if not order:
        return money
    rows = rows_in_advance([*account.plan[account.next :], *account.charges], rule)
    if rule != "last_instalment":
        rows.sort(key=lambda row: (row.due_on, row.seq))
    down = account.product.waterfall.direction == "vertical"
    for places in [(place,) for place in order] if down else [order]:
        if rule == "all_equally":
            open_rows = [row for row in rows if any(row.due[p] > row.paid[p] for p in places)]
            money = _pay_equally(account, money, open_rows, places)
            continue
        for row in rows:
            if not money:
                break
            money -= _pay_row_early(account, row, places, money)
    return money


def _pay_row_early(account: Account, row: Row, order: Sequence[int], money: int) -> int:
    """How much of the money one instalment to come takes."""
    if account.interest is not None and row.seq:
        _offer(account, row)
    paid = 0
    for place in order:
        paid += row.pay(place, money - paid, account.at)
    account.reshaped = True
    if account.interest is not None:
        met = row.met_on
        account.refresh()
        row.met_on = met
    account.principal_moved()
    return paid


def _offer(account: Account, row: Row) -> None:
    """Set on a row to come what could be paid on it today: interest only up to today."""
    assert account.interest is not None
    ends = account.interest.early_until(account.plan, account.at)
    parts = account.interest.parts(account.plan, account.at, ends_on=ends)
    place = account.plan.index(row)
    interest, principal = parts[place]
    if place and place == len(account.plan) - 1 and row.from_on >= account.at:
        principal = _last_ahead(account, row, account.plan[place - 1].steady, interest, principal)
    row.due[INTEREST], row.due[PRINCIPAL] = interest, principal


def _last_ahead(
    account: Account, row: Row, level: int | None, interest: int, principal: int
) -> int:
    """Principal that the last instalment takes before its period: up to the level of the others.

    It carries the difference of the whole schedule only as long as no other instalment can; then
    the last of those that are open takes it.
    """
    others = [
        each
        for each in account.plan
        if each is not row
        and each.steady is not None
        and each.paid[INTEREST] + each.paid[PRINCIPAL] < each.steady
    ]
    if level is None or row.steady is None or not others:
        return principal
    room = others[-1].due[PRINCIPAL] - others[-1].paid[PRINCIPAL]
    principal = min(max(level - interest, principal), principal + room)
    row.steady = interest + principal
    return principal


def _pay_equally(account: Account, money: int, rows: list[Row], order: Sequence[int]) -> int:
    """The same amount to every instalment to come; what one cannot take goes to the others."""
    while money and rows:
        share, before = round_exact(money, len(rows), "half_even"), money
        parts = [share] * (len(rows) - 1) + [money - share * (len(rows) - 1)]
        for row, part in zip(rows, parts, strict=True):
            money -= _pay_row_early(account, row, order, min(part, money))
        rows = [row for row in rows if any(row.due[p] > row.paid[p] for p in order)]
        if money == before:
            break
    return money


def _reduce_principal(account: Account, money: int) -> int:
    """Principal repaid at once: interest to today first where the order says so, then principal."""
    model = account.follow_principal()
    rows = [row for row in account.plan[account.next :] if row.due[PRINCIPAL] > row.paid[PRINCIPAL]]
    if not rows:
        return money
    current = account.plan[account.next]
    for place in order_in_advance(account.product.waterfall):
        if place == PRINCIPAL:
            break
        _offer(account, current)
        money -= current.pay(place, money, account.at)
    account.refresh()
    start = account.next
    if account.product.recalculation.early == "lower_instalment":
        today = account.plan[start - 1] if start else current
        if today.from_on < today.due_on == account.at == current.from_on:
            rows.insert(0, today)  # paid on its day: more principal of it
        else:
            start += 1
    money = _take_principal(account, money, rows)
    if account.product.recalculation.early == "lower_instalment":
        model.relevel(account.plan, start, account.at)
    account.refresh()
    account.reshaped = True
    account.principal_moved()
    return money


def _take_principal(account: Account, money: int, rows: list[Row]) -> int:
    """Take principal off the instalments to come, in the order the product says; the rest."""
    early = account.product.recalculation.early
    if early == "lower_instalment":
        row, others = rows[0], rows[1:]
        most = sum(each.due[PRINCIPAL] - each.paid[PRINCIPAL] for each in rows)
        part = min(money, most)
        shift = left = max(part - (row.due[PRINCIPAL] - row.paid[PRINCIPAL]), 0)
        row.due[PRINCIPAL] += shift
        for each in others[::-1]:
            less = min(left, each.due[PRINCIPAL] - each.paid[PRINCIPAL])
            each.due[PRINCIPAL] -= less
            left -= less
        row.pay(PRINCIPAL, part, account.at)
        if shift or row.due[PRINCIPAL] == row.paid[PRINCIPAL]:
            row.steady = None
        return money - part
    for row in rows if early == "next_instalment" else rows[::-1]:
        money -= row.pay(PRINCIPAL, money, account.at)
    return money
