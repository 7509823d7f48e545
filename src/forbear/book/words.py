"""What do people read for the closed words of a book, in 中文 and in English?

One list for policies, pages and screens, so that a channel has one name everywhere. The words
themselves are in ``forbear.book.vocabulary``.
"""

from __future__ import annotations

from typing import TypedDict


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


CHANNEL = {
    "app": both("应用内消息", "in-app message"),
    "push": both("应用推送", "push message"),
    "sms": both("短信", "SMS"),
    "im": both("即时消息", "chat message"),
    "email": both("电子邮件", "e-mail"),
    "letter": both("信函", "letter"),
    "ai_call": both("智能外呼", "AI call"),
    "call": both("人工电话", "call by a person"),
    "visit": both("上门", "visit"),
    "agency": both("委外", "agency"),
    "court": both("诉讼", "court"),
    "adverse_report": both("征信报送", "adverse report"),
}
"""Every word of ``CHANNELS``, as inside a sentence."""

PURPOSE = {
    "collect": both("催收", "to ask for payment"),
    "remind": both("提醒", "to remind"),
    "notice_required": both("必须的告知", "a notice that is owed"),
    "confirm_talk": both("谈话的书面确认", "written confirmation of a talk"),
    "help_offer": both("提供帮助", "to offer help"),
    "locate": both("查找联系方式", "to find the person"),
    "give_payment_details": both("提供付款信息", "to give payment details"),
    "answer_request": both("答复请求", "to answer a request"),
}
"""Every word of ``PURPOSES``."""

REASON = {
    "no_step": both("策略认为不必联系", "The policy leaves them alone"),
    "holdout": both("对照组，不联系", "Held out for comparison"),
    "rule": both("规则不允许", "A rule forbids it today"),
    "missing_fact": both("缺少事实，先不联系", "A fact is missing"),
    "capacity": both("当日人手已满", "The day was full"),
    "number_shared": both("同一号码今日已安排他人", "Number already used today"),
    "set_aside": both("账目待查", "The loan's books need a look"),
}
"""Why a night leaves somebody alone."""

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
"""How long in arrears a loan is, or what ended it."""
