"""Conformance: the situations of the Chinese rules, and how the reader treats what it does not know."""

import json
from pathlib import Path
from typing import Any

import pytest

from forbear.errors import CaseError
from forbear.law.cases import Result, read_cases, run_cases
from forbear.law.rulebook import load

FILE = Path(__file__).parents[1] / "conformance" / "contact_cn.json"


@pytest.fixture(scope="module")
def results() -> list[Result]:
    vectors, assume = read_cases(FILE.read_text("utf-8"))
    return run_cases(vectors, assume=assume)


def test_every_situation_is_answered_as_expected(results: list[Result]) -> None:
    wrong = [each for each in results if not each.passed and each.got != "skipped"]
    assert wrong == []
    assert sum(each.passed for each in results) >= 240


def test_only_wording_is_skipped(results: list[Result]) -> None:
    assert {each.rule for each in results if each.got == "skipped"} == {"wording"}


def test_a_blocked_case_is_blocked_by_the_rule_it_names_or_one_that_decides_before_it(
    results: list[Result],
) -> None:
    """A case is written for one rule; a stricter or earlier one may decide, but never a later one."""
    order = [rule.name for rule in load("cn+cn-house").rules]
    named = {v["id"]: v["rule"] for v in json.loads(FILE.read_text("utf-8"))["vectors"]}
    for each in results:
        if each.passed and each.got == "blocked":
            assert order.index(each.rule.split(" (")[0]) <= order.index(named[each.id]), each


def test_rules_with_a_date_have_cases_before_on_and_after_it() -> None:
    said = json.loads(FILE.read_text("utf-8"))["vectors"]
    days = {vector["attempt"]["at"][:10] for vector in said}
    for changed in (
        "2025-02-28",
        "2026-01-30",
        "2026-01-01",
        "2024-05-15",
        "2023-03-01",
        "2013-03-15",
    ):
        assert changed in days


def vector(**attempt: Any) -> dict[str, Any]:
    at = {"at": "2026-11-19T10:00:00+08:00", "channel": "call", "to": "C1"}
    return {"id": "one", "expected": "allowed", "setup": {}, "attempt": at | attempt}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (vector(channel="telegram"), "telegram"),
        (vector(mood="cross"), "mood"),
        (vector(to="everybody"), "everybody"),
        (vector(purpose="threaten"), "threaten"),
        (vector(place="church", channel="visit"), "church"),
        (vector() | {"expected": "perhaps"}, "perhaps"),
        (vector() | {"setup": {"events": [{"type": "shouted", "at": "2026-11-01"}]}}, "shouted"),
        (
            vector() | {"setup": {"events": [{"type": "dispute", "at": "2026-11-01", "loud": 1}]}},
            "loud",
        ),
        (vector() | {"setup": {"consumer": {"height": 180}}}, "height"),
        (vector() | {"setup": {"debts": [{"colour": "red"}]}}, "colour"),
        (vector() | {"setup": {"consumer": {"flags": ["rich"]}}}, "rich"),
        (vector(at="yesterday"), "yesterday"),
    ],
)
def test_an_unknown_word_is_an_error_that_names_it(said: dict[str, Any], names: str) -> None:
    with pytest.raises(CaseError) as problem:
        run_cases([said])
    assert names in str(problem.value)
    assert "one" in str(problem.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"vectors": 3}', '{"vectors": [{"expected": "allowed"}]}']
)
def test_what_is_not_a_case_file_is_refused(text: str) -> None:
    with pytest.raises(CaseError):
        read_cases(text)


def test_a_rulebook_that_is_not_here_is_skipped_and_named() -> None:
    (result,) = run_cases([vector() | {"rulebook": "xx-regf"}])
    assert (result.got, result.rule) == ("skipped", "rulebook xx-regf is not here")


def test_what_comes_after_the_attempt_is_not_known_to_it() -> None:
    later = {"type": "dispute", "at": "2026-11-19T10:00:01+08:00"}
    (result,) = run_cases([vector() | {"setup": {"events": [later]}}])
    assert result.got == "allowed"
