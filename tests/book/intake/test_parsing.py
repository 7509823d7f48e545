"""Text becomes days, amounts and words exactly, or a reason why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.book.intake.faults import REASONS
from forbear.book.intake.maps import Source
from forbear.book.intake.parsing import Form, read_field
from forbear.book.intake.targets import Field
from forbear.errors import ForbearError
from forbear.money import AMOUNT_MAX, format_amount, parse_amount

SHANGHAI = Form(exponent=2, zone="Asia/Shanghai")


def read(
    text: str | None, kind: str, form: Form = SHANGHAI, among: tuple[str, ...] = (), **how: Any
) -> tuple[Any, str | None]:
    """Value and code of one cell."""
    return read_all([text], kind, form, among, **how)[0]


def read_all(
    texts: list[str | None] | list[str],
    kind: str,
    form: Form = SHANGHAI,
    among: tuple[str, ...] = (),
    **how: Any,
) -> list[tuple[Any, str | None]]:
    """Value and code of each cell."""
    target = Field(kind, "", "", among=among)  # type: ignore[arg-type]
    parsed = read_field(target, Source(column="c", **how), form)
    frame = pl.DataFrame({"c": texts}, schema={"c": pl.String})
    return frame.lazy().select(value=parsed.value, code=parsed.code).collect().rows()


@pytest.mark.parametrize(
    ("text", "kind", "value", "code"),
    [
        ("1,234.50", "amount", 123450, None),
        ("¥1,234.5", "amount", 123450, None),
        ("007", "amount", 700, None),
        ("0", "amount", 0, None),
        ("13000.0", "amount", 1300000, None),
        ("0.005", "amount", None, "decimals"),
        ("-1", "amount", None, "negative"),
        ("-0.00", "amount", 0, None),
        ("-1", "signed_amount", -100, None),
        ("1,23", "amount", None, "not_amount"),
        ("12,34,567", "amount", None, "not_amount"),
        ("1e308", "amount", None, "scientific"),
        ("1" + "0" * 308, "amount", None, "too_large"),
        ("10000000000.00", "amount", 10**12, None),
        ("10000000000.01", "amount", None, "too_large"),
        ("nan", "amount", None, "not_amount"),
        ("", "amount", None, "not_amount"),
        ("２０", "amount", None, "not_amount"),
        ("=1+1", "amount", None, "not_amount"),
        ("0.24", "rate", 240_000_000, None),
        ("11", "rate", None, "too_large"),
        ("12", "count", 12, None),
        ("12.0", "count", 12, None),
        ("12.5", "count", None, "not_count"),
        ("-1", "count", None, "not_count"),
        ("99999", "count", None, "not_count"),
        ("32768", "count", None, "not_count"),
        ("2026-11-21", "day", date(2026, 11, 21), None),
        ("2026/1/3", "day", date(2026, 1, 3), None),
        ("2026年1月3日", "day", date(2026, 1, 3), None),
        ("20261121", "day", date(2026, 11, 21), None),
        ("2026-11-21 00:00:00", "day", date(2026, 11, 21), None),
        ("2026-11-20T16:00:00Z", "day", date(2026, 11, 21), None),
        ("2026-02-31", "day", None, "no_such_day"),
        ("2025-02-29", "day", None, "no_such_day"),
        ("0026-11-21", "day", None, "year"),
        ("21/11/2026", "day", None, "not_day"),
        ("45982", "day", None, "not_day"),
        ("2026-11-21 08:00:00", "instant", datetime(2026, 11, 21, tzinfo=UTC), None),
        ("2026-11-21T08:00:00+08:00", "instant", datetime(2026, 11, 21, tzinfo=UTC), None),
        ("2026-11-21", "instant", datetime(2026, 11, 20, 16, tzinfo=UTC), None),
        ("2026-11-21 25:00:00", "instant", None, "not_instant"),
        ("09:30", "time", time(9, 30), None),
        ("9 am", "time", None, "not_time"),
        ("是", "flag", True, None),
        ("N", "flag", False, None),
        ("maybe", "flag", None, "not_flag"),
        ("Asia/Urumqi", "zone", "Asia/Urumqi", None),
        ("Mars/Olympus", "zone", None, "no_zone"),
        (None, "ref", None, "empty"),
        ("x" * 129, "ref", None, "too_long"),
        ("x" * 1_000_000, "text", None, "too_long"),
    ],
)
def test_one_cell(text: str | None, kind: str, value: Any, code: str | None) -> None:
    assert read(text, kind) == (value, code)


@pytest.mark.parametrize(
    ("text", "how", "value", "code"),
    [
        ("12345", {"unit": "minor"}, 12345, None),
        ("123.45", {"unit": "minor"}, None, "decimals"),
        ("0.125", {"decimals": "round"}, 12, None),  # a tie goes to the even neighbour
        ("0.135", {"decimals": "round"}, 14, None),
        ("0.1250001", {"decimals": "round"}, 13, None),
        ("0.1249999", {"decimals": "round"}, 12, None),
        ("0.30000000000000004", {"decimals": "round"}, 30, None),
        ("-0.125", {"decimals": "round"}, None, "negative"),
    ],
)
def test_amounts_as_the_map_says_they_are_written(
    text: str, how: dict[str, Any], value: int | None, code: str | None
) -> None:
    assert read(text, "amount", **how) == (value, code)


def test_a_decimal_comma() -> None:
    form = Form(exponent=2, zone="Europe/Berlin", decimal_mark=",")
    assert read("1.234,50", "amount", form) == (123450, None)
    assert read("1,234.50", "amount", form) == (None, "not_amount")


@pytest.mark.parametrize(
    ("text", "how", "value"),
    [
        ("24", {"unit": "percent"}, 240_000_000),
        ("24%", {"unit": "percent"}, 240_000_000),
        ("2", {"unit": "percent", "per": "month"}, 240_000_000),
        ("5", {"unit": "per_ten_thousand", "per": "day"}, 182_500_000),
        ("0.000000001", {}, 1),
    ],
)
def test_rates_as_people_write_them(text: str, how: dict[str, Any], value: int) -> None:
    """日息万分之五 is 18.25% a year on 365 days."""
    assert read(text, "rate", **how) == (value, None)


def test_a_day_in_the_order_the_map_names() -> None:
    assert read("03/04/2026", "day", formats=("%d/%m/%Y",)) == (date(2026, 4, 3), None)
    assert read("03/04/2026", "day", formats=("%m/%d/%Y",)) == (date(2026, 3, 4), None)


def test_an_hour_the_clocks_skipped_is_no_instant() -> None:
    """In Berlin 02:30 of 29 March 2026 never was; the hour that came twice is its first time."""
    berlin = Form(exponent=2, zone="Europe/Berlin")
    assert read("2026-03-29 02:30:00", "instant", berlin) == (None, "no_such_time")
    twice = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read("2026-10-25 02:30:00", "instant", berlin) == (twice, None)
    later = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert read("2026-10-25T02:30:00+01:00", "instant", berlin) == (later, None)


@pytest.mark.parametrize("kind", ["amount", "day", "instant", "count", "flag", "rate", "time"])
def test_an_empty_cell_of_an_optional_field_is_a_missing_value_not_nought(kind: str) -> None:
    optional = Field(kind, "", "", without="nothing")  # type: ignore[arg-type]
    parsed = read_field(optional, Source(column="c"), SHANGHAI)
    frame = pl.DataFrame({"c": [None]}, schema={"c": pl.String})
    assert frame.select(value=parsed.value, code=parsed.code).rows() == [(None, None)]


def test_a_count_stays_in_its_range() -> None:
    month = Field("count", "", "", least=1, most=31)
    parsed = read_field(month, Source(column="c"), SHANGHAI)
    frame = pl.DataFrame({"c": ["0", "1", "31", "32"]}).select(parsed.value, code=parsed.code)
    assert frame.rows() == [(None, "not_count"), (1, None), (31, None), (None, "not_count")]


def test_words_of_the_lender_become_words_of_the_field() -> None:
    words = {"空号": "dead", "正常": "verified"}
    among = ("verified", "dead", "unknown")
    assert read("空号", "choice", among=among, values=words) == ("dead", None)
    assert read("停机", "choice", among=among, values=words) == (None, "not_listed")
    assert read("停机", "choice", among=among, values=words, otherwise="unknown") == (
        "unknown",
        None,
    )
    assert read("dead", "choice", among=among) == ("dead", None)
    assert read("gone", "choice", among=among) == (None, "not_listed")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-AMOUNT_MAX, AMOUNT_MAX), min_size=1), st.integers(0, 4))
def test_every_amount_comes_back_from_how_a_person_reads_it(
    amounts: list[int], exponent: int
) -> None:
    form = Form(exponent=exponent, zone="UTC")
    texts = [format_amount(minor, exponent=exponent) for minor in amounts]
    assert read_all(texts, "signed_amount", form) == [(minor, None) for minor in amounts]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="0123456789.,-+eE ¥２", min_size=1, max_size=18), min_size=1))
def test_columns_read_no_amount_that_one_amount_would_not(texts: list[str]) -> None:
    """``money.parse_amount`` is the exact reader of one amount; columns are never more lenient,
    and no cell is ever without either a value or a reason."""
    for text, (value, code) in zip(texts, read_all(texts, "signed_amount"), strict=True):
        assert (value is None) != (code is None)
        if value is not None:
            assert parse_amount(text.replace("¥", "")) == value
        if code == "too_large":
            with pytest.raises(ForbearError):
                parse_amount(text.replace("¥", ""))


def test_every_reason_has_words_in_both_languages() -> None:
    for code, reason in REASONS.items():
        assert all((reason.en, reason.zh, reason.remedy, reason.remedy_zh)), code
        assert any("\u4e00" <= char <= "\u9fff" for char in reason.zh), code
