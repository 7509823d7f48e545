"""Which sentences stand on more than one page, in 中文 and in English? No page has its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from forbear.book.vocabulary import PROPOSED
from forbear.book.words import CHANNEL
from forbear.book.words import Both as Both
from forbear.book.words import both as both

Tongue = Literal["zh", "en"]
TONGUES: tuple[Tongue, Tongue] = ("zh", "en")


def rule_words(rule: str, titles: Mapping[str, Both]) -> Both:
    """A rule as a reader meets it: its sentence, then its id; only the id where no sentence is known.

    >>> rule_words("cn.t_01", {"cn.t_01": both("夜间不催收", "No collection at night")})["en"]
    'No collection at night (cn.t_01)'
    """
    said = titles.get(rule)
    return both(f"{said['zh']}（{rule}）", f"{said['en']} ({rule})") if said else both(rule, rule)


def _on_a_page(channel: str) -> Both:
    said = CHANNEL[channel]
    zh, en = said["zh"], said["en"][0].upper() + said["en"][1:]
    return both(f"{zh}（待批）", f"{en} (proposed)") if channel in PROPOSED else both(zh, en)


PLANNED = {channel: _on_a_page(channel) for channel in CHANNEL}
"""A channel as the head of a row: what a named person must decide first says so."""

SIMULATED = both(
    "以下人物、借款与还款均为模拟，不代表任何真实机构；策略仅依公开描述编写。",
    "People, loans and payments here are simulated and say nothing about any real lender; "
    "the policies follow public descriptions only.",
)

EXPOSURE = both(
    "这里只衡量“打扰了多少”，不衡量效果：还款不因联系而改变，故没有回收率一栏。",
    "This measures exposure, not effect: nobody pays because of a contact here, so there is no "
    "recovery column.",
)

NEVER_LEGAL = both(
    "“未被拦下”只表示没有已知规则禁止，不等于合法意见；标有“待法务复核”的规则尚未由具名人员核对原文。",
    "“Not blocked” means that no known rule forbids it; it is not a legal opinion. Rules marked as "
    "needing legal review were not yet read in the original by a named person.",
)
