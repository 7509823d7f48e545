"""Scores are small tables in a file that says by its hash which one it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forbear.errors import BookError, InputError
from forbear.score.apply import CALLING_HOURS, apply
from forbear.score.fit import CELL_WEIGHT, share_table
from forbear.score.tables import Bands, Scores, ShareTable, default, load, save

FLAT = ShareTable((Bands("days_past_due", (0,)),), (500_000,), (0,))


def people(**columns: list[int]) -> pl.DataFrame:
    size = len(next(iter(columns.values())))
    facts = {name: [0] * size for name in ("days_past_due", "times_late", "balance", "amount_due")}
    return pl.DataFrame({"person": list(range(1, size + 1)), **facts, **columns})


def carried(person: int, answers: dict[int, int], calls: dict[int, int]) -> pl.DataFrame:
    def by_hour(counts: dict[int, int]) -> list[list[int]]:
        return [[counts.get(hour, 0) for hour in range(24)]]

    return pl.DataFrame(
        {"person": [person], "answers_by_hour": by_hour(answers), "calls_by_hour": by_hour(calls)},
        schema_overrides={
            "answers_by_hour": pl.Array(pl.UInt16, 24),
            "calls_by_hour": pl.Array(pl.UInt16, 24),
        },
    )


def one_table(edges: list[int], cells: list[float]) -> dict[str, object]:
    by = [{"fact": "days_past_due", "from": edges}]
    return {"by": by, "cells": cells, "rows": [0] * len(cells)}


def test_a_score_file_comes_back_as_it_was(tmp_path: Path) -> None:
    save(default(), tmp_path / "score.json")
    again = load(tmp_path / "score.json")
    assert again == default()
    assert again.digest == default().digest
    first = (tmp_path / "score.json").read_bytes()
    save(again, tmp_path / "score.json")
    assert (tmp_path / "score.json").read_bytes() == first


def test_a_changed_figure_is_noticed(tmp_path: Path) -> None:
    save(default(), tmp_path / "score.json")
    data = json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))
    data["self_cure"]["cells"][3] += 1
    (tmp_path / "score.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="does not match its hash"):
        load(tmp_path / "score.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 99}, "later version"),
        ({"reach": 7}, "not a score file"),
        ({"hours": [1] * 23}, "24 hours"),
        ({"person_weight": 0}, "at least 1"),
        ({"self_cure": one_table([0, 0], [1, 1])}, "do not rise"),
        ({"self_cure": one_table([0], [1, 1])}, "cells"),
        ({"self_cure": one_table([0], [1_000_001])}, "between"),
        ({"self_cure": one_table([0], [0.5])}, "not a score file"),
    ],
)  # fmt: skip
def test_what_is_not_a_score_file_is_refused(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    data = {**default().as_data(), **change}
    (tmp_path / "score.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        load(tmp_path / "score.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.json: there is no such file"):
        load(tmp_path / "nowhere.json")


def test_every_figure_of_the_default_has_a_source() -> None:
    tables = {source["table"] for source in default().made_from["sources"]}
    assert tables == {"self_cure", "pay_30d", "reach", "hours"}
    assert all(source["from"] and source["grade"] for source in default().made_from["sources"])


def test_the_default_falls_with_days_past_due() -> None:
    days = np.array([0, 1, 5, 10, 20, 40, 70, 100, 300])
    values = {name: np.zeros_like(days) for name in ("times_late", "balance", "amount_due")}
    for table in (default().self_cure, default().pay_30d, default().reach):
        shares = table.look_up({"days_past_due": days, **values})
        assert (np.diff(shares) <= 0).all()


def test_a_person_who_was_never_called_has_the_share_of_the_table() -> None:
    scored = apply(
        default(), people(days_past_due=[0, 10, 45, 200], amount_due=[0, 1_000, 5_000, 70])
    )
    assert scored["reach"].to_list() == [350_000, 350_000, 200_000, 100_000]
    assert scored["expected_gain_14d"].to_list() == [0, 350, 1_000, 7]
    assert scored["best_hour"].to_list() == [10, 10, 10, 10]
    assert scored["ability_to_pay"].to_list() == ["not_known"] * 4
    assert scored.schema["self_cure"] == scored.schema["pay_30d"] == pl.Int32
    assert scored.schema["expected_gain_14d"] == pl.Int64


def test_own_answers_move_reach_and_hour() -> None:
    """
    Five calls weigh as much as the table. Table: 35%.

        ten calls at 19, nine answered   (9 + 5 × 0.35) ÷ 15 = 71.67%   best hour 19
        ten calls at 10, none answered   (0 + 5 × 0.35) ÷ 15 = 11.67%   any hour but ten
    """
    facts = people(days_past_due=[10])
    keen = apply(default(), facts, carried(1, {19: 9}, {19: 10}))
    assert keen["reach"].to_list() == [716_666]
    assert keen["best_hour"].to_list() == [19]
    silent = apply(default(), facts, carried(1, {}, {10: 10}))
    assert silent["reach"].to_list() == [116_666]
    assert silent["best_hour"].to_list() == [9]


def test_calls_at_night_do_not_count_and_others_history_does_not_either() -> None:
    facts = people(days_past_due=[10])
    for history in (carried(1, {3: 9}, {3: 10}), carried(2, {19: 9}, {19: 10})):
        assert apply(default(), facts, history)["reach"].to_list() == [350_000]


def test_hours_and_shares_stay_in_range_whatever_is_given() -> None:
    facts = people(days_past_due=[-3, 4, 99_999], balance=[10**12, 0, 5], amount_due=[10**12, 1, 1])
    scored = apply(default(), facts, carried(2, {12: 65_535}, {12: 65_535}))
    for name in ("self_cure", "pay_30d", "reach"):
        assert scored[name].is_between(0, 1_000_000).all()
    assert set(scored["best_hour"].to_list()) <= set(CALLING_HOURS)
    assert scored["expected_gain_14d"][0] == 350_000 * 10**6


def test_a_fact_that_is_missing_is_named() -> None:
    with pytest.raises(BookError, match="times_late"):
        apply(default(), people(days_past_due=[1]).drop("times_late"))
    odd = Scores("odd", ShareTable((Bands("luck", (0,)),), (1,), (0,)), FLAT, FLAT, (1,) * 24, 5, 5)
    with pytest.raises(BookError, match="luck"):
        apply(odd, people(days_past_due=[1]))


def test_a_cell_leans_on_its_parent_by_a_stated_weight() -> None:
    """
    Prior one half. 60 rows weigh as much as the parent.

        days 0+   1,000 rows, 900 yes   (900 + 60 × 0.5) ÷ 1,060          = 0.877358
        times 2+     40 rows, none      (0 + 60 × 0.877358) ÷ 100         = 0.526414
        times 0–1   960 rows, 900 yes   (900 + 60 × 0.877358) ÷ 1,020     = 0.933962
    """
    by = (Bands("days_past_due", (0,)), Bands("times_late", (0, 2)))
    late = np.array([1] * 960 + [2] * 40)
    happened = np.array([1] * 900 + [0] * 100)
    values = {"days_past_due": np.ones_like(late), "times_late": late}
    table = share_table(by, values, happened, FLAT)
    assert table.cells == (933_962, 526_414)
    assert table.rows == (960, 40)
    assert CELL_WEIGHT == 60
