"""From many nights under several policies to the rows of the page that compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from forbear.book.words import Both, both
from forbear.measure.exposure import NOT_CONTACTS, exposure
from forbear.night.run import Nights
from forbear.night.run import Run as NightsRun
from forbear.policy import Policy
from forbear.policy.explain import explain
from forbear.report.exposure_page import Run
from forbear.report.words import PLANNED

STORY_DAYS = 20
"""How long in arrears on the first night the person of the story may be."""


def compared(nights: Nights, policies: Sequence[Policy], story: int | None = None) -> list[Run]:
    """One row of the comparison for each policy, in the order given.

    ``story``: the person whose days are told beside the figures.
    """
    return [_row(nights, nights.runs[policy.id], policy, story) for policy in policies]


def _row(nights: Nights, run: NightsRun, policy: Policy, story: int | None) -> Run:
    reaching = run.plans.filter(~pl.col("channel").cast(pl.String).is_in(NOT_CONTACTS))
    by_day = reaching.group_by("day").len().sort("day")
    reasons = run.withheld.group_by("reason").agg(pl.col("people").sum()).sort("reason")
    rules = (
        run.withheld.filter(pl.col("reason") == "rule")
        .group_by("rule")
        .agg(pl.col("people").sum())
        .sort("rule")
    )
    return Run(
        name=policy.id,
        title=both(policy.form.name.zh, policy.form.name.en),
        figures=exposure(run.plans, run.withheld, nights.spells, nights.payments),
        contacts_by_day=[(str(day), n) for day, n in by_day.iter_rows()],
        withheld_by_reason=dict(reasons.iter_rows()),
        withheld_by_rule=dict(rules.iter_rows()),
        words={
            "zh": explain(policy, "zh").split("\n\n"),
            "en": explain(policy, "en").split("\n\n"),
        },
        story=_days_of(run, story) if story is not None else {},
    )


def _days_of(run: NightsRun, person: int) -> dict[str, Both]:
    """What was planned for this person, by day; a proposal that waits is told once."""
    rows = run.plans.filter(pl.col("person") == person).sort("day")
    told: dict[str, Both] = {}
    waiting = ""
    for day, channel in rows.select("day", pl.col("channel").cast(pl.String)).iter_rows():
        if channel not in NOT_CONTACTS or channel != waiting:
            told[str(day)] = PLANNED[channel]
        waiting = channel
    return told


def person_of_the_story(nights: Nights) -> int | None:
    """Whose days tell most about the policies: lately in arrears, and treated differently?

    Of the people overdue on the first night by no more than ``STORY_DAYS`` days: whom all policies
    meet, and whom the busiest contacts on the most days more than the quietest. Ties go to the lesser
    key, so that the same nights tell the same story.
    """
    from_start = nights.spells.filter(~pl.col("whole")).select("person").unique()
    reached = pl.concat(
        [
            run.plans.filter(
                pl.col("days_past_due") > 0,
                pl.col("days_past_due") - (pl.col("day") - nights.first).dt.total_days()
                <= STORY_DAYS,
                ~pl.col("channel").cast(pl.String).is_in(NOT_CONTACTS),
            )
            .group_by("person")
            .len()
            for run in nights.runs.values()
        ]
    )
    spread = (
        reached.join(from_start, on="person", how="semi")
        .group_by("person")
        .agg((pl.col("len").max() - pl.col("len").min()).alias("spread"), pl.len().alias("runs"))
        .sort(["runs", "spread", "person"], descending=[True, True, False])
    )
    return int(spread["person"][0]) if spread.height else None


def summary_rows(runs: Sequence[Run]) -> list[Mapping[str, str]]:
    """The comparison as text, a mapping a policy, for a terminal or a page of documentation."""
    return [
        {
            "policy": run.name,
            "people": f"{run.figures.people_contacted:,}",
            "each": run.each,
            "calls": f"{_of(run, 'call', 'ai_call'):,}",
            "texts": f"{_of(run, 'sms', 'app', 'push', 'im', 'email', 'letter'):,}",
            "visits": f"{_of(run, 'visit'):,}",
            "day 1st": run.first_day,
            "anyway": _percent(run.figures.share_anyway(7)),
            "offers": f"{run.figures.offers:,}",
            "peak": f"{run.figures.peak_contacts:,}",
            "cost": f"{run.figures.cost // 100:,}",
        }
        for run in runs
    ]


def _of(run: Run, *channels: str) -> int:
    return sum(run.figures.by_channel.get(channel, 0) for channel in channels)


def _percent(millionths: int) -> str:
    tenths = (millionths + 500) // 1000
    return f"{tenths // 10}.{tenths % 10}%"
