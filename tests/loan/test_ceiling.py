"""The price ceiling: refused at signing, and day by day what may be claimed beyond the schedule."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.errors import InputError, ProductError, RangeError
from forbear.loan.ceiling import (
    Ceiling,
    ceiling_on,
    ceilings_from,
    check_signing,
    claimable,
    room,
    signed_cost,
)
from forbear.loan.product import shipped
from forbear.loan.schedule import schedule
from forbear.loan.stepwise import accrue
from forbear.money import AMOUNT_MAX

EXAMPLES = settings(max_examples=500 if os.environ.get("FORBEAR_SOAK") else 40, deadline=None)
SIGNED = date(2026, 1, 15)
LEVEL = shipped("equal_instalment")
AT_24 = Ceiling("licensed", date(2017, 8, 4), None, 240_000_000)


@EXAMPLES
@given(st.integers(100_00, 10**9), st.integers(1, 36))
def test_a_loan_at_exactly_the_ceiling_is_signed_whatever_rounding_does(principal, count):
    plan = schedule(LEVEL, principal, 240_000_000, SIGNED, count)
    assert check_signing(LEVEL, principal, SIGNED, plan, AT_24) == pytest.approx(
        240_000_000, abs=12 * 10**9 * count // principal + 1
    )


@pytest.mark.parametrize(
    ("rate", "fees", "accepted"),
    [
        (240_000_000, 0, True),
        (241_000_000, 0, False),
        (
            236_000_000,
            10_00,
            True,
        ),  # 0.1% kept back on a year of instalments costs about 0.2% a year
        (236_000_000, 50_00, False),
    ],
)
def test_fees_count_and_a_hair_above_the_ceiling_is_refused(rate, fees, accepted):
    plan = schedule(LEVEL, 10_000_00, rate, SIGNED, 12)
    if accepted:
        assert check_signing(LEVEL, 10_000_00, SIGNED, plan, AT_24, signing_fees=fees) > 0
    else:
        with pytest.raises(ProductError, match=r"above the ceiling of 24\.00%"):
            check_signing(LEVEL, 10_000_00, SIGNED, plan, AT_24, signing_fees=fees)


def test_the_same_loan_may_pass_nominal_and_fail_effective():
    plan = schedule(LEVEL, 10_000_00, 230_000_000, SIGNED, 12)
    assert check_signing(LEVEL, 10_000_00, SIGNED, plan, AT_24) < 240_000_000
    with pytest.raises(ProductError, match="effective"):
        check_signing(LEVEL, 10_000_00, SIGNED, plan, replace(AT_24, annualisation="effective"))
    assert check_signing(LEVEL, 10_000_00, SIGNED, plan, None) > 0


def test_the_table_is_dated_and_lines_may_not_overlap():
    table = ceilings_from(
        [
            {
                "ceiling_class": "micro",
                "from_on": "2025-12-01",
                "until_on": "2027-12-31",
                "rate": 24,
            },
            {"ceiling_class": "micro", "from_on": "2028-01-01", "rate": 12, "source": "4 × LPR"},
        ]
    )
    for day, rate in [("2025-12-01", 24), ("2027-12-31", 24), ("2028-01-01", 12)]:
        assert ceiling_on(table, "micro", date.fromisoformat(day)).rate == rate
    assert ceiling_on(table, "micro", date(2025, 11, 30)) is None
    assert ceiling_on(table, "licensed", date(2026, 1, 1)) is None
    line = {"ceiling_class": "micro", "from_on": "2026-01-01", "rate": 1}
    with pytest.raises(InputError, match="in force"):
        ceilings_from([line, {**line, "from_on": "2026-02-01"}])
    for wrong in (
        {"rates": 1},
        {"rate": 0},
        {"annualisation": "monthly"},
        {"from_on": "2026-2-31"},
    ):
        with pytest.raises(InputError):
            ceilings_from([{**line, **wrong}])


def test_penalty_at_150_percent_of_20_percent_is_cut_where_the_whole_reaches_24():
    """10,000 yuan interest-first at 20%, first interest paid on time, then nothing.

    Penalty only bears on principal overdue, after the last due date: 30% a year on 10,000 is 8.21 a
    day, of which the ceiling leaves 6.57 a day, and what the schedule left unused until then (24%
    less 20% of the time before) is used up first.
    """
    principal, days = 10_000_00, 365
    allowed, carry = accrue(principal, 240_000_000, days, 0, 365)
    signed = signed_cost(2_000_00, 0, 0, 30, 0, 365, 365)
    assert (allowed, carry, room(allowed, signed, 0)) == (2_400_00, 0, 400_00)
    claimed = refused = 0
    for day in range(1, 400):
        posted = 8_21 + (day % 5 == 0)  # floor of the exact stream, near enough for the story
        more, carry = accrue(principal, 240_000_000, 1, carry, 365)
        allowed += more
        part = claimable(posted, room(allowed, signed, claimed))
        claimed, refused = claimed + part, refused + posted - part
        assert signed + claimed <= allowed
    assert claimed == allowed - signed
    assert refused > 0


def test_signing_fees_are_spread_over_the_term_and_no_longer():
    spread = [signed_cost(0, 0, 0, 1, 3_650, day, 365) for day in (0, 1, 100, 365, 1000)]
    assert spread == [0, 10, 1_000, 3_650, 3_650]


amounts = st.integers(0, AMOUNT_MAX)
spans = st.integers(0, 14_000)


@EXAMPLES
@given(
    st.lists(
        st.tuples(amounts, amounts, spans, spans, amounts, spans, spans), min_size=1, max_size=20
    ),
    amounts,
    amounts,
)
def test_by_expression_and_by_int_the_ceiling_is_the_same(rows, allowed, claimed):
    names = ["past", "running", "elapsed", "period_days", "fees", "since", "term_days"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    signed = signed_cost(*(pl.col(name) for name in names))
    left = room(pl.lit(allowed), signed, claimed)
    got = frame.select(signed=signed, left=left, part=claimable(pl.lit(7), left)).rows()
    for row, (by_column, left_by_column, part) in zip(rows, got, strict=True):
        assert by_column == signed_cost(*row)
        assert left_by_column == room(allowed, signed_cost(*row), claimed)
        assert part == claimable(7, left_by_column)
        assert row[0] <= by_column <= row[0] + row[1] + row[4]


def test_outside_the_ranges_the_cost_as_signed_is_refused():
    with pytest.raises(RangeError):
        signed_cost(0, AMOUNT_MAX + 1, 1, 30, 0, 0, 365)
    row = pl.DataFrame({"past": [0, 0], "running": [AMOUNT_MAX + 1, 300]})
    got = row.select(signed_cost(pl.col("past"), pl.col("running"), 1, 30, 0, 0, 365))
    assert got.to_series().to_list() == [None, 10]
    array = signed_cost(np.array([0, 5]), np.array([300, 600]), 1, 30, 0, 0, 365)
    assert array.tolist() == [10, 25]
