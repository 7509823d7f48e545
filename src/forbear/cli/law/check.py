"""``forbear law check``: does a rulebook answer every case as expected?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from forbear.errors import CaseError
from forbear.law.cases import read_cases, run_cases


def check(
    files: Annotated[list[Path], typer.Argument(help="case files (JSON)")],
    law: Annotated[str, typer.Option(help="rulebook of cases that name none")] = "cn",
) -> None:
    """Check cases: a line a failure, then how many passed; exit 1 if one failed."""
    passed = failed = 0
    skipped: Counter[str] = Counter()
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise CaseError("not UTF-8", where=str(file)) from None
        vectors, assume = read_cases(text, where=str(file))
        for name, value in sorted(assume.items()):
            typer.echo(f"assumed: {name} = {value}")
        for result in run_cases(vectors, law=law, assume=assume):
            if result.got == "skipped":
                skipped[result.rule] += 1
            elif result.passed:
                passed += 1
            else:
                failed += 1
                typer.echo(
                    f"{result.id}: expected {result.expected}, got {result.got}, {result.rule}"
                )
    for reason, count in sorted(skipped.items()):
        typer.echo(f"skipped {count}: {reason}")
    typer.echo(f"{passed} passed, {failed} failed, {skipped.total()} skipped")
    if failed:
        raise typer.Exit(1)
