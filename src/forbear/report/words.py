"""What does a page call things, in 中文 and in English? One list, so that no page has its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

Tongue = Literal["zh", "en"]
TONGUES: tuple[Tongue, Tongue] = ("zh", "en")


class Both(TypedDict):
    """One phrase in both languages."""

    zh: str
    en: str


def both(zh: str, en: str) -> Both:
    """The same phrase in both languages.

    >>> both("逾期", "in arrears")["en"]
    'in arrears'
    """
    return {"zh": zh, "en": en}


def rule_words(rule: str, titles: Mapping[str, Both]) -> Both:
    """A rule as a reader meets it: its sentence, then its id; only the id where no sentence is known.

    >>> rule_words("cn.t_01", {"cn.t_01": both("夜间不催收", "No collection at night")})["en"]
    'No collection at night (cn.t_01)'
    """
    said = titles.get(rule)
    return both(f"{said['zh']}（{rule}）", f"{said['en']} ({rule})") if said else both(rule, rule)


CHANNEL = {
    "app": both("应用内消息", "App"),
    "push": both("推送", "Push"),
    "sms": both("短信", "SMS"),
    "im": both("即时消息", "Chat"),
    "email": both("邮件", "E-mail"),
    "letter": both("信函", "Letter"),
    "ai_call": both("智能语音", "AI call"),
    "call": both("人工电话", "Call"),
    "visit": both("上门（待批）", "Visit (proposed)"),
    "agency": both("委外（待批）", "Agency (proposed)"),
    "court": both("诉讼（待批）", "Court (proposed)"),
    "adverse_report": both("征信报送（待批）", "Adverse report (proposed)"),
}

REASON = {
    "no_step": both("策略认为不必联系", "The policy leaves them alone"),
    "holdout": both("对照组，不联系", "Held out for comparison"),
    "rule": both("规则不允许", "A rule forbids it today"),
    "missing_fact": both("缺少事实，先不联系", "A fact is missing"),
    "capacity": both("当日人手已满", "The day was full"),
    "number_shared": both("同一号码今日已安排他人", "Number already used today"),
    "set_aside": both("账目待查", "The loan's books need a look"),
}

BUCKET = {
    "M0": both("M0 未逾期", "M0 not in arrears"),
    "M1": both("M1 1–30天", "M1 1–30 days"),
    "M2": both("M2 31–60天", "M2 31–60 days"),
    "M3": both("M3 61–90天", "M3 61–90 days"),
    "M4+": both("M4+ 90天以上", "M4+ over 90 days"),
    "settled": both("已结清", "settled"),
    "charged off": both("已核销", "charged off"),
    "set aside": both("待查", "set aside"),
}

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
