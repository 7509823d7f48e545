"""The language of conditions: what it allows, what it refuses, and how it treats the unknown."""

import polars as pl
import pytest

from forbear.errors import InputError
from forbear.facts.expression import Word, parse

WORDS = {
    "days": Word("number"),
    "age": Word("number", may_be_unknown=True),
    "share": Word("share"),
    "money": Word("amount"),
    "channel": Word("word", values=("call", "sms", "visit")),
    "name": Word("word"),
    "held": Word("yes_no"),
    "born": Word("day"),
    "told": Word("instant", may_be_unknown=True),
}


@pytest.mark.parametrize(
    ("text", "row", "answer"),
    [
        ("days >= 31", {"days": 31}, True),
        ("days >= 31", {"days": 30}, False),
        ("31 <= days", {"days": 31}, True),
        ("share < 0.8", {"share": 799_999}, True),
        ("share < 0.8", {"share": 800_000}, False),
        ("money >= yuan(2000)", {"money": 200_000}, True),
        ("money >= yuan(2000)", {"money": 199_999}, False),
        ("money = yuan(0.01)", {"money": 1}, True),
        ("channel IN ('call', 'sms')", {"channel": "sms"}, True),
        ("channel NOT IN ('call', 'sms')", {"channel": "visit"}, True),
        ("days BETWEEN 4 AND 30", {"days": 30}, True),
        ("days NOT BETWEEN 4 AND 30", {"days": 30}, False),
        ("held AND NOT (days = 1 OR days = 2)", {"held": True, "days": 3}, True),
        ("born < '2008-11-21'", {"born": "2008-11-20"}, True),
        ("days <> -3", {"days": 3}, True),
        # Kleene: unknown decides nothing, unless the other side already has
        ("age < 18", {"age": None}, None),
        ("age < 18 AND held", {"age": None, "held": False}, False),
        ("age < 18 OR held", {"age": None, "held": True}, True),
        ("NOT age < 18", {"age": None}, None),
        ("age IN (17, 18)", {"age": None}, None),
        ("age IS NOT NULL AND age < 18", {"age": None}, False),
        ("told IS NULL", {"told": None}, True),
    ],
)
def test_what_a_condition_answers(text: str, row: dict[str, object], answer: bool | None) -> None:
    frame = pl.DataFrame([row])
    if "born" in row:
        frame = frame.with_columns(pl.col("born").str.to_date())
    if row.get("age", 0) is None:
        frame = frame.with_columns(pl.col("age").cast(pl.Int64))
    said = parse(text, WORDS)
    assert frame.select(said.expr.alias("answer")).item() is answer
    assert frame.select(said.holds.alias("answer")).item() is bool(answer)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dayz >= 31", "unknown word dayz (did you mean days?)"),
        ("channel = 'cal'", "'cal' is not a value of channel"),
        ("channel > 'call'", "channel has no order"),
        ("days = 'x'", "days is a number"),
        ("days >= 1 + 2", "days is a number"),
        ("days + 1 > 2", "is not a word"),
        ("money >= 2000", "money is money (write yuan(2000))"),
        ("days >= yuan(3)", "days is not money"),
        ("share < 0.12345678", "finer than share is kept"),
        ("held", None),
        ("days", "days is not a yes/no word"),
        ("held = 1", "held is yes or no"),
        ("age = NULL", "age = NULL is never true"),
        ("told > '2026-01-01'", "told is an instant"),
        ("born > 'yesterday'", "born is a day"),
        ("days IN (SELECT 1)", "IN needs a list"),
        ("lower(name) = 'a'", "is not a word"),
        ("name LIKE 'a%'", "outside the language"),
        ("SELECT 1", "outside the language"),
        ("days >=", "cannot read"),
        ("days >= 31 AND", "cannot read"),
        ("", "cannot read"),
        ("days IS TRUE", "IS is only for NULL"),
        ("days < money", "days (number) beside money (amount)"),
    ],
)
def test_what_is_refused_names_the_problem(text: str, says: str | None) -> None:
    if says is None:
        parse(text, WORDS)
        return
    with pytest.raises(InputError) as problem:
        parse(text, WORDS, where="rule.yaml line 3")
    assert says in str(problem.value)
    assert str(problem.value).startswith("rule.yaml line 3")


def test_a_word_compared_without_a_guard_is_named() -> None:
    assert parse("age < 18", WORDS).unguarded == ("age",)
    assert parse("age IS NOT NULL AND (held OR age < 18)", WORDS).unguarded == ()
    assert parse("held OR (age IS NOT NULL AND age < 18)", WORDS).unguarded == ()
    assert parse("age IS NULL OR age < 18", WORDS).unguarded == ()
    assert parse("age IS NOT NULL OR age < 18", WORDS).unguarded == ("age",)
    assert parse("age IS NULL AND age < 18", WORDS).unguarded == ("age",)


@pytest.mark.parametrize("text", ["days < 9223372036854775808", "days < 1e999999999"])
def test_a_number_beyond_64_bits_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="beyond anything a fact can be"):
        parse(text, WORDS)
