"""Which whole-number key does each identifier get, and who is bound to whom?"""

from __future__ import annotations

import polars as pl


def number_refs(refs: pl.Series, key: str, *, start: int = 1) -> pl.DataFrame:
    """Which key does each identifier get? 1, 2, … in order of first appearance.

    Returns ``ref`` and ``key`` (named by the argument), one row an identifier.

    >>> number_refs(pl.Series(["b", "a", "b"]), "person").rows()
    [('b', 1), ('a', 2)]
    """
    distinct = refs.drop_nulls().unique(maintain_order=True).alias("ref")
    keys = pl.int_range(start, start + len(distinct), dtype=pl.Int64, eager=True).alias(key)
    return pl.DataFrame([distinct.cast(pl.String), keys])


def party_groups(parties: pl.DataFrame) -> pl.DataFrame:
    """Who is bound to whom by shared loans, directly or through others?

    ``parties`` has ``person`` and ``loan`` (keys). Returns ``person`` and ``group``, the least person
    key of the connected component. Each round every person takes the least group over all loans and
    then that group's own group, so long chains halve every round.

    >>> chain = pl.DataFrame({"person": [1, 2, 2, 3, 9], "loan": [1, 1, 2, 2, 3]})
    >>> party_groups(chain).rows()
    [(1, 1), (2, 1), (3, 1), (9, 9)]
    """
    pairs = parties.select("person", "loan").unique()
    groups = pairs.select("person").unique().sort("person").with_columns(group="person")
    shared = pairs.filter(pl.len().over("loan") > 1)
    if shared.is_empty():
        return groups
    while True:
        least = (
            shared.join(groups, on="person")
            .with_columns(pl.col("group").min().over("loan"))
            .group_by("person")
            .agg(seen=pl.col("group").min())
        )
        # The group found so far belongs itself to a group: take that one (pointer jumping).
        nearer = groups.join(least, on="person", how="left", maintain_order="left").select(
            "person", group=pl.min_horizontal("group", "seen")
        )
        own = nearer.select(group="person", further="group")
        after = nearer.join(own, on="group", how="left", maintain_order="left").select(
            "person", group=pl.min_horizontal("group", "further")
        )
        if after["group"].equals(groups["group"]):
            return after
        groups = after
