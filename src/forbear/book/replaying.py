"""How do the few loans that columns cannot carry get to today? One by one, through ``forbear.loan``.

A loan that cannot be replayed is a row with a reason, not a crash: it keeps its last position, set
aside, and the night goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from forbear.book.schema import NIGHT, STATE
from forbear.book.terms import Terms
from forbear.errors import ForbearError
from forbear.loan.account import position
from forbear.loan.events import Event, Repaid, from_row
from forbear.loan.position import Loan
from forbear.loan.schedule import Instalment
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
    plans = _rows_by_loan(instalments, loans, ("seq",))
    histories = _rows_by_loan(events, loans, ("event",))
    rows: list[tuple[Any, ...]] = []
    items: list[tuple[Any, ...]] = []
    aside: list[tuple[int, str, str]] = []
    for signed in loans.sort("loan").iter_rows(named=True):
        key = signed["loan"]
        try:
            row, its_items = _replay(signed, plans[key], histories[key], terms, as_of)
        except ForbearError as problem:
            aside.append((key, str(problem), _remedy(problem)))
            continue
        except Exception as problem:  # one bad loan never stops the night
            aside.append((key, f"{type(problem).__name__}: {problem}", _remedy(None)))
            continue
        rows.append(tuple(row.values()))
        items += [tuple(item.values()) for item in its_items]
    return Replayed(
        pl.DataFrame(rows, schema=STATE["positions"].schema, orient="row"),
        pl.DataFrame(items, schema=STATE["open_items"].schema, orient="row").sort(
            STATE["open_items"].order
        ),
        pl.DataFrame(aside, schema=NIGHT["set_aside"].schema, orient="row"),
    )


def _replay(
    signed: dict[str, Any],
    plan: Sequence[dict[str, Any]],
    history: Sequence[dict[str, Any]],
    terms: Terms,
    as_of: date,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The position and open items of one loan."""
    product = terms.products.get(signed["product"])
    if product is None:
        raise ForbearError(
            f"its product {signed['product']!r} is not in the book",
            remedy="add the product to products.json",
        )
    if not plan:
        raise ForbearError("it has no instalments", remedy="supply its schedule")
    loan = Loan(
        loan=signed["loan"],
        person=signed["person"],
        creditor=signed["creditor"],
        disbursed_on=signed["disbursed_on"],
        principal=signed["principal"],
        rate=signed["rate"],
        signing_fees=signed["signing_fees"],
        ceiling_rate=terms.ceiling_rate(product.ceiling_class, signed["disbursed_on"]),
        instalments=tuple(
            Instalment(i["seq"], i["from_on"], i["due_on"], i["principal"], i["interest"], i["fee"])
            for i in plan
        ),
    )
    happened = [_event(row) for row in history]
    now = position(product, loan, happened, as_of)
    row = now.as_row()
    row["by_columns"] = (
        now.by_columns
        and product.recalculation.overdue == "none"
        and is_chain([row for row in plan if row["due_on"] > as_of])
        and (plan[-1]["due_on"] - loan.disbursed_on).days <= SPAN_DAYS_MAX
        and all(event.effective_on <= as_of for event in happened)
    )
    return row, now.open_item_rows()


def _event(row: dict[str, Any]) -> Event:
    """``from_row``, with the common case first."""
    if row["kind"] == "repaid" and row["detail"] is None and row["names"] is None:
        return Repaid(
            number=row["event"],
            effective_on=row["effective_on"],
            recorded_at=row["recorded_at"],
            amount=row["amount"],
        )
    return from_row(row)


def is_chain(coming: Sequence[dict[str, Any]]) -> bool:
    """Does each period to come begin where the one before ended, with something due in each?

    Columns find tomorrow's next instalment by the day its period begins, so they need this.
    """
    return all(
        row["principal"] + row["interest"] + row["fee"] > 0 and row["due_on"] > row["from_on"]
        for row in coming
    ) and all(
        later["seq"] == row["seq"] + 1 and later["from_on"] == row["due_on"]
        for row, later in pairwise(coming)
    )


def _rows_by_loan(
    frame: pl.DataFrame, loans: pl.DataFrame, order: tuple[str, ...]
) -> dict[int, list[dict[str, Any]]]:
    """The rows of these loans, loan by loan, in this order."""
    mine = frame.filter(pl.col("loan").is_in(loans["loan"].implode())).sort("loan", *order)
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in mine.iter_rows(named=True):
        found[row["loan"]].append(row)
    return found


def _remedy(problem: ForbearError | None) -> str:
    said = problem.remedy if problem else ""
    return said or "correct the loan's events by a later event that names the wrong one"
