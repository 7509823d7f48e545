"""Which facts may a policy, a rule or an offer ask for, and what does each of them mean?

Every fact is declared here once: its name, what it says in 中文 and English, its unit, whether it is
about the person or the lead loan, its value where there is no history, and who may read it. A person
who was never contacted is not unknown: their days since the last contact are ``NEVER``.

Readers. ``policy``: a step may compare it. ``restraint``: a step may use it only to hold back
(``AND NOT …``), so that the fact being true can take a step away and never bring one. ``relief``:
only a step that offers help, and only to bring that help (DESIGN law 7: hardship unlocks help and
nothing else). The check of a policy file enforces all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from forbear.facts.expression import SHARE_ONE, Kind, Word

__all__ = ["DTYPES", "FACTS", "NEVER", "SHARE_ONE", "Fact", "empty_person", "frame", "words"]

Unit = Literal["days", "amount", "share", "count", "yes_no", "word", "hour", "years"]
Value = int | bool | str | None

NEVER = 36_500
"""Days since something that never happened, or until something that is not in sight (a century)."""

DTYPES: dict[Unit, pl.DataType] = {
    "days": pl.Int32(),
    "amount": pl.Int64(),
    "share": pl.Int32(),
    "count": pl.Int32(),
    "yes_no": pl.Boolean(),
    "word": pl.String(),
    "hour": pl.Int8(),
    "years": pl.Int32(),
}
"""How a column of each unit is stored."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its name, meaning, unit and reach."""

    name: str
    unit: Unit
    empty: Value
    """The value where there is no history; None: it can be unknown, and a condition asks first."""
    zh: str
    en: str
    per: Literal["person", "loan"] = "person"
    """``loan``: of the person's lead loan (oldest arrears, then largest)."""
    made: str = ""
    """How it is put together from the book."""
    readers: Literal["policy", "restraint", "relief"] = "policy"
    words: tuple[str, ...] = ()
    """The words it can be, when its unit is ``word``."""
    zero: tuple[str, str] | None = None
    """What 0 says in words, 中文 and English, where it is not just a number."""
    least: int | None = 0
    """The smallest value it can have; None: no bound."""

    @property
    def dtype(self) -> pl.DataType:
        """How its column is stored."""
        return DTYPES[self.unit]


def _since(name: str, zh: str, en: str, column: str) -> Fact:
    return Fact(
        f"days_since_{name}", "days", NEVER, f"距上次{zh}天数", f"days since the last {en}",
        made=f"this day − local day of carried_people.{column}",
    )  # fmt: skip


def _counted(counter: str, days: int, zh: str, en: str) -> Fact:
    return Fact(
        f"{counter}_{days}d", "count", 0, f"近{days}日{zh}", f"{en} in {days} days",
        made=f"sum of carried_days.{counter} over the {days} days that end today",
    )  # fmt: skip


def _held(name: str, zh: str, en: str, *kinds: str, made: str = "") -> Fact:
    kinds_said = " or ".join(kinds or (name,))
    return Fact(
        name, "yes_no", False, zh, en, made=made or f"an open hold of kind {kinds_said}"
    )  # fmt: skip


DAYS_WINDOWS: dict[str, tuple[int, ...]] = {
    "attempts": (7,),
    "connects": (7, 14, 30),
    "talks": (7, 30),
    "texts": (7, 30),
    "touches": (7, 30),
    "visits": (30,),
    "calls_without_result": (7, 30, 60),
}
"""Which windows of each daily counter are facts (the last day of a window is today)."""

DIFFERENT_DAYS: tuple[int, ...] = (7, 30, 60)
"""Windows in which the *days* with calls without result are counted."""

SINCE: dict[str, str] = {
    "touch": "last_touch_at",
    "attempt": "last_attempt_at",
    "connect": "last_connect_at",
    "talk": "last_talk_at",
    "text": "last_text_at",
    "visit": "last_visit_at",
    "statement": "last_statement_at",
    "demand": "last_demand_at",
}
"""Days-since facts and the instant in carried_people they are counted from."""

HOLDS: dict[str, tuple[str, ...]] = {
    "promise_open": ("promise_open",),
    "plan_kept": ("plan_kept",),
    "help_requested": ("help_request", "hardship_pause"),
    "dispute_open": ("dispute", "identity_dispute"),
    "complaint_open": ("complaint",),
    "goods_dispute": ("goods_dispute",),
    "debit_in_flight": ("debit_in_flight",),
    "unmatched_money": ("unmatched_money",),
    "bereaved": ("bereavement", "death"),
    "in_court": ("court",),
}
"""Yes/no facts and the kinds of hold that make them true."""

_COUNTED_WORDS = {
    "attempts": ("外呼拨打次数", "outbound call attempts"),
    "connects": ("外呼接通次数", "connected outbound calls"),
    "talks": ("本人沟通次数", "conversations with the person"),
    "texts": ("文字消息条数", "text messages"),
    "touches": ("触达次数", "touches"),
    "visits": ("上门次数", "visits"),
    "calls_without_result": ("电话未果次数", "calls without result"),
}

_MONEY = (
    Fact("days_past_due", "days", 0, "逾期天数", "days past due", "loan",
         "this day − oldest unpaid due date; 0 when nothing is overdue"),
    Fact("days_past_due_regulatory", "days", 0, "监管口径逾期天数", "days past due, regulatory",
         "loan", "the same, not reset by extension or re-age"),
    Fact("days_to_due", "days", NEVER, "距下一还款日天数", "days to the next due date",
         made="the nearest over all loans"),
    Fact("amount_due", "amount", 0, "当前应还总额", "amount due now",
         made="principal, interest, fees and penalty due and unpaid, over all loans"),
    Fact("penalty_due", "amount", 0, "应还罚息", "penalty interest due", made="over all loans"),
    Fact("balance", "amount", 0, "全部欠款余额", "everything still owed",
         made="due and not yet due, over all loans"),
    Fact("lead_balance", "amount", 0, "主贷余额", "still owed on the lead loan", "loan"),
    Fact("lead_amount_due", "amount", 0, "主贷应还额", "due now on the lead loan", "loan"),
    Fact("loans_overdue", "count", 0, "逾期贷款笔数", "loans in arrears"),
    Fact("instalments_overdue", "count", 0, "主贷逾期期数", "instalments overdue", "loan",
         "instalments of the lead loan with something unpaid"),
    Fact("times_late", "count", 0, "曾入催次数", "times in arrears", "loan"),
    Fact("days_since_payment", "days", NEVER, "距上次还款天数", "days since the last payment",
         made="over all loans"),
    Fact("charged_off", "yes_no", False, "已核销", "charged off", "loan"),
    Fact("over_ceiling", "yes_no", False, "综合成本超上限", "signed above the price ceiling", "loan"),
    Fact("debit_mandate", "yes_no", False, "已签代扣", "automatic debit agreed", "loan"),
    Fact("time_barred", "yes_no", False, "诉讼时效已过", "time-barred", "loan",
         "three years since the last due date, the last payment and the last demand"),
)  # fmt: skip

_SCORES = (
    Fact("self_cure", "share", 500_000, "自愈可能", "chance of paying without contact",
         made="score; without one 0.5, so that neither a high nor a low threshold is met"),
    Fact("pay_30d", "share", 500_000, "三十日内还款可能", "chance of paying within 30 days",
         made="score; without one 0.5"),
    Fact("reach", "share", 500_000, "接通可能", "chance of answering a call",
         made="score; without one 0.5"),
    Fact("best_hour", "hour", 10, "最可能接听的钟点", "hour most likely to be answered",
         made="score; without one 10 o'clock"),
    Fact("ability_to_pay", "word", "not_known", "还款能力", "ability to pay",
         made="what the person told us, or a score; not known takes the timing of able",
         words=("able", "squeezed", "unable", "not_known")),
    Fact("expected_gain_14d", "amount", 0, "十四日期望回收", "expected gain in 14 days",
         made="reach × amount due, until later models exist"),
)  # fmt: skip

_PERSON = (
    Fact("age", "years", None, "年龄", "age"),
    Fact("days_to_pay_day", "days", None, "距发薪日天数", "days to the next pay-day",
         made="0 on the pay-day; a short month pays on its last day"),
    Fact("address_confirmed", "yes_no", False, "住址已核实", "address confirmed"),
    Fact("number_usable", "yes_no", False, "有可用号码", "has a usable number of their own",
         made="a number of the person that is not wrong, dead, reassigned or opted out"),
    Fact("contact_consent", "yes_no", False, "同意联系", "agreed to be contacted",
         made="consent of kind contact_ok in force"),
    Fact("joint_opt_in", "yes_no", False, "同意联合催收", "agreed to joint collection"),
    Fact("ai_call_unsuitable", "yes_no", False, "不宜智能外呼", "not to be called by a machine",
         made="aged 65 or more, flagged in hardship or vulnerable, or with an open complaint (HP-11)",
         readers="restraint"),
    Fact("distress_seen", "yes_no", False, "有困难迹象", "sign of distress",
         made="flagged in hardship or vulnerable", readers="relief"),
)  # fmt: skip

_HISTORY = (
    *(_since("touch" if k == "touch" else k, zh, en, SINCE[k]) for k, zh, en in (
        ("touch", "触达", "touch"), ("attempt", "拨打", "call attempt"),
        ("connect", "接通", "connected call"), ("talk", "沟通", "conversation"),
        ("text", "文字消息", "text message"), ("visit", "上门", "visit"),
        ("statement", "账单说明", "written position"), ("demand", "书面催告", "written demand"),
    )),
    *(_counted(counter, days, *_COUNTED_WORDS[counter])
      for counter, windows in DAYS_WINDOWS.items() for days in windows),
    *(Fact(f"days_without_result_{days}d", "count", 0, f"近{days}日有未果电话的天数",
           f"days with calls without result in {days} days",
           made="different days with at least one call without result")
      for days in DIFFERENT_DAYS),
    Fact("visits_case", "count", 0, "本案上门次数", "visits in this case",
         made="since the person last had no arrears"),
    Fact("talks_case", "count", 0, "本案沟通次数", "conversations in this case",
         made="since the person last had no arrears"),
    Fact("failures_running", "count", 0, "连续联系失败次数", "failed attempts in a row"),
    Fact("visit_notice_days", "days", 0, "上门预告已送达天数", "days since the visit was announced",
         made="in this case; 0: not announced",
         zero=("上门尚未预告", "a visit was not announced")),
    Fact("adverse_notice_days", "days", 0, "征信告知已送达天数",
         "days since the notice before an adverse report", made="in this case; 0: not told",
         zero=("尚未作征信告知", "no notice before an adverse report was given")),
    Fact("agency_told_days", "days", 0, "委外告知已送达天数", "days since told of the agency",
         made="in this case; 0: not told",
         zero=("尚未告知委外", "the person was not told of an agency")),
    Fact("agency_placed", "yes_no", False, "已委外", "placed with an agency",
         made="a placement not recalled"),
    Fact("agency_days", "days", 0, "已委外天数", "days at the agency", made="0: not placed",
         zero=("未委外", "not at an agency")),
)  # fmt: skip

_HELP = (
    _held("promise_open", "承诺未到期", "open promise to pay", *HOLDS["promise_open"],
          made="a promise undecided and due today or later, or such a hold"),
    _held("plan_kept", "方案履行中", "plan being kept", *HOLDS["plan_kept"],
          made="a plan kept and not ended, or such a hold"),
    _held("help_requested", "已申请帮助", "asked for help", *HOLDS["help_requested"]),
    _held("dispute_open", "异议处理中", "open dispute", *HOLDS["dispute_open"]),
    _held("complaint_open", "投诉处理中", "open complaint", *HOLDS["complaint_open"]),
    _held("goods_dispute", "商品或商户纠纷", "dispute about the goods", *HOLDS["goods_dispute"]),
    _held("debit_in_flight", "代扣处理中", "automatic debit in flight", *HOLDS["debit_in_flight"]),
    _held("unmatched_money", "有待匹配入账", "unmatched money", *HOLDS["unmatched_money"]),
    _held("bereaved", "丧亲或已故", "bereavement or death", *HOLDS["bereaved"]),
    _held("in_court", "案件在法院", "the case is in court", *HOLDS["in_court"]),
    Fact("promise_broken", "yes_no", False, "近期爽约", "broke a promise lately",
         made="a promise decided broken in the last 30 days"),
    Fact("promises_broken_case", "count", 0, "本案爽约次数", "promises broken in this case",
         made="decided since the lead loan fell into arrears"),
    Fact("plan_missed", "yes_no", False, "方案未履行", "plan missed",
         made="a plan missed in the last 90 days"),
    Fact("extension_used_12m", "count", 0, "近一年展期次数", "extensions in 12 months"),
    Fact("plans_12m", "count", 0, "近一年分期方案数", "instalment plans in 12 months"),
    Fact("holidays_12m", "count", 0, "近一年缓付次数", "payment holidays in 12 months"),
    Fact("monthly_due", "amount", 0, "主贷下期应还", "next instalment of the lead loan", "loan"),
)  # fmt: skip

FACTS: Mapping[str, Fact] = {
    fact.name: fact for fact in (*_MONEY, *_SCORES, *_PERSON, *_HISTORY, *_HELP)
}
"""Every fact by name."""

SCORED = tuple(fact.name for fact in _SCORES)
"""Facts that a score supplies; until it does they hold their ``empty`` value."""


_KINDS: dict[Unit, Kind] = {
    "days": "number",
    "amount": "amount",
    "share": "share",
    "count": "number",
    "yes_no": "yes_no",
    "word": "word",
    "hour": "number",
    "years": "number",
}


def words() -> dict[str, Word]:
    """Which words may a condition over facts use? For ``forbear.facts.expression.parse``.

    >>> words()["self_cure"].kind, words()["age"].may_be_unknown
    ('share', True)
    """
    return {
        name: Word(_KINDS[fact.unit], may_be_unknown=fact.empty is None, values=fact.words)
        for name, fact in FACTS.items()
    }


def names_with(unit: Unit) -> Iterable[str]:
    """Which facts have this unit?

    >>> list(names_with("word"))
    ['ability_to_pay']
    """
    return (name for name, fact in FACTS.items() if fact.unit == unit)


def empty_person() -> dict[str, Value]:
    """Which facts does a person have of whom nothing is known and who owes nothing?

    >>> empty_person()["days_since_talk"], empty_person()["days_past_due"], empty_person()["age"]
    (36500, 0, None)
    """
    return {name: fact.empty for name, fact in FACTS.items()}


def frame(people: Iterable[Mapping[str, Value]]) -> pl.DataFrame:
    """One row of facts per mapping, everything not named at its ``empty`` value.

    The form in which tests, the laboratory and a single live decision hand facts over.
    Raises KeyError for a name that is not a fact (``person`` and ``loan`` are allowed).

    >>> frame([{"person": 7, "loan": 3, "days_past_due": 5}]).select("person", "days_past_due").row(0)
    (7, 5)
    """
    rows = []
    for person in people:
        unknown = set(person) - set(FACTS) - {"person", "loan"}
        if unknown:
            raise KeyError(f"not a fact: {', '.join(sorted(unknown))}")
        rows.append({"person": 0, "loan": None, **empty_person(), **person})
    keys = {"person": pl.Int64(), "loan": pl.Int64()}
    return pl.DataFrame(rows, schema=keys | {name: fact.dtype for name, fact in FACTS.items()})
