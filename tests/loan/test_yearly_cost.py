"""What a loan costs a year: against a library nobody here wrote, and against figures of regulators."""

from __future__ import annotations

import os
from datetime import date, timedelta
from fractions import Fraction

import pytest
import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.errors import InputError
from forbear.loan.due_dates import add_months
from forbear.loan.product import Fee, Frequency, Name, shipped
from forbear.loan.schedule import schedule
from forbear.loan.yearly_cost import (
    HALF_MONTH,
    Flow,
    Timed,
    all_in_cost,
    daily_rate,
    effective_annual,
    nominal_annual,
    unit_periods,
    us_actuarial,
)
from forbear.money import RATE_ONE

EXAMPLES = settings(max_examples=500 if os.environ.get("FORBEAR_SOAK") else 60, deadline=None)
LENT_ON = date(2024, 1, 1)


def worth(flows: list[Flow], rate: int) -> Fraction:
    """What the flows are worth at this effective rate, with a float only to judge the sign."""
    start = flows[0].on
    base = 1 + rate / RATE_ONE
    return sum(flow.amount * base ** (-(flow.on - start).days / 365) for flow in flows)


@EXAMPLES
@given(
    st.integers(10_000, 10**9),
    st.lists(st.tuples(st.integers(1, 60), st.integers(100, 3000)), min_size=1, max_size=24),
)
def test_the_effective_rate_agrees_with_another_implementation(lent, gaps):
    flows, day = [Flow(LENT_ON, lent)], LENT_ON
    whole = sum(share for _, share in gaps)
    for days, share in gaps:
        day += timedelta(days)
        flows.append(Flow(day, -(lent * share // whole) - lent // 50))
    ours = effective_annual(flows)
    theirs = pyxirr.xirr([flow.on for flow in flows], [flow.amount for flow in flows])
    if theirs is not None and theirs < 1000:
        assert ours / RATE_ONE == pytest.approx(theirs, rel=1e-6, abs=2e-9)
    # whatever the size, one part per million either way brackets the answer
    step = max(ours // 10**6, 10)
    assert worth(flows, ours - step) < 0 < worth(flows, ours + step)


@EXAMPLES
@given(st.integers(10_000, 10**9), st.integers(2, 60), st.integers(-300, 3000))
def test_the_rate_per_period_agrees_with_another_implementation(lent, count, extra):
    each = lent * (1000 * count + extra) // (1000 * count * count)
    timed = [Timed(0, Fraction(0), lent)] + [
        Timed(k, Fraction(0), -each) for k in range(1, count + 1)
    ]
    ours = nominal_annual(timed, Frequency(1, "months"))
    theirs = pyxirr.irr([-lent, *[each] * count])
    assert ours / RATE_ONE == pytest.approx(12 * theirs, rel=1e-7, abs=2e-8)


@EXAMPLES
@given(
    st.integers(10_000_00, 10**9),
    st.integers(10_000_000, 360_000_000),
    st.integers(1, 36),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
def test_a_loan_without_fees_costs_its_contract_rate(principal, rate, count, on):
    plan = schedule(shipped("equal_instalment"), principal, rate, on, count)
    cost = all_in_cost(shipped("equal_instalment"), principal, on, plan)
    # instalments are whole fen: each may be half a fen off
    assert abs(cost - rate) <= 12 * RATE_ONE * count // principal + 1


def test_regulation_z_examples_of_appendix_j():
    # (c)(1)(iii): 5,000 lent 23 February, 24 half-monthly payments of 219.17 from 1 March: 10.34%
    days = [add_months(date(1978, 3, 1 + 15 * (k % 2)), k // 2) for k in range(24)]
    flows = [Flow(date(1978, 2, 23), 5_000_00), *(Flow(day, -219_17) for day in days)]
    assert round(us_actuarial(flows, HALF_MONTH) / 10**7, 2) == 10.34
    # (c)(1)(iv): 10,000 lent 23 May, 40 quarterly payments of 385 from 1 October: 8.97%
    days = [add_months(date(1978, 10, 1), 3 * k) for k in range(40)]
    flows = [Flow(date(1978, 5, 23), 10_000_00), *(Flow(day, -385_00) for day in days)]
    assert round(us_actuarial(flows, Frequency(3, "months")) / 10**7, 2) == 8.97


def test_months_are_equal_when_the_day_is_the_last_of_a_short_one():
    assert unit_periods(date(2026, 1, 31), date(2026, 2, 28), Frequency()) == (1, 0)
    assert unit_periods(date(2026, 1, 30), date(2026, 3, 1), Frequency()) == (1, Fraction(2, 30))


def test_a_loan_that_pays_the_borrower_costs_less_than_nothing():
    assert effective_annual([Flow(LENT_ON, 100), Flow(date(2024, 12, 31), -90)]) == -100_000_000
    assert effective_annual([Flow(LENT_ON, 100), Flow(date(2024, 12, 31), -100)]) == 0


def test_signing_fees_raise_the_cost_and_a_flat_fee_nearly_doubles_it():
    flat = shipped("flat_fee")
    plan = schedule(flat, 12_000_00, 80_000_000, LENT_ON, 12)
    cost = all_in_cost(flat, 12_000_00, LENT_ON, plan)
    assert 144_000_000 < cost < 145_000_000
    assert all_in_cost(flat, 12_000_00, LENT_ON, plan, signing_fees=120_00) > cost + 10_000_000
    assert all_in_cost(flat, 12_000_00, LENT_ON, plan, annualisation="effective") > cost
    fee = Fee(Name("手续费", "handling"), "signing", share=10_000)
    assert fee.share * 12_000_00 // 10**6 == 120_00


def test_a_daily_rate_compounds_to_the_effective_rate_and_not_above_it():
    simple = daily_rate(240_000_000)
    grown = (1 + Fraction(simple, RATE_ONE * 365)) ** 365
    assert grown <= Fraction(124, 100) < (1 + Fraction(simple + 1, RATE_ONE * 365)) ** 365


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [Flow(LENT_ON, 100)],
        [Flow(LENT_ON, -100), Flow(date(2024, 2, 1), 110)],
        [Flow(LENT_ON, 0), Flow(date(2024, 2, 1), -110)],
        [Flow(LENT_ON, 100), Flow(LENT_ON, -110)],
    ],
)
def test_money_that_flows_only_one_way_has_no_yearly_cost(flows):
    with pytest.raises(InputError):
        effective_annual(flows)
