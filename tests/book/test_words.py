"""No closed word of a book reaches a reader as it stands in a column."""

from __future__ import annotations

import polars as pl
import pytest

from forbear.book.vocabulary import CHANNELS, PURPOSES
from forbear.book.words import BUCKET, CHANNEL, PURPOSE, REASON, Both
from forbear.loan.stepwise import bucket
from forbear.report.words import PLANNED


def test_every_channel_and_purpose_has_its_words() -> None:
    assert tuple(CHANNEL) == tuple(PLANNED) == CHANNELS
    assert tuple(PURPOSE) == PURPOSES


def test_every_bucket_has_its_words() -> None:
    said = pl.DataFrame({"days": [0, 1, 30, 31, 60, 61, 90, 91, 4000]})
    assert {*said.select(bucket(pl.col("days"))).to_series()} <= set(BUCKET)


@pytest.mark.parametrize("words", [CHANNEL, PURPOSE, REASON, BUCKET, PLANNED])
def test_no_two_words_read_alike_in_either_language(words: dict[str, Both]) -> None:
    for language in ("zh", "en"):
        said = [both[language] for both in words.values()]
        assert all(said)
        assert len(set(said)) == len(said)


def test_a_proposal_says_that_it_waits() -> None:
    assert PLANNED["visit"] == {"zh": "上门（待批）", "en": "Visit (proposed)"}
    assert PLANNED["call"] == {"zh": "人工电话", "en": "Call by a person"}
