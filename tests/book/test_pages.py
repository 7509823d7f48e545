"""The pages about the book say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from forbear.book.intake.columns import minimum_as_markdown, tables_as_markdown
from forbear.book.intake.targets import TARGETS
from forbear.book.schema import TABLES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "made", "command"),
    [
        ("engineers/book.md", tables_as_markdown(), "forbear book columns --markdown"),
        ("operators/minimum-book.md", minimum_as_markdown(), "forbear book columns --supplied"),
    ],
)
def test_a_page_holds_the_tables_of_today(page: str, made: str, command: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    begin, end = f"<!-- tables: begin, made by `{command}` -->\n", "<!-- tables: end -->\n"
    assert begin in text
    inside = text.split(begin)[1].split(end)[0]
    assert inside.strip() == made.strip(), f"run `{command}` and put its output into docs/{page}"


def test_every_table_and_column_is_on_the_page() -> None:
    page = tables_as_markdown()
    for name, table in TABLES.items():
        assert f"### `{name}`" in page
        for column in table.columns:
            assert f"| `{column}` |" in page


def test_a_dozen_columns_are_enough() -> None:
    required = [
        f"{table}.{name}"
        for table in ("people", "loans", "instalments", "events")
        for name, field in TARGETS[table].items()
        if field.required
    ]
    assert (
        len(required) == 9
    )  # and one of principal or total of an instalment, and a payment's amount
