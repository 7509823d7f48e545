"""Who was left alone today, and why? The other half of the plan.

Everyone in arrears and everyone a step was wished for stands in exactly one of the two tables. Where
several reasons hold, the first of this list is given: the loan's books need a look; held out for a
comparison; the policy has no step for them; a rule, or a fact the rule needs, kept the wish and all
its gentler steps back; another person has the number today; the day was full.
"""

from __future__ import annotations

import polars as pl

from forbear.book.schema import NIGHT

REASONS = ("set_aside", "holdout", "no_step", "missing_fact", "rule", "number_shared", "capacity")


def withheld_rows(left: pl.DataFrame) -> pl.DataFrame:
    """Why is each of these people left alone? The table ``withheld``, by person.

    ``left``: one row a person who is in arrears or was wished for, and has no place in the plan:
    person, ref, loan, days_past_due, amount_due; ``set_aside`` and ``held_out`` (yes/no); ``wish``
    (step, null: none) and ``silent`` (what silences: a promise, a plan, a request for help …, said as
    the rule ``silence.NAME``); ``permitted`` (yes/no: the gate allowed the wish or one of its gentler
    steps), ``rule``, ``missing`` (a fact the gate did not have) and ``not_before`` of the wish;
    ``refused`` (``capacity`` or ``number_shared``).

    >>> row = {"person": 1, "ref": "a", "loan": 2, "days_past_due": 3, "amount_due": 4,
    ...        "set_aside": False, "held_out": False, "wish": "call", "silent": None,
    ...        "permitted": False, "rule": "hold.dispute", "missing": None, "not_before": None,
    ...        "refused": None}
    >>> withheld_rows(pl.DataFrame([row])).select("reason", "rule").row(0)
    ('rule', 'hold.dispute')
    """
    permitted = pl.col("permitted").fill_null(False)
    reason = (
        pl.when(pl.col("set_aside").fill_null(False))
        .then(pl.lit("set_aside"))
        .when(pl.col("held_out").fill_null(False))
        .then(pl.lit("holdout"))
        .when(pl.col("wish").is_null())
        .then(pl.lit("no_step"))
        .when(~permitted & pl.col("missing").is_not_null())
        .then(pl.lit("missing_fact"))
        .when(~permitted)
        .then(pl.lit("rule"))
        .when(pl.col("refused") == "number_shared")
        .then(pl.lit("number_shared"))
        .otherwise(pl.lit("capacity"))
    )
    silence = pl.concat_str(pl.lit("silence."), pl.col("silent"))
    of_rule = pl.col("reason").is_in(["rule", "missing_fact"])
    return (
        left.with_columns(reason=reason)
        .with_columns(
            pl.when(of_rule)
            .then("rule")
            .when(pl.col("reason") == "no_step")
            .then(silence)
            .alias("rule"),
            pl.when(of_rule).then("not_before").alias("not_before"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in NIGHT["withheld"].schema.items())
        .sort("person")
    )
