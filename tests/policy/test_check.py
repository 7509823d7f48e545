"""One mistake a file in ``broken/``; its first line says what must be found, and on which line."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forbear.cli.policy import app
from forbear.errors import PolicyError
from forbear.facts.definitions import FACTS, frame
from forbear.policy import load, shipped
from forbear.policy.check import problems
from forbear.policy.evaluate import wishes
from forbear.policy.load import read_policy
from forbear.policy.reachable import witness

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


def found_in(file: Path) -> list[PolicyError]:
    try:
        return problems(read_policy(file))
    except PolicyError as problem:
        return [problem]


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_the_mistake_is_named_with_its_line(file: Path) -> None:
    said = re.match(r"# expect: line (\d+): (.*)", file.read_text(encoding="utf-8"))
    assert said
    found = found_in(file)
    assert len(found) == 1, "one mistake, one message: " + " | ".join(map(str, found))
    assert said[2] in found[0].problem
    assert f"{file} line {said[1]}" in found[0].where


@pytest.mark.parametrize("name", shipped())
def test_what_ships_is_without_mistakes(name: str) -> None:
    assert problems(read_policy(name)) == []


def test_a_policy_that_does_not_exist() -> None:
    with pytest.raises(PolicyError, match="there is no policy 'kind'"):
        load("kind")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_bytes("name: 宽限".encode("gb18030"))
    with pytest.raises(PolicyError, match="not UTF-8"):
        load(file)


def test_the_command_counts_and_fails() -> None:
    shell = CliRunner()
    good = shell.invoke(app, ["check", *shipped()])
    assert good.exit_code == 0
    assert good.output == "6 checked, 0 mistakes\n"
    bad = shell.invoke(app, ["check", str(BROKEN[0]), str(BROKEN[1])])
    assert bad.exit_code == 1
    assert bad.output.splitlines()[-1] == "2 checked, 2 mistakes"


def test_a_witness_shows_how_a_step_is_reached() -> None:
    """The search does not only say yes: what it finds makes the step hold and no step before it."""
    for name in shipped():
        policy = load(name)
        for place, step in enumerate(policy.steps):
            before = [policy.conditions[s.id].tree for s in policy.steps[:place]]
            found = witness(policy.conditions[step.id].tree, before, false=policy.form.silence)
            assert found is not None, step.id
            row = {fact: value for fact, value in found.items() if fact in FACTS}
            assert wishes(policy, frame([row]))["step"][0] == step.id


def test_the_digest_follows_the_content_not_the_layout(tmp_path: Path) -> None:
    source = load("visit")
    original = (resources.files("forbear") / "policies" / "visit.yaml").read_text(encoding="utf-8")
    spaced, changed = tmp_path / "spaced.yaml", tmp_path / "changed.yaml"
    spaced.write_text("# a remark\n" + original + "\n\n", encoding="utf-8")
    changed.write_text(
        original.replace("capacity: {call: 400", "capacity: {call: 401"), encoding="utf-8"
    )
    assert load(spaced).digest == source.digest
    assert load(changed).digest != source.digest


def test_a_policy_names_the_days_before_the_due_date_it_looks_at() -> None:
    """A morning need not look at healthy loans on other days."""
    for name in shipped():
        policy = load(name)
        rows = [{"person": day, "days_to_due": day, "days_since_text": 99} for day in range(32)]
        wished = wishes(policy, frame(rows))
        seen = set(wished.filter(wished["step"].is_not_null())["person"])
        assert seen == policy.due_in
