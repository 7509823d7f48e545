"""Checking another system's expected results: counts, one line a failure, and what is refused."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forbear.cli.loan import app
from forbear.cli.loan_check.kinds import readers
from forbear.cli.loan_check.run import run
from forbear.cli.loan_check.vectors import read_known, read_vectors
from forbear.errors import CaseError

CONFORMANCE = Path(__file__).parents[1] / "conformance"
SHARED = Path(os.environ.get("FORBEAR_SHARED", Path(__file__).parents[2] / "../shared"))
SCHEDULES = CONFORMANCE / "schedules.json"
SCHEDULE_KINDS = (
    "level_instalment_schedule",
    "classic_schedule",
    "period_rate_factor",
    "due_dates",
    "equal_instalment_cn",
    "equal_principal_cn",
    "apr_us_actuarial",
    "apr_effective_annual",
    "overdue_condition",
    "overdue_state_machine",
)


def data(kinds: tuple[str, ...] = SCHEDULE_KINDS) -> list[dict]:
    vectors = json.loads(SCHEDULES.read_text(encoding="utf-8"))["vectors"]
    return [vector for vector in vectors if vector["kind"] in kinds]


def check(path: Path, *options: str):
    return CliRunner().invoke(app, ["check", str(path), *options])


def write(path: Path, vectors: object) -> Path:
    path.write_text(json.dumps({"vectors": vectors}), encoding="utf-8")
    return path


@pytest.mark.parametrize("file", ["schedules.json", "schedules_more.json"])
def test_every_vector_of_every_schedule_and_rate_kind_passes(file):
    lines: list[str] = []
    vectors = [v for v in read_vectors(CONFORMANCE / file) if v.kind in SCHEDULE_KINDS]
    tally = run(vectors, {}, lines.append)
    assert lines == []
    assert str(tally) == f"{len(vectors)} passed, 0 failed, 0 skipped"
    assert len(vectors) == {"schedules.json": 40, "schedules_more.json": 19}[file]


@pytest.mark.shared
def test_the_copy_in_the_repository_is_the_file_it_was_copied_from():
    original = SHARED / "conformance" / "schedules.json"
    if not original.exists():
        pytest.skip(f"no facts folder at {original}")
    assert original.read_bytes() == SCHEDULES.read_bytes()


def test_the_last_line_counts_and_the_exit_code_is_0_when_nothing_failed(tmp_path):
    done = check(write(tmp_path / "v.json", data(("classic_schedule",))))
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "4 passed, 0 failed, 0 skipped"


def test_a_figure_one_cent_off_fails_on_one_line_with_expected_and_got(tmp_path):
    vectors = data(("level_instalment_schedule",))[:2]
    vectors[0]["expected"]["installments"][2]["interest"] = "64.06"
    done = check(write(tmp_path / "v.json", vectors))
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "FAIL fineract-level-actual-actual-integer: instalment 3 interest expected 64.06 got 64.05",
        "1 passed, 1 failed, 0 skipped",
    ]


def test_a_vector_known_to_differ_is_printed_and_does_not_fail_the_run(tmp_path):
    vectors = data(("level_instalment_schedule",))[:2]
    vectors[0]["expected"]["total_interest"] = "1.00"
    known = tmp_path / "known.txt"
    known.write_text(
        "# what differs, and why\nfineract-level-actual-actual-integer  the source misprints it\n"
    )
    done = check(write(tmp_path / "v.json", vectors), "--known", str(known))
    assert done.exit_code == 0
    assert done.output.splitlines()[0].startswith("known fineract-level-actual-actual-integer: ")
    assert done.output.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"
    assert read_known(known) == {"fineract-level-actual-actual-integer": "the source misprints it"}


def test_a_kind_nobody_reads_is_skipped_by_name(tmp_path):
    vector = {"id": "a", "kind": "tarot", "inputs": {}, "expected": {}}
    done = check(write(tmp_path / "v.json", [vector, {**vector, "id": "b"}]))
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "skipped tarot: 2 (no reader for this kind)",
        "0 passed, 0 failed, 2 skipped",
    ]


def paths(node: object, at: tuple = ()) -> list[tuple]:
    """Every object inside a vector."""
    inside: list[tuple] = []
    if isinstance(node, dict):
        inside.append(at)
        for name, value in node.items():
            inside += paths(value, (*at, name))
    elif isinstance(node, list) and node:
        inside += paths(node[0], (*at, 0))
    return inside


@pytest.mark.parametrize("kind", SCHEDULE_KINDS)
def test_an_unknown_field_anywhere_is_an_error_that_names_vector_and_field(kind, tmp_path):
    vector = data((kind,))[0]
    checked = 0
    for part in ("inputs", "expected"):
        for at in paths(vector[part]):
            spoiled = copy.deepcopy(vector)
            node = spoiled[part]
            for step in at:
                node = node[step]
            node["surprise"] = 1
            done = check(write(tmp_path / "v.json", [spoiled]))
            assert done.exit_code == 1
            assert vector["id"] in done.output
            assert "surprise" in done.output
            checked += 1
    assert checked >= 2


@pytest.mark.parametrize("kind", SCHEDULE_KINDS)
def test_a_missing_or_senseless_field_is_an_error_and_never_a_crash(kind, tmp_path):
    vector = data((kind,))[0]
    for name in vector["inputs"]:
        for value in (None, "nonsense", [], {}, -1, 1.5, True, "2024-02-31", "NaN"):
            spoiled = copy.deepcopy(vector)
            spoiled["inputs"][name] = value
            done = check(write(tmp_path / "v.json", [spoiled]))
            assert done.exit_code in (0, 1), (name, value, done.exception)
            assert done.output.splitlines()[-1].endswith("skipped"), (name, value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"vectors": [', "line 1 column 14"),
        ("[1]", "vector 0"),
        ('{"cases": []}', "`vectors`"),
        ('{"vectors": [{"id": "a"}]}', "vector a.kind"),
        (
            '{"vectors": [{"id": "a", "kind": "b", "inputs": 3, "expected": {}}]}',
            "vector a: inputs",
        ),
        (
            '{"vectors": [{"id": "a", "kind": "b", "inputs": {}, "expected": {}, "x": 1}]}',
            "vector a.x",
        ),
        (
            '[{"id": "a", "kind": "b", "inputs": {}, "expected": {}},'
            ' {"id": "a", "kind": "b", "inputs": {}, "expected": {}}]',
            "two vectors",
        ),
    ],
)
def test_a_file_that_is_not_vectors_is_refused_with_the_place(text, says, tmp_path):
    path = tmp_path / "v.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        read_vectors(path)
    assert says in str(caught.value)


def test_the_table_of_kinds_names_every_schedule_kind():
    assert set(SCHEDULE_KINDS) <= set(readers())


def test_a_list_of_known_ids_that_is_no_text_is_named(tmp_path: Path):
    file = tmp_path / "known.txt"
    file.write_bytes(b"\xf0\x28")
    with pytest.raises(CaseError, match=r"known\.txt: not UTF-8 text"):
        read_known(file)
