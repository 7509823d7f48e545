"""Which page does a collections floor read in the morning? ``summary.html`` of a night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forbear.book.words import BUCKET, REASON, Both, both
from forbear.report import charts
from forbear.report.page import render
from forbear.report.words import NEVER_LEGAL, PLANNED, TONGUES, Tongue, rule_words

ALL_STATES = ("M0", "M1", "M2", "M3", "M4+", "settled", "charged off", "set aside")
IN_ARREARS = ("M1", "M2", "M3", "M4+")
SHORT = {name: BUCKET[name] if name.islower() else both(name, name) for name in ALL_STATES}
"""A state as the head of a narrow column: the letter of a bucket, else its word."""


def night_page(
    summary: Mapping[str, Any],
    *,
    tongue: Tongue = "zh",
    rule_titles: Mapping[str, Both] | None = None,
    root: str = "",
) -> str:
    """The HTML of one night from its figures (``night.summary.Summary.as_data``).

    ``rule_titles`` gives each rule's sentence in both languages; a rule without one is shown by its
    id. Amounts are minor units of the book's currency.
    """
    titles = rule_titles or {}
    book = summary["book"]
    currency, exponent = str(book.get("currency", "")), int(book.get("exponent", 2))
    policy, day = summary["policy"], summary["day"]
    return render(
        "night.html.j2",
        tongue=tongue,
        title=both(f"{day} 晨报", f"The morning of {day}"),
        lead=both(
            f"策略 {policy}，规则书 {summary['law']}。账目算到前一日终，计划用于当日。",
            f"Policy {policy}, law {summary['law']}. Balances are as at the end of the day before; "
            "the plan is for this day.",
        ),
        figures=_figures(summary),
        notes=[both(note["zh"], note["en"]) for note in summary["notes"]],
        never_legal=NEVER_LEGAL,
        plan_rows=summary["plan_by_channel"],
        plan_chart=_bars(
            summary["plan_by_channel"], PLANNED, both("按渠道的计划", "Plan by channel")
        ),
        full=[
            (PLANNED.get(name, both(name, name)), row["places"], row["given"], row["refused"])
            for name, row in summary["capacity"].items()
        ],
        withheld_rows=summary["withheld_by_reason"],
        withheld_chart=_bars(
            summary["withheld_by_reason"], REASON, both("不联系的原因", "Reasons to leave alone")
        ),
        rules=[
            (rule_words(rule, titles), people)
            for rule, people in summary["withheld_by_rule"].items()
        ],
        bucket_chart=_bars(
            {name: summary["loans"].get(name, 0) for name in IN_ARREARS},
            BUCKET,
            both("逾期借款按账龄", "Loans in arrears by bucket"),
        ),
        buckets=[
            (BUCKET.get(name, both(name, name)), loans, summary["owed"].get(name, 0))
            for name, loans in summary["loans"].items()
        ],
        states=[SHORT[state] for state in ALL_STATES],
        moves=_matrix(summary["roll_rates"]),
        set_aside=summary["set_aside_first"],
        currency=currency,
        exponent=exponent,
        day=day,
        policy=policy,
        law=summary["law"],
        root=root,
    )


def _figures(summary: Mapping[str, Any]) -> list[tuple[str, Both]]:
    proposals = sum(summary["proposals"].values())
    return [
        (f"{summary['people']:,}", both("借款人", "people")),
        (f"{summary['people_overdue']:,}", both("逾期的人", "in arrears")),
        (f"{summary['planned']:,}", both("今日拟联系", "planned today")),
        (f"{summary['offers']:,}", both("附带帮助方案", "with an offer of help")),
        (f"{summary['withheld']:,}", both("今日不打扰", "left alone")),
        (f"{proposals:,}", both("待具名人员决定", "proposals to decide")),
    ]


def _bars(
    counts: Mapping[str, int], words: Mapping[str, Both], alternative: Both
) -> dict[str, str]:
    """The same bars labelled in each language."""
    return {
        tongue: charts.bars(
            [(words[name][tongue] if name in words else name, n) for name, n in counts.items()],
            alternative=alternative[tongue],
        )
        for tongue in TONGUES
    }


def _matrix(rates: Sequence[Mapping[str, Any]]) -> list[tuple[Both, list[int | None]]]:
    """Roll rates as rows of a square: share of loans in millionths, none where nothing moved."""
    found = {(row["from_state"], row["to_state"]): row["share_of_loans"] for row in rates}
    starts = [state for state in ALL_STATES if any(key[0] == state for key in found)]
    return [(SHORT[start], [found.get((start, end)) for end in ALL_STATES]) for start in starts]
