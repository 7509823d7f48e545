"""Scores fitted on a book recover what is known of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from forbear.book.layout import Book
from forbear.book.schema import TABLES
from forbear.book.synthetic.making import make
from forbear.book.synthetic.recipe import Recipe
from forbear.cli.score_page import report
from forbear.errors import BookError
from forbear.score.fit import fit
from forbear.score.spells import FAR, looks, spells

AS_OF = date(2026, 11, 21)


def written(path: Path, **tables: list[dict[str, Any]]) -> Book:
    """A book with these rows; columns not named are filled with whatever fits."""
    book = Book.create(path, currency="CNY", as_of=AS_OF)
    for name, rows in tables.items():
        blank = {column: _blank(dtype) for column, dtype in TABLES[name].schema.items()}
        for column, says in TABLES[name].columns.items():
            if says.null:
                blank[column] = None
        book.write(name, 0, pl.DataFrame([blank | row for row in rows], schema=TABLES[name].schema))
    book.fill_absent()
    return book


def _blank(dtype: pl.DataType) -> Any:
    if dtype == pl.Boolean:
        return False
    if dtype == pl.Date:
        return AS_OF
    if isinstance(dtype, pl.Datetime):
        return datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(dtype, pl.Enum):
        return dtype.categories[0]
    return "" if dtype == pl.String else 0


def paid(loan: int, number: int, on: date, amount: int) -> dict[str, Any]:
    at = datetime(on.year, on.month, on.day, 4, tzinfo=UTC)
    return {"loan": loan, "event": number, "effective_on": on, "recorded_at": at, "kind": "repaid",
            "amount": amount}  # fmt: skip


def due(loan: int, seq: int, on: date, amount: int = 100) -> dict[str, Any]:
    return {
        "loan": loan,
        "seq": seq,
        "from_on": on - timedelta(days=30),
        "due_on": on,
        "principal": amount,
    }


def loan(number: int, **more: Any) -> dict[str, Any]:
    signed = date(2026, 1, 1)
    return {"loan": number, "person": number, "disbursed_on": signed, "product": "given", **more}


def test_spells_are_read_from_what_was_due_and_paid(tmp_path: Path) -> None:
    """
    Loan 1: due 1 March, 1 April, 1 May, 100 each.

        100 paid 20 February   before the due date: never late
        100 paid 8 April       seven days late: the first spell, cleared 8 April
         60 paid 10 May        part of the third
         45 paid 2 June        the rest and 5 for penalty: the second spell, cleared 2 June

    Loan 2: due 1 March and 1 April; all 200 paid 5 April: one spell, 1 March to 5 April.
    Loan 3: due 1 March; a payment of 1 March that bounced: not cleared.
    Loan 4: as loan 3, but extended: left out.
    """
    march, april, may = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
    bounced = [
        paid(3, 1, march, 100),
        {**paid(3, 2, date(2026, 3, 3), 0), "kind": "reversed", "names": 1},
    ]
    book = written(
        tmp_path / "book",
        people=[{"person": n, "group": n} for n in (1, 2, 3, 4)],
        loans=[loan(n) for n in (1, 2, 3, 4)],
        instalments=[due(1, 1, march), due(1, 2, april), due(1, 3, may), due(2, 1, march),
                     due(2, 2, april), due(3, 1, march), due(4, 1, march)],
        events=[paid(1, 1, date(2026, 2, 20), 100), paid(1, 2, date(2026, 4, 8), 100),
                paid(1, 3, date(2026, 5, 10), 60), paid(1, 4, date(2026, 6, 2), 45),
                paid(2, 1, date(2026, 4, 5), 200), *bounced,
                {**paid(4, 1, march, 0), "kind": "extension"}],
    )  # fmt: skip
    found = spells(book, 0).select("loan", "due_on", "clear_on", "times_late").rows()
    assert found == [
        (1, april, date(2026, 4, 8), 1),
        (1, may, date(2026, 6, 2), 2),
        (2, march, date(2026, 4, 5), 1),
        (3, march, FAR, 1),
    ]
    seen = (
        looks(book, 0)
        .filter(loan=1)
        .select("days_past_due", "times_late", "balance", "cured", "paid")
    )
    # Loan 1 is looked at on Wednesdays: 8 April; 6, 13, 20 and 27 May.
    assert seen.rows() == [
        (7, 1, 200, True, True),
        (5, 2, 100, True, True),
        (12, 2, 40, True, True),
        (19, 2, 40, True, True),
        (26, 2, 40, True, True),
    ]


def test_fit_recovers_known_rates(tmp_path: Path) -> None:
    """
    4,000 loans, each once late. Of the first-timers 80% pay on the fifth day and the others never; so a
    look in the days 1 to 3 finds 80% cured within thirty days and a look after that 0%.
    """
    rng = np.random.default_rng(1)
    start = date(2026, 2, 1)
    days = [start + timedelta(days=int(d)) for d in rng.integers(0, 200, 4_000)]
    pays = np.arange(4_000) % 5 != 0
    numbers = range(1, 4_001)
    book = written(
        tmp_path / "book",
        people=[{"person": n, "group": n} for n in numbers],
        loans=[loan(n) for n in numbers],
        instalments=[due(n, 1, day) for n, day in zip(numbers, days, strict=True)],
        events=[
            paid(n, 1, day + timedelta(days=5), 100)
            for n, day, keeps in zip(numbers, days, pays, strict=True)
            if keeps
        ],
    )
    scores = fit(book)
    table = scores.self_cure.look_up(
        {"days_past_due": np.array([2, 20, 100]), "times_late": np.ones(3, dtype=np.int64),
         "balance": np.full(3, 100)}
    )  # fmt: skip
    assert abs(int(table[0]) - 800_000) < 25_000
    assert int(table[1]) < 25_000
    assert int(table[2]) < 10_000
    whole = scores.check[0]
    assert whole["days_past_due"] == "all"
    assert abs(whole["apart"]) < 30_000


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Book:
    place = tmp_path_factory.mktemp("books") / "book"
    make(Recipe(seed=5, people=6_000, as_of=AS_OF, files=2), place, finish=None)
    return Book.open(place)


def test_a_fit_is_the_same_every_time_and_holds_out_of_time(synthetic: Book) -> None:
    scores = fit(synthetic)
    assert fit(synthetic).digest == scores.digest
    assert abs(scores.check[0]["apart"]) < 40_000
    share = dict(zip(("0", "1–30", "31–60", "61–90", "91+"), scores.reach.cells, strict=True))
    assert 250_000 < share["1–30"] < 420_000
    assert share["31–60"] < share["1–30"]


def test_the_report_says_all_tables_and_fits_the_screen(synthetic: Book) -> None:
    from rich.console import Console

    screen = Console(width=100, record=True, file=StringIO())
    for part in report(fit(synthetic, name="ours")):
        screen.print(part, markup=False)
    text = screen.export_text()
    for words in (
        "self_cure 自愈",
        "pay_30d",
        "reach 接通",
        "out of time 时间外检验",
        "ours",
        "sha256",
    ):
        assert words in text


def test_a_book_without_arrears_cannot_be_fitted(tmp_path: Path) -> None:
    book = written(tmp_path / "book", people=[{"person": 1, "group": 1}], loans=[loan(1)])
    with pytest.raises(BookError, match="no loan was ever in arrears"):
        fit(book)
