"""In which stage does a case stand, and which moves are possible? One machine for night, service, lab.

The stage depends only on what is so this morning (days past due, a placement, a court, a charge-off),
so it goes down as well as up: a part payment brings a late case back to early, and a recalled
placement back to where its days past due put it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

STAGES: dict[str, tuple[str, str]] = {
    "settled": ("已结清", "settled"),
    "pre_due": ("未逾期", "not in arrears"),
    "early": ("早期", "early"),
    "middle": ("中期", "middle"),
    "late": ("后期", "late"),
    "agency": ("委外", "with an agency"),
    "court": ("司法", "in court"),
    "charged_off": ("已核销", "charged off"),
}
"""Every stage, in 中文 and English."""

EARLY_UNTIL, MIDDLE_UNTIL = 30, 90
"""Early: 1–30 days past due (M1). Middle: 31–90 (M2, M3). Late: from 91 (M4+)."""

_ALWAYS = {"settled", "pre_due", "early", "middle", "late", "agency", "court", "charged_off"}

MOVES: Mapping[str, frozenset[str]] = {
    "settled": frozenset({"settled"}),
    "pre_due": frozenset({"pre_due", "early", "settled", "court", "charged_off"}),
    "early": frozenset(_ALWAYS - {"late"}),
    "middle": frozenset(_ALWAYS),
    "late": frozenset(_ALWAYS),
    "agency": frozenset(_ALWAYS),
    "court": frozenset(_ALWAYS),
    "charged_off": frozenset({"charged_off", "settled", "agency", "court"}),
}
"""From one morning to the next. Time alone takes a case one stage on; money or a correction may take
it back any number of stages; a charged-off claim goes on but never becomes an ordinary loan again."""

PROPOSAL_LEADS_TO = {"agency": "agency", "court": "court"}
"""Where a case goes when a named person agrees to a proposal of this channel; others leave it."""

FACTS_READ = ("days_past_due", "balance", "agency_placed", "in_court", "charged_off")


def stage() -> pl.Expr:
    """In which stage is each person's case this morning? Over the facts of ``FACTS_READ``.

    >>> from forbear.facts.definitions import frame
    >>> few = frame([{"days_past_due": 31, "balance": 5}, {"balance": 5}, {}])
    >>> few.select(stage()).to_series().to_list()
    ['middle', 'pre_due', 'settled']
    """
    late = pl.col("days_past_due")
    return (
        pl.when(pl.col("balance") <= 0).then(pl.lit("settled"))
        .when(pl.col("in_court")).then(pl.lit("court"))
        .when(pl.col("agency_placed")).then(pl.lit("agency"))
        .when(pl.col("charged_off")).then(pl.lit("charged_off"))
        .when(late <= 0).then(pl.lit("pre_due"))
        .when(late <= EARLY_UNTIL).then(pl.lit("early"))
        .when(late <= MIDDLE_UNTIL).then(pl.lit("middle"))
        .otherwise(pl.lit("late"))
        .alias("stage")
    )  # fmt: skip


def may_move(before: str, after: str) -> bool:
    """Can a case stand in ``after`` the morning after it stood in ``before``? Raises KeyError.

    >>> may_move("late", "early"), may_move("early", "late"), may_move("charged_off", "early")
    (True, False, False)
    """
    if after not in STAGES:
        raise KeyError(after)
    return after in MOVES[before]


def agreed(before: str, channel: str) -> str:
    """In which stage does a case stand once a named person has agreed to a proposal?

    >>> agreed("late", "court"), agreed("middle", "visit")
    ('court', 'middle')
    """
    return PROPOSAL_LEADS_TO.get(channel, before)
