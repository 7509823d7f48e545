"""Which ways out does a lender give, on which terms, and what bounds them?

The relief block of a policy file. Bounds that law sets are checked here when the file is read;
bounds that depend on the loan (a card and a consumer loan differ) are applied to each offer.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

OFFERS: dict[str, tuple[str, str]] = {
    "help": ("申请帮助", "ask for help"),
    "change_due_date": ("更改还款日", "change the due date"),
    "part_payment": ("先还一部分", "pay a part"),
    "way_to_pay": ("方便的还款方式", "an easy way to pay"),
    "call_back": ("预约回电", "choose a time for a call"),
    "extension": ("展期", "extension"),
    "instalments": ("重新分期", "a new instalment plan"),
    "holiday": ("缓付一期", "a payment holiday"),
    "waiver": ("减免罚息", "waiver of penalty interest"),
    "settlement": ("协商结清", "settlement"),
    "mediation": ("调解", "mediation"),
}
"""Every way out a step can offer, in 中文 and English; ``help`` goes with every step."""

MOST_MONTHS = {"credit_card": 60, "consumer_loan": 84}
"""Longest new plan in months: cards 60 (信用卡办法 art. 70, read second hand), consumer loans 84
(提振消费 notice of March 2025, temporary, read second hand). Any other kind takes the stricter."""

PENALTY_PERCENT = (130, 150)
"""Penalty interest as a share of the contract rate (银发〔2003〕251号 item 3, read second hand)."""


class Form(BaseModel):
    """A block of a policy file: every key is known, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Extension(Form):
    """More time: days after the due date, how often a year."""

    days: Annotated[int, Field(ge=1, le=180)]
    least: Annotated[int, Field(ge=1)] = 1
    per_year: Annotated[int, Field(ge=1, le=12)] = 1


class Instalments(Form):
    """A new plan for what is owed: months, from which day past due, how often a year."""

    most: Annotated[int, Field(ge=2, le=max(MOST_MONTHS.values()))]
    least: Annotated[int, Field(ge=2)] = 2
    per_year: Annotated[int, Field(ge=1, le=12)] = 1
    from_day: int = 0


class Holiday(Form):
    """Months without an instalment, how often a year."""

    months: Annotated[int, Field(ge=1, le=12)] = 1
    per_year: Annotated[int, Field(ge=1, le=4)] = 1


class FromDay(Form):
    """Something open from a day past due on."""

    from_day: Annotated[int, Field(ge=0)] = 0


class Waiver(FromDay):
    """Penalty waived from a day past due on: first penalty, then (perhaps) interest; at once, or
    when the plan has been kept."""

    then: Literal["interest"] | None = None
    when_kept: bool = False


class Penalty(Form):
    """How penalty interest runs: a share of the contract rate, perhaps frozen from a day on."""

    percent_of_rate: Annotated[int, Field(ge=PENALTY_PERCENT[0], le=PENALTY_PERCENT[1])] = 130
    frozen_from: int | None = None


class Relief(Form):
    """Every way out a policy gives. No fee, never a rate above the contract, penalty stops while a
    plan is kept: those hold for all of them and are not options."""

    from_day: Annotated[int, Field(ge=-31, le=0)] = -7
    """Days past due from which relief is open; negative: days before the due date."""
    extension: Extension | None = None
    instalments: Instalments | None = None
    holiday: Holiday | None = None
    waiver: Waiver | None = None
    settlement: FromDay | None = None
    mediation: FromDay | None = None
    penalty: Penalty = Penalty()


def most_instalments(relief: Relief, product_kind: str) -> int:
    """Of how many months may a new plan be for this kind of product? 0: no plan is given.

    >>> most_instalments(Relief(instalments=Instalments(most=84)), "credit_card")
    60
    """
    if relief.instalments is None:
        return 0
    bound = MOST_MONTHS.get(product_kind, min(MOST_MONTHS.values()))
    return min(relief.instalments.most, bound)
