"""How Fineract tells what happened to a loan, in Forbear's products and events.

Its named test products carry terms in their names (whether interest follows overdue principal, in which
order money is allocated): those words are translated here, once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from forbear.cli.loan_check.fineract_terms import Terms, read_terms
from forbear.cli.loan_check.vectors import Fields
from forbear.loan import events as ev
from forbear.loan.account import position
from forbear.loan.payoff import payoff
from forbear.loan.position import Loan, Position
from forbear.loan.product import SHARE_ONE, Component, DueState, Product, Recalculation, Waterfall
from forbear.loan.recalculation import level_amount
from forbear.loan.schedule import Instalment
from forbear.loan.stepwise import round_exact
from forbear.money import RATE_ONE

RECORDED = datetime(2000, 1, 1, tzinfo=UTC)
STATES: tuple[DueState, ...] = ("past_due", "due", "in_advance")
ORDERS: dict[str, tuple[Component, ...]] = {
    "PMT_ALLOC_1": ("penalty", "fee", "interest", "principal"),
    "CUSTOM": ("interest", "principal", "penalty", "fee"),
    "": ("penalty", "fee", "principal", "interest"),
}
"""Order of components by a word in the product's name; the last is the source's default."""
WORDS: dict[str, Component] = {
    "penalty": "penalty", "penalties": "penalty", "fee": "fee", "fees": "fee",
    "interest": "interest", "principal": "principal",
}  # fmt: skip
FUTURE = {
    "NEXT_INSTALLMENT": "next_instalment",
    "LAST_INSTALLMENT": "last_instalment",
    "REAMORTIZATION": "all_equally",
}
UNITS = {"MONTHS": "months", "WEEKS": "weeks", "DAYS": "days"}


@dataclass(frozen=True, slots=True)
class Story:
    """One loan and what happened to it, entry by entry."""

    product: Product
    loan: Loan
    terms: Terms
    entries: tuple[tuple[str, date, tuple[ev.Event, ...]], ...]
    """(type, business day, our events) of every entry of ``inputs.events``."""
    pauses: tuple[tuple[date, date], ...]
    """Days on which the source does not count as overdue."""

    def events(self, count: int) -> list[ev.Event]:
        """Our events after the first ``count`` entries."""
        return [event for _, _, events in self.entries[:count] for event in events]

    def loan_of(self, events: list[ev.Event]) -> Loan:
        """The loan as signed, given which money went out; a first part may be told late."""
        undone = {event.names for event in events if event.kind == "reversed"}
        out = [
            event for event in events if event.kind == "disbursed" and event.number not in undone
        ]
        begun = min((event.effective_on for event in out), default=self.loan.disbursed_on)
        lent = sum(event.amount for event in out if event.effective_on == begun)
        if not out or (begun, lent) == (self.loan.disbursed_on, self.loan.principal):
            return self.loan
        return _loan(replace(self.terms, principal=lent, disbursed_on=begun))

    def given(self, events: list[ev.Event], day: date) -> Position:
        """The loan on ``day`` if just this had happened."""
        return position(self.product, self.loan_of(events), events, day)

    def at(self, count: int, day: date) -> Position:
        """The loan after the first ``count`` entries, seen on ``day``."""
        events = self.events(count)
        loan = self.loan_of(events)
        return position(self.product, loan, events, max(day, loan.disbursed_on))


def read_story(inputs: Fields) -> Story:
    """Which loan and events does this vector tell? Raises CaseError on a word that is not known."""
    name = inputs.text("source_product", "")
    older = name.startswith("LP1")
    # seen here and again by ``read_terms``, which knows the terms of a loan but not of its payments
    terms = read_terms(inputs, levelling=not older)
    inputs.ignore("delinquency_grace_days")
    product = _product(inputs, terms, name)
    told = inputs.items("events")
    first = next((each for each in told if each.raw("type") == "disbursement"), None)
    lent = first.amount("amount") if first else terms.principal
    begun = first.day("date") if first else terms.disbursed_on
    terms = replace(terms, product=product, principal=lent, disbursed_on=begun)
    loan = _loan(terms)
    reader = _Entries(product, loan, inputs)
    for each in told:
        reader.read(each)
    return Story(product, loan, terms, tuple(reader.entries), tuple(reader.pauses))


@cache
def _loan(terms: Terms) -> Loan:
    """The loan as signed under these terms."""
    older = terms.product.id.startswith("LP1") and terms.product.kind == "equal_instalment"
    return Loan(
        disbursed_on=terms.disbursed_on,
        principal=terms.principal,
        rate=terms.rate,
        instalments=_older_plan(terms) if older else terms.plan(),
    )


def _older_plan(terms: Terms) -> tuple[Instalment, ...]:
    """The older calculator agrees on an instalment first: an annuity on months of 30 days.

    Interest then runs on the days there are, so the instalment is a term of its own here.
    """
    product, plan = terms.product, terms.plan()
    basis = {"actual/365": 365, "actual/360": 360}.get(product.day_count)
    if basis is None or product.every.unit != "months" or not terms.rate:
        return plan
    regular = [row for row in plan if row.due_on > row.from_on]
    balance, rows = sum(row.principal for row in regular), [r for r in plan if r not in regular]
    factors = [Fraction(terms.rate * 30 * product.every.count, RATE_ONE * basis)] * len(regular)
    level = level_amount(balance, factors, product)
    for row in regular:
        exact = terms.rate * balance * (row.due_on - row.from_on).days
        interest = round_exact(exact, RATE_ONE * basis, product.rounding)
        principal = balance if row is regular[-1] else level - interest
        rows.append(replace(row, principal=principal, interest=interest))
        balance -= principal
    return tuple(rows)


def _product(inputs: Fields, terms: Terms, name: str) -> Product:
    """The product with its waterfall, and with interest that follows principal or does not."""
    follows = "RECALC" in name
    overdue = "none"
    if follows and "NO_CALC_ON_PAST_DUE" not in name:
        overdue = "at_period_end" if "SARP" in name or "SAME_AS_REPAYMENT" in name else "daily"
    lowers = follows and name.startswith("LP1")
    return replace(
        terms.product,
        early_payment="reduce_principal" if lowers else "pay_ahead",
        recalculation=Recalculation(
            overdue=overdue,  # type: ignore[arg-type]
            early="lower_instalment" if lowers else "next_instalment",
            early_interest="to_period_end" if "TILL_REST" in name else "to_day",
            rounded="each_part" if lowers else "once",
        ),
        waterfall=_waterfall(inputs, name, principal_first=lowers),
    )


def _waterfall(inputs: Fields, name: str, *, principal_first: bool) -> Waterfall:
    """The order of allocation: spelled out, or by the strategy's and the product's name."""
    direction = inputs.choice(
        "processing", {"horizontal": "horizontal", "vertical": "vertical"}, "horizontal"
    )
    rule = inputs.choice("future_instalment_rule", FUTURE, "next_instalment")
    strategy = inputs.text("allocation_strategy", "advanced_payment_allocation")
    said = inputs.raw("allocation_order", None)
    if said is not None:
        order = tuple(_pair(inputs, word) for word in said)
    elif strategy == "advanced_payment_allocation":
        mine = next(order for word, order in ORDERS.items() if word in name)
        order = tuple((state, component) for state in STATES for component in mine)
    else:
        order = _by_strategy(inputs, strategy)
    if principal_first:  # interest not yet earned is not taken early
        early: list[tuple[DueState, Component]] = [("in_advance", "principal")]
        order = (*(pair for pair in order if pair[0] != "in_advance"), *early)
    if "VERTICAL" in name and "processing" not in inputs:
        direction = "vertical"
    return Waterfall(order=order, direction=direction, in_advance_to=rule)


def _pair(inputs: Fields, word: str) -> tuple[DueState, Component]:
    for state in STATES:
        if word.startswith(state + "_") and word[len(state) + 1 :] in WORDS:
            return state, WORDS[word[len(state) + 1 :]]
    raise inputs.error("allocation_order", f"{word!r} is not a due state and a component")


def _by_strategy(inputs: Fields, strategy: str) -> tuple[tuple[DueState, Component], ...]:
    """The order that the name of an older strategy spells."""
    body = strategy.removesuffix("_strategy").removesuffix("_order")
    due, _, early = body.partition("_in_advance_")
    first = _spelled(due.removeprefix("due_"))
    if len(first) != 4:
        raise inputs.error("allocation_strategy", f"{strategy!r} does not spell four components")
    last = _spelled(early) or first
    return tuple(
        (state, component)
        for state in STATES
        for component in (last if state == "in_advance" else first)
    )


def _spelled(text: str) -> tuple[Component, ...]:
    return tuple(WORDS[word] for word in text.split("_") if word in WORDS)


class _Entries:
    """Reads the entries of ``inputs.events`` one after the other."""

    def __init__(self, product: Product, loan: Loan, inputs: Fields) -> None:
        self.product, self.loan = product, loan
        self.name = inputs.text("source_product", "")
        newer = "advanced_payment_allocation"
        self.older = inputs.text("allocation_strategy", newer) != newer
        self.rules = {
            "goodwill_credit": inputs.choice(
                "goodwill_credit_future_rule", FUTURE, "last_instalment"
            ),
            "merchant_issued_refund": inputs.choice(
                "merchant_refund_future_rule", FUTURE, "all_equally"
            ),
            "payout_refund": "next_instalment",
        }
        self.collects = inputs.flag("down_payment_collected_automatically", False)
        self.entries: list[tuple[str, date, tuple[ev.Event, ...]]] = []
        self.pauses: list[tuple[date, date]] = []
        self.number = 0
        self.last: dict[str, int] = {}

    def read(self, entry: Fields) -> None:
        """One entry: which events does it say?"""
        kind = entry.text("type")
        method = getattr(self, f"_{kind}", None)
        if kind.endswith("_undo"):
            events = self._undo(entry, kind.removesuffix("_undo"))
        elif method is None:
            raise entry.error("type", f"{kind!r} is not an entry that is known")
        else:
            events = method(entry)
        day = (
            entry.day("date", None) or entry.day("entered_on", None) or entry.day("added_on", None)
        )
        if day is None:
            day = entry.day("from")
        entry.finish()
        self.entries.append((kind, day, tuple(events)))
        if events:
            self.last[kind] = events[-1].number

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _make(self, cls: type[ev.Event], on: date, amount: int = 0, **more: Any) -> ev.Event:
        return cls(
            number=self._next(),
            effective_on=on,
            recorded_at=RECORDED,
            amount=amount,
            **more,
        )

    def _before(self) -> list[ev.Event]:
        return [event for _, _, events in self.entries for event in events]

    def _disbursement(self, entry: Fields) -> list[ev.Event]:
        day, amount = entry.day("date"), entry.amount("amount")
        events = [self._make(ev.Disbursed, day, amount)]
        down = round_exact(amount * self.product.down_payment, SHARE_ONE, self.product.rounding)
        if self.collects and down:
            events.append(self._make(ev.Repaid, day, down))
        return events

    def _repayment(self, entry: Fields) -> list[ev.Event]:
        entry.ignore("channel")
        return [self._make(ev.Repaid, entry.day("date"), entry.amount("amount"))]

    def _other_payment(self, entry: Fields) -> list[ev.Event]:
        """Money that others pay for the borrower; it may go another way in advance."""
        entry.ignore("channel")
        rule = self.rules[entry.text("type")]
        more = {"in_advance_to": rule}
        return [self._make(ev.Repaid, entry.day("date"), entry.amount("amount"), **more)]

    _goodwill_credit = _merchant_issued_refund = _payout_refund = _other_payment

    def _pay_off(self, entry: Fields) -> list[ev.Event]:
        day = entry.day("date")
        quote = payoff(self.product, self.loan, self._before(), day)
        return [self._make(ev.Repaid, day, quote.total)]

    def _nightly_close(self, entry: Fields) -> list[ev.Event]:
        entry.day("date")
        return []

    def _charge(self, entry: Fields) -> list[ev.Event]:
        component = entry.choice("kind", {"LOAN_NSF_FEE": "penalty", "LOAN_SNOOZE_FEE": "fee"})
        added, due_on = entry.day("added_on"), entry.day("due_date")
        more = {
            "component": component,
            "due_on": due_on,
            "with_instalment": True,
            "payable_alone": self.older,  # the older strategies look at a charge's own due date
        }
        return [self._make(ev.Charge, min(added, due_on), entry.amount("amount"), **more)]

    def _interest_pause(self, entry: Fields) -> list[ev.Event]:
        first, last = entry.day("from"), entry.day("to")
        day = entry.day("entered_on", first)
        return [self._make(ev.InterestPause, min(day, first), from_on=first, until_on=last)]

    def _delinquency_pause(self, entry: Fields) -> list[ev.Event]:
        self.pauses.append((entry.day("from"), entry.day("to")))
        return []

    def _delinquency_resume(self, entry: Fields) -> list[ev.Event]:
        """The pause that runs on that day ends with it."""
        day = entry.day("date", None) or entry.day("from")
        self.pauses = [
            (first, min(last, day) if first <= day else last) for first, last in self.pauses
        ]
        return []

    def _re_age(self, entry: Fields) -> list[ev.Event]:
        return [
            self._make(
                ev.ReAge,
                entry.day("date"),
                first_due_on=entry.day("startDate"),
                instalments=int(entry.decimal("numberOfInstallments")),
                count=int(entry.decimal("frequencyNumber")),
                unit=entry.choice("frequencyType", UNITS),
            )
        ]

    def _re_amortise(self, entry: Fields) -> list[ev.Event]:
        return [self._make(ev.ReAmortise, entry.day("date"))]

    def _charge_off(self, entry: Fields) -> list[ev.Event]:
        stops = "ZERO_INTEREST" in self.name or "ACCELERATE" in self.name
        more: dict[str, Any] = {
            "interest": "stops" if stops else "goes_on",
            "accelerate": "ACCELERATE" in self.name,
        }
        return [self._make(ev.ChargeOff, entry.day("date"), **more)]

    def _reschedule(self, entry: Fields) -> list[ev.Event]:
        """Its one entry for a new rate, a new due date, more terms, or a grace in mid-term."""
        day, since = entry.day("date"), entry.day("rescheduleFromDate")
        entry.ignore("submittedOnDate")
        events: list[ev.Event] = []
        if entry.raw("newInterestRate", None) is not None:
            rate = entry.percent("newInterestRate")
            events.append(self._make(ev.RateChange, min(day, since), rate=rate, from_on=since))
        waits = int(entry.decimal("graceOnPrincipal", "0"))
        more = {
            "first_due_on": entry.day("adjustedDueDate", None),
            # where principal waits, as many instalments are added there
            "extra_instalments": int(entry.decimal("extraTerms", "0")) + waits,
            "interest_waits": int(entry.decimal("graceOnInterest", "0")),
            "principal_waits": waits,
        }
        if any(more.values()):
            events.append(self._make(ev.Extension, day, from_due_on=since, **more))
        return events

    def _undo(self, entry: Fields, kind: str) -> list[ev.Event]:
        """The last entry of this kind never happened."""
        if kind not in self.last:
            raise entry.error("type", f"there is no {kind} before it")
        return [self._make(ev.Reversed, entry.day("date"), names=self.last[kind])]


def paused_days(story: Story, day: date) -> int:
    """How many days before ``day`` does the source not count as overdue?"""
    return sum(max((min(day, last) - first).days, 0) for first, last in story.pauses)


def range_day(story: Story, day: date) -> date:
    """The day whose range is shown on ``day``: while it pauses, the eve of the pause."""
    for first, last in sorted(story.pauses, reverse=True):
        if first <= day <= last:
            day = first - timedelta(days=1)
    return day


def shown_day(day: date) -> str:
    """A date as the source prints it: 04 October 2023."""
    return day.strftime("%d %B %Y")
