"""The union of forbidden spans, and the gaps it leaves: sort, running maximum, gaps. No scanning."""

from __future__ import annotations

import polars as pl


def gaps(forbidden: pl.DataFrame, bounds: pl.DataFrame) -> pl.DataFrame:
    """Which spans inside each key's bounds does none of its forbidden spans cover?

    ``forbidden`` has ``key``, ``begin``, ``until`` (whole numbers, until not included, any order,
    overlapping or not); ``bounds`` one row a key: ``key``, ``low``, ``high``. The answer has
    ``key``, ``begin``, ``until``, in order, none empty.

    >>> spans = pl.DataFrame({"key": [1, 1, 1], "begin": [5, 0, 6], "until": [7, 2, 8]})
    >>> gaps(spans, pl.DataFrame({"key": [1], "low": [1], "high": [10]})).rows()
    [(1, 2, 5), (1, 8, 10)]
    """
    # the bound itself closes the list: a forbidden span that begins where the horizon ends
    ends = bounds.select("key", begin=pl.col("high"), until=pl.col("high"))
    covered = (
        pl.concat([forbidden.select("key", "begin", "until"), ends])
        .join(bounds, on="key")
        .filter(pl.col("until") >= pl.col("low"), pl.col("begin") <= pl.col("high"))
        .sort("key", "begin", "until")
    )
    reached = pl.col("until").cum_max().shift(1).over("key")
    return (
        covered.select(
            "key",
            begin=pl.max_horizontal(reached, "low"),
            until=pl.min_horizontal("begin", "high"),
        )
        .filter(pl.col("begin") < pl.col("until"))
        .sort("key", "begin")
    )
