"""What a compliance officer signs, word for word: one stored text a policy and language.

After a wanted change: ``FORBEAR_RENEW=1 python -m pytest tests/policy/test_explain.py``, and read the
difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forbear.cli.policy import app
from forbear.facts.definitions import words
from forbear.facts.expression import parse
from forbear.policy import load, shipped
from forbear.policy.explain import explain
from forbear.policy.paragraphs import columns
from forbear.policy.phrases import Language, conditions

STORED = Path(__file__).parent / "explained"
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", shipped())
def test_the_paragraphs_are_those_that_were_read(name: str, language: Language) -> None:
    file = STORED / f"{name}.{language}.txt"
    said = explain(load(name), language)
    if os.environ.get("FORBEAR_RENEW"):
        STORED.mkdir(exist_ok=True)
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", shipped())
def test_nothing_is_left_out_and_everything_fits(name: str, language: Language) -> None:
    policy = load(name)
    said = explain(policy, language)
    assert max(columns(line) for line in said.splitlines()) <= 100
    run_together = "".join(said.split())
    for step in policy.steps:
        why = step.why.zh if language == "zh" else step.why.en
        assert "".join(why.split()) in run_together
        for phrase in conditions(policy.conditions[step.id].tree, language):
            assert "".join(phrase.split()) in run_together
    assert policy.digest in said


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        ("self_cure < 0.8", "自愈可能少于80%", "chance of paying without contact is less than 80%"),
        ("pay_30d < 0.125", "三十日内还款可能少于12.5%",
         "chance of paying within 30 days is less than 12.5%"),
        ("balance >= yuan(2000.50)", "全部欠款余额至少¥2,000.50",
         "everything still owed is at least ¥2,000.50"),
        ("connects_7d < 1", "近7日外呼接通次数少于1", "no connected outbound calls in 7 days"),
        ("connects_7d < 2", "近7日外呼接通次数少于2",
         "fewer than 2 connected outbound calls in 7 days"),
        ("days_past_due BETWEEN 4 AND 30", "逾期天数在4到30天之间",
         "days past due is from 4 to 30 days"),
        ("days_past_due = 1", "逾期天数为1天", "days past due is 1 day"),
        ("days_past_due IN (1, 4)", "逾期天数为1天、4天", "days past due is one of 1 day, 4 days"),
        ("visit_notice_days = 0", "上门尚未预告", "a visit was not announced"),
        ("NOT time_barred", "非：诉讼时效已过", "not: time-barred"),
        ("NOT (visits_case > 2 AND time_barred)", "非（本案上门次数多于2，并且诉讼时效已过）",
         "not: (more than 2 visits in this case and time-barred)"),
        ("ability_to_pay = 'unable'", "还款能力为没有能力", "ability to pay is unable"),
        ("age IS NOT NULL AND age >= 65", "年龄已知；年龄至少65岁",
         "age is known; age is at least 65 years"),
        ("visits_case = 1 OR talks_case > 2", "（本案上门次数为1，或者本案沟通次数多于2）",
         "either exactly 1 visits in this case, or more than 2 conversations in this case"),
    ],
)  # fmt: skip
def test_conditions_in_words(condition: str, zh: str, en: str) -> None:
    tree = parse(condition, words()).tree
    assert "；".join(conditions(tree, "zh")) == zh
    assert "; ".join(conditions(tree, "en")) == en


def test_the_commands() -> None:
    shell = CliRunner()
    assert "捷信" in shell.invoke(app, ["list"]).output
    assert shell.invoke(app, ["explain", "visit"]).output == explain(load("visit"), "zh")
    english = shell.invoke(app, ["explain", "visit", "--lang", "en"])
    assert english.output == explain(load("visit"), "en")
    wrong = shell.invoke(app, ["explain", "visit", "--lang", "fr"])
    assert "no language 'fr'" in str(wrong.exception)
