"""Terms as files: what ships, what is refused and in which words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forbear.errors import ProductError
from forbear.loan.product import (
    Frequency,
    Penalty,
    Waterfall,
    load_product,
    product_as_data,
    product_from,
    shipped,
    shipped_names,
)


def test_seven_products_ship_and_each_reads_back_to_itself():
    assert shipped_names() == (
        "equal_instalment",
        "equal_principal",
        "flat_fee",
        "given",
        "interest_first",
        "revolving",
        "single",
    )
    for name in shipped_names():
        product = shipped(name)
        assert product.id == name == product.kind
        assert product_from(product_as_data(product)) == product
        assert product.name.zh
        assert product.name.en


def test_penalty_is_a_multiple_of_the_contract_rate_or_a_rate_of_its_own():
    assert Penalty(multiple=1_300_000).rate_of(240_000_000) == 312_000_000
    assert Penalty(rate=100_000_000).rate_of(240_000_000) == 100_000_000
    assert Penalty().rate_of(240_000_000) == 0


def test_the_order_of_a_waterfall_is_states_by_components_unless_said_in_full():
    assert Waterfall().pairs[:2] == (("past_due", "fee"), ("past_due", "penalty"))
    full = (("due", "principal"), ("past_due", "interest"))
    assert Waterfall(order=full).pairs == full


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "magic"}, "kind"),
        ({"intrest": 5}, "intrest"),
        ({"rounding": "nearest"}, "rounding"),
        ({"exponent": 2.0}, "exponent"),
        ({"penalty": {"multiple": 1, "rate": 1}}, "not both"),
        ({"penalty": {"rate": -1}}, "negative"),
        ({"waterfall": {"components": ["fee", "interest"]}}, "name each"),
        ({"every": {"count": 0, "unit": "months"}}, "at least 1"),
        ({"every": {"count": 1, "unit": "weeks"}, "due_day": {"rule": "end_of_month"}}, "monthly"),
        ({"down_payment": 1_000_000}, "whole price"),
        ({"grace_principal_periods": -1}, "negative"),
        ({"instalment_multiple": 0}, "at least 1"),
    ],
)
def test_a_product_that_cannot_be_meant_is_refused_naming_the_field(change, problem):
    with pytest.raises(ProductError, match=problem):
        product_from({**product_as_data(shipped("equal_instalment")), **change})


def test_a_product_file_is_refused_with_its_name(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("id: mine\nkind: [", encoding="utf-8")
    with pytest.raises(ProductError, match="YAML") as caught:
        load_product(path)
    assert "mine.yaml" in str(caught.value)
    path.write_text("- a list", encoding="utf-8")
    with pytest.raises(ProductError):
        load_product(path)
    with pytest.raises(ProductError, match="no product 'x'"):
        shipped("x")


def test_a_product_is_a_value():
    product = shipped("equal_instalment")
    assert replace(product, every=Frequency(2, "weeks")) != product
    assert hash(product.every) == hash(Frequency())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id: [1", "own.yaml line 1: not readable as YAML: expected ',' or ']'"),
        (b"id: \xff", "own.yaml: not UTF-8 text"),
        (b"- id", "own.yaml: a product is a list of"),
    ],
)
def test_a_file_that_is_no_product_is_one_line(tmp_path: Path, content: bytes, says: str):
    file = tmp_path / "own.yaml"
    file.write_bytes(content)
    with pytest.raises(ProductError) as problem:
        load_product(file)
    assert says in str(problem.value)
    assert "\n" not in str(problem.value)
