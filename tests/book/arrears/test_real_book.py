"""Arrears of a real book on days of its past, for all loans at once and one by one."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from forbear import dates
from forbear.book.arrears.opening import open_loans
from forbear.book.arrears.replaying import replay_loans
from forbear.book.arrears.terms import Terms, terms_of
from forbear.book.intake.load import load_book
from forbear.book.intake.maps import load_map
from forbear.book.layout import Book
from forbear.loan.ceiling import Ceiling
from forbear.loan.product import shipped

SHARED = Path(os.environ.get("FORBEAR_SHARED", Path(__file__).parents[3] / "../shared"))
FILE = SHARED / "data" / "superlender_ng" / "prev_loans.csv.gz"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"the facts folder {SHARED} is absent"),
]

RATE = 360_000_000
"""The file names no rate; one is supposed, so that penalty and ceiling have something to do."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    out = tmp_path_factory.mktemp("superlender") / "book"
    return load_book(load_map("superlender_ng"), [FILE], out).book


@pytest.fixture(scope="module")
def terms() -> Terms:
    ceiling = Ceiling("licensed", date(2010, 1, 1), None, 240_000_000)
    return terms_of([shipped("given")], [ceiling])


def known(book: Book, as_of: date) -> pl.DataFrame:
    until = dates.day_start(as_of + timedelta(days=1), book.zone)
    return book.scan("events").filter(pl.col("recorded_at") < until).collect()


@pytest.mark.parametrize("as_of", [date(2016, 12, 30), date(2017, 5, 8)])
def test_columns_equal_the_loan_room_on_a_day_of_the_past(
    book: Book, terms: Terms, as_of: date
) -> None:
    loans = book.read("loans").with_columns(rate=pl.lit(RATE, pl.Int64))
    instalments, events = book.read("instalments"), known(book, as_of)
    opened = open_loans(loans, instalments, events, terms, as_of=as_of)
    signed = loans.filter(pl.col("disbursed_on") <= as_of)
    one_by_one = replay_loans(signed, instalments, events, terms, as_of=as_of)
    assert opened.replayed < signed.height // 20
    assert opened.positions.equals(one_by_one.positions)
    assert opened.open_items.equals(one_by_one.open_items)
    assert opened.positions["due_since"].is_not_null().sum() > 50
    assert (opened.positions["times_late"] > 0).sum() > 1_000


def test_what_was_paid_is_all_accounted_for(book: Book, terms: Terms) -> None:
    """Paid = allocated to the schedule and to penalty + held in advance + overpaid, in one sum."""
    as_of = book.as_of
    loans = book.read("loans").with_columns(rate=pl.lit(RATE, pl.Int64))
    instalments, events = book.read("instalments"), known(book, as_of)
    now = open_loans(loans, instalments, events, terms, as_of=as_of)

    def total(frame: pl.DataFrame, *names: str) -> int:
        return sum(int(frame[name].cast(pl.Int128).sum()) for name in names)

    fallen = instalments.filter(pl.col("due_on") <= as_of)
    to_schedule = total(fallen, "principal", "interest", "fee") - total(now.open_items, "amount")
    to_penalty = total(now.positions, "claimed_beyond") - total(now.positions, "penalty_due")
    kept = total(now.positions, "paid_in_advance", "overpaid")
    assert total(events, "amount") == to_schedule + to_penalty + kept
