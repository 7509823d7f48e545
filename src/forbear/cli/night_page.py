"""One night on one screen: what moved, what is planned, who is left alone and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from forbear.book.words import BUCKET, REASON
from forbear.money import format_amount
from forbear.report.words import NEVER_LEGAL, PLANNED, Tongue

Said = Mapping[str, Any]

_WORDS = {
    "title": (
        "{day} 早晨 · 策略 {policy} · 法规 {law}",
        "Morning of {day} · policy {policy} · law {law}",
    ),
    "people": (
        "关注 {people:,} 人，其中逾期 {people_overdue:,} 人；今日计划 {planned:,} 人，"
        "不打扰 {withheld:,} 人",
        "{people:,} people looked at, {people_overdue:,} in arrears; {planned:,} planned today, "
        "{withheld:,} left alone",
    ),
    "judged": (
        "闸门判断 {judged:,} 项，重放 {replayed:,} 笔，附帮助 {offers:,} 项",
        "{judged:,} wishes judged, {replayed:,} loans replayed, "
        "{offers:,} steps carry an offer of help",
    ),
    "buckets": ("账龄", "Bucket"),
    "loans": ("笔数", "Loans"),
    "owed": ("余额", "Owed"),
    "up": ("转坏", "Rolled on"),
    "down": ("好转", "Improved"),
    "plan": ("今日计划", "Planned today"),
    "people_n": ("人数", "People"),
    "left": ("不打扰", "Left alone"),
    "rule": ("规则", "Rule"),
    "capacity": ("容量", "Capacity"),
    "places": ("名额", "Places"),
    "given": ("已用", "Given"),
    "refused": ("未轮到", "Refused"),
    "aside": (
        "{n} 笔贷款待查（首笔 {loan}：{reason}）",
        "{n} loans set aside (first {loan}: {reason})",
    ),
    "caught": ("补入而未计划的日子：{days}", "brought in without a plan: {days}"),
    "root": ("根哈希 {root}", "root {root}"),
}

MOST_RULES = 8


def show_summary(console: Console, said: Said, *, language: Tongue = "en") -> None:
    """Print the one page of a finished night (the data of ``night.json``)."""
    page = said["summary"]

    def word(name: str, **values: Any) -> str:
        return _WORDS[name][0 if language == "zh" else 1].format(**values)

    console.print(word("title", **page), style="bold")
    console.print(word("people", **page))
    console.print(word("judged", **page))
    console.print(_buckets(page, word, language))
    console.print(
        _counts(page["plan_by_channel"], word("plan"), word("people_n"), PLANNED, language)
    )
    console.print(
        _counts(page["withheld_by_reason"], word("left"), word("people_n"), REASON, language)
    )
    if page["withheld_by_rule"]:
        few = dict(list(page["withheld_by_rule"].items())[:MOST_RULES])
        console.print(_counts(few, word("rule"), word("people_n"), {}, language))
    if page["capacity"]:
        console.print(_capacity(page, word, language))
    if page["set_aside"]:
        console.print(
            word("aside", n=page["set_aside"], **page["set_aside_first"][0]), style="yellow"
        )
    if page["caught_up"]:
        console.print(word("caught", days=", ".join(page["caught_up"])), style="yellow")
    for note in page["notes"]:
        console.print(f"· {note[language]}", style="dim")
    console.print(NEVER_LEGAL[language], style="dim")
    console.print(word("root", root=said["root"]), style="dim")


def _buckets(page: Said, word: Any, language: Tongue) -> Table:
    """Loans and money by bucket, and which share moved on or back since yesterday."""
    order = list(page["loans"])
    table = Table(box=None, pad_edge=False)
    table.add_column(word("buckets"))
    for name in ("loans", "owed", "up", "down"):
        table.add_column(word(name), justify="right")
    exponent = page["book"]["exponent"]
    for state in order:
        moves = [row for row in page["roll_rates"] if row["from_state"] == state]
        place = order.index(state)
        worse = sum(r["share_of_loans"] for r in moves if r["to_state"] in order[place + 1 :]
                    and r["to_state"] not in ("settled",))  # fmt: skip
        better = sum(r["share_of_loans"] for r in moves if r["to_state"] in order[:place]
                     or r["to_state"] == "settled" != state)  # fmt: skip
        table.add_row(
            BUCKET[state][language] if state in BUCKET else state,
            f"{page['loans'][state]:,}",
            format_amount(page["owed"][state], exponent=exponent),
            f"{worse / 10_000:.2f}%" if worse else "",
            f"{better / 10_000:.2f}%" if better else "",
        )
    return table


def _counts(
    counts: Mapping[str, int], title: str, people: str, words: Mapping[str, Any], language: Tongue
) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(title)
    table.add_column(people, justify="right")
    for name, n in counts.items():
        table.add_row(words[name][language] if name in words else name, f"{n:,}")
    return table


def _capacity(page: Said, word: Any, language: Tongue) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(word("capacity"))
    for name in ("places", "given", "refused"):
        table.add_column(word(name), justify="right")
    for channel, row in page["capacity"].items():
        said = PLANNED[channel][language] if channel in PLANNED else channel
        table.add_row(said, *(f"{row[name]:,}" for name in ("places", "given", "refused")))
    return table
