"""A loan's story in a few lines, and what it comes to as a table a person can check.

>>> tell('''
...   2026-01-01  lend 1000.00 at 12% over 2 months
...   2026-02-01  pay 507.51
... ''').on("2026-02-01").says("principal_due 0.00, principal_not_due 502.49")
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from forbear.loan import events as ev
from forbear.loan.account import position
from forbear.loan.position import Loan, Position
from forbear.loan.product import Product, shipped
from forbear.loan.schedule import schedule
from forbear.money import format_amount, parse_amount

AMOUNT = r"([\d.,]+)"
DAY = r"(\d{4}-\d\d-\d\d)"


def tell(story: str, product: Product | None = None, **loan: Any) -> Story:
    """The loan of the first line and everything that happened to it, one line an event.

    Lines recorded later than they count say ``(recorded 2026-03-05)``.
    """
    product = product or shipped("equal_instalment")
    first, *others = [line.strip() for line in story.strip().splitlines() if line.strip()]
    begun, amount, rate, count = re.fullmatch(
        rf"{DAY}\s+lend {AMOUNT} at ([\d.]+)% over (\d+) \w+", first
    ).groups()
    day, principal = date.fromisoformat(begun), parse_amount(amount)
    plan = schedule(product, principal, int(float(rate) * 10**7), day, int(count))
    signed = Loan(
        disbursed_on=day,
        principal=principal,
        rate=int(float(rate) * 10**7),
        instalments=plan,
        **loan,
    )
    return Story(product, signed, [_event(n, line) for n, line in enumerate(others, 1)])


class Story:
    """A loan with its events."""

    def __init__(self, product: Product, loan: Loan, events: list[ev.Event]) -> None:
        self.product, self.loan, self.events = product, loan, events

    def on(self, day: str, *, known: str | None = None) -> Told:
        """The loan at the end of ``day``, knowing what was recorded before the day ``known``."""
        known_at = datetime.fromisoformat(known).replace(tzinfo=UTC) if known else None
        as_of = date.fromisoformat(day)
        return Told(position(self.product, self.loan, self.events, as_of, known_at))


class Told:
    """What it came to."""

    def __init__(self, seen: Position) -> None:
        self.seen = seen

    def says(self, expected: str) -> None:
        """Figures by name: ``principal_due 10.00, days_past_due 3, bucket M1``."""
        for part in re.split(r"[,\n]", expected):
            if part.strip():
                name, value = part.split()
                got = getattr(self.seen, name)
                if re.fullmatch(r"-?\d+\.\d\d", value):
                    got = format_amount(got).replace(",", "")
                assert str(got) == value, f"{name}: {got}, expected {value}"

    def schedule(self, expected: str) -> None:
        """A table with a heading of: due, principal, interest, fee, penalty, paid, left, balance."""
        heading, *rows = [line.split() for line in expected.strip().splitlines() if line.strip()]
        balance = sum(row.principal for row in self.seen.instalments)
        got = []
        for row in self.seen.instalments:
            balance -= row.principal
            figures = {
                "due": row.due_on.isoformat(),
                "principal": row.principal,
                "interest": row.interest,
                "fee": row.fee,
                "penalty": row.penalty,
                "paid": row.paid,
                "left": row.outstanding,
                "balance": balance,
            }
            shown = [figures[name] for name in heading]
            got.append([v if isinstance(v, str) else f"{v // 100}.{v % 100:02d}" for v in shown])
        assert got == rows


def _event(number: int, line: str) -> ev.Event:
    """One line as an event."""
    day, _, rest = line.partition(" ")
    rest, recorded = rest.strip(), day
    found = re.search(rf"\s*\(recorded {DAY}\)$", rest)
    if found:
        rest, recorded = rest[: found.start()], found[1]
    for pattern, make in SAYINGS.items():
        said = re.fullmatch(pattern, rest)
        if said:
            event: ev.Event = make(
                *said.groups(),
                number=number,
                effective_on=date.fromisoformat(day),
                recorded_at=datetime.fromisoformat(recorded).replace(hour=4, tzinfo=UTC),
            )
            return event
    raise AssertionError(f"the story has a line nobody understands: {line!r}")


def _with_amount(cls: type[ev.Event], **more: Any) -> Callable[..., ev.Event]:
    return lambda amount, **base: cls(amount=parse_amount(amount), **base, **more)


SAYINGS: dict[str, Callable[..., ev.Event]] = {
    rf"pay {AMOUNT}": _with_amount(ev.Repaid),
    rf"recover {AMOUNT}": _with_amount(ev.Recovery),
    rf"lend {AMOUNT} more": _with_amount(ev.Disbursed),
    rf"settle with {AMOUNT}": _with_amount(ev.Settlement),
    rf"refund {AMOUNT}": _with_amount(ev.Refund),
    rf"waive {AMOUNT}": _with_amount(ev.Waiver),
    rf"waive {AMOUNT} of penalty": _with_amount(ev.Waiver, components=("penalty",)),
    rf"charge a fee of {AMOUNT}": _with_amount(ev.Charge),
    rf"charge a penalty of {AMOUNT}": _with_amount(ev.Charge, component="penalty"),
    r"event (\d+) never happened": lambda n, **base: ev.Reversed(names=int(n), **base),
    rf"event (\d+) was {AMOUNT}": lambda n, amount, **base: ev.Correction(
        names=int(n), amount=parse_amount(amount), **base
    ),
    r"rate ([\d.]+)%": lambda rate, **base: ev.RateChange(rate=int(float(rate) * 10**7), **base),
    rf"pause until {DAY}": lambda day, **base: ev.InterestPause(
        until_on=date.fromisoformat(day), **base
    ),
    r"extend by (\d+) days": lambda n, **base: ev.Extension(days=int(n), **base),
    rf"extend by (\d+) days from {DAY}": lambda n, day, **base: ev.Extension(
        days=int(n), from_due_on=date.fromisoformat(day), **base
    ),
    r"add (\d+) instalments": lambda n, **base: ev.Extension(extra_instalments=int(n), **base),
    rf"re-age to (\d+) months from {DAY}": lambda n, day, **base: ev.ReAge(
        instalments=int(n), first_due_on=date.fromisoformat(day), **base
    ),
    r"re-amortise": lambda **base: ev.ReAmortise(**base),
    r"charge off": lambda **base: ev.ChargeOff(**base),
    r"charge off, interest stops": lambda **base: ev.ChargeOff(interest="stops", **base),
    r"charge off, all due": lambda **base: ev.ChargeOff(accelerate=True, **base),
    r"turns out to be person (\d+)": lambda n, **base: ev.SamePerson(other=int(n), **base),
}


def with_terms(name: str = "equal_instalment", **changes: Any) -> Product:
    """A shipped product with some terms changed."""
    return replace(shipped(name), **changes)
