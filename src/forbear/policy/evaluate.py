"""Which step does a policy wish for each person this morning, and where may a blocked wish go?

All steps are tested for everyone at once: ``holds`` is a whole number whose bits say which steps
hold, lowest bit first, and the first of them is the wish. A promise, a plan, a request for help, a
dispute or a complaint leaves only what is owed to the person (notices, the written confirmation of a
talk). Nothing here asks the law: the gate judges every wish afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from forbear.errors import PolicyError
from forbear.policy.draw import SHARE_ONE, draw
from forbear.policy.load import OWED, Policy
from forbear.relief.offers import bits, bits_of, words_of

WISH = pl.Schema(
    {
        "person": pl.Int64(),
        "loan": pl.Int64(),
        "depth": pl.Int16(),
        "step_place": pl.UInt8(),
        "step": pl.String(),
        "channel": pl.String(),
        "proposal": pl.Boolean(),
        "purpose": pl.String(),
        "tone": pl.String(),
        "template": pl.String(),
        "offer": pl.String(),
        "hour": pl.String(),
        "severity": pl.Int16(),
        "rank": pl.Int64(),
        "arm": pl.String(),
        "propensity": pl.Int32(),
        "holds": pl.UInt64(),
        "open_offers": pl.Int32(),
        "silent": pl.String(),
    }
)
"""One wish. ``depth`` 0 is the wish itself, 1 its ``else`` and so on; ``step`` null: none is wished,
and ``silent`` names the fact that silences (null: no step holds); ``arm`` ``usual``, ``explored`` or
``holdout`` (null: no experiment); ``propensity`` the chance of this step, millionths; ``holds`` and
``open_offers`` carry what ``otherwise`` needs."""


def wishes(policy: Policy, facts: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """What does the policy wish for each person of ``facts``? One row a person, in their order.

    ``facts`` has ``person``, ``loan`` and every fact of ``policy.facts_read``. ``seed`` keys the draws
    of an experiment. Raises PolicyError naming a fact that is missing.

    >>> from forbear.facts.definitions import frame
    >>> from forbear.policy import load
    >>> few = frame([{"person": 1, "days_past_due": 35}, {"person": 2, "days_past_due": 3}])
    >>> wishes(load("do-nothing"), few).select("person", "step", "channel").rows()
    [(1, 'adverse_notice', 'sms'), (2, None, None)]
    """
    missing = sorted(policy.facts_read - set(facts.columns))
    if missing:
        raise PolicyError(
            f"the facts do not have {', '.join(missing)}",
            where=policy.id,
            remedy="compute policy.facts_read",
        )
    offered = {offer for step in policy.steps for offer in step.do.offer}
    known = facts.lazy().select(
        "person",
        "loan",
        pl.col(policy.form.rank).cast(pl.Int64).alias("rank"),
        _silent(policy.form.silence).alias("silent"),
        _bitmask(policy, range(len(policy.steps))).alias("all_steps"),
        bits(policy.relief, offered).alias("open_offers"),
    )
    owed = sum(1 << i for i, step in enumerate(policy.steps) if step.do.purpose in OWED)
    quiet = pl.col("all_steps") & pl.lit(owed, dtype=pl.UInt64)
    masked = pl.when(pl.col("silent").is_null()).then("all_steps").otherwise(quiet)
    held = known.with_columns(masked.alias("holds")).collect()
    chosen = _drawn(policy, held, owed, seed)
    return _described(policy, chosen.with_columns(depth=pl.lit(0, dtype=pl.Int16)))


def otherwise(policy: Policy, blocked: pl.DataFrame) -> pl.DataFrame:
    """Where does each of these blocked wishes go? One row a wish that has somewhere to go.

    The first step along the ``else`` of the blocked step that holds for the person as well. Apply it
    again to what it returns to walk the whole chain; ``depth`` counts.
    """
    following = pl.lit(None, dtype=pl.UInt8)
    for place, step in enumerate(policy.steps):
        target = pl.lit(None, dtype=pl.UInt8)
        for name in reversed(policy.else_chain(step.id)):
            to = policy.place[name]
            holds = (pl.col("holds") & pl.lit(1 << to, dtype=pl.UInt64)) != 0
            target = pl.when(holds).then(pl.lit(to, dtype=pl.UInt8)).otherwise(target)
        if policy.else_chain(step.id):
            following = pl.when(pl.col("step_place") == place).then(target).otherwise(following)
    moved = blocked.with_columns(following.alias("step_place"), pl.col("depth") + 1)
    return _described(policy, moved.filter(pl.col("step_place").is_not_null()))


def choices(policy: Policy, wished: pl.DataFrame) -> pl.DataFrame:
    """Which steps, in order of preference, may each person have today? Wishes and all their elses.

    Sorted by person and ``depth``; people for whom nothing is wished have no row.
    """
    depth = wished.filter(pl.col("step_place").is_not_null())
    layers = [depth]
    while depth.height:
        depth = otherwise(policy, depth)
        layers.append(depth)
    return pl.concat(layers).sort("person", "depth")


def _silent(silence: Sequence[str]) -> pl.Expr:
    named: pl.Expr = pl.lit(None, dtype=pl.String)
    for name in reversed(silence):
        named = pl.when(pl.col(name)).then(pl.lit(name)).otherwise(named)
    return named


def _bitmask(policy: Policy, places: Sequence[int] | range) -> pl.Expr:
    terms = [
        pl.when(policy.conditions[policy.steps[i].id].holds)
        .then(pl.lit(1 << i, dtype=pl.UInt64))
        .otherwise(pl.lit(0, dtype=pl.UInt64))
        for i in places
    ]
    return pl.sum_horizontal(terms)


def _first(holds: str) -> pl.Expr:
    """The place of the lowest bit that is set; null for none."""
    lowest = pl.col(holds).bitwise_trailing_zeros().cast(pl.UInt8)
    return pl.when(pl.col(holds) != 0).then(lowest)


def _drawn(policy: Policy, held: pl.DataFrame, owed: int, seed: int) -> pl.DataFrame:
    """The wish of each person, experiments included; notices are never experimented on."""
    certain = pl.lit(SHARE_ONE, dtype=pl.Int32)
    chosen = held.with_columns(
        _first("holds").alias("step_place"),
        pl.lit(None, dtype=pl.String).alias("arm"),
        certain.alias("propensity"),
    )
    if policy.form.explore:
        chosen = _explored(policy, chosen, seed)
    if policy.form.holdout:
        chosen = _held_out(policy, chosen, owed, seed)
    return chosen


def _explored(policy: Policy, chosen: pl.DataFrame, seed: int) -> pl.DataFrame:
    """For a share of people, one of the equally gentle or gentler steps of the trial that hold.

    Each of the n open steps is drawn with chance share/n; the usual one has the rest as well.
    """
    explore = policy.form.explore
    assert explore is not None
    among = sorted(policy.place[name] for name in explore.among)
    rows = chosen.with_columns(
        draw(chosen["person"], seed=seed, trial=explore.trial).alias("draw"),
        draw(chosen["person"], seed=seed, trial=explore.trial + ":which").alias("which"),
    )
    severity = [step.do.severity for step in policy.steps]
    open_to = pl.lit(0, dtype=pl.UInt64)
    for place in among:
        gentler = [p for p in among if severity[p] <= severity[place]]
        mask = sum(1 << p for p in gentler)
        bits_open = pl.col("holds") & pl.lit(mask, dtype=pl.UInt64)
        open_to = pl.when(pl.col("step_place") == place).then(bits_open).otherwise(open_to)
    rows = rows.with_columns(open_to.alias("open_to"))
    count = pl.col("open_to").bitwise_count_ones().cast(pl.Int64)
    nth = (pl.col("which") * count) // SHARE_ONE
    picked = pl.lit(None, dtype=pl.UInt8)
    for place in among:
        bit = pl.lit(1 << place, dtype=pl.UInt64)
        below = pl.col("open_to") & pl.lit((1 << place) - 1, dtype=pl.UInt64)
        here = ((pl.col("open_to") & bit) != 0) & (below.bitwise_count_ones().cast(pl.Int64) == nth)
        picked = pl.when(here).then(pl.lit(place, dtype=pl.UInt8)).otherwise(picked)
    taking = (count > 0) & (pl.col("draw") < explore.share)
    final = pl.when(taking).then(picked).otherwise(pl.col("step_place"))
    each = pl.lit(explore.share, dtype=pl.Int64) // pl.max_horizontal(count, pl.lit(1))
    stays = pl.lit(SHARE_ONE, dtype=pl.Int64) - each * (count - 1)
    chance = pl.when(final == pl.col("step_place")).then(stays).otherwise(each)
    return rows.with_columns(
        final.alias("step_place"),
        pl.when(count > 0)
        .then(pl.when(taking).then(pl.lit("explored")).otherwise(pl.lit("usual")))
        .alias("arm"),
        pl.when(count > 0).then(chance).otherwise(SHARE_ONE).cast(pl.Int32).alias("propensity"),
    ).drop("draw", "which", "open_to")


def _held_out(policy: Policy, chosen: pl.DataFrame, owed: int, seed: int) -> pl.DataFrame:
    """For a share of people, nothing but the notices that are owed."""
    holdout = policy.form.holdout
    assert holdout is not None
    drawn = draw(chosen["person"], seed=seed, trial=holdout.trial)
    out = pl.Series("out", drawn < holdout.share)
    rows = chosen.with_columns(
        out,
        (pl.col("holds") & pl.lit(owed, dtype=pl.UInt64)).alias("owed"),
    ).with_columns(_first("owed").alias("owed_place"))
    chance = pl.col("propensity").cast(pl.Int64) * (SHARE_ONE - holdout.share) // SHARE_ONE
    usual = pl.col("arm").fill_null("usual")
    return rows.with_columns(
        pl.when("out").then("owed").otherwise("holds").alias("holds"),
        pl.when("out").then("owed_place").otherwise("step_place").alias("step_place"),
        pl.when("out").then(pl.lit("holdout")).otherwise(usual).alias("arm"),
        pl.when("out").then(holdout.share).otherwise(chance).cast(pl.Int32).alias("propensity"),
    ).drop("out", "owed", "owed_place")


def _described(policy: Policy, chosen: pl.DataFrame) -> pl.DataFrame:
    """Beside each chosen step what it does, and which of its ways out are open to the person."""
    steps = policy.steps
    table = pl.DataFrame(
        {
            "step_place": range(len(steps)),
            "step": [step.id for step in steps],
            "channel": [step.do.channel for step in steps],
            "proposal": [step.do.proposal for step in steps],
            "purpose": [step.do.purpose for step in steps],
            "tone": [step.do.tone for step in steps],
            "template": [step.do.template for step in steps],
            "hour": [step.do.hour for step in steps],
            "severity": [step.do.severity for step in steps],
            "carried": [bits_of(step.do.offer) for step in steps],
        },
        schema_overrides={
            "step_place": pl.UInt8, "carried": pl.Int32, "template": pl.String, "hour": pl.String,
        },
    )  # fmt: skip
    own = [name for name in chosen.columns if name not in table.columns or name == "step_place"]
    rows = chosen.select(own).join(table, on="step_place", how="left", maintain_order="left")
    rows = rows.with_columns((pl.col("carried") & pl.col("open_offers")).alias("offer_bits"))
    numbers = rows["offer_bits"].drop_nulls().unique().sort().to_list()
    said = pl.col("offer_bits").replace_strict(
        numbers, [words_of(n) for n in numbers], default=None, return_dtype=pl.String
    )
    return rows.with_columns(said.alias("offer")).select(
        pl.col(name).cast(dtype) for name, dtype in WISH.items()
    )
