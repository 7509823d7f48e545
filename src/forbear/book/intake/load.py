"""How do a lender's files become a book, and what became of every row?

``read = loaded + rejected + duplicates``, file by file, always. A bad row is set aside with its reason
(``rejected.parquet``); a bad file or map is an error before anything is written.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from forbear import dates
from forbear.book.arrears.opening import open_book
from forbear.book.files import file_aside
from forbear.book.intake.account import account_in_words
from forbear.book.intake.assembly import assemble
from forbear.book.intake.costs import (
    CLASS_OF_LENDER,
    chinese_ceilings,
    signing_costs,
    without_ceiling,
)
from forbear.book.intake.faults import rejected
from forbear.book.intake.maps import Map, MapFile
from forbear.book.intake.relations import relate
from forbear.book.intake.staging import Staged, stage
from forbear.book.layout import RECORDED_BY, Book, folder_aside, part_of
from forbear.book.schema import HISTORY, MONTHLY, STATIC, TABLES
from forbear.errors import InputError, ProductError
from forbear.loan.ceiling import Ceiling
from forbear.loan.product import Product, product_as_data, product_from, shipped

PEOPLE_A_PART = 200_000


@dataclass(frozen=True, slots=True)
class Intake:
    """What a load did: where the book is, and the account of every row."""

    book: Book
    files: pl.DataFrame
    """``file``, ``read``, ``loaded``, ``rejected``, ``duplicates``."""
    rejected: pl.DataFrame
    """``faults.REJECTED``: one row a fault."""
    duplicates: pl.DataFrame
    """``file``, ``row``, ``same_file``, ``same_row``."""
    tables: dict[str, int]
    """Rows of each table that has any."""
    incomplete: int
    """Loans whose supplied schedule does not cover them; counted apart."""
    without_ceiling: int
    """Loans of which the table of ceilings says nothing, though ceilings are tested."""
    over_ceiling: int
    """Loans above the price ceiling in force at signing; loaded all the same."""
    notes: list[str]


def load_book(
    map_file: MapFile,
    files: Sequence[Path],
    out: Path,
    *,
    parts: int | None = None,
    replace: bool = False,
    today: date | None = None,
    finish: Callable[[Book], object] | None = None,
) -> Intake:
    """Make a book of these files by this map, in the folder ``out``; whole or not at all.

    ``parts``: number of part files (by default one for each 200,000 people). ``today``: with
    ``as_of: last_record`` history ends the day before, whatever a mistyped date says. ``finish``:
    what rooms below this one do with a book brought to its last day, before it takes its place.

    Raises InputError for what cannot be read as a whole, ProductError for a product that cannot be,
    BookError when ``out`` is taken, or is to be replaced and is no book.
    """
    the_map = map_file.map
    if replace and out.exists():
        Book.open(out)  # only a book may go: not whatever else stands under a mistyped name
    with folder_aside(out, replace=replace) as folder:
        products = _products(the_map)
        staged = stage(the_map, files, products[the_map.product].day_basis)
        relate(staged, set(products), {the_map.creditor.ref})
        account = _account(staged)
        tables = assemble(staged.tables, the_map)
        _some(tables, staged)
        if "loans" in tables:
            tables["loans"] = _priced(tables, the_map, products)
        groups = tables["people"].select("person", "group")
        last = _last_day(tables, the_map)
        as_of = last
        if last and today and the_map.as_of == "last_record":
            as_of = min(last, today - timedelta(days=1))
        book = Book.create(
            folder,
            currency=the_map.currency,
            exponent=the_map.exponent,
            zone=the_map.zone,
            files=parts or max(1, -(-groups.height // PEOPLE_A_PART)),
            as_of=as_of,
            scale=the_map.scale,
            assume=_assumed(the_map, tables),
            source={"map": map_file.where, "map_digest": map_file.digest},
        )
        _write(book, tables, groups)
        book.write_products([product_as_data(products[name]) for name in sorted(products)])
        said = _said(book, staged, account, tables)
        if "loans" in tables:
            said = dataclasses.replace(
                said, without_ceiling=_untested(tables["loans"], the_map, products)
            )
        if as_of != last:
            said.notes.append(
                f"the files tell of days up to {last}; history ends yesterday, and what later days "
                "recorded waits in the inbox: see whether a date is wrong"
            )
        if not the_map.is_snapshots:
            opened = open_book(book)
            said.notes.extend(_not_opened(opened.set_aside))
            if finish:
                finish(book)
        _write_account(said)
    return dataclasses.replace(said, book=Book.open(out))


def _products(the_map: Map) -> dict[str, Product]:
    """The products the map names, under its identifiers, in the book's currency."""
    found = {}
    for name, said in the_map.products.items():
        written = {"base": said} if isinstance(said, str) else dict(said)
        base = product_as_data(shipped(str(written.pop("base", "given"))))
        data = {
            **base,
            "day_count": the_map.day_count,
            "ceiling_class": CLASS_OF_LENDER.get(the_map.creditor.lender_type, "licensed"),
            **written,
            "id": name,
            "currency": the_map.currency,
            "exponent": the_map.exponent,
        }
        try:
            found[name] = product_from(data, where=f"map, products.{name}")
        except TypeError:
            raise ProductError("cannot be read", where=f"map, products.{name}") from None
    return found


def _account(staged: Staged) -> pl.DataFrame:
    """What became of every row, file by file; the sum is checked against what was read."""
    kept = [frame.select("src") for frame in staged.tables.values()]
    marks = {
        "loaded": pl.concat(kept).unique() if kept else staged.sources.select("src").clear(),
        "rejected": staged.faults.select("src").unique(),
        "duplicates": staged.duplicates.select("src").unique(),
    }
    every = staged.sources
    for name, frame in marks.items():
        every = every.join(
            frame.with_columns(pl.lit(1).alias(name)), on="src", how="left", maintain_order="left"
        )
    account = every.group_by("file", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("read"),
        *(pl.col(name).count().cast(pl.Int64) for name in marks),
    )
    parts = pl.col("loaded") + pl.col("rejected") + pl.col("duplicates")
    wrong = account.filter(pl.col("read") != parts)
    assert wrong.is_empty(), f"rows were lost or counted twice: {wrong.rows()}"
    return account


def _some(tables: dict[str, pl.DataFrame], staged: Staged) -> None:
    """A book with nobody in it is a mistake in the map, not a book."""
    main = "snapshots" if "snapshots" in tables else "loans"
    if tables[main].is_empty():
        codes = staged.faults["code"].value_counts(sort=True)["code"].head(3).to_list()
        raise InputError(
            f"not one row became a row of {main}",
            remedy=f"see the map; most frequent reasons: {', '.join(codes) or 'no rows'}",
        )


def _ceilings(the_map: Map) -> tuple[Ceiling, ...] | None:
    """The price ceilings that loans are tested against; none where the map says so."""
    return None if the_map.assume.get("price_ceiling") == "none" else chinese_ceilings()


def _untested(loans: pl.DataFrame, the_map: Map, products: dict[str, Product]) -> int:
    ceilings = _ceilings(the_map)
    return 0 if ceilings is None else without_ceiling(loans, products, ceilings)


def _priced(
    tables: dict[str, pl.DataFrame], the_map: Map, products: dict[str, Product]
) -> pl.DataFrame:
    ceilings = _ceilings(the_map) or ()
    costs = signing_costs(tables["loans"], tables["instalments"], products, ceilings)
    return tables["loans"].join(costs, on="loan", how="left", maintain_order="left")


def _last_day(tables: dict[str, pl.DataFrame], the_map: Map) -> date | None:
    """The last day fully in history: as the map says, or the last any row tells of."""
    if the_map.is_snapshots:
        return None
    if isinstance(the_map.as_of, date):
        return the_map.as_of
    zone = the_map.zone
    days = [tables["loans"]["disbursed_on"]]
    for table, column in (("events", "recorded_at"), ("contacts", "at"), ("holds", "recorded_at")):
        days.append(tables[table][column].dt.convert_time_zone(zone).dt.date())
    return max(last for day in days if isinstance(last := day.max(), date))


def _assumed(the_map: Map, tables: dict[str, pl.DataFrame]) -> dict[str, str]:
    """What the map takes for granted, and what reading by it took for granted beside that."""
    said = dict(the_map.assume)
    shared = [
        rows
        for file in the_map.files
        for rows in file.rows
        if rows.table == "instalments" and not {"principal", "interest"} & rows.fields.keys()
    ]
    if shared and "instalments" in tables:
        said["split_of_total"] = "proportional"
    return dict(sorted(said.items()))


def _write(book: Book, tables: dict[str, pl.DataFrame], groups: pl.DataFrame) -> None:
    """Every row to its part: people by group, loans and their rows by borrower."""
    part = groups.select("person", part=part_of(pl.col("group"), book.files).cast(pl.Int64))
    of_loan = None
    if "loans" in tables:
        of_loan = tables["loans"].select("loan", "person").join(part, on="person")
    for name, rows in tables.items():
        if not TABLES[name].spread:
            book.write(name, 0, rows)
            continue
        if "person" in rows.columns:
            places = rows.join(part, on="person", how="left", maintain_order="left")
        else:
            assert of_loan is not None
            places = rows.join(
                of_loan.select("loan", "part"), on="loan", how="left", maintain_order="left"
            )
        now, later = _split_at(book, name, places)
        book.write_spread(name, now, now["part"])
        _write_inbox(book, name, later)
    book.fill_absent()


def _split_at(book: Book, name: str, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was known by the end of ``as_of``, and what later days recorded."""
    column = RECORDED_BY.get(name)
    if column is None:
        return rows, rows.clear()
    end = dates.day_start(book.as_of + timedelta(days=1), book.zone)
    return rows.filter(pl.col(column) < end), rows.filter(pl.col(column) >= end)


def _write_inbox(book: Book, name: str, later: pl.DataFrame) -> None:
    if later.is_empty():
        return
    column = RECORDED_BY[name]
    local = pl.col(column).dt.convert_time_zone(book.manifest.zone).dt.date()
    for (day, part), rows in later.group_by(local.alias("day"), "part", maintain_order=True):
        assert isinstance(day, date)
        book.write_inbox(day, name, int(str(part)), rows)


def _said(
    book: Book, staged: Staged, account: pl.DataFrame, tables: dict[str, pl.DataFrame]
) -> Intake:
    faults = staged.faults.join(staged.sources, on="src", how="left", maintain_order="left")
    place = staged.sources
    duplicates = (
        staged.duplicates.join(place, on="src")
        .join(place.select(same_as="src", same_file="file", same_row="row"), on="same_as")
        .select("file", "row", "same_file", "same_row")
        .sort("file", "row")
    )
    loans = tables.get("loans")
    return Intake(
        book=book,
        files=account,
        rejected=rejected(faults),
        duplicates=duplicates,
        tables={n: tables[n].height for n in (*STATIC, *HISTORY, *MONTHLY) if n in tables},
        incomplete=int(loans["incomplete"].sum()) if loans is not None else 0,
        without_ceiling=0,
        over_ceiling=int(loans["over_ceiling"].sum()) if loans is not None else 0,
        notes=staged.notes,
    )


def _not_opened(set_aside: pl.DataFrame) -> list[str]:
    """Loans that are in the book but could not be brought to its last day, for people to read."""
    if set_aside.is_empty():
        return []
    first = set_aside.row(0, named=True)
    return [
        f"{set_aside.height} loans could not be brought to the last day and wait as set aside; "
        f"the first: loan {first['loan']}: {first['reason']}"
    ]


def _write_account(said: Intake) -> None:
    """The account beside the book: every fault, every duplicate, and the figures."""
    with file_aside(said.book.path / "rejected.parquet") as aside:
        said.rejected.write_parquet(aside)
    with file_aside(said.book.path / "duplicates.parquet") as aside:
        said.duplicates.write_parquet(aside)
    figures = {
        "files": said.files.to_dicts(),
        "tables": said.tables,
        "incomplete": said.incomplete,
        "without_ceiling": said.without_ceiling,
        "over_ceiling": said.over_ceiling,
        "notes": said.notes,
        "reasons": dict(said.rejected["code"].value_counts(sort=True).sort("code").rows()),
    }
    with file_aside(said.book.path / "intake.json") as aside:
        text = json.dumps(figures, ensure_ascii=False, indent=2, sort_keys=True)
        aside.write_text(text + "\n", encoding="utf-8")
    for language in ("en", "zh"):
        with file_aside(said.book.path / f"intake.{language}.txt") as aside:
            aside.write_text(account_in_words(said, language), encoding="utf-8")
