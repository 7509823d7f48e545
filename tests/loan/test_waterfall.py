"""Where does money go? Owed on the left, where each unit of one payment went on the right."""

from __future__ import annotations

import pytest

from forbear.loan.product import Waterfall
from forbear.loan.waterfall import Row, share_out, stages
from tests.loan.story import tell, with_terms

LAW = ("fee", "penalty", "interest", "principal")


@pytest.mark.parametrize(
    ("direction", "money", "old", "new", "left", "penalty"),
    [
        # owed: old 0/2/10/100 and new 0/0/8/102 (penalty, fee, interest, principal), penalty stream 5
        ("horizontal", 10, [0, 2, 3, 0], [0, 0, 0, 0], 0, 5),
        ("horizontal", 120, [0, 2, 10, 100], [0, 0, 3, 0], 0, 5),
        ("vertical", 20, [0, 2, 10, 0], [0, 0, 3, 0], 0, 5),
        ("vertical", 120, [0, 2, 10, 95], [0, 0, 8, 0], 0, 5),
        ("horizontal", 240, [0, 2, 10, 100], [0, 0, 8, 102], 13, 5),
        ("vertical", 240, [0, 2, 10, 100], [0, 0, 8, 102], 13, 5),
    ],
)
def test_across_or_down(direction, money, old, new, left, penalty):
    first, second = Row(1, 1, 10, [0, 2, 10, 100]), Row(2, 10, 20, [0, 0, 8, 102])
    order = stages(Waterfall(components=LAW, direction=direction))
    assert share_out(money, [first, second], 5, order, 25) == (left, penalty)
    assert (first.paid, second.paid) == (old, new)
    assert (first.late, second.late) == (sum(old), sum(new))


def test_penalty_left_over_is_served_when_no_instalment_is_open():
    assert share_out(8, [], 5, stages(Waterfall()), 25) == (3, 5)


def test_what_is_past_due_comes_before_what_is_due_today():
    today, past = Row(1, 1, 25, [0, 0, 0, 50]), Row(2, 1, 24, [0, 0, 0, 50])
    share_out(60, [past, today], 0, stages(Waterfall(direction="vertical")), 25)
    assert (past.paid[3], today.paid[3]) == (50, 10)


@pytest.mark.parametrize(
    ("rule", "paid"),
    [
        ("next_instalment", ["300.00", "100.00", "0.00"]),
        ("last_instalment", ["0.00", "100.00", "300.00"]),
        ("all_equally", ["133.33", "133.33", "133.34"]),
    ],
)
def test_which_instalments_to_come_take_money_that_is_left(rule, paid):
    product = with_terms(early_payment="pay_ahead", waterfall=Waterfall(in_advance_to=rule))
    loan = tell("2026-01-15  lend 900.00 at 0% over 3 months\n2026-01-20  pay 400.00", product)
    first, second, third = paid
    loan.on("2026-01-20").schedule(f"""
        due         principal  paid
        2026-02-15     300.00  {first}
        2026-03-15     300.00  {second}
        2026-04-15     300.00  {third}
    """)
