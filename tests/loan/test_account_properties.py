"""What must hold of every loan, whatever happened to it."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from forbear.errors import InputError
from forbear.loan import events as ev
from forbear.loan.account import Account, position
from forbear.loan.explain import explain, postings
from forbear.loan.payoff import payoff
from forbear.loan.position import Loan, Position
from forbear.loan.product import Product, shipped
from forbear.loan.schedule import schedule
from forbear.loan.standing import describe
from tests.loan.any_loan import RECORDED, START, happenings, loans, products

MANY = 2_000 if os.environ.get("FORBEAR_SOAK") else 30
often = settings(
    max_examples=MANY,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@st.composite
def stories(draw: st.DrawFn) -> tuple[Product, Loan, list[ev.Event], date]:
    product = draw(products())
    loan = draw(loans(product))
    events = draw(happenings(loan))
    last = (loan.instalments[-1].due_on - START).days
    return product, loan, events, START + timedelta(days=draw(st.integers(0, last + 60)))


def seen(product: Product, loan: Loan, events: list[ev.Event], as_of: date) -> Position:
    """The position; a history that cannot be is not the point here."""
    try:
        return position(product, loan, events, as_of)
    except InputError:
        assume(False)
        raise


@often
@given(stories())
def test_principal_is_never_made_or_lost(story):
    product, loan, events, as_of = story
    now = seen(product, loan, events, as_of)
    account = Account(product, loan)
    account.run(ev.in_force(events, as_of), as_of)
    assert sum(row.principal for row in now.instalments) + account.waived_principal == account.drawn
    paid = sum(row.paid_principal for row in now.instalments)
    assert (
        now.principal_due + now.principal_not_due + paid == account.drawn - account.waived_principal
    )


@often
@given(stories())
def test_nothing_is_paid_beyond_what_is_due_and_every_payment_is_somewhere(story):
    product, loan, events, as_of = story
    now = seen(product, loan, events, as_of)
    for row in now.instalments:
        assert 0 <= row.paid_principal <= row.principal
        assert 0 <= row.paid_interest <= row.interest
        assert 0 <= row.paid_fee <= row.fee
        assert 0 <= row.paid_penalty <= row.penalty
    assert min(now.paid_in_advance, now.overpaid, now.penalty_due, now.not_claimable) >= 0
    assert all(item.amount > 0 for item in now.open_items)


@often
@given(stories())
def test_postings_of_every_step_sum_to_zero(story):
    product, loan, events, as_of = story
    now = seen(product, loan, events, as_of)
    steps = defaultdict(int)
    accounts = defaultdict(int)
    for each in postings(product, loan, events, as_of):
        steps[each.step, each.why] += each.amount
        accounts[each.account] += each.amount
    assert {step: total for step, total in steps.items() if total} == {}
    for name in ("principal_due", "principal_not_due", "interest_due", "fee_due", "penalty_due"):
        assert accounts[name] == getattr(now, name)


@often
@given(stories(), st.randoms(use_true_random=False))
def test_any_order_of_recording_the_same_dated_events_gives_the_same_position(story, chance):
    product, loan, events, as_of = story
    now = seen(product, loan, events, as_of)
    other = list(events)
    chance.shuffle(other)
    other = [replace(event, number=n) for n, event in enumerate(other, 1)]
    assert position(product, loan, other, as_of) == now


@often
@given(stories(), st.integers(0, 5))
def test_reversed_is_as_if_it_had_never_happened(story, which):
    product, loan, events, as_of = story
    assume(events)
    gone = events[which % len(events)]
    without = [event for event in events if event is not gone]
    expected = seen(product, loan, without, as_of)
    undone = ev.Reversed(
        number=99, effective_on=as_of, recorded_at=RECORDED + timedelta(days=1), names=gone.number
    )
    assert position(product, loan, [*events, undone], as_of) == expected


@often
@given(stories())
def test_day_by_day_is_the_same_as_at_once(story):
    class Slowly(Account):
        def _next_change(self, day):
            return self.at + 1

    product, loan, events, as_of = story
    now = seen(product, loan, events, as_of)
    slow = Slowly(product, loan)
    slow.run(ev.in_force(events, as_of), as_of)
    assert describe(slow).as_row() == now.as_row()
    assert describe(slow).open_items == now.open_items


@often
@given(stories())
def test_what_is_quoted_pays_the_loan_off_where_interest_follows_the_days(story):
    product, loan, events, as_of = story
    product = replace(
        product,
        early_payment="pay_ahead",
        recalculation=replace(product.recalculation, overdue="daily", early_interest="to_day"),
        waterfall=replace(
            product.waterfall, components=("fee", "penalty", "interest", "principal")
        ),
    )
    events = [e for e in events if e.kind in ("repaid", "charge", "waiver", "interest_pause")]
    events = [e for e in events if getattr(e, "due_on", as_of) <= as_of or e.effective_on > as_of]
    assume(product.kind != "flat_fee")
    seen(product, loan, events, as_of)
    quote = payoff(product, loan, events, as_of)
    assert quote.total >= 0
    paid = ev.Repaid(number=98, effective_on=as_of, recorded_at=RECORDED, amount=quote.total)
    after = position(product, loan, [*events, paid], as_of)
    assert after.due == 0
    assert after.principal_not_due == 0
    assert after.overpaid == position(product, loan, events, as_of).overpaid


@often
@given(stories())
def test_every_figure_explains_itself(story):
    product, loan, events, as_of = story
    now = seen(product, loan, events, as_of)
    for figure in ("principal_due", "penalty_due", "paid_in_advance", "days_past_due"):
        lines = explain(product, loan, events, as_of, figure)
        assert sum(line.change for line in lines) == getattr(now, figure)
        value = 0
        for line in lines:
            value += line.change
            assert value == line.value


def test_a_figure_that_is_none_is_refused():
    terms = shipped("single")
    plan = schedule(terms, 100_000, 0, START, 1)
    loan = Loan(disbursed_on=START, principal=100_000, rate=0, instalments=plan)
    with pytest.raises(InputError, match="is not a figure"):
        explain(terms, loan, [], START, "as_row")
