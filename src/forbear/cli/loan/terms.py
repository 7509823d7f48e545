"""One loan from options or from JSON on standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from forbear.cli.loan_check.vectors import Fields
from forbear.dates import parse_day
from forbear.errors import ForbearError, InputError, ProductError
from forbear.loan.product import Product, load_product, product_from, shipped
from forbear.loan.schedule import Instalment, as_given, schedule
from forbear.money import RATE_MAX, RATE_ONE, parse_amount

ProductOption = Annotated[str, typer.Option("--product", help="a shipped product, or a YAML file")]
PrincipalOption = Annotated[str, typer.Option("--principal", help="amount lent, as 12000.00")]
RateOption = Annotated[str, typer.Option("--rate", help="yearly rate, as 12% or 12")]
OnOption = Annotated[str, typer.Option("--on", help="day of disbursement, as 2026-01-15")]
TimesOption = Annotated[int, typer.Option("--instalments", help="number of instalments")]
FirstDueOption = Annotated[str, typer.Option("--first-due", help="first due date, if not by rule")]
FeesOption = Annotated[str, typer.Option("--signing-fees", help="fees kept back at signing")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON, not a table")]


@dataclass(frozen=True, slots=True)
class OneLoan:
    """One loan, ready to be shown."""

    product: Product
    principal: int
    rate: int
    disbursed_on: date
    plan: tuple[Instalment, ...]
    signing_fees: int


def loan_from_options(
    product: str,
    principal: str,
    rate: str,
    on: str,
    instalments: int,
    first_due: str,
    signing_fees: str,
) -> OneLoan:
    """The loan these options describe; with no principal it is read as JSON from standard input."""
    if not principal:
        text = "" if sys.stdin.isatty() else _standard_input()
        if not text.strip():
            raise InputError(
                "no loan given", remedy="give --principal, --rate, --on and --instalments, or JSON"
            )
        return loan_from_json(text)
    terms = _product(product)
    if terms.kind == "given":
        raise InputError(
            "the instalments of a given schedule are supplied, not computed",
            where=f"--product {product}",
            remedy="give the loan with its instalments as JSON on standard input",
        )
    with _of("--principal"):
        lent = parse_amount(principal, exponent=terms.exponent)
    with _of("--rate"):
        yearly = parse_rate(rate)
    with _of("--on"):
        day = parse_day(on)
    with _of("--first-due"):
        first = parse_day(first_due) if first_due else None
    with _of("--signing-fees"):
        fees = parse_amount(signing_fees, exponent=terms.exponent) if signing_fees else None
    return _signed(terms, lent, yearly, day, instalments, first, fees)


@contextmanager
def _of(option: str) -> Iterator[None]:
    """Name the option in which a value cannot be read."""
    try:
        yield
    except ForbearError as problem:
        raise InputError(problem.problem, where=option, remedy=problem.remedy) from None


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", where="standard input") from None


def loan_from_json(text: str) -> OneLoan:
    """The loan this JSON object describes.

    Fields: ``product`` (a name, or the product itself), ``principal``, ``rate`` (percent a year),
    ``disbursed_on``, ``instalments`` (a number, or the list of instalments another system supplied:
    ``due_on``, ``principal``, ``interest``, ``fee``), ``first_due_on``, ``signing_fees``.
    """
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(
            f"not JSON: {problem.msg}",
            where=f"standard input line {problem.lineno} column {problem.colno}",
        ) from None
    except RecursionError:
        raise InputError("not JSON: nested too deeply", where="standard input") from None
    fields = Fields(data, "standard input")
    said = fields.raw("product", "equal_instalment")
    product = product_from(said) if isinstance(said, dict) else _product(str(said))
    principal = fields.amount("principal", exponent=product.exponent)
    rate, on = fields.percent("rate", "0"), fields.day("disbursed_on")
    fees = (
        fields.amount("signing_fees", exponent=product.exponent)
        if "signing_fees" in fields
        else None
    )
    first_due_on = fields.day("first_due_on", None)
    if isinstance(fields.raw("instalments"), list):
        plan = _given(fields, on, product)
        fields.finish()
        return _with_fees(product, principal, rate, on, as_given(plan, principal=principal), fees)
    count = fields.whole("instalments")
    fields.finish()
    return _signed(product, principal, rate, on, count, first_due_on, fees)


def _given(fields: Fields, disbursed_on: date, product: Product) -> list[Instalment]:
    plan, begin = [], disbursed_on
    for seq, row in enumerate(fields.items("instalments"), 1):
        amounts = [
            row.amount(name, 0, exponent=product.exponent)
            for name in ("principal", "interest", "fee")
        ]
        plan.append(Instalment(seq, begin, row.day("due_on"), *amounts))
        row.finish()
        begin = plan[-1].due_on
    return plan


def _signed(
    product: Product,
    principal: int,
    rate: int,
    on: date,
    instalments: int,
    first_due_on: date | None,
    fees: int | None,
) -> OneLoan:
    plan = schedule(product, principal, rate, on, instalments, first_due_on=first_due_on)
    return _with_fees(product, principal, rate, on, plan, fees)


def _with_fees(
    product: Product,
    principal: int,
    rate: int,
    on: date,
    plan: tuple[Instalment, ...],
    fees: int | None,
) -> OneLoan:
    due = product.fees_at("signing", principal) if fees is None else fees
    if not 0 <= due < principal:
        raise ProductError(
            "fees kept back at signing must be from 0 to less than the amount lent",
            remedy="see --signing-fees",
        )
    return OneLoan(product, principal, rate, on, plan, due)


def _product(said: str) -> Product:
    path = Path(said)
    return load_product(path) if path.suffix in (".yaml", ".yml") else shipped(said)


def parse_rate(text: str) -> int:
    """Which yearly rate in parts per billion does ``12%`` (or ``12``) say? Exact, or an InputError.

    >>> parse_rate("9.4822%")
    94822000
    """
    try:
        scaled = Decimal(text.strip().removesuffix("%")) * RATE_ONE / 100
    except InvalidOperation:
        raise InputError(f"{text[:40]!r} is not a rate", remedy="write it as 12%") from None
    if not scaled.is_finite() or not 0 <= scaled <= RATE_MAX:
        raise InputError(
            f"{text[:40]!r} is not between 0% and {RATE_MAX * 100 // RATE_ONE}% a year"
        )
    if scaled != int(scaled):
        raise InputError(f"{text[:40]!r} is finer than a part per billion", remedy="round it")
    return int(scaled)


def shown_rate(rate: int) -> str:
    """How does a person read a rate in parts per billion? Four decimals of a percent.

    >>> shown_rate(94_822_000)
    '9.4822%'
    """
    return f"{Decimal(rate).scaleb(-7).quantize(Decimal('0.0001'))}%"
