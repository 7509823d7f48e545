"""The shell: one file or folder a command. Only here are the clock, the terminal and files opened.

A command is a module with an ``app`` (typer). Errors the user can mend are printed with place and
remedy and end with exit code 2; nothing half-written is left in place.
"""

from __future__ import annotations

import importlib
import sys

import typer
from rich.console import Console

from forbear import __version__
from forbear.errors import ForbearError

COMMANDS: tuple[str, ...] = ("book", "close", "demo", "law", "loan", "policy", "replay", "score")
"""Commands in the order in which help lists them; each is the module ``forbear.cli.<name>``."""

shell = typer.Typer(
    name="forbear", help=__doc__.splitlines()[0], no_args_is_help=True, add_completion=False
)


@shell.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; the only place that turns an error into an exit code."""
    named = [name for name in COMMANDS if name in sys.argv[1:2]]
    for name in named or COMMANDS:
        command = importlib.import_module(f"forbear.cli.{name}")
        shell.add_typer(command.app, name=name)
    try:
        shell()
    except ForbearError as problem:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"error: {problem}", style="red"
        )
        sys.exit(2)
    except OSError as problem:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"error: {problem.filename or ''}: {problem.strerror}", style="red"
        )
        sys.exit(2)
