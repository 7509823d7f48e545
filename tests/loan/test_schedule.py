"""What is due when: tables a person can check, and what must hold of every schedule."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forbear.errors import ProductError, RangeError
from forbear.loan.day_count import year_part
from forbear.loan.due_dates import add_months, due_dates
from forbear.loan.product import DueDay, Fee, Frequency, Name, shipped
from forbear.loan.schedule import Instalment, as_given, schedule
from forbear.money import AMOUNT_MAX, RATE_MAX

EXAMPLES = settings(max_examples=500 if os.environ.get("FORBEAR_SOAK") else 40, deadline=None)
LEVEL = shipped("equal_instalment")
SIGNED = date(2024, 1, 1)


def table(plan) -> str:
    """The schedule as `due principal interest fee`, one row a line."""
    return "\n".join(
        f"{row.due_on} {Decimal(row.principal) / 100:.2f} {Decimal(row.interest) / 100:.2f}"
        f" {Decimal(row.fee) / 100:.2f}"
        for row in plan
    )


def says(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def test_equal_instalments_of_a_thousand_at_twelve_percent():
    plan = schedule(LEVEL, 100_000, 120_000_000, SIGNED, 3)
    assert table(plan) == says("""
        2024-02-01 330.02 10.00 0.00
        2024-03-01 333.32 6.70 0.00
        2024-04-01 336.66 3.37 0.00
    """)


def test_equal_principal_falls_by_the_same_interest_every_month():
    plan = schedule(shipped("equal_principal"), 120_000_00, 60_000_000, SIGNED, 12)
    assert [row.total for row in plan[:2]] == [10_600_00, 10_550_00]
    assert plan[-1].total == 10_050_00
    assert sum(row.interest for row in plan) == 3_900_00


def test_interest_first_pays_actual_days_and_the_principal_at_the_end():
    plan = schedule(shipped("interest_first"), 10_000_00, 180_000_000, SIGNED, 3)
    assert table(plan) == says("""
        2024-02-01 0.00 155.00 0.00
        2024-03-01 0.00 145.00 0.00
        2024-04-01 10000.00 155.00 0.00
    """)


def test_a_single_repayment_is_one_instalment_after_all_its_periods():
    plan = schedule(shipped("single"), 10_000_00, 73_000_000, SIGNED, 6)
    assert table(plan) == "2024-07-01 10000.00 364.00 0.00"


def test_a_flat_fee_is_on_the_amount_first_lent_and_the_last_takes_the_rest():
    plan = schedule(shipped("flat_fee"), 1_000_00, 80_000_000, SIGNED, 3)
    assert table(plan) == says("""
        2024-02-01 333.33 0.00 6.67
        2024-03-01 333.33 0.00 6.67
        2024-04-01 333.34 0.00 6.66
    """)


def test_a_rate_that_changes_in_the_middle_of_a_period_counts_each_day_at_its_own_rate():
    # 7% to 14 February, 4% from the 15th: 83.57 × (7% × 13/29 + 4% × 16/29) / 12 = 0.37
    plan = schedule(
        LEVEL, 100_00, 70_000_000, SIGNED, 6, rate_changes=[(date(2024, 2, 15), 40_000_000)]
    )
    assert table(plan) == says("""
        2024-02-01 16.43 0.58 0.00
        2024-03-01 16.53 0.37 0.00
        2024-04-01 16.68 0.22 0.00
        2024-05-01 16.73 0.17 0.00
        2024-06-01 16.79 0.11 0.00
        2024-07-01 16.84 0.06 0.00
    """)


def test_a_second_draw_on_a_due_date_belongs_to_the_next_period_and_levels_anew():
    plan = schedule(LEVEL, 100_00, 94_822_000, SIGNED, 6, later_draws=[(date(2024, 3, 1), 100_00)])
    assert [row.total for row in plan] == [17_13, 17_13, 42_63, 42_63, 42_63, 42_61]
    assert sum(row.principal for row in plan) == 200_00


@pytest.mark.parametrize(
    ("day", "totals", "interest"),
    [
        (date(2024, 1, 8), [51_33] * 6, [2_01, 1_98, 1_59, 1_20, 80, 40]),
        (date(2024, 2, 15), [17_13] + [57_93] * 4 + [57_92], [79, 1_48, 1_80, 1_35, 90, 45]),
        (date(2024, 2, 25), [17_13] + [57_82] * 4 + [57_80], [79, 93, 1_79, 1_35, 90, 45]),
    ],
)
def test_a_second_draw_inside_a_period_levels_from_that_period_on(day, totals, interest):
    plan = schedule(LEVEL, 100_00, 94_822_000, SIGNED, 6, later_draws=[(day, 200_00)])
    assert [row.total for row in plan] == totals
    assert [row.interest for row in plan] == interest


def test_a_draw_in_the_middle_of_a_period_bears_interest_from_the_day_after_it():
    product = replace(shipped("interest_first"), day_count="actual/365")
    plan = schedule(
        product, 365_00, 100_000_000, SIGNED, 2, later_draws=[(date(2024, 1, 22), 365_00)]
    )
    # 31 days at 0.10 a day, then 10 more days at 0.10; a whole month of 29 days at 0.20
    assert [row.interest for row in plan] == [3_10 + 1_00, 5_80]


def test_a_short_first_period_under_30_360_counts_its_days_of_the_month_it_ends():
    plan = schedule(
        LEVEL, 100_000, 120_000_000, date(2024, 1, 11), 2, first_due_on=date(2024, 2, 1)
    )
    assert plan[0].interest == round(1000_00 * Fraction(1, 100) * Fraction(21, 31))
    assert plan[1].from_on == date(2024, 2, 1)


def test_grace_on_principal_then_interest_free_then_grace_on_interest():
    graced = replace(LEVEL, grace_principal_periods=1)
    assert table(schedule(graced, 100_000, 120_000_000, SIGNED, 3)) == says("""
        2024-02-01 0.00 10.00 0.00
        2024-03-01 497.51 10.00 0.00
        2024-04-01 502.49 5.02 0.00
    """)
    free = replace(LEVEL, interest_free_periods=1)
    assert schedule(free, 100_000, 120_000_000, SIGNED, 3)[0].interest == 0
    later = replace(LEVEL, grace_interest_periods=1)
    plan, usual = (schedule(terms, 100_000, 120_000_000, SIGNED, 3) for terms in (later, LEVEL))
    assert [row.interest for row in plan] == [0, usual[0].interest + usual[1].interest, 337]


def test_a_down_payment_is_the_first_instalment_and_bears_no_interest():
    bought = replace(LEVEL, down_payment=250_000)
    plan = schedule(bought, 100_00, 50_000_000, SIGNED, 5)
    assert (plan[0].due_on, plan[0].principal, plan[0].interest) == (SIGNED, 25_00, 0)
    assert [row.seq for row in plan] == [1, 2, 3, 4, 5, 6]
    assert sum(row.principal for row in plan[1:]) == 75_00


def test_fees_with_every_instalment_stand_apart_from_interest():
    fee = Fee(Name("服务费", "service fee"), "instalment", amount=5_00, share=1_000)
    plan = schedule(replace(LEVEL, fees=(fee,)), 1_000_00, 0, SIGNED, 2)
    assert [row.fee for row in plan] == [6_00, 6_00]


def test_the_thirty_first_is_not_lost_in_a_short_month():
    days = due_dates(date(2023, 10, 31), 6, every=Frequency())
    assert [day.isoformat() for day in days] == [
        "2023-11-30",
        "2023-12-31",
        "2024-01-31",
        "2024-02-29",
        "2024-03-31",
        "2024-04-30",
    ]
    overridden = due_dates(date(2026, 1, 31), 2, every=Frequency(), first_due_on=date(2026, 2, 28))
    assert overridden == (date(2026, 2, 28), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (DueDay("same_day"), "2022-11-17"),
        (DueDay("start_of_next_month"), "2022-11-01"),
        (DueDay("end_of_month"), "2022-10-31"),
        (DueDay("day_of_month", 20), "2022-10-20"),
        (DueDay("day_of_month", 20, least_days=10), "2022-11-20"),
        (DueDay("day_of_month", 17), "2022-11-17"),
    ],
)
def test_the_first_due_date_follows_the_rule_and_is_after_the_disbursement(rule, expected):
    assert due_dates(date(2022, 10, 17), 1, every=Frequency(), due_day=rule) == (
        date.fromisoformat(expected),
    )


def test_the_three_readings_of_actual_actual_differ_over_the_same_new_year():
    span = date(2023, 12, 12), date(2024, 3, 12)
    assert year_part("actual/actual", *span) == Fraction(19, 365) + Fraction(72, 366)
    assert year_part("actual/actual-period", *span) == Fraction(91, 365)
    assert year_part("actual/actual-feb29", *span) == Fraction(91, 366)
    before_leap_day = date(2024, 1, 12), date(2024, 2, 12)
    assert year_part("actual/actual-feb29", *before_leap_day) == Fraction(31, 365)


products = st.sampled_from(
    ["equal_instalment", "equal_principal", "interest_first", "single", "flat_fee", "revolving"]
).map(shipped)
day_counts = st.sampled_from(
    [
        "30/360",
        "actual/360",
        "actual/365",
        "actual/actual",
        "actual/actual-period",
        "actual/actual-feb29",
    ]
)
terms = st.builds(
    replace,
    products,
    day_count=day_counts,
    every=st.builds(Frequency, st.integers(1, 3), st.sampled_from(["months", "weeks", "days"])),
    rounding=st.sampled_from(["half_even", "half_up", "floor", "ceiling"]),
    instalment_multiple=st.sampled_from([1, 100, 1000]),
    levelling=st.booleans(),
    down_payment=st.sampled_from([0, 0, 200_000]),
    interest_free_periods=st.integers(0, 2),
)
days = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@EXAMPLES
@given(terms, st.integers(1, AMOUNT_MAX), st.integers(0, RATE_MAX // 20), days, st.integers(1, 36))
def test_parts_sum_to_the_whole_and_nothing_is_negative(product, principal, rate, on, count):
    plan = schedule(product, principal, rate, on, count)
    assert sum(row.principal for row in plan) == principal
    assert all(min(row.principal, row.interest, row.fee) >= 0 for row in plan)
    assert [row.seq for row in plan] == list(range(1, len(plan) + 1))
    assert all(two.from_on == one.due_on for one, two in pairwise(plan))
    assert plan[0].from_on == on
    assert as_given(plan, principal=principal) == plan


@EXAMPLES
@given(
    st.integers(10_000, 10**9),
    st.integers(0, 360_000_000),
    days,
    st.integers(2, 36),
    day_counts,
)
def test_only_the_last_level_instalment_may_differ_and_by_less_than_rounding_makes(
    principal, rate, on, count, day_count
):
    plan = schedule(replace(LEVEL, day_count=day_count), principal, rate, on, count)
    totals = {row.total for row in plan[:-1]}
    assert len(totals) == 1
    drift = abs(plan[-1].total - plan[0].total)
    assert drift <= count * (1 + Fraction(rate, 10**9)) ** 3 + 1


@EXAMPLES
@given(
    st.integers(10_000, 10**9),
    st.integers(0, 360_000_000),
    days,
    st.integers(2, 24),
    st.lists(st.tuples(st.integers(0, 700), st.integers(1, 10**8)), max_size=3),
    st.lists(st.tuples(st.integers(1, 700), st.integers(0, 360_000_000)), max_size=3),
)
def test_drawn_in_parts_at_changing_rates_the_principal_is_what_was_lent(
    principal, rate, on, count, draws, changes
):
    last = add_months(on, count)
    later = [(on + timedelta(n), amount) for n, amount in draws if on + timedelta(n) < last]
    rates = [(on + timedelta(n), changed) for n, changed in changes]
    assume(len({day for day, _ in rates}) == len(rates))
    plan = schedule(LEVEL, principal, rate, on, count, later_draws=later, rate_changes=rates)
    assert sum(row.principal for row in plan) == principal + sum(amount for _, amount in later)
    assert all(row.interest >= 0 for row in plan)


@EXAMPLES
@given(day_counts.filter(lambda name: name != "30/360"), days, st.lists(st.integers(1, 90)))
def test_the_parts_of_a_period_add_up_to_it(convention, begin, cuts):
    due = begin + timedelta(sum(cuts) or 1)
    parts, start = Fraction(0), begin
    for cut in cuts or [1]:
        end = start + timedelta(cut)
        parts += year_part(convention, begin, due, part=(start, end))
        start = end
    assert parts == year_part(convention, begin, due)


@pytest.mark.parametrize(
    ("problem", "call"),
    [
        ("at least one instalment", lambda: schedule(LEVEL, 100, 0, SIGNED, 0)),
        ("supplied, not computed", lambda: schedule(shipped("given"), 100, 0, SIGNED, 1)),
        (
            "not after the disbursement",
            lambda: schedule(LEVEL, 100, 0, SIGNED, 1, first_due_on=SIGNED),
        ),
        (
            "2 instalments, but 1 due dates",
            lambda: schedule(LEVEL, 100, 0, SIGNED, 2, due_on=[date(2024, 2, 1)]),
        ),
        (
            "outside the term",
            lambda: schedule(LEVEL, 100, 0, SIGNED, 1, later_draws=[(date(2024, 2, 1), 5)]),
        ),
        (
            "no period to repay in",
            lambda: schedule(replace(LEVEL, grace_principal_periods=3), 100, 0, SIGNED, 3),
        ),
        (
            "no period to pay it in",
            lambda: schedule(replace(LEVEL, grace_interest_periods=3), 100, 0, SIGNED, 3),
        ),
        (
            "drawn once",
            lambda: schedule(
                shipped("flat_fee"), 100, 0, SIGNED, 2, later_draws=[(date(2024, 1, 5), 5)]
            ),
        ),
        (
            "not in order of due date",
            lambda: as_given(
                [Instalment(1, SIGNED, SIGNED, 1, 0), Instalment(2, SIGNED, SIGNED, 1, 0)]
            ),
        ),
        (
            "lent were 6",
            lambda: as_given([Instalment(1, SIGNED, SIGNED, 5, 0)], principal=6),
        ),
    ],
)
def test_terms_that_make_no_schedule_are_refused_in_words(problem, call):
    with pytest.raises(ProductError, match=problem):
        call()


@pytest.mark.parametrize(
    ("principal", "rate", "count"),
    [(0, 0, 1), (AMOUNT_MAX + 1, 0, 1), (1, RATE_MAX + 1, 1), (1, -1, 1), (1, 0, 12 * 41)],
)
def test_outside_the_declared_ranges_is_refused(principal, rate, count):
    with pytest.raises(RangeError):
        schedule(LEVEL, principal, rate, SIGNED, count)
