"""How loans move between buckets: counts and money, up as well as down."""

from __future__ import annotations

from datetime import date

import polars as pl

from forbear.measure.roll_rates import add_shares, roll_rates, states


def positions(*rows: tuple[int, str, date | None, int]) -> pl.DataFrame:
    """(loan, status, due since, owed)"""
    return pl.DataFrame(
        rows,
        schema={
            "loan": pl.Int64,
            "status": pl.String,
            "due_since": pl.Date,
            "principal_due": pl.Int64,
        },
        orient="row",
    ).with_columns(
        pl.lit(0).alias(name)
        for name in ("principal_not_due", "interest_due", "fee_due", "penalty_due")
    )


MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)

BEFORE = positions(
    (1, "open", None, 100),
    (2, "open", None, 300),
    (3, "open", date(2026, 10, 17), 50),  # 30 days on Monday
    (4, "open", date(2026, 10, 17), 50),
    (5, "settled", None, 0),
)
AFTER = positions(
    (1, "open", date(2026, 11, 16), 100),  # fell into arrears
    (2, "open", None, 300),
    (3, "open", date(2026, 10, 17), 50),  # 31 days
    (4, "settled", None, 0),
    (5, "settled", None, 0),
    (6, "open", None, 900),  # new
)


def test_one_day_of_movement() -> None:
    moves = roll_rates(states(BEFORE, MONDAY), states(AFTER, TUESDAY))
    assert moves.rows() == [
        ("M0", "M0", 1, 300, 500_000, 750_000),
        ("M0", "M1", 1, 100, 500_000, 250_000),
        ("M1", "M2", 1, 50, 500_000, 500_000),
        ("M1", "settled", 1, 50, 500_000, 500_000),
        ("settled", "settled", 1, 0, 1_000_000, 0),
    ]


def test_moves_of_several_part_files_add_up_to_the_moves_of_the_whole() -> None:
    def half(frame: pl.DataFrame, odd: int) -> pl.DataFrame:
        return frame.filter(pl.col("loan") % 2 == odd)

    parts = [
        roll_rates(states(half(BEFORE, odd), MONDAY), states(half(AFTER, odd), TUESDAY)).select(
            "from_state", "to_state", "loans", "owed"
        )
        for odd in (0, 1)
    ]
    whole = roll_rates(states(BEFORE, MONDAY), states(AFTER, TUESDAY))
    assert add_shares(pl.concat(parts)).equals(whole)
