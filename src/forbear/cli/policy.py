"""Policies: list what ships, explain one in words, check a file."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from forbear.errors import PolicyError
from forbear.policy.check import problems
from forbear.policy.explain import explain as in_words
from forbear.policy.load import load, read_policy, shipped
from forbear.policy.phrases import Language

app = typer.Typer(help=__doc__, no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the policies that ship."""
    table = Table(box=None, pad_edge=False)
    for title in ("policy", "名称", "name", "after", "steps"):
        table.add_column(title, justify="right" if title == "steps" else "left")
    for id_ in shipped():
        policy = load(id_)
        said = policy.form.name
        table.add_row(id_, said.zh, said.en, policy.form.after or "", str(len(policy.steps)))
    Console(width=100).print(table)


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="a policy that ships, or a .yaml file")],
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Print a policy as the paragraphs a compliance officer signs."""
    if lang not in ("zh", "en"):
        raise PolicyError(f"no language {lang!r}", where="--lang", remedy="zh or en")
    language: Language = "zh" if lang == "zh" else "en"
    typer.echo(in_words(load(name), language), nl=False)


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="policies that ship, or .yaml files")],
) -> None:
    """Check policy files: every mistake with file and line; exit 1 if there is one."""
    wrong = 0
    for name in files:
        try:
            found = problems(read_policy(name))
        except PolicyError as problem:
            found = [problem]
        for mistake in found:
            typer.echo(str(mistake))
        wrong += len(found)
    typer.echo(f"{len(files)} checked, {wrong} {'mistake' if wrong == 1 else 'mistakes'}")
    if wrong:
        raise typer.Exit(1)
