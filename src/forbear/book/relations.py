"""Do the rows fit together? A loan needs its person, an instalment its loan, a schedule its order.

One row set aside may leave others without what they name, so the checks run again until nothing more
is set aside.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from forbear.book.staging import Staged, faults_at
from forbear.errors import InputError
from forbear.loan.events import from_row
from forbear.money import SPAN_DAYS_MAX

PERSON_OF = ("loans", "parties", "numbers", "contacts", "holds", "consents", "snapshots")
LOAN_OF = ("parties", "instalments", "events", "contacts", "holds")
CREDITOR_OF = ("loans", "contacts")


def relate(staged: Staged, products: set[str], creditors: set[str]) -> None:
    """Set aside every row that names what is not there or contradicts what is.

    ``products`` and ``creditors`` are the identifiers the map itself names.
    """
    while True:
        before = staged.faults.height
        for faults in _checks(staged, products, creditors):
            staged.reject(faults)
        if staged.faults.height == before:
            return


def _checks(staged: Staged, products: set[str], creditors: set[str]) -> Iterator[pl.DataFrame]:
    """Each check sees what the ones before it have left."""
    tables = staged.tables
    if "loans" in tables:
        yield _taken(tables["loans"], ["ref"], "ref")
        yield _outside(tables["loans"], "product", products, "unknown_product")
    named = creditors | set(tables["creditors"]["ref"]) if "creditors" in tables else creditors
    for table in CREDITOR_OF:
        if table in tables:
            yield _outside(tables[table], "creditor", named, "unknown_creditor")
    for table in PERSON_OF:
        if table in tables and "people" in tables:
            yield _orphans(tables[table], "person", tables["people"], "unknown_person")
    for table in LOAN_OF:
        if table in tables:
            yield _orphans(tables[table], "loan", tables["loans"], "unknown_loan")
    if "instalments" in tables:
        yield from _schedules(staged)
    if "events" in tables:
        yield _named_events(tables["events"])
        yield _details(tables["events"])
    if "holds" in tables:
        ends = tables["holds"].filter(pl.col("until_at") < pl.col("from_at"))
        yield faults_at(ends, "until_at", "until_at", "ends_before")


def _taken(frame: pl.DataFrame, key: list[str], shown: str) -> pl.DataFrame:
    """Rows whose key a row before had."""
    later = frame.filter(~pl.struct(key).is_first_distinct())
    return faults_at(later, shown, shown, "key_taken")


def _outside(frame: pl.DataFrame, field: str, known: set[str], code: str) -> pl.DataFrame:
    wrong = frame.filter(pl.col(field).is_not_null() & ~pl.col(field).is_in(sorted(known)))
    return faults_at(wrong, field, field, code)


def _orphans(frame: pl.DataFrame, field: str, owners: pl.DataFrame, code: str) -> pl.DataFrame:
    wrong = frame.filter(pl.col(field).is_not_null()).join(
        owners.select(pl.col("ref").alias(field)), on=field, how="anti", maintain_order="left"
    )
    return faults_at(wrong, field, field, code)


def _schedules(staged: Staged) -> Iterator[pl.DataFrame]:
    """Is every schedule one: in order, inside its loan, its parts its total?"""
    loans = staged.tables["loans"]
    signed = loans.select(
        pl.col("ref").alias("loan"), "disbursed_on", pl.col("principal").alias("lent")
    )
    rows = staged.tables["instalments"].join(signed, on="loan", maintain_order="left")
    yield faults_at(
        rows.filter(
            (pl.col("due_on") < pl.col("disbursed_on")) | (pl.col("due_on") < pl.col("from_on"))
        ),
        "due_on",
        "due_on",
        "due_before_start",
    )
    yield _taken(rows.filter(pl.col("seq").is_not_null()), ["loan", "seq"], "seq")
    yield faults_at(
        rows.filter(~pl.struct("loan", "due_on").is_first_distinct()),
        "due_on",
        "due_on",
        "same_due_day",
    )
    span = (pl.col("due_on") - pl.col("disbursed_on")).dt.total_days()
    yield faults_at(rows.filter(span > SPAN_DAYS_MAX), "due_on", "due_on", "too_long_span")
    yield from _totals(rows)
    bare = loans.join(
        staged.tables["instalments"], left_on="ref", right_on="loan", how="anti",
        maintain_order="left",
    )  # fmt: skip
    yield faults_at(bare, "ref", "ref", "no_instalments")


def _totals(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Do the parts of each instalment make its total, and the totals at least what was lent?"""
    parts = [pl.col(name).fill_null(0) for name in ("principal", "interest", "fee")]
    rows = rows.with_columns(parts=parts[0] + parts[1] + parts[2])
    said = rows.filter(pl.col("total").is_not_null())
    yield faults_at(
        said.filter(pl.col("total") < pl.col("parts")), "total", "total", "total_too_small"
    )
    complete = pl.col("principal").is_not_null() & pl.col("interest").is_not_null()
    yield faults_at(
        said.filter(complete & (pl.col("total") > pl.col("parts"))),
        "total",
        "total",
        "total_differs",
    )
    neither = rows.filter(pl.col("total").is_null() & pl.col("principal").is_null())
    yield faults_at(neither, "principal", "principal", "empty")
    only_totals = said.filter(pl.col("principal").is_null())
    due = (pl.col("total") - pl.col("interest").fill_null(0) - pl.col("fee").fill_null(0)).cast(
        pl.Int128
    )
    short = only_totals.filter(due.sum().over("loan") < pl.col("lent"))
    yield faults_at(short.filter(pl.col("interest").is_null()), "total", "total", "total_too_small")


def _named_events(events: pl.DataFrame) -> pl.DataFrame:
    """Does the event that another names stand in the same loan?"""
    naming = events.filter(pl.col("names").is_not_null())
    known = events.select("loan", pl.col("ref").alias("names"))
    wrong = naming.join(known, on=["loan", "names"], how="anti", maintain_order="left")
    return faults_at(wrong, "names", "names", "unknown_event")


def _details(events: pl.DataFrame) -> pl.DataFrame:
    """Can every event but a plain payment be read as what its kind needs? Those are few."""
    rare = events.filter((pl.col("kind") != "repaid") | pl.col("detail").is_not_null())
    wrong = [src for src, *row in rare.select("src", "kind", "effective_on", "amount", "detail").rows()
             if not _reads(*row)]  # fmt: skip
    return faults_at(rare.filter(pl.col("src").is_in(wrong)), "detail", "detail", "bad_detail")


def _reads(kind: str, effective_on: object, amount: int, detail: str | None) -> bool:
    row = {"event": 0, "kind": kind, "effective_on": effective_on, "recorded_at": None,
           "amount": amount, "names": None, "detail": detail}  # fmt: skip
    try:
        from_row(row)
    except (InputError, TypeError):
        return False
    return True
