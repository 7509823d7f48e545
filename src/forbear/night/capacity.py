"""When a day is full: who is served first, and where do the others go?

People have one common order (the rank of the policy; ties: the gentler step, the longest untouched,
the lower key), every person has their lawful choices in order of preference, and some ways out have
a number of places a day. Everyone asks for their first choice; a full channel keeps the best of
those who ask and sends the rest to their next choice, until nobody is sent on. With one order for
all this is deferred acceptance, and its result is what serving people one by one would give
(Gale and Shapley 1962; Roth and Sotomayor 1990, ch. 5): nobody loses a place to someone ranked
lower, and no place stays empty that someone who was refused it could have had.

A telephone number that stands by several people is called at most once a day: the best-ranked of
them has it, the others lose the choices that need it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

Whole = npt.NDArray[np.int64]

CHOICE = pl.Schema(
    {
        "person": pl.Int64(),
        "depth": pl.Int16(),
        "channel": pl.String(),
        "rank": pl.Int64(),
        "severity": pl.Int16(),
        "untouched_since": pl.Datetime("us", "UTC"),
        "number": pl.Int64(),
    }
)
"""One lawful choice of one person. ``depth`` 0 is the wish, 1 its ``else`` and so on; ``severity``
grows with harshness; ``untouched_since`` is the last touch (null: never touched); ``number`` the
number it would use (null: none)."""

GRANT = pl.Schema({"person": pl.Int64, "depth": pl.Int16, "refused": pl.String})
"""One person: the choice they got (null: none) and, where they did not get their first lawful
choice, what refused it: ``capacity`` or ``number_shared``."""


def in_order(choices: pl.DataFrame) -> pl.DataFrame:
    """In which order are these choices served? Rank, then gentler, longest untouched, key.

    >>> rows = {"person": [1, 2, 3], "depth": 0, "channel": "call", "rank": [5, 9, 5],
    ...         "severity": [3, 3, 1], "untouched_since": None, "number": None}
    >>> in_order(pl.DataFrame(rows, schema=CHOICE))["person"].to_list()
    [2, 3, 1]
    """
    return choices.sort(
        ["rank", "severity", "untouched_since", "person", "depth"],
        descending=[True, False, False, False, False],
        nulls_last=[True, True, False, True, True],
    )


def grant(choices: pl.DataFrame, capacity: Mapping[str, int]) -> pl.DataFrame:
    """Which of their lawful choices does each person get today?

    ``choices`` has the columns of ``CHOICE``; ``capacity`` names the channels that have a number of
    places a day (0 closes a channel; a channel not named has no limit). Returns ``GRANT``, one row
    for every person in ``choices``, by person.

    >>> rows = {"person": [1, 1, 2, 2], "depth": [0, 1, 0, 1],
    ...         "channel": ["call", "sms", "call", "sms"], "rank": [5, 5, 9, 9], "severity": 1,
    ...         "untouched_since": None, "number": None}
    >>> grant(pl.DataFrame(rows, schema=CHOICE), {"call": 1}).rows()
    [(1, 1, 'capacity'), (2, 0, None)]
    """
    everyone = choices.group_by("person").agg(pl.col("depth").min().alias("wished"))
    free, crowded = _numbers(choices)
    limits = {name: places for name, places in capacity.items() if places >= 0}
    contested = free.filter(pl.col("channel").is_in(sorted(limits)))
    in_contest = free.filter(pl.col("person").is_in(contested["person"].unique().implode()))
    settled = _deferred(in_contest, limits) if in_contest.height else None
    first = free.group_by("person").agg(pl.col("depth").min().alias("first"))
    given = everyone.join(first, on="person", how="left")
    if settled is None:
        given = given.with_columns(pl.col("first").alias("depth"))
    else:
        given = given.join(settled, on="person", how="left").with_columns(
            pl.when(pl.col("contested").is_null()).then("first").otherwise("depth").alias("depth")
        )
    return (
        given.join(crowded, on="person", how="left")
        .with_columns(
            pl.when(pl.col("first").is_not_null() & pl.col("depth").ne_missing(pl.col("first")))
            .then(pl.lit("capacity"))
            .when(pl.col("crowded") & pl.col("depth").ne_missing(pl.col("wished")))
            .then(pl.lit("number_shared"))
            .alias("refused")
        )
        .select(pl.col(name).cast(dtype) for name, dtype in GRANT.items())
        .sort("person")
    )


def _numbers(choices: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The choices left when every number belongs to one person, and who lost one (``crowded``)."""
    with_number = choices.filter(pl.col("number").is_not_null())
    shared = (
        with_number.group_by("number")
        .agg(pl.col("person").n_unique().alias("people"))
        .filter(pl.col("people") > 1)["number"]
    )
    nobody = pl.DataFrame(schema={"person": pl.Int64, "crowded": pl.Boolean})
    if shared.is_empty():
        return choices, nobody
    owners = (
        in_order(with_number.filter(pl.col("number").is_in(shared.implode())))
        .group_by("number", maintain_order=True)
        .agg(pl.col("person").first().alias("owner"))
    )
    marked = choices.join(owners, on="number", how="left", maintain_order="left")
    lost = pl.col("owner").is_not_null() & (pl.col("owner") != pl.col("person"))
    crowded = marked.filter(lost).select("person", crowded=pl.lit(True)).unique("person")
    return marked.filter(~lost.fill_null(False)).drop("owner"), crowded


def _deferred(choices: pl.DataFrame, limits: Mapping[str, int]) -> pl.DataFrame:
    """Deferred acceptance among people of whom at least one choice is on a limited channel."""
    served = in_order(choices).with_row_index("served")
    rows = served.sort("person", "depth")
    channels = sorted(limits)
    code = {name: place for place, name in enumerate(channels)}
    channel = rows["channel"].replace_strict(code, default=-1, return_dtype=pl.Int64).to_numpy()
    order = rows["served"].cast(pl.Int64).to_numpy()
    person = rows["person"].to_numpy()
    starts = np.flatnonzero(np.r_[True, person[1:] != person[:-1]])
    ends = np.r_[starts[1:], person.size]
    at = _settle(channel, order, starts, ends, [limits[name] for name in channels])
    got = at < ends
    depth = rows["depth"].to_numpy()
    return pl.DataFrame(
        {
            "person": person[starts],
            "depth": pl.Series(np.where(got, depth[np.minimum(at, ends - 1)], -1), dtype=pl.Int16),
            "contested": True,
        }
    ).with_columns(pl.when(pl.col("depth") >= 0).then("depth").alias("depth"))


def _settle(channel: Whole, order: Whole, starts: Whole, ends: Whole, places: list[int]) -> Whole:
    """Where each person's pointer into their choices rests once nobody is sent on."""
    at = starts.copy()
    moved = True
    while moved:
        moved = False
        for code, most in enumerate(places):
            asking = np.flatnonzero((at < ends) & (channel[np.minimum(at, ends - 1)] == code))
            if asking.size <= most:
                continue
            best_first = asking[np.argsort(order[at[asking]], kind="stable")]
            at[best_first[most:]] += 1
            moved = True
    return at
