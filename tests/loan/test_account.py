"""What is owed after this? One story a test, the expected figures worked out by hand beside it."""

from __future__ import annotations

from datetime import date

import pytest

from forbear.book.schema import EVENT_KINDS, STATE
from forbear.errors import InputError
from forbear.loan import events as ev
from forbear.loan.account import Account
from forbear.loan.explain import explain
from forbear.loan.payoff import payoff
from forbear.loan.position import ROW
from forbear.loan.product import Penalty, Recalculation, Waterfall
from forbear.loan.stepwise import accrue
from tests.loan.story import tell, with_terms

THREE_MONTHS = """
  2026-01-15  lend 10000.00 at 12% over 3 months
"""
"""Level instalment 3400.22: 3300.22 + 100.00, 3333.22 + 67.00, 3366.56 + 33.67."""


def test_nothing_is_due_before_the_first_due_date():
    tell(THREE_MONTHS).on("2026-02-14").says(
        "due 0.00, days_past_due 0, bucket M0, principal_not_due 10000.00, status open"
    )


def test_on_its_due_date_an_instalment_is_due_and_the_next_morning_it_is_late():
    loan = tell(THREE_MONTHS)
    loan.on("2026-02-15").says("due 3400.22, days_past_due 0, bucket M0")
    loan.on("2026-02-16").says("days_past_due 1, bucket M1, times_late 1")


def test_penalty_runs_from_the_day_after_on_principal_only():
    # 3300.22 × 18% × 10 / 365 = 16.275…
    tell(THREE_MONTHS).on("2026-02-25").says("penalty_due 16.27, interest_due 100.00")


def test_a_payment_on_a_day_does_not_save_that_day():
    # paid on 25 February: the 25th itself still costs penalty, 16.27 as above
    tell(THREE_MONTHS + "2026-02-25  pay 3416.49").on("2026-02-25").says(
        "due 0.00, paid_in_advance 0.00, days_past_due 0"
    )


def test_penalty_never_bears_penalty_and_is_never_capitalised():
    loan = tell(THREE_MONTHS + "2026-02-25  pay 3400.22")
    # the payment served penalty 16.27 before interest and principal: 16.27 of principal is left
    loan.on("2026-02-25").says("principal_due 16.27, penalty_due 0.00, penalty_base 16.27")


def test_buckets_go_up_with_days_and_down_after_a_payment():
    loan = tell(THREE_MONTHS + "2026-05-20  pay 3800.00")
    loan.on("2026-03-17").says("bucket M1, days_past_due 30")
    loan.on("2026-03-18").says("bucket M2, days_past_due 31")
    loan.on("2026-05-16").says("bucket M3, days_past_due 90")
    loan.on("2026-05-17").says("bucket M4+, days_past_due 91")
    # the oldest instalment is cured: the second, of 15 March, is the oldest now
    loan.on("2026-05-20").says("bucket M3, days_past_due 66")


def test_a_part_payment_skips_nothing():
    loan = tell(THREE_MONTHS + "2026-02-20  pay 3000.00")
    loan.on("2026-03-20").says("days_past_due 33, bucket M2")


def test_money_before_the_due_date_waits_for_it():
    loan = tell(THREE_MONTHS + "2026-02-01  pay 4000.00")
    loan.on("2026-02-14").says("paid_in_advance 4000.00, principal_not_due 10000.00")
    loan.on("2026-02-15").says("paid_in_advance 599.78, due 0.00, principal_not_due 6699.78")


def test_money_beyond_everything_is_kept_shown_and_can_go_back():
    loan = tell(
        THREE_MONTHS
        + """
        2026-04-15  pay 10500.00
        2026-04-20  refund 100.00
        """
    )
    # due 10200.67 and penalty: 18% on 3300.22 for 28 days, on 6633.44 for 31 days: 146.98
    loan.on("2026-04-15").says("due 0.00, overpaid 152.35, status settled")
    loan.on("2026-04-20").says("overpaid 52.35")


def test_a_refund_of_money_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="only 0 is held"):
        tell(THREE_MONTHS + "2026-02-01  refund 1.00").on("2026-02-01")


def test_costs_then_interest_then_principal():
    # 民法典 561: costs first; penalty interest and interest before principal
    loan = tell(
        THREE_MONTHS
        + """
        2026-02-15  charge a fee of 20.00
        2026-02-25  pay 120.00
        """
    )
    loan.on("2026-02-25").says(
        "fee_due 0.00, penalty_due 0.00, interest_due 16.27, principal_due 3300.22"
    )


def test_case_21_a_payment_reaches_interest_before_principal():
    # ¥1,000 on costs 0, interest 180, principal 5,000, the contract silent: 180 and 820
    product = with_terms("interest_first", day_count="30/360", penalty=Penalty())
    loan = tell("2026-01-15  lend 5000.00 at 43.2% over 1 months", product)
    loan.on("2026-02-15").says("interest_due 180.00, principal_due 5000.00")
    loan.events.append(_paid(1, date(2026, 2, 15), 100_000))
    loan.on("2026-02-15").says("interest_due 0.00, principal_due 4180.00")


def test_case_20_what_lifts_the_whole_above_24_percent_must_not_be_demanded():
    # 21% signed, penalty 1.5 × 21% = 31.5% on overdue principal: within a few weeks the whole would
    # be above 24% of what is outstanding; the excess is shown and never due
    free = tell("2026-01-15  lend 10000.00 at 21% over 3 months")
    bound = tell("2026-01-15  lend 10000.00 at 21% over 3 months", ceiling_rate=240_000_000)
    posted = free.on("2026-09-15").seen.penalty_due
    now = bound.on("2026-09-15").seen
    assert now.not_claimable > 0
    assert now.penalty_due + now.not_claimable == posted
    # the whole: 240 of 243 days at 10,000 outstanding under 24% a year, one day as the unit of rounding
    allowed = accrue(1_000_000, 240_000_000, 243, 0, 365)[0]
    signed = sum(row.interest for row in bound.loan.instalments)
    assert now.ceiling_room == allowed
    assert signed + now.claimed_beyond <= allowed
    assert allowed - signed - now.claimed_beyond < 10_000 * 24 // 365 + 1


def test_a_charge_above_the_ceiling_is_shown_and_never_due():
    loan = tell(
        "2026-01-15  lend 10000.00 at 24% over 3 months\n2026-02-15  charge a fee of 50.00",
        ceiling_rate=240_000_000,
    )
    # allowed to 15 February 10,000 × 24% × 31/365 = 203.83; signed 200.00: room for 3.83
    loan.on("2026-02-15").says("fee_due 3.83, not_claimable 46.17")


def test_two_clocks_an_extension_moves_one_of_them():
    loan = tell(
        """
        2026-01-15  lend 900.00 at 0% over 3 months
        2026-02-20  extend by 30 days from 2026-02-15
        """
    )
    loan.on("2026-02-19").says("days_past_due 4, days_past_due_regulatory 4")
    loan.on("2026-02-20").says("days_past_due 0, days_past_due_regulatory 5, principal_due 0.00")
    loan.on("2026-03-18").says("days_past_due 1, days_past_due_regulatory 31")


def test_re_age_makes_a_new_schedule_and_the_regulatory_clock_goes_on():
    loan = tell(
        """
        2026-01-15  lend 900.00 at 0% over 3 months
        2026-03-01  pay 100.00
        2026-03-20  re-age to 4 months from 2026-04-01
        """
    )
    loan.on("2026-03-20").schedule("""
        due         principal  paid    left    balance
        2026-02-15     100.00  100.00    0.00   800.00
        2026-03-15       0.00    0.00    0.00   800.00
        2026-04-01     200.00    0.00  200.00   600.00
        2026-05-01     200.00    0.00  200.00   400.00
        2026-06-01     200.00    0.00  200.00   200.00
        2026-07-01     200.00    0.00  200.00     0.00
    """)
    loan.on("2026-03-20").says("days_past_due 0, days_past_due_regulatory 33, by_columns False")
    loan.events.append(_paid(9, date(2026, 4, 1), 20_000))
    # 300.00 of principal is paid now: the first signed instalment is covered, the second is not
    loan.on("2026-04-02").says("days_past_due 0, days_past_due_regulatory 18")


def test_re_amortise_shares_overdue_principal_over_what_is_to_come():
    loan = tell(
        """
        2026-01-15  lend 900.00 at 0% over 3 months
        2026-03-01  re-amortise
        """
    )
    loan.on("2026-03-01").schedule("""
        due         principal  left    balance
        2026-02-15       0.00    0.00   900.00
        2026-03-15     450.00  450.00   450.00
        2026-04-15     450.00  450.00     0.00
    """)


def test_more_instalments_share_the_principal_anew():
    loan = tell(
        """
        2026-01-15  lend 900.00 at 0% over 3 months
        2026-02-15  pay 300.00
        2026-02-20  add 2 instalments
        """
    )
    loan.on("2026-02-20").schedule("""
        due         principal  left    balance
        2026-02-15     300.00    0.00   600.00
        2026-03-15     150.00  150.00   450.00
        2026-04-15     150.00  150.00   300.00
        2026-05-15     150.00  150.00   150.00
        2026-06-15     150.00  150.00     0.00
    """)


def test_a_pause_stops_interest_and_penalty_on_both_its_edge_days():
    # penalty on 3300.22 at 18%: 16 to 19 February and 26 to 28 February, seven days: 11.39
    loan = tell(THREE_MONTHS + "2026-02-20  pause until 2026-02-25")
    loan.on("2026-02-28").says("penalty_due 11.39")


def test_a_new_rate_levels_the_instalments_to_come():
    loan = tell(
        """
        2026-01-15  lend 10000.00 at 12% over 3 months
        2026-02-15  pay 3400.22
        2026-02-16  rate 6%
        """
    )
    # 6699.78 over two months at 0.5%: 3375.035…, so 3375.04; interest 33.50 and 16.79
    loan.on("2026-02-16").schedule("""
        due         principal  interest  left     balance
        2026-02-15    3300.22    100.00     0.00  6699.78
        2026-03-15    3341.54     33.50  3375.04  3358.24
        2026-04-15    3358.24     16.79  3375.03     0.00
    """)
    loan.on("2026-02-16").says("interest_rate 60000000, penalty_rate 90000000")


def test_charge_off_changes_the_books_of_the_lender_not_the_claim():
    loan = tell(THREE_MONTHS + "2026-02-25  charge off\n2026-03-01  recover 16.27")
    loan.on("2026-02-25").says("status charged_off, penalty_due 16.27, due 3416.49")
    loan.on("2026-03-01").says("status charged_off, last_paid 16.27")


def test_charge_off_that_stops_interest_stops_penalty_too():
    loan = tell(THREE_MONTHS + "2026-02-25  charge off, interest stops")
    loan.on("2026-06-25").says("penalty_due 16.27, penalty_base 0.00")
    # 10 of 28 days of the second period at 1% a month on 6699.78: 23.93
    assert loan.on("2026-06-25").seen.instalments[1].interest == 2_393


def test_all_due_at_once_carries_interest_up_to_that_day():
    loan = tell(THREE_MONTHS + "2026-02-15  pay 3400.22\n2026-02-25  charge off, all due")
    loan.on("2026-02-25").says("principal_due 6699.78, interest_due 23.93, principal_not_due 0.00")


def test_a_settlement_lets_go_of_the_rest():
    loan = tell(THREE_MONTHS + "2026-03-01  settle with 8000.00")
    loan.on("2026-03-01").says(
        "status settled, due 0.00, principal_not_due 0.00, overpaid 0.00, days_past_due 0"
    )
    loan.on("2026-05-01").says("due 0.00, penalty_due 0.00")


def test_a_waiver_lets_go_of_penalty_and_no_more():
    loan = tell(THREE_MONTHS + "2026-02-25  waive 500.00 of penalty")
    loan.on("2026-02-25").says("penalty_due 0.00, interest_due 100.00, principal_due 3300.22")


def test_principal_in_parts():
    # 1000.00 then 500.00 more on the day the first instalment fell due: 1166.67 over the two to come
    loan = tell(
        """
        2026-01-15  lend 1000.00 at 0% over 3 months
        2026-02-15  lend 500.00 more
        """
    )
    loan.on("2026-02-15").schedule("""
        due         principal  balance
        2026-02-15     333.33  1166.67
        2026-03-15     583.34   583.33
        2026-04-15     583.33     0.00
    """)


# --- what was known when --------------------------------------------------------------------------


def test_a_back_dated_payment_replays_the_days_since():
    loan = tell(THREE_MONTHS + "2026-02-15  pay 3400.22 (recorded 2026-02-26)")
    loan.on("2026-02-25", known="2026-02-26").says("penalty_due 16.27, days_past_due 10")
    loan.on("2026-02-26", known="2026-02-27").says(
        "penalty_due 0.00, days_past_due 0, times_late 0"
    )


def test_a_debit_that_bounced_was_never_a_payment():
    loan = tell(
        THREE_MONTHS
        + """
        2026-02-15  pay 3400.22
        2026-02-18  event 1 never happened
        """
    )
    loan.on("2026-02-17").says("days_past_due 0")
    loan.on("2026-02-18").says("days_past_due 3, due 3405.10")


def test_a_reversal_can_itself_be_reversed():
    loan = tell(
        THREE_MONTHS
        + """
        2026-02-15  pay 3400.22
        2026-02-18  event 1 never happened
        2026-02-19  event 2 never happened
        """
    )
    loan.on("2026-02-20").says("due 0.00")


def test_a_correction_says_what_it_should_have_been():
    loan = tell(
        THREE_MONTHS
        + """
        2026-02-15  pay 34.00
        2026-02-15  event 1 was 3400.22 (recorded 2026-02-20)
        """
    )
    loan.on("2026-02-21", known="2026-02-20").says("principal_due 3300.22, interest_due 66.00")
    loan.on("2026-02-21", known="2026-02-22").says("due 0.00")


def test_the_same_person_moves_no_money():
    loan = tell(THREE_MONTHS + "2026-02-01  turns out to be person 12")
    assert loan.on("2026-03-01").seen == tell(THREE_MONTHS).on("2026-03-01").seen


def test_a_reversal_of_nothing_is_refused():
    with pytest.raises(InputError, match="names event 7"):
        tell(THREE_MONTHS + "2026-02-15  event 7 never happened").on("2026-02-20")


# --- products -------------------------------------------------------------------------------------


def test_days_of_grace_come_before_penalty_not_after():
    product = with_terms(penalty=Penalty(multiple=1_500_000, grace_days=3))
    loan = tell(THREE_MONTHS, product)
    loan.on("2026-02-18").says("penalty_due 0.00, penalty_base 3300.22")
    loan.on("2026-02-19").says("penalty_due 1.62")  # 3300.22 × 18% / 365, one day


def test_interest_on_overdue_interest_only_where_the_product_says_so():
    tell(THREE_MONTHS).on("2026-02-15").says("penalty_base 3300.22")
    tell(THREE_MONTHS, with_terms(compound=True)).on("2026-02-15").says("penalty_base 3400.22")


def test_down_or_across_decides_which_instalment_is_cured():
    down = with_terms(waterfall=Waterfall(direction="vertical"), penalty=Penalty())
    across = with_terms(penalty=Penalty())
    story = THREE_MONTHS + "2026-03-20  pay 3467.22"
    # across: the first instalment 3400.22 and 67.00 of the second's interest
    tell(story, across).on("2026-03-20").says("days_past_due 5, interest_due 0.00")
    # down: both interests 167.00, then the same principal: first 3300.22 of principal is gone too
    tell(story, down).on("2026-03-20").says("days_past_due 5, interest_due 0.00")
    part = THREE_MONTHS + "2026-03-20  pay 167.00"
    tell(part, across).on("2026-03-20").says("interest_due 67.00, principal_due 6566.44")
    tell(part, down).on("2026-03-20").says("interest_due 0.00, principal_due 6633.44")


def test_early_principal_saves_the_interest_it_would_have_cost():
    product = with_terms(
        "interest_first",
        day_count="actual/360",
        early_payment="reduce_principal",
        recalculation=Recalculation(early="last_instalment"),
    )
    loan = tell("2026-01-15  lend 10000.00 at 18% over 2 months\n2026-01-25  pay 5050.00", product)
    # ten days on 10,000 at 18%/360: 50.00 of interest, 5,000.00 of principal; 21 days on 5,000: 52.50
    loan.on("2026-01-25").schedule("""
        due         principal  interest  paid     balance
        2026-02-15       0.00    102.50    50.00  10000.00
        2026-03-15   10000.00     70.00  5000.00      0.00
    """)


def test_a_payoff_asks_only_for_the_days_that_went_by():
    loan = tell(THREE_MONTHS)
    quote = payoff(loan.product, loan.loan, loan.events, date(2026, 1, 25))
    # 10,000 × 12% × 10 / 365
    assert (quote.principal, quote.interest, quote.penalty, quote.total) == (
        1_000_000, 3_287, 0, 1_003_287,
    )  # fmt: skip
    late = payoff(loan.product, loan.loan, loan.events, date(2026, 2, 25))
    assert (late.principal, late.penalty) == (1_000_000, 1_627)
    assert late.interest == 10_000 + accrue(669_978, 120_000_000, 10, 0, 365)[0]


@pytest.mark.parametrize("rule", ["next_instalment", "last_instalment", "all_equally"])
def test_what_is_quoted_pays_the_loan_off_whichever_instalments_take_it_first(rule):
    product = with_terms(
        early_payment="pay_ahead",
        waterfall=Waterfall(in_advance_to=rule),
        recalculation=Recalculation(overdue="daily"),
    )
    for principal in ("1.00", "100.00", "10000.00"):
        loan = tell(f"2026-01-15  lend {principal} at 7% over 3 months", product)
        for day in (date(2026, 1, 15), date(2026, 1, 25), date(2026, 2, 25)):
            quote = payoff(product, loan.loan, [], day)
            loan.events = [_paid(1, day, quote.total)]
            loan.on(day.isoformat()).says("status settled, overpaid 0.00, paid_in_advance 0.00")


def test_a_figure_is_explained_line_by_line():
    loan = tell(THREE_MONTHS + "2026-02-20  pay 3400.22")
    lines = explain(loan.product, loan.loan, loan.events, date(2026, 2, 25), "principal_due")
    assert [(line.on.isoformat(), line.why, line.change) for line in lines] == [
        ("2026-02-15", "instalment 1 fell due", 330_022),
        ("2026-02-20", "paid", -329_209),
    ]


# --- the form -------------------------------------------------------------------------------------


def test_every_kind_of_event_of_the_book_is_known():
    assert tuple(ev.KINDS) == EVENT_KINDS


def test_a_position_fills_the_columns_of_its_table():
    seen = tell(THREE_MONTHS).on("2026-02-20").seen
    assert tuple(STATE["positions"].columns) == ROW
    assert list(seen.as_row()) == list(STATE["positions"].columns)
    assert {name for row in seen.open_item_rows() for name in row} == set(
        STATE["open_items"].columns
    )


def test_the_replay_accrues_as_the_stepwise_formula_does():
    loan = tell(THREE_MONTHS)
    seen = loan.on("2026-03-01").seen
    posted, carry = accrue(330_022, 180_000_000, 14, 0, 365)
    assert (seen.penalty_due, seen.penalty_carry) == (posted, carry)
    posted, carry = accrue(669_978, 120_000_000, 14, 0, 365)
    assert (seen.interest_accrued, seen.interest_carry) == (posted, carry)


def test_a_day_before_the_money_went_out_is_refused():
    with pytest.raises(InputError, match="before the disbursement"):
        tell(THREE_MONTHS).on("2026-01-01")


def test_an_account_is_never_shared_between_replays():
    loan = tell(THREE_MONTHS + "2026-02-20  pay 100.00")
    first = loan.on("2026-03-01").seen
    assert loan.on("2026-03-01").seen == first
    assert Account(loan.product, loan.loan).plan[0].paid == [0, 0, 0, 0]


def _paid(number: int, on: date, amount: int) -> ev.Event:
    from datetime import UTC, datetime

    recorded = datetime(on.year, on.month, on.day, 4, tzinfo=UTC)
    return ev.Repaid(number=number, effective_on=on, recorded_at=recorded, amount=amount)
