"""What becomes of a book when two people turn out to be one? Two part files are rewritten.

The people bound to either now form one party group, so their rows must stand in one part: those of
the group with the later key move to the part of the other. Everything said of the person who is gone
is said of the one who is kept; nothing is lost but the second row in ``people``. What a contact
history comes to is worked out again by the caller's ``recount``, from the log of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from forbear.book.layout import Book, part_of
from forbear.book.schema import HISTORY, STATE, STATIC, TABLES
from forbear.errors import BookError

CARRIED = ("carried_people", "carried_numbers", "carried_days")
"""State that a contact history comes to."""

Recount = Callable[[pl.DataFrame, dict[str, pl.DataFrame]], dict[str, pl.DataFrame]]
"""From the kept person's contacts and all tables of the part: that person's rows of ``CARRIED``."""

_ANY_YES = ("vulnerable", "hardship", "address_confirmed")
"""What is true of the one if it was true of either."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What was rewritten."""

    kept: int
    gone: int
    parts: tuple[int, ...]
    """Part files that were rewritten: one or two."""
    loans: int
    """Loans whose borrower is another person now."""


def merge_people(book: Book, *, kept: int, gone: int, recount: Recount) -> Merged:
    """Make ``gone`` the same person as ``kept`` throughout the book, inboxes and state included.

    The part that takes rows is written before the part that gives them, and doing it again changes
    nothing, so a merge that was interrupted is simply repeated. Raises BookError when ``kept`` is not
    in the book or both are the same.
    """
    if kept == gone:
        raise BookError(f"person {kept} cannot be merged with themselves", where=str(book.path))
    people = pl.concat([book.read("people", part) for part in range(book.files)])
    groups = dict(
        people.filter(pl.col("person").is_in([kept, gone])).select("person", "group").rows()
    )
    if kept not in groups:
        raise BookError(f"there is no person {kept}", where=str(book.path))
    both = sorted({groups[kept], groups.get(gone, groups[kept])})
    parts = [pl.select(part_of(pl.lit(group), book.files)).item() for group in both]
    to, giving = parts[0], [part for part in dict.fromkeys(parts[1:]) if part != parts[0]]
    moving = people.filter(pl.col("group").is_in(both))["person"]
    loans = pl.concat([book.read("loans", part) for part in (to, *giving)])
    lent = loans.filter(pl.col("person").is_in(moving.implode()))["loan"]
    taken: dict[str, pl.DataFrame] = {}
    for name in _present(book, to):
        rows = [book.read(name, to)]
        rows += [_of(book.read(name, part), name, moving, lent)[0] for part in giving]
        taken[name] = same_person(
            name, pl.concat(rows).unique(maintain_order=True), kept, gone, both
        )
    for name, rows_of_kept in recount(
        taken["contacts"].filter(pl.col("person") == kept), taken
    ).items():
        others = taken[name].filter(pl.col("person") != kept)
        taken[name] = pl.concat([others, rows_of_kept.select(others.columns).cast(others.schema)])
    for name, frame in taken.items():
        book.write(name, to, frame)
    for part in giving:
        for name in _present(book, part):
            book.write(name, part, _of(book.read(name, part), name, moving, lent)[1])
    _merge_inboxes(book, to, giving, moving, lent, kept=kept, gone=gone)
    borrowed = loans.filter(pl.col("person") == gone).height
    return Merged(kept, gone, (to, *giving), borrowed)


def same_person(
    table: str, rows: pl.DataFrame, kept: int, gone: int, groups: list[int]
) -> pl.DataFrame:
    """The rows of one table with ``gone`` named ``kept``, and all of ``groups`` one group.

    >>> from forbear.book.schema import STATIC
    >>> bound = pl.DataFrame([(1, 5, "borrower"), (2, 5, "borrower")], orient="row",
    ...                      schema=STATIC["parties"].schema)
    >>> same_person("parties", bound, 1, 2, [1, 2]).rows()
    [(1, 5, 'borrower')]
    """
    if "person" not in rows.columns:
        return rows
    if table == "people":
        one = _one_row(rows, kept, gone, groups)
        return one.unique("person", keep="first", maintain_order=True)
    was_gone = pl.col("person") == gone
    if table == "numbers":
        rows = _one_list(rows, kept, gone)
    elif table == "contacts":
        rows = _one_log(rows, kept, gone)
    elif table in CARRIED:
        rows = rows.filter(~was_gone)
    renamed = rows.with_columns(person=pl.when(was_gone).then(kept).otherwise("person"))
    return renamed.unique(TABLES[table].key, keep="first", maintain_order=True)


def _one_row(people: pl.DataFrame, kept: int, gone: int, groups: list[int]) -> pl.DataFrame:
    """The kept person's row: protected if either was; what was unknown is filled from the other."""
    pair = people.filter(pl.col("person").is_in([kept, gone]))
    either = {name: bool(pair[name].any()) for name in _ANY_YES}
    other = pair.filter(pl.col("person") == gone)
    is_kept = pl.col("person") == kept
    fillable = ("name", "zone", "birth_on", "pay_day") if other.height else ()
    known = {name: pl.lit(other[name][0], people.schema[name]) for name in fillable}
    filled = [
        pl.when(is_kept).then(pl.coalesce(name, said)).otherwise(name).alias(name)
        for name, said in known.items()
    ]
    return people.filter(pl.col("person") != gone).with_columns(
        *filled,
        *(
            pl.when(is_kept).then(value).otherwise(name).alias(name)
            for name, value in either.items()
        ),
        group=pl.when(pl.col("group").is_in(groups)).then(min(groups)).otherwise("group"),
    )


def _one_list(numbers: pl.DataFrame, kept: int, gone: int) -> pl.DataFrame:
    """The kept person's numbers first, then those of the other that are new, ranked anew."""
    pair = pl.col("person").is_in([kept, gone])
    ours = (
        numbers.filter(pair)
        .sort(pl.col("person") != kept, "rank")
        .unique("number", keep="first", maintain_order=True)
        .with_columns(
            person=pl.lit(kept, numbers.schema["person"]),
            rank=pl.int_range(1, pl.len() + 1).cast(numbers.schema["rank"]),
        )
    )
    return pl.concat([numbers.filter(~pair), ours])


def _one_log(contacts: pl.DataFrame, kept: int, gone: int) -> pl.DataFrame:
    """The contacts of both, those of ``gone`` numbered after the kept person's; none is there twice."""
    ours = contacts.filter(pl.col("person") == kept)
    content = [name for name in contacts.columns if name not in ("person", "contact")]
    theirs = contacts.filter(pl.col("person") == gone)
    new = theirs.join(ours, on=content, how="anti", nulls_equal=True)
    last = ours.select(pl.col("contact").max().fill_null(0)).item()
    return pl.concat(
        [
            contacts.filter(pl.col("person") != gone),
            new.with_columns(contact=pl.col("contact") + last),
        ]
    )


def _of(
    rows: pl.DataFrame, table: str, people: pl.Series, loans: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that are about these people or their loans, and the others."""
    by = "person" if "person" in rows.columns else "loan"
    keys = people if by == "person" else loans
    about = rows[by].is_in(keys.implode())
    return rows.filter(about), rows.filter(~about)


def _present(book: Book, part: int) -> list[str]:
    """Which spread tables does this book have?"""
    names = [*STATIC, *HISTORY, *STATE]
    return [n for n in names if TABLES[n].spread and book.file(n, part).is_file()]


def _merge_inboxes(
    book: Book,
    to: int,
    giving: list[int],
    people: pl.Series,
    loans: pl.Series,
    *,
    kept: int,
    gone: int,
) -> None:
    """The same for what days after ``as_of`` recorded."""
    for day in book.inbox_days():
        for name in HISTORY:
            if day <= book.as_of:
                continue
            rows = [book.read_inbox(day, name, to)]
            rows += [
                _of(book.read_inbox(day, name, part), name, people, loans)[0] for part in giving
            ]
            taken = same_person(name, pl.concat(rows).unique(maintain_order=True), kept, gone, [])
            if not taken.equals(rows[0]):
                book.write_inbox(day, name, to, taken)
            for part in giving:
                about, others = _of(book.read_inbox(day, name, part), name, people, loans)
                if about.height:
                    book.write_inbox(day, name, part, others)
