"""What does one credit a loan pay, when each product has its own order?

A waterfall by columns: every loan's open items in its order, running totals before each, and of the
credit each item takes ``clip(credit − before, 0, amount)``. Posted penalty is one item of the loan;
horizontally it stands with the oldest instalment.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from forbear.book.arrears.terms import COMPONENT, DUE_STATE, Terms
from forbear.book.schema import STATE
from forbear.loan.stepwise import allocate

ITEM = tuple(STATE["open_items"].columns)


@dataclass(frozen=True, slots=True)
class Allocated:
    """What is left after the credits: of the items, and of each credit."""

    items: pl.DataFrame
    """Open items still unpaid, as ``open_items``, in no particular order."""
    credits: pl.DataFrame
    """loan, to_penalty, left."""


def allocate_credits(credits: pl.DataFrame, items: pl.DataFrame, terms: Terms) -> Allocated:
    """How do these credits reach what is owed?

    ``credits``: one row a loan with ``credit``, ``penalty_due``, ``on`` (the day) and ``product``.
    ``items``: the open items of just these loans.
    """
    penalty = _penalty_lines(credits, items)
    lines = pl.concat([_item_lines(credits, items), penalty], how="vertical")
    ordered = (
        lines.join(terms.waterfall, on=["product", "state", "component"])
        .sort("loan", "first", "due_on", "seq", "last")
        .with_columns(before=_before_in_loan())
        .with_columns(paid=allocate(pl.col("credit"), pl.col("before"), pl.col("amount")))
    )
    is_penalty = pl.col("component") == "penalty"
    left = ordered.filter(~is_penalty, pl.col("paid") < pl.col("amount")).select(
        *ITEM[:-1], amount=pl.col("amount") - pl.col("paid")
    )
    paid = ordered.group_by("loan", maintain_order=True).agg(
        to_penalty=pl.col("paid").filter(is_penalty).sum(), spent=pl.col("paid").sum()
    )
    rest = credits.join(paid, on="loan", how="left", maintain_order="left").select(
        "loan",
        to_penalty=pl.col("to_penalty").fill_null(0),
        left=pl.col("credit") - pl.col("spent").fill_null(0),
    )
    return Allocated(left, rest)


def _before_in_loan() -> pl.Expr:
    """What comes before each line of its loan; lines of a loan stand together.

    One running total over all lines, less what it was where the loan begins: should it wrap at 64
    bits, the difference is still right.
    """
    before = pl.col("amount").cum_sum() - pl.col("amount")
    begins = pl.col("loan").ne_missing(pl.col("loan").shift(1))
    return before - pl.when(begins).then(before).forward_fill()


def _item_lines(credits: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    late = pl.col("due_on") < pl.col("on")
    return items.join(
        credits.select("loan", "credit", "on", "product"), on="loan", maintain_order="left"
    ).select(
        *ITEM,
        "credit",
        "product",
        state=pl.when(late).then(pl.lit("past_due")).otherwise(pl.lit("due")).cast(DUE_STATE),
    )


def _penalty_lines(credits: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    seqs = 2**16  # (due_on, seq) as one whole number, in that order: quick to take the least of
    packed = pl.col("due_on").cast(pl.Int32).cast(pl.Int64) * seqs + pl.col("seq") + seqs // 2
    oldest = (
        items.group_by("loan")
        .agg(least=packed.min())
        .select(
            "loan",
            due_on=(pl.col("least") // seqs).cast(pl.Int32).cast(pl.Date),
            seq=(pl.col("least") % seqs - seqs // 2).cast(items.schema["seq"]),
        )
    )
    return (
        credits.filter(pl.col("penalty_due") > 0)
        .join(oldest, on="loan", how="left", maintain_order="left")
        .select(
            "loan",
            pl.col("due_on").fill_null(pl.col("on")),
            pl.col("seq").fill_null(0),
            component=pl.lit("penalty", COMPONENT),
            amount="penalty_due",
            credit="credit",
            product="product",
            state=pl.lit("past_due", DUE_STATE),
        )
    )
