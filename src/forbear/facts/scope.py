"""Whom does a morning look at, and which of their loans leads?

Looked at are people with a loan in arrears or due soon, or with something open (a hold, a promise, a
plan) and a loan. Everything else of a morning is computed for them only: in a healthy book that is
a small part, so the filter comes before every join.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from functools import reduce
from operator import or_

import polars as pl

from forbear.facts.definitions import NEVER

DEBTORS = ("borrower", "co_borrower")
"""Roles that owe the loan; guarantors, heirs and guardians are reached in other ways."""

_DUE = ("principal_due", "interest_due", "fee_due", "penalty_due")
_LIVE = ("open", "charged_off")


def loans_of_people(
    positions: pl.LazyFrame,
    parties: pl.LazyFrame,
    open_matters: pl.LazyFrame,
    *,
    day: date,
    due_within: int,
    due_in: Collection[int] | None = None,
) -> pl.LazyFrame:
    """Which loans do the people looked at on the morning of ``day`` owe? One row a person and loan.

    Due soon: within ``due_within`` days, or in exactly one of ``due_in`` days where that is given.

    ``open_matters`` has the ``person`` of everyone with something open. A loan set aside keeps an
    old position and is not looked at: nobody is contacted about figures known to be stale.
    """
    live = positions.filter(pl.col("status").is_in(_LIVE))
    days = range(due_within + 1) if due_in is None else sorted(set(due_in))
    on = pl.Series([day + timedelta(days=n) for n in days], dtype=pl.Date)
    soon = pl.col("next_due_on").is_in(on.implode())
    near = live.filter((pl.col("due_since") < day) | soon).select("loan").collect()["loan"]
    owes = reduce(or_, (pl.col("role") == role for role in DEBTORS))
    debts = parties.filter(owes).select("person", "loan", "role")
    debtors = debts.filter(pl.col("loan").is_in(near.implode())).select("person")
    looked_at = pl.concat([debtors, open_matters]).unique().collect()["person"]
    theirs = debts.filter(pl.col("person").is_in(looked_at.implode())).collect()
    if theirs["role"].n_unique() > 1:  # a person has a loan once in a role
        theirs = theirs.unique(["person", "loan"])
    # The filter comes before the join, the join before the figures: few are looked at.
    return (
        live.filter(pl.col("loan").is_in(theirs["loan"].implode()))
        .drop("person")
        .join(theirs.lazy().drop("role"), on="loan")
        .select("person", *_figures(day))
    )


def _figures(day: date) -> list[pl.Expr]:
    due_now = pl.sum_horizontal(_DUE)
    today = pl.lit(day)
    return [
        pl.col("loan"),
        pl.col("due_since"),
        (today - pl.col("due_since")).dt.total_days().clip(0).fill_null(0).alias("days_past_due"),
        (today - pl.col("due_since_regulatory"))
        .dt.total_days()
        .clip(0)
        .fill_null(0)
        .alias("days_past_due_regulatory"),
        (pl.col("next_due_on") - today).dt.total_days().alias("days_to_due"),
        due_now.alias("lead_amount_due"),
        pl.col("penalty_due"),
        (due_now + pl.col("principal_not_due")).alias("lead_balance"),
        pl.sum_horizontal("next_principal", "next_interest", "next_fee").alias("monthly_due"),
        pl.col("times_late"),
        pl.col("last_paid_on"),
        (pl.col("status") == "charged_off").alias("charged_off"),
    ]


def whole_person(loans: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """What do all of a person's loans come to together? One row a person.

    Sums are taken in 128 bits (64-bit sums wrap silently) and stored in 64.
    """

    def total(column: str) -> pl.Expr:
        return pl.col(column).cast(pl.Int128).sum().cast(pl.Int64)

    since_payment = (pl.lit(day) - pl.col("last_paid_on").max()).dt.total_days()
    return loans.group_by("person").agg(
        total("lead_amount_due").alias("amount_due"),
        total("penalty_due").alias("penalty_due"),
        total("lead_balance").alias("balance"),
        pl.col("days_to_due").min().fill_null(NEVER),
        (pl.col("days_past_due") > 0).sum().alias("loans_overdue"),
        since_payment.fill_null(NEVER).alias("days_since_payment"),
    )


def lead_loans(loans: pl.LazyFrame) -> pl.LazyFrame:
    """Which loan does a step act on? The oldest arrears, then the largest, then the lower key.

    >>> rows = pl.LazyFrame({"person": [1, 1, 1], "loan": [4, 5, 6], "due_since": [None,
    ...     date(2026, 11, 1), date(2026, 11, 1)], "lead_balance": [900, 100, 200]})
    >>> lead_loans(rows).collect()["loan"].to_list()
    [6]
    """
    in_order = loans.sort(
        ["person", "due_since", "lead_balance", "loan"],
        descending=[False, False, True, False],
        nulls_last=True,
    )
    return in_order.unique("person", keep="first", maintain_order=True)
