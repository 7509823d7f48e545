"""Two people turn out to be one: their rows meet in one part, and nothing else changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from forbear.book.arrears.opening import open_book
from forbear.book.layout import Book
from forbear.book.merging import Merged, merge_people
from forbear.book.schema import TABLES
from forbear.errors import BookError
from forbear.loan.product import product_as_data, shipped

AS_OF = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 4, tzinfo=UTC)


def row(table: str, **said: object) -> pl.DataFrame:
    """One row of a table: what is said, else 0, false or empty."""
    blank = {pl.String: "", pl.Boolean: False, pl.Date: None, pl.Time: None}
    values = {
        name: said.get(name, None if column.null else blank.get(column.dtype, 0))
        for name, column in TABLES[table].columns.items()
    }
    return pl.DataFrame([values], schema=TABLES[table].schema)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Persons 1, 2 and 3 (the third bound to the second), one loan each, in two parts."""
    book = Book.create(tmp_path, currency="CNY", files=2, as_of=AS_OF)
    book.write_products([product_as_data(shipped("single"))])
    rows: dict[str, list[tuple[int, pl.DataFrame]]] = {name: [] for name in TABLES}
    for person, group in ((1, 1), (2, 2), (3, 2), (5, 5)):
        part = group % 2
        add = rows.__getitem__
        add("people").append(
            (part, row("people", person=person, group=group, ref=f"P{person}", language="zh",
                       hardship=person == 2, zone="Asia/Shanghai" if person == 2 else None)),
        )  # fmt: skip
        add("parties").append((part, row("parties", person=person, loan=person, role="borrower")))
        add("loans").append(
            (part, row("loans", loan=person, person=person, creditor=1, product="single",
                       disbursed_on=date(2026, 10, 1), principal=1_000, rate=120_000_000,
                       instalments=1, first_due_on=AS_OF, last_due_on=AS_OF)),
        )  # fmt: skip
        add("instalments").append(
            (part, row("instalments", loan=person, seq=1, from_on=date(2026, 10, 1),
                       due_on=AS_OF, principal=1_000, interest=12)),
        )  # fmt: skip
        add("contacts").append(
            (part, row("contacts", person=person, at=AT, contact=1, recorded_at=AT, creditor=1,
                       number=100 + person, channel="sms", direction="out", purpose="remind",
                       outcome="delivered")),
        )  # fmt: skip
        for rank, number in ((1, 100 + person), (2, 777)):
            add("numbers").append(
                (part, row("numbers", person=person, rank=rank, number=number, health="unknown"))
            )
        add("carried_people").append((part, carried(person)))
    for name, frames in rows.items():
        for part in (0, 1) if frames else ():
            book.write(
                name, part, pl.concat([TABLES[name].empty(), *(f for p, f in frames if p == part)])
            )
    book.fill_absent()
    open_book(book)
    late = row("holds", person=2, kind="dispute", from_at=AT, recorded_at=AT)
    book.write_inbox(date(2026, 11, 21), "holds", 0, late)
    return book


def carried(person: int) -> pl.DataFrame:
    """A person's carried history: one text."""
    schema = TABLES["carried_people"].schema
    blank = {n: None if d == schema["last_touch_at"] else 0 for n, d in schema.items()}
    hours = [0] * 24
    blank |= {n: hours for n, d in schema.items() if isinstance(d, pl.Array)}
    return pl.DataFrame([blank | {"person": person, "last_template": None}], schema=schema)


def recount(contacts: pl.DataFrame, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """How many contacts there are, standing in for all that a history comes to."""
    kept = carried(contacts["person"][0])
    return {"carried_people": kept.with_columns(visits_case=pl.lit(contacts.height, pl.Int16))}


def everything(book: Book) -> dict[str, list[pl.DataFrame]]:
    names = ("people", "parties", "loans", "instalments", "numbers", "contacts", "positions",
             "open_items", "carried_people")  # fmt: skip
    return {name: [book.read(name, part) for part in (0, 1)] for name in names}


def test_all_that_was_said_of_one_is_said_of_the_other(book: Book) -> None:
    merged = merge_people(book, kept=1, gone=2, recount=recount)
    assert merged == Merged(kept=1, gone=2, parts=(1, 0), loans=1)
    after = everything(book)
    people = after["people"][1]
    assert people.select("person", "group", "hardship", "zone").rows() == [
        (1, 1, True, "Asia/Shanghai"),  # protected, since either was
        (3, 1, False, None),  # bound to the second person, so now to the first
        (5, 5, False, None),
    ]
    assert after["loans"][1].select("loan", "person").rows() == [(1, 1), (2, 1), (3, 3), (5, 5)]
    assert after["positions"][1].select("loan", "person").rows() == [(1, 1), (2, 1), (3, 3), (5, 5)]
    numbers = after["numbers"][1].filter(pl.col("person") == 1)
    assert numbers.select("rank", "number").rows() == [(1, 101), (2, 777), (3, 102)]
    contacts = after["contacts"][1].filter(pl.col("person") == 1)
    assert contacts["contact"].to_list() == [1, 2]
    assert after["carried_people"][1].select("person", "visits_case").rows() == [
        (1, 2),
        (3, 0),
        (5, 0),
    ]
    assert all(frames[0].is_empty() for frames in after.values())
    assert book.read_inbox(date(2026, 11, 21), "holds", 1)["person"].to_list() == [1]
    assert book.read_inbox(date(2026, 11, 21), "holds", 0).is_empty()


def test_money_does_not_move(book: Book) -> None:
    def owed() -> list[tuple[int, int]]:
        rows = pl.concat(everything(book)["open_items"])
        return rows.group_by("loan").agg(pl.col("amount").sum()).sort("loan").rows()

    before = owed()
    merge_people(book, kept=1, gone=2, recount=recount)
    assert owed() == before == [(1, 1_012), (2, 1_012), (3, 1_012), (5, 1_012)]


def test_a_merge_that_was_interrupted_is_repeated(book: Book) -> None:
    """The part that takes was written, the part that gives was not: again, and the book is whole."""
    giving = {name: frames[0] for name, frames in everything(book).items()}
    merge_people(book, kept=1, gone=2, recount=recount)
    whole = everything(book)
    for name, rows in giving.items():
        book.write(name, 0, rows)
    merge_people(book, kept=1, gone=2, recount=recount)
    again = everything(book)
    assert all(
        once.equals(twice)
        for name in whole
        for once, twice in zip(whole[name], again[name], strict=True)
    )


@pytest.mark.parametrize(("kept", "gone"), [(1, 1), (99, 1)])
def test_only_two_people_of_the_book_can_be_one(book: Book, kept: int, gone: int) -> None:
    with pytest.raises(BookError):
        merge_people(book, kept=kept, gone=gone, recount=recount)
