"""Loans, products and histories of any shape, for properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from forbear.loan import events as ev
from forbear.loan.position import Loan
from forbear.loan.product import (
    Frequency,
    Name,
    Penalty,
    Product,
    Recalculation,
    Waterfall,
)
from forbear.loan.schedule import schedule

START = date(2025, 1, 15)
RECORDED = datetime(2025, 1, 1, tzinfo=UTC)
KINDS = ("equal_instalment", "equal_principal", "interest_first", "single", "flat_fee", "revolving")


@st.composite
def products(draw: st.DrawFn, *, columns: bool = False) -> Product:
    """A product; with ``columns`` one that columns can carry by themselves."""
    follows = not columns and draw(st.booleans())
    order = draw(st.permutations(("penalty", "fee", "interest", "principal")).map(tuple))
    return Product(
        id="any",
        name=Name("任意", "any"),
        kind=draw(st.sampled_from(KINDS)),
        every=draw(st.sampled_from((Frequency(), Frequency(2, "weeks"), Frequency(10, "days")))),
        day_count=draw(st.sampled_from(("30/360", "actual/365", "actual/actual"))),
        day_basis=draw(st.sampled_from((360, 365))),
        penalty=Penalty(
            multiple=draw(st.sampled_from((0, 1_000_000, 1_500_000))),
            grace_days=draw(st.sampled_from((0, 0, 3))),
            on=draw(st.sampled_from(("principal", "principal_and_interest"))),
        ),
        waterfall=Waterfall(
            components=order,
            direction=draw(st.sampled_from(("horizontal", "vertical"))),
            in_advance_to=draw(
                st.sampled_from(("next_instalment", "last_instalment", "all_equally"))
            ),
        ),
        early_payment="hold"
        if columns
        else draw(st.sampled_from(("hold", "pay_ahead", "reduce_principal"))),
        recalculation=Recalculation(
            overdue=draw(st.sampled_from(("daily", "at_period_end"))) if follows else "none",
            early=draw(st.sampled_from(("next_instalment", "last_instalment", "lower_instalment"))),
            early_interest=draw(st.sampled_from(("to_day", "to_period_end"))),
            rounded=draw(st.sampled_from(("once", "each_part"))),
        ),
    )


@st.composite
def loans(draw: st.DrawFn, product: Product) -> Loan:
    """A loan on this product, with or without a ceiling."""
    principal = draw(st.integers(100, 3_000_000))
    rate = draw(st.sampled_from((0, 70_000_000, 180_000_000, 360_000_000)))
    count = 1 if product.kind == "single" else draw(st.integers(1, 6))
    plan = schedule(product, principal, rate, START, count)
    return Loan(
        loan=7,
        disbursed_on=START,
        principal=principal,
        rate=rate,
        instalments=plan,
        signing_fees=draw(st.sampled_from((0, 1_000))),
        ceiling_rate=draw(st.sampled_from((0, 180_000_000, 240_000_000))),
    )


def payment(number: int, day: int, amount: int) -> ev.Event:
    """A payment ``day`` days after the money went out."""
    on = START + timedelta(days=day)
    return ev.Repaid(number=number, effective_on=on, recorded_at=RECORDED, amount=amount)


@st.composite
def happenings(draw: st.DrawFn, loan: Loan, *, most: int = 6) -> list[ev.Event]:
    """Some events of any kind that could be true of this loan."""
    last = (loan.instalments[-1].due_on - START).days
    events: list[ev.Event] = []
    for number in range(1, draw(st.integers(0, most)) + 1):
        day = START + timedelta(days=draw(st.integers(1, last + 40)))
        kind = draw(st.sampled_from(tuple(MAKE) + ("repaid",) * 6))
        amount = draw(st.integers(1, max(loan.principal // 2, 2)))
        base: dict[str, Any] = {"number": number, "effective_on": day, "recorded_at": RECORDED}
        events.append(draw(MAKE[kind](base, amount, day)))
    return events


def _fixed(cls: type[ev.Event], **more: Any) -> Any:
    def make(base: dict[str, Any], amount: int, day: date) -> Any:
        return st.just(cls(**base, amount=amount, **more))

    return make


def _no_amount(cls: type[ev.Event], **strategies: Any) -> Any:
    def make(base: dict[str, Any], amount: int, day: date) -> Any:
        drawn = {name: each(day) if callable(each) else each for name, each in strategies.items()}
        return st.builds(cls, **{k: st.just(v) for k, v in base.items()}, **drawn)

    return make


def _later(low: int, high: int) -> Any:
    return lambda day: st.integers(low, high).map(lambda n: day + timedelta(days=n))


MAKE: dict[str, Any] = {
    "repaid": _fixed(ev.Repaid),
    "recovery": _fixed(ev.Recovery),
    "disbursed": _fixed(ev.Disbursed),
    "settlement": _fixed(ev.Settlement),
    "waiver": _fixed(ev.Waiver),
    "waiver_of_all": _fixed(ev.Waiver, components=("penalty", "fee", "interest", "principal")),
    "charge": _no_amount(
        ev.Charge,
        amount=st.integers(1, 5_000),
        component=st.sampled_from(("fee", "penalty")),
        due_on=_later(0, 40),
        with_instalment=st.booleans(),
    ),
    "rate_change": _no_amount(
        ev.RateChange, rate=st.sampled_from((0, 40_000_000, 200_000_000)), from_on=_later(0, 20)
    ),
    "interest_pause": _no_amount(ev.InterestPause, from_on=_later(0, 5), until_on=_later(5, 30)),
    "extension": _no_amount(
        ev.Extension,
        days=st.sampled_from((0, 5, 30)),
        extra_instalments=st.integers(0, 2),
        interest_waits=st.integers(0, 1),
        principal_waits=st.integers(0, 1),
    ),
    "re_age": _no_amount(ev.ReAge, first_due_on=_later(1, 40), instalments=st.integers(1, 4)),
    "re_amortise": _no_amount(ev.ReAmortise),
    "charge_off": _no_amount(
        ev.ChargeOff, interest=st.sampled_from(("goes_on", "stops")), accelerate=st.booleans()
    ),
}
