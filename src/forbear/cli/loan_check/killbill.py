"""Kill Bill: when a condition on an overdue account holds, and a ladder of states by age."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from forbear.cli.loan_check.vectors import Difference, Fields, Vector, differ, joined
from forbear.loan.stepwise import days_past_due

CLEAR = "CLEAR"


def state_machine(vector: Vector) -> list[Difference]:
    """The first state, most severe first, whose least age is reached; nothing unpaid is clear."""
    inputs, expected = vector.inputs, vector.expected
    inputs.ignore(
        "initial_reevaluation_days", "reevaluation_days"
    )  # when to look, not what is seen
    ladder = []
    for step in inputs.items("states_most_severe_first"):
        step.ignore("blocks")
        ladder.append((step.text("state"), step.whole("min_days")))
        step.finish()
    since = inputs.day("earliest_unpaid_invoice_on", None)
    found = []
    for check in expected.items("checks"):
        on, state = check.day("on"), check.text("state")
        check.finish()
        found.append(differ(f"state on {on}", state, _state(ladder, on, since)))
    if "after_all_unpaid_are_paid" in expected:
        name = "after_all_unpaid_are_paid"
        found.append(differ(name, expected.text(name), _state(ladder, date.max, None)))
    return joined(found)


def _state(ladder: list[tuple[str, int]], on: date, since: date | None) -> str:
    if since is None:
        return CLEAR
    days = days_past_due(on, since)
    return next((state for state, least in ladder if days >= least and on >= since), CLEAR)


def condition(vector: Vector) -> list[Difference]:
    """All parts of a condition must hold; thresholds are inclusive, what is missing never matches."""
    wanted = vector.inputs.inner("condition")
    found = []
    for at, case in enumerate(vector.expected.items("cases"), 1):
        given = case.inner("given")
        holds = all([_holds(wanted, name, given) for name in wanted])
        found.append(differ(f"case {at}", case.flag("holds"), holds))
        given.finish()
        case.finish()
    return joined(found)


def _holds(wanted: Fields, name: str, given: Fields) -> bool:
    if name == "has_tag":
        return wanted.text(name) in given.raw("tags", [])
    if name == "last_failed_payment_in":
        return given.raw("last_failure", None) in wanted.raw(name)
    if name.endswith("_in"):
        return given.raw(name.removesuffix("_in"), None) in wanted.raw(name)
    if name.endswith("_at_least"):
        fact = _fact(given, name.removesuffix("_at_least"))
        return fact is not None and fact >= wanted.decimal(name)
    raise wanted.error(name, "unknown field")


def _fact(given: Fields, name: str) -> Decimal | None:
    """The fact itself, or the days since a date given with the day of looking; None: missing."""
    if name in given or not name.startswith("days_since_"):
        value: Any = given.raw(name, None)
        return None if value is None else given.decimal(name)
    since = f"{name.removeprefix('days_since_')}_on"
    if given.raw(since, None) is None:
        given.ignore("on")
        return None
    return Decimal(days_past_due(given.day("on"), given.day(since)))


READERS = {"overdue_condition": condition, "overdue_state_machine": state_machine}
