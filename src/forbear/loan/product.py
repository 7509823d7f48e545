"""Which terms does a lender sign? A product is one YAML file; here its words are defined.

A parameter is here only if a lender would set it. What differs loan by loan (amount, rate, dates,
number of instalments) is not a parameter of the product but an argument of ``forbear.loan.schedule``.

>>> flat = shipped("equal_instalment")
>>> flat.kind, flat.every.count, flat.every.unit, flat.penalty.multiple
('equal_instalment', 1, 'months', 1500000)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from forbear.errors import ProductError
from forbear.loan.stepwise import Rounding

SHARE_ONE = 10**6
"""A share is whole millionths: 1.5 times is 1_500_000."""

Kind = Literal[
    "equal_instalment",  # 等额本息: the same amount every period
    "equal_principal",  # 等额本金: the same principal every period, interest falling
    "interest_first",  # 先息后本: interest every period, principal with the last
    "single",  # 一次性还本付息: everything on one day
    "flat_fee",  # 等本等费: the same principal and the same charge on the amount first lent
    "revolving",  # 随借随还: daily interest on what is drawn, repaid at any time
    "given",  # instalments as another system supplied them
]
DayCount = Literal[
    "30/360",
    "actual/360",
    "actual/365",
    "actual/actual",
    "actual/actual-period",
    "actual/actual-feb29",
]
"""How long a period is, as part of a year; each is defined in ``forbear.loan.day_count``."""

Component = Literal["penalty", "fee", "interest", "principal"]
DueState = Literal["past_due", "due", "in_advance"]
InAdvance = Literal["next_instalment", "last_instalment", "all_equally"]
STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Name:
    """What people call it, in both languages."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often an instalment falls due: every ``count`` months, weeks or days."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    count: int = 1
    unit: Literal["months", "weeks", "days"] = "months"

    @property
    def periods_a_year(self) -> tuple[int, int]:
        """How many periods a year has, as (numerator, denominator): 12/1 for a month, 365/7 a week."""
        per_year = {"months": (12, 1), "weeks": (52, 1), "days": (365, 1)}[self.unit]
        return per_year[0], per_year[1] * self.count


@dataclass(frozen=True, slots=True)
class DueDay:
    """On which day of a month an instalment falls due (months only)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    rule: Literal["same_day", "day_of_month", "start_of_next_month", "end_of_month"] = "same_day"
    """same_day: that of the disbursement, or the month's last where it has no such day."""
    day: int = 1
    """day_of_month: which one (the month's last where it has no such day)."""
    least_days: int = 0
    """A first period shorter than this is left out, and the first due date is the next one."""


@dataclass(frozen=True, slots=True)
class Penalty:
    """Penalty interest (罚息) on principal overdue: a multiple of the contract rate, or a rate."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    multiple: int | None = None
    """Millionths of the contract rate: 1_500_000 is 1.5 times (China: 1.3 to 1.5)."""
    rate: int | None = None
    """Or a rate of its own, parts per billion a year."""
    grace_days: int = 0
    """Days after a due date on which no penalty runs; it begins the day after them."""
    on: Literal["principal", "principal_and_interest"] = "principal"
    """What is overdue and bears it. Posted penalty itself never does."""

    def rate_of(self, contract_rate: int) -> int:
        """Which yearly rate does overdue money bear, given the contract rate? Whole ppb, floor.

        >>> Penalty(multiple=1_500_000).rate_of(180_000_000)
        270000000
        """
        if self.rate is not None:
            return self.rate
        return contract_rate * (self.multiple or 0) // SHARE_ONE


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee agreed at signing: an amount, a share of the principal, or both together."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Name
    at: Literal["signing", "instalment"]
    """signing: kept back when the money goes out; instalment: with every instalment."""
    amount: int = 0
    share: int = 0
    """Millionths of the amount lent."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """In which order money received reaches what is owed."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    components: tuple[Component, ...] = ("fee", "penalty", "interest", "principal")
    """First served first. Civil Code art. 561: costs, then interest, then principal."""
    states: tuple[DueState, ...] = ("past_due", "due", "in_advance")
    direction: Literal["horizontal", "vertical"] = "horizontal"
    """horizontal: instalment by instalment, oldest first, all its components;
    vertical: component by component, over all instalments of that due state."""
    order: tuple[tuple[DueState, Component], ...] = ()
    """The full order where it is not states × components; empty: it is."""
    in_advance_to: InAdvance = "next_instalment"
    """Which instalments not yet due take money that is left."""

    @property
    def pairs(self) -> tuple[tuple[DueState, Component], ...]:
        """The full order, first served first."""
        return self.order or tuple((s, c) for s in self.states for c in self.components)


@dataclass(frozen=True, slots=True)
class Recalculation:
    """Whether interest follows what is really outstanding rather than the schedule as signed."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    overdue: Literal["none", "daily", "at_period_end"] = "none"
    """Contract interest on overdue principal: never, from the next day, from the next period end."""
    early: Literal["next_instalment", "last_instalment", "lower_instalment"] = "last_instalment"
    """Principal repaid early: shortens from the end, is taken off the next, or lowers all to come."""
    early_interest: Literal["to_day", "to_period_end"] = "to_day"
    """Up to when a payment before the due date owes interest."""
    rounded: Literal["once", "each_part"] = "once"
    """A period in which principal changed: its interest is rounded once, or part by part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The terms one lender signs with many borrowers."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: str
    name: Name
    kind: Kind
    currency: str = "CNY"
    exponent: int = 2
    """Decimals of the currency."""
    every: Frequency = field(default_factory=Frequency)
    due_day: DueDay = field(default_factory=DueDay)
    day_count: DayCount = "30/360"
    rounding: Rounding = "half_even"
    """How interest of a period is rounded to minor units."""
    instalment_multiple: int = 1
    """The level instalment is a multiple of this many minor units (100: whole yuan)."""
    instalment_rounding: Rounding = "half_even"
    """And rounded to it by this rule."""
    levelling: bool = False
    """Move the level instalment by a few units where that brings the last one closer to it."""
    grace_principal_periods: int = 0
    """First periods in which no principal is due."""
    grace_interest_periods: int = 0
    """First periods in which interest runs but is due only with the first one after them."""
    interest_free_periods: int = 0
    """First periods in which no interest runs."""
    down_payment: int = 0
    """Millionths of the price, due on the day of disbursement as an instalment of its own."""
    flat_charge: Literal["fee", "interest"] = "fee"
    """flat_fee: under which name the charge of each period is owed."""
    penalty: Penalty = field(default_factory=Penalty)
    compound: bool = False
    """Interest on overdue interest (复利), at the penalty rate, on posted contract interest only."""
    fees: tuple[Fee, ...] = ()
    waterfall: Waterfall = field(default_factory=Waterfall)
    early_payment: Literal["hold", "reduce_principal", "pay_ahead"] = "hold"
    """A payment before the due date waits for it, reduces principal at once, or pays instalments to
    come (``Waterfall.in_advance_to``)."""
    recalculation: Recalculation = field(default_factory=Recalculation)
    day_basis: Literal[360, 365] = 365
    """Days of the year by which daily rates (penalty, revolving interest) are divided."""
    ceiling_class: str = "licensed"
    """Which row of the ceiling table the product falls under (licensed, micro_lender, private…)."""

    def __post_init__(self) -> None:
        """Terms that contradict each other cannot be a product."""
        for problem in _contradictions(self):
            raise ProductError(problem, where=f"product {self.id}")

    @property
    def rate_matters(self) -> bool:
        """Does interest follow a rate on principal (and not a list, or a flat charge)?"""
        return self.kind not in ("given", "flat_fee")

    def fees_at(self, at: Literal["signing", "instalment"], principal: int) -> int:
        """How much are the fees taken at signing (or with each instalment) on this principal?

        >>> shipped("interest_first").fees_at("signing", 1_000_000)
        0
        """
        return sum(
            fee.amount + principal * fee.share // SHARE_ONE for fee in self.fees if fee.at == at
        )


def _contradictions(product: Product) -> list[str]:
    """Everything in the terms that cannot stand together, in words."""
    found = []
    if product.every.count < 1:
        found.append("every: count must be at least 1")
    if product.every.unit != "months" and product.due_day.rule != "same_day":
        found.append("due_day: only monthly instalments can name a day of the month")
    if not 1 <= product.due_day.day <= 31:
        found.append("due_day: day must be 1 to 31")
    if not 0 <= product.down_payment < SHARE_ONE:
        found.append("down_payment: must be at least 0 and below the whole price (1000000)")
    if product.penalty.multiple is not None and product.penalty.rate is not None:
        found.append("penalty: give a multiple or a rate, not both")
    if (
        min(product.penalty.multiple or 0, product.penalty.rate or 0, product.penalty.grace_days)
        < 0
    ):
        found.append("penalty: cannot be negative")
    if sorted(product.waterfall.components) != ["fee", "interest", "penalty", "principal"]:
        found.append("waterfall: name each of fee, penalty, interest and principal once")
    if product.instalment_multiple < 1 or not 0 <= product.exponent <= 4:
        found.append("instalment_multiple must be at least 1 and exponent 0 to 4")
    periods = (
        product.grace_principal_periods,
        product.grace_interest_periods,
        product.interest_free_periods,
    )
    if min(periods) < 0:
        found.append("grace and interest-free periods cannot be negative")
    if any(fee.amount < 0 or fee.share < 0 for fee in product.fees):
        found.append("fees cannot be negative")
    return found


_READER = TypeAdapter(Product)


def product_from(data: dict[str, Any], *, where: str = "") -> Product:
    """Which product do these plain words say? Raises ProductError naming the field.

    >>> product_from({"id": "x", "name": {"zh": "某", "en": "Some"}, "kind": "magic"})
    Traceback (most recent call last):
    forbear.errors.ProductError: kind: Input should be 'equal_instalment', ...
    """
    try:
        return _READER.validate_json(json.dumps(data))
    except ValidationError as problem:
        first = problem.errors()[0]
        field_name = ".".join(str(part) for part in first["loc"])
        raise ProductError(
            f"{field_name}: {first['msg']}",
            where=where,
            remedy="fields and their words are listed in forbear/loan/product.py",
        ) from None


def product_as_data(product: Product) -> dict[str, Any]:
    """The product in plain words; ``product_from`` reads it back to the same product.

    >>> product_from(product_as_data(shipped("single"))) == shipped("single")
    True
    """
    data: dict[str, Any] = _READER.dump_python(product, mode="json")
    return data


def load_product(path: Path) -> Product:
    """Which product does this YAML file describe? Raises ProductError with the file's name."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ProductError("not UTF-8 text", where=str(path), remedy="save it as UTF-8") from None
    except yaml.MarkedYAMLError as problem:
        line = f" line {problem.problem_mark.line + 1}" if problem.problem_mark else ""
        said = f"not readable as YAML: {problem.problem}"
        raise ProductError(said, where=f"{path}{line}") from None
    except yaml.YAMLError:
        raise ProductError("not readable as YAML", where=str(path)) from None
    if not isinstance(data, dict):
        raise ProductError("a product is a list of `field: value` lines", where=str(path))
    return product_from(data, where=str(path))


@cache
def shipped(name: str) -> Product:
    """Which product ships under this name? Raises ProductError for one that does not.

    >>> shipped("revolving").early_payment
    'reduce_principal'
    """
    if name not in shipped_names():
        raise ProductError(
            f"there is no product {name!r}", remedy=f"one of {', '.join(shipped_names())}"
        )
    return load_product(_folder() / f"{name}.yaml")


@cache
def shipped_names() -> tuple[str, ...]:
    """The names of all products that ship, in order.

    >>> "given" in shipped_names()
    True
    """
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml")))


def _folder() -> Path:
    return Path(str(resources.files("forbear"))) / "products"
