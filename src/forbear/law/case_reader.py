"""One conformance case becomes rows of the book's tables and a wish.

A word that is not known is a CaseError that names it; what a case does not say is assumed so that
only its own rule speaks (``DEFAULTS``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from forbear.book.schema import HISTORY, PURPOSES, STATIC
from forbear.dates import day_start, local_day, zone
from forbear.errors import CaseError
from forbear.law.request import HOUSE_PROMISES, VOCABULARY

CHANNEL_WORDS = {
    "call": "call", "ai_call": "ai_call", "sms": "sms", "push": "push", "email": "email",
    "visit": "visit", "letter": "letter", "im": "im", "app": "app",
    "assign_to_agent": "agency", "report_adverse": "adverse_report",
}  # fmt: skip
OUTCOMES_SAID = {word: word for word in ("conversation", "connected_notice", "no_answer", "busy",
                 "voicemail", "invalid_number", "wrong_person")}  # fmt: skip

_COMMON = {"type", "at", "debts"}
EVENT_WORDS: dict[str, set[str]] = {
    "call_out": {"number", "by", "ai", "outcome"},
    "call_in": {"number", "outcome"},
    "sms_out": {"number", "delivered", "by"},
    "sms_in": {"number", "body"},
    "visit_done": {"by"},
    "visit_notice_delivered": set(),
    "time_agreement": {"from", "to", "by"},
    "time_agreement_revoked": set(),
    "refusal": {"by", "number"},
    "offer_to_pay": {"by", "number", "recorded"},
    "plan_signed": {"months"},
    "plan_payment": {"outcome"},
    "promise": {"due_on"},
    "promise_outcome": {"outcome"},
    "complaint": set(), "complaint_closed": set(),
    "dispute": set(), "dispute_closed": set(),
    "help_request": set(), "help_closed": set(),
    "death_reported": set(), "incapacity_reported": set(),
    "police_no_contact": {"until"},
    "agency_assigned": {"agency"},
    "agency_notice_delivered": {"agency"},
    "adverse_notice_delivered": set(),
    "assignment_notice_delivered": set(),
    "number_suppressed": {"number"},
    "stop_channel": {"channel"},
    "bereavement": set(),
    "payment_received": {"amount", "unmatched"},
    "debit_in_flight": set(),
}  # fmt: skip
"""Every event and the words it may say besides ``type``, ``at`` and ``debts``."""

SETUP_WORDS = {"consumer", "debts", "events"}
ATTEMPT_WORDS = {"at", "channel", "to", "number", "placed_by", "purpose", "crew", "place",
                 "entry_consent", "duration_s", "delivery_at", "debts"}  # fmt: skip
DEBT_WORDS = {"id", "product", "balance", "days_past_due", "last_due_on", "guarantee"}
CONSUMER_WORDS = {"id", "age", "tz", "flags", "location_evidence"}

BOOK_ZONE = "Asia/Shanghai"
"""Where a case is, unless it says otherwise."""

OPENS = {"complaint": "complaint", "dispute": "dispute", "help_request": "help_request",
         "death_reported": "death", "incapacity_reported": "incapacity",
         "bereavement": "bereavement", "debit_in_flight": "debit_in_flight"}  # fmt: skip
CLOSES = {
    "complaint_closed": "complaint",
    "dispute_closed": "dispute",
    "help_closed": "help_request",
}
OPT_OUT = ("td", "t", "stop", "退订", "取消", "停止", "unsubscribe", "quit", "cancel", "end")
"""Replies to a text that stop the channel, whatever their case."""

DEFAULTS: dict[str, Any] = {
    "lender_type": "bank", "product_kind": "consumer_loan", "days_past_due": 45, "age": 40,
    "hardship": False, "vulnerable": False, "over_ceiling": False,
}  # fmt: skip
"""What a case that does not say otherwise assumes, so that only its own rule speaks; with what the
house promises of its desks (``HOUSE_PROMISES``)."""


@dataclass(slots=True)
class Tables:
    """Rows of every case, each about its own person."""

    people: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    consents: list[dict[str, Any]] = field(default_factory=list)
    placements: list[dict[str, Any]] = field(default_factory=list)
    suppressed: list[dict[str, Any]] = field(default_factory=list)
    wishes: list[dict[str, Any]] = field(default_factory=list)


def known_word(said: Mapping[str, Any], name: str, known: Mapping[str, str], where: str) -> str:
    """What this word stands for; CaseError if it is none of those known."""
    value = said.get(name)
    if value not in known:
        raise CaseError(f"unknown word {value!r}", where=f"{where}, {name}",
                        remedy=f"one of: {', '.join(known)}")  # fmt: skip
    return known[str(value)]


class Case:
    """One case: its events become rows, its attempt a wish."""

    def __init__(
        self, key: int, vector: dict[str, Any], assume: Mapping[str, Any], tables: Tables
    ) -> None:
        self.key, self.id, self.assume, self.tables = key, str(vector["id"]), assume, tables
        setup, attempt = vector.get("setup", {}), vector.get("attempt")
        if not isinstance(attempt, dict) or not isinstance(setup, dict):
            raise CaseError("no setup or no attempt", where=self.id)
        self.attempt: dict[str, Any] = attempt
        self.consumer: dict[str, Any] = setup.get("consumer") or {}
        self.debts: list[dict[str, Any]] = setup.get("debts") or [{}]
        self.events: list[dict[str, Any]] = setup.get("events") or []
        self.check(setup, SETUP_WORDS, "setup")
        self.check(self.attempt, ATTEMPT_WORDS, "attempt")
        seconds = self.attempt.get("duration_s")
        if seconds is not None and (type(seconds) is not int or seconds < 0):
            raise CaseError(f"{seconds!r} is not a number of seconds",
                            where=f"{self.id}, attempt.duration_s")  # fmt: skip
        self.check(self.consumer, CONSUMER_WORDS, "consumer")
        for debt in self.debts:
            self.check(debt, DEBT_WORDS, "debt")
        self.at = self.instant(self.attempt.get("at"), "attempt.at")
        self.zones = self.places()
        self.zone = zone(self.zones[0] if self.zones else BOOK_ZONE)
        self.relations: dict[str, str] = {}
        self.holds: list[dict[str, Any]] = []
        self.anew: list[date] = []
        self.assignment_at: datetime | None = None

    def check(self, said: Any, known: set[str], place: str) -> None:
        """Name the first word that is not known."""
        if not isinstance(said, dict):
            raise CaseError(f"{place} is not a mapping", where=self.id)
        for name in said:
            if name not in known:
                raise CaseError(f"unknown word {name!r}", where=f"{self.id}, {place}",
                                remedy=f"known: {', '.join(sorted(known))}")  # fmt: skip

    def instant(self, text: Any, place: str) -> datetime:
        """An instant with its offset (a time without one is at the person's place)."""
        try:
            read = datetime.fromisoformat(str(text))
        except ValueError:
            raise CaseError(f"{text!r} is not an instant", where=f"{self.id}, {place}") from None
        if read.tzinfo is None:
            read = read.replace(tzinfo=zone((self.places() or [BOOK_ZONE])[0]))
        return read.astimezone(UTC)

    def places(self) -> list[str]:
        """Where the person is, or may be."""
        name = self.consumer.get("tz", BOOK_ZONE)
        if name is not None:
            return [str(name)]
        evidence = self.consumer.get("location_evidence", [])
        return [str(each["tz"]) for each in evidence]

    def number(self, name: Any) -> int:
        """The key of N1, M1, …: own to the case."""
        self.relations.setdefault(str(name), "self" if str(name).startswith("N") else "contact")
        folded = 0
        for letter in str(name):
            folded = (folded * 131 + ord(letter)) % 1_000_000
        return self.key * 1_000_000 + folded

    def read(self) -> None:
        """Everything of this case, into the tables."""
        self.number("N1")
        recipient, relation = self.recipient()
        wanted = self.attempt.get("number")
        if wanted is None and self.attempt.get("channel") in ("call", "ai_call", "sms"):
            wanted = "N1" if recipient == "debtor" else "M1"
        if wanted is not None and relation:
            self.relations[str(wanted)] = relation
        for event in self.events:
            if event.get("type") in ("refusal", "offer_to_pay") and event.get("number"):
                self.relations[str(event["number"])] = str(event.get("by", "P:contact"))[2:]
        for event in sorted(self.events, key=lambda e: self.instant(e.get("at"), "event.at")):
            self.event(event)
        key = self.number(wanted) if wanted is not None else None
        self.wish(recipient, relation, key)
        tables = self.tables
        place = next(iter(self.zones), None)
        tables.people.append(_row("people", person=self.key, group=self.key, zone=place, language="zh",
                                  ref=self.id, address_confirmed=True,
                                  vulnerable=False, hardship=False, joint_opt_in=False))  # fmt: skip
        for rank, (name, who) in enumerate(self.relations.items(), start=1):
            tables.numbers.append(_row("numbers", person=self.key, rank=rank, text=name, relation=who,
                                       number=self.number(name), health="verified"))  # fmt: skip
        tables.holds.extend(self.holds)

    def recipient(self) -> tuple[str, str | None]:
        """Who would be reached: role, and relation for anyone but the debtor."""
        to = str(self.attempt.get("to", "C1"))
        if to == "C1":
            return "debtor", None
        if not to.startswith("P:") or len(to) < 3:
            raise CaseError(
                f"unknown word {to!r}", where=f"{self.id}, attempt.to", remedy="C1 or P:…"
            )
        who = to[2:]
        roles = {"heir": "heir", "guarantor": "guarantor", "guardian": "legal_representative",
                 "legal_representative": "legal_representative"}  # fmt: skip
        return roles.get(who, "contact"), who

    def wish(self, recipient: str, relation: str | None, number: int | None) -> None:
        """The attempt as a wish, with what a case that says nothing assumes."""
        said, debt = self.attempt, self.debt()
        flags = self.consumer.get("flags", [])
        flags = [flags] if isinstance(flags, str) else flags
        for flag in flags:
            if flag not in ("hardship", "vulnerable"):
                raise CaseError(f"unknown word {flag!r}", where=f"{self.id}, consumer.flags")
        purpose = said.get("purpose", "collect")
        if purpose not in PURPOSES:
            raise CaseError(f"unknown word {purpose!r}", where=f"{self.id}, attempt.purpose")
        due = debt.get("last_due_on")
        today = local_day(self.at, self.zone)
        row: dict[str, Any] = {
            **HOUSE_PROMISES, **DEFAULTS,
            "wish": self.key, "person": self.key, "loan": None,
            "channel": known_word(said, "channel", CHANNEL_WORDS, f"{self.id}, attempt"),
            "purpose": purpose, "placed_by": said.get("placed_by", "lender"),
            "recipient": recipient, "relation": relation, "number": number,
            "asked_at": self.at, "zones": self.zones or None,
            "last_due_on": date.fromisoformat(due) if due else today,
            "last_paid_on": max(self.anew, default=None),
            "assigned": self.assignment_at is not None, "assignment_notice_at": self.assignment_at,
            "hardship": "hardship" in flags, "vulnerable": "vulnerable" in flags,
            "duration_s": said.get("duration_s"), "entry_consent": said.get("entry_consent"),
        }  # fmt: skip
        given_by = {"crew": said, "place": said, "days_past_due": debt, "guarantee": debt,
                    "age": self.consumer}  # fmt: skip
        for name, given in given_by.items():
            if given.get(name) is not None:
                row[name] = given[name]
        row.setdefault("guarantee", None)
        if debt.get("product") is not None:
            row["product_kind"] = debt["product"]
        late = said.get("delivery_at")
        row["delivery_at"] = self.instant(late, "attempt.delivery_at") if late else None
        row |= self.assume
        if debt.get("loan_key"):
            row["loan"] = debt["loan_key"]
        for name, value in row.items():
            values = VOCABULARY[name].values if name in VOCABULARY else ()
            if values and value is not None and value not in values:
                raise CaseError(f"unknown word {value!r}", where=f"{self.id}, {name}",
                                remedy=f"one of: {', '.join(values)}")  # fmt: skip
        self.tables.wishes.append(row)

    def debt(self) -> dict[str, Any]:
        """The debt the attempt is about: the one it names, or the first."""
        named = self.attempt.get("debts") or []
        if not any("id" in debt for debt in self.debts):
            named = []
        for position, debt in enumerate(self.debts):
            if not named or debt.get("id") in named:
                return {**debt, "loan_key": self.key * 100 + position if named else None}
        raise CaseError(f"unknown debt {named[0]!r}", where=f"{self.id}, attempt.debts")

    def event(self, event: dict[str, Any]) -> None:
        """One event becomes rows; what comes after the attempt is not known to it."""
        kind = str(event.get("type"))
        if kind not in EVENT_WORDS:
            raise CaseError(f"unknown word {kind!r}", where=f"{self.id}, event.type",
                            remedy=f"known: {', '.join(EVENT_WORDS)}")  # fmt: skip
        self.check(event, EVENT_WORDS[kind] | _COMMON, f"event {kind}")
        at = self.instant(event.get("at"), "event.at")
        if at > self.at:
            return
        if kind in OPENS:
            self.hold(OPENS[kind], at, event)
        elif kind in CLOSES:
            self.close(CLOSES[kind], at)
        else:
            getattr(self, f"_{kind}")(event, at)

    def hold(
        self, kind: str, at: datetime, event: Mapping[str, Any], until: datetime | None = None
    ) -> None:
        """A hold begins; on the debts named, or on the whole person."""
        ids = [debt.get("id") for debt in self.debts]
        named = [self.key * 100 + ids.index(name) for name in event.get("debts", []) if name in ids]
        for loan in named if len(ids) > 1 and named else [None]:
            self.holds.append(_row("holds", person=self.key, kind=kind, from_at=at, until_at=until,
                                   recorded_at=at, loan=loan))  # fmt: skip

    def close(self, kind: str, at: datetime) -> None:
        """Every hold of this kind that is open ends."""
        for hold in self.holds:
            if hold["kind"] == kind and (hold["until_at"] is None or hold["until_at"] > at):
                hold["until_at"] = at

    def contact(self, at: datetime, event: Mapping[str, Any], **said: Any) -> None:
        """One row of the contact log."""
        name = event.get("number")
        row = {
            "person": self.key, "at": at, "contact": len(self.tables.contacts), "recorded_at": at,
            "creditor": 1, "number": self.number(name) if name is not None else None,
            "channel": "call", "direction": "out", "placed_by": event.get("by", "lender"),
            "purpose": "collect",
        }  # fmt: skip
        self.tables.contacts.append(_row("contacts", **(row | said)))

    def _call_out(self, event: dict[str, Any], at: datetime) -> None:
        outcome = known_word(event, "outcome", OUTCOMES_SAID, self.id)
        channel = "ai_call" if event.get("ai") else "call"
        self.contact(at, {"number": "N1", **event}, channel=channel, outcome=outcome)

    def _call_in(self, event: dict[str, Any], at: datetime) -> None:
        self.contact(at, {"number": "N1", **event}, direction="in", placed_by="person",
                     outcome=event.get("outcome", "conversation"))  # fmt: skip

    def _sms_out(self, event: dict[str, Any], at: datetime) -> None:
        outcome = "delivered" if event.get("delivered", True) else "undelivered"
        self.contact(at, {"number": "N1", **event}, channel="sms", outcome=outcome)

    def _sms_in(self, event: dict[str, Any], at: datetime) -> None:
        self.contact(at, {"number": "N1", **event}, channel="sms", direction="in", placed_by="person",
                     outcome="delivered")  # fmt: skip
        if str(event.get("body", "")).strip().lower() in OPT_OUT:
            self.consent("stop_channel", at, channel="sms")

    def _visit_done(self, event: dict[str, Any], at: datetime) -> None:
        self.contact(at, event, channel="visit", outcome="not_home")

    def _visit_notice_delivered(self, event: dict[str, Any], at: datetime) -> None:
        self.notice(event, at, "visit_notice")

    def _adverse_notice_delivered(self, event: dict[str, Any], at: datetime) -> None:
        self.notice(event, at, "adverse_notice")

    def notice(self, event: Mapping[str, Any], at: datetime, template: str) -> None:
        """A notice that law requires was delivered."""
        self.contact(at, event, channel="letter", outcome="delivered", template=template,
                     purpose="notice_required")  # fmt: skip

    def _refusal(self, event: dict[str, Any], at: datetime) -> None:
        self.contact(at, {"number": "M1", **event}, direction="in", placed_by="person",
                     outcome="refused")  # fmt: skip

    def _offer_to_pay(self, event: dict[str, Any], at: datetime) -> None:
        recorded = event.get("recorded", True)
        purpose = "give_payment_details" if recorded else "answer_request"
        self.contact(at, {"number": "M1", **event}, direction="in", placed_by="person",
                     outcome="conversation", purpose=purpose)  # fmt: skip

    def consent(self, kind: str, at: datetime, **said: Any) -> None:
        """One row of the consents."""
        self.tables.consents.append(
            _row(
                "consents",
                **({"person": self.key, "kind": kind, "given_at": at, "by": "debtor"} | said),
            )
        )

    def _time_agreement(self, event: dict[str, Any], at: datetime) -> None:
        by = event.get("by", "debtor")
        if by not in ("debtor", "contract_clause"):
            raise CaseError(f"unknown word {by!r}", where=f"{self.id}, time_agreement.by")
        self.consent("hours", at, by=by, from_time=self.clock(event.get("from")),
                     until_time=self.clock(event.get("to")))  # fmt: skip

    def clock(self, text: Any) -> time:
        """A time of day; 24:00 is the next midnight."""
        try:
            return time() if str(text) == "24:00" else time.fromisoformat(str(text))
        except ValueError:
            raise CaseError(f"{text!r} is not a time of day", where=self.id) from None

    def _time_agreement_revoked(self, event: dict[str, Any], at: datetime) -> None:
        for consent in self.tables.consents:
            if consent["person"] == self.key and consent["kind"] == "hours":
                consent["revoked_at"] = consent["revoked_at"] or at

    def _stop_channel(self, event: dict[str, Any], at: datetime) -> None:
        self.consent(
            "stop_channel", at, channel=known_word(event, "channel", CHANNEL_WORDS, self.id)
        )

    def _plan_signed(self, event: dict[str, Any], at: datetime) -> None:
        self.anew.append(local_day(at, self.zone))
        self.hold("plan_kept", at, event)

    def _plan_payment(self, event: dict[str, Any], at: datetime) -> None:
        if known_word(event, "outcome", {"kept": "kept", "missed": "missed"}, self.id) == "missed":
            self.close("plan_kept", at)

    def _promise(self, event: dict[str, Any], at: datetime) -> None:
        self.anew.append(local_day(at, self.zone))
        due = date.fromisoformat(str(event["due_on"])[:10])
        self.hold("promise_open", at, event, day_start(due + timedelta(days=1), self.zone))

    def _promise_outcome(self, event: dict[str, Any], at: datetime) -> None:
        # kept or broken, HP-06 is silent until the day after the promised day
        known_word(event, "outcome", {"kept": "kept", "broken": "broken"}, self.id)

    def _police_no_contact(self, event: dict[str, Any], at: datetime) -> None:
        text = str(event.get("until"))
        until = self.instant(text, "event.until")
        if len(text) == 10:  # a date: the order stands through that day
            until = day_start(date.fromisoformat(text) + timedelta(days=1), self.zone)
        self.hold("police_order", at, event, until)

    def _agency_assigned(self, event: dict[str, Any], at: datetime) -> None:
        self.placement(event, at)

    def _agency_notice_delivered(self, event: dict[str, Any], at: datetime) -> None:
        self.placement(event, at)["notice_at"] = at

    def placement(self, event: dict[str, Any], at: datetime) -> dict[str, Any]:
        """The case at this agency: one row, made when it is first heard of."""
        agency = str(event.get("agency", "A")).removeprefix("agency:")
        for row in self.tables.placements:
            if row["person"] == self.key and row["agency"] == agency:
                return row
        row = _row("placements", person=self.key, placed_on=local_day(at, self.zone), agency=agency,
                   listed=True)  # fmt: skip
        self.tables.placements.append(row)
        return row

    def _assignment_notice_delivered(self, event: dict[str, Any], at: datetime) -> None:
        self.assignment_at = at

    def _number_suppressed(self, event: dict[str, Any], at: datetime) -> None:
        self.tables.suppressed.append(
            {"number": self.number(event.get("number", "N1")), "since_at": at}
        )

    def _payment_received(self, event: dict[str, Any], at: datetime) -> None:
        self.anew.append(local_day(at, self.zone))
        if event.get("unmatched"):
            self.hold("unmatched_money", at, event)
            return
        self.close("unmatched_money", at)
        self.close("debit_in_flight", at)


def _row(table: str, **said: Any) -> dict[str, Any]:
    """A row of this table; what is not said is null."""
    columns = {**STATIC, **HISTORY}[table].columns
    return {name: said.get(name) for name in columns}
