"""`forbear loan schedule` and `forbear loan apr`: one loan from options or JSON, table or JSON."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from forbear.cli.loan import app
from forbear.errors import ForbearError

LOAN = ["--principal", "12,000", "--rate", "12%", "--on", "2026-01-31", "--instalments", "3"]


def run(*arguments: str, text: str | None = None):
    return CliRunner().invoke(app, list(arguments), input=text)


def test_a_schedule_as_a_table_has_headings_in_both_languages_and_fits_100_columns():
    done = run("schedule", *LOAN)
    assert done.exit_code == 0
    assert "本金" in done.output
    assert "principal" in done.output
    assert "4,080.27" in done.output
    assert max(len(line) for line in done.output.splitlines()) <= 100


def test_a_schedule_as_json_sums_to_what_was_lent():
    data = json.loads(run("schedule", *LOAN, "--json").output)
    assert data["instalments"][0] == {
        "seq": 1,
        "from_on": "2026-01-31",
        "due_on": "2026-02-28",
        "principal": "3960.27",
        "interest": "120.00",
        "fee": "0.00",
        "total": "4080.27",
        "balance": "8039.73",
    }
    assert data["total_interest"] == "240.80"
    assert data["instalments"][-1]["balance"] == "0.00"


def test_the_same_loan_from_json_on_standard_input():
    loan = {"principal": "12000", "rate": "12", "disbursed_on": "2026-01-31", "instalments": 3}
    given = run("schedule", "--json", text=json.dumps(loan))
    assert json.loads(given.output) == json.loads(run("schedule", *LOAN, "--json").output)


def test_a_supplied_schedule_has_a_yearly_cost_too():
    loan = {
        "product": "given",
        "principal": "10000",
        "disbursed_on": "2026-01-01",
        "instalments": [{"due_on": "2027-01-01", "principal": "10000", "interest": "1000"}],
    }
    data = json.loads(run("apr", "--json", text=json.dumps(loan)).output)
    assert data["effective_annual_percent"] == "10.0000"


def test_yearly_costs_show_that_a_flat_eight_percent_is_no_eight_percent():
    done = run("apr", "--product", "flat_fee", *LOAN[:2], "--rate", "8", "--on", "2026-01-01")
    assert done.exit_code == 0
    assert "14.4521%" in done.output
    assert "年化综合成本" in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--principal", "12x"], "not an amount"),
        (["--principal", "1", "--rate", "x", "--on", "2026-01-01"], "not a rate"),
        (["--principal", "1", "--on", "2026-02-31"], "not a calendar date"),
        (["--principal", "1", "--on", "2026-02-01", "--product", "x"], "no product"),
        (["--principal", "1", "--on", "2026-02-01", "--instalments", "0"], "at least one"),
    ],
)
def test_options_that_make_no_loan_are_refused_in_words(arguments, says):
    done = run("schedule", *arguments)
    assert isinstance(done.exception, ForbearError)
    assert says in str(done.exception)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "line 1 column 2"),
        ("[]", "should be an object"),
        ('{"principal": "1"}', "missing"),
        (
            '{"principal": "1", "rate": "1", "disbursed_on": "2026-01-01", "instalments": 1, "x": 1}',
            "standard input.x: unknown field",
        ),
        ('{"principal": 1.5}', "decimal string"),
    ],
)
def test_json_that_makes_no_loan_is_refused_naming_the_field(text, says):
    done = run("schedule", text=text)
    assert isinstance(done.exception, ForbearError)
    assert says in str(done.exception)


def test_a_loan_above_the_ceiling_is_refused_in_words():
    loan = ["--product", "flat_fee", "--principal", "12000", "--on", "2026-01-01", "--rate", "15"]
    assert run("apr", *loan, "--ceiling", "36%").exit_code == 0
    done = run("apr", *loan, "--ceiling", "24%")
    assert isinstance(done.exception, ForbearError)
    assert "26.63% a year is above the ceiling of 24.00% (nominal)" in str(done.exception)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--principal", "1e308", "--principal: amount 1e308 is beyond"),
        ("--on", "2026-02-31", "--on: '2026-02-31' is not a calendar date"),
        ("--on", "9999-12-31", "due dates run past the end of the calendar"),
        ("--rate", "2000%", "--rate: '2000%' is not between 0% and 1000% a year"),
        ("--rate", "nan", "--rate: 'nan' is not between"),
        ("--rate", "-3", "--rate: '-3' is not between"),
        ("--instalments", "0", "at least one instalment"),
        ("--instalments", "100000", "due dates run past the end of the calendar"),
        ("--instalments", "600", "the term is longer than 40 years"),
        ("--signing-fees", "-5", "fees kept back at signing"),
        ("--signing-fees", "12000", "fees kept back at signing"),
        ("--product", "given", "--product given: the instalments of a given schedule are supplied"),
        ("--product", "nope", "there is no product 'nope'"),
    ],
)
def test_an_absurd_option_is_named(option: str, value: str, says: str):
    with pytest.raises(ForbearError) as problem:
        CliRunner().invoke(app, ["schedule", *LOAN, f"{option}={value}"], catch_exceptions=False)
    assert says in str(problem.value)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (b"\xff\xfe{", "standard input: not UTF-8 text"),
        (b"[" * 100_000, "standard input: not JSON: nested too deeply"),
    ],
)
def test_bytes_that_are_no_json_are_named(said: bytes, says: str):
    with pytest.raises(ForbearError) as problem:
        CliRunner().invoke(app, ["schedule"], input=said, catch_exceptions=False)
    assert says in str(problem.value)


def test_a_byte_order_mark_does_no_harm():
    loan = {"principal": "12000", "rate": "12", "disbursed_on": "2026-01-31", "instalments": 3}
    marked = run("schedule", "--json", text="\ufeff" + json.dumps(loan))
    assert json.loads(marked.output) == json.loads(run("schedule", *LOAN, "--json").output)
