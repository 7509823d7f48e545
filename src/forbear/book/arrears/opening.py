"""What does every loan of a book stand at on the day the book is made?

Ordinary loans are carried by columns from disbursement through all their instalments and payments
(``waves``); loans with anything else in their history are replayed one by one. Both give
the same figures to the unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from forbear import dates
from forbear.book.arrears.advance import POSITION
from forbear.book.arrears.ordinary import told_until
from forbear.book.arrears.replaying import replay_loans
from forbear.book.arrears.terms import Terms, book_terms
from forbear.book.arrears.waves import carry_through
from forbear.book.layout import Book
from forbear.book.schema import NIGHT, STATE
from forbear.loan.product import SHARE_ONE
from forbear.money import SPAN_DAYS_MAX

_NEVER = ("due_since", "due_since_regulatory", "last_paid_on")
"""Days that lie in no past yet."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The state of some loans at the end of a day."""

    positions: pl.DataFrame
    open_items: pl.DataFrame
    set_aside: pl.DataFrame
    """Loans that could not be brought there, with reason and remedy, as ``set_aside``."""
    replayed: int
    """How many of them went through ``forbear.loan`` one by one."""


@dataclass(frozen=True, slots=True)
class BookOpened:
    """What became of the loans of a book when it was opened."""

    loans: int
    replayed: int
    """Of them through ``forbear.loan`` one by one."""
    set_aside: pl.DataFrame


def open_book(book: Book) -> BookOpened:
    """Bring every loan of this book to its ``as_of`` and write the state the first night begins with.

    Writes ``state/positions`` and ``state/open_items``, part by part. A loan that could not be brought
    there stands in the state as set aside, and is tried again every night. Raises BookError for a
    book without days, a missing table or column.
    """
    terms = book_terms(book)
    known_until = dates.day_start(book.as_of + timedelta(days=1), book.zone)
    asides, loans, replayed = [NIGHT["set_aside"].empty()], 0, 0
    for part in range(book.files):
        opened = open_loans(
            book.read("loans", part),
            book.read("instalments", part),
            book.scan("events", part).filter(pl.col("recorded_at") < known_until).collect(),
            terms,
            as_of=book.as_of,
        )
        book.write("positions", part, opened.positions, in_order=True)
        book.write("open_items", part, opened.open_items, in_order=True)
        asides.append(opened.set_aside)
        loans += opened.positions.height
        replayed += opened.replayed
    return BookOpened(loans, replayed, pl.concat(asides).sort("loan"))


def open_loans(
    loans: pl.DataFrame,
    instalments: pl.DataFrame,
    events: pl.DataFrame,
    terms: Terms,
    *,
    as_of: date,
) -> Opened:
    """What do these loans stand at at the end of ``as_of``, from everything that happened to them?

    ``events``: all of these loans that were recorded before the end of ``as_of``. Loans whose money
    goes out later have no position yet.
    """
    loans = loans.filter(pl.col("disbursed_on") <= as_of).sort("loan")
    told = told_until(events, loans, as_of)
    odd = _odd_schedules(loans, instalments, terms)
    one_by_one = loans["loan"].is_in(pl.concat([told.others, odd]).implode())
    start = first_positions(loans.filter(~one_by_one), instalments, terms)
    here = start["loan"].implode()
    carried = carry_through(
        start,
        STATE["open_items"].empty(),
        instalments.filter(pl.col("loan").is_in(here)),
        told.credits.filter(pl.col("loan").is_in(here)),
        to=as_of,
        loans=loans,
        terms=terms,
    )
    left = loans.filter(~pl.col("loan").is_in(carried.positions["loan"].implode()))
    replayed = replay_loans(left, instalments, events, terms, as_of=as_of)
    aside = left.join(replayed.set_aside, on="loan", how="semi", maintain_order="left")
    return Opened(
        pl.concat([carried.positions, replayed.positions, _set_aside(aside, as_of)]).sort("loan"),
        pl.concat([carried.open_items, replayed.open_items]).sort(STATE["open_items"].order),
        replayed.set_aside,
        left.height,
    )


def first_positions(loans: pl.DataFrame, instalments: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """What do these loans stand at at the end of the day the money went out?

    ``instalments``: all of theirs, and perhaps others. A loan without instalments has no row.
    """
    in_order = instalments.sort("loan", "seq").group_by("loan", maintain_order=True)
    first = in_order.agg(
        pl.col("principal").sum().alias("lent"),
        pl.col("seq", "from_on", "due_on").first().name.prefix("next_"),
        pl.col("principal", "interest", "fee").first().name.prefix("next_"),
    )
    rows = (
        loans.with_columns(ceiling_rate=terms.ceiling_rates(loans))
        .join(first, on="loan", maintain_order="left")
        .join(terms.by_product, on="product", how="left", maintain_order="left")
    )
    own, multiple = pl.col("penalty_own"), pl.col("rate") * pl.col("penalty_multiple") // SHARE_ONE
    known = {
        "status": pl.lit("open"),
        "balances_on": pl.col("disbursed_on"),
        "principal_not_due": pl.col("lent"),
        "interest_base": pl.col("lent"),
        "interest_rate": pl.col("rate"),
        "penalty_rate": pl.coalesce(own, multiple),
        "by_columns": pl.lit(True),
    }
    return _shaped(rows, known)


def _set_aside(loans: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Rows for loans that could not be brought to ``as_of``: in the book, without figures."""
    known = {
        "status": pl.lit("set_aside"),
        "balances_on": pl.lit(as_of),
        "day_basis": pl.lit(365),
        "by_columns": pl.lit(False),
        **{name: pl.lit(None) for name in ("next_seq", "next_from_on", "next_due_on")},
    }
    return _shaped(loans, known)


def _shaped(rows: pl.DataFrame, known: dict[str, pl.Expr]) -> pl.DataFrame:
    """The columns of ``positions``: as known, else as the rows have them, else nothing."""
    schema = STATE["positions"].schema
    never = {name: pl.lit(None, schema[name]) for name in _NEVER}
    zero = {name: pl.lit(0) for name in POSITION if name not in rows.columns}
    said = {**zero, **never, **known}
    return rows.select(
        said.get(name, pl.col(name)).cast(schema[name]).alias(name) for name in POSITION
    )


def _odd_schedules(loans: pl.DataFrame, instalments: pl.DataFrame, terms: Terms) -> pl.Series:
    """Loans whose terms or schedule columns do not know.

    Columns find the next instalment by the day its period begins, so periods must be a chain of days
    from the disbursement on, with something due in each.
    """
    follows = (pl.col("from_on") == pl.col("due_on").shift(1)) & (
        pl.col("seq") == pl.col("seq").shift(1) + 1
    )
    fits = pl.when(pl.col("loan").is_first_distinct()).then(pl.col("seq") == 1).otherwise(follows)
    due = pl.col("principal") + pl.col("interest") + pl.col("fee")
    chained = instalments.sort("loan", "seq").filter(
        ~fits | (pl.col("due_on") <= pl.col("from_on")) | (due <= 0)
    )["loan"]
    early = instalments.join(loans.select("loan", "disbursed_on"), on="loan").filter(
        (pl.col("due_on") <= pl.col("disbursed_on")) | (pl.col("from_on") < pl.col("disbursed_on"))
    )["loan"]
    none = loans.join(instalments, on="loan", how="anti")["loan"]
    known = terms.by_product.filter("columns_know")["product"]
    longer = pl.col("last_due_on") - pl.col("disbursed_on") > pl.duration(days=SPAN_DAYS_MAX)
    before = pl.col("disbursed_on") < date(1970, 1, 1)  # rounds number days from there
    unknown = ~pl.col("product").is_in(known.implode())
    others = loans.filter(longer | before | unknown)["loan"]
    return pl.concat([chained, early, none, others]).unique()
