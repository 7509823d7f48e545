"""The shell: one file or folder a command. Only here are the clock, the terminal and files opened.

A command is a module with an ``app`` (typer). Errors the user can mend are printed with place and
remedy and end with exit code 2; nothing half-written is left in place.
"""

from __future__ import annotations

import errno
import importlib
import sys
from typing import NoReturn

import typer
from rich.console import Console

from forbear import __version__
from forbear.errors import ForbearError

COMMANDS: tuple[str, ...] = ("book", "close", "demo", "law", "loan", "policy", "replay", "score")
"""Commands in the order in which help lists them; each is the module ``forbear.cli.<name>``."""

HELP = """Arrears kept exactly, decided with reasons, inside the law (宽限：算得准、有理由、不越界).

Begin with `forbear demo`; or `forbear book load`, then `forbear close` every morning."""

shell = typer.Typer(
    name="forbear",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@shell.callback()
def begin() -> None:
    """Keep commands named even when only one of them is loaded."""


@shell.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; the only place that turns an error into an exit code."""
    try:
        _run()
    except ForbearError as problem:
        _complain(str(problem))
    except OSError as problem:
        said = problem.strerror or str(problem)
        where = f"{problem.filename}: " if problem.filename else ""
        full = " (make room and run it again; nothing half-written was left)"
        _complain(f"{where}{said}{full if problem.errno == errno.ENOSPC else ''}")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:
        # Polars names no file; where the caller did not either, this is still no crash of ours.
        if type(problem).__module__ != "polars.exceptions" or "parquet" not in str(problem):
            raise
        said = str(problem).splitlines()[0]
        _complain(f"a file is damaged, or the disk is full: {said} (load or make the book anew)")


def _run() -> None:
    asked = sys.argv[1:2]
    if asked == ["--version"]:
        sys.argv[1:2] = asked = ["version"]
    named = [name for name in COMMANDS if name in asked]
    for name in named or (() if asked == ["version"] else COMMANDS):
        command = importlib.import_module(f"forbear.cli.{name}")
        shell.add_typer(command.app, name=name)
    shell()


def _complain(said: str) -> NoReturn:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"error: {said}", style="red", markup=False)
    sys.exit(2)
