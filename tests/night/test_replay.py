"""The replay of a book's past: every payment on its day, exposure per policy, said plainly."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from forbear.book.arrears.opening import open_loans
from forbear.book.arrears.terms import book_terms
from forbear.book.layout import Book
from forbear.cli.replay import app
from forbear.cli.replay_table import as_markdown, as_text
from forbear.dates import day_start
from forbear.errors import BookError, ForbearError
from forbear.night.replay import Replayed, replay, state_before
from forbear.night.world import world_of
from forbear.policy.paragraphs import columns

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 4)
LAW = "cn@2026-11-21+cn-house"


@pytest.fixture(scope="module")
def done(whole_book: Book) -> Replayed:
    return replay(
        whole_book.path, policies=("do-nothing", "prompt"), law=LAW, first=FIRST, last=LAST
    )


def test_the_past_begins_as_it_was_known_then(whole_book: Book) -> None:
    """Payments recorded later are not seen, and loans not yet lent are not there."""
    world = world_of(whole_book)
    state = state_before(world, whole_book, FIRST)
    known = world.events.filter(pl.col("recorded_at") < day_start(FIRST, whole_book.zone))
    lent = world.loans.filter(pl.col("disbursed_on") < FIRST)
    again = open_loans(
        lent, world.instalments, known, book_terms(whole_book), as_of=date(2026, 9, 30)
    )
    assert state["positions"].equals(again.positions)
    assert 0 < state["positions"].height == lent.height < world.loans.height


def test_the_same_people_are_in_arrears_under_every_policy_and_more_are_contacted_by_some(
    done: Replayed,
) -> None:
    floor, prompt = done.policies["do-nothing"], done.policies["prompt"]
    assert floor.people_overdue == prompt.people_overdue > 10
    assert prompt.contacts_overdue > floor.contacts_overdue
    assert prompt.by_channel["call"] > 0
    assert "call" not in floor.by_channel
    assert prompt.paid_anyway[3] <= prompt.paid_anyway[7] <= prompt.paid_anyway[14]
    assert prompt.cost > floor.cost


def test_two_processes_say_what_one_says(whole_book: Book, done: Replayed) -> None:
    again = replay(
        whole_book.path, policies=("do-nothing", "prompt"), law=LAW, first=FIRST, last=LAST,
        workers=2,
    )  # fmt: skip
    assert again.as_data() == done.as_data()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_table_fits_and_says_what_it_does_not_say(done: Replayed, language: str) -> None:
    text = as_text(done, language=language)  # type: ignore[arg-type]
    said = "不衡量效果" if language == "zh" else "exposure, not effect"
    assert said in text
    assumed = "人物均为虚构" if language == "zh" else "nobody in it exists"
    assert assumed in text  # what was assumed of the book is printed on every table
    assert all(columns(line) <= 100 for line in text.split("\n"))
    markdown = as_markdown(done, language=language)  # type: ignore[arg-type]
    rows = [line for line in markdown.split("\n") if line.startswith("|")]
    assert {row.count("|") for row in rows} == {4}


def test_the_command_writes_the_figures_and_the_table(whole_book: Book, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        app, [str(whole_book.path), "--from", "2026-10-01", "--to", "2026-10-02", "--policy",
              "humane", "--law", LAW, "--out", str(tmp_path / "out"), "--json"],
    )  # fmt: skip
    assert run.exception is None, run.exception
    told = json.loads(run.stdout)
    assert told == json.loads((tmp_path / "out" / "replay.json").read_text("utf-8"))
    assert told["measures"] == "exposure, not effect"
    assert (tmp_path / "out" / "replay.md").read_text("utf-8").count("humane") >= 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--from", "2026-10-05", "--to", "2026-10-01"], "cannot be replayed"),
        (["--to", "2030-01-01"], "cannot be replayed"),
        (["--from", "2026-02-31"], "not a calendar date"),
        (["--policy", "kind"], "kind"),
        (["--law", "mars"], "no rulebook"),
    ],
)
def test_wrong_options_are_clear_errors(whole_book: Book, options: list[str], problem: str) -> None:
    run = CliRunner().invoke(app, [str(whole_book.path), *options])
    assert isinstance(run.exception, ForbearError)
    assert problem in str(run.exception)


def test_a_book_of_snapshots_cannot_be_replayed(tmp_path: Path) -> None:
    Book.create(tmp_path / "cards", currency="TWD")
    with pytest.raises(BookError, match="monthly snapshots"):
        replay(tmp_path / "cards", policies=("humane",), law=LAW)
