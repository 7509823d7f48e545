"""The maps that ship, on the real files they are for (which do not ship)."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forbear.book.intake.load import Intake, load_book
from forbear.book.intake.maps import load_map
from forbear.errors import BookError

SHARED = Path(os.environ.get("FORBEAR_SHARED", Path(__file__).parents[3] / "../shared"))

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"the facts folder {SHARED} is absent"),
]


def load(name: str, file: str, tmp_path_factory: pytest.TempPathFactory) -> Intake:
    out = tmp_path_factory.mktemp(name) / "book"
    return load_book(load_map(name), [SHARED / "data" / name / file], out)


@pytest.fixture(scope="module")
def superlender(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    return load("superlender_ng", "prev_loans.csv.gz", tmp_path_factory)


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    return load("uci_credit_default", "uci_credit_default.csv.gz", tmp_path_factory)


def test_all_loans_of_superlender_are_in(superlender: Intake) -> None:
    """24,090 loans of 5,801 people; the 1,284 of 60 and 40 of 90 days are counted apart."""
    assert superlender.files.rows() == [("prev_loans.csv.gz", 24_090, 24_090, 0, 0)]
    assert superlender.tables["people"] == 5_801
    assert superlender.tables["loans"] == superlender.tables["events"] == 24_090
    assert superlender.incomplete == 1_284 + 40
    manifest = superlender.book.manifest
    assert (manifest.currency, manifest.as_of) == ("NGN", date(2017, 7, 30))
    assert manifest.assume["price_ceiling"] == "none"


def test_superlender_has_no_due_date_on_a_weekend(superlender: Intake) -> None:
    days = superlender.book.scan("instalments").collect()["due_on"].dt.weekday()
    assert days.max() == 5
    assert (days == 1).mean() == pytest.approx(0.358, abs=0.001)


def test_superlender_amounts_are_what_the_file_says(superlender: Intake) -> None:
    """By hand from the first row: 10,000 lent, 11,500 due 18 July, paid on the 24th."""
    loan = superlender.book.scan("loans").filter(pl.col("ref") == "301960241").collect()
    key = loan["loan"].item()
    row = superlender.book.scan("instalments").filter(pl.col("loan") == key).collect()
    paid = superlender.book.scan("events").filter(pl.col("loan") == key).collect()
    assert (loan["principal"].item(), row["principal"].item()) == (1_000_000, 1_000_000)
    assert (row["interest"].item(), row["due_on"].item()) == (150_000, date(2017, 7, 18))
    assert (paid["amount"].item(), paid["effective_on"].item()) == (1_150_000, date(2017, 7, 24))


def test_cards_are_months_of_status_with_their_coding(cards: Intake) -> None:
    """Occupancy by month as in the description of the data; September is coded in another way."""
    assert cards.files.rows() == [("uci_credit_default.csv.gz", 30_000, 30_000, 0, 0)]
    rows = cards.book.read("snapshots")
    assert rows.height == 180_000
    share = {
        month: (part["status"] == 1).mean()
        for (month,), part in rows.sort("month").group_by("month", maintain_order=True)
    }
    late = date(2005, 9, 1)
    assert max(value for month, value in share.items() if month != late) < 0.001  # type: ignore[type-var]
    assert share[late] == pytest.approx(0.123, abs=0.001)
    coding = rows.group_by("month").agg(pl.col("coding").unique().first()).sort("month")
    assert coding["coding"].to_list() == ["april_to_august"] * 5 + ["september"]


def test_like_codings_alone_give_the_published_roll_rates(cards: Intake) -> None:
    """Pooled over four transitions: from two months late 30.2% cure, 63.6% stay, 6.1% roll on."""
    rows = cards.book.read("snapshots").sort("person", "month")
    after = rows.with_columns(
        then=pl.col("status").shift(-1).over("person"),
        coded=pl.col("coding").shift(-1).over("person"),
    ).filter(pl.col("coding") == pl.col("coded"))
    assert after.height == 120_000
    two = after.filter(pl.col("status") == 2)["then"]
    assert len(two) == 12_370
    rates = [(two <= 0).mean(), (two == 2).mean(), (two == 3).mean()]
    assert rates == pytest.approx([0.302, 0.636, 0.061], abs=0.001)


def test_cards_cannot_be_closed(cards: Intake) -> None:
    with pytest.raises(BookError, match="nothing can be closed"):
        _ = cards.book.as_of
