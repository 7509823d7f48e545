"""The ways out of a policy in words, 中文 and English."""

from __future__ import annotations

from collections.abc import Iterator

from forbear.relief.terms import Relief

Both = tuple[str, str]


def relief_words(relief: Relief, here: int) -> str:
    """Which ways out are given, on which terms? One paragraph; ``here`` 0: 中文, 1: English.

    >>> relief_words(Relief(), 1)
    'Ways out: open from 7 days before the due date. No fee, never a rate above the contract, ...'
    """
    said = [each[here] for each in _parts(relief)]
    head = ("出路：", "Ways out: ")[here]
    fixed = (
        "。不收任何费用，利率不高于合同，方案履行期间停计罚息，每个办法都附年化成本表。",
        ". No fee, never a rate above the contract, no penalty while a plan is kept, and a yearly-cost "
        "sheet with every offer.",
    )[here]
    return head + ("；", "; ")[here].join(said) + fixed


def _parts(relief: Relief) -> Iterator[Both]:
    if relief.from_day < 0:
        before = -relief.from_day
        yield f"还款日前{before}天起可以申请", f"open from {before} days before the due date"
    else:
        yield "逾期第1天起可以申请", "open from day 1 past due"
    yield from _longer(relief)
    yield from _less(relief)


def _longer(relief: Relief) -> Iterator[Both]:
    if extension := relief.extension:
        span = f"{extension.least}–" if extension.least > 1 else ""
        yield (
            f"展期{span}{extension.days}天，每年{extension.per_year}次",
            f"an extension of {span}{extension.days} days, {_times(extension.per_year)} a year",
        )
    if plan := relief.instalments:
        yield (
            f"重新分期{plan.least}–{plan.most}期，每年{plan.per_year}次",
            f"a new plan of {plan.least}–{plan.most} instalments, {_times(plan.per_year)} a year",
        )
    if holiday := relief.holiday:
        months = "month" if holiday.months == 1 else "months"
        yield (
            f"缓付{holiday.months}个月，每年{holiday.per_year}次",
            f"a holiday of {holiday.months} {months}, {_times(holiday.per_year)} a year",
        )


def _less(relief: Relief) -> Iterator[Both]:
    if waiver := relief.waiver:
        then = ("，其后减利息", ", then interest") if waiver.then else ("", "")
        kept = ("，方案履行完毕后生效", ", once the plan is kept") if waiver.when_kept else ("", "")
        first = max(1, waiver.from_day)
        yield (
            f"第{first}天起可减免罚息{then[0]}{kept[0]}",
            f"penalty can be waived from day {first}{then[1]}{kept[1]}",
        )
    if relief.settlement:
        first = max(1, relief.settlement.from_day)
        yield f"第{first}天起可协商结清", f"a settlement from day {first}"
    if relief.mediation:
        first = max(1, relief.mediation.from_day)
        yield f"第{first}天起可调解", f"mediation from day {first}"
    penalty = relief.penalty
    if penalty.frozen_from:
        yield (
            f"罚息为合同利率的{penalty.percent_of_rate}%，第{penalty.frozen_from}天起停计",
            f"penalty interest at {penalty.percent_of_rate}% of the contract rate, frozen from day "
            f"{penalty.frozen_from}",
        )


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
