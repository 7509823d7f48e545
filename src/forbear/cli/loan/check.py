"""Check expected results of another system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forbear.cli.loan_check.run import run
from forbear.cli.loan_check.vectors import read_known, read_vectors


def check(
    file: Annotated[Path, typer.Argument(help="vectors as JSON, in the form of schedules.json")],
    known: Annotated[
        Path | None, typer.Option(help="ids that are known to differ: `id reason` a line")
    ] = None,
) -> None:
    """Check expected results of another system: one line a failure, counts last (校验)."""
    excused = read_known(known) if known else {}
    tally = run(read_vectors(file), excused, lambda line: typer.echo(line))
    typer.echo(str(tally))
    if tally.failed:
        raise typer.Exit(1)
