"""Replay a real book's past under every policy: exposure to contact, not effect."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from forbear import dates
from forbear.book.files import folder_aside
from forbear.book.layout import Book
from forbear.cli.close import terminal_language
from forbear.cli.replay_table import as_markdown, as_text
from forbear.errors import InputError
from forbear.night.replay import Replayed, replay, stretch
from forbear.policy import shipped

app = typer.Typer(subcommand_metavar="")


@app.callback(invoke_without_command=True, context_settings={"allow_interspersed_args": True})
def replay_book(
    book: Annotated[Path, typer.Argument(help="the book's folder")],
    begin: Annotated[
        str | None, typer.Option("--from", help="first morning; else the first due date")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="last morning; else the last day the book knows")
    ] = None,
    policy: Annotated[str, typer.Option(help="all, or names or files separated by commas")] = "all",
    law: Annotated[str, typer.Option(help="rulebooks, as cn@2026-11-21+cn-house")] = "cn+cn-house",
    score: Annotated[Path | None, typer.Option(help="a score file; else the shipped one")] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=16, help="processes; policies are shared out")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="a new folder for replay.json and replay.md")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the figures as JSON")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="print the table as markdown")
    ] = False,
    lang: Annotated[str | None, typer.Option(help="zh or en; else the terminal's")] = None,
) -> None:
    """Replay a real book's past under every policy: exposure to contact, not effect."""
    language = terminal_language(lang)
    names = list(shipped()) if policy == "all" else [name.strip() for name in policy.split(",")]
    if len(set(names)) != len(names) or not all(names):
        raise InputError(f"{policy!r} names a policy twice, or none", remedy="name each once")
    if out is not None and out.exists():
        raise InputError("is already there", where=str(out), remedy="name a new folder")
    opened = Book.open(book)
    first, last = stretch(opened, _day(begin), _day(to))
    with _Mornings((last - first).days + 1) as told:
        done = replay(
            book, policies=names, law=law, first=first, last=last, scores=score,
            workers=min(workers, len(names)), progress=told,
        )  # fmt: skip
    if out is not None:
        _write(out, done)
    if as_json:
        typer.echo(json.dumps(done.as_data(), ensure_ascii=False, indent=1, sort_keys=True))
    elif markdown:
        typer.echo(as_markdown(done, language=language))
    else:
        typer.echo(as_text(done, language=language))


def _day(text: str | None) -> date | None:
    return None if text is None else dates.parse_day(text)


def _write(out: Path, done: Replayed) -> None:
    with folder_aside(out) as aside:
        data = json.dumps(done.as_data(), ensure_ascii=False, indent=1, sort_keys=True)
        (aside / "replay.json").write_text(data + "\n", encoding="utf-8")
        both = as_markdown(done, language="en") + "\n" + as_markdown(done, language="zh")
        (aside / "replay.md").write_text(both, encoding="utf-8")


class _Mornings:
    """A bar of mornings on the error stream."""

    def __init__(self, mornings: int) -> None:
        self.bar = Progress(
            TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(file=sys.stderr), transient=True,
        )  # fmt: skip
        self.mornings = mornings

    def __enter__(self) -> Callable[[date], None]:
        self.bar.start()
        task = self.bar.add_task("replay", total=self.mornings)
        return lambda day: self.bar.update(task, advance=1)

    def __exit__(self, *problem: object) -> None:
        self.bar.stop()
