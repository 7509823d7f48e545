"""The minute a contact begins: inside a lawful span, near the hour asked for, evenly spread."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.night.slots import place

DAY = date(2026, 11, 21)
MIDNIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)  # in Shanghai


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


HOUSE_DAY = [(9, 12), (14, 20)]


def wish(
    person: int, spans: list[tuple[float, float]], hour: str | None = None, best: int | None = None
) -> dict[str, object]:
    return {
        "person": person,
        "zone": "Asia/Shanghai",
        "hour": hour,
        "best_hour": best,
        "spans": [{"from_at": at(a), "until_at": at(b)} for a, b in spans],
    }


def frame(*wishes: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(
        list(wishes),
        schema_overrides={"hour": pl.String, "best_hour": pl.Int8},
        infer_schema_length=None,
    )


def hours(placed: pl.DataFrame) -> list[float]:
    return [
        (slot - MIDNIGHT).total_seconds() / 3600 for slot in placed["slot_at"].to_list() if slot
    ]


def test_the_best_hour_is_kept_where_the_law_leaves_it_open() -> None:
    (hour,) = hours(place(frame(wish(1, HOUSE_DAY, "best_hour", 18)), DAY))
    assert 18 <= hour < 19


def test_noon_is_closed_so_the_nearest_open_hour_is_taken() -> None:
    placed = place(frame(*[wish(n, HOUSE_DAY, "best_hour", 12) for n in range(50)]), DAY)
    assert all(11 <= hour < 12 for hour in hours(placed))


def test_other_hours_means_the_other_half_of_the_day() -> None:
    placed = place(
        frame(
            wish(1, HOUSE_DAY, "other_hours", 10),
            wish(2, HOUSE_DAY, "other_hours", 19),
        ),
        DAY,
    )
    evening, morning = hours(placed)
    assert evening >= 17
    assert morning < 12


def test_someone_who_works_nights_is_called_at_night() -> None:
    (hour,) = hours(place(frame(wish(1, [(23, 23.9)], "best_hour", 10)), DAY))
    assert 23 <= hour < 23.9


def test_a_thousand_messages_are_spread_over_all_open_hours() -> None:
    placed = place(frame(*[wish(n, HOUSE_DAY) for n in range(1000)]), DAY)
    per_hour = pl.Series(hours(placed)).cast(pl.Int32).value_counts().sort("")
    assert per_hour[""].to_list() == [9, 10, 11, 14, 15, 16, 17, 18, 19]
    assert per_hour["count"].min() > 70
    assert per_hour["count"].max() < 150


def test_no_span_means_no_slot() -> None:
    placed = place(frame(wish(1, []), wish(2, [(9, 9.001)]), wish(3, HOUSE_DAY)), DAY)
    assert placed["slot_at"].is_null().to_list() == [True, True, False]
    assert placed["person"].to_list() == [1, 2, 3]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**12),
            st.sampled_from([None, "best_hour", "other_hours"]),
            st.integers(0, 23),
            st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 300)), max_size=4),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=100, deadline=None)
def test_a_slot_always_lies_inside_its_lawful_span(rows: list) -> None:
    wishes = [
        wish(person, [(a / 60, (a + length) / 60) for a, length in spans], hour, best)
        for person, hour, best, spans in rows
    ]
    placed = place(frame(*wishes), DAY)
    assert placed["slot_at"].is_not_null().to_list() == [bool(spans) for *_, spans in rows]
    inside = placed.filter(pl.col("slot_at").is_not_null()).select(
        (pl.col("lawful_from") <= pl.col("slot_at")) & (pl.col("slot_at") < pl.col("lawful_until"))
    )
    assert inside.to_series().all()
