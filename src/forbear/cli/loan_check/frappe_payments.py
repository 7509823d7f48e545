"""Frappe Lending: how one payment is split, and penalty on overdue interest after days of grace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from forbear.cli.loan_check.vectors import Difference, Fields, Vector, differ, differ_amount
from forbear.loan.account import position
from forbear.loan.events import Event, Repaid
from forbear.loan.position import Loan, Position
from forbear.loan.product import DayCount, Name, Penalty, Product, Waterfall
from forbear.loan.schedule import Instalment, schedule
from forbear.loan.stepwise import round_div

NAME = Name("外部产品", "product of another system")
DAY_COUNTS: dict[str, DayCount] = {
    "1/12 of the year per month": "30/360",
    "30/360": "30/360",
    "actual/365": "actual/365",
    "actual/360": "actual/360",
}
ROUNDINGS = {
    "instalment ceiling to whole unit": (100, "ceiling"),
    "instalment half up to whole unit": (100, "half_up"),
    "instalment half even to whole unit": (100, "half_even"),
    "half even to 0.01": (1, "half_even"),
}
SIGNED = date(2019, 1, 1)
"""Any day will do where the source gives none: with months of 30 days nothing depends on it."""


def payment_allocation(vector: Vector) -> list[Difference]:
    """The first instalment of a term loan, paid on its day: interest first, then principal due."""
    inputs, expected = vector.inputs, vector.expected
    multiple, rule = inputs.choice("rounding", ROUNDINGS, (1, "half_even"))
    product = Product(
        id="frappe_term_loan",
        name=NAME,
        kind="equal_instalment",
        day_count=inputs.choice("day_count", DAY_COUNTS),
        instalment_multiple=multiple,
        instalment_rounding=rule,
        waterfall=Waterfall(components=("penalty", "interest", "principal", "fee")),
    )
    principal, rate = inputs.amount("principal"), inputs.percent("annual_rate_percent")
    begun = inputs.day("disbursed_on", SIGNED)
    plan = schedule(product, principal, rate, begun, inputs.whole("n"))
    loan = Loan(disbursed_on=begun, principal=principal, rate=rate, instalments=plan)
    due_on = plan[0].due_on
    seen = position(product, loan, [_paid(due_on, inputs.amount("payment"))], due_on)
    first = seen.instalments[0]
    found = differ_amount("paid_interest", expected.amount("paid_interest"), first.paid_interest)
    return found + differ_amount(
        "paid_principal", expected.amount("paid_principal"), first.paid_principal
    )


def penalty_and_allocation(vector: Vector) -> list[Difference]:
    """A loan on demand: interest of some days, repaid late, penalty on it after days of grace."""
    inputs, expected = vector.inputs, vector.expected
    inputs.ignore("rounding")
    convention: DayCount = inputs.choice("day_count", DAY_COUNTS)
    product = Product(
        id="frappe_demand_loan",
        name=NAME,
        kind="single",
        day_count=convention,
        day_basis=360 if convention.endswith("360") else 365,
        penalty=Penalty(
            rate=inputs.percent("penalty_rate_percent"),
            grace_days=inputs.whole("grace_days", 0),
            on="principal_and_interest",
        ),
        waterfall=Waterfall(components=("penalty", "interest", "principal", "fee")),
    )
    loan = _demand_loan(product, inputs)
    paid_on = inputs.day("repaid_on")
    before = position(product, loan, [], paid_on)
    after = position(product, loan, [_paid(paid_on, inputs.amount("repaid_amount"))], paid_on)
    found = differ_amount(
        "accrued_interest", expected.amount("accrued_interest"), loan.instalments[0].interest
    )
    whole = round_div(before.penalty_due, 100, "half_even")
    if "penalty_rounded" in expected:
        found += differ("penalty_rounded", expected.text("penalty_rounded"), str(whole))
    if "allocation_order" in expected:
        order = expected.raw("allocation_order")
        found += differ("allocation_order", order, _reached(product, before, after))
    return found


def _demand_loan(product: Product, inputs: Fields) -> Loan:
    """Interest of the accrual days demanded on their last; the principal stays out."""
    begin, end = inputs.day("accrual_from"), inputs.day("accrual_to")
    principal, rate = inputs.amount("principal"), inputs.percent("annual_rate_percent")
    start = begin - timedelta(days=1)  # (from, due]: the first day of accrual is inside
    days = inputs.whole("days", (end - start).days)
    if days != (end - start).days:
        raise inputs.error("days", f"from {begin} to {end} there are {(end - start).days}")
    one = schedule(product, principal, rate, start, 1, due_on=[end])[0]
    far = end + timedelta(days=3650)
    plan = (
        Instalment(1, start, end, 0, one.interest),
        Instalment(2, end, far, principal, 0),
    )
    return Loan(disbursed_on=start, principal=principal, rate=rate, instalments=plan)


def _reached(product: Product, before: Position, after: Position) -> list[str]:
    """Which components money reached, in the order in which the product serves them."""
    owed = {
        "penalty": before.penalty_due - after.penalty_due,
        "interest": before.interest_due - after.interest_due,
        "principal": after.paid_in_advance,
    }
    return [name for name in product.waterfall.components if owed.get(name)]


def _paid(day: date, amount: int) -> Event:
    return Repaid(
        number=1, effective_on=day, recorded_at=datetime(2000, 1, 1, tzinfo=UTC), amount=amount
    )


READERS = {
    "payment_allocation@frappe": payment_allocation,
    "penalty_and_allocation": penalty_and_allocation,
}
