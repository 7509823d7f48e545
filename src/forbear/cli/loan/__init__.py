"""One loan: schedule, yearly cost, checks against other systems (还款计划、年化成本、校验)."""

from __future__ import annotations

import typer

from forbear.cli.loan.apr import apr
from forbear.cli.loan.check import check
from forbear.cli.loan.schedule import show_schedule

app = typer.Typer(no_args_is_help=True, help=(__doc__ or "").splitlines()[0])
app.command("schedule")(show_schedule)
app.command("apr")(apr)
app.command("check")(check)
