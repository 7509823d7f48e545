"""Which page compares policies by how much they reach for people? Exposure, never effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forbear.book.words import REASON, Both, both
from forbear.measure.exposure import Exposure
from forbear.report import charts
from forbear.report.page import render
from forbear.report.words import (
    EXPOSURE,
    NEVER_LEGAL,
    PLANNED,
    SIMULATED,
    TONGUES,
    Tongue,
    rule_words,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one policy came to over the same nights of the same book."""

    name: str
    title: Both
    figures: Exposure
    contacts_by_day: Sequence[tuple[str, int]]
    """(YYYY-MM-DD, contacts planned that day)."""
    withheld_by_reason: Mapping[str, int]
    """Person-days left alone, by reason."""
    withheld_by_rule: Mapping[str, int]
    words: Mapping[Tongue, Sequence[str]]
    """The policy explained, a paragraph a line."""
    story: Mapping[str, Both] = field(default_factory=dict)
    """What this policy meant for the person of the story, by day."""

    def label(self, tongue: Tongue) -> str:
        """The policy in a chart: Chinese names are short, English ones give way to the id."""
        return self.title["zh"] if tongue == "zh" else self.name

    @property
    def share_contacted(self) -> int:
        """People contacted of people in arrears, millionths."""
        overdue = self.figures.people_overdue
        return self.figures.people_contacted * 1_000_000 // overdue if overdue else 0

    @property
    def each(self) -> str:
        """Contacts per person in arrears, two decimals, rounded half up."""
        hundredths = (self.figures.per_person() + 5) // 10
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def first_day(self) -> str:
        """Median day past due of the first contact; half days only where they are."""
        day = self.figures.first_contact_day
        return "–" if day is None else f"{day:g}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all runs have in common."""

    title: Both
    lead: Both
    figures: Sequence[tuple[str, Both]]
    command: str
    currency: str
    notes: Sequence[Both]
    simulated: bool
    story_of: Both | None = None
    rule_titles: Mapping[str, Both] = field(default_factory=dict)


def exposure_page(setting: Setting, runs: Sequence[Run], *, tongue: Tongue = "zh") -> str:
    """The HTML of a comparison of policies on one book."""
    rules = sorted({rule for run in runs for rule in run.withheld_by_rule})
    days = sorted({day for run in runs for day in run.story})
    return render(
        "exposure.html.j2",
        tongue=tongue,
        title=setting.title,
        lead=setting.lead,
        figures=setting.figures,
        exposure=EXPOSURE,
        simulated=SIMULATED if setting.simulated else None,
        never_legal=NEVER_LEGAL,
        currency=setting.currency,
        notes=setting.notes,
        command=setting.command,
        runs=runs,
        channel_chart=_stacks(
            {run.name: run.figures.by_channel for run in runs},
            runs,
            PLANNED,
            both("各策略按渠道的联系次数", "Contacts by channel under each policy"),
        ),
        day_chart=_days(runs),
        withheld_chart=_stacks(
            {run.name: run.withheld_by_reason for run in runs},
            runs,
            REASON,
            both("各策略不联系的原因", "Reasons to leave people alone under each policy"),
        ),
        proposals=_proposals(runs),
        rules=[
            (
                rule_words(rule, setting.rule_titles),
                [run.withheld_by_rule.get(rule, 0) for run in runs],
            )
            for rule in rules
        ],
        story={
            "who": setting.story_of,
            "days": [(day[5:], [run.story.get(day) for run in runs]) for day in days],
        }
        if setting.story_of
        else None,
    )


def _stacks(
    counts: Mapping[str, Mapping[str, int]],
    runs: Sequence[Run],
    words: Mapping[str, Both],
    alternative: Both,
) -> dict[str, str]:
    """One bar a run, its parts in the order of ``words``; parts that never occur are left out."""
    used = [name for name in words if any(counts[run.name].get(name) for run in runs)]
    return {
        tongue: charts.stacked(
            [
                (run.label(tongue), words[name][tongue], counts[run.name].get(name, 0))
                for run in runs
                for name in used
            ],
            alternative=alternative[tongue],
            order=[words[name][tongue] for name in used],
            unit="",
        )
        for tongue in TONGUES
    }


def _proposals(runs: Sequence[Run]) -> dict[str, object] | None:
    """Who waits for a named person's decision, a row a policy; none where nobody does."""
    used = [name for name in PLANNED if any(run.figures.proposals.get(name) for run in runs)]
    rows = [
        (run.title, [run.figures.proposals.get(name, 0) for name in used])
        for run in runs
        if run.figures.proposals
    ]
    return {"names": [PLANNED[name] for name in used], "rows": rows} if used else None


def _days(runs: Sequence[Run]) -> dict[str, str]:
    alternative = both("各策略每日联系次数", "Contacts a day under each policy")
    return {
        tongue: charts.lines(
            [(day, run.label(tongue), n) for run in runs for day, n in run.contacts_by_day],
            alternative=alternative[tongue],
            order=[run.label(tongue) for run in runs],
            unit="",
        )
        for tongue in TONGUES
    }
