"""One formula, three kinds: an int, a Polars expression and a NumPy array give the same, or refuse."""

from __future__ import annotations

import os
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.errors import RangeError
from forbear.loan.stepwise import (
    ARRAY_PRODUCT_MAX,
    BUCKETS,
    NUMERATOR_MAX,
    TOTAL_MAX,
    accrue,
    allocate,
    bucket,
    days_past_due,
    round_div,
    round_exact,
)
from forbear.money import AMOUNT_MAX, RATE_MAX, RATE_ONE, SPAN_DAYS_MAX

EXAMPLES = settings(max_examples=1000 if os.environ.get("FORBEAR_SOAK") else 40, deadline=None)
RULES = ("half_even", "half_up", "floor", "ceiling")


def edges(high: int, low: int = 0) -> st.SearchStrategy[int]:
    """Whole numbers of a range, its ends more often than chance would."""
    return st.one_of(st.integers(low, high), st.sampled_from([low, high, high - 1]))


accruals = st.lists(
    st.tuples(
        edges(AMOUNT_MAX),
        edges(RATE_MAX),
        edges(SPAN_DAYS_MAX),
        edges(RATE_ONE * 360 - 1),
        st.sampled_from([360, 365, 366]),
    ),
    min_size=1,
    max_size=20,
)


@EXAMPLES
@given(accruals)
def test_accrual_by_expression_equals_accrual_by_int_over_the_whole_declared_range(rows):
    frame = pl.DataFrame(rows, schema=["base", "rate", "days", "carry", "basis"], orient="row")
    posted, carry = accrue(*(pl.col(name) for name in frame.columns))
    got = frame.select(posted=posted, carry=carry).rows()
    assert got == [accrue(*row) for row in rows]


@EXAMPLES
@given(
    st.lists(st.tuples(edges(10**8), edges(RATE_ONE), edges(30)), min_size=1, max_size=20),
    st.integers(0, RATE_ONE * 360 - 1),
)
def test_accrual_by_array_equals_accrual_by_int_where_products_fit_64_bits(rows, carry):
    base, rate, days = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    posted, left = accrue(base, rate, days, carry, 365)
    got = list(zip(posted.tolist(), left.tolist(), strict=True))
    assert got == [accrue(*row, carry, 365) for row in rows]


@EXAMPLES
@given(edges(AMOUNT_MAX), edges(RATE_MAX), st.lists(st.integers(0, 400), max_size=30), edges(10**9))
def test_however_a_span_is_cut_the_same_is_posted(base, rate, cuts, carry):
    whole = accrue(base, rate, sum(cuts), carry, 365)
    posted = 0
    for days in cuts:
        more, carry = accrue(base, rate, days, carry, 365)
        posted += more
    assert (posted, carry) == whole


@EXAMPLES
@given(
    st.lists(
        st.tuples(edges(NUMERATOR_MAX, -NUMERATOR_MAX), edges(NUMERATOR_MAX, 1)),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from(RULES),
)
def test_rounding_by_expression_equals_rounding_by_int(rows, rule):
    frame = pl.DataFrame(
        {"n": [n for n, _ in rows], "d": [d for _, d in rows]},
        schema={"n": pl.Int128, "d": pl.Int128},
    )
    got = frame.select(round_div(pl.col("n"), pl.col("d"), rule)).to_series().to_list()
    assert got == [round_div(n, d, rule) for n, d in rows]


@EXAMPLES
@given(
    st.lists(
        st.tuples(edges(ARRAY_PRODUCT_MAX, -ARRAY_PRODUCT_MAX), edges(ARRAY_PRODUCT_MAX, 1)),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from(RULES),
)
def test_rounding_by_array_equals_rounding_by_int(rows, rule):
    n, d = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    assert round_div(n, d, rule).tolist() == [round_div(*row, rule) for row in rows]


@EXAMPLES
@given(st.integers(-(10**30), 10**30), st.integers(1, 10**20))
def test_rounding_agrees_with_exact_fractions(n, d):
    exact = Fraction(n, d)
    assert round_exact(n, d, "half_even") == round(exact)
    assert round_exact(n, d, "floor") == exact // 1
    assert round_exact(n, d, "ceiling") == -(-exact // 1)
    away = round_exact(abs(n), d, "half_up") * (1 if n >= 0 else -1)
    assert round_exact(n, d, "half_up") == away
    assert abs(away - exact) <= Fraction(1, 2)


@EXAMPLES
@given(
    st.integers(0, TOTAL_MAX // 2),
    st.lists(st.integers(0, 10**15), min_size=1, max_size=12),
)
def test_a_waterfall_of_running_totals_gives_out_everything_and_to_none_too_much(paid, owed):
    before = [sum(owed[:k]) for k in range(len(owed))]
    shares = [allocate(paid, b, amount) for b, amount in zip(before, owed, strict=True)]
    assert sum(shares) == min(paid, sum(owed))
    assert all(0 <= share <= amount for share, amount in zip(shares, owed, strict=True))
    served = [share == amount for share, amount in zip(shares, owed, strict=True)]
    assert all(not any(shares[k + 1 :]) for k, full in enumerate(served) if not full)
    frame = pl.DataFrame({"before": before, "owed": owed}).with_columns(paid=pl.lit(paid))
    columns = frame.select(allocate(pl.col("paid"), pl.col("before"), pl.col("owed"))).to_series()
    assert columns.to_list() == shares
    array = allocate(np.full(len(owed), paid), np.array(before), np.array(owed))
    assert array.tolist() == shares


@EXAMPLES
@given(
    st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    st.lists(st.none() | st.integers(-100, 9000), min_size=1),
)
def test_days_past_due_and_bucket_are_the_same_three_ways(as_of, offsets):
    since = [None if days is None else as_of - timedelta(days=days) for days in offsets]
    expected = [max(days or 0, 0) for days in offsets]
    frame = pl.DataFrame({"since": since}, schema={"since": pl.Date})
    days = days_past_due(as_of, pl.col("since"))
    by_columns = frame.select(days=days, bucket=bucket(days))
    assert [days_past_due(as_of, each) for each in since] == expected
    assert by_columns["days"].to_list() == expected
    assert days_past_due(as_of, np.array(since, "datetime64[D]")).tolist() == expected
    buckets = [bucket(each) for each in expected]
    assert by_columns["bucket"].to_list() == buckets
    assert bucket(np.array(expected)).tolist() == buckets
    assert set(buckets) <= set(BUCKETS)


@pytest.mark.parametrize(
    ("base", "rate", "days", "carry", "basis"),
    [
        (AMOUNT_MAX + 1, 1, 1, 0, 365),
        (-1, 1, 1, 0, 365),
        (1, RATE_MAX + 1, 1, 0, 365),
        (1, 1, SPAN_DAYS_MAX + 1, 0, 365),
        (1, 1, -1, 0, 365),
        (1, 1, 1, -1, 365),
        (1, 1, 1, 0, 367),
        (9 * 10**18, 9 * 10**18, 9 * 10**18, 0, 365),
    ],
)
def test_outside_the_range_an_int_raises_and_a_row_becomes_null(base, rate, days, carry, basis):
    with pytest.raises(RangeError):
        accrue(base, rate, days, carry, basis)
    row = pl.DataFrame({"b": [base], "r": [rate], "d": [days], "c": [carry], "y": [basis]})
    posted, left = accrue(*(pl.col(name) for name in row.columns))
    assert row.select(p=posted, c=left).rows() == [(None, None)]
    with pytest.raises(RangeError):
        accrue(*(np.array([each]) for each in (base, rate, days, carry, basis)))


def test_an_array_refuses_a_product_that_would_wrap_though_each_factor_is_allowed():
    base = np.array([AMOUNT_MAX])
    with pytest.raises(RangeError, match="64-bit"):
        accrue(base, RATE_MAX, SPAN_DAYS_MAX, 0, 365)
    assert accrue(AMOUNT_MAX, RATE_MAX, SPAN_DAYS_MAX, 0, 365)[0] == 401_095_890_410_958


def test_division_by_zero_is_refused_and_not_infinite():
    with pytest.raises(RangeError):
        round_div(1, 0, "floor")
    frame = pl.DataFrame({"n": [1, 6], "d": [0, 4]})
    got = frame.select(round_div(pl.col("n"), pl.col("d"), "half_even")).to_series().to_list()
    assert got == [None, 2]


def test_a_narrow_column_as_the_tables_have_it_does_not_wrap():
    """``day_basis`` is a column of 16 bits; times a billion it needs far more."""
    frame = pl.DataFrame({"basis": pl.Series([365], dtype=pl.Int16), "base": [1_000_000]})
    posted, carry = accrue(pl.col("base"), 180_000_000, 1, 0, pl.col("basis"))
    assert frame.select(posted.alias("posted"), carry.alias("carry")).row(0) == accrue(
        1_000_000, 180_000_000, 1, 0, 365
    )
