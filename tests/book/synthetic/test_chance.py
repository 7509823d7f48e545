"""Draws are even, unrelated, and depend on their keys alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forbear.book.synthetic.chance import below, check_seed, draw, happens, pick, share
from forbear.errors import InputError

MANY = np.arange(200_000)
KEY = st.integers(-(2**62), 2**62)


@given(st.integers(0, 2**62), KEY, KEY)
def test_a_draw_depends_on_its_keys_and_not_on_its_company(seed: int, one: int, two: int) -> None:
    alone = draw(seed, "luck", np.array([one]), two)
    crowd = draw(seed, "luck", np.array([two, one, 0]), np.array([one, two, 5]))
    assert alone[0] == crowd[1]


@given(st.integers(0, 2**64 - 1), st.integers(1, 2**31))
def test_below_never_reaches_its_limit(bits: int, limit: int) -> None:
    assert 0 <= int(below(np.array([bits], dtype=np.uint64), limit)[0]) < limit


def test_shares_are_even() -> None:
    """Of 200,000 draws every tenth of the range holds a tenth, within five standard errors."""
    tenths = np.bincount(share(draw(1, "even", MANY)) // 100_000, minlength=10)
    assert len(tenths) == 10
    assert (abs(tenths - 20_000) < 5 * np.sqrt(20_000 * 0.9)).all()


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (draw(1, "a", MANY), draw(1, "b", MANY)),
        (draw(1, "a", MANY), draw(2, "a", MANY)),
        (draw(1, "a", MANY), draw(1, "a", MANY + 1)),
        (draw(1, "a", MANY, 3), draw(1, "a", MANY, 4)),
        (draw(1, "a", MANY, 3), draw(1, "a", 3, MANY)),
    ],
    ids=["purpose", "seed", "next key", "second key", "order of keys"],
)
def test_what_differs_in_one_word_is_unrelated(one: np.ndarray, two: np.ndarray) -> None:
    assert abs(np.corrcoef(share(one), share(two))[0, 1]) < 5 / np.sqrt(len(MANY))
    differing = np.bitwise_count(one ^ two).mean()
    assert 31.9 < differing < 32.1


def test_picks_and_chances_follow_their_weights() -> None:
    picked = np.bincount(pick(draw(1, "pick", MANY), [1, 0, 3]), minlength=3) / len(MANY)
    assert abs(picked - np.array([0.25, 0, 0.75])).max() < 0.005
    assert abs(happens(draw(1, "chance", MANY), 30_000).mean() - 0.03) < 0.002
    assert not happens(draw(1, "never", MANY), 0).any()
    assert happens(draw(1, "always", MANY), 1_000_000).all()


def test_a_seed_is_a_whole_number_from_nothing() -> None:
    assert check_seed(0) == 0
    for wrong in (-1, 2**63):
        with pytest.raises(InputError):
            check_seed(wrong)
