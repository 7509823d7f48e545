"""Which fields may a lender's files supply, and what does each absent one switch off?

A map (``maps``) says from which column of which file each of these fields comes. People,
loans and events are named here by the lender's own identifiers; keys are given at intake. The page
``docs/operators/minimum-book.md`` is made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forbear.book.schema import CHANNELS, EVENT_KINDS, HOLD_KINDS, OUTCOMES, PURPOSES, ROLES

Kind = Literal[
    "ref", "text", "choice", "flag", "zone", "amount", "signed_amount", "rate",
    "day", "instant", "time", "count", "signed_count",
]  # fmt: skip
"""How the text of a cell is read; ``forbear.book.intake.parsing`` has one reader for each."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a file may supply."""

    kind: Kind
    says: str
    zh: str
    without: str = ""
    """What is switched off or taken for granted without it; empty: it must be supplied."""
    among: tuple[str, ...] = ()
    default: str | None = None
    """What an absent or empty cell means, in the words of the cell; none: a missing value."""
    least: int = 0
    most: int = 32_767
    """Range of a count."""

    @property
    def required(self) -> bool:
        """Must every row supply it?"""
        return not self.without


F = Field
_SIDE = "relief and protection only"

TARGETS: dict[str, dict[str, Field]] = {
    "creditors": {
        "ref": F("ref", "identifier of the creditor", "债权人编号"),
        "name": F("text", "name people know", "债权人名称"),
        "lender_type": F(
            "choice",
            "kind of lender",
            "机构类型",
            "taken for consumer_finance",
            ("bank", "consumer_finance", "micro_lender", "auto_finance", "private"),
            "consumer_finance",
        ),
    },
    "people": {
        "ref": F("ref", "identifier of the person", "债务人编号"),
        "name": F("text", "name", "姓名", "letters and screens show the identifier"),
        "zone": F("zone", "IANA zone of the person's place", "所在时区",
                  "hours of contact cannot be judged: every contact is blocked, unless "
                  "assume.zone_of_people says otherwise"),
        "language": F("choice", "zh or en", "语言", "zh", ("zh", "en"), "zh"),
        "birth_on": F("day", "date of birth", "出生日期", "rules on minors and age ask for review"),
        "pay_day": F("count", "day of the month income arrives", "发薪日",
                     "no step can be timed to income", least=1, most=31),
        "address_confirmed": F("flag", "home address confirmed", "地址已核实",
                               "no visit is proposed", default="no"),
        "vulnerable": F("flag", f"flagged vulnerable ({_SIDE})", "弱势标记",
                        "protection only from what the person says later", default="no"),
        "hardship": F("flag", f"flagged in hardship ({_SIDE})", "困难标记",
                      "help is offered only on request or by score", default="no"),
        "joint_opt_in": F("flag", "agreed to joint collection", "同意联合催收",
                          "each creditor counts its own contacts", default="no"),
    },
    "parties": {
        "loan": F("ref", "identifier of the loan", "借据编号"),
        "person": F("ref", "identifier of the person", "相关人编号"),
        "role": F("choice", "role in the loan", "角色", among=ROLES),
    },
    "numbers": {
        "person": F("ref", "whom it reaches", "债务人编号"),
        "text": F("text", "the number, best in E.164", "号码"),
        "rank": F("count", "1 is tried first", "优先顺序", "order in the file"),
        "relation": F("text", "self, or who answers", "关系", "taken for the person's own",
                      default="self"),
        "health": F("choice", "state of the number", "号码状态", "unknown until first tried",
                    ("unknown", "verified", "wrong", "dead", "reassigned", "opted_out"), "unknown"),
    },
    "loans": {
        "ref": F("ref", "identifier of the loan", "借据编号"),
        "person": F("ref", "identifier of the borrower", "债务人编号"),
        "disbursed_on": F("day", "day the money went out", "放款日"),
        "principal": F("amount", "amount lent", "本金"),
        "rate": F("rate", "contract rate a year", "年利率",
                  "no penalty interest runs (0)", default="0"),
        "creditor": F("ref", "identifier of the creditor", "债权人编号",
                      "the creditor the map names"),
        "product": F("ref", "product, as the map's products name it", "产品",
                     "the product the map names"),
        "instalments": F("count", "number of instalments as signed", "期数",
                         "the number supplied; a gap in the schedule is not noticed"),
        "signing_fees": F("amount", "fees agreed at signing", "签约费用",
                          "none; the all-in cost leaves them out", default="0"),
        "debit_mandate": F("flag", "automatic debit was agreed", "代扣授权",
                           "no debit is awaited before a contact", default="no"),
    },
    "instalments": {
        "loan": F("ref", "identifier of the loan", "借据编号"),
        "due_on": F("day", "due date", "到期日"),
        "seq": F("count", "1, 2, …", "期次", "order of the due dates"),
        "from_on": F("day", "day its period begins", "起息日",
                     "the due date before, or the day of disbursement"),
        "principal": F("amount", "principal due", "应还本金",
                       "the loan's principal shared in proportion to the totals"),
        "interest": F("amount", "interest due", "应还利息", "what is left of the total, or none"),
        "fee": F("amount", "fee due", "应还费用", "none", default="0"),
        "total": F("amount", "all that is due", "应还总额",
                   "the sum of principal, interest and fee (one of both must be there)"),
    },
    "events": {
        "loan": F("ref", "identifier of the loan", "借据编号"),
        "effective_on": F("day", "day it counts", "生效日"),
        "recorded_at": F("instant", "when it became known", "入账时间",
                         "noon of the day it counts, if assume.recorded is same_day"),
        "kind": F("choice", "what happened", "类型", "repaid", EVENT_KINDS, "repaid"),
        "amount": F("amount", "how much", "金额", "only kinds without an amount"),
        "ref": F("ref", "identifier of the event", "流水号", "nothing can reverse or correct it"),
        "names": F("ref", "the event it reverses or corrects", "冲正的流水号", "none"),
        "detail": F("text", "JSON of the kind's other fields", "其他", "none"),
    },
    "contacts": {
        "person": F("ref", "identifier of the person", "债务人编号"),
        "at": F("instant", "when it began", "时间"),
        "channel": F("choice", "way", "渠道", among=CHANNELS),
        "outcome": F("choice", "how it ended", "结果", among=OUTCOMES),
        "recorded_at": F("instant", "when it became known", "入账时间", "when it began"),
        "loan": F("ref", "about which loan", "借据编号", "all of them"),
        "creditor": F("ref", "for which creditor", "债权人编号", "the creditor the map names"),
        "number": F("text", "number used", "号码", "attempts per number cannot be counted"),
        "direction": F("choice", "out: we reached for them", "方向", "out", ("out", "in"), "out"),
        "placed_by": F("text", "lender, robot or agency:NAME", "执行方", "lender",
                       default="lender"),
        "purpose": F("choice", "why", "目的", "collect", PURPOSES, "collect"),
        "template": F("text", "wording used", "话术", "free talk"),
    },
    "holds": {
        "person": F("ref", "identifier of the person", "债务人编号"),
        "kind": F("choice", "reason not to contact", "停催原因", among=HOLD_KINDS),
        "from_at": F("instant", "begins", "开始"),
        "until_at": F("instant", "ends", "结束", "until lifted"),
        "recorded_at": F("instant", "when it became known", "入账时间", "when it begins"),
        "loan": F("ref", "only this loan", "借据编号", "the whole person"),
    },
    "consents": {
        "person": F("ref", "identifier of the person", "债务人编号"),
        "kind": F("choice", "what was said", "内容", among=("hours", "stop_channel", "contact_ok")),
        "given_at": F("instant", "when", "时间"),
        "revoked_at": F("instant", "when taken back", "撤回时间", "in force"),
        "channel": F("choice", "for which channel", "渠道", "all", CHANNELS),
        "from_time": F("time", "agreed hours begin", "开始时刻", "not about hours"),
        "until_time": F("time", "agreed hours end", "结束时刻", "not about hours"),
        "by": F("choice", "who said it", "来源", "debtor", ("debtor", "contract_clause"), "debtor"),
    },
    "snapshots": {
        "person": F("ref", "identifier of the account", "账户编号"),
        "month": F("day", "any day of the month", "月份"),
        "status": F("signed_count", "months late; 0 revolving, -1 paid in full, -2 not used",
                    "逾期期数", least=-2, most=120),
        "coding": F("text", "how status was coded that month", "编码口径", "one coding throughout",
                    default="one"),
        "bill": F("signed_amount", "billed that month", "账单金额", "payment ratios"),
        "paid": F("amount", "paid in that month", "还款金额", "payment ratios"),
    },
}  # fmt: skip
"""Table → field → what it is. Fields of one table may come from several files."""

ASSUMPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "contact_log": {
        "none": (
            "nobody was contacted before the book begins: caps count from its first day",
            "账簿开始前没有联系记录，频次从首日起算",
        ),
    },
    "holds": {
        "none": ("nobody is on hold when the book begins", "账簿开始时没有停催事项"),
    },
    "numbers": {
        "one_a_person": (
            "each person has one number of their own, not known to us",
            "每人有一个本人号码（号码未提供）",
        ),
        "none": ("nobody can be called or texted", "没有任何号码，无法拨打或发短信"),
    },
    "zone_of_people": {
        "book": ("people live in the zone of the book", "债务人都在账簿所在时区"),
        "unknown": ("nobody's zone is known: contacts are blocked", "时区未知，联系一律拦下"),
    },
    "recorded": {
        "same_day": (
            "each event became known on the day it counts",
            "每笔流水在生效当日即已知晓",
        ),
    },
    "price_ceiling": {
        "none": (
            "no price ceiling is tested: the book is not under Chinese law",
            "不检验价格上限：本账簿不受中国法律管辖",
        ),
    },
    "schedule": {
        "first_due_date": (
            "of loans with several instalments only the first due date is known: they carry their "
            "whole total on it, are marked incomplete and counted apart",
            "多期借款只知首期到期日：全部应还额记在首期，标为不完整并单独统计",
        ),
    },
    "split_of_total": {
        "proportional": (
            "principal is shared over the instalments in proportion to their totals",
            "各期本金按应还总额比例分摊",
        ),
    },
}
"""What a map may take for granted, and what each choice means, in English and Chinese."""
