"""The law: check a rulebook against cases, ask about one contact."""

from __future__ import annotations

import typer

from forbear.cli.law.ask import ask
from forbear.cli.law.check import check

app = typer.Typer(help=__doc__, no_args_is_help=True)
app.command()(check)
app.command()(ask)
