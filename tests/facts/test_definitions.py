"""The table of facts is complete, in both languages, and the page shows it as it is."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from forbear.book.schema import COUNTERS, HOLD_KINDS, STATE
from forbear.facts.definitions import (
    DAYS_WINDOWS,
    DTYPES,
    FACTS,
    HOLDS,
    SINCE,
    empty_person,
    frame,
    words,
)
from forbear.facts.history import KEPT_DAYS
from forbear.facts.page import facts_page

PAGE = Path(__file__).parents[2] / "docs" / "strategists" / "facts.md"


def test_the_page_is_current() -> None:
    """After a wanted change: FORBEAR_RENEW=1, and read the difference."""
    if os.environ.get("FORBEAR_RENEW"):
        PAGE.write_text(facts_page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == facts_page()


@pytest.mark.parametrize("fact", FACTS.values(), ids=lambda fact: fact.name)
def test_each_fact_says_what_it_is(fact) -> None:  # type: ignore[no-untyped-def]
    assert any("\u4e00" <= c <= "\u9fff" for c in fact.zh)
    assert fact.en.isascii()
    assert pl.Series([fact.empty], dtype=fact.dtype).dtype == DTYPES[fact.unit]
    if fact.words:
        assert fact.empty in fact.words


def test_a_name_says_one_thing() -> None:
    assert len({fact.zh for fact in FACTS.values()}) == len(FACTS)
    assert len({fact.en for fact in FACTS.values()}) == len(FACTS)


def test_facts_ask_only_for_what_a_book_keeps() -> None:
    kinds = {kind for kinds in HOLDS.values() for kind in kinds}
    assert kinds <= set(HOLD_KINDS)
    assert set(SINCE.values()) <= set(STATE["carried_people"].columns)
    assert set(DAYS_WINDOWS) <= {*COUNTERS, "calls_without_result"}
    assert max(days for windows in DAYS_WINDOWS.values() for days in windows) < KEPT_DAYS


def test_hardship_is_for_relief_only() -> None:
    assert FACTS["distress_seen"].readers == "relief"
    assert FACTS["ai_call_unsuitable"].readers == "restraint"


def test_a_frame_of_facts_has_every_fact() -> None:
    row = frame([{"person": 3, "days_past_due": 4}])
    assert set(row.columns) == {"person", "loan", *FACTS}
    assert set(words()) == set(FACTS) == set(empty_person())
    with pytest.raises(KeyError, match="not a fact: shoe_size"):
        frame([{"shoe_size": 4}])
