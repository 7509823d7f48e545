"""Apache Fineract: what a loan looks like after payments, charges and agreements.

Each vector tells entries and, after some of them, what the source shows: instalments, totals,
transactions and how late it calls the loan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from forbear.cli.loan_check.fineract_story import (
    Story,
    paused_days,
    range_day,
    read_story,
    shown_day,
)
from forbear.cli.loan_check.vectors import (
    Difference,
    Fields,
    Vector,
    differ,
    differ_amount,
    joined,
)
from forbear.loan.events import Event
from forbear.loan.position import InstalmentPosition, Position

GRACE_DAYS = 3
"""The source calls a loan late only this many days after its due date."""
LADDER: list[list[object]] = [
    ["RANGE_1", 1, 3], ["RANGE_3", 4, 30], ["RANGE_30", 31, 60], ["RANGE_60", 61, 90],
    ["RANGE_90", 91, 120], ["RANGE_120", 121, 150], ["RANGE_150", 151, 180],
    ["RANGE_180", 181, 240], ["RANGE_240", 241, None],
]  # fmt: skip
TYPES = {
    "repaid": "Repayment",
    "charge_off": "Charge-off",
    "re_age": "Re-age",
    "re_amortise": "Re-amortize",
}
PAID_BY_OTHERS = {
    "goodwill_credit": "Goodwill Credit",
    "merchant_issued_refund": "Merchant Issued Refund",
    "payout_refund": "Payout Refund",
}
PARTS = ("principal", "interest", "fees", "penalties")


def after_events(vector: Vector) -> list[Difference]:
    """Every checkpoint of the vector, in order."""
    story = read_story(vector.inputs)
    ladder = vector.inputs.raw("buckets", LADDER)
    found: list[Difference] = []
    for point in vector.expected.items("checkpoints"):
        count, day = point.whole("after_event"), point.day("business_date")
        seen = story.at(count, day)
        label = f"after {count}"
        if "installments" in point:
            found += _instalments(label, point.items("installments"), story, count, seen)
        if "totals" in point:
            found += _totals(label, point.inner("totals"), seen)
        if "transactions" in point:
            found += _transactions(label, point.items("transactions"), story, count, day)
        found += _lateness(label, point, story, seen, ladder)
        point.finish()
    return found


# --- instalments ----------------------------------------------------------------------------------


def _instalments(
    label: str, rows: Sequence[Fields], story: Story, count: int, seen: Position
) -> list[Difference]:
    got = [each for each in seen.instalments if each.seq]
    found = differ(f"{label} number of instalments", len(rows), len(got))
    balances = _balances(story, count, got)
    begun = story.loan_of(story.events(count)).disbursed_on
    for row, mine, balance in zip(rows, got, balances, strict=False):
        name = f"{label} instalment {row.whole('n')}"
        found += _row(name, row, mine, balance)
        if "obligations_met_on" in row:  # nothing was ever due on it: met from the beginning
            met_on = mine.met_on if mine.met_on or mine.total else begun
            found += differ(f"{name} obligations_met_on", row.day("obligations_met_on"), met_on)
        row.finish()
    return found


def _row(name: str, row: Fields, got: InstalmentPosition, balance: int) -> list[Difference]:
    amounts = {
        "principal": got.principal,
        "interest": got.interest,
        "fees": got.fee,
        "penalties": got.penalty,
        "total_due": got.total,
        "balance_after": balance,
        "paid": got.paid,
        "paid_in_advance": got.paid_early,
        "paid_late": got.paid_late,
        "outstanding": got.outstanding,
    }
    found = _amounts(name, row, amounts)
    if "due_date" in row:
        found += differ(f"{name} due_date", row.day("due_date"), got.due_on)
    if "days" in row:
        found += differ(f"{name} days", row.whole("days"), (got.due_on - got.from_on).days)
    return found


def _balances(story: Story, count: int, rows: Iterable[InstalmentPosition]) -> list[int]:
    """Principal left after each instalment: what went out before it, less what fell due until it."""
    undone = {event.names for event in story.events(count) if event.kind == "reversed"}
    drawn = [
        (event.effective_on, event.amount)
        for event in story.events(count)
        if event.kind == "disbursed" and event.number not in undone
    ] or [(story.loan.disbursed_on, story.loan.principal)]
    due, found = 0, []
    for row in rows:
        due += row.principal
        out = sum(amount for on, amount in drawn if on < row.due_on or on <= row.from_on)
        found.append(out - due)
    return found


def _amounts(name: str, row: Fields, amounts: dict[str, int]) -> list[Difference]:
    return joined(
        differ_amount(f"{name} {field}", row.amount(field), amount)
        for field, amount in amounts.items()
        if field in row
    )


def _totals(label: str, totals: Fields, seen: Position) -> list[Difference]:
    rows = seen.instalments
    amounts = {
        "principal": sum(row.principal for row in rows),
        "interest": sum(row.interest for row in rows),
        "fees": sum(row.fee for row in rows),
        "penalties": sum(row.penalty for row in rows),
        "total_due": sum(row.total for row in rows),
        "paid": sum(row.paid for row in rows),
        "paid_in_advance": sum(row.paid_early for row in rows),
        "paid_late": sum(row.paid_late for row in rows),
        "outstanding": sum(row.outstanding for row in rows),
    }
    found = _amounts(f"{label} totals", totals, amounts)
    totals.finish()
    return found


# --- transactions ---------------------------------------------------------------------------------


def _transactions(
    label: str, rows: Sequence[Fields], story: Story, count: int, day: date
) -> list[Difference]:
    """The transactions the source lists, by day; income recognised is checked as a running sum."""
    found: list[Difference] = []
    money = [row for row in rows if row.raw("type") != "Accrual"]
    undone = {event.names for event in story.events(count) if event.kind == "reversed"}
    got = _booked(story, count, undone)
    found += differ(f"{label} number of transactions", len(money), len(got))
    for place, (row, mine) in enumerate(zip(money, got, strict=False), 1):
        name = f"{label} transaction {place}"
        found += differ(f"{name} date", row.day("date"), mine[1])
        found += differ(f"{name} type", row.text("type"), mine[2])
        found += _amounts(name, row, mine[3])
        if "reverted" in row:
            found += differ(f"{name} reverted", row.flag("reverted"), mine[0] in undone)
        row.finish()
    found += _accruals(label, [row for row in rows if row.raw("type") == "Accrual"], story, count)
    return found


def _booked(
    story: Story, count: int, undone: set[int | None]
) -> list[tuple[int, date, str, dict[str, int]]]:
    """(number, date, type, amounts) of what the entries book, each on top of what counts before it."""
    told = [
        (kind, event)
        for kind, _, events in story.entries[:count]
        for event in events
        if event.kind != "reversed"
    ]
    told.sort(key=lambda each: each[1].effective_on)
    earlier: list[Event] = []
    listed = []
    for kind, event in told:
        day = max(event.effective_on, story.loan_of([*earlier, event]).disbursed_on)
        before, after = story.given(earlier, day), story.given([*earlier, event], day)
        amounts: dict[str, int] | None = None
        if event.kind == "disbursed":
            balance = after.principal_due + after.principal_not_due
            amounts = dict.fromkeys(PARTS, 0) | {"amount": event.amount, "loan_balance": balance}
        elif event.kind == "repaid":
            amounts = _paid(before, after, event.amount)
        elif event.kind in ("charge_off", "re_age", "re_amortise"):
            amounts = _moved(event.kind, before, after)
        if amounts is not None:
            word = "Down Payment" if kind == "disbursement" else TYPES.get(event.kind, "")
            word = "Disbursement" if event.kind == "disbursed" else PAID_BY_OTHERS.get(kind, word)
            listed.append((event.number, day, word, amounts))
        if event.number not in undone:
            earlier.append(event)
    return listed


def _paid(before: Position, after: Position, amount: int) -> dict[str, int]:
    """How one payment was split."""

    def paid(seen: Position, part: str) -> int:
        return sum(getattr(row, f"paid_{part}") for row in seen.instalments)

    split = {
        name: paid(after, part) - paid(before, part)
        for name, part in zip(PARTS, ("principal", "interest", "fee", "penalty"), strict=True)
    }
    balance = after.principal_due + after.principal_not_due
    return {"amount": amount, "loan_balance": balance, **split}


def _moved(kind: str, before: Position, after: Position) -> dict[str, int]:
    """What an agreement or a charge-off books."""
    nothing = dict.fromkeys(PARTS, 0) | {"loan_balance": 0}
    if kind == "re_amortise":
        amount = sum(
            row.principal - row.paid_principal
            for row in before.instalments
            if row.due_on <= before.balances_on
        )
        return nothing | {"amount": amount, "principal": amount}
    principal = before.principal_due + before.principal_not_due
    if kind == "re_age":
        return nothing | {"amount": principal, "principal": principal}
    rows = after.instalments
    parts = {
        "principal": principal,
        "interest": sum(row.interest - row.paid_interest for row in rows),
        "fees": sum(row.fee - row.paid_fee for row in rows),
        "penalties": sum(row.penalty - row.paid_penalty for row in rows),
    }
    return nothing | parts | {"amount": sum(parts.values())}


def _accruals(label: str, rows: Sequence[Fields], story: Story, count: int) -> list[Difference]:
    """Interest recognised day by day: the sum of the rows so far is what was earned by then."""
    found: list[Difference] = []
    told = 0
    for row in rows:
        day, amount = row.day("date"), row.amount("amount")
        split = {part: row.amount(part) for part in PARTS if part in row}
        if split:
            found += differ_amount(f"{label} accrued {day} amount", amount, sum(split.values()))
        told += split.get("interest", amount)
        row.ignore("type", "loan_balance")
        row.finish()
        earned = story.at(_known_on(story, count, day), day).interest_to_date
        found += differ_amount(f"{label} accrued by {day}", told, earned)
    return found


def _known_on(story: Story, count: int, day: date) -> int:
    """How many of the first ``count`` entries had happened by ``day``?"""
    return sum(1 for _, on, _ in story.entries[:count] if on <= day)


# --- how late -------------------------------------------------------------------------------------


def _lateness(
    label: str, point: Fields, story: Story, seen: Position, ladder: list[list[object]]
) -> list[Difference]:
    """The source's words for how late a loan and its instalments are.

    While it pauses, a loan keeps the range of the day before; afterwards every paused day is taken
    off, whether the instalment was late on it or not.
    """
    found: list[Difference] = []
    since = seen.due_since if seen.days_past_due else None
    late_from = since + timedelta(days=GRACE_DAYS) if since else None
    shown_on = range_day(story, seen.balances_on)
    days = classed = 0
    if late_from:
        days = _days_late(story, late_from, seen.balances_on)
        classed = _days_late(story, late_from, shown_on)
    word = _range(classed, ladder) or "NO_DELINQUENCY"
    if "delinquency_range" in point:
        found += differ(f"{label} delinquency_range", point.text("delinquency_range"), word)
    if "delinquent_date" in point:
        said = point.raw("delinquent_date")
        got = late_from.isoformat() if late_from else None
        found += differ(f"{label} delinquent_date", said, got)
    for row in point.items("loan_level_delinquency", []):
        found += _loan_level(label, row, seen, word, days, late_from)
    if "installment_level_delinquency" in point:
        said = sorted(
            (each.text("Range"), each.amount("Amount"))
            for each in point.items("installment_level_delinquency")
        )
        got_late = _by_range(story, seen, shown_on, ladder) if classed else []
        found += differ(f"{label} instalments late", said, got_late)
    return found


def _loan_level(
    label: str, row: Fields, seen: Position, word: str, days: int, late_from: date | None
) -> list[Difference]:
    found = differ(f"{label} classification", row.text("classification"), word)
    late = sum(each.outstanding for each in seen.instalments if each.days_past_due)
    found += differ_amount(f"{label} delinquentAmount", row.amount("delinquentAmount"), late)
    shown = shown_day(late_from) if late_from else ""
    found += differ(f"{label} delinquentDate", row.raw("delinquentDate") or "", shown)
    found += differ(f"{label} delinquentDays", row.text("delinquentDays"), str(days))
    found += differ(f"{label} pastDueDays", row.text("pastDueDays"), str(seen.days_past_due))
    row.finish()
    return found


def _days_late(story: Story, since: date, day: date) -> int:
    return max((day - since).days - paused_days(story, day), 0)


def _by_range(
    story: Story, seen: Position, shown_on: date, ladder: list[list[object]]
) -> list[tuple[str, int]]:
    """How much is late in each range, instalment by instalment (without days of grace)."""
    sums: dict[str, int] = {}
    for row in seen.instalments:
        if row.days_past_due:
            word = _range(_days_late(story, row.due_on, shown_on), ladder)
            if word:
                sums[word] = sums.get(word, 0) + row.outstanding
    return sorted(sums.items())


def _range(days: int, ladder: list[list[object]]) -> str:
    for word, low, high in ladder:
        if days >= int(str(low)) and (high is None or days <= int(str(high))):
            return str(word)
    return ""


READERS = dict.fromkeys(
    (
        "multi_disbursement", "due_date_reschedule", "late_repayment", "early_repayment",
        "overdue_interest_recalculation", "pay_off", "rate_change", "interest_pause", "re_age",
        "re_amortise", "reschedule", "charge_off", "delinquency", "payment_allocation",
    ),
    after_events,
)  # fmt: skip
