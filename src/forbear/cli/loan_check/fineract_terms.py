"""How Fineract says the terms of a loan, in Forbear's words (used by its schedules and its events)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from forbear.cli.loan_check.vectors import Fields
from forbear.loan.product import SHARE_ONE, Frequency, Name, Product
from forbear.loan.schedule import Instalment, schedule
from forbear.loan.stepwise import Rounding

DAY_COUNTS = {
    "30/360": "30/360",
    "1/12 of the year per month": "30/360",
    "not applicable (zero interest)": "30/360",
    "actual/360": "actual/360",
    "actual/365": "actual/365",
    "actual/365 (days)": "actual/365",
    "actual/actual": "actual/actual",
    "actual/actual-period": "actual/actual-period",
    "actual/actual-feb29": "actual/actual-feb29",
}
ROUNDINGS: dict[str, Rounding] = {
    "half even": "half_even",
    "half up": "half_up",
    "floor": "floor",
    "down": "floor",
    "ceiling": "ceiling",
    "up": "ceiling",
}
EQUAL_PRINCIPAL = ("equal_principal", "equal_principal_payments")
AMORTISATIONS = {
    word: "equal_principal" if word in EQUAL_PRINCIPAL else "equal_instalment"
    for word in ("equal_installments", *EQUAL_PRINCIPAL)
}


@dataclass(frozen=True, slots=True)
class Terms:
    """One loan as the source describes it."""

    product: Product
    principal: int
    rate: int
    disbursed_on: date
    instalments: int
    due_on: tuple[date, ...] = ()
    """Due dates as given, without that of a down payment; empty: by the rule of the product."""

    def plan(self) -> tuple[Instalment, ...]:
        """The schedule as signed."""
        return schedule(
            self.product,
            self.principal,
            self.rate,
            self.disbursed_on,
            self.instalments,
            due_on=self.due_on or None,
        )


def read_terms(inputs: Fields, *, levelling: bool) -> Terms:
    """Which loan do these inputs describe? Raises CaseError on a word that is not known.

    Two habits of the source are translated here and are not terms of ours. Its column for a grace on
    interest changes nothing in the schedules it expects, and its column for interest-free periods
    puts their interest into the first period after them, which is a grace on interest payment. And the
    multiple of an instalment does not touch equal principal parts.
    """
    kind = inputs.choice("amortisation", AMORTISATIONS, "equal_instalment")
    equal_parts = kind == "equal_principal"
    if inputs.choice("interest_type", {"declining_balance": False, "flat": True}, False):
        kind = "flat_fee"
    inputs.choice(
        "interest_calculation_period", {"daily": 1, "same_as_repayment_period": 2}, "daily"
    )
    multiple = int(inputs.decimal("instalment_in_multiples_of", "0.01") * 100)
    inputs.ignore("submitted_on", "source_product", "grace_on_interest_periods", "currency")
    disbursed_on = inputs.day("disbursed_on")
    product = Product(
        id=inputs.text("source_product", "fineract"),
        name=Name("外部产品", "product of another system"),
        kind=kind,
        every=Frequency(
            inputs.whole("repay_every", 1),
            inputs.choice("repay_unit", {u: u for u in ("months", "weeks", "days")}, "months"),
        ),
        day_count=inputs.choice("day_count", DAY_COUNTS),
        rounding=read_rounding(inputs),
        instalment_multiple=1 if equal_parts else max(multiple, 1),
        levelling=levelling,
        grace_principal_periods=inputs.whole("grace_on_principal_periods", 0),
        grace_interest_periods=inputs.whole("interest_free_periods", 0),
        down_payment=inputs.percent("down_payment_percent", "0", one=SHARE_ONE),
        flat_charge="interest",
    )
    dates = inputs.days("due_dates", [])
    if product.down_payment and dates and dates[0] == disbursed_on:
        dates = dates[1:]
    return Terms(
        product,
        inputs.amount("principal"),
        inputs.percent("annual_rate_percent"),
        disbursed_on,
        inputs.whole("n", least=1),
        tuple(dates),
    )


def read_rounding(inputs: Fields) -> Rounding:
    """By which rule are amounts rounded? Said as ``half even to 0.01``, perhaps with a remark."""
    said = inputs.text("rounding", "half even to 0.01").split(",")[0]
    rule, _, unit = said.partition(" to ")
    if rule not in ROUNDINGS or (unit and Decimal(unit.split()[0]) != Decimal("0.01")):
        raise inputs.error("rounding", f"{said!r} is not a rule that is known")
    return ROUNDINGS[rule]
