"""The shell itself: what a newcomer meets first, and how every kind of failure ends."""

from __future__ import annotations

import errno
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import typer

from forbear import __version__, cli
from forbear.book.layout import Book
from forbear.cli.demo import _remove_demo
from forbear.errors import BookError


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["forbear", *words])
    monkeypatch.setattr(cli.shell, "registered_groups", [])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


@pytest.mark.parametrize("asked", ["version", "--version"])
def test_both_ways_to_ask_for_the_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    assert run(monkeypatch, asked) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("asked", [[], ["-h"], ["--help"]])
def test_the_first_page_says_where_to_begin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    run(monkeypatch, *asked)
    page = capsys.readouterr().out
    for word in ("forbear demo", *cli.COMMANDS):
        assert word in page
    assert "One file or folder a command" not in page


@pytest.mark.parametrize(
    ("problem", "code", "says"),
    [
        (BookError("is damaged", where="BOOK/[red]"), 2, "error: BOOK/[red]: is damaged\n"),
        (OSError(errno.EACCES, "Permission denied", "x/y"), 2, "error: x/y: Permission denied\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 2,
         "error: No space left on device "
         "(make room and run it again; nothing half-written was left)\n"),
        (KeyboardInterrupt(), 130, ""),
        (pl.exceptions.ComputeError("parquet: zstd error"), 2,
         "error: a file is damaged, or the disk is full: parquet: zstd error "
         "(load or make the book anew)\n"),
    ],
)  # fmt: skip
def test_a_failure_is_one_line_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    problem: BaseException,
    code: int,
    says: str,
) -> None:
    app = typer.Typer()

    @app.command("fit")
    def fit() -> None:
        raise problem

    @app.command("report")
    def report() -> None: ...

    monkeypatch.setattr(importlib, "import_module", lambda name: SimpleNamespace(app=app))
    assert run(monkeypatch, "score", "fit") == code
    assert capsys.readouterr().err == says


def test_a_demo_never_removes_a_book_it_did_not_make(tmp_path: Path) -> None:
    mine = tmp_path / "book"
    Book.create(mine, currency="CNY", exponent=2, files=1, source={"map": "mine"})
    with pytest.raises(BookError, match="not the book of an earlier demo"):
        _remove_demo(mine)
    assert (mine / "book.json").is_file()
    notes = tmp_path / "notes"
    notes.mkdir()
    with pytest.raises(BookError, match="left alone"):
        _remove_demo(notes)
    made = tmp_path / "made"
    Book.create(made, currency="CNY", exponent=2, files=1, source={"made_by": "forbear book make"})
    _remove_demo(made)
    assert not made.exists()


def test_a_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(importlib, "import_module", broken)
    monkeypatch.setattr(sys, "argv", ["forbear", "score"])
    with pytest.raises(ZeroDivisionError):
        cli.main()
