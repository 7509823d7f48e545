"""What a stretch of nights would have meant for people: three weeks of one small town."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from forbear.measure.exposure import as_row, exposure

START = date(2026, 11, 1)


def day(n: int) -> date:
    return START + timedelta(days=n - 1)


def plan(*rows: tuple[int, int, str, int, str, str]) -> pl.DataFrame:
    """(day, person, channel, days past due, purpose, offer)"""
    return pl.DataFrame(
        [(day(n), *rest) for n, *rest in rows],
        schema={
            "day": pl.Date,
            "person": pl.Int64,
            "channel": pl.String,
            "days_past_due": pl.Int32,
            "purpose": pl.String,
            "offer": pl.String,
        },
        orient="row",
    )


def spells(*rows: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(person, day(n)) for person, n in rows],
        schema={"person": pl.Int64, "from_on": pl.Date},
        orient="row",
    )


def paid(*rows: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(person, day(n)) for person, n in rows],
        schema={"person": pl.Int64, "paid_on": pl.Date},
        orient="row",
    )


WITHHELD = pl.DataFrame(
    {
        "reason": ["rule", "rule", "no_step", "capacity"],
        "rule": ["hours", "hours", None, None],
        "people": [3, 2, 10, 1],
    }
)

PLANS = plan(
    (1, 9, "app", 0, "remind", ""),  # nobody late yet: a reminder
    (2, 1, "sms", 1, "remind", "extension"),
    (4, 1, "call", 3, "collect", "extension"),
    (4, 2, "call", 2, "collect", ""),
    (6, 2, "sms", 4, "notice_required", "extension"),
    (6, 3, "agency", 70, "collect", "settlement"),
    (18, 1, "sms", 1, "remind", "extension"),
)
SPELLS = spells((1, 2), (2, 3), (3, 1), (1, 18), (4, 5))
PAID = paid((1, 5), (2, 19), (1, 18), (4, 7))


def test_the_figures_of_one_small_town() -> None:
    row = as_row(exposure(PLANS, WITHHELD, SPELLS, PAID))
    expected = {
        "people_overdue": 4,
        "people_contacted": 2,
        "spells": 5,
        "spells_contacted": 3,
        "first_contact_day": 1,  # spells were first contacted on days 1, 1 and 2
        "contacts_overdue": 5,
        "contacts_by_channel": {"call": 2, "sms": 3},
        "reminders_before_due": 1,
        "notices": 1,
        "proposals": {"agency": 1},
        "offers_of_help": 4,
        "withheld_by": {"capacity": 1, "hours": 5, "no_step": 10},
        "peak_day": "2026-11-04",
        "peak_contacts": 2,
        "cost_fen": 373,  # 2 × 180 fen + 3 × 4.5 fen = 373.5, rounded down once
        "contacts_without_price": 0,
        # person 1 on days 2 and 4 paid on 5; on 18 paid that day; person 2 on days 4, 6 paid on 19
        "paid_anyway_3d": 3,
        "paid_anyway_7d": 3,
        "paid_anyway_14d": 4,
    }
    assert {name: row[name] for name in expected} == expected


def test_contacts_per_person_are_counted_over_everyone_in_arrears_not_only_the_contacted() -> None:
    figures = exposure(PLANS, WITHHELD, SPELLS, PAID)
    assert figures.per_person() == 1250  # thousandths: five contacts, four people
    assert figures.per_person("call") == 500
    assert figures.per_person("visit") == 0


def test_a_policy_that_contacts_nobody_has_no_first_day_and_no_shares() -> None:
    figures = exposure(plan(), WITHHELD, SPELLS, PAID)
    assert (figures.people_contacted, figures.first_contact_day, figures.peak_day) == (
        0,
        None,
        None,
    )
    assert figures.share_anyway(14) == 0
    assert figures.cost == 0


def test_a_channel_without_a_stated_price_is_counted_not_guessed() -> None:
    figures = exposure(plan((2, 1, "letter", 5, "notice_required", "")), WITHHELD, SPELLS, PAID)
    assert (figures.cost, figures.unpriced) == (0, 1)


def test_a_step_a_rule_refused_is_counted_whether_or_not_a_gentler_one_was_taken() -> None:
    refused = pl.DataFrame({"rule": ["hours", "hours", "talk"], "people": [3, 4, 1]})
    figures = exposure(PLANS, WITHHELD, SPELLS, PAID, refused=refused)
    assert figures.refused_by == {"hours": 7, "talk": 1}
    assert as_row(figures)["refused_by_rule"] == {"hours": 7, "talk": 1}
