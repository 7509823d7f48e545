"""All parts meet once: capacity and numbers are global, everything else is a part's own affair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from forbear.night.capacity import GRANT, grant, in_order

GRANTED = pl.Schema({**GRANT, "place": pl.UInt32()})
"""``GRANT`` with each granted person's place in the queue of the whole book, 1 is first."""


def meet(asking: Sequence[pl.DataFrame], capacity: Mapping[str, int]) -> list[pl.DataFrame]:
    """What does each part get of the day? One ``GRANTED`` frame a part, in the order of the parts.

    ``asking``: the choices of each part (``forbear.night.capacity.CHOICE``). How the book is cut
    into parts makes no difference.
    """
    everyone = pl.concat(
        [rows.with_columns(part=pl.lit(n, pl.Int32)) for n, rows in enumerate(asking)]
    )
    granted = grant(everyone.drop("part"), capacity)
    got = granted.filter(pl.col("depth").is_not_null()).select("person", "depth")
    queue = (
        in_order(everyone.join(got, on=["person", "depth"], how="semi"))
        .with_row_index("place", offset=1)
        .select("person", "place")
    )
    at = everyone.select("person", "part").unique()
    together = (
        granted.join(queue, on="person", how="left")
        .join(at, on="person", how="left")
        .sort("person")
    )
    return [
        together.filter(pl.col("part") == n).select(
            pl.col(name).cast(dtype) for name, dtype in GRANTED.items()
        )
        for n in range(len(asking))
    ]


def capacity_told(
    capacity: Mapping[str, int],
    planned: Mapping[str, int],
    asking: Sequence[pl.DataFrame],
    granted: Sequence[pl.DataFrame],
) -> dict[str, dict[str, int]]:
    """By limited channel: places, given, and refused (people whose first choice it was)."""
    full = pl.concat([rows.filter(pl.col("refused") == "capacity") for rows in granted])
    first = (
        pl.concat(asking)
        .join(full.select("person"), on="person", how="semi")
        .sort("person", "depth")
        .unique("person", keep="first", maintain_order=True)
    )
    refused = {str(c): int(n) for c, n in first.group_by("channel").len().iter_rows()}
    return {
        channel: {
            "places": places,
            "given": planned.get(channel, 0),
            "refused": refused.get(channel, 0),
        }
        for channel, places in sorted(capacity.items())
    }
