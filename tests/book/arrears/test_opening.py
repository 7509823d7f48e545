"""What a book knows on its first morning, and which loans had to be looked at one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from forbear.book.arrears.advance import CREDITS, advance
from forbear.book.arrears.opening import Opened, open_book, open_loans
from forbear.book.arrears.ordinary import told_on, told_until
from forbear.book.arrears.replaying import replay_loans
from forbear.book.arrears.terms import Terms, terms_of
from forbear.book.layout import Book
from forbear.book.schema import HISTORY, STATIC
from forbear.loan.product import product_as_data, shipped

SIGNED_ON = date(2026, 8, 10)
DUE = (date(2026, 9, 10), date(2026, 10, 10), date(2026, 11, 10))
AS_OF = date(2026, 11, 20)
TERMS: Terms = terms_of([shipped("equal_instalment"), shipped("revolving")])


def loans(*keys: int, product: str = "equal_instalment") -> pl.DataFrame:
    """Loans of 300 yuan at 24%, three instalments of 100 and some interest."""
    rows = [
        {
            "loan": key, "ref": f"L{key}", "person": key, "creditor": 1, "product": product,
            "disbursed_on": SIGNED_ON, "principal": 30_000, "rate": 240_000_000, "instalments": 3,
            "first_due_on": DUE[0], "last_due_on": DUE[2], "signing_fees": 0, "cost_rate": None,
            "over_ceiling": False, "incomplete": False, "debit_mandate": False,
        }
        for key in keys
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=STATIC["loans"].schema)


def instalments(*keys: int) -> pl.DataFrame:
    begins = (SIGNED_ON, *DUE[:2])
    rows = [
        (begins[n], key, n + 1, DUE[n], 10_000, 600 - 200 * n, 0) for key in keys for n in range(3)
    ]
    schema = STATIC["instalments"].schema
    return pl.DataFrame(rows, schema=schema, orient="row").sort(STATIC["instalments"].order)


def event(loan: int, number: int, kind: str, on: date, amount: int = 0, **more: Any) -> Any:
    recorded = more.pop("recorded", on)
    return {
        "loan": loan,
        "effective_on": on,
        "recorded_at": datetime(recorded.year, recorded.month, recorded.day, 4, tzinfo=UTC),
        "event": number,
        "kind": kind,
        "amount": amount,
        "names": more.pop("names", None),
        "detail": more.pop("detail", None),
    }


def events(*rows: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=HISTORY["events"].schema)


def opened(happened: pl.DataFrame, *keys: int, product: str = "equal_instalment") -> Opened:
    return open_loans(
        loans(*keys, product=product), instalments(*keys), happened, TERMS, as_of=AS_OF
    )


def test_the_same_figures_whichever_way_a_loan_goes() -> None:
    """Ordinary, reversed, extended, charged: each by columns or one by one, never differently."""
    story = events(
        event(1, 1, "disbursed", SIGNED_ON, 30_000),
        event(1, 2, "repaid", DUE[0], 10_600),
        event(2, 1, "repaid", DUE[0], 10_600),
        event(2, 2, "reversed", date(2026, 9, 14), names=1),
        event(3, 1, "repaid", date(2026, 9, 20), 5_000, recorded=date(2026, 9, 29)),
        event(4, 1, "charge", date(2026, 9, 20), 2_000),
        event(5, 1, "extension", date(2026, 9, 1), detail='{"days": 30}'),
    )
    book = opened(story, 1, 2, 3, 4, 5, 6)
    one_by_one = replay_loans(
        loans(1, 2, 3, 4, 5, 6), instalments(1, 2, 3, 4, 5, 6), story, TERMS, as_of=AS_OF
    )
    assert book.replayed == 2
    assert book.set_aside.is_empty()
    assert book.positions.equals(one_by_one.positions.sort("loan"))
    assert book.open_items.equals(one_by_one.open_items)
    told = book.positions.select("loan", "principal_due", "interest_due", "due_since", "by_columns")
    extended = told.filter(pl.col("loan") == 5)
    assert extended.select("due_since", "by_columns").rows() == [(DUE[1], False)]
    assert told.filter(pl.col("loan") != 5).rows() == [
        (1, 20_000, 600, DUE[1], True),
        (2, 30_000, 1_200, DUE[0], True),  # as if the debit that bounced had never been
        (3, 25_698, 600, DUE[0], True),  # 98 penalty, 600 interest, 4,302 principal
        (4, 30_000, 1_200, DUE[0], True),
        (6, 30_000, 1_200, DUE[0], True),
    ]


def test_a_bad_loan_is_set_aside_and_stays_in_sight() -> None:
    """A reversal of nothing: that loan has no figures, the one beside it is untouched."""
    book = opened(events(event(1, 1, "reversed", DUE[0], names=99)), 1, 2)
    assert book.set_aside["loan"].to_list() == [1]
    assert "99" in book.set_aside["reason"].item()
    assert book.positions.select("loan", "status", "by_columns").rows() == [
        (1, "set_aside", False),
        (2, "open", True),
    ]


def test_a_schedule_with_a_hole_goes_one_by_one_every_night() -> None:
    """Columns find the next instalment by the day its period begins; here one begins a day late."""
    late = instalments(1).with_columns(
        from_on=pl.when(pl.col("seq") == 2).then(pl.col("from_on") + pl.duration(days=1)).otherwise(
            "from_on"
        )
    )  # fmt: skip
    book = open_loans(loans(1), late, events(), TERMS, as_of=date(2026, 8, 20))
    assert book.replayed == 1
    assert book.positions["by_columns"].to_list() == [False]


def test_a_loan_signed_later_has_no_position_yet() -> None:
    book = open_loans(loans(1), instalments(1), events(), TERMS, as_of=date(2026, 8, 9))
    assert book.positions.is_empty()


def test_money_early_reduces_principal_one_by_one() -> None:
    """Revolving: what comes before the due date is not held, so columns hand that loan over."""
    early = events(event(1, 1, "repaid", date(2026, 9, 1), 5_000))
    book = opened(early, 1, 2, product="revolving")
    assert book.replayed == 1
    assert book.positions.select("loan", "by_columns").rows() == [(1, False), (2, True)]


@pytest.mark.parametrize(
    ("what", "ordinary"),
    [
        (event(1, 1, "repaid", AS_OF, 500), True),
        (event(1, 1, "same_person", AS_OF, detail='{"other": 7}'), True),
        (event(1, 1, "repaid", date(2026, 11, 19), 500, recorded=AS_OF), False),
        (event(1, 1, "repaid", date(2026, 11, 21), 500, recorded=AS_OF), False),
        (event(1, 2, "reversed", AS_OF, names=1), False),
        (event(1, 1, "charge", AS_OF, 500), False),
        (event(1, 1, "disbursed", AS_OF, 500), False),
    ],
)
def test_what_a_night_can_take_by_columns(what: Any, ordinary: bool) -> None:
    told = told_on(events(what), AS_OF)
    assert told.others.is_empty() == ordinary


def test_a_loan_with_one_odd_event_has_no_credits_by_columns() -> None:
    told = told_on(
        events(event(1, 1, "repaid", AS_OF, 500), event(1, 2, "charge", AS_OF, 100)), AS_OF
    )
    assert told.credits.is_empty()
    assert told.others.to_list() == [1]


def test_two_payments_of_a_day_are_one_credit() -> None:
    told = told_until(
        events(event(1, 1, "repaid", AS_OF, 500), event(1, 2, "repaid", AS_OF, 70)), loans(1), AS_OF
    )
    assert told.credits.rows() == [(1, AS_OF, 570)]


def test_a_loan_that_fails_in_a_night_keeps_its_row_and_is_named() -> None:
    """An amount beyond every range does not wrap, stop the night or touch the loan beside it."""
    before = opened(events(), 1, 2)
    huge = before.positions.with_columns(
        penalty_rate=pl.when(pl.col("loan") == 1).then(10**11).otherwise("penalty_rate")
    )
    after = advance(
        huge,
        before.open_items,
        instalments(),
        pl.DataFrame(schema=CREDITS),
        day=date(2026, 11, 21),
        loans=loans(1, 2),
        terms=TERMS,
    )
    assert after.not_carried.to_list() == [1]
    assert after.positions.row(0) == huge.row(0)
    assert after.positions["balances_on"].to_list() == [AS_OF, date(2026, 11, 21)]
    assert after.open_items.equals(before.open_items)


def test_rows_that_are_there_already_are_left_alone() -> None:
    """The first close of a book just opened finds every loan at the end of yesterday."""
    book = opened(events(), 1, 2)
    credit = pl.DataFrame({"loan": [1], "paid": [500]}, schema=CREDITS)
    again = advance(
        book.positions, book.open_items, instalments(), credit,
        day=AS_OF, loans=loans(1, 2), terms=TERMS,
    )  # fmt: skip
    assert again.positions.equals(book.positions)
    assert again.not_carried.is_empty()


def test_a_book_opens_part_by_part(tmp_path: Path) -> None:
    """Two files or one: the same state, and nothing recorded after ``as_of`` is known."""
    story = events(
        event(1, 1, "repaid", DUE[0], 10_600),
        event(2, 1, "repaid", DUE[1], 10_600, recorded=date(2026, 11, 21)),
    )
    states = []
    for files in (1, 2):
        book = Book.create(tmp_path / str(files), currency="CNY", files=files, as_of=AS_OF)
        book.write_products([product_as_data(shipped("equal_instalment"))])
        for part in range(files):
            mine = pl.col("loan") % files == part
            book.write("loans", part, loans(1, 2, 3).filter(mine))
            book.write("instalments", part, instalments(1, 2, 3).filter(mine))
            book.write("events", part, story.filter(mine))
        assert open_book(book).loans == 3
        states.append(book.scan("positions").collect().sort("loan"))
    assert states[0].equals(states[1])
    assert states[0]["principal_due"].to_list() == [20_000, 30_000, 30_000]
    assert states[0]["ceiling_rate"].to_list() == [240_000_000] * 3


@pytest.mark.parametrize("component", ["fee", "penalty"])
def test_a_loan_with_a_charge_goes_on_as_the_replay_says(component: str) -> None:
    """After a charge the loan is handed back to columns only if they go on exactly as the replay."""
    detail = f'{{"component": "{component}"}}'
    charge = event(1, 1, "charge", date(2026, 9, 20), 2_000, detail=detail)
    paid = event(1, 2, "repaid", date(2026, 10, 20), 15_000)
    begun = open_loans(loans(1), instalments(1), events(charge), TERMS, as_of=date(2026, 10, 9))
    positions, items = begun.positions, begun.open_items
    for number in range(10, 30):
        day = date(2026, 10, number)
        credit = [(1, 15_000)] if day == paid["effective_on"] else []
        night = advance(
            positions, items, instalments(1).filter(pl.col("from_on") == day),
            pl.DataFrame(credit, schema=CREDITS, orient="row"),
            day=day, loans=loans(1), terms=TERMS,
        )  # fmt: skip
        known = events(charge, paid).filter(pl.col("effective_on") <= day)
        replay = replay_loans(loans(1), instalments(1), known, TERMS, as_of=day)
        if night.not_carried.is_empty():
            assert night.positions.to_dicts() == replay.positions.to_dicts()
            assert night.open_items.equals(replay.open_items)
        positions, items = replay.positions, replay.open_items


def test_money_for_a_loan_without_a_position_is_not_lost() -> None:
    """The loan is named, so that it is looked at one by one."""
    book = opened(events(), 1)
    credit = pl.DataFrame({"loan": [2], "paid": [500]}, schema=CREDITS)
    night = advance(
        book.positions, book.open_items, instalments(), credit,
        day=date(2026, 11, 21), loans=loans(1, 2), terms=TERMS,
    )  # fmt: skip
    assert night.not_carried.to_list() == [2]
