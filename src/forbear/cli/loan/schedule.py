"""Show what a loan owes on which day."""

from __future__ import annotations

import json

import typer
from rich.console import Console
from rich.table import Table

from forbear.cli.loan.terms import (
    FeesOption,
    FirstDueOption,
    JsonOption,
    OneLoan,
    OnOption,
    PrincipalOption,
    ProductOption,
    RateOption,
    TimesOption,
    loan_from_options,
    shown_rate,
)
from forbear.money import format_amount


def show_schedule(
    product: ProductOption = "equal_instalment",
    principal: PrincipalOption = "",
    rate: RateOption = "0",
    on: OnOption = "",
    instalments: TimesOption = 12,
    first_due: FirstDueOption = "",
    signing_fees: FeesOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what one loan owes on which day, from options or JSON on standard input (还款计划)."""
    loan = loan_from_options(product, principal, rate, on, instalments, first_due, signing_fees)
    if as_json:
        typer.echo(json.dumps(as_data(loan), ensure_ascii=False, indent=1))
    else:
        Console(width=100, highlight=False).print(as_table(loan))


def as_data(loan: OneLoan) -> dict[str, object]:
    """The schedule as JSON: decimal strings, ISO dates."""

    def shown(amount: int) -> str:
        return format_amount(amount, exponent=loan.product.exponent).replace(",", "")

    rows, balance = [], loan.principal
    for row in loan.plan:
        balance -= row.principal
        rows.append(
            {
                "seq": row.seq,
                "from_on": row.from_on.isoformat(),
                "due_on": row.due_on.isoformat(),
                "principal": shown(row.principal),
                "interest": shown(row.interest),
                "fee": shown(row.fee),
                "total": shown(row.total),
                "balance": shown(balance),
            }
        )
    return {
        "product": loan.product.id,
        "currency": loan.product.currency,
        "principal": shown(loan.principal),
        "rate_percent": shown_rate(loan.rate).removesuffix("%"),
        "disbursed_on": loan.disbursed_on.isoformat(),
        "signing_fees": shown(loan.signing_fees),
        "instalments": rows,
        "total_interest": shown(sum(row.interest for row in loan.plan)),
        "total_fees": shown(sum(row.fee for row in loan.plan)),
        "total_due": shown(sum(row.total for row in loan.plan)),
    }


def as_table(loan: OneLoan) -> Table:
    """The schedule as a table of at most 100 columns, headings in both languages."""

    def shown(amount: int) -> str:
        return format_amount(amount, exponent=loan.product.exponent)

    name = loan.product.name
    title = f"{name.zh} · {name.en}: {shown(loan.principal)} {loan.product.currency}"
    table = Table(title=f"{title}, {shown_rate(loan.rate)} · {loan.disbursed_on}", show_footer=True)
    totals = [
        sum(row.principal for row in loan.plan),
        sum(row.interest for row in loan.plan),
        sum(row.fee for row in loan.plan),
        sum(row.total for row in loan.plan),
    ]
    table.add_column("期\nno.", justify="right")
    table.add_column("还款日\ndue", footer="合计 total")
    headings = ("本金\nprincipal", "利息\ninterest", "费用\nfee", "应还\ntotal")
    for heading, total in zip(headings, totals, strict=True):
        table.add_column(heading, justify="right", footer=shown(total))
    table.add_column("余额\nbalance", justify="right")
    balance = loan.principal
    for row in loan.plan:
        balance -= row.principal
        amounts = (row.principal, row.interest, row.fee, row.total, balance)
        table.add_row(str(row.seq), row.due_on.isoformat(), *(shown(each) for each in amounts))
    return table
