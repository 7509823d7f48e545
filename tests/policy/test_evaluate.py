"""What a policy wishes: the same as SQL says, never harsher for hardship, silent when it must be."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.people import people

from forbear.errors import PolicyError
from forbear.facts.definitions import FACTS, frame
from forbear.policy import load, shipped
from forbear.policy.evaluate import WISH, choices, otherwise, wishes
from forbear.policy.load import OWED, Policy

SHIPPED = shipped()
SOAK = 100 if os.environ.get("FORBEAR_SOAK") else 0
HARDSHIP = tuple(name for name, fact in FACTS.items() if fact.readers != "policy")


@pytest.mark.parametrize("name", SHIPPED)
def test_another_engine_says_the_same_of_every_condition(name: str, tmp_path: Path) -> None:
    """DuckDB runs the same SQL on the same facts."""
    facts = people(4_000, seed=11)
    facts.write_parquet(tmp_path / "facts.parquet")
    policy = load(name)
    with duckdb.connect() as oracle:
        for step, said in policy.conditions.items():
            query = (
                f"SELECT coalesce({said.sql}, false) "
                f"FROM read_parquet('{tmp_path}/facts.parquet') ORDER BY person"
            )
            theirs = [row[0] for row in oracle.execute(query).fetchall()]
            assert facts.select(said.holds).to_series().to_list() == theirs, step
            assert 0 < sum(theirs) < len(theirs) or step in RARE, f"{step} is not tried both ways"


RARE = {"visit", "visit_notice", "home_visit", "supportive_call", "suit"}
"""Steps so narrow that random people seldom meet them; the boundary tables do."""


@pytest.mark.parametrize("name", SHIPPED)
def test_the_wish_is_the_first_step_that_holds(name: str) -> None:
    """Row by row, in plain Python, without bits."""
    facts = people(1_500, seed=5)
    policy = load(name)
    held = facts.select(
        policy.conditions[step.id].holds.alias(step.id) for step in policy.steps
    ).to_dicts()
    quiet = facts.select(policy.form.silence).to_dicts()
    owed = {step.id for step in policy.steps if step.do.purpose in OWED}
    expected = []
    for row, silence in zip(held, quiet, strict=True):
        open_steps = [
            s for s, holds in row.items() if holds and (s in owed or not any(silence.values()))
        ]
        expected.append(open_steps[0] if open_steps else None)
    got = wishes(policy, facts)
    assert got["step"].to_list() == expected
    assert got.schema == WISH
    assert got["person"].to_list() == facts["person"].to_list()


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=SOAK or 6, deadline=None)
@given(seed=st.integers(0, 10**6), fact=st.sampled_from(HARDSHIP))
def test_hardship_never_hardens(name: str, seed: int, fact: str) -> None:
    """Let any hardship fact become true: the step is as gentle or gentler, or an offer of help."""
    policy = load(name)
    facts = people(400, seed)
    without = wishes(policy, facts.with_columns(pl.lit(False).alias(fact)))
    with_it = wishes(policy, facts.with_columns(pl.lit(True).alias(fact)))
    both = without.select("person", before="severity", step_before="step", rank_before="rank").join(
        with_it.select("person", "severity", "step", "purpose", "rank", "tone"), on="person"
    )
    harder = both.filter(
        (pl.col("step") != pl.col("step_before").fill_null(""))
        & (pl.col("severity") > pl.col("before").fill_null(-1))
        & (pl.col("purpose") != "help_offer")
    )
    assert harder.is_empty()
    assert (both["rank"] == both["rank_before"]).all()


def test_hardship_brings_help_in_the_policy_that_offers_it() -> None:
    """The property above is not true merely because nothing ever changes."""
    person = {"days_past_due": 9, "contact_consent": True, "days_since_text": 5}
    rows = frame([person, person | {"distress_seen": True}])
    assert wishes(load("selective"), rows)["step"].to_list() == [None, "help_offer"]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("reason", load("selective").form.silence)
def test_what_silences_leaves_only_what_is_owed(name: str, reason: str) -> None:
    policy = load(name)
    facts = people(1_000, seed=3).with_columns(pl.lit(True).alias(reason))
    wished = wishes(policy, facts)
    assert set(wished["purpose"].drop_nulls()) <= set(OWED)
    assert wished["silent"].is_not_null().all()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_else_is_as_gentle_or_gentler_and_holds_as_well(name: str) -> None:
    policy = load(name)
    facts = people(3_000, seed=8)
    held = facts.select(
        "person", *(policy.conditions[s.id].holds.alias(s.id) for s in policy.steps)
    )
    chain = choices(policy, wishes(policy, facts))
    last: dict[int, tuple[int, int]] = {}
    truth = {row["person"]: row for row in held.to_dicts()}
    for row in chain.to_dicts():
        assert truth[row["person"]][row["step"]]
        if row["person"] in last:
            depth, severity = last[row["person"]]
            assert row["depth"] == depth + 1
            assert row["severity"] <= severity
        last[row["person"]] = (row["depth"], row["severity"])


def test_a_blocked_visit_becomes_a_call_then_a_text() -> None:
    """`visit`: the door, else one call this week, else one text this fortnight, else nothing."""
    policy = load("visit")
    told = {"days_since_statement": 5, "days_since_demand": 5, "adverse_notice_days": 5}
    person = told | {
        "days_past_due": 40, "calls_without_result_30d": 4, "days_without_result_30d": 3,
        "address_confirmed": True, "balance": 500_000, "visit_notice_days": 9,
    }  # fmt: skip
    wished = wishes(policy, frame([person]))
    assert choices(policy, wished)["step"].to_list() == ["visit", "call_between", "text_between"]
    called = wishes(policy, frame([person | {"attempts_7d": 2}]))
    assert choices(policy, called)["step"].to_list() == ["visit", "text_between"]
    assert otherwise(policy, wishes(policy, frame([told | {"days_past_due": 99}]))).is_empty()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_part_of_the_people_gets_what_they_get_among_all(name: str) -> None:
    facts, policy = people(900, seed=2), load(name)
    whole = wishes(policy, facts)
    assert wishes(policy, facts.tail(200)).equals(whole.tail(200))
    assert wishes(policy, facts.reverse()).sort("person").equals(whole)


def test_every_step_carries_the_way_to_ask_for_help() -> None:
    for name in SHIPPED:
        said = wishes(load(name), people(1_000, seed=4))["offer"].drop_nulls()
        assert said.str.ends_with("help").all()


def test_an_extension_already_had_is_not_offered_again() -> None:
    told = {"days_since_statement": 5, "days_since_demand": 5, "adverse_notice_days": 5}
    few = frame([told | {"days_past_due": 9}, told | {"days_past_due": 9, "extension_used_12m": 1}])
    assert wishes(load("industry"), few)["offer"].to_list() == [
        "change_due_date part_payment extension help",
        "change_due_date part_payment help",
    ]


def test_a_missing_fact_is_named() -> None:
    with pytest.raises(PolicyError, match="the facts do not have balance"):
        wishes(load("selective"), frame([{}]).drop("balance"))


def test_nobody_gives_nothing() -> None:
    policy: Policy = load("industry")
    none = wishes(policy, frame([{}]).clear())
    assert none.schema == WISH
    assert choices(policy, none).is_empty()
