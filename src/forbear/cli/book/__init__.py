"""Make, load and describe a book of loans (造簿、装入、说明)."""

from __future__ import annotations

import importlib
import importlib.util

import typer

app = typer.Typer(no_args_is_help=True, help=(__doc__ or "").splitlines()[0])

VERBS = ("columns", "load", "make")
"""Each is a module here that puts its command on ``app`` when imported."""

for _verb in VERBS:
    if importlib.util.find_spec(f"{__name__}.{_verb}"):
        importlib.import_module(f"{__name__}.{_verb}")
