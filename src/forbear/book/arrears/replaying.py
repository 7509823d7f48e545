"""How do the few loans that columns cannot carry get to today? One by one, through ``forbear.loan``.

A loan that cannot be replayed is a row with a reason, not a crash: it keeps its last position, set
aside, and the night goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from forbear.book.arrears.terms import Terms
from forbear.book.schema import NIGHT, STATE
from forbear.errors import ForbearError, RangeError
from forbear.loan.account import position
from forbear.loan.events import Event, Repaid, from_row
from forbear.loan.position import Loan, Position
from forbear.loan.schedule import Instalment
from forbear.loan.stepwise import TOTAL_MAX
from forbear.money import SPAN_DAYS_MAX


@dataclass(frozen=True, slots=True)
class Replayed:
    """Loans brought to a day one by one, and those that could not be."""

    positions: pl.DataFrame
    open_items: pl.DataFrame
    set_aside: pl.DataFrame
    """loan, reason, remedy; nothing of theirs stands in the other two."""


def replay_loans(
    loans: pl.DataFrame,
    instalments: pl.DataFrame,
    events: pl.DataFrame,
    terms: Terms,
    *,
    as_of: date,
) -> Replayed:
    """What do these loans stand at at the end of ``as_of``, each from all its events?

    ``loans``: just these, as signed. ``instalments`` and ``events``: at least all of theirs that are
    known; rows of other loans are not looked at. Events recorded later than is to be known must have
    been left out by the caller.
    """
    mine = loans.sort("loan")
    plans = _rows_by_loan(instalments, mine, "seq", _PLAN)
    histories = _rows_by_loan(events, mine, "event", _EVENT)
    rows: list[tuple[Any, ...]] = []
    items: list[tuple[Any, ...]] = []
    aside: list[tuple[int, str, str]] = []
    for signed in mine.select(_SIGNED).iter_rows():
        key = signed[0]
        try:
            now, goes_on = _replay(signed, plans[key], histories[key], terms, as_of)
            row = (*now.as_row().values(),)[:-1]
            _check_fits(row)
        except ForbearError as problem:
            aside.append((key, str(problem), _remedy(problem)))
            continue
        except Exception as problem:  # one bad loan never stops the night
            aside.append((key, f"{type(problem).__name__}: {problem}", _remedy(None)))
            continue
        rows.append((*row, goes_on))
        items += [(key, i.due_on, i.seq, i.component, i.amount) for i in now.open_items]
    return Replayed(
        pl.DataFrame(rows, schema=STATE["positions"].schema, orient="row"),
        pl.DataFrame(items, schema=STATE["open_items"].schema, orient="row").sort(
            STATE["open_items"].order
        ),
        pl.DataFrame(aside, schema=NIGHT["set_aside"].schema, orient="row"),
    )


_SIGNED = (
    "loan", "person", "creditor", "product", "disbursed_on", "principal", "rate", "signing_fees",
)  # fmt: skip
_PLAN = ("seq", "from_on", "due_on", "principal", "interest", "fee")
_EVENT = ("event", "effective_on", "recorded_at", "kind", "amount", "names", "detail")


def _replay(
    signed: tuple[Any, ...],
    plan: Sequence[tuple[Any, ...]],
    history: Sequence[tuple[Any, ...]],
    terms: Terms,
    as_of: date,
) -> tuple[Position, bool]:
    """The position of one loan, and whether columns can carry it on."""
    key, person, creditor, name, disbursed_on, principal, rate, signing_fees = signed
    product = terms.products.get(name)
    if product is None:
        raise ForbearError(
            f"its product {name!r} is not in the book", remedy="add the product to products.json"
        )
    if not plan:
        raise ForbearError("it has no instalments", remedy="supply its schedule")
    instalments = tuple([Instalment(*row) for row in plan])
    loan = Loan(
        loan=key,
        person=person,
        creditor=creditor,
        disbursed_on=disbursed_on,
        principal=principal,
        rate=rate,
        signing_fees=signing_fees,
        ceiling_rate=terms.ceiling_rate(product.ceiling_class, disbursed_on),
        instalments=instalments,
    )
    happened = [_event(row) for row in history]
    now = position(product, loan, happened, as_of)
    goes_on = (
        now.by_columns
        and product.recalculation.overdue == "none"
        and is_chain([row for row in instalments if row.due_on > as_of])
        and (instalments[-1].due_on - disbursed_on).days <= SPAN_DAYS_MAX
        and all(event.effective_on <= as_of for event in happened)
    )
    return now, goes_on


def _event(row: tuple[Any, ...]) -> Event:
    """``from_row``, with the common case first."""
    number, effective_on, recorded_at, kind, amount, names, detail = row
    if kind == "repaid" and detail is None and names is None:
        return Repaid(
            number=number, effective_on=effective_on, recorded_at=recorded_at, amount=amount
        )
    return from_row(dict(zip(_EVENT, row, strict=True)))


def is_chain(coming: Sequence[Instalment]) -> bool:
    """Does each period to come begin where the one before ended, with something due in each?

    Columns find tomorrow's next instalment by the day its period begins, so they need this.
    """
    return all(row.total > 0 and row.due_on > row.from_on for row in coming) and all(
        later.seq == row.seq + 1 and later.from_on == row.due_on for row, later in pairwise(coming)
    )


def _check_fits(row: tuple[Any, ...]) -> None:
    """A figure that no column holds is that loan's problem alone."""
    for value in row:
        if isinstance(value, int) and not -TOTAL_MAX <= value <= TOTAL_MAX:
            raise RangeError(f"a figure of {value} is beyond every range")


def _rows_by_loan(
    frame: pl.DataFrame, loans: pl.DataFrame, order: str, columns: tuple[str, ...]
) -> dict[int, list[tuple[Any, ...]]]:
    """These columns of the rows of these loans, loan by loan, in this order."""
    mine = frame.filter(pl.col("loan").is_in(loans["loan"].implode())).sort("loan", order)
    found: dict[int, list[tuple[Any, ...]]] = {key: [] for key in loans["loan"]}
    for key, row in zip(mine["loan"], mine.select(columns).iter_rows(), strict=True):
        found[key].append(row)
    return found


def _remedy(problem: ForbearError | None) -> str:
    said = problem.remedy if problem else ""
    return said or "correct the loan's events by a later event that names the wrong one"
