"""Fit the scores on a book's own past, and read them (评分：拟合与查看)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from forbear.book.layout import Book
from forbear.cli.score_page import percent
from forbear.cli.score_page import report as report_of
from forbear.errors import InputError
from forbear.score import tables
from forbear.score.fit import fit as fit_scores

app = typer.Typer(no_args_is_help=True, help=(__doc__ or "").splitlines()[0])


@app.command()
def fit(
    book: Annotated[Path, typer.Argument(help="folder of the book")],
    out: Annotated[Path, typer.Option(help="score file to write")] = Path("score.json"),
    name: Annotated[str, typer.Option(help="name to go by; otherwise that of the book")] = "",
    replace: Annotated[bool, typer.Option(help="overwrite a score file that is there")] = False,
) -> None:
    """Fit self-cure, payment and reach tables on the past of a book (用账簿历史拟合评分)."""
    if out.exists() and not replace:
        raise InputError("is already there", where=str(out), remedy="name another, or --replace")
    scores = fit_scores(Book.open(book), name=name)
    tables.save(scores, out)
    screen = Console(highlight=False, soft_wrap=True)
    made = scores.made_from
    screen.print(
        f"{out}: {made['looks']:,} looks at {made['spells']:,} spells of arrears and "
        f"{made['calls']:,} calls, to {made['as_of']}"
    )
    screen.print(f"sha256 {scores.digest}")
    if scores.check:
        screen.print(f"out of time, all: {_apart(scores.check[0]['apart'])}")


@app.command()
def report(
    file: Annotated[
        Path | None, typer.Argument(help="score file; none: the shipped default")
    ] = None,
) -> None:
    """Print the tables of a score file and its check out of time (查看评分表)."""
    scores = tables.load(file) if file else tables.default()
    screen = Console(highlight=False, width=100)
    for part in report_of(scores):
        screen.print(part, markup=False)


def _apart(millionths: int) -> str:
    sign = "−" if millionths < 0 else "+"
    return f"foretold {sign}{percent(abs(millionths))} against what came"
