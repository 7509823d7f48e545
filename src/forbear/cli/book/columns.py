"""``forbear book columns``: the tables of a book, and what a lender must supply."""

from __future__ import annotations

from typing import Annotated

import typer

from forbear.book.intake.columns import minimum_as_markdown, tables_as_markdown
from forbear.book.schema import TABLES
from forbear.cli.book import app


@app.command()
def columns(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="All tables as docs/engineers/book.md shows them.")
    ] = False,
    supplied: Annotated[
        bool, typer.Option("--supplied", help="What a lender supplies, and what absence does.")
    ] = False,
) -> None:
    """List the tables of a book with their keys, or every column as Markdown.

    列出账簿的各表与主键；--markdown 列出全部字段。
    """
    if supplied:
        typer.echo(minimum_as_markdown(), nl=False)
    elif markdown:
        typer.echo(tables_as_markdown(), nl=False)
    else:
        for name, table in TABLES.items():
            typer.echo(f"{name:<16} {', '.join(table.key):<40} {len(table.columns)} columns")
