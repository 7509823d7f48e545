"""How do rows that fit together become the tables of a book? Keys, schedules, groups, order.

Everything here is whole columns; nothing can be set aside any more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from forbear.book.intake.keys import number_refs, party_groups
from forbear.book.intake.maps import Map
from forbear.book.intake.staging import DTYPES
from forbear.book.intake.targets import TARGETS
from forbear.book.schema import TABLES

NOON = timedelta(hours=12)


def assemble(rows: dict[str, pl.DataFrame], the_map: Map) -> dict[str, pl.DataFrame]:
    """Which tables of a book do these staged rows make? Table → rows with keys.

    Loans carry no ``cost_rate`` and ``over_ceiling`` yet (``forbear.book.intake.costs``).
    """
    staged = {name: rows.get(name, _nothing(name)) for name in TARGETS}
    people = _first_of_each(staged["people"].sort("src"), "ref")
    person = number_refs(people["ref"], "person")
    if the_map.is_snapshots:
        made = people.join(person, on="ref", maintain_order="left").with_columns(group="person")
        return {
            "people": _placed(made, the_map),
            "snapshots": _snapshots(staged["snapshots"], person),
        }
    loan = number_refs(staged["loans"].sort("src")["ref"], "loan")
    creditors = _creditors(staged["creditors"], the_map)
    creditor = creditors.select("ref", "creditor")
    keys = {"person": person, "loan": loan, "creditor": creditor}
    loans = _keyed(
        staged["loans"].with_columns(
            pl.col("creditor").fill_null(the_map.creditor.ref),
            pl.col("product").fill_null(the_map.product),
        ),
        {"person": person, "creditor": creditor},
    ).join(loan, on="ref", maintain_order="left")
    instalments = _instalments(_keyed(staged["instalments"], {"loan": loan}), loans)
    loans = _loans(loans, instalments)
    parties = _parties(_keyed(staged["parties"], keys), loans)
    people = people.join(person, on="ref", maintain_order="left").join(
        party_groups(parties), on="person", how="left", maintain_order="left"
    )
    numbers, contacts = _numbers(staged, keys, the_map, person)
    return {
        "creditors": creditors,
        "people": _placed(
            people.with_columns(pl.col("group").fill_null(pl.col("person"))), the_map
        ),
        "parties": parties,
        "numbers": numbers,
        "loans": loans,
        "instalments": instalments,
        "events": _events(_keyed(staged["events"], keys), the_map),
        "contacts": contacts,
        "holds": _keyed(staged["holds"], keys).with_columns(
            pl.col("recorded_at").fill_null(pl.col("from_at"))
        ),
        "consents": _keyed(staged["consents"], keys),
    }


def _nothing(table: str) -> pl.DataFrame:
    fields = {name: DTYPES[field.kind] for name, field in TARGETS[table].items()}
    schema: dict[str, Any] = {"src": pl.Int64(), **fields}
    return pl.DataFrame(schema=schema)


def _first_of_each(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """One row an identifier: for each field the first value that any of its rows gives."""
    fields = [name for name in frame.columns if name != key]
    return frame.group_by(key, maintain_order=True).agg(
        pl.col(name).drop_nulls().first() for name in fields
    )


def _keyed(frame: pl.DataFrame, keys: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The lender's identifiers replaced by keys, wherever a column has one."""
    for name, refs in keys.items():
        if name in frame.columns:
            named = refs.select(pl.col("ref").alias(name), pl.col(name).alias("\x00key"))
            frame = (
                frame.join(named, on=name, how="left", maintain_order="left")
                .drop(name)
                .rename({"\x00key": name})
            )
    return frame


def _creditors(rows: pl.DataFrame, the_map: Map) -> pl.DataFrame:
    own = the_map.creditor
    first = pl.DataFrame({"ref": [own.ref], "name": [own.name], "lender_type": [own.lender_type]})
    named = _first_of_each(rows.sort("src"), "ref").select("ref", "name", "lender_type")
    every = pl.concat([first, named.filter(pl.col("ref") != own.ref)])
    return every.with_columns(creditor=pl.int_range(1, pl.len() + 1, dtype=pl.Int16))


def _placed(people: pl.DataFrame, the_map: Map) -> pl.DataFrame:
    if the_map.assume.get("zone_of_people") == "book":
        people = people.with_columns(pl.col("zone").fill_null(the_map.zone))
    return people


def _instalments(rows: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """Schedules in order, with the periods and parts that the files left to be worked out."""
    signed = loans.select("loan", "disbursed_on", pl.col("principal").alias("lent"))
    rows = rows.join(signed, on="loan", maintain_order="left").sort("loan", "due_on", "seq", "src")
    order = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("loan")
    before = pl.col("due_on").shift(1).over("loan")
    fee = pl.col("fee").fill_null(0)
    rest = pl.col("total") - fee - pl.col("interest").fill_null(0)
    # Shares of the principal as differences of floors: they sum to it to the unit.
    due = (pl.col("total") - fee).cast(pl.Int128)
    running, whole = due.cum_sum().over("loan"), due.sum().over("loan")
    so_far = pl.col("lent").cast(pl.Int128) * running // whole
    share = (so_far - so_far.shift(1, fill_value=0).over("loan")).cast(pl.Int64)
    only_total = pl.col("principal").is_null() & pl.col("interest").is_null()
    principal = (
        pl.when(pl.col("principal").is_not_null())
        .then(pl.col("principal"))
        .when(only_total)
        .then(share)
        .otherwise(rest)
    )
    return (
        rows.with_columns(
            principal=principal,
            fee=fee,
            seq=pl.coalesce("seq", order),
            from_on=pl.coalesce("from_on", before, "disbursed_on"),
        )
        .with_columns(
            interest=pl.coalesce("interest", pl.col("total") - pl.col("principal") - fee, 0)
        )
        .select(list(TABLES["instalments"].columns))
    )


def _loans(loans: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    """Loans with what their schedules come to; incomplete where these do not cover them."""
    sums = instalments.group_by("loan").agg(
        rows=pl.len().cast(pl.Int64),
        first_due_on=pl.col("due_on").min(),
        last_due_on=pl.col("due_on").max(),
        back=pl.col("principal").cast(pl.Int128).sum(),
    )
    loans = loans.join(sums, on="loan", how="left", maintain_order="left").with_columns(
        instalments=pl.coalesce("instalments", "rows")
    )
    short = (pl.col("instalments") != pl.col("rows")) | (pl.col("back") != pl.col("principal"))
    return loans.with_columns(incomplete=short)


def _parties(rows: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """Every borrower is a party; the files name the others."""
    own = loans.select("person", "loan", role=pl.lit("borrower"))
    return pl.concat([own, rows.select("person", "loan", "role")]).unique(maintain_order=True)


def _numbers(
    staged: dict[str, pl.DataFrame],
    keys: dict[str, pl.DataFrame],
    the_map: Map,
    person: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Numbers with keys, and contacts that name them; a number keeps its key whoever it reaches."""
    rows = _keyed(staged["numbers"], keys).sort("person", "rank", "src", nulls_last=True)
    if the_map.assume.get("numbers") == "one_a_person":
        without = person.join(rows, on="person", how="anti", maintain_order="left")
        assumed = without.select(
            pl.col("person"),
            text=pl.format("assumed:{}", "person"),
            relation=pl.lit("self"),
            health=pl.lit("unknown"),
        )
        rows = pl.concat([rows, assumed], how="diagonal")
    calls = _keyed(staged["contacts"], keys)
    text = number_refs(pl.concat([rows["text"], calls["number"]]), "key").rename({"ref": "text"})
    numbers = (
        rows.unique(("person", "text"), keep="first", maintain_order=True)
        .join(text, on="text", how="left", maintain_order="left")
        .with_columns(
            number=pl.col("key"), rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("person")
        )
    )
    contacts = (
        calls.join(text, left_on="number", right_on="text", how="left", maintain_order="left")
        .with_columns(
            pl.col("recorded_at").fill_null(pl.col("at")),
            pl.col("creditor").fill_null(1),
            number=pl.col("key"),
        )
        .sort("person", "at", "recorded_at", "src")
        .with_columns(contact=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("person"))
    )
    return numbers, contacts


def _events(rows: pl.DataFrame, the_map: Map) -> pl.DataFrame:
    """Events with a key inside their loan, in order of recording, and the keys of those they name."""
    noon = (
        (pl.col("effective_on").cast(pl.Datetime("us")) + NOON)
        .dt.replace_time_zone(the_map.zone)
        .dt.convert_time_zone("UTC")
    )
    rows = (
        rows.with_columns(pl.col("recorded_at").fill_null(noon), pl.col("amount").fill_null(0))
        .sort("loan", "recorded_at", "effective_on", "src")
        .with_columns(event=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("loan"))
    )
    known = rows.filter(pl.col("ref").is_not_null()).select(
        "loan", names="ref", named=pl.col("event")
    )
    known = known.unique(("loan", "names"), keep="first", maintain_order=True)
    return rows.join(known, on=["loan", "names"], how="left", maintain_order="left").with_columns(
        names=pl.col("named")
    )


def _snapshots(rows: pl.DataFrame, person: pl.DataFrame) -> pl.DataFrame:
    return _keyed(rows, {"person": person}).with_columns(pl.col("month").dt.month_start())
