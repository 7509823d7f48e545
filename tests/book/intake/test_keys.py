"""Keys in order of first appearance; groups are the connected components of shared loans."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from forbear.book.intake.keys import number_refs, party_groups


def groups_by_search(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """The oracle: walk from each person to everyone reachable over shared loans."""
    found: dict[int, int] = {}
    for start in {person for person, _ in pairs}:
        reached, edge = {start}, {start}
        while edge:
            loans = {loan for person, loan in pairs if person in edge}
            edge = {person for person, loan in pairs if loan in loans} - reached
            reached |= edge
        found[start] = min(reached)
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 25), st.integers(1, 20)), min_size=1, max_size=40))
def test_groups_are_connected_components(pairs: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(pairs, schema=["person", "loan"], orient="row")
    assert dict(party_groups(frame).rows()) == groups_by_search(pairs)


def test_a_chain_of_ten_thousand_people_is_one_group() -> None:
    """Person n shares a loan with person n + 1: the least key must travel all the way."""
    first = pl.int_range(1, 10_000, eager=True)
    pairs = pl.concat(
        [
            pl.DataFrame({"person": first, "loan": first}),
            pl.DataFrame({"person": first + 1, "loan": first}),
        ]
    )
    assert party_groups(pairs)["group"].unique().to_list() == [1]


def test_the_first_to_appear_is_one() -> None:
    refs = pl.Series(["z", None, "a", "z", "m"])
    assert number_refs(refs, "loan").rows() == [("z", 1), ("a", 2), ("m", 3)]
