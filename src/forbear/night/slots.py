"""At what time of the day is a planned contact begun?

Inside the lawful spans the gate gave, near the hour the step asks for, and spread so that a
thousand messages do not leave in the same minute. The spread is a fixed function of person and day:
no chance is drawn, and the same night gives the same minutes.

- no hour asked for: anywhere in the lawful spans, evenly;
- ``best_hour``: in the hour the person is most likely to answer, or as near to it as the law allows;
- ``other_hours``: in the other half of the day than that.

An agreement about hours (someone who works nights) needs nothing here: the gate's spans say it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import numpy as np
import polars as pl

from forbear.dates import zone

MORNING, EVENING = (9, 10, 11), (17, 18, 19)
"""Hours tried when the other half of the day is asked for."""

_SPAN = pl.List(
    pl.Struct({"from_at": pl.Datetime("us", "UTC"), "until_at": pl.Datetime("us", "UTC")})
)
_MINUTE = 60_000_000


def spread(person: pl.Series, day: date) -> pl.Series:
    """Which even, fixed number in 0 … 2³²−1 stands for this person on this day? (splitmix64)

    >>> spread(pl.Series([1, 2, 1]), date(2026, 11, 21)).to_list()
    [2246857244, 555033008, 2246857244]
    """
    seed = np.uint64((day.toordinal() * 0x9E3779B97F4A7C15) % 2**64)
    state = person.to_numpy().astype(np.uint64) * np.uint64(0xD1342543DE82EF95) + seed
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state = state ^ (state >> np.uint64(31))
    return pl.Series("spread", (state >> np.uint64(32)).astype(np.int64))


def hours_of(day: date, zones: list[str]) -> pl.DataFrame:
    """At which UTC instant does each hour of this local day begin in each zone?

    >>> hours_of(date(2026, 11, 21), ["Asia/Shanghai"])["hour_at"][9].isoformat()
    '2026-11-21T01:00:00+00:00'
    """
    rows = [
        (name, hour, datetime.combine(day, time(hour), zone(name)).astimezone(UTC))
        for name in sorted(set(zones))
        for hour in range(24)
    ]
    return pl.DataFrame(
        rows,
        schema={"zone": pl.String, "hour": pl.Int8, "hour_at": pl.Datetime("us", "UTC")},
        orient="row",
    )


def place(planned: pl.DataFrame, day: date, *, spans: str = "spans") -> pl.DataFrame:
    """When does each of these contacts begin, and in which lawful span?

    ``planned`` has ``person``, ``zone``, ``hour`` (null, ``best_hour`` or ``other_hours``),
    ``best_hour`` (0–23 or null) and the list column ``spans`` of structs ``from_at``, ``until_at``,
    both ends instants; a span without a whole minute is not used. Adds ``slot_at``,
    ``lawful_from`` and ``lawful_until`` (null where no span is left).

    >>> from datetime import timedelta
    >>> nine = datetime(2026, 11, 21, 1, tzinfo=UTC)  # 09:00 in Shanghai
    >>> row = pl.DataFrame({"person": [7], "zone": ["Asia/Shanghai"], "hour": ["best_hour"],
    ...     "best_hour": [19], "spans": [[{"from_at": nine, "until_at": nine + timedelta(hours=3)},
    ...     {"from_at": nine + timedelta(hours=5), "until_at": nine + timedelta(hours=11)}]]})
    >>> place(row, date(2026, 11, 21))["slot_at"].dt.convert_time_zone("Asia/Shanghai").dt.hour()[0]
    19
    """
    numbered = planned.with_row_index("row_in_plan").with_columns(
        spread(planned["person"], day), pl.col(spans).cast(_SPAN).alias(spans)
    )
    wanted = _wanted_hour(numbered, day)
    long = (
        wanted.select("row_in_plan", "spread", "hour_at", spans)
        .explode(spans, empty_as_null=False)
        .unnest(spans)
        .with_columns(
            minutes=(pl.col("until_at") - pl.col("from_at")).dt.total_microseconds() // _MINUTE
        )
        .filter(pl.col("minutes") > 0)
    )
    chosen = pl.concat(
        [
            _anywhere(long.filter(pl.col("hour_at").is_null())),
            _near(long.filter(pl.col("hour_at").is_not_null())),
        ]
    )
    return numbered.join(chosen, on="row_in_plan", how="left", maintain_order="left").drop(
        "row_in_plan", "spread"
    )


def _wanted_hour(numbered: pl.DataFrame, day: date) -> pl.DataFrame:
    """The instant at which the hour asked for begins; null: any hour."""
    pick = (pl.col("spread") % 3).cast(pl.Int64)
    other = pl.when(pl.col("best_hour") < 13).then(EVENING[0] + pick).otherwise(MORNING[0] + pick)
    hour = (
        pl.when(pl.col("hour") == "best_hour")
        .then(pl.col("best_hour").cast(pl.Int64))
        .when(pl.col("hour") == "other_hours")
        .then(other)
        .cast(pl.Int8)
    )
    known = numbered["zone"].drop_nulls().unique().to_list()
    return (
        numbered.with_columns(hour.alias("wanted_hour"))
        .join(
            hours_of(day, known),
            left_on=["zone", "wanted_hour"],
            right_on=["zone", "hour"],
            how="left",
            maintain_order="left",
        )
        .drop("wanted_hour")
    )


def _minutes_on(instant: pl.Expr, minutes: pl.Expr) -> pl.Expr:
    return instant + pl.duration(minutes=minutes)


_OUT = ("row_in_plan", "slot_at", "lawful_from", "lawful_until")


def _anywhere(long: pl.DataFrame) -> pl.DataFrame:
    """Evenly over all lawful minutes of the day."""
    before = pl.col("minutes").cum_sum().over("row_in_plan") - pl.col("minutes")
    total = pl.col("minutes").sum().over("row_in_plan")
    return (
        long.sort("row_in_plan", "from_at")
        .with_columns(into=pl.col("spread") % total - before)
        .filter((pl.col("into") >= 0) & (pl.col("into") < pl.col("minutes")))
        .with_columns(
            slot_at=_minutes_on(pl.col("from_at"), pl.col("into")),
            lawful_from="from_at",
            lawful_until="until_at",
        )
        .select(_OUT)
    )


def _near(long: pl.DataFrame) -> pl.DataFrame:
    """In the hour asked for; where no span touches it, in the nearest hour of the nearest span."""
    opens, closes, asked = pl.col("from_at"), pl.col("until_at"), pl.col("hour_at")
    hour = pl.duration(hours=1)
    begin = pl.min_horizontal(pl.max_horizontal(opens, asked), closes - hour)
    distance = (begin - asked).dt.total_microseconds().abs()
    return (
        long.with_columns(distance=distance, begin=pl.max_horizontal(begin, opens))
        .sort("row_in_plan", "distance", "from_at")
        .unique("row_in_plan", keep="first", maintain_order=True)
        .with_columns(
            room=pl.min_horizontal(
                pl.lit(60),
                (closes - pl.col("begin")).dt.total_microseconds() // _MINUTE,
            )
        )
        .with_columns(
            slot_at=_minutes_on(pl.col("begin"), pl.col("spread") % pl.col("room")),
            lawful_from="from_at",
            lawful_until="until_at",
        )
        .select(_OUT)
    )
