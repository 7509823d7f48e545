"""The page that lists every fact, made from the definitions (``docs/strategists/facts.md``)."""

from __future__ import annotations

from forbear.facts.definitions import FACTS, NEVER, Fact

HEAD = """# Facts a policy may ask for · 策略可用的事实

Every fact that a step's `when`, a rank or an offer can use. This page is made from
`src/forbear/facts/definitions.py`; a test keeps it current.

Write money as `yuan(2000)`, shares as decimals (`self_cure < 0.8`), days and counts as whole numbers,
words in single quotes. A window such as `7d` ends today and counts today. *Empty* is the value for
someone without history: who was never contacted is not unknown, their days since then are {never}.
A fact marked *can be unknown* must be asked for first: `age IS NOT NULL AND age >= 65`.

Who may read it: `any step`; `to hold back` only as `AND NOT …`, so that it can take a step away and
never bring one; `help only` in steps that offer help. Hardship never hardens anything.
"""

UNITS = {
    "days": "days · 天", "amount": "money · 金额", "share": "share · 比例", "count": "count · 次数",
    "yes_no": "yes/no · 是否", "word": "word · 词", "hour": "hour · 钟点", "years": "years · 岁",
}  # fmt: skip
READERS = {"policy": "any step", "restraint": "to hold back", "relief": "help only"}


def facts_page() -> str:
    """The whole page as Markdown.

    >>> facts_page().splitlines()[0]
    '# Facts a policy may ask for · 策略可用的事实'
    """
    lines = [HEAD.format(never=f"{NEVER:,}"), "## About the person · 关于本人", "", *_HEADER]
    lines += [_row(fact) for fact in FACTS.values() if fact.per == "person"]
    lines += ["", "## About the lead loan · 关于主贷", ""]
    lines += [
        "The loan with the oldest arrears, then the largest. 逾期最久、其次余额最大的一笔。",
        "",
    ]
    lines += [*_HEADER, *(_row(fact) for fact in FACTS.values() if fact.per == "loan")]
    return "\n".join(lines) + "\n"


_HEADER = (
    "| fact | 中文 | English | unit | empty | who reads it | how it is made |",
    "| - " * 7 + "|",
)


def _row(fact: Fact) -> str:
    made = fact.made or "as recorded"
    if fact.words:
        made += f"; one of {', '.join(fact.words)}"
    cells = (
        f"`{fact.name}`",
        fact.zh,
        fact.en,
        UNITS[fact.unit],
        _empty(fact),
        READERS[fact.readers],
        made,
    )
    return f"| {' | '.join(cells)} |"


def _empty(fact: Fact) -> str:
    if fact.empty is None:
        return "can be unknown"
    if isinstance(fact.empty, bool):
        return "yes" if fact.empty else "no"
    if fact.unit == "share" and isinstance(fact.empty, int):
        return f"{fact.empty / 10_000:g}%"
    return "never" if fact.empty == NEVER else str(fact.empty)
