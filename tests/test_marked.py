"""A file that people write is read exactly, and every mistake in it has a line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from forbear.errors import ForbearError, InputError, PolicyError, RuleError
from forbear.marked import Marked


def read(text: str) -> Marked:
    return Marked(text, "f.yaml", InputError)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("share: 0.1", {"share": Decimal("0.1")}),
        ("share: 1_000.50", {"share": Decimal("1000.50")}),
        ("count: 12", {"count": 12}),
        ("from: 2026-11-21", {"from": date(2026, 11, 21)}),
        ("at: 2026-11-21 10:00:00", {"at": "2026-11-21 10:00:00"}),
        ("on: yes", {"on": True}),
        ("1: one", {"1": "one"}),
        ("until: null", {"until": None}),
        ("- a\n- [b, c]", ["a", ["b", "c"]]),
        ("a: &same {b: 1}\nc: *same", {"a": {"b": 1}, "c": {"b": 1}}),
        ("", None),
    ],
)
def test_plain_values_come_out_exactly(text: str, data: object) -> None:
    assert read(text).data == data


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2026-02-31", "f.yaml line 2: b: 2026-02-31 is not a calendar date"),
        ("a: 1\nb:\n  - 1\n  - .inf", "f.yaml line 4: 1: .inf is not a number"),
        ("a:\n  b: 1\n  c: 2\n  b: 3", "f.yaml line 4: b is written twice (keep one)"),
        ("a: 1\nb: [", "f.yaml line 3: not readable as YAML"),
        ("a: 1\nb: !!python/object:os.system x", "f.yaml line 2: b: x cannot be read"),
        ("a: &a [*a]", "f.yaml: not readable as YAML: nested without end"),
        ("a: 1\n---\nb: 2", "f.yaml line 2: not readable as YAML"),
    ],
)
def test_each_mistake_is_named_with_its_line(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert str(caught.value).startswith(says)


def test_every_part_knows_its_line_and_an_absent_one_the_line_around_it() -> None:
    marked = read("# a remark\nsteps:\n  - id: a\n    why: b\n  - id: c\n")
    assert marked.at(()) == "f.yaml line 2"
    assert marked.at(("steps", 0, "why")) == "f.yaml line 4"
    assert marked.at(("steps", 1)) == "f.yaml line 5"
    assert marked.at(("steps", 1, "when", "deeper")) == "f.yaml line 5"
    assert marked.at(("nowhere",)) == "f.yaml line 2"


@pytest.mark.parametrize("error", [InputError, PolicyError, RuleError])
def test_the_reader_says_which_error_its_mistakes_are(error: type[ForbearError]) -> None:
    marked = Marked("a: 1", "f.yaml", error)
    with pytest.raises(error, match="that will not do"):
        marked.fail("that will not do", ("a",))
    with pytest.raises(error):
        Marked("a: [", "f.yaml", error)
