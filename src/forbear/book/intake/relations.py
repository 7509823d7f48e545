"""Do the rows fit together? A loan needs its person, an instalment its loan, a schedule its order.

One row set aside may leave others without what they name, so the checks run again until nothing more
is set aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import polars as pl

from forbear.book.intake.staging import Staged, faults_at
from forbear.errors import InputError
from forbear.loan.events import from_row
from forbear.money import SPAN_DAYS_MAX

PERSON_OF = ("loans", "parties", "numbers", "contacts", "holds", "consents", "snapshots")
LOAN_OF = ("parties", "instalments", "events", "contacts", "holds")
CREDITOR_OF = ("loans", "contacts")
WITH_AMOUNT = ("disbursed", "repaid", "charge", "waiver", "settlement", "recovery", "refund")
NUMBERS_MAX = 255


def relate(staged: Staged, products: set[str], creditors: set[str]) -> None:
    """Set aside every row that names what is not there or contradicts what is.

    ``products`` and ``creditors`` are the identifiers the map itself names.
    """
    while True:
        before = staged.faults.height
        for check in _checks(staged, products, creditors):
            staged.reject(check())
        if staged.faults.height == before:
            return


Check = Callable[[], pl.DataFrame]


def _checks(staged: Staged, products: set[str], creditors: set[str]) -> Iterator[Check]:
    """The checks that concern these tables; each sees what the ones before it have left."""
    tables = staged.tables
    if "loans" in tables:
        yield lambda: _taken(tables["loans"], ["ref"], "ref")
        yield lambda: faults_at(
            tables["loans"].filter(pl.col("principal") == 0),
            "principal",
            "principal",
            "nothing_lent",
        )
        yield lambda: _outside(tables["loans"], "product", products, "unknown_product")
    named = creditors | set(tables["creditors"]["ref"]) if "creditors" in tables else creditors
    for table in CREDITOR_OF:
        if table in tables:
            yield partial(_creditor_known, staged, table, named)
    for table in PERSON_OF:
        if table in tables and "people" in tables:
            yield partial(_owned, staged, table, "person", "people", "unknown_person")
    for table in LOAN_OF:
        if table in tables:
            yield partial(_owned, staged, table, "loan", "loans", "unknown_loan")
    if "instalments" in tables:
        for check in (_begins, _seq_taken, _same_day, _span, _too_small, _differs, _no_part,
                      _short_of_lent, _bare):  # fmt: skip
            yield partial(check, staged)
    if "numbers" in tables:
        yield lambda: faults_at(
            tables["numbers"].filter(pl.int_range(pl.len()).over("person") >= NUMBERS_MAX),
            "text",
            "text",
            "too_many_numbers",
        )
    if "events" in tables:
        yield lambda: _no_amount(tables["events"])
        yield lambda: _named_events(tables["events"])
        yield lambda: _details(tables["events"])
    if "holds" in tables:
        yield lambda: faults_at(
            tables["holds"].filter(pl.col("until_at") < pl.col("from_at")),
            "until_at",
            "until_at",
            "ends_before",
        )


def _creditor_known(staged: Staged, table: str, named: set[str]) -> pl.DataFrame:
    return _outside(staged.tables[table], "creditor", named, "unknown_creditor")


def _owned(staged: Staged, table: str, field: str, owners: str, code: str) -> pl.DataFrame:
    return _orphans(staged.tables[table], field, staged.tables[owners], code)


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


def _scheduled(staged: Staged) -> pl.DataFrame:
    """Instalments beside what was signed."""
    signed = staged.tables["loans"].select(
        pl.col("ref").alias("loan"), "disbursed_on", pl.col("principal").alias("lent")
    )
    return staged.tables["instalments"].join(signed, on="loan", maintain_order="left")


def _begins(staged: Staged) -> pl.DataFrame:
    due_on = pl.col("due_on")
    early = (due_on < pl.col("disbursed_on")) | (due_on < pl.col("from_on"))
    return faults_at(_scheduled(staged).filter(early), "due_on", "due_on", "due_before_start")


def _seq_taken(staged: Staged) -> pl.DataFrame:
    rows = staged.tables["instalments"].filter(pl.col("seq").is_not_null())
    return _taken(rows, ["loan", "seq"], "seq")


def _same_day(staged: Staged) -> pl.DataFrame:
    again = ~pl.struct("loan", "due_on").is_first_distinct()
    rows = staged.tables["instalments"].filter(again)
    return faults_at(rows, "due_on", "due_on", "same_due_day")


def _span(staged: Staged) -> pl.DataFrame:
    span = (pl.col("due_on") - pl.col("disbursed_on")).dt.total_days()
    rows = _scheduled(staged).filter(span > SPAN_DAYS_MAX)
    return faults_at(rows, "due_on", "due_on", "too_long_span")


def _parts() -> pl.Expr:
    principal, interest, fee = (pl.col(n).fill_null(0) for n in ("principal", "interest", "fee"))
    return principal + interest + fee


def _too_small(staged: Staged) -> pl.DataFrame:
    rows = staged.tables["instalments"].filter(pl.col("total") < _parts())
    return faults_at(rows, "total", "total", "total_too_small")


def _differs(staged: Staged) -> pl.DataFrame:
    complete = pl.col("principal").is_not_null() & pl.col("interest").is_not_null()
    rows = staged.tables["instalments"].filter(complete & (pl.col("total") > _parts()))
    return faults_at(rows, "total", "total", "total_differs")


def _no_part(staged: Staged) -> pl.DataFrame:
    neither = pl.col("total").is_null() & pl.col("principal").is_null()
    rows = staged.tables["instalments"].filter(neither)
    return faults_at(rows, "principal", "principal", "empty")


def _short_of_lent(staged: Staged) -> pl.DataFrame:
    """Where principal is to be shared out over totals, these must be at least what was lent."""
    parts = pl.col("principal").is_null() & pl.col("interest").is_null()
    rows = _scheduled(staged).filter(parts.any().over("loan"))
    due = (pl.col("total") - pl.col("fee").fill_null(0)).cast(pl.Int128)
    short = rows.filter(due.sum().over("loan") < pl.col("lent"))
    return faults_at(short, "total", "total", "total_too_small")


def _bare(staged: Staged) -> pl.DataFrame:
    plans = staged.tables["instalments"].select(pl.col("loan").alias("ref"))
    bare = staged.tables["loans"].join(plans, on="ref", how="anti", maintain_order="left")
    return faults_at(bare, "ref", "ref", "no_instalments")


def _no_amount(events: pl.DataFrame) -> pl.DataFrame:
    """A payment without its amount is no payment of nothing."""
    missing = pl.col("amount").is_null() & pl.col("kind").is_in(WITH_AMOUNT)
    return faults_at(events.filter(missing), "amount", "amount", "empty")


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


def _reads(kind: str, effective_on: object, amount: int | None, detail: str | None) -> bool:
    row = {"event": 0, "kind": kind, "effective_on": effective_on, "recorded_at": None,
           "amount": amount, "names": None, "detail": detail}  # fmt: skip
    try:
        from_row(row)
    except (InputError, TypeError):
        return False
    return True
