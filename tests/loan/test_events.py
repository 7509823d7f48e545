"""Events as rows of the book, and which of them count on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forbear.book.schema import HISTORY
from forbear.errors import InputError
from forbear.loan import events as ev
from tests.loan.any_loan import MAKE, START

AT = datetime(2025, 2, 1, 4, tzinfo=UTC)


@given(st.sampled_from(sorted(MAKE)), st.data())
def test_every_kind_goes_to_a_row_of_the_table_and_back(kind, data):
    base = {"number": 3, "effective_on": START, "recorded_at": AT}
    event = data.draw(MAKE[kind](base, 500, START))
    row = {"loan": 1} | ev.to_row(event)
    frame = pl.DataFrame([row], schema=HISTORY["events"].schema)
    assert ev.from_row(frame.row(0, named=True)) == event


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "eclipse"}, "'eclipse' is not a kind of event"),
        ({"amount": -1}, "an amount is negative"),
        ({"detail": "{"}, "detail is not JSON"),
        ({"detail": '{"colour": 1}'}, "charge has no field 'colour'"),
        ({"detail": '{"due_on": "2026-02-31"}'}, "due_on: '2026-02-31' is not"),
        ({"detail": '{"with_instalment": 1}'}, "with_instalment: 1 is not bool"),
    ],
)
def test_a_row_that_says_nothing_sensible_is_refused(changes, message):
    row = {
        "event": 1, "kind": "charge", "effective_on": START, "recorded_at": AT, "amount": 5,
        "names": None, "detail": None,
    }  # fmt: skip
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        ev.from_row(row | changes)


def test_what_was_recorded_at_the_instant_itself_is_not_known_yet():
    paid = ev.Repaid(number=1, effective_on=START, recorded_at=AT, amount=5)
    assert ev.in_force([paid], START, AT) == []
    assert ev.in_force([paid], START, datetime(2025, 2, 1, 4, 0, 1, tzinfo=UTC)) == [paid]


def test_a_correction_moves_the_day_too_and_the_last_one_wins():
    paid = ev.Repaid(number=1, effective_on=START, recorded_at=AT, amount=5)
    first = ev.Correction(
        number=2, effective_on=date(2025, 1, 20), recorded_at=AT, amount=6, names=1
    )
    again = ev.Correction(
        number=3, effective_on=date(2025, 1, 21), recorded_at=AT, amount=7, names=2
    )
    late = date(2025, 3, 1)
    assert [e.amount for e in ev.in_force([paid, first], late)] == [6]
    assert ev.in_force([paid, first, again], late)[0].effective_on == date(2025, 1, 21)
    assert ev.in_force([paid, first, again], date(2025, 1, 20)) == []
