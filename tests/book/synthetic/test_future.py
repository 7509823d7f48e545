"""The future of a synthetic book is settled beforehand and reacts to nobody."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.book.layout import Book
from forbear.book.schema import TABLES
from forbear.book.synthetic.future import answers, future, payments
from forbear.book.synthetic.making import make
from forbear.book.synthetic.recipe import Recipe
from forbear.errors import InputError

RECIPE = Recipe(seed=3, people=1_500, as_of=date(2026, 11, 21), files=2)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    place = tmp_path_factory.mktemp("books") / "book"
    make(RECIPE, place, future_days=5, finish=None)
    return Book.open(place)


def attempts(
    *, person: int, count: int, channel: str = "call", hour: int = 10, days: int = 5
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person": [person] * count,
            "attempt": list(range(count)),
            "channel": [channel] * count,
            "hour": [hour] * count,
            "days_past_due": [days] * count,
        }
    )


def test_payments_are_what_the_inbox_holds(book: Book) -> None:
    for day in book.inbox_days():
        for part in range(2):
            told = payments(book, day, part)
            assert told.equals(book.read_inbox(day, "events", part).select(told.columns))


def test_payments_do_not_know_what_was_done(book: Book, tmp_path: Path) -> None:
    """Write a thousand contacts into the book, or take all away: the same payments come."""
    day = date(2026, 11, 23)
    before = payments(book, day, 0)
    noisy = Book.open(book.path)
    log = noisy.read("contacts", 0)
    noisy.write("contacts", 0, TABLES["contacts"].empty())
    assert payments(noisy, day, 0).equals(before)
    noisy.write("contacts", 0, log)


def test_days_told_one_by_one_or_at_once_are_the_same(book: Book) -> None:
    first, last = date(2026, 11, 22), date(2026, 12, 20)
    whole = future(book, first, last, 1)
    assert list(whole) == sorted(whole)
    for day in (date(2026, 11, 30), date(2026, 12, 20)):
        assert payments(book, day, 1).equals(whole[day])


def test_most_of_what_comes_is_ordinary(book: Book) -> None:
    whole = pl.concat(
        [
            rows
            for part in range(2)
            for rows in future(book, date(2026, 11, 22), date(2027, 1, 31), part).values()
        ]
    )
    recorded = whole["recorded_at"].dt.convert_time_zone("Asia/Shanghai").dt.date()
    ordinary = ((whole["kind"] == "repaid") & (whole["effective_on"] == recorded)).mean()
    assert 0.97 < ordinary < 0.999  # type: ignore[operator]


def test_nobody_knows_the_future_of_a_real_book(tmp_path: Path) -> None:
    real = Book.create(tmp_path / "real", currency="CNY", as_of=date(2026, 11, 20))
    with pytest.raises(InputError, match="not synthetic"):
        payments(real, date(2026, 11, 21), 0)


@given(st.integers(1, 10**6), st.integers(0, 200), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_an_answer_depends_on_seed_person_and_attempt_alone(
    person: int, other: int, order: object
) -> None:
    """Alone, in a crowd, or in another order: the n-th attempt at a person ends the same way."""
    mine = attempts(person=person, count=6)
    alone = answers(9, mine)
    crowd = pl.concat([mine, attempts(person=person + 1 + other, count=6)])
    places = list(range(len(crowd)))
    order.shuffle(places)  # type: ignore[attr-defined]
    mixed = answers(9, crowd[places]).filter(pl.col("person") == person).sort("attempt")
    assert mixed.equals(alone)


def test_answers_come_at_the_stated_rates() -> None:
    """
    Share of dials answered by the person (prior ±40%), and what else happens:

        days past due   expected   channel
        5               0.35       call      (at an ordinary hour)
        45              0.20       call
        100             0.06       call
        5               0.93       sms       (delivered)
        40              0.55       visit     (somebody at home)
    """
    table = (test_answers_come_at_the_stated_rates.__doc__ or "").strip().splitlines()[3:]
    for line in table:
        days, expected, channel = line.split()[:3]
        people = pl.DataFrame({"person": range(1, 20_001)}).with_columns(
            attempt=pl.lit(1),
            channel=pl.lit(channel),
            hour=pl.lit(17),
            days_past_due=pl.lit(int(days)),
        )
        outcome = answers(5, people)["outcome"]
        met = ["conversation", "connected_notice", "wrong_person", "talked", "refused", "delivered"]
        assert abs(float(outcome.is_in(met).mean()) - float(expected)) < 0.02, line  # type: ignore[arg-type]


def test_promises_are_made_in_talks_only_and_by_machines_less() -> None:
    people = pl.DataFrame({"person": range(1, 30_001)}).with_columns(
        attempt=pl.lit(2), hour=pl.lit(17), days_past_due=pl.lit(5)
    )
    shares = {}
    for channel in ("call", "ai_call", "sms"):
        ended = answers(5, people.with_columns(channel=pl.lit(channel)))
        talks = ended.filter(pl.col("outcome") == "conversation")
        assert not ended.filter(pl.col("outcome") != "conversation")["promise"].any()
        assert (ended["promise"] == ended["promise_days"].is_not_null()).all()
        shares[channel] = talks["promise"].mean() if len(talks) else 0
    assert 0.57 < shares["call"] < 0.63  # type: ignore[operator]
    assert 0.37 < shares["ai_call"] < 0.43  # type: ignore[operator]
    assert shares["sms"] == 0
