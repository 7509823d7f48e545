"""`forbear book make`, `forbear score fit` and `forbear score report`, as typed at the shell."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forbear.book.layout import Book
from forbear.cli import main
from forbear.score.tables import load


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the shell with these words; the exit code."""
    monkeypatch.setattr(sys, "argv", ["forbear", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_a_book_is_made_opened_fitted_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, scores = str(tmp_path / "book"), str(tmp_path / "score.json")
    made = ("book", "make", "--people", "800", "--seed", "4", "--out", folder)
    assert typed(monkeypatch, *made, "--as-of", "2026-10-31", "--future", "2", "--files", "2") == 0
    said = capsys.readouterr().out
    assert "800 people who do not exist (虚构), as of 2026-10-31, 2 part files" in said
    book = Book.open(folder)
    assert [day.isoformat() for day in book.inbox_days()] == ["2026-11-01", "2026-11-02"]
    assert book.has("positions")
    assert book.has("carried_people")
    assert typed(monkeypatch, *made) == 2
    assert "is already there" in capsys.readouterr().err

    assert typed(monkeypatch, "score", "fit", folder, "--out", scores, "--name", "ours") == 0
    assert "out of time, all: foretold" in capsys.readouterr().out
    assert typed(monkeypatch, "score", "fit", folder, "--out", scores) == 2
    assert typed(monkeypatch, "score", "report", scores) == 0
    said = capsys.readouterr().out
    assert load(scores).digest in said
    assert "时间外检验" in said
    assert max(len(line) for line in said.splitlines()) <= 100


def test_the_default_is_reported_with_its_sources(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, "score", "report") == 0
    assert "assumption" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--people", "0"), "cannot make 0 people"),
        (("--people", "10", "--days", "3"), "cannot make 3 days"),
        (("--people", "10", "--seed", "-1"), "out of range"),
    ],
)
def test_what_cannot_be_made_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    assert typed(monkeypatch, "book", "make", "--out", str(tmp_path / "book"), *words) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
