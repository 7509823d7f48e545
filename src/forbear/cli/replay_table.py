"""The table of a replay: measures down, policies across; text and markdown, 中文 and English."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from forbear.book.words import REASON
from forbear.measure.exposure import ANYWAY_DAYS, Exposure
from forbear.money import format_amount
from forbear.night.replay import ASSUMED, Replayed
from forbear.night.saying import assumed_in_words
from forbear.policy.paragraphs import wrap
from forbear.report.words import EXPOSURE, PLANNED, Tongue

Cell = Callable[[Exposure], str]


def _share(part: int, whole: int) -> str:
    """A share with one decimal, rounded half up, as on every page.

    >>> _share(21, 22), _share(0, 0)
    ('95.5%', '–')
    """
    if not whole:
        return "–"
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def _per(thousandths: int) -> str:
    """A number of thousandths with two decimals, rounded half up.

    >>> _per(2318), _per(154)
    ('2.32', '0.15')
    """
    hundredths = (thousandths + 5) // 10
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _rows(done: Replayed, language: Tongue) -> list[tuple[str, Cell]]:
    zh = language == "zh"
    rows: list[tuple[str, Cell]] = [
        ("逾期的人" if zh else "People in arrears", lambda e: f"{e.people_overdue:,}"),
        ("其中被联系" if zh else "  of them contacted", lambda e: f"{e.people_contacted:,}"),
        ("  占比" if zh else "  share", lambda e: _share(e.people_contacted, e.people_overdue)),
        ("人均联系次数" if zh else "Contacts a person", lambda e: _per(e.per_person())),
    ]
    used = sorted({channel for e in done.policies.values() for channel in e.by_channel})
    for channel in used:
        rows.append(
            (
                f"  {PLANNED[channel][language] if channel in PLANNED else channel}",
                lambda e, channel=channel: _per(e.per_person(channel)),  # type: ignore[misc]
            )
        )
    for days in ANYWAY_DAYS:
        rows.append(
            (
                f"联系后{days}日内本就还款" if zh else f"Paid anyway within {days} d",
                lambda e, days=days: _share(e.paid_anyway.get(days, 0), e.contacts_overdue),  # type: ignore[misc]
            )
        )
    rows += [
        (
            "首次联系（逾期第几天，中位）" if zh else "First contact on day",
            lambda e: "–" if e.first_contact_day is None else f"{e.first_contact_day:g}",
        ),
        (
            "逾期段中被联系" if zh else "Spells contacted",
            lambda e: _share(e.spells_contacted, e.spells),
        ),
        ("附帮助方案的联系" if zh else "Offers of help", lambda e: f"{e.offers:,}"),
        ("其中法定通知" if zh else "Notices owed", lambda e: f"{e.notices:,}"),
        ("到期前提醒" if zh else "Reminders before due", lambda e: f"{e.reminders:,}"),
        (
            "待决建议（人）" if zh else "Proposals (people)",
            lambda e: f"{sum(e.proposals.values()):,}",
        ),
        ("单日最多联系" if zh else "Peak day, contacts", lambda e: f"{e.peak_contacts:,}"),
        ("  日期" if zh else "  on", lambda e: e.peak_day or "–"),
        ("费用（元）" if zh else "Cost (yuan)", lambda e: format_amount(e.cost)),
        (
            "无标价的联系" if zh else "Contacts not priced",
            lambda e: f"{e.unpriced:,}",
        ),
        (
            "规则拦下的步骤（人日）" if zh else "Steps a rule refused",
            lambda e: f"{sum(e.refused_by.values()):,}",
        ),
    ]
    rules = sorted({rule for e in done.policies.values() for rule in e.refused_by})
    for rule in rules:
        rows.append((f"  {rule}", lambda e, rule=rule: f"{e.refused_by.get(rule, 0):,}"))  # type: ignore[misc]
    rows.append(
        (
            "因规则不联系（人日）" if zh else "Left alone by a rule",
            lambda e: f"{sum(n for why, n in e.withheld_by.items() if '.' in why):,}",
        )
    )
    others = [
        why
        for why in REASON
        if why not in ("rule",) and any(e.withheld_by.get(why) for e in done.policies.values())
    ]
    for why in others:
        rows.append(
            (REASON[why][language], lambda e, why=why: f"{e.withheld_by.get(why, 0):,}")  # type: ignore[misc]
        )
    return rows


def _lead(done: Replayed, language: Tongue) -> list[str]:
    """What the table is, in sentences: period, law, assumptions, what it does not say."""
    assumed = ("；" if language == "zh" else "; ").join(
        assumed_in_words(name, value)[language]
        for name, value in sorted(done.book["assume"].items())
    )
    if language == "zh":
        return [
            f"{done.first} 至 {done.last} 每日晨间结账；法规 {done.law}。",
            f"借款 {done.loans:,} 笔，{done.people:,} 人；其中还款计划不完整 {done.incomplete:,} 笔，"
            "单列于后，不计入本表。",
            EXPOSURE["zh"],
            f"对联系结果的统一假设：{ASSUMED[0]}",
            f"对账簿的假设：{assumed}。" if assumed else "",
            _unscaled(done)[0],
            "费用按 measure/prices.yaml 所列单价（人民币），与账簿币种无关。",
        ]
    return [
        f"Every morning from {done.first} to {done.last}; law {done.law}.",
        f"{done.loans:,} loans of {done.people:,} people; {done.incomplete:,} of the loans are "
        "incomplete (their schedule is not wholly known): counted apart, below the table.",
        EXPOSURE["en"],
        f"Assumed of every contact: {ASSUMED[1]}",
        f"Assumed of the book: {assumed}." if assumed else "",
        _unscaled(done)[1],
        "Cost at the prices stated in measure/prices.yaml (yuan), whatever the book's currency.",
    ]


def _unscaled(done: Replayed) -> tuple[str, str]:
    """What a reader must know when amounts of two currencies were compared as they stand."""
    currency = done.book["currency"]
    if currency == "CNY" or done.book["scale"] != "1":
        return "", ""
    return (
        f"账簿币种为 {currency}，未声明折算（scale）：策略中的金额门槛按 1 {currency} = 1 元比较。",
        f"The book is in {currency} and declares no scale: amounts in policies are compared as if "
        f"1 {currency} were 1 yuan.",
    )


def _apart(done: Replayed, language: Tongue) -> str:
    """Incomplete loans in one sentence."""
    parts = [
        f"{name} {e.contacts_overdue:,}/{e.people_overdue:,}" for name, e in done.apart.items()
    ]
    head = (
        "不完整借款（联系次数/逾期人数）："
        if language == "zh"
        else "Incomplete loans (contacts/people in arrears): "
    )
    return head + ", ".join(parts)


def as_text(done: Replayed, *, language: Tongue = "en") -> str:
    """The replay as text that fits a terminal."""
    head = ["", *done.policies]
    body = [
        [label, *(cell(e) for e in done.policies.values())] for label, cell in _rows(done, language)
    ]
    widths = [max(_width(row[n]) for row in [head, *body]) for n in range(len(head))]
    lines = [part for line in _lead(done, language) for part in wrap(line).split("\n")]
    lines.append("")
    lines += [_line(row, widths) for row in [head, *body]]
    return "\n".join([*lines, "", wrap(_apart(done, language))])


def as_markdown(done: Replayed, *, language: Tongue = "en") -> str:
    """The replay as a markdown table under its sentences."""
    names = list(done.policies)
    lines = [f"- {line}" for line in _lead(done, language) if line]
    lines += ["", "| " + " | ".join(["", *names]) + " |", "|" + " --- |" * (len(names) + 1)]
    for label, cell in _rows(done, language):
        shown = label.replace("  ", "· ")
        lines.append("| " + " | ".join([shown, *(cell(e) for e in done.policies.values())]) + " |")
    return "\n".join([*lines, "", _apart(done, language), ""])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0] + " " * (widths[0] - _width(row[0]))
    rest = [" " * (w - _width(cell)) + cell for cell, w in zip(row[1:], widths[1:], strict=True)]
    return "  ".join([first, *rest]).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two.

    >>> _width("费用 a")
    6
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
