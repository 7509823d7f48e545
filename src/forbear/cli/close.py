"""Close one night: bring the book to today, decide, ask the gate, plan the day."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from forbear import dates
from forbear.book.layout import Book
from forbear.cli.night_page import show_summary
from forbear.errors import BookError, InputError
from forbear.night.engine import Closed, Night, order_of, run_night
from forbear.night.saying import Said, begin_from, days_missing, say
from forbear.report.night_page import night_page
from forbear.report.words import Tongue, both

app = typer.Typer(subcommand_metavar="")

MOST_WORKERS = 64


@app.callback(invoke_without_command=True, context_settings={"allow_interspersed_args": True})
def close(
    book: Annotated[Path, typer.Argument(help="the book's folder")],
    as_of: Annotated[str, typer.Option(help="the morning to close, as 2026-11-21")],
    policy: Annotated[str, typer.Option(help="a policy that ships, or a file")],
    out: Annotated[Path, typer.Option(help="a new folder for the night")],
    law: Annotated[str, typer.Option(help="rulebooks, as cn@2026-11-21+cn-house")] = "cn+cn-house",
    begin: Annotated[
        Path | None, typer.Option("--from", help="the night before (its --out folder)")
    ] = None,
    score: Annotated[Path | None, typer.Option(help="a score file; else the shipped one")] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=MOST_WORKERS, help="processes, each with its part files")
    ] = 1,
    seed: Annotated[int, typer.Option(help="keys the draws of experiments")] = 0,
    receipts: Annotated[bool, typer.Option(help="write a receipt for every wish judged")] = True,
    catch_up: Annotated[
        bool, typer.Option("--catch-up", help="bring in mornings that were not closed")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print night.json, no table")] = False,
    lang: Annotated[str | None, typer.Option(help="zh or en; else the terminal's")] = None,
) -> None:
    """Close one night: bring the book to today, decide, ask the gate, plan the day."""
    language = terminal_language(lang)
    opened = Book.open(book)
    day = dates.parse_day(as_of)
    before = begin_from(opened, begin)
    missing = days_missing(before, opened, day)
    if missing and not catch_up:
        lie = "morning lies" if len(missing) == 1 else "mornings lie"
        raise BookError(
            f"{len(missing)} {lie} between: close {missing[0]} first",
            where=str(before.folder),
            remedy="close each day in turn with --from, or give --catch-up to bring in what lies "
            "between without planning it",
        )
    night = Night(
        book=book, before=before, day=day, policy=policy, law=law, scores=score, seed=seed,
        receipts=receipts, catch_up=tuple(missing), clock=time.perf_counter_ns,
    )  # fmt: skip
    order = order_of(night, opened)
    told: list[Said] = []

    def seal(folder: Path, closed: Closed) -> None:
        said = say(opened, order, law, before, closed, missing)
        said.write(folder)
        titles = {
            rule.name: both(rule.title["zh"], rule.title["en"]) for rule in order.rulebook.rules
        }
        page = night_page(said.summary, tongue=language, rule_titles=titles, root=said.root)
        (folder / "summary.html").write_text(page, encoding="utf-8")
        told.append(said)

    started = time.perf_counter()
    with _progress() as shown:
        closed = run_night(
            night, out, workers=min(workers, opened.files), progress=shown.told, seal=seal
        )
    took = time.perf_counter() - started
    if as_json:
        typer.echo(json.dumps(told[0].data, ensure_ascii=False, indent=1, sort_keys=True))
        return
    console = Console(highlight=False, width=min(100, Console().width or 100))
    show_summary(console, told[0].data, language=language)
    stages = ", ".join(f"{name} {ns / 1e9:.1f}" for name, ns in closed.spent.items())
    console.print(f"{took:.1f} s ({stages}) → {out}", style="dim")


def terminal_language(asked: str | None = None) -> Tongue:
    """The language asked for, else that of the terminal. Raises InputError for another one."""
    if asked not in (None, "zh", "en"):
        raise InputError(f"{asked!r} is not zh or en", where="--lang")
    if asked is None:
        return "zh" if os.environ.get("LANG", "").startswith("zh") else "en"
    return "zh" if asked == "zh" else "en"


class _Shown:
    """Progress on the terminal's error stream: parts decided, parts planned."""

    def __init__(self) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self.tasks: dict[str, int] = {}

    def told(self, stage: str, done: int, parts: int) -> None:
        """A part of this stage is finished."""
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=parts)
        self.bar.update(self.tasks[stage], completed=done)  # type: ignore[arg-type]

    def __enter__(self) -> _Shown:
        self.bar.start()
        self.bar.add_task("read", total=None, visible=False)
        return self

    def __exit__(self, *problem: object) -> None:
        self.bar.stop()


def _progress() -> _Shown:
    return _Shown()


__all__ = ["app", "close", "terminal_language"]
