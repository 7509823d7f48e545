"""A small synthetic book, made once for all tests of the night."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forbear.book.arrears.opening import open_book
from forbear.book.layout import Book
from forbear.book.synthetic.making import make
from forbear.book.synthetic.recipe import Recipe
from forbear.facts.opening import open_history

AS_OF = date(2026, 11, 21)
LAW = "cn@2026-11-21+cn-house"


def make_book(path: Path, *, files: int, people: int = 500, future: int = 4) -> Book:
    """A book of people who do not exist, opened, with a few days of future."""
    recipe = Recipe(seed=5, people=people, as_of=AS_OF, days=400, files=files, plain=False)

    def finish(book: Book) -> None:
        open_book(book)
        open_history(book)

    make(recipe, path, future_days=future, finish=finish)
    return Book.open(path)


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """500 people in two part files."""
    return make_book(tmp_path_factory.mktemp("books") / "two", files=2)


@pytest.fixture(scope="session")
def whole_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The same people in one part file."""
    return make_book(tmp_path_factory.mktemp("books") / "one", files=1)
