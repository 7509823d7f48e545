"""How is a whole synthetic book written, part file by part file, in memory that does not grow?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from forbear.book.arrears.opening import open_book
from forbear.book.layout import Book, folder_aside
from forbear.book.schema import HISTORY
from forbear.book.synthetic import lending, people, reaching, silence
from forbear.book.synthetic.future import by_day
from forbear.book.synthetic.paying import Paths, paths
from forbear.book.synthetic.recipe import Recipe, people_of_part
from forbear.book.synthetic.recording import events
from forbear.loan.product import product_as_data

ASSUME = {"synthetic": "nobody in this book exists; payments react to no contact"}

Rows = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Part:
    """One part file of a book: its tables, and what each day after ``as_of`` records."""

    tables: Rows
    inbox: dict[date, Rows]
    """Day → table → rows."""


def make(
    recipe: Recipe,
    path: Path | str,
    *,
    future_days: int = 0,
    finish: Callable[[Book], object] | None = open_book,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Write the book of this recipe to ``path`` (a new folder); how many rows has each table?

    ``finish`` is done to the whole book before it takes its place: by default every loan is brought
    to ``as_of``, so that the first night can be closed.
    ``future_days``: for so many days after ``as_of`` the inbox holds what the day records.
    ``progress`` hears (parts done, parts in all). Nothing is left at ``path`` if it fails. Raises
    BookError if ``path`` exists.
    """
    rows = dict.fromkeys(_TABLES, 0)
    with folder_aside(path) as aside:
        book = begin(recipe, aside)
        for part in range(recipe.files):
            made = make_part(recipe, part, future_days=future_days)
            for table, frame in made.tables.items():
                book.write(table, part, frame)
                rows[table] += len(frame)
            for day, tables in made.inbox.items():
                for table, frame in tables.items():
                    book.write_inbox(day, table, part, frame)
            if progress:
                progress(part + 1, recipe.files)
        book.fill_absent()
        if finish:
            finish(book)
    return rows


def begin(recipe: Recipe, path: Path) -> Book:
    """The empty book of this recipe: manifest, products, creditors."""
    book = Book.create(
        path,
        currency="CNY",
        files=recipe.files,
        as_of=recipe.as_of,
        assume=ASSUME,
        source=recipe.as_source(),
    )
    book.write_products([product_as_data(product) for product in lending.products(recipe)])
    book.write("creditors", 0, lending.creditors())
    return book


def make_part(recipe: Recipe, part: int, *, future_days: int = 0) -> Part:
    """Everything that stands in one part file: a function of the recipe alone."""
    who = people_of_part(recipe, part)
    lent = lending.lend(recipe, who)
    path = paths(recipe, lent)
    recorded = events(recipe, lent, path)
    persons = people.people(recipe, who)
    tables = {
        "people": persons,
        "parties": lending.parties(recipe, lent),
        "numbers": people.numbers(recipe, who),
        "loans": lent.loans,
        "instalments": lent.instalments(),
        "events": recorded.filter(pl.col("recorded_on") <= recipe.as_of).drop("recorded_on"),
    }
    if not recipe.plain:
        tables["consents"] = people.consents(recipe, who)
        tables |= _reached(recipe, persons, tables["consents"], lent, path, recorded)
    days = [recipe.as_of + timedelta(days=ahead) for ahead in range(1, future_days + 1)]
    to_come = by_day(recorded, days[0], days[-1]) if days else {}
    nothing = HISTORY["events"].empty()
    return Part(tables, {day: {"events": to_come.get(day, nothing)} for day in days})


def _reached(
    recipe: Recipe,
    persons: pl.DataFrame,
    allowed: pl.DataFrame,
    lent: lending.Lent,
    path: Paths,
    recorded: pl.DataFrame,
) -> Rows:
    """The log of contacts, and everything that came of it."""
    owing = reaching.arrears(recipe, lent, path)
    signed = reaching.plans(recorded, lent, recipe.as_of)
    silent = pl.concat([silence.reasons(recipe, owing), silence.agreed(signed)])
    log = reaching.log_of(recipe, owing, lent, path, persons.select("person", "zone"))
    log = silence.outside(log, silent)
    stopped = allowed.filter(kind="stop_channel").select(
        "person", pl.col("channel").cast(pl.String)
    )
    log = log.join(stopped, on=["person", "channel"], how="anti", maintain_order="left")
    log = silence.outside(log, silence.waiting(reaching.promises(recipe, log)))
    promised = reaching.promises(recipe, log)
    return {
        "contacts": log,
        "promises": promised,
        "holds": pl.concat([silent, silence.waiting(promised)]),
        "placements": reaching.placements(recipe, owing),
        "plans": signed,
    }


_TABLES = (
    "people", "parties", "numbers", "loans", "instalments", "events", "contacts", "holds",
    "consents", "promises", "plans", "placements",
)  # fmt: skip
