"""How does an agreement make a new schedule of what is not yet paid?

Principal is moved, never made or lost; what was already paid stays where it was paid. The regulatory
clock of days past due keeps looking at the schedule as signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from forbear.errors import InputError
from forbear.loan import events as ev
from forbear.loan.due_dates import step
from forbear.loan.product import SHARE_ONE, Frequency
from forbear.loan.recalculation import to_multiple
from forbear.loan.stepwise import round_exact
from forbear.loan.waterfall import FEE, INTEREST, PENALTY, PRINCIPAL, Row
from forbear.money import split_by_weight

if TYPE_CHECKING:
    from forbear.loan.account import Account


def draw(account: Account, amount: int) -> None:
    """A further part of the loan went out today; the instalments to come carry it."""
    model, day = account.follow_principal(), account.at
    amount -= _down_payment(account, amount)
    start = next((k for k, row in enumerate(account.plan) if row.due_on > day), None)
    if start is None:
        raise InputError(
            "money went out after the last due date", where=f"loan {account.loan.loan}"
        )
    model.drawn.append((day, amount))
    account.drawn += amount
    coming = account.plan[start:]
    if coming[0].steady is not None:
        model.relevel(account.plan, start, day)
    elif account.product.kind in ("interest_first", "single", "revolving"):
        coming[-1].due[PRINCIPAL] += amount
    else:
        coming = _bearing(coming)
        for row, part in zip(coming, equal_parts(account, amount, len(coming)), strict=True):
            row.due[PRINCIPAL] += part
    account.refresh()
    account.replan()


def _down_payment(account: Account, amount: int) -> int:
    """A draw has its down payment too, due the same day; how much it is."""
    share = account.product.down_payment
    if not share:
        return 0
    down = int(round_exact(amount * share, SHARE_ONE, account.product.rounding))
    row = Row(0, account.at, account.at, [0, 0, 0, down])
    account.plan.append(row)
    account.plan.sort(key=lambda each: (each.due_on, -each.from_on, each.seq))
    for seq, each in enumerate(account.plan, 1):
        each.seq = seq
    if account.interest is not None:
        account.interest.drawn.append((account.at, down))
    account.drawn += down
    return down


def extend(account: Account, event: ev.Extension) -> None:
    """More time: due dates move, instalments are added, or interest or principal waits."""
    since = event.from_due_on.toordinal() if event.from_due_on else account.at + 1
    rows = [
        row
        for row in account.plan
        if row.due_on >= since and row.open and row.due_on > row.from_on  # not a down payment
    ]
    rows = [row for row in rows if not _charge_only(row)]
    if not rows:
        raise InputError("no instalment is left to extend", where=f"event {event.number}")
    account.moved = True
    if event.days or event.first_due_on:
        _move_due_dates(account, rows, event)
    if event.interest_waits:
        _let_interest_wait(account, rows, event.interest_waits)
    if event.extra_instalments:
        _add_instalments(account, rows, event.extra_instalments, event.principal_waits)
    elif event.principal_waits:
        _let_principal_wait(account, rows, event.principal_waits)
    if account.interest is not None:
        account.refresh()
    account.replan()


def _move_due_dates(account: Account, rows: list[Row], event: ev.Extension) -> None:
    """Move the due dates; the first period grows, and what it grows by bears interest.

    The days added are counted as days of the regular period they lie in.
    """
    if account.product.rate_matters:
        account.follow_principal()
    every, before = account.product.every, [row.due_on for row in rows]
    first = event.first_due_on or date.fromordinal(rows[0].due_on) + timedelta(days=event.days)
    if first.toordinal() <= rows[0].from_on:
        raise InputError(f"{first} is before the period begins", where=f"event {event.number}")
    grid, end = [(rows[0].from_on, rows[0].due_on)], date.fromordinal(rows[0].due_on)
    while end < first:
        following = step(end, every, 1)
        grid.append((end.toordinal(), following.toordinal()))
        end = following
    rows[0].grid = tuple(grid)
    for place, row in enumerate(rows):
        if event.first_due_on:
            row.due_on = step(event.first_due_on, every, place).toordinal()
        else:
            row.due_on = before[place] + event.days
        if place:
            row.from_on = rows[place - 1].due_on
        row.met_on = None


def _let_interest_wait(account: Account, rows: list[Row], count: int) -> None:
    """The interest of the first ``count`` falls due with the one after them."""
    if count >= len(rows):
        raise InputError("interest cannot wait beyond the last instalment")
    model = account.interest
    for row in rows[:count]:
        waits = row.due[INTEREST] - row.paid[INTEREST]
        if model is not None and not model.fixed:
            row.waits, row.steady = True, None
        else:
            row.due[INTEREST] -= waits
            rows[count].due[INTEREST] += waits


def _let_principal_wait(account: Account, rows: list[Row], count: int) -> None:
    """The principal of the first ``count`` is shared over those after them."""
    if count >= len(rows):
        raise InputError("principal cannot wait beyond the last instalment")
    if account.product.rate_matters:
        account.follow_principal()
    waits = 0
    for row in rows[:count]:
        waits += row.due[PRINCIPAL] - row.paid[PRINCIPAL]
        row.due[PRINCIPAL], row.steady = row.paid[PRINCIPAL], None
    _carry(account, rows[count:], waits)


def _add_instalments(account: Account, rows: list[Row], count: int, waits: int) -> None:
    """``count`` more instalments at the regular distance; principal unpaid is shared anew.

    The first ``waits`` of all carry none of it.
    """
    if account.product.rate_matters:
        account.follow_principal()
    last = [row for row in account.plan if not _charge_only(row)][-1]
    seq = max(row.seq for row in account.plan)
    more: list[Row] = []
    for extra in range(1, count + 1):
        due_on = step(date.fromordinal(last.due_on), account.product.every, extra).toordinal()
        begin = more[-1].due_on if more else last.due_on
        new = Row(seq + extra, begin, due_on, [0, 0, 0, 0])
        if account.product.kind == "flat_fee":
            new.due[INTEREST], new.due[FEE] = last.due[INTEREST], last.due[FEE]
        new.steady = last.steady
        more.append(new)
    account.plan += more
    rows = _bearing(rows) + more
    if waits >= len(rows):
        raise InputError("principal cannot wait beyond the last instalment")
    unpaid = sum(row.due[PRINCIPAL] - row.paid[PRINCIPAL] for row in rows)
    for place, row in enumerate(rows):
        row.due[PRINCIPAL] = row.paid[PRINCIPAL]
        row.steady = None if place < waits else row.steady
    _carry(account, rows[waits:], unpaid)


def _charge_only(row: Row) -> bool:
    """Is it a row that only a charge made, which has its own day?"""
    return row.steady is None and not (row.due[PRINCIPAL] or row.due[INTEREST])


def _bearing(rows: list[Row]) -> list[Row]:
    """Those of the rows that carry principal: not one that only a charge made."""
    return [row for row in rows if row.due[PRINCIPAL] or row.steady is not None] or rows


def _carry(account: Account, rows: Sequence[Row], principal: int) -> None:
    """Share principal over instalments: equally, or by a new level where they are level."""
    model = account.interest
    if model is not None and rows[0].steady is not None:
        model.relevel(account.plan, account.plan.index(rows[0]), account.at)
        return
    for row, part in zip(rows, equal_parts(account, principal, len(rows)), strict=True):
        row.due[PRINCIPAL] += part


def re_age(account: Account, event: ev.ReAge) -> None:
    """Everything unpaid becomes ``instalments`` new ones; the earlier owe nothing more.

    Principal is shared equally (or levelled with interest where the product bears it); interest and
    fees already owed are shared equally and bear nothing. Penalty interest stays due.
    """
    day, product = account.at, account.product
    if event.instalments < 1 or event.first_due_on.toordinal() < day:
        raise InputError("a re-age needs instalments to come", where=f"event {event.number}")
    bears = product.rate_matters and account.rate_on(day) > 0
    if bears:
        account.follow_principal()
        account.refresh()
    account.moved = True
    every = Frequency(event.count, event.unit)
    unpaid = _clear(account, day)
    kept = account.plan
    begin = kept[-1].due_on if kept else account.loan.disbursed_on.toordinal()
    seq = kept[-1].seq if kept else 0
    shares = [equal_parts(account, amount, event.instalments, whole=False) for amount in unpaid]
    principal = equal_parts(account, unpaid[PRINCIPAL], event.instalments)
    for place in range(event.instalments):
        due_on = step(event.first_due_on, every, place).toordinal()
        row = Row(seq + place + 1, begin, due_on, [0, shares[FEE][place], 0, principal[place]])
        row.due[PENALTY], row.extra = shares[PENALTY][place], shares[INTEREST][place]
        row.due[INTEREST] = row.extra
        row.every = every
        row.steady = principal[place] if bears and product.kind == "equal_instalment" else None
        account.plan.append(row)
        begin = due_on
    if account.interest is not None:
        if bears and product.kind == "equal_instalment":
            account.interest.relevel(account.plan, len(kept) - event.instalments, day)
        account.refresh()
    account.replan()


def _clear(account: Account, day: int) -> list[int]:
    """Take everything unpaid off the plan; instalments to come with nothing paid go altogether."""
    unpaid, kept = [0, 0, 0, 0], []
    for row in account.plan:
        coming = row.due_on > day
        for place in range(4):
            left = row.due[place] - row.paid[place]
            if not (coming and place == INTEREST):
                unpaid[place] += left
            row.due[place] = row.paid[place]
            if left and not coming:
                row.met_on = day
        row.steady = None
        row.closed = True
        if not coming or any(row.paid) or row.gone:
            kept.append(row)
    account.plan = kept
    return unpaid


def re_amortise(account: Account, event: ev.ReAmortise) -> None:
    """Principal due, today too, is shared over the instalments still to come."""
    coming = _bearing([row for row in account.plan if row.due_on > account.at])
    if not coming:
        raise InputError("no instalment is to come", where=f"event {event.number}")
    overdue = 0
    for row in account.plan:
        left = row.due[PRINCIPAL] - row.paid[PRINCIPAL]
        if row.due_on <= account.at and left:
            overdue += left
            row.due[PRINCIPAL], row.steady = row.paid[PRINCIPAL], None
            if not row.open:
                row.met_on = account.at
    for row, part in zip(coming, equal_parts(account, overdue, len(coming)), strict=True):
        row.due[PRINCIPAL] += part
        if row.steady is not None:
            row.steady += part
    account.moved = True
    if account.interest is not None:
        account.refresh()
    account.replan()


def accelerate(account: Account) -> None:
    """All that is not yet due falls due today, with interest up to today."""
    model, day = account.follow_principal(), account.at
    coming = [row for row in account.plan if row.due_on > day]
    if not coming:
        return
    kept, first = [row for row in account.plan if row.due_on <= day], coming[0]
    if kept and kept[-1].due_on == day == first.from_on:
        row = kept.pop()  # nothing of the next period has run: all joins what is due today
        interest = row.due[INTEREST]
    else:
        row = Row(first.seq, first.from_on, day, [0, 0, 0, 0])
        row.grid = first.grid or ((first.from_on, first.due_on),)
        elapsed, length = day - first.from_on, first.due_on - first.from_on
        interest = round_exact(first.due[INTEREST] * max(elapsed, 0), max(length, 1), "floor")
    for each in coming:
        row.flows, row.gone = row.flows + each.flows, row.gone + each.gone
        row.extra, row.early = row.extra + each.extra, row.early + each.early
        for place in range(4):
            row.due[place] += each.due[place]
            row.paid[place] += each.paid[place]
    row.due[INTEREST] = max(interest, row.paid[INTEREST])
    row.steady = None if first.steady is None else row.due[PRINCIPAL] + row.due[INTEREST]
    row.met_on = None
    account.plan = [*kept, row]
    if not model.fixed:
        account.refresh()
    account.replan()


def equal_parts(account: Account, amount: int, count: int, *, whole: bool = True) -> list[int]:
    """``amount`` in equal parts, as multiples the product asks for; the last takes the rest."""
    if not whole:
        return split_by_weight(amount, [1] * count)
    exact = round_exact(amount, count, "half_even")
    unit = account.product.instalment_multiple
    if unit > 1:
        exact = unit * round_exact(amount, count * unit, account.product.instalment_rounding)
    exact = to_multiple(exact, account.product)
    parts = [min(exact, max(amount - exact * done, 0)) for done in range(count - 1)]
    return [*parts, amount - sum(parts)]
