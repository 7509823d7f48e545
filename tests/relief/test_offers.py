"""What a person may be offered now: the terms of the policy, what they have had, and the law."""

from __future__ import annotations

import polars as pl
import pytest
from pydantic import ValidationError

from forbear.facts.definitions import FACTS, frame
from forbear.policy import load, shipped
from forbear.relief.offers import ALWAYS, FACTS_READ, bits, bits_of, open_now, words_of
from forbear.relief.terms import OFFERS, Instalments, Relief, most_instalments

SELECTIVE = load("selective").relief
INDUSTRY = load("industry").relief


def is_open(relief: Relief, offer: str, **facts: int) -> bool:
    return bool(frame([facts]).select(open_now(relief, offer).alias("open")).item())


@pytest.mark.parametrize(
    ("relief", "offer", "fact", "base", "answers"),
    [
        # A lender who helps from seven days before the due date.
        (SELECTIVE, "extension", "days_to_due", {}, {6: True, 7: True, 8: False}),
        (SELECTIVE, "extension", "days_past_due", {"days_to_due": 20}, {0: False, 1: True}),
        (SELECTIVE, "extension", "extension_used_12m", {"days_past_due": 5},
         {1: True, 2: False, 3: False}),
        (SELECTIVE, "holiday", "holidays_12m", {"days_past_due": 5}, {0: True, 1: False}),
        (SELECTIVE, "waiver", "days_past_due", {}, {30: False, 31: True, 32: True}),
        # One who helps from day 1, once a year.
        (INDUSTRY, "extension", "days_to_due", {}, {0: True, 1: False}),
        (INDUSTRY, "extension", "extension_used_12m", {"days_past_due": 5}, {0: True, 1: False}),
        (INDUSTRY, "instalments", "plans_12m", {"days_past_due": 5}, {0: True, 1: False}),
        (INDUSTRY, "settlement", "days_past_due", {}, {90: False, 91: True, 92: True}),
        (INDUSTRY, "mediation", "days_past_due", {}, {90: False, 91: True}),
        # One who gives no holiday at all.
        (INDUSTRY, "holiday", "days_past_due", {}, {0: False, 40: False}),
    ],
)  # fmt: skip
def test_what_is_open(
    relief: Relief, offer: str, fact: str, base: dict[str, int], answers: dict[int, bool]
) -> None:
    got = {value: is_open(relief, offer, **{**base, fact: value}) for value in answers}
    assert got == answers


@pytest.mark.parametrize("name", shipped())
def test_asking_for_help_is_open_to_everyone_at_every_stage(name: str) -> None:
    relief = load(name).relief
    for days in (0, 1, 30, 400):
        for offer in ALWAYS:
            assert is_open(relief, offer, days_past_due=days, extension_used_12m=9, plans_12m=9)


@pytest.mark.parametrize(
    ("most", "kind", "months"),
    [
        (24, "credit_card", 24), (60, "credit_card", 60), (84, "credit_card", 60),
        (84, "consumer_loan", 84), (84, "pos_instalment", 60), (84, "", 60),
    ],
)  # fmt: skip
def test_the_law_bounds_a_plan(most: int, kind: str, months: int) -> None:
    """Cards 60 months, consumer loans 84; any other kind takes the stricter."""
    assert most_instalments(Relief(instalments=Instalments(most=most)), kind) == months


def test_nothing_beyond_the_law_can_be_written() -> None:
    with pytest.raises(ValidationError):
        Instalments(most=85)
    assert most_instalments(Relief(), "consumer_loan") == 0


def test_offers_survive_the_way_through_a_number() -> None:
    for offer in OFFERS:
        said = words_of(bits_of([offer]))
        assert said.split()[-1] == "help"
        assert offer in said.split()
    assert words_of(0) == "help"


def test_bits_are_the_open_ones() -> None:
    facts = frame([{"days_past_due": 5}, {"days_past_due": 5, "extension_used_12m": 1}])
    numbers = facts.select(bits(INDUSTRY, OFFERS)).to_series().to_list()
    assert ["extension" in words_of(number).split() for number in numbers] == [True, False]
    assert set(FACTS_READ) <= set(FACTS)
    assert isinstance(bits(INDUSTRY, []), pl.Expr)


def test_a_way_out_that_is_not_declared() -> None:
    with pytest.raises(KeyError, match="magic"):
        open_now(INDUSTRY, "magic")
