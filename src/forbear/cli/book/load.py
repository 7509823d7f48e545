"""``forbear book load``: a lender's files become a book."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from forbear.book.intake.account import account_in_words
from forbear.book.intake.load import load_book
from forbear.book.intake.maps import load_map
from forbear.book.layout import FILES_MAX
from forbear.cli.book import app
from forbear.dates import zone
from forbear.errors import InputError
from forbear.facts.opening import open_history


@app.command()
def load(
    files: Annotated[
        list[Path], typer.Argument(help="CSV (also .gz), Parquet or Excel files.", metavar="FILES")
    ],
    mapping: Annotated[
        str, typer.Option("--map", help="How to read them: a YAML file, or the name of a map.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the book to make.")],
    parts: Annotated[
        int | None,
        typer.Option(min=1, max=FILES_MAX, help="Part files; by default one for 200,000 people."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the new book in the place of an old one.")
    ] = False,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the account.")] = "en",
) -> None:
    """Make a book of a lender's files; every row that is not loaded is listed with its reason.

    按映射把出借方的文件装成账簿；未装入的每一行都列明原因。
    """
    for file in files:
        if not file.is_file():
            problem = "is a folder" if file.is_dir() else "there is no such file"
            raise InputError(problem, where=str(file), remedy="give the files themselves")
    map_file = load_map(mapping)
    today = datetime.now(zone(map_file.map.zone)).date()
    intake = load_book(
        map_file, files, out, parts=parts, replace=replace, today=today, finish=open_history
    )
    typer.echo(account_in_words(intake, lang), nl=False)
