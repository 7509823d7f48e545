"""What does each loan cost a year all in, and is that above the ceiling in force when it was signed?

A supplied loan is never refused for its price: it is loaded with a flag, and the gate treats it as the
law says. Loans with the same terms on the same days are computed once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import yaml

from forbear.errors import InputError, ProductError
from forbear.loan.ceiling import Ceiling, ceiling_on, ceilings_from, check_signing
from forbear.loan.product import Product
from forbear.loan.schedule import Instalment

COSTS = pl.Schema({"loan": pl.Int64, "cost_rate": pl.Int64, "over_ceiling": pl.Boolean})

_TERMS = ["product", "disbursed_on", "principal", "signing_fees", "due", "lent_back", "charged"]

COST_MAX = 10**18
"""A cost above a billion times the principal a year fits no column: flagged, not shown."""

CLASS_OF_LENDER = {"private": "private", "micro_lender": "micro_lender"}
"""Under which line of the table a lender's loans fall; every other licensed kind: licensed."""


def chinese_ceilings() -> tuple[Ceiling, ...]:
    """Which price ceilings does the table that ships name?

    >>> [(line.ceiling_class, line.rate) for line in chinese_ceilings()]
    [('licensed', 240000000), ('micro_lender', 240000000)]
    """
    file = Path(__file__).with_name("ceilings.yaml")
    return ceilings_from(yaml.safe_load(file.read_text(encoding="utf-8")))


def without_ceiling(
    loans: pl.DataFrame, products: Mapping[str, Product], ceilings: Sequence[Ceiling]
) -> int:
    """How many of these loans were signed on a day for which no line of the table speaks?"""
    signed = loans.group_by("product", "disbursed_on").len()
    return sum(
        count
        for product, day, count in signed.iter_rows()
        if ceiling_on(ceilings, products[product].ceiling_class, day) is None
    )


def signing_costs(
    loans: pl.DataFrame,
    instalments: pl.DataFrame,
    products: Mapping[str, Product],
    ceilings: Sequence[Ceiling],
) -> pl.DataFrame:
    """What does each of these loans cost a year, and which are above their ceiling?

    ``loans`` and ``instalments`` as in the book. Returns ``COSTS``: ``cost_rate`` in parts per billion,
    null where the schedule does not cover the loan or no rate solves it; ``over_ceiling`` false where
    no ceiling is known.
    """
    plans = (
        instalments.sort("loan", "seq")
        .group_by("loan", maintain_order=True)
        .agg(due="due_on", lent_back="principal", charged=pl.col("interest") + pl.col("fee"))
    )
    whole = loans.filter(~pl.col("incomplete")).join(plans, on="loan", maintain_order="left")
    distinct = whole.select(_TERMS).unique(maintain_order=True).with_row_index("terms")
    found = [
        _cost(products[row[1]], row[2], row[3], row[4], zip(*row[5:], strict=True), ceilings)
        for row in distinct.iter_rows()
    ]
    answers = pl.DataFrame(
        found, schema={"cost_rate": pl.Int64, "over_ceiling": pl.Boolean}, orient="row"
    )
    priced = whole.join(pl.concat([distinct, answers], how="horizontal"), on=_TERMS)
    costs = loans.select("loan").join(
        priced.select("loan", "cost_rate", "over_ceiling"), on="loan", how="left",
        maintain_order="left",
    )  # fmt: skip
    return costs.with_columns(pl.col("over_ceiling").fill_null(False)).select(COSTS.names())


def _cost(
    product: Product,
    disbursed_on: date,
    principal: int,
    signing_fees: int,
    rows: zip[tuple[date, int, int]],
    ceilings: Sequence[Ceiling],
) -> tuple[int | None, bool]:
    plan, begin = [], disbursed_on
    for seq, (due_on, lent_back, charged) in enumerate(rows, start=1):
        plan.append(Instalment(seq, begin, due_on, lent_back, charged))
        begin = due_on
    line = ceiling_on(ceilings, product.ceiling_class, disbursed_on)
    try:
        cost = check_signing(
            product, principal, disbursed_on, plan, None, signing_fees=signing_fees
        )
    except InputError:
        # Money that flows only one way (free of charge and repaid the same day) has no rate.
        return None, False
    shown = cost if cost <= COST_MAX else None
    if line is None:
        return shown, False
    try:
        check_signing(product, principal, disbursed_on, plan, line, signing_fees=signing_fees)
    except ProductError:
        return shown, True
    return shown, False
