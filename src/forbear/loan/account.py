"""What is owed on a loan, given everything that happened to it? Events in, position out.

One day of a loan goes in this order: accrue on what stood at the end of the day before; instalments
and charges due that day fall due; then the day's events, money held in advance and payments first
allocated by the product's waterfall. Between two days on which anything happens the replay jumps: what
a loan owes is affine in days.

The order of events inside a day depends on their kinds, never on the order of recording.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from forbear.errors import InputError
from forbear.loan import events as ev
from forbear.loan.claims import Claims
from forbear.loan.early import pay_early
from forbear.loan.happenings import HANDLERS
from forbear.loan.position import Loan, Position
from forbear.loan.product import InAdvance, Product
from forbear.loan.recalculation import Interest
from forbear.loan.standing import describe
from forbear.loan.waterfall import (
    INTEREST,
    PENALTY,
    PRINCIPAL,
    Part,
    Row,
    Stage,
    share_out,
    stages,
)
from forbear.money import RATE_ONE

BEFORE_MONEY = ("disbursed", "rate_change", "interest_pause", "charge", "waiver")
AFTER_MONEY = ("settlement", "extension", "re_age", "re_amortise", "charge_off", "refund")
AFTER_SETTLEMENT = ("settlement", "waiver", "charge_off", "refund")
MONEY = ("repaid", "recovery")


def position(
    product: Product,
    loan: Loan,
    events: Iterable[ev.Event],
    as_of: date,
    known_at: datetime | None = None,
) -> Position:
    """What is owed at the end of ``as_of``, knowing what was recorded before ``known_at``?

    Without ``known_at``: knowing everything in ``events``. Raises InputError for events that cannot
    be (a refund of money that is not there, a reversal of nothing) or an ``as_of`` before the money
    went out.

    >>> from datetime import UTC
    >>> from forbear.loan.product import shipped
    >>> from forbear.loan.schedule import schedule
    >>> terms = shipped("equal_instalment")
    >>> plan = schedule(terms, 1_000_000, 120_000_000, date(2026, 1, 15), 3)
    >>> loan = Loan(disbursed_on=date(2026, 1, 15), principal=1_000_000, rate=120_000_000,
    ...             instalments=plan)
    >>> paid = ev.Repaid(number=1, effective_on=date(2026, 2, 20), amount=340_000,
    ...                  recorded_at=datetime(2026, 2, 20, tzinfo=UTC))
    >>> now = position(terms, loan, [paid], date(2026, 2, 20))
    >>> now.principal_due, now.interest_due, now.penalty_due, now.days_past_due
    (835, 0, 0, 5)
    """
    account = Account(product, loan)
    account.run(ev.in_force(events, as_of, known_at), as_of)
    return describe(account)


class Account:
    """One loan on its way through the days; made by ``position``, read by ``standing.describe``."""

    __slots__ = (
        "at", "charged_beyond", "charged_off", "charges", "claims", "closed", "drawn", "due_charges",
        "first", "held", "interest", "interest_accrued", "interest_base", "interest_carry",
        "journal", "last_paid", "last_paid_on", "late", "loan", "money", "moved", "next",
        "not_claimable", "order", "overpaid", "paid_charges", "pauses", "payable_alone",
        "penalty_base", "penalty_carry", "penalty_due", "penalty_earned", "penalty_rate", "plan",
        "product", "rates", "reshaped", "settled", "times_late", "turns", "unit", "waived_other",
        "waived_penalty", "waived_principal",
    )  # fmt: skip

    def __init__(self, product: Product, loan: Loan) -> None:
        self.product, self.loan = product, loan
        self.plan: list[Row] = [
            Row(
                i.seq,
                i.from_on.toordinal(),
                i.due_on.toordinal(),
                [0, i.fee, i.interest, i.principal],
            )
            for i in loan.instalments
        ]
        self.at = loan.disbursed_on.toordinal()
        self.next = self.first = 0
        """Places in the plan: the first instalment not yet due, the first not fully paid."""
        self.charges: list[Row] = []
        """Charges not yet due, by due date."""
        self.due_charges: list[Row] = []
        self.paid_charges: list[Row] = []
        self.payable_alone: list[Part] = []
        """Charges shown with an instalment that money reaches from their own due date on."""
        self.order: tuple[Stage, ...] = stages(product.waterfall)
        self.held = self.overpaid = self.not_claimable = 0
        self.penalty_due = self.penalty_base = self.penalty_carry = self.penalty_earned = 0
        self.penalty_rate = product.penalty.rate_of(loan.rate)
        self.unit = RATE_ONE * product.day_basis
        self.interest_base = sum(row.due[PRINCIPAL] for row in self.plan)
        self.interest_accrued = self.interest_carry = 0
        self.claims = Claims(loan, product.day_basis) if loan.ceiling_rate else None
        self.interest: Interest | None = None
        self.pauses: list[tuple[int, int]] = []
        self.rates: list[tuple[int, int]] = []
        """(first day, rate) after the contract rate."""
        self.turns: list[int] = []
        """Days after which a rate or a pause begins or ends."""
        self.late = self.charged_off = self.settled = self.reshaped = self.moved = False
        self.closed = False
        """By a settlement: nothing new can be agreed or charged."""
        """reshaped: not the schedule as signed any more; moved: due dates are not as signed."""
        self.times_late = self.last_paid = self.money = self.charged_beyond = 0
        self.waived_penalty = self.waived_principal = self.waived_other = 0
        self.drawn = self.interest_base
        """Principal that went out in all."""
        self.last_paid_on: int | None = None
        self.journal: Callable[[Account, str], None] | None = None
        """Told after every step, when somebody wants to know how a figure came about."""
        if product.recalculation.overdue != "none":
            self.follow_principal()

    # --- through the days -------------------------------------------------------------------------

    def run(self, happened: Sequence[ev.Event], as_of: date) -> None:
        """Bring the account to the end of ``as_of``; ``happened`` is in order of effective day."""
        end = as_of.toordinal()
        if end < self.at:
            raise InputError(f"{as_of} is before the disbursement", where=f"loan {self.loan.loan}")
        self._learn_turns(happened)
        pointer, count = 0, len(happened)
        while True:
            today: list[ev.Event] = []
            while pointer < count and happened[pointer].effective_on.toordinal() <= self.at:
                today.append(happened[pointer])
                pointer += 1
            self._day(today)
            if self.at >= end:
                return
            day = end
            if pointer < count:
                day = min(day, happened[pointer].effective_on.toordinal())
            self._accrue(self._next_change(day))

    def _learn_turns(self, happened: Sequence[ev.Event]) -> None:
        """On which days does nothing run, and which rate runs when? Known before the walk begins."""
        for event in happened:
            if isinstance(event, ev.InterestPause):
                first = (event.from_on or event.effective_on).toordinal()
                self.pauses.append((first, event.until_on.toordinal()))
                self.turns += [first - 1, event.until_on.toordinal()]
            elif isinstance(event, ev.RateChange):
                first = (event.from_on or event.effective_on).toordinal()
                self.rates.append((first, event.rate))
                self.turns.append(first - 1)
        if self.turns:
            self.rates.sort()

    def rate_on(self, day: int) -> int:
        """Which contract rate runs on this day?"""
        rate = self.loan.rate
        for first, value in self.rates:
            if first <= day:
                rate = value
        return rate

    def penalty_rate_on(self, day: int) -> int:
        """Which penalty rate runs on this day?"""
        return self.product.penalty.rate_of(self.rate_on(day)) if self.rates else self.penalty_rate

    def _runs(self, day: int) -> bool:
        """Does interest run on this day?"""
        if self.interest is not None and day > self.interest.stopped_on:
            return False
        return not any(first <= day <= last for first, last in self.pauses)

    def _next_change(self, day: int) -> int:
        """The next day on which something happens by itself, at the latest ``day``."""
        at, grace = self.at, self.product.penalty.grace_days
        if self.next < len(self.plan):
            day = min(day, self.plan[self.next].due_on)
        if self.charges:
            day = min(day, self.charges[0].due_on)
        if grace:
            for row in self.plan[self.first : self.next]:
                if row.due_on + grace > at:
                    day = min(day, row.due_on + grace)
        for turn in self.turns:
            if at < turn < day:
                day = turn
        return max(day, at + 1)

    def _accrue(self, day: int) -> None:
        """Step 1 of a day, for all days since the last change: penalty, interest, the ceiling."""
        days = day - self.at
        runs = self._runs(day) if self.turns or self.interest is not None else True
        rate = self.loan.rate if not self.rates else self.rate_on(day)
        if self.rates:
            self.penalty_rate = self.penalty_rate_on(day)
        if self.penalty_base and self.penalty_rate and runs:
            exact = self.penalty_carry + self.penalty_base * self.penalty_rate * days
            posted = exact // self.unit
            claimable = posted
            if self.claims is not None:
                claimable = self.claims.claim(self, self.principal(), posted, day)
            self.penalty_carry = exact - posted * self.unit
            self.penalty_due += claimable
            self.penalty_earned += claimable
            self.not_claimable += posted - claimable
        if self.claims is not None:
            self.claims.allow(self.principal(), days)
        if rate and runs:
            exact = self.interest_carry + self.interest_base * rate * days
            posted = exact // self.unit
            self.interest_accrued += posted
            self.interest_carry = exact - posted * self.unit
        self.at = day
        if self.journal is not None:
            self.note(
                f"{days} days: penalty on {self.penalty_base} at {self.penalty_rate}, "
                f"interest on {self.interest_base} at {rate}"
            )

    def _day(self, today: list[ev.Event]) -> None:
        """Steps 2 and 3 of a day: what falls due, then what happened."""
        self._fall_due()
        if self.interest is not None:
            self.refresh()
        paid, payments = 0, today
        if today:
            payments = [event for event in today if event.kind in MONEY]
            paid = sum(event.amount for event in payments)
            if len(today) > 1 or not paid:
                self._do(today, BEFORE_MONEY)
        if paid or self.held:
            self._take(payments if paid else [], paid)
        if today and (len(today) > 1 or not paid):
            self._do(today, AFTER_MONEY)
        self.end_day()

    def _fall_due(self) -> None:
        """Step 2: instalments and charges due today become due."""
        plan, at = self.plan, self.at
        while self.next < len(plan) and plan[self.next].due_on <= at:
            row = plan[self.next]
            self.next += 1
            self.interest_base -= row.due[PRINCIPAL] - row.paid[PRINCIPAL]
            self.interest_accrued = self.interest_carry = 0
            if self.claims is not None:
                self.claims.signed_until(at)
            if self.journal is not None:
                self.note(f"instalment {row.seq} fell due")
        while self.charges and self.charges[0].due_on <= at:
            self.due_charges.append(self.charges.pop(0))
            if self.journal is not None:
                self.note("a charge fell due")

    def end_day(self) -> None:
        """What runs from tomorrow, and whether the loan is late now."""
        plan, last = self.plan, self.at - self.product.penalty.grace_days
        while self.first < self.next and plan[self.first].due == plan[self.first].paid:
            self.first += 1
        base, late = 0, False
        for row in plan[self.first : self.next]:
            if row.due != row.paid:
                late = True
                if row.due_on <= last:
                    base += row.due[PRINCIPAL] - row.paid[PRINCIPAL]
        if self.product.compound or self.product.penalty.on == "principal_and_interest":
            for row in plan[self.first : self.next]:
                if row.due_on <= last:
                    base += row.due[INTEREST] - row.paid[INTEREST]
        if self.due_charges:
            self.paid_charges += [row for row in self.due_charges if not row.open]
            self.due_charges = [row for row in self.due_charges if row.open]
            late = late or bool(self.due_charges)
        if late and not self.late:
            self.times_late += 1
        self.late = late
        stopped = self.interest is not None and self.at >= self.interest.stopped_on
        self.penalty_base = 0 if stopped else base
        if not late and not self.penalty_due and not self.charges:
            self.settled = self.settled or not any(row.open for row in plan[self.next :])

    # --- money ------------------------------------------------------------------------------------

    def _take(self, payments: Sequence[ev.Event], paid: int) -> None:
        """The day's payments as one sum, but those that go another way in advance each for itself."""
        own_way = [e for e in payments if isinstance(e, ev.Repaid) and e.in_advance_to]
        rest = paid - sum(event.amount for event in own_way)
        if rest or self.held:
            self.credit(rest)
            if rest and self.journal is not None:
                self.note("paid")
        for event in sorted(own_way, key=ev.content):
            self.credit(event.amount, event.in_advance_to)
            if self.journal is not None:
                self.note("paid")

    def _rows_to_pay(self) -> list[Row]:
        """What is due, and charges payable alone on instalments that are not; oldest first."""
        coming = self.plan[self.next :]
        alone: list[Row] = [
            part
            for part in self.payable_alone
            if part.due_on <= self.at and any(part.whole is row for row in coming)
        ]
        return sorted([*alone, *self.due_rows()], key=lambda row: (row.due_on, row.seq))

    def credit(self, paid: int, rule: InAdvance | None = None) -> None:
        """Step 3: money held in advance and the day's payments reach what is due.

        ``rule``: which instalments to come take what is left, where it is not as the product says.
        """
        self.money += paid
        if paid:
            same_day = self.last_paid if self.last_paid_on == self.at else 0
            self.last_paid, self.last_paid_on = same_day + paid, self.at
        rows = self._rows_to_pay() if self.payable_alone else self.due_rows()
        money, to_penalty = share_out(self.held + paid, rows, self.penalty_due, self.order, self.at)
        self.penalty_due -= to_penalty
        self.held = 0
        if money and self.next < len(self.plan):
            waits = self.product.early_payment == "hold"
            if not waits:
                money = pay_early(self, money, rule) if paid else money
                waits = any(row.open for row in self.plan[self.next :])
            if waits:
                self.held, money = money, 0
        self.overpaid += money
        if self.interest is not None:
            self.refresh()

    def due_rows(self) -> list[Row]:
        """Everything due and perhaps unpaid, oldest first, a charge before an instalment of its day."""
        rows = self.plan[self.first : self.next]
        if self.due_charges:
            rows = sorted([*self.due_charges, *rows], key=lambda row: (row.due_on, row.seq))
        return rows

    def principal_moved(self) -> None:
        """Principal of the instalments to come is not what it was."""
        self.interest_base = sum(
            row.due[PRINCIPAL] - row.paid[PRINCIPAL] for row in self.plan[self.next :]
        )

    # --- events -----------------------------------------------------------------------------------

    def _do(self, today: Iterable[ev.Event], kinds: Sequence[str]) -> None:
        """Apply the day's events of these kinds, kind by kind."""
        for kind in kinds:
            same = [event for event in today if event.kind == kind]
            if same and self.closed and kind not in AFTER_SETTLEMENT:
                raise InputError(
                    f"{kind} after the loan was settled", where=f"event {same[0].number}"
                )
            for event in sorted(same, key=ev.content):
                HANDLERS[kind](self, event)
                if self.journal is not None:
                    self.note(kind)

    def follow_principal(self) -> Interest:
        """Let interest follow the principal really outstanding from now on."""
        if self.interest is None:
            drawn = [(self.loan.disbursed_on.toordinal(), self.drawn)]
            self.interest = Interest(self.product, self.loan.rate, drawn)
            self.interest.fixed = self.interest.fixed or self.closed
            if self.product.kind == "equal_instalment":
                for row in self.plan:
                    if row.due_on > row.from_on:
                        row.steady = row.due[INTEREST] - row.extra + row.due[PRINCIPAL]
            self.reshaped = True
        return self.interest

    def all_rows(self) -> list[Row]:
        """Instalments and charges, by due date."""
        if not self.paid_charges and not self.due_charges and not self.charges:
            return self.plan
        rows = [*self.paid_charges, *self.due_charges, *self.charges, *self.plan]
        return sorted(rows, key=lambda row: (row.due_on, row.seq))

    def has_charges(self) -> bool:
        """Is anything charged that columns do not know?"""
        return bool(self.charges) or any(row.due[PENALTY] for row in self.due_charges)

    def covered(self) -> int:
        """Principal paid, or let go of."""
        return sum(row.paid[PRINCIPAL] + row.let_go for row in self.plan)

    def refresh(self) -> None:
        """Work out the interest of all instalments again, seen today."""
        assert self.interest is not None
        self.interest.refresh(self.plan, self.at)
        self.principal_moved()

    def replan(self) -> None:
        """The plan was changed: find the places again."""
        self.plan.sort(key=lambda row: (row.due_on, row.seq))
        self.next = sum(1 for row in self.plan if row.due_on <= self.at)
        self.first = 0
        self.reshaped = True
        self.settled = False
        self.principal_moved()

    def principal(self) -> int:
        """Principal outstanding, due or not."""
        return sum(row.due[PRINCIPAL] - row.paid[PRINCIPAL] for row in self.plan[self.first :])

    def note(self, why: str) -> None:
        """Tell the journal, if one is kept."""
        if self.journal is not None:
            self.journal(self, why)
