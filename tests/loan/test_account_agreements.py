"""Agreements and charges on awkward days: on a due date, beside a down payment, before the last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from forbear.loan import events as ev
from forbear.loan.product import Penalty, Recalculation, Waterfall
from tests.loan.story import tell, with_terms

LEND = "2026-01-15  lend 900.00 at 12% over 3 months"


def happened(kind: type[ev.Event], on: date, amount: int = 0, **more: Any) -> ev.Event:
    recorded = datetime(2026, 1, 1, tzinfo=UTC)
    return kind(number=9, effective_on=on, recorded_at=recorded, amount=amount, **more)


def rows(loan, day):
    """(due date, principal, interest, fee, paid) of every instalment."""
    return [
        (row.due_on.isoformat(), row.principal, row.interest, row.fee, row.paid)
        for row in loan.on(day).seen.instalments
    ]


def flat(**terms):
    return with_terms("equal_instalment", kind="flat_fee", flat_charge="interest", **terms)


def test_a_flat_charge_follows_a_new_rate_from_the_instalments_due_then():
    # 900.00 × 12% / 12 = 9.00 a month; at 6% it is 4.50
    loan = tell(LEND, flat(day_count="30/360"))
    change = happened(ev.RateChange, date(2026, 2, 1), rate=60_000_000, from_on=date(2026, 3, 15))
    loan.events.append(change)
    assert [row[2] for row in rows(loan, "2026-02-01")] == [900, 450, 450]


def test_what_is_reamortised_on_a_due_date_holds_what_falls_due_that_day():
    loan = tell(LEND, flat(day_count="30/360", penalty=Penalty()))
    loan.events.append(happened(ev.ReAmortise, date(2026, 3, 15)))
    assert [row[1] for row in rows(loan, "2026-03-15")] == [0, 0, 90_000]
    loan.on("2026-03-16").says("principal_due 0.00, interest_due 18.00, principal_not_due 900.00")


def test_all_that_is_accelerated_on_a_due_date_joins_the_instalment_of_that_day():
    loan = tell(LEND, with_terms("equal_instalment", day_count="30/360"))
    loan.events.append(happened(ev.ChargeOff, date(2026, 2, 15), interest="stops", accelerate=True))
    assert rows(loan, "2026-02-15") == [("2026-02-15", 90_000, 900, 0, 0)]
    loan.on("2026-04-20").says("principal_due 900.00, interest_due 9.00, principal_not_due 0.00")


def test_a_later_part_has_its_down_payment_and_it_stays_on_its_day_when_due_dates_move():
    product = flat(down_payment=250_000, day_count="30/360")
    loan = tell("2026-01-15  lend 1000.00 at 0% over 3 months", product)
    loan.events += [
        happened(ev.Disbursed, date(2026, 1, 20), 40_000),
        replace(
            happened(ev.Extension, date(2026, 1, 21), days=30, from_due_on=date(2026, 1, 16)),
            number=10,
        ),
    ]
    assert [row[:2] for row in rows(loan, "2026-01-21")] == [
        ("2026-01-15", 25_000),
        ("2026-01-20", 10_000),
        ("2026-03-17", 35_000),
        ("2026-04-14", 35_000),
        ("2026-05-15", 35_000),
    ]


def test_a_charge_payable_alone_is_reached_before_the_principal_of_its_instalment():
    product = flat(
        early_payment="pay_ahead",
        waterfall=Waterfall(components=("principal", "penalty", "fee", "interest")),
    )
    fee = {"component": "fee", "due_on": date(2026, 2, 1), "with_instalment": True}
    for alone, paid_fee, paid_principal in ((False, 0, 5_000), (True, 2_000, 3_000)):
        loan = tell(LEND, product)
        loan.events += [
            happened(ev.Charge, date(2026, 1, 20), 2_000, payable_alone=alone, **fee),
            replace(happened(ev.Repaid, date(2026, 2, 2), 5_000), number=10),
        ]
        first = loan.on("2026-02-02").seen.instalments[0]
        assert (first.paid_fee, first.paid_principal) == (paid_fee, paid_principal)
        assert (first.fee, first.days_past_due) == (2_000, 0)


def test_the_last_instalment_takes_early_money_up_to_the_level_of_the_others():
    # level 306.02, the last as signed 306.02 or a few less; paid that much on the first day it is done,
    # and the one before it carries the difference
    product = with_terms(
        "equal_instalment",
        day_count="30/360",
        penalty=Penalty(),
        early_payment="pay_ahead",
        recalculation=Recalculation(overdue="daily"),
        waterfall=Waterfall(in_advance_to="last_instalment"),
    )
    loan = tell(LEND, product)
    level = sum(rows(loan, "2026-01-15")[0][1:3])
    loan.events.append(happened(ev.Repaid, date(2026, 1, 15), level))
    after = rows(loan, "2026-01-15")
    assert after[2][1:] == (level, 0, 0, level)
    assert sum(row[1] for row in after) == 90_000
    assert sum(after[0][1:3]) == level > sum(after[1][1:3])
