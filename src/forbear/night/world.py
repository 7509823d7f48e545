"""A whole book in memory, for running many nights over it."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from forbear.book.arrears.terms import book_terms
from forbear.book.layout import Book
from forbear.book.schema import STATE, TABLES
from forbear.errors import BookError
from forbear.law.rulebook import Rulebook
from forbear.night.frames import KNOWN, SIGNED_COLUMNS
from forbear.night.order import Order, scale_of
from forbear.night.run import World
from forbear.policy import Policy
from forbear.score.tables import Scores

MOST_PEOPLE = 2_000_000
"""Above this a book is closed part by part on disk, not carried in memory."""


def world_of(book: Book) -> World:
    """Everything this book says, history and inboxes together. Raises BookError if it is too large."""
    people = _whole(book, "people")
    if people.height > MOST_PEOPLE:
        raise BookError(
            f"{people.height:,} people do not fit in memory at once",
            where=str(book.path),
            remedy="close its nights one by one with forbear close",
        )
    return World(
        people=people.select(SIGNED_COLUMNS["people"]),
        parties=_whole(book, "parties"),
        numbers=_whole(book, "numbers"),
        loans=_whole(book, "loans"),
        instalments=_whole(book, "instalments"),
        events=_recorded(book, "events"),
        contacts=_recorded(book, "contacts"),
        known={name: _recorded(book, name) for name in KNOWN},
    )


def state_of_book(book: Book) -> dict[str, pl.DataFrame]:
    """The state a book was opened with: that of the morning after its last settled day."""
    return {name: _whole(book, name) for name in STATE if book.has(name)}


def orders_of(
    book: Book,
    policies: list[Policy],
    rulebook: Rulebook,
    scores: Scores,
    *,
    day: date,
    seed: int = 0,
    **more: Any,
) -> dict[str, Order]:
    """One order a policy, all alike but for the policy."""
    terms, creditors = book_terms(book), book.read("creditors")
    return {
        policy.id: Order(
            day=day, policy=policy, rulebook=rulebook, scores=scores, terms=terms,
            creditors=creditors, book_zone=book.manifest.zone, seed=seed, receipts=False,
            scale=scale_of(book), **more,
        )
        for policy in policies
    }  # fmt: skip


def _whole(book: Book, table: str) -> pl.DataFrame:
    """All parts of a table as one, in its order."""
    return book.scan(table).collect().sort(TABLES[table].order)


def _recorded(book: Book, table: str) -> pl.DataFrame:
    """A table of history with every inbox of the book."""
    rows = [_whole(book, table)] + [
        book.read_inbox(day, table, part) for day in book.inbox_days() for part in range(book.files)
    ]
    return pl.concat(rows).sort(TABLES[table].order)
