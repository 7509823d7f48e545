"""Everyone left alone has one reason, and the same one every time."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from forbear.night.withheld import REASONS, withheld_rows

TOMORROW = datetime(2026, 11, 22, 1, tzinfo=UTC)

PLAIN = {
    "person": 1, "ref": "P1", "loan": 7, "days_past_due": 12, "amount_due": 80_000,
    "set_aside": False, "held_out": False, "wish": "call", "silent": None, "permitted": True,
    "rule": None, "missing": None, "not_before": None, "refused": "capacity",
}  # fmt: skip

BLOCKED = {"permitted": False, "rule": "plan-kept", "not_before": TOMORROW, "refused": None}


@pytest.mark.parametrize(
    ("told", "reason", "rule"),
    [
        ({}, "capacity", None),
        ({"refused": "number_shared"}, "number_shared", None),
        (BLOCKED, "rule", "plan-kept"),
        (BLOCKED | {"missing": "zone"}, "missing_fact", "plan-kept"),
        ({"wish": None, "permitted": None, "refused": None}, "no_step", None),
        ({"wish": None, "silent": "promise_open"}, "no_step", "silence.promise_open"),
        (BLOCKED | {"held_out": True}, "holdout", None),
        (BLOCKED | {"held_out": True, "set_aside": True}, "set_aside", None),
        ({"permitted": True, "rule": "preferred-hours", "not_before": TOMORROW}, "capacity", None),
    ],
)
def test_the_reason_a_person_is_left_alone(told: dict, reason: str, rule: str | None) -> None:
    row = withheld_rows(
        pl.DataFrame([PLAIN | told], schema_overrides={"missing": pl.String, "silent": pl.String})
    )
    assert row.select("reason", "rule").row(0) == (reason, rule)
    assert row["not_before"][0] == (TOMORROW if reason in ("rule", "missing_fact") else None)


def test_the_list_of_reasons_is_that_of_the_table() -> None:
    assert sorted(REASONS) == sorted(
        withheld_rows(pl.DataFrame([PLAIN], schema_overrides={"silent": pl.String}))
        .schema["reason"]
        .categories.to_list()
    )
