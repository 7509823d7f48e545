"""What may be claimed under the ceiling: the replay says what the stepwise formulas say."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.loan.ceiling import claimable, room, signed_cost
from forbear.loan.claims import Claims
from forbear.loan.position import Loan
from forbear.loan.schedule import Instalment
from forbear.loan.stepwise import accrue

BEGUN = date(2026, 1, 1)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1_000, 5_000_000),
    st.sampled_from((120_000_000, 240_000_000, 360_000_000)),
    st.integers(0, 50_000),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30_000)), min_size=1, max_size=8),
)
def test_day_after_day_the_replay_claims_what_the_stepwise_formulas_allow(
    principal, rate, fees, steps
):
    plan = (Instalment(1, BEGUN, date(2026, 2, 1), principal, 900, 50),)
    loan = Loan(
        disbursed_on=BEGUN, principal=principal, rate=0, instalments=plan, signing_fees=fees,
        ceiling_rate=rate,
    )  # fmt: skip
    claims = Claims(loan, 365)
    allowed = carry = claimed = 0
    day = BEGUN.toordinal()
    for days, wanted in steps:
        day += days
        more, carry = accrue(principal, rate, days, carry, 365)
        allowed += more
        claims.allow(principal, days)
        claims.signed_until(day)
        past = 950 if day >= date(2026, 2, 1).toordinal() else 0
        elapsed = min(day - BEGUN.toordinal(), 31)
        cost = signed_cost(past, 0 if past else 950, elapsed, 31, fees, elapsed, 31)
        assert claims.signed_cost(day) == cost
        expected = claimable(wanted, room(allowed, cost, claimed))
        assert claims.claim_charge(wanted, day) == expected
        claimed += expected
        assert (claims.room, claims.carry, claims.claimed) == (allowed, carry, claimed)
