"""What can happen to a loan, as dated facts that are only ever added to.

Every event knows two dates: ``effective_on`` (when it counts) and ``recorded_at`` (when we learned of
it). A mistake is mended by a later event that names the first: ``Reversed`` makes it as if it had never
happened, ``Correction`` says what it should have been. What is owed is a function of the events known
at an instant; see ``forbear.loan.account``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date, datetime
from typing import Any, ClassVar, Literal, TypeVar

from forbear.errors import InputError
from forbear.loan.product import InAdvance

Due = Literal["penalty", "fee", "interest", "principal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One dated fact about a loan's money."""

    kind: ClassVar[str] = ""
    number: int
    """Key inside the loan, in order of recording."""
    effective_on: date
    recorded_at: datetime
    amount: int = 0
    """Minor units; 0 where the kind has no amount."""
    names: int | None = None
    """The number of the event it reverses or corrects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursed(Event):
    """Money went out: at signing (already in the schedule), or a further part later."""

    kind: ClassVar[str] = "disbursed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaid(Event):
    """The borrower paid."""

    kind: ClassVar[str] = "repaid"
    in_advance_to: InAdvance | None = None
    """Where the product pays ahead: which instalments to come take what is left of this payment, as a
    shop's refund may lower all of them; none: as the product says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversed(Event):
    """The named event never happened: a debit that bounced, an entry on the wrong loan."""

    kind: ClassVar[str] = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Event):
    """A fee or a penalty sum became owed, on its own day or with an instalment."""

    kind: ClassVar[str] = "charge"
    component: Literal["fee", "penalty"] = "fee"
    due_on: date | None = None
    """When it is due; none: on the effective day."""
    with_instalment: bool = False
    """Collected with the instalment in whose period the due date lies."""
    payable_alone: bool = False
    """Of one collected with its instalment: money reaches it from its own due date on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Event):
    """The lender let go of part of what is due (减免)."""

    kind: ClassVar[str] = "waiver"
    components: tuple[Due, ...] = ("penalty", "fee", "interest")
    """What may be let go of, in this order; principal only when named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange(Event):
    """Interest runs at another rate; instalments to come are levelled anew."""

    kind: ClassVar[str] = "rate_change"
    rate: int = 0
    """Parts per billion a year."""
    from_on: date | None = None
    """The first day at the new rate; none: the effective day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestPause(Event):
    """No interest and no penalty for some days, first and last included."""

    kind: ClassVar[str] = "interest_pause"
    from_on: date | None = None
    """The first day; none: the effective day."""
    until_on: date = date.max
    """The last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Event):
    """More time (展期): due dates move, or instalments are added, or interest waits.

    Instalments from ``from_due_on`` on are concerned (none: those not yet due). The regulatory clock
    of days past due does not see it.
    """

    kind: ClassVar[str] = "extension"
    from_due_on: date | None = None
    days: int = 0
    """Every due date moves by so many days."""
    first_due_on: date | None = None
    """Or the first moves to this day and the others follow at the product's frequency."""
    extra_instalments: int = 0
    """So many more instalments; the principal is shared out anew."""
    interest_waits: int = 0
    """The interest of the first so many waits and falls due with the one after them."""
    principal_waits: int = 0
    """The principal of the first so many is shared over those after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReAge(Event):
    """Everything unpaid becomes a new schedule (账龄重置); earlier instalments owe nothing more."""

    kind: ClassVar[str] = "re_age"
    first_due_on: date = date.max
    instalments: int = 1
    count: int = 1
    unit: Literal["months", "weeks", "days"] = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReAmortise(Event):
    """Principal overdue is shared over the instalments still to come (重新分期)."""

    kind: ClassVar[str] = "re_amortise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement(Event):
    """``amount`` was paid and taken for the whole; the rest is let go of (减免结清)."""

    kind: ClassVar[str] = "settlement"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOff(Event):
    """The lender wrote the claim off its books (核销); the claim and every rule about it go on."""

    kind: ClassVar[str] = "charge_off"
    interest: Literal["goes_on", "stops"] = "goes_on"
    accelerate: bool = False
    """All that is not yet due falls due that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Event):
    """A payment on a claim that was charged off."""

    kind: ClassVar[str] = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Event):
    """Money that was overpaid, or held in advance, went back."""

    kind: ClassVar[str] = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Event):
    """The named event was of this amount on this effective day."""

    kind: ClassVar[str] = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamePerson(Event):
    """The borrower turned out to be another person in the book; no money moves."""

    kind: ClassVar[str] = "same_person"
    other: int = 0
    """Key of that person."""


KINDS: dict[str, type[Event]] = {
    each.kind: each
    for each in (
        Disbursed, Repaid, Reversed, Charge, Waiver, RateChange, InterestPause, Extension, ReAge,
        ReAmortise, Settlement, ChargeOff, Recovery, Refund, Correction, SamePerson,
    )
}  # fmt: skip
"""Every kind by its word in the ``events`` table."""

COMMON = frozenset(field.name for field in fields(Event))
_E = TypeVar("_E", bound=Event)


def from_row(row: Mapping[str, Any]) -> Event:
    """Which event does this row of the ``events`` table say?

    Raises InputError for an unknown kind, an unknown or missing detail, or one of the wrong type.

    >>> from datetime import UTC
    >>> event = from_row({"event": 3, "kind": "charge", "amount": 2000, "names": None,
    ...     "effective_on": date(2026, 1, 5), "recorded_at": datetime(2026, 1, 5, 4, tzinfo=UTC),
    ...     "detail": '{"component": "fee", "due_on": "2026-01-16"}'})
    >>> event.due_on, from_row(to_row(event)) == event
    (datetime.date(2026, 1, 16), True)
    """
    kind = KINDS.get(row["kind"])
    where = f"event {row['event']}"
    if kind is None:
        raise InputError(f"{row['kind']!r} is not a kind of event", where=where)
    detail = _detail(kind, str(row["detail"]), where) if row.get("detail") else {}
    amount = row["amount"] or 0
    if amount < 0:
        raise InputError("an amount is negative", where=where, remedy="reverse the event instead")
    return kind(
        number=row["event"],
        effective_on=row["effective_on"],
        recorded_at=row["recorded_at"],
        amount=amount,
        names=row["names"],
        **detail,
    )


def to_row(event: Event) -> dict[str, Any]:
    """Which row of the ``events`` table says this event? (Without the loan's key.)"""
    detail: dict[str, Any] = {}
    for field in fields(event):
        if field.name in COMMON:
            continue
        value = getattr(event, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        detail[field.name] = value.isoformat() if isinstance(value, date) else value
    return {
        "effective_on": event.effective_on,
        "recorded_at": event.recorded_at,
        "event": event.number,
        "kind": event.kind,
        "amount": event.amount,
        "names": event.names,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else None,
    }


def _detail(kind: type[Event], text: str, where: str) -> dict[str, Any]:
    """The kind's own fields from their JSON."""
    try:
        data = json.loads(text)
    except ValueError:
        raise InputError("detail is not JSON", where=where) from None
    known = {field.name: field for field in fields(kind) if field.name not in COMMON}
    for name in data:
        if name not in known:
            raise InputError(f"{kind.kind} has no field {name!r}", where=f"{where}, detail")
    return {name: _read(known[name], value, where) for name, value in data.items()}


def _read(field: Any, value: Any, where: str) -> Any:
    """One field from its JSON value, by the type it is declared with."""
    declared = str(field.type)
    if value is None:
        return None
    try:
        if "date" in declared:
            return date.fromisoformat(value)
        if declared.startswith("tuple"):
            return tuple(str(each) for each in value)
        if declared == "int" and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError
        if declared == "bool" and not isinstance(value, bool):
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(f"{field.name}: {value!r} is not {declared}", where=where) from None
    return value


def content(event: Event) -> tuple[str, ...]:
    """What an event says, whenever and in whatever order it was recorded: a key to sort by.

    >>> from datetime import UTC
    >>> content(Repaid(number=7, effective_on=date(2026, 1, 3), amount=500,
    ...                recorded_at=datetime(2026, 1, 5, tzinfo=UTC)))
    ('repaid', '000000000500', 'None')
    """
    own = [str(getattr(event, f.name)) for f in fields(event) if f.name not in COMMON]
    return (event.kind, f"{event.amount:012d}", *own)


def in_force(events: Iterable[Event], as_of: date, known_at: datetime | None = None) -> list[Event]:
    """Which events count on ``as_of``, knowing what was recorded before ``known_at``?

    Reversed events are gone, corrected ones stand as corrected (the last correction recorded wins), and
    the reversals and corrections themselves are used up. In order of the day they count. Raises
    InputError when an event names one that is not there.

    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 5, tzinfo=UTC)
    >>> paid = Repaid(number=1, effective_on=date(2026, 1, 3), recorded_at=at, amount=500)
    >>> bounced = Reversed(number=2, effective_on=date(2026, 1, 5), recorded_at=at, names=1)
    >>> in_force([paid, bounced], date(2026, 1, 4)), in_force([paid, bounced], date(2026, 1, 5))
    ([Repaid(number=1, ...)], [])
    """
    known = [e for e in events if known_at is None or e.recorded_at < known_at]
    if any(e.names is not None for e in known):
        known = _mended(known, as_of)
    known = [e for e in known if e.effective_on <= as_of]
    known.sort(key=lambda e: e.effective_on)
    return known


def _mended(known: Sequence[Event], as_of: date) -> list[Event]:
    """The events as reversals and corrections leave them; later ones are looked at first."""
    by_number = {event.number: event for event in known}
    gone: set[int] = set()
    said: dict[int, Correction] = {}
    for event in sorted(known, key=lambda e: -e.number):
        if event.number in gone or not isinstance(event, (Reversed, Correction)):
            continue
        if event.names not in by_number or event.names == event.number:
            raise InputError(
                f"it names event {event.names}, which this loan does not have",
                where=f"event {event.number} ({event.kind})",
            )
        if isinstance(event, Reversed):
            if event.effective_on <= as_of:
                gone.add(event.names)
        else:
            said.setdefault(_root(event, by_number), event)
    return [
        _corrected(event, said.get(event.number))
        for event in known
        if event.number not in gone and not isinstance(event, (Reversed, Correction))
    ]


def _root(event: Event, by_number: Mapping[int, Event]) -> int:
    """The first event that a chain of corrections is about."""
    while isinstance(event, Correction):
        named = by_number.get(event.names or 0)
        if named is None:
            break
        event = named
    return event.number


def _corrected(event: _E, by: Correction | None) -> _E:
    if by is None:
        return event
    return replace(event, amount=by.amount, effective_on=by.effective_on)
