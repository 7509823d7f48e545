"""A map is checked before any row is read: every mistake is one error with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from forbear.book.intake.maps import load_map, read_map, shipped_maps
from forbear.errors import InputError

GOOD = """\
name: {zh: 一, en: One}
currency: CNY
zone: Asia/Shanghai
as_of: 2026-11-20
creditor: {name: A}
assume: {contact_log: none, holds: none, numbers: none, zone_of_people: book, recorded: same_day}
files:
  - match: loans*.csv
    key: [id]
    rows:
      - table: people
        fields: {ref: person}
      - table: loans
        fields: {ref: id, person: person, disbursed_on: start, principal: lent}
      - table: instalments
        fields: {loan: id, due_on: due, total: owed}
      - table: events
        unless_empty: paid
        fields: {loan: id, effective_on: paid, amount: owed, kind: {value: repaid}}
"""


def test_a_column_alone_is_short_for_its_form() -> None:
    rows = read_map(GOOD).files[0].rows[2]
    assert rows.fields["due_on"].column == "due"
    assert read_map(GOOD).files[0].columns() == [
        "id",
        "person",
        "start",
        "lent",
        "due",
        "owed",
        "paid",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("currency: CNY", "curency: CNY", 2, "curency: unknown key"),
        ("currency: CNY", "currency: yuan", 2, "currency"),
        ("zone: Asia/Shanghai", "zone: Asia/Shangai", 3, "no time zone"),
        ("as_of: 2026-11-20", "as_of: 2026-02-31", 4, "as_of"),
        ("{name: A}", "{name: A, kind: bank}", 5, "creditor.kind: unknown key"),
        ("holds: none", "holds: maybe", 6, "'maybe' is not one of none"),
        ("holds: none", "hold: none", 6, "did you mean holds"),
        ("contact_log: none, ", "", 1, "assume: {contact_log: none}"),
        (", recorded: same_day", "", 1, "assume: {recorded: same_day}"),
        ("table: loans", "table: loan", 13, "no table 'loan' (did you mean loans?)"),
        ("ref: person}", "reff: person}", 11, "people has no field 'reff' (did you mean ref?)"),
        (", principal: lent", "", 13, "loans needs principal"),
        (", total: owed", "", 15, "instalments needs principal or total"),
        ("kind: {value: repaid}", "kind: {value: repaid, column: x}", 19, "one of both"),
        ("kind: {value: repaid}", "kind: {vale: repaid}", 19, "unknown key"),
        ("    key: [id]\n", "    key: [id]\n    match: x\n", 10, "match is written twice"),
        ("files:\n", "files: [\n", 8, "not readable as YAML"),
    ],
)
def test_each_mistake_is_named_with_its_line(old: str, new: str, line: int, says: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read_map(GOOD.replace(old, new, 1), where="m.yaml")
    assert says in str(caught.value), caught.value
    assert f"line {line}:" in str(caught.value), caught.value


def test_what_is_no_map_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a map is a list"):
        read_map("- one\n- two\n")
    with pytest.raises(InputError, match="no such map"):
        load_map("nowhere")
    file = tmp_path / "m.yaml"
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match="not UTF-8 text"):
        load_map(file)


def test_the_digest_is_of_what_the_map_says_not_of_its_layout(tmp_path: Path) -> None:
    one, two, other = (tmp_path / name for name in ("1.yaml", "2.yaml", "3.yaml"))
    one.write_text(GOOD)
    two.write_text("# a remark\n" + GOOD.replace("{name: A}", "\n  name: A"))
    other.write_text(GOOD.replace("{name: A}", "{name: B}"))
    assert load_map(one).digest == load_map(two).digest != load_map(other).digest


@pytest.mark.parametrize("name", shipped_maps())
def test_every_map_that_ships_is_one(name: str) -> None:
    assert load_map(name).map.files


def test_a_map_in_another_encoding_says_so(tmp_path: Path) -> None:
    file = tmp_path / "map.yaml"
    file.write_bytes("name: 中文".encode("gb18030"))
    with pytest.raises(InputError, match=r"map\.yaml: not UTF-8 text \(save it as UTF-8\)"):
        load_map(file)
