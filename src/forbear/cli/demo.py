"""Make a book of 20,000 people, close 30 nights under every policy, and write the comparison."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from forbear.book.arrears.opening import open_book
from forbear.book.layout import Book
from forbear.book.synthetic.future import answers
from forbear.book.synthetic.making import make
from forbear.book.synthetic.recipe import Recipe
from forbear.cli.close import terminal_language
from forbear.errors import BookError
from forbear.facts.opening import open_history
from forbear.law import rulebook as law_books
from forbear.law.rulebook import Rulebook
from forbear.measure.exposure import ANYWAY_DAYS
from forbear.measure.roll_rates import states
from forbear.night.run import Nights, run_nights
from forbear.night.world import orders_of, state_of_book, world_of
from forbear.policy import load, shipped
from forbear.report.comparison import compared, person_of_the_story, summary_rows
from forbear.report.exposure_page import Run, Setting, exposure_page
from forbear.report.page import write_page
from forbear.report.words import Both, both
from forbear.score.tables import default

app = typer.Typer(subcommand_metavar="")

AS_OF = date(2026, 11, 21)
LAW = "cn+cn-house"

Tick = Callable[[date], None]


@app.callback(invoke_without_command=True)
def demo(
    out: Annotated[Path, typer.Option(help="folder for the book and the report")] = Path("demo"),
    people: Annotated[int, typer.Option(min=50, help="how many people")] = 20_000,
    nights: Annotated[int, typer.Option(min=1, max=90, help="how many nights")] = 30,
    seed: Annotated[int, typer.Option(help="the same seed makes the same demo")] = 7,
    lang: Annotated[str, typer.Option(help="zh or en: which language shows first")] = "zh",
) -> None:
    """Make a book of 20,000 people, close 30 nights under every policy, and write the comparison."""
    begun = time.monotonic()
    tongue = terminal_language(lang)
    screen = Console(highlight=False, width=100)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("making a book of people who do not exist 造簿", total=nights + 2)
        book = _book(out / "book", people, nights, seed)
        progress.update(task, description="closing nights 逐晚日终", completed=1)
        policies = [load(name) for name in shipped()]
        rulebook = law_books.load(LAW)
        closed = _closed(book, shipped(), nights, seed, lambda day: progress.advance(task))
        progress.update(task, description="writing the report 写报告")
        story = person_of_the_story(closed)
        runs = compared(closed, policies, story)
        setting = _setting(book, closed, rulebook, people, nights, seed, story)
        write_page(out / "report.html", exposure_page(setting, runs, tongue=tongue))
    screen.print(_table(runs, people, nights))
    screen.print(
        "Exposure, not effect: nobody pays because of a contact here, so there is no recovery column.\n"
        "each: contacts per person in arrears. day 1st: median day of the first. anyway: share\n"
        "of contacts to people who paid within a week anyway. cost: yuan at stated prices."
    )
    screen.print(f"report: {out / 'report.html'} ({time.monotonic() - begun:.0f} s)", style="bold")


def _book(path: Path, people: int, nights: int, seed: int) -> Book:
    """The synthetic book with its future, made afresh."""
    if path.exists():
        _remove_demo(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(seed=seed, people=people, as_of=AS_OF, days=400, files=1, plain=False)

    def finish(book: Book) -> None:
        open_book(book)
        open_history(book)

    # payments of two more weeks, so that "paid within 14 days anyway" is known for the last night too
    make(recipe, path, future_days=nights + max(ANYWAY_DAYS), finish=finish)
    return Book.open(path)


def _remove_demo(path: Path) -> None:
    """Remove the book of an earlier demo, and nothing that somebody may still need."""
    try:
        made_by = Book.open(path).manifest.source.get("made_by")
    except BookError:
        made_by = None
    if made_by != "forbear book make":
        raise BookError(
            "is not the book of an earlier demo and is left alone",
            where=str(path),
            remedy="name another folder with --out",
        )
    shutil.rmtree(path)


def _closed(book: Book, names: Sequence[str], nights: int, seed: int, tick: Tick) -> Nights:
    """Every night under every policy, half of the policies in a process of their own.

    The money part is done in both (it is the same, it reacts to nobody); the policies never meet.
    """
    here, there = names[::2], names[1::2]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        waiting = pool.submit(_closed_under, book.path, tuple(there), nights, seed)
        done = _closed_under(book.path, tuple(here), nights, seed, tick)
        rest = waiting.result()
    runs = {**done.runs, **rest.runs}
    return replace(done, runs={name: runs[name] for name in names})


def _closed_under(
    path: Path, names: tuple[str, ...], nights: int, seed: int, tick: Tick = lambda day: None
) -> Nights:
    """Every night under some of the policies."""
    book, first = Book.open(path), AS_OF + timedelta(days=1)
    policies = [load(name) for name in names]
    return run_nights(
        world_of(book),
        state_of_book(book),
        orders_of(book, policies, law_books.load(LAW), default(), day=first, seed=seed),
        first=first,
        last=AS_OF + timedelta(days=nights),
        answers=partial(answers, seed),
        progress=tick,
    )


def _setting(
    book: Book,
    closed: Nights,
    rulebook: Rulebook,
    people: int,
    nights: int,
    seed: int,
    story: int | None,
) -> Setting:
    overdue = closed.spells["person"].n_unique()
    loans = book.scan("loans").select(pl.len()).collect().item()
    review = rulebook.needs_legal_review(closed.last)
    return Setting(
        title=both(
            f"{nights} 晚，{len(closed.runs)} 种办法",
            f"{nights} nights, {len(closed.runs)} policies",
        ),
        lead=both(
            f"{people:,} 个虚构的人，{closed.first} 至 {closed.last} 每晚日终，规则书 {LAW}。",
            f"{people:,} people who do not exist, every night from {closed.first} to {closed.last}, "
            f"law {LAW}.",
        ),
        figures=[
            (f"{people:,}", both("人", "people")),
            (f"{loans:,}", both("笔借款", "loans")),
            (f"{overdue:,}", both("期间曾逾期的人", "in arrears at some time")),
            (f"{closed.replayed:,}", both("笔次因补记而重放", "back-dated replays")),
            (f"{closed.set_aside:,}", both("笔待查", "set aside")),
        ],
        command=f"forbear demo --people {people} --nights {nights} --seed {seed}",
        currency=book.manifest.currency,
        notes=_notes(review),
        simulated=True,
        story_of=_who(book, story) if story is not None else None,
        rule_titles={
            rule.name: both(rule.title["zh"], rule.title["en"]) for rule in rulebook.rules
        },
    )


def _notes(review: Sequence[str]) -> list[Both]:
    return [
        both(
            "拨打是否接通、是否承诺，只取决于（种子、人、第几次），与策略无关，因此各策略遇到的是同样的人和运气。",
            "Whether a call is answered or a promise made depends on (seed, person, attempt) only, so "
            "every policy meets the same people and the same luck.",
        ),
        both(
            "费用按公开估计的单价折算（见 prices.yaml），只可比较，不是预算。",
            "Cost uses stated prices from public estimates (prices.yaml): to compare, not to budget.",
        ),
        both(
            f"规则书中有 {len(review)} 条规则尚待法务复核原文。",
            f"{len(review)} rules of the rulebook still need legal review of the original text.",
        ),
    ]


def _who(book: Book, person: int) -> Both:
    """The person of the story, in words that name nobody."""
    position = (
        book.scan("positions")
        .filter(pl.col("person") == person)
        .select("loan", owed=pl.col("principal_due") + pl.col("interest_due"))
        .collect()
    )
    state = (
        states(book.scan("positions").filter(pl.col("person") == person), AS_OF + timedelta(days=1))
        .collect()
        .sort("state", descending=True)
    )
    due = int(position["owed"].sum()) // 100
    bucket = str(state["state"][0])
    return both(
        f"第 {person} 号（虚构）：首晚账龄 {bucket}，已到期未还约 {due:,} 元。空格表示当天不打扰。",
        f"Person {person} (made up): bucket {bucket} on the first night, about {due:,} yuan due. "
        "An empty cell is a day left in peace.",
    )


def _table(runs: Sequence[Run], people: int, nights: int) -> Table:
    title = f"{people:,} people, {nights} nights: who is contacted, and how much"
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    rows = summary_rows(runs)
    for name in rows[0]:
        table.add_column(name, justify="left" if name == "policy" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row.values())
    return table
