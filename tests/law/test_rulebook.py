"""Rulebooks: what is refused, with file and line; what is in force when; what the digest hears."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forbear.errors import InputError, RuleError
from forbear.law.rule import read_rule
from forbear.law.rulebook import SHIPPED, load

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_a_broken_rule_is_refused_with_file_and_line(file: Path) -> None:
    """The first line of each file says what is wrong and where."""
    line, _, says = file.read_text("utf-8").splitlines()[0].removeprefix("# line ").partition(": ")
    with pytest.raises(RuleError) as problem:
        read_rule(file, "broken")
    assert f"{file.name} line {line}" in str(problem.value)
    assert says in str(problem.value)


def test_there_is_a_broken_rule_for_every_mistake() -> None:
    assert len(BROKEN) >= 30


def test_the_shipped_books_load_in_one_fixed_order() -> None:
    book = load("cn+cn-house")
    assert book.rules[0].name == "cn.T-08"  # a police order decides before everything
    assert [r.name for r in load("cn+cn-house").rules] == [r.name for r in book.rules]
    assert all(rule.title["zh"] and rule.title["en"] for rule in book.rules)


def test_a_rule_before_its_first_date_is_not_in_force() -> None:
    rule = load("cn").find("cn.T-02")
    assert rule.on(date(2026, 1, 29)) is None
    assert rule.on(date(2026, 1, 30)) is not None


def test_a_book_held_on_a_date_says_the_same_on_every_day() -> None:
    held = load("cn@2026-11-21")
    assert {r.rule.name for r in held.in_force(date(2016, 1, 1))} == {
        r.rule.name for r in load("cn").in_force(date(2026, 11, 21))
    }
    assert held.changes() == ()


def test_what_was_read_from_less_than_the_text_needs_review_and_house_rules_do_not() -> None:
    need = set(load("cn+cn-house").needs_legal_review(date(2026, 11, 21)))
    assert "cn.T-03" in need
    assert "cn.P-12" not in need
    assert not any(name.startswith("cn-house.") for name in need)


@pytest.mark.parametrize(
    ("spec", "says"),
    [("xx", "there is no rulebook"), ("cn+cn", "named twice"), ("", "there is no rulebook")],
)
def test_a_book_that_is_not_there_is_an_error(spec: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        load(spec)


def test_an_impossible_date_is_an_error() -> None:
    with pytest.raises(InputError, match="2026-02-30"):
        load("cn@2026-02-30")


def test_the_digest_hears_a_changed_number_and_not_a_changed_line_end(tmp_path: Path) -> None:
    root = tmp_path / "books"
    shutil.copytree(SHIPPED / "cn-house", root / "cn-house")
    before = load("cn-house", root=root).digest
    assert before == load("cn-house").digest
    file = root / "cn-house" / "HP-01-day.yaml"
    text = file.read_text("utf-8")
    file.write_bytes(text.replace("\n", "\r\n").encode())
    assert load("cn-house", root=root).digest == before
    file.write_text(text.replace("most: 1", "most: 2"), encoding="utf-8")
    assert load("cn-house", root=root).digest != before


def test_only_rules_that_can_never_apply_are_left_out() -> None:
    """Whatever the other words say, a rule that is left out would not have applied."""
    book = load("cn+cn-house")
    rules = book.in_force(date(2026, 11, 21))
    said = pl.DataFrame(
        {"channel": ["sms"], "purpose": ["collect"], "recipient": ["debtor"]},
        schema={name: pl.Enum(values) for name, values in _words().items()},
    )
    kept = {each.rule.name for each in book.could_apply(rules, said)}
    assert "cn-house.HP-05-exam" in kept  # hangs on a word that may be null
    assert "cn.T-03" not in kept
    assert "cn.T-01" in kept


def _words() -> dict[str, tuple[str, ...]]:
    from forbear.book.schema import CHANNELS, PURPOSES
    from forbear.law.request import RECIPIENTS

    return {"channel": CHANNELS, "purpose": PURPOSES, "recipient": RECIPIENTS}
