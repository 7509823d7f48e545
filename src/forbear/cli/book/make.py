"""Make a synthetic book of people who do not exist (造一本虚构的账簿)."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from forbear.book.arrears.opening import open_book
from forbear.book.layout import Book
from forbear.book.synthetic.making import make as make_book
from forbear.book.synthetic.recipe import Recipe
from forbear.cli.book import app
from forbear.facts.opening import open_history


@app.command("make")
def make(
    people: Annotated[int, typer.Option(help="how many people")],
    out: Annotated[Path, typer.Option(help="folder to write; must not exist")],
    seed: Annotated[int, typer.Option(help="the same seed makes the same book")] = 7,
    as_of: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], help="last day in history; the next morning can be closed"
        ),
    ] = datetime(2026, 11, 21),
    days: Annotated[int, typer.Option(help="days of history")] = 400,
    future: Annotated[int, typer.Option(min=0, help="days after it, revealed day by day")] = 0,
    files: Annotated[int, typer.Option(help="part files; 0: one for every 50,000 people")] = 0,
    opened: Annotated[
        bool, typer.Option("--open/--no-open", help="bring every loan to the last day, too")
    ] = True,
    plain: Annotated[bool, typer.Option(help="one product, no households, no contacts")] = False,
) -> None:
    """Make a book of people who do not exist, from a seed (按种子造一本虚构的账簿)."""
    recipe = Recipe(
        seed=seed, people=people, as_of=as_of.date(), days=days, files=files, plain=plain
    )
    begun = time.monotonic()
    screen = Console(highlight=False, soft_wrap=True)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("making the book 造簿", total=recipe.files)

        def finish(book: Book) -> None:
            progress.update(task, description="bringing it to its last day 开簿", total=None)
            open_book(book)
            open_history(book)

        rows = make_book(
            recipe,
            out,
            future_days=future,
            finish=finish if opened else None,
            progress=lambda done, whole: progress.update(task, completed=done, total=whole),
        )
    for table, count in rows.items():
        screen.print(f"{table:>12} {count:>13,}")
    screen.print(
        f"{out}: {people:,} people who do not exist (虚构), as of {recipe.as_of}, "
        f"{recipe.files} part files, {time.monotonic() - begun:.1f} s"
    )
