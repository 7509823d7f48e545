"""From facts to requests: what would the policy like to do, said in the words the gate reads.

The context of a person (number, zone, creditor, loan) is joined once; a wish and each of its gentler
steps then only add the words of the step.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import polars as pl

from forbear.facts.definitions import names_with
from forbear.facts.person import people_facts
from forbear.night.frames import Part
from forbear.night.order import Order
from forbear.night.plan import NEEDS_NUMBER, best_numbers
from forbear.score.apply import NEEDS, apply

_ALWAYS = {"days_past_due", "amount_due", "age", "best_hour", *NEEDS}
_POS_KINDS = ("flat_fee",)


def facts_of(
    part: Part,
    order: Order,
    positions: pl.DataFrame,
    open_items: pl.DataFrame,
    carried_people: pl.DataFrame,
    carried_days: pl.DataFrame,
) -> pl.DataFrame:
    """What is known of everyone looked at this morning, scores included?"""
    facts = people_facts(
        positions, open_items, part.people, part.parties, part.numbers, carried_people,
        carried_days, part.holds, part.consents, part.promises, part.plans, part.placements,
        part.loans, day=order.day, book_zone=order.book_zone, due_in=order.policy.due_in,
        wanted=set(order.policy.facts_read) | _ALWAYS,
    )  # fmt: skip
    return apply(order.scores, facts, carried_people)


def in_policy_currency(facts: pl.DataFrame, scale: Fraction) -> pl.DataFrame:
    """These facts with amounts as the policy reads them: in fen of its own currency, rounded down.

    Only conditions and ranks read them so; what is planned and shown stays in the book's currency.

    >>> facts = pl.DataFrame({"person": [1], "balance": [1_000], "days_past_due": [3]})
    >>> in_policy_currency(facts, Fraction(7, 2)).rows()
    [(1, 3500, 3)]
    """
    if scale == 1:
        return facts
    amounts = [name for name in names_with("amount") if name in facts.columns]
    exact = pl.col(amounts).cast(pl.Int128) * scale.numerator // scale.denominator
    return facts.with_columns(exact.cast(pl.Int64))


def context_of(
    part: Part, order: Order, facts: pl.DataFrame, positions: pl.DataFrame, people: pl.Series
) -> pl.DataFrame:
    """Everything about these people and their lead loans that does not depend on the step.

    One row a person: keys, refs, zone, flags, best number, creditor, product and dates of the loan.
    """
    wanted = pl.col("person").is_in(people.implode())
    known = (
        facts.lazy()
        .select("person", "loan", "days_past_due", "amount_due", "age", "best_hour")
        .filter(wanted)
        .collect()
    )
    leads = pl.col("loan").is_in(known["loan"].drop_nulls().unique().implode())
    who = (
        part.people.lazy().filter(wanted).select("person", "ref", "zone", "hardship", "vulnerable")
    )
    last_paid = positions.lazy().filter(leads).select("loan", "last_paid_on")
    numbers = best_numbers(part.numbers.lazy().filter(wanted))
    blocks = (("person", who), ("person", numbers), ("loan", _loan_words(part, order, leads)),
              ("loan", last_paid))  # fmt: skip
    beside = [known]
    for key, block in blocks:
        mine = known.lazy().select(key).join(block, on=key, how="left", maintain_order="left")
        beside.append(mine.drop(key).collect())
    return pl.concat(beside, how="horizontal")


def _loan_words(part: Part, order: Order, leads: pl.Expr) -> pl.LazyFrame:
    """The words of a loan the law knows: creditor, kind of lender and of loan, dates, ceiling."""
    kinds = {
        name: "pos_instalment" if product.kind in _POS_KINDS else "consumer_loan"
        for name, product in sorted(order.terms.products.items())
    }
    lenders = order.creditors.lazy().select("creditor", "lender_type")
    return (
        part.loans.lazy()
        .filter(leads)
        .select(
            "loan", "creditor", "last_due_on", "over_ceiling",
            loan_ref="ref",
            product_kind=pl.col("product").replace_strict(
                list(kinds), list(kinds.values()), default="consumer_loan", return_dtype=pl.String
            ),
        )
        .join(lenders, on="creditor", how="left")
    )  # fmt: skip


def requests_of(
    wished: pl.DataFrame, context: pl.DataFrame, *, first_wish: int = 0
) -> pl.DataFrame:
    """These wishes of a policy as wishes of the law: the vocabulary of ``forbear.law.request``.

    ``wish`` counts the rows from ``first_wish``, so verdicts come back beside them.
    """
    uses = pl.col("channel").is_in(NEEDS_NUMBER)
    beside = context.drop("loan", "ref", "loan_ref", "text", "amount_due", "best_hour", "zone")
    return (
        wished.select("person", "loan", "channel", "purpose", "template")
        .join(beside, on="person", how="left", maintain_order="left")
        .with_columns(
            pl.when(uses).then("number").alias("number"),
            pl.when(uses).then("number_health").alias("number_health"),
            placed_by=pl.lit("lender"),
            recipient=pl.lit("debtor"),
            relation=pl.lit("self"),
        )
        .with_row_index("wish", offset=first_wish)
    )


def concat(frames: Iterable[pl.DataFrame], like: pl.DataFrame) -> pl.DataFrame:
    """The frames below one another; with none, an empty one like ``like``."""
    together = list(frames)
    return pl.concat(together) if together else like.clear()
