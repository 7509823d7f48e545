"""Money: parts sum to the whole, reading and showing are each other's inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forbear.errors import InputError, RangeError
from forbear.money import AMOUNT_MAX, format_amount, parse_amount, split_by_weight

amounts = st.integers(-AMOUNT_MAX, AMOUNT_MAX)


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any))
def test_parts_sum_to_the_whole(total: int, weights: list[int]) -> None:
    parts = split_by_weight(total, weights)
    assert sum(parts) == total
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(amounts, st.sampled_from([0, 2, 3]))
def test_what_is_shown_reads_back_the_same(minor: int, exponent: int) -> None:
    assert parse_amount(format_amount(minor, exponent=exponent), exponent=exponent) == minor


@pytest.mark.parametrize("text", ["", "abc", "1.005", "NaN", "Infinity", "1e-7", "9" * 1_000_000])
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    with pytest.raises((InputError, RangeError)):
        parse_amount(text)


def test_beyond_the_declared_range_is_refused() -> None:
    with pytest.raises(RangeError):
        parse_amount("1e308")
