"""Arms and hold-outs: drawn by key, never harsher, with the chance of what was drawn written down."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from forbear.facts.definitions import frame
from forbear.policy import Policy, load
from forbear.policy.draw import SHARE_ONE, draw
from forbear.policy.evaluate import choices, wishes

LADDER = """
name: {zh: 试验, en: A trial}
currency: CNY
steps:
  - id: notice
    when: days_past_due >= 30 AND days_since_statement >= 30
    do: {channel: sms, tone: neutral, purpose: notice_required, offer: [help]}
    why: {zh: 告知, en: owed}
  - id: call
    when: days_past_due >= 5
    do: {channel: call, tone: warm, offer: [help]}
    why: {zh: 电话, en: a call}
  - id: text
    when: days_past_due >= 1
    do: {channel: sms, tone: warm, offer: [help]}
    why: {zh: 短信, en: a text}
rank: amount_due
"""
MANY = 20_000


def policy_with(tmp_path: Path, extra: str) -> Policy:
    file = tmp_path / "trial.yaml"
    file.write_text(LADDER + extra, encoding="utf-8")
    return load(file)


def crowd(**facts: object) -> pl.DataFrame:
    one = frame([{"days_past_due": 9, "days_since_statement": 1, **facts}])  # type: ignore[dict-item]
    return pl.concat([one] * MANY).with_columns(pl.int_range(MANY, dtype=pl.Int64).alias("person"))


def share_of(wished: pl.DataFrame, step: str | None) -> float:
    return (wished["step"].eq_missing(pl.Series([step]))).sum() / wished.height


def test_draws_are_even_and_keyed() -> None:
    people = pl.Series(range(100_000))
    first = draw(people, seed=1, trial="a")
    assert first.min() >= 0  # type: ignore[operator]
    assert first.max() < SHARE_ONE  # type: ignore[operator]
    tenths = (first // 100_000).value_counts().sort("draw")["count"]
    assert tenths.min() > 9_600  # type: ignore[operator]
    assert tenths.max() < 10_400  # type: ignore[operator]
    assert (first == draw(people, seed=1, trial="a")).all()
    for other in (draw(people, seed=2, trial="a"), draw(people, seed=1, trial="b")):
        assert abs((first < 500_000).sum() - ((first < 500_000) == (other < 500_000)).sum()) < 1_000


def test_a_person_keeps_their_arm_whoever_else_is_looked_at(tmp_path: Path) -> None:
    policy = policy_with(tmp_path, "explore: {share: 0.3, among: [call, text]}\n")
    whole = wishes(policy, crowd(), seed=4)
    assert wishes(policy, crowd().tail(100), seed=4).equals(whole.tail(100))
    assert not wishes(policy, crowd(), seed=5).equals(whole)


def test_explored_people_are_shared_evenly_and_know_their_chance(tmp_path: Path) -> None:
    """30% explored between call and text: a text has chance 15%, a call the other 85%."""
    wished = wishes(policy_with(tmp_path, "explore: {share: 0.3, among: [call, text]}\n"), crowd())
    assert share_of(wished, "text") == pytest.approx(0.15, abs=0.01)
    assert share_of(wished, "call") == pytest.approx(0.85, abs=0.01)
    chances = wished.group_by("step").agg(pl.col("propensity").unique()).sort("step")
    assert chances["propensity"].to_list() == [[850_000], [150_000]]
    assert (wished["arm"] == "explored").mean() == pytest.approx(0.3, abs=0.01)


def test_exploring_never_takes_a_harsher_step(tmp_path: Path) -> None:
    """On day 2 the wish is a text; the call of the trial does not hold, and would be harsher."""
    policy = policy_with(tmp_path, "explore: {share: 1, among: [call, text]}\n")
    early = wishes(policy, crowd(days_past_due=2))
    assert set(early["step"]) == {"text"}
    assert set(early["propensity"]) == {SHARE_ONE}


def test_a_step_outside_the_trial_is_left_alone(tmp_path: Path) -> None:
    policy = policy_with(tmp_path, "explore: {share: 1, among: [call, text]}\n")
    owed = wishes(policy, crowd(days_past_due=40, days_since_statement=99))
    assert set(owed["step"]) == {"notice"}
    assert owed["arm"].is_null().all()


def test_held_out_people_get_only_what_is_owed(tmp_path: Path) -> None:
    policy = policy_with(tmp_path, "holdout: {share: 0.1}\n")
    wished = wishes(policy, crowd())
    out = wished.filter(pl.col("arm") == "holdout")
    assert out.height / wished.height == pytest.approx(0.1, abs=0.01)
    assert out["step"].is_null().all()
    assert set(out["propensity"]) == {100_000}
    assert set(wished.filter(pl.col("arm") == "usual")["propensity"]) == {900_000}
    assert choices(policy, wished).join(out, on="person").is_empty()
    owed = wishes(policy, crowd(days_past_due=40, days_since_statement=99))
    assert set(owed["step"]) == {"notice"}


def test_chances_of_all_arms_sum_to_one(tmp_path: Path) -> None:
    policy = policy_with(
        tmp_path, "explore: {share: 0.25, among: [call, text]}\nholdout: {share: 0.2}\n"
    )
    arms = wishes(policy, crowd()).group_by("step").agg(pl.col("propensity").first())
    assert arms["propensity"].sum() == SHARE_ONE
