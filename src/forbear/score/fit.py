"""How are the tables of a score filled from a book's own past?

Shares with shrinkage: a cell is (happened + weight × parent) ÷ (rows + weight), the parent being the
same cell without the last fact, down to one share of everything. In whole numbers, so the same book
gives the same file. The check is out of time: tables from the earlier spells foretell the later ones.

What the past was treated to is in it: a book whose people were called has no pure self-cure. The share
fitted here is *paid within 30 days under the treatment of that time*, an upper bound of self-cure; only
a standing group that nobody contacts measures the thing itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from forbear.book.layout import Book
from forbear.errors import BookError
from forbear.facts.history import CONNECTED
from forbear.score.spells import looks, spells
from forbear.score.tables import ONE, Bands, Scores, ShareTable, Whole, default

DAYS = (0, 1, 4, 8, 16, 31, 61, 91, 181)
TIMES = (0, 2, 4)
BUCKETS = (0, 1, 31, 61, 91)

CELL_WEIGHT = 60
"""A cell with so many looks counts as much as its parent."""

PERSON_WEIGHT, HOUR_WEIGHT = 5, 40
"""Calls of one person after which their own answers count as much as the table; calls in one hour."""

EARLIER = 700_000
"""Share of looks, by the begin of their spell, on which the check's tables are fitted."""


def fit(book: Book, *, name: str = "") -> Scores:
    """Which scores does this book's past give? A pure function of the book.

    Raises BookError for a book without a single look at arrears whose thirty days are over.
    """
    seen = pl.concat([looks(book, part) for part in range(book.files)]).sort("day", "loan")
    if seen.is_empty():
        raise BookError(
            "no loan was ever in arrears long enough ago to see what came of it",
            where=str(book.path),
            remedy="use the default scores, or a book with a longer history",
        )
    edges = _balance_edges(seen)
    reach, hours, calls = _reach(book)
    return Scores(
        name=name or f"fitted on {book.path.name}",
        self_cure=_cure_table(seen, edges),
        pay_30d=_pay_table(seen),
        reach=reach,
        hours=hours,
        person_weight=PERSON_WEIGHT,
        hour_weight=HOUR_WEIGHT,
        made_from={
            "as_of": book.as_of.isoformat(),
            "looks": len(seen),
            "spells": seen.select("loan", "began_on").unique().height,
            "calls": calls,
            "currency": book.manifest.currency,
            "source": dict(sorted(book.manifest.source.items())),
        },
        check=out_of_time(seen, edges),
    )


def share_table(
    by: Sequence[Bands], values: Mapping[str, Whole], happened: Whole, first: ShareTable
) -> ShareTable:
    """Shares by these bands, each leaning on its parent; the first fact alone leans on ``first``.

    ``values``: one whole-number array a fact; ``happened``: 1 or 0 a row.
    """
    parent = first
    table = first
    for depth in range(1, len(by) + 1):
        bands = tuple(by[:depth])
        size = int(np.prod([len(each.edges) for each in bands]))
        blank = ShareTable(bands, (0,) * size, (0,) * size)
        place = blank.place(values)
        rows = np.bincount(place, minlength=size).astype(np.int64)
        yes = np.bincount(place[happened == 1], minlength=size).astype(np.int64)
        leans = _parent_shares(bands, parent)
        cells = (yes * ONE + CELL_WEIGHT * leans) // (rows + CELL_WEIGHT)
        table = ShareTable(bands, tuple(cells.tolist()), tuple(rows.tolist()))
        parent = table
    return table


def _parent_shares(bands: tuple[Bands, ...], parent: ShareTable) -> Whole:
    """For every cell over these bands, what its parent says."""
    edges = [np.array(each.edges, dtype=np.int64) for each in bands]
    grid = np.meshgrid(*edges, indexing="ij")
    values = {each.fact: axis.ravel() for each, axis in zip(bands, grid, strict=True)}
    return parent.look_up(
        {fact: values.get(fact, np.ones_like(grid[0].ravel())) for fact in parent.facts}
    )


def out_of_time(seen: pl.DataFrame, edges: tuple[int, ...]) -> list[dict[str, Any]]:
    """What did tables from the earlier spells foretell of the later ones, and what came?

    One row a band of days past due and one for all: ``rows``, ``foretold`` and ``came`` (millionths),
    and ``apart`` (the difference). Empty when there is too little past to part.
    """
    began = seen["began_on"].sort()
    cut: date = began[len(began) * EARLIER // ONE]
    earlier, later = seen.filter(pl.col("began_on") < cut), seen.filter(pl.col("began_on") >= cut)
    if earlier.is_empty() or later.is_empty():
        return []
    # A look whose thirty days reach past the cut would tell the earlier part what the later one holds.
    earlier = earlier.filter(pl.col("day").dt.offset_by("30d") <= cut)
    table = _cure_table(earlier, edges)
    values = _values(later)
    foretold = table.look_up(values)
    came = later["cured"].cast(pl.Int64).to_numpy()
    bands = Bands("days_past_due", DAYS)
    place = bands.places(values["days_past_due"])
    rows = [_check_row("all", foretold, came, cut)]
    for band, word in enumerate(bands.words()):
        here = place == band
        if here.any():
            rows.append(_check_row(word, foretold[here], came[here], cut))
    return rows


def _check_row(word: str, foretold: Whole, came: Whole, cut: date) -> dict[str, Any]:
    said, happened = int(foretold.sum()) // len(came), int(came.sum()) * ONE // len(came)
    return {
        "days_past_due": word,
        "from": cut.isoformat(),
        "rows": len(came),
        "foretold": said,
        "came": happened,
        "apart": said - happened,
    }


def _values(seen: pl.DataFrame) -> dict[str, Whole]:
    names = ("days_past_due", "times_late", "balance", "amount_due")
    return {name: seen[name].cast(pl.Int64).to_numpy() for name in names}


def _cure_table(seen: pl.DataFrame, edges: tuple[int, ...]) -> ShareTable:
    by = (Bands("days_past_due", DAYS), Bands("times_late", TIMES), Bands("balance", edges))
    happened = seen["cured"].cast(pl.Int64).to_numpy()
    return share_table(by, _values(seen), happened, default().self_cure)


def _pay_table(seen: pl.DataFrame) -> ShareTable:
    by = (Bands("days_past_due", DAYS), Bands("times_late", TIMES))
    happened = seen["paid"].cast(pl.Int64).to_numpy()
    return share_table(by, _values(seen), happened, default().pay_30d)


def _balance_edges(seen: pl.DataFrame) -> tuple[int, ...]:
    """Three bands of balance: the thirds of this book, rounded to two digits for a reader."""
    found = [0]
    sizes = seen["balance"].sort()
    for third in (1, 2):
        size = int(sizes[len(sizes) * third // 3])
        unit = 10 ** max(len(str(size)) - 2, 0)
        if size // unit * unit > found[-1]:
            found.append(size // unit * unit)
    return tuple(found)


def _reach(book: Book) -> tuple[ShareTable, tuple[int, ...], int]:
    """How often are calls answered, by bucket, and at which hours? Also: how many calls there were."""
    calls = pl.concat([_calls(book, part) for part in range(book.files)])
    values = {"days_past_due": calls["days_past_due"].to_numpy()}
    answered = calls["answered"].cast(pl.Int64).to_numpy()
    by = (Bands("days_past_due", BUCKETS),)
    table = share_table(by, values, answered, default().reach)
    expected = table.look_up(values)
    hour = calls["hour"].cast(pl.Int64).to_numpy()
    hours = []
    for each, prior in enumerate(default().hours):
        here = hour == each
        # So many calls' worth of answers are taken as the default says, before any are counted.
        lean = HOUR_WEIGHT * int(np.mean(table.cells))
        came = int(answered[here].sum()) * ONE + lean * prior // ONE
        hours.append(came * ONE // max(int(expected[here].sum()) + lean, 1))
    return table, tuple(hours), len(calls)


def _calls(book: Book, part: int) -> pl.DataFrame:
    """Every outbound call on record: days past due of the person then, local hour, answered or not."""
    zones = book.scan("people", part).select("person", "zone").collect()
    log = (
        book.scan("contacts", part)
        .filter((pl.col("direction") == "out") & pl.col("channel").is_in(["call", "ai_call"]))
        .select("person", "at", "contact", "outcome")
        .collect()
        .join(zones, on="person", how="left")
        .with_columns(pl.col("zone").fill_null(book.manifest.zone))
    )
    local = pl.concat(
        [
            rows.with_columns(
                local=pl.col("at").dt.convert_time_zone(str(where)).dt.replace_time_zone(None)
            )
            for (where,), rows in sorted(log.group_by("zone"), key=lambda each: str(each[0]))
        ]
        or [log.with_columns(local=pl.col("at").dt.replace_time_zone(None))]
    ).with_columns(day=pl.col("local").dt.date(), hour=pl.col("local").dt.hour())
    owing = spells(book, part).select("person", "due_on", "clear_on")
    late = (
        local.select("person", "contact", "day")
        .join(owing, on="person")
        .filter((pl.col("due_on") < pl.col("day")) & (pl.col("day") <= pl.col("clear_on")))
        .group_by("person", "contact")
        .agg(days_past_due=(pl.col("day") - pl.col("due_on").min()).dt.total_days().first())
    )
    return (
        local.join(late, on=["person", "contact"], how="left")
        .sort("person", "contact")
        .select(
            pl.col("days_past_due").fill_null(0).cast(pl.Int64),
            "hour",
            answered=pl.col("outcome").is_in(CONNECTED),
        )
    )
