"""Show what a loan costs a year, said three ways."""

from __future__ import annotations

import json
from typing import Annotated

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
    parse_rate,
    shown_rate,
)
from forbear.loan.ceiling import Ceiling, check_signing
from forbear.loan.yearly_cost import Flow, all_in_cost, us_actuarial

CeilingOption = Annotated[
    str, typer.Option("--ceiling", help="refuse the loan (exit 2) if its nominal IRR is above this")
]


def apr(
    product: ProductOption = "equal_instalment",
    principal: PrincipalOption = "",
    rate: RateOption = "0",
    on: OnOption = "",
    instalments: TimesOption = 12,
    first_due: FirstDueOption = "",
    signing_fees: FeesOption = "",
    ceiling: CeilingOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what one loan costs a year all in: nominal IRR, effective, US actuarial (年化成本)."""
    loan = loan_from_options(product, principal, rate, on, instalments, first_due, signing_fees)
    costs = yearly_costs(loan)
    if ceiling:
        limit = Ceiling("asked", loan.disbursed_on, None, parse_rate(ceiling))
        check_signing(
            loan.product,
            loan.principal,
            loan.disbursed_on,
            loan.plan,
            limit,
            signing_fees=loan.signing_fees,
        )
    if as_json:
        data = {name: shown_rate(cost).removesuffix("%") for name, cost in costs.items()}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    words = {
        "contract_rate_percent": ("合同利率", "contract rate"),
        "nominal_irr_percent": (
            "年化综合成本 (IRR × 期数)",
            "all-in cost, IRR per period × periods",
        ),
        "effective_annual_percent": ("年化综合成本 (复利)", "all-in cost, effective annual"),
        "us_actuarial_percent": ("美国法定年利率", "US actuarial APR (Regulation Z)"),
    }
    table = Table("", "")
    table.add_column("年 a year", justify="right")
    for name, cost in costs.items():
        table.add_row(*words[name], shown_rate(cost))
    Console(width=100, highlight=False).print(table)


def yearly_costs(loan: OneLoan) -> dict[str, int]:
    """The contract rate and the three yearly costs, parts per billion."""
    fees = loan.signing_fees
    nominal, effective = (
        all_in_cost(
            loan.product,
            loan.principal,
            loan.disbursed_on,
            loan.plan,
            signing_fees=fees,
            annualisation=said_as,
        )
        for said_as in ("nominal", "effective")
    )
    flows = [Flow(loan.disbursed_on, loan.principal - fees)]
    flows += [Flow(row.due_on, -row.total) for row in loan.plan]
    return {
        "contract_rate_percent": loan.rate,
        "nominal_irr_percent": nominal,
        "effective_annual_percent": effective,
        "us_actuarial_percent": us_actuarial(flows, loan.product.every),
    }
