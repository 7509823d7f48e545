"""What does a person read after a load: what came in, what did not and why, what was assumed?"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import polars as pl

from forbear.book.intake.faults import REASONS
from forbear.book.intake.targets import ASSUMPTIONS

if TYPE_CHECKING:
    from forbear.book.intake.load import Intake

EXAMPLES = 2
"""Rows shown for each reason; all of them stand in rejected.parquet."""

WIDTH = 98

WORDS = {
    "en": {
        "file": "file", "read": "read", "loaded": "loaded", "rejected": "rejected",
        "duplicates": "duplicates", "tables": "The book has",
        "assumed": "Taken for granted, because the files do not say it",
        "why": "Rejected rows by reason (all of them: rejected.parquet)",
        "remedy": "do", "rows": "rows", "row": "row", "notes": "Please look at",
        "incomplete": "loans are incomplete (the supplied schedule does not cover them) and are "
        "counted apart",
        "without": "loans are under no price ceiling of the table and were not tested (private "
        "lending: the LPR of the day is not in it)",
        "over": "loans cost more than the price ceiling at signing; loaded with a flag",
        "snapshots": "Monthly snapshots, no loans with dates: good for roll rates, cannot be closed",
        "as_of": "Last day in history",
    },
    "zh": {
        "file": "文件", "read": "读入", "loaded": "装入", "rejected": "退回", "duplicates": "重复",
        "tables": "账簿内容", "assumed": "文件未说明、因而假定的事项",
        "why": "退回原因（全部明细见 rejected.parquet）", "remedy": "处理", "rows": "行",
        "row": "行", "notes": "请留意",
        "incomplete": "笔借款还款计划不完整，单独统计",
        "without": "笔借款在价格上限表中没有对应的一行，未作检验（民间借贷：表中没有当日 LPR）",
        "over": "笔借款签约时高于价格上限，照常装入并标记",
        "snapshots": "仅有月度状态、没有带日期的借款：可算滚动率，不能日终",
        "as_of": "历史截至",
    },
}  # fmt: skip

TABLES_ZH = {
    "people": "债务人", "parties": "借款关系", "numbers": "号码", "loans": "借据",
    "instalments": "分期", "creditors": "债权人", "events": "账务流水", "contacts": "联系记录",
    "holds": "停催", "consents": "同意", "promises": "承诺", "plans": "方案",
    "placements": "委外", "snapshots": "月度状态",
}  # fmt: skip
"""What the tables of a book are called in a Chinese account."""


def account_in_words(intake: Intake, language: str) -> str:
    """The account of a load as text of at most 100 columns, in ``zh`` or ``en``."""
    word = WORDS[language]
    lines = _files(intake.files, word)
    names = TABLES_ZH if language == "zh" else {}
    rows = [f"{names.get(name, name)} {count:,}" for name, count in intake.tables.items() if count]
    lines += ["", *_folded(f"{word['tables']}: " + ", ".join(rows))]
    as_of = intake.book.manifest.as_of
    lines.append(f"{word['as_of']}: {as_of}" if as_of else word["snapshots"])
    if intake.incomplete:
        lines += _folded(f"{intake.incomplete:,} {word['incomplete']}")
    if intake.without_ceiling:
        lines += _folded(f"{intake.without_ceiling:,} {word['without']}")
    if intake.over_ceiling:
        lines += _folded(f"{intake.over_ceiling:,} {word['over']}")
    assumed = assumptions_in_words(intake.book.manifest.assume, language)
    lines += _listed(word["assumed"], assumed)
    lines += _listed(word["notes"], intake.notes)
    if intake.rejected.height:
        lines += ["", word["why"]]
        for (code,), faults in intake.rejected.group_by("code", maintain_order=True):
            lines += _reason(str(code), faults, language)
    return "\n".join(lines) + "\n"


def assumptions_in_words(assume: dict[str, str], language: str) -> list[str]:
    """What does this book take for granted, in words of this language (``zh`` or ``en``)?

    >>> assumptions_in_words({"holds": "none"}, "en")
    ['nobody is on hold when the book begins']
    """
    place = 0 if language == "en" else 1
    return [
        ASSUMPTIONS[what][choice][place]
        for what, choice in sorted(assume.items())
        if choice in ASSUMPTIONS.get(what, {})
    ]


def _files(files: pl.DataFrame, word: dict[str, str]) -> list[str]:
    counts = ("read", "loaded", "rejected", "duplicates")
    rows = [[str(row["file"]), *(f"{row[c]:,}" for c in counts)] for row in files.to_dicts()]
    table = [[word["file"], *(word[c] for c in counts)], *rows]
    widths = [max(_width(row[at]) for row in table) for at in range(len(table[0]))]
    widths[0] = min(widths[0], 50)
    return [
        "  ".join(
            _padded(_cut(cell, widths[at]), widths[at], right=at > 0) for at, cell in enumerate(row)
        )
        for row in table
    ]


def _reason(code: str, faults: pl.DataFrame, language: str) -> list[str]:
    word, says = WORDS[language], REASONS[code]
    text, remedy = (says.en, says.remedy) if language == "en" else (says.zh, says.remedy_zh)
    rows = faults.select("file", "row").n_unique()
    lines = _folded(f"  {rows:,} {word['row'] if rows == 1 else word['rows']}: {text}")
    lines += _folded(f"    {word['remedy']}: {remedy}")
    for row in faults.head(EXAMPLES).to_dicts():
        field = f", {row['field']}" if row["field"] else ""
        value = f" = {row['value']}" if row["value"] is not None else ""
        lines.append(_cut(f"    {row['file']}, {word['row']} {row['row']}{field}{value}", WIDTH))
    return lines


def _listed(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return ["", title, *(line for item in items for line in _folded(f"  · {item}"))]


def _width(text: str) -> int:
    """Columns on a terminal; a Chinese character takes two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * max(0, width - _width(text))
    return blanks + text if right else text + blanks


def _cut(text: str, width: int) -> str:
    while _width(text) > width:
        text = text[:-2] + "…"
    return text


def _folded(text: str) -> list[str]:
    """Broken into lines of at most ``WIDTH`` columns, at blanks or after a Chinese character."""
    indent = " " * (len(text) - len(text.lstrip()))
    lines, line = [], ""
    for char in text:
        if _width(line + char) > WIDTH:
            at = line.rfind(" ") if line.rfind(" ") > len(indent) + 2 else len(line)
            rest = line[at:].lstrip()
            lines.append(line[:at].rstrip())
            line = f"{indent}  {rest}"
        line += char
    return [*lines, line]
