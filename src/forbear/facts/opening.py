"""What does a book's log of contacts come to on its first morning?

A night carries what history comes to and never reads a year of log again. This is the one time the
log is read: when the book is made or loaded, after its money was brought to ``as_of``
(``forbear.book.arrears.opening``). From then on ``forbear.facts.history.update`` takes over.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from forbear.book.layout import Book
from forbear.dates import day_start
from forbear.facts.history import Carried, recompute, reset_cases


def open_history(book: Book) -> int:
    """Write what every person's contact history comes to; for how many people is there any?

    Writes ``state/carried_people``, ``carried_days`` and ``carried_numbers``, part by part. The book
    must have been opened. Raises BookError for a table that is missing.
    """
    known = 0
    for part in range(book.files):
        carried = history_of(book, part)
        book.write("carried_people", part, carried.people)
        book.write("carried_days", part, carried.days)
        book.write("carried_numbers", part, carried.numbers)
        known += carried.people.height
    return known


def history_of(book: Book, part: int) -> Carried:
    """What does the log of one part come to on the morning after ``as_of``?"""
    morning = book.as_of + timedelta(days=1)
    recorded = pl.col("recorded_at") < day_start(morning, book.zone)
    log = book.scan("contacts", part).filter(recorded).collect()
    touched = log.select("person").unique().lazy()
    people = book.scan("people", part).select("person", "zone")
    numbers = book.scan("numbers", part).select("person", "number", "relation")
    case = _cases(book, part)
    carried = recompute(
        log,
        people=people.join(touched, on="person", how="semi").collect(),
        numbers=numbers.join(touched, on="person", how="semi").collect(),
        book_zone=book.manifest.zone,
        today=morning,
        agreements=_agreements(book, part),
        case_from=case,
    )
    return reset_cases(carried, carried.people.join(case, on="person", how="anti")["person"])


def _cases(book: Book, part: int) -> pl.DataFrame:
    """Since when has each person in arrears had a case? (person, from_at)"""
    late = book.scan("positions", part).filter(pl.col("due_since").is_not_null())
    first = pl.col("due_since").min().dt.offset_by("1d").cast(pl.Datetime("us"))
    return (
        book.scan("parties", part)
        .join(late.select("loan", "due_since"), on="loan")
        .group_by("person")
        .agg(from_at=first.dt.replace_time_zone(book.manifest.zone).dt.convert_time_zone("UTC"))
        .sort("person")
        .collect()
    )


def _agreements(book: Book, part: int) -> pl.DataFrame:
    """When somebody promised or signed something: a call that day had a result."""
    promised = book.scan("promises", part).select("person", at="made_at")
    signed = book.scan("plans", part).select("person", at="agreed_on")
    instant = pl.Datetime("us", "UTC")
    return pl.concat(
        [frame.with_columns(pl.col("at").cast(instant)) for frame in (promised, signed)]
    ).collect()
