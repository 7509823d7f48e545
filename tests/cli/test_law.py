"""``forbear law``: check tells failures with expected, got and rule; ask answers in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from forbear.cli.law import app
from forbear.errors import CaseError

CASES = Path(__file__).parents[1] / "conformance" / "contact_cn.json"


def run(*words: str, said: str | None = None) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, list(words), input=said, catch_exceptions=False)
    return result.exit_code, result.output.splitlines()


def situation(at: str, **attempt: Any) -> dict[str, Any]:
    return {"attempt": {"at": f"{at}+08:00", "channel": "call", "to": "C1"} | attempt}


def test_the_shipped_cases_pass_and_the_last_line_counts() -> None:
    code, lines = run("check", str(CASES))
    assert code == 0
    assert lines[-1] == "243 passed, 0 failed, 1 skipped"


def test_a_failure_is_a_line_with_expected_got_and_rule(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    wrong = {"id": "late", "expected": "allowed", **situation("2026-11-19T23:00:00")}
    right = {"id": "early", "expected": "allowed", **situation("2026-11-19T10:00:00")}
    file.write_text(json.dumps({"vectors": [wrong, right]}), encoding="utf-8")
    code, lines = run("check", str(file), "--law", "cn+cn-house")
    assert code == 1
    assert lines == [
        "late: expected allowed, got blocked, cn.T-01",
        "1 passed, 1 failed, 0 skipped",
    ]


def test_assumed_facts_are_printed_and_used(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    vector = {"id": "one", "expected": "blocked", **situation("2026-11-19T10:00:00")}
    file.write_text(
        json.dumps({"assume": {"over_ceiling": True}, "vectors": [vector]}), encoding="utf-8"
    )
    code, lines = run("check", str(file))
    assert (code, lines[0]) == (0, "assumed: over_ceiling = True")


def test_an_unknown_word_stops_the_check(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    vector = {"id": "one", "expected": "allowed", **situation("2026-11-19T10:00:00", tone="cross")}
    file.write_text(json.dumps({"vectors": [vector]}), encoding="utf-8")
    with pytest.raises(CaseError, match="tone"):
        run("check", str(file))


def test_ask_names_rule_sentence_citation_and_the_next_moment() -> None:
    said = json.dumps(situation("2026-11-19T22:30:00"))
    code, lines = run("ask", "-", "--law", "cn", "--lang", "en", said=said)
    assert code == 0
    assert lines[0] == "Forbidden"
    assert any("cn.T-01  No collection between 22:00 and 08:00" in line for line in lines)
    assert any("second hand; needs legal review" in line for line in lines)
    assert lines[-1] == "First moment no known rule forbids: 2026-11-20T08:00:00+08:00"


def test_ask_never_says_legal() -> None:
    said = json.dumps(situation("2026-11-19T10:00:00"))
    _, zh = run("ask", "-", said=said)
    assert zh[0] == "没有已知规则禁止"
    _, out = run("ask", "-", "--json", said=said)
    told = json.loads("\n".join(out))
    assert (told["outcome"], told["rules"]) == ("allowed", [])
    assert told["applying_need_legal_review"] > 0


def test_what_is_not_one_situation_is_refused() -> None:
    for said in ("", "{", "[]", '{"vectors": []}'):
        with pytest.raises(CaseError):
            run("ask", "-", said=said)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"setup": {"event": []}, **situation("2026-11-19T10:00:00")}, "unknown word 'event'"),
        (situation("2026-11-19T10:00:00", duration_s="long"), "'long' is not a number of seconds"),
        (situation("2026-11-19T10:00:00", duration_s=-1), "-1 is not a number of seconds"),
        ({"setup": {}}, "standard input: says nothing about an attempt"),
        ([], "standard input: says nothing about an attempt"),
    ],
)
def test_a_situation_that_cannot_be_read_is_named(said: object, says: str) -> None:
    with pytest.raises(CaseError) as problem:
        run("ask", said=json.dumps(said))
    assert says in str(problem.value)
