"""A book's log of contacts is read once, when it is opened, and carried from then on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from forbear.book.arrears.opening import open_book
from forbear.book.layout import Book
from forbear.book.synthetic.making import make
from forbear.book.synthetic.recipe import Recipe
from forbear.facts.opening import open_history


def test_what_is_carried_is_what_the_log_says(tmp_path: Path) -> None:
    make(
        Recipe(seed=2, people=2_000, as_of=date(2026, 11, 21), files=2),
        tmp_path / "book",
        finish=None,
    )
    book = Book.open(tmp_path / "book")
    open_book(book)
    assert open_history(book) == book.scan("contacts").select("person").unique().collect().height
    log = book.scan("contacts").collect()
    carried = book.scan("carried_people").collect()
    calls = log.filter(pl.col("channel").is_in(["call", "ai_call"]))
    assert carried["calls_by_hour"].arr.sum().sum() == len(calls)
    last = log.filter(
        (pl.col("outcome") == "delivered")
        & pl.col("channel").is_in(["sms", "app"])
        & (pl.col("purpose") == "collect")
        | pl.col("outcome").is_in(["conversation", "connected_notice", "wrong_person"])
        | (pl.col("channel") == "visit")
    )
    touched = last.group_by("person").agg(pl.col("at").max())
    both = carried.join(touched, on="person", how="left")
    assert both.filter(pl.col("last_touch_at").ne_missing(pl.col("at"))).is_empty()
    late = book.scan("positions").filter(pl.col("due_since").is_not_null()).collect()["person"]
    bound = book.scan("parties").collect()
    spouses = bound.filter(
        pl.col("loan").is_in(
            book.scan("positions")
            .filter(pl.col("due_since").is_not_null())
            .collect()["loan"]
            .implode()
        )
    )["person"]
    without = carried.filter(~pl.col("person").is_in(pl.concat([late, spouses]).implode()))
    assert (without["talks_case"] == 0).all()
    assert (carried["talks_case"] > 0).any()
