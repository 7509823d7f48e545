"""A synthetic book looks like the books it was drawn after: each figure within a stated band.

Bands come from public figures and are as wide as those are uncertain. 20,000 people, one seed.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from forbear.book.synthetic.lending import Lent, lend
from forbear.book.synthetic.making import make_part
from forbear.book.synthetic.paying import Paths, paths
from forbear.book.synthetic.people import day_number
from forbear.book.synthetic.recipe import Recipe, people_of_part

RECIPE = Recipe(seed=11, people=20_000, as_of=date(2026, 11, 21), files=1)
TODAY = day_number(RECIPE.as_of)


@pytest.fixture(scope="module")
def lent() -> Lent:
    return lend(RECIPE, people_of_part(RECIPE, 0))


@pytest.fixture(scope="module")
def path(lent: Lent) -> Paths:
    return paths(RECIPE, lent)


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return make_part(RECIPE, 0).tables


def days_past_due(lent: Lent, path: Paths) -> tuple[np.ndarray, np.ndarray]:
    """Days past due of every open loan on the morning after the last day."""
    overdue = (lent.due_on <= TODAY) & (path.clear_on > TODAY)
    days = np.zeros(len(lent.first), dtype=np.int64)
    np.maximum.at(days, lent.loan_place[overdue], (TODAY + 1 - lent.due_on)[overdue])
    last = lent.first + lent.count - 1
    return days, path.clear_on[last] > TODAY


FIGURES = """
    figure                                                         least   most
    loans a person                                                  1.40   1.48
    share of open loans in arrears                                 0.060  0.090
    due instalments that enter arrears (O1: 3.5 to 7.0%)           0.035  0.070
    entries paid within 30 days (O3, B21: 72 to 90%)               0.720  0.900
    of loans paid in the end: within 1 day (22.4, 24.1%)           0.180  0.260
    of loans paid in the end: within 7 days (63.0, 72.5%)          0.580  0.740
    never paid within 90 days                                      0.080  0.200
    stock 31–60 against 1–30 days (O4: 0.42 to 0.58)               0.400  0.660
    first instalment 30 days late (O2: 0.5 to 1.6%)                0.005  0.016
    mean amount lent, thousand yuan (O21: 7.2 to 9.7)                7.2    9.7
    loans paid before the due date, of those paid in time          0.150  0.500
"""


def figures(lent: Lent, path: Paths) -> dict[str, float]:
    days, still = days_past_due(lent, path)
    due = lent.due_on <= TODAY
    first = np.zeros(len(lent.due_on), dtype=bool)
    first[lent.first] = True
    before = np.where(first, 0, np.roll(path.clear_on, 1))
    fresh = due & (before < lent.due_on)
    old = lent.due_on <= TODAY - 90
    delay = (path.clear_on - lent.due_on)[path.begins & old]
    paid = delay[delay <= 360]
    firsts = lent.due_on[lent.first] <= TODAY - 31
    in_time = ~path.late
    values = (
        len(lent.first) / RECIPE.people,
        (days > 0)[still].mean(),
        path.begins[fresh].mean(),
        (delay <= 30).mean(),
        (paid <= 1).mean(),
        (paid <= 7).mean(),
        (delay > 90).mean(),
        ((days > 30) & (days <= 60)).sum() / ((days > 0) & (days <= 30)).sum(),
        ((path.clear_on - lent.due_on)[lent.first] > 30)[firsts].mean(),
        lent.loans["principal"].mean() / 100_000,  # type: ignore[operator]
        (path.clear_on < lent.due_on)[in_time].mean(),
    )
    names = [line.rsplit(maxsplit=2)[0] for line in FIGURES.strip().splitlines()[1:]]
    return {name.strip(): float(value) for name, value in zip(names, values, strict=True)}


def test_figures_lie_within_their_bands(lent: Lent, path: Paths) -> None:
    found = figures(lent, path)
    for line in FIGURES.strip().splitlines()[1:]:
        name, least, most = line.strip().rsplit(maxsplit=2)
        assert float(least) <= found[name.strip()] <= float(most), (name, found[name.strip()])


def test_who_was_late_is_late_again(lent: Lent, path: Paths) -> None:
    """After a late instalment the next is late far more often (39.5 against 14.4% in a real book)."""
    same = (lent.loan_place[1:] == lent.loan_place[:-1]) & (lent.due_on[1:] > path.clear_on[:-1])
    seen = same & (lent.due_on[1:] <= TODAY)
    after_late = path.begins[1:][seen & path.late[:-1]].mean()
    after_paid = path.begins[1:][seen & ~path.late[:-1]].mean()
    assert 2 * after_paid < after_late < 0.45


def test_a_spell_is_cleared_as_one_and_days_past_due_run_on(lent: Lent, path: Paths) -> None:
    """While an instalment is unpaid the ones after it are unpaid too, to the same day."""
    same = lent.loan_place[1:] == lent.loan_place[:-1]
    inside = same & (path.clear_on[:-1] >= lent.due_on[1:])
    assert (path.clear_on[1:][inside] == path.clear_on[:-1][inside]).all()
    assert (path.clear_on[1:][same] >= path.clear_on[:-1][same]).all()


def test_every_kind_of_thing_happens(tables: dict[str, pl.DataFrame]) -> None:
    kinds = set(tables["events"]["kind"].unique().to_list())
    assert kinds == {
        "disbursed", "repaid", "reversed", "charge", "waiver", "extension", "charge_off",
    }  # fmt: skip
    events = tables["events"].filter(kind="repaid")
    recorded = events["recorded_at"].dt.convert_time_zone("Asia/Shanghai").dt.date()
    back_dated = (recorded > events["effective_on"]).mean()
    assert 0.003 < back_dated < 0.008  # type: ignore[operator]
    assert tables["loans"]["product"].n_unique() == 7
    assert set(tables["parties"]["role"].unique()) == {"borrower", "co_borrower", "guarantor"}
    assert 0.01 < (tables["people"]["zone"] == "Asia/Urumqi").mean() < 0.04  # type: ignore[operator]
    assert {"dispute", "complaint", "help_request", "death", "promise_open", "plan_kept"} <= set(
        tables["holds"]["kind"].unique()
    )
    assert {"kept", "broken"} <= set(tables["promises"]["outcome"].unique())
    assert set(tables["consents"]["kind"].unique()) == {"hours", "stop_channel", "contact_ok"}


def test_the_log_of_contacts_is_one_a_careful_lender_could_have(
    tables: dict[str, pl.DataFrame],
) -> None:
    """Sixty days, by daylight, at most two attempts a day to a person, nobody inside a hold.

    Notices that law requires go back as far as the arrears do.
    """
    log = tables["contacts"].with_columns(
        local=pl.col("at").dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    )
    assert log["local"].dt.hour().is_between(9, 19).all()
    tried = log.filter(purpose="collect")
    assert (tried["local"].dt.date() > date(2026, 9, 22)).all()
    a_day = tried.group_by("person", pl.col("local").dt.date()).len()
    assert a_day["len"].max() <= 2  # type: ignore[operator]
    held = log.select("person", "at").join(tables["holds"], on="person")
    inside = held.filter(
        (pl.col("at") > pl.col("from_at"))
        & (pl.col("until_at").is_null() | (pl.col("at") < pl.col("until_at")))
    )
    assert inside.is_empty()


def test_promises_say_what_the_ledger_says(tables: dict[str, pl.DataFrame]) -> None:
    """A kept promise has a payment on its loan between the talk and the promised day."""
    kept = tables["promises"].filter(outcome="kept")
    paid = tables["events"].filter(kind="repaid").select("loan", "effective_on", "amount")
    found = kept.join(paid, on="loan").filter(
        pl.col("effective_on").is_between(pl.col("made_at").dt.date(), pl.col("due_on"))
        & (pl.col("amount_right") > 0)
    )
    assert found.select("person", "made_at").unique().height == len(kept) > 10


def test_people_in_arrears_were_told_what_must_be_told(tables: dict[str, pl.DataFrame]) -> None:
    """At least nine in ten of those 40 days past due had a written notice, statement included."""
    notices = tables["contacts"].filter(purpose="notice_required")
    assert set(notices["template"].unique()) == {"adverse_notice", "statement", "demand"}
    lent = lend(RECIPE, people_of_part(RECIPE, 0))
    days, _ = days_past_due(lent, paths(RECIPE, lent))
    long = np.unique(lent.person[days > 40])
    told = notices.filter(template="adverse_notice")["person"].unique().to_numpy()
    assert np.isin(long, told).mean() > 0.9
    month = pl.col("at").dt.truncate("1mo")
    assert notices.group_by("person", "template", month).len()["len"].max() <= 2  # type: ignore[operator]
