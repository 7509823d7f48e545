"""Which moments are left? Lawful spans of the day judged and the first lawful moment ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from forbear.law import masks
from forbear.law.hours import Shape, forbidden
from forbear.law.kinds import Hours
from forbear.law.rulebook import InForce
from forbear.law.spans import gaps

SPAN = pl.Struct({"from_at": pl.Datetime("us", "UTC"), "until_at": pl.Datetime("us", "UTC")})

_SHAPE = ["_places", "_agreed", "_clause", "_duration", "_delay", "_day", "_h1"]
_INTERVAL = {"key": pl.Int64, "bit": pl.Int64, "begin": pl.Int64, "until": pl.Int64}


@dataclass(frozen=True, slots=True)
class Layout:
    """The hours of every shape laid on the calendar."""

    intervals: pl.DataFrame
    """``key`` (the shape), ``bit``, ``begin``, ``until``: what each rule forbids."""
    free: pl.DataFrame
    """``key``, ``begin``, ``until``: what no blocking rule about hours forbids in the horizon."""


def shape_words(hours: Sequence[InForce]) -> list[pl.Expr]:
    """The columns on which forbidden hours depend; what no rule in force looks at is left out."""
    kinds = [each.value.parameters for each in hours if isinstance(each.value.parameters, Hours)]
    agreed = any(kind.agreement != "none" for kind in kinds)
    clause = any(kind.agreement == "person_or_contract" for kind in kinds)
    nothing = pl.lit("")
    zero = pl.lit(0, dtype=pl.Int64)
    start = pl.col("asked_at").dt.timestamp("us")
    delay = (pl.col("delivery_at").dt.timestamp("us") - start).fill_null(0)
    duration = pl.col("duration_s").cast(pl.Int64).fill_null(0) * 1_000_000
    return [
        pl.col("zones").list.join(",").fill_null(pl.col("_zone")).alias("_places"),
        (pl.col("agreed_hours").fill_null("") if agreed else nothing).alias("_agreed"),
        (pl.col("agreed_hours_clause").fill_null("") if clause else nothing).alias("_clause"),
        (duration if any("end" in kind.judged for kind in kinds) else zero).alias("_duration"),
        (delay if any("delivery" in kind.judged for kind in kinds) else zero).alias("_delay"),
    ]


def lay_out(
    frame: pl.DataFrame, hours: Sequence[InForce], words: int, horizon_days: int
) -> tuple[pl.DataFrame, Layout]:
    """Give every wish its shape (``_shape``) and lay each shape's hours on the calendar, once.

    The rules about hours that apply to a wish stand in its mask ``_hours``, of so many ``words``.
    """
    looked_at = [*masks.columns("_hours", words), *_SHAPE]
    shapes = frame.select(*looked_at, "_d0").unique(looked_at, maintain_order=True)
    shapes = shapes.with_columns(_shape=pl.int_range(pl.len(), dtype=pl.Int64))
    rows = [
        row
        for shape in shapes.iter_rows(named=True)
        for row in _intervals(shape, hours, horizon_days)
    ]
    intervals = pl.DataFrame(rows, orient="row", schema=_INTERVAL)
    blocking = [each.bit for each in hours if each.rule.verdict == "block"]
    free = gaps(
        intervals.filter(pl.col("bit").is_in(blocking)),
        shapes.select(key="_shape", low="_d0", high="_h1"),
    )
    if shapes.height == 1:
        return frame.with_columns(_shape=pl.lit(0, dtype=pl.Int64)), Layout(intervals, free)
    named = frame.join(shapes.drop("_d0"), on=looked_at, how="left", maintain_order="left")
    return named, Layout(intervals, free)


def _intervals(
    shape: dict[str, Any], hours: Sequence[InForce], horizon_days: int
) -> list[tuple[int, int, int, int]]:
    """What each rule about hours forbids one shape."""
    day: date = shape["_day"]
    made = Shape(
        tuple(shape["_places"].split(",")), shape["_agreed"], shape["_clause"],
        shape["_duration"], shape["_delay"],
    )  # fmt: skip
    found = []
    applying = masks.whole(shape, "_hours")
    for each in hours:
        if applying & each.mask and isinstance(each.value.parameters, Hours):
            for begin, until in forbidden(each.value.parameters, made, day, horizon_days):
                found.append((shape["_shape"], each.bit, begin, until))
    return found


def lawful_moments(frame: pl.DataFrame, layout: Layout, later: pl.DataFrame) -> pl.DataFrame:
    """Add ``spans`` (lawful, of what is left of the day) and ``not_before`` to every wish.

    ``later`` has the forbidden spans (``wish``, ``begin``, ``until``) that begin after the moment.
    """
    pairs = frame.select("_shape", "_low", "_d1", "_h1").unique(["_shape", "_low"])
    first = _first_moment(pairs, layout)
    spans = _spans(pairs, layout)
    if pairs.height == 1:
        answer = frame.with_columns(
            not_before=pl.lit(first["not_before"].item(0), dtype=pl.Datetime("us", "UTC")),
            spans=pl.lit(spans["spans"].to_list()[0] if spans.height else [], dtype=pl.List(SPAN)),
        )
    else:
        known = first.join(spans, on=["_shape", "_low"], how="left").with_columns(
            pl.col("spans").fill_null(pl.lit([], dtype=pl.List(SPAN)))
        )
        answer = frame.join(
            known.select("_shape", "_low", "spans", "not_before"),
            on=["_shape", "_low"], how="left", maintain_order="left",
        )  # fmt: skip
    return answer if later.is_empty() else _with_later(answer, layout, later)


def _first_moment(pairs: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The first lawful moment at or after ``_low``: the first free span that ends after it."""
    free = layout.free.select("begin", end="until", _shape="key").sort("end")
    found = pairs.sort("_low").join_asof(
        free, left_on="_low", right_on="end", by="_shape", strategy="forward",
        allow_exact_matches=False, check_sortedness=False, coalesce=False,
    )  # fmt: skip
    moment = pl.max_horizontal("begin", "_low")
    ahead = pl.col("end").is_not_null() & (moment < pl.col("_h1"))
    return found.select("_shape", "_low", not_before=_instant(pl.when(ahead).then(moment)))


def _spans(pairs: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The free spans of the day from ``_low`` on, as lists; pairs with none have no row."""
    today = pairs.filter(pl.col("_low") < pl.col("_d1"))
    return (
        today.join(layout.free, left_on="_shape", right_on="key")
        .with_columns(pl.max_horizontal("begin", "_low"), pl.min_horizontal("until", "_d1"))
        .filter(pl.col("begin") < pl.col("until"))
        .sort("_shape", "_low", "begin")
        .group_by("_shape", "_low", maintain_order=True)
        .agg(spans=pl.struct(from_at=_instant(pl.col("begin")), until_at=_instant(pl.col("until"))))
    )


def _with_later(answer: pl.DataFrame, layout: Layout, later: pl.DataFrame) -> pl.DataFrame:
    """The same for wishes with a span that begins later: the general union of spans."""
    rows = answer.join(later.select("wish").unique(), on="wish", how="semi")
    hours = layout.free.rename({"key": "_shape"})
    free = (
        rows.select("_shape", key="wish").join(hours, on="_shape").select("key", "begin", "until")
    )
    extra = later.select("begin", "until", key="wish").select("key", "begin", "until")
    bounds = rows.select(key="wish", low="_low", high=pl.max_horizontal("_h1", "_low"))
    closed = gaps(free, bounds)  # what hours forbid is the complement of what they leave free
    left = gaps(pl.concat([closed, extra]), bounds)
    days = rows.select("_d1", key="wish")
    clipped = (
        left.join(days, on="key")
        .with_columns(pl.min_horizontal("until", "_d1").alias("last"))
        .sort("key", "begin")
        .group_by("key", maintain_order=True)
        .agg(
            not_before=_instant(pl.col("begin").first()),
            spans=pl.struct(
                from_at=_instant(pl.col("begin")), until_at=_instant(pl.col("last"))
            ).filter(pl.col("begin") < pl.col("last")),
        )
    )
    redone = rows.drop("spans", "not_before").join(
        clipped, left_on="wish", right_on="key", how="left"
    )
    redone = redone.with_columns(pl.col("spans").fill_null(pl.lit([], dtype=pl.List(SPAN))))
    others = answer.join(rows.select("wish"), on="wish", how="anti")
    whole = pl.concat([others, redone.select(answer.columns)])
    return answer.select("wish").join(whole, on="wish", how="left", maintain_order="left")


def hours_failed(frame: pl.DataFrame, layout: Layout, words: int) -> pl.DataFrame:
    """Add the rules about hours to ``failed``: at the moment asked, or where no minute of the day is
    left to them alone; and to ``_touched`` where they forbid any part of the day."""
    if layout.intervals.is_empty():
        return frame
    frame = _failed_at_moment(frame, layout, words)
    nights = frame.filter(~pl.col("_live")).select("_shape", "_d0", "_d1").unique("_shape")
    if nights.is_empty():
        return frame
    by_rule = layout.intervals.join(nights, left_on="key", right_on="_shape")
    pair = pl.col("key") * (words * masks.WIDTH) + pl.col("bit")
    rules = by_rule.select("key", "bit", "_d0", "_d1").unique().with_columns(pair=pair)
    left = gaps(
        by_rule.select("begin", "until", key=pair),
        rules.select(key="pair", low="_d0", high="_d1"),
    )
    touching = by_rule.filter(pl.col("begin") < pl.col("_d1"), pl.col("until") > pl.col("_d0"))
    closed = rules.join(left, left_on="pair", right_on="key", how="anti")
    found = (
        pl.concat(
            [closed.select("key", "bit", closed=True), touching.select("key", "bit", closed=False)]
        )
        .unique()
        .group_by("key")
        .agg(
            *masks.gathered("_closed", "bit", words, pl.col("closed")),
            *masks.gathered("_touching", "bit", words, ~pl.col("closed")),
        )
    )
    known = frame.join(found, left_on="_shape", right_on="key", how="left", maintain_order="left")
    night = pl.when(~pl.col("_live"))
    return known.with_columns(
        *(pl.col(failed) + night.then(closed).fill_null(0)
          for failed, closed in _pairs("failed", "_closed", words)),
        *(pl.col(touched) + pl.col(touching).fill_null(0)
          for touched, touching in _pairs("_touched", "_touching", words)),
    ).select(frame.columns)  # fmt: skip


def _pairs(one: str, other: str, words: int) -> Iterator[tuple[str, str]]:
    """The columns of two masks side by side."""
    return zip(masks.columns(one, words), masks.columns(other, words), strict=True)


def _failed_at_moment(frame: pl.DataFrame, layout: Layout, words: int) -> pl.DataFrame:
    """For wishes with a moment: which rules about hours forbid that very moment?"""
    live = frame.filter("_live").select("wish", "_shape", "_t0")
    if live.is_empty():
        return frame
    hit = (
        live.join(layout.intervals, left_on="_shape", right_on="key")
        .filter(pl.col("begin") <= pl.col("_t0"), pl.col("_t0") < pl.col("until"))
        .select("wish", "bit")
        .unique()
    )
    if hit.is_empty():
        return frame
    found = hit.group_by("wish").agg(masks.gathered("_hit", "bit", words))
    return (
        frame.join(found, on="wish", how="left", maintain_order="left")
        .with_columns(
            pl.col(failed) + pl.col(more).fill_null(0)
            for failed, more in _pairs("failed", "_hit", words)
        )
        .select(frame.columns)
    )


def _instant(micros: pl.Expr) -> pl.Expr:
    return micros.cast(pl.Datetime("us", "UTC"))
