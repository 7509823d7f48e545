"""What another system says a loan looks like after payments, charges and agreements."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forbear.cli.loan_check.run import run
from forbear.cli.loan_check.vectors import read_known, read_vectors

CONFORMANCE = Path(__file__).parents[1] / "conformance"
KINDS = (
    "multi_disbursement", "due_date_reschedule", "late_repayment", "early_repayment",
    "overdue_interest_recalculation", "pay_off", "rate_change", "interest_pause", "re_age",
    "re_amortise", "reschedule", "charge_off", "delinquency", "payment_allocation",
    "penalty_and_allocation",
)  # fmt: skip


@pytest.mark.parametrize(("file", "expected"), [("schedules.json", 38), ("events_more.json", 5)])
def test_every_vector_with_events_passes(file, expected):
    lines: list[str] = []
    vectors = [v for v in read_vectors(CONFORMANCE / file) if v.kind in KINDS]
    tally = run(vectors, {}, lines.append)
    assert str(tally) == f"{expected} passed, 0 failed, 0 skipped"
    assert lines == []
    assert len(vectors) == expected


def test_loans_that_nobody_who_wrote_the_readers_had_seen_pass_but_those_known_to_differ():
    lines: list[str] = []
    known = read_known(CONFORMANCE / "known.txt")
    vectors = read_vectors(CONFORMANCE / "schedules_more_events.json")
    tally = run(vectors, known, lines.append)
    assert [line for line in lines if line.startswith("FAIL")] == []
    assert str(tally) == "65 passed, 0 failed, 0 skipped"
    assert {vector.kind for vector in vectors} == set(KINDS) - {"penalty_and_allocation"}
    assert set(known) == {
        "fineract-due-date-before-a-draw-moved-after-it",
        "fineract-classic-recalc-two-periods-late",
    }
    assert tally.known == 2


def point(vector):
    """The last checkpoint."""
    return vector["expected"]["checkpoints"][-1]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda v: point(v)["installments"][1].update(interest="9.99"), "interest"),
        (lambda v: point(v)["totals"].update(outstanding="9.99"), "outstanding"),
        (lambda v: point(v)["transactions"][-1].update(principal="9.99"), "principal"),
        (lambda v: point(v)["transactions"][1].update(amount="0.83"), "accrued"),
        (lambda v: v["inputs"]["events"][-1].update(amount="14.99"), "paid"),
    ],
)
def test_a_figure_that_differs_anywhere_is_a_failure(tmp_path, change, field):
    raw = json.loads((CONFORMANCE / "schedules.json").read_text(encoding="utf-8"))["vectors"]
    vector = next(v for v in raw if v["id"] == "fineract-late-less-than-instalment")
    change(vector)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps({"vectors": [vector]}), encoding="utf-8")
    lines: list[str] = []
    tally = run(read_vectors(path), {}, lines.append)
    assert tally.failed == 1
    assert field in lines[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v["inputs"]["events"][1].update(type="eclipse"), "events[1].type"),
        (
            lambda v: v["inputs"]["events"][1].update(colour="red"),
            "events[1].colour: unknown field",
        ),
        (lambda v: v["inputs"].update(tempo="fast"), "inputs.tempo: unknown field"),
        (lambda v: v["inputs"].update(processing="diagonal"), "inputs.processing"),
        (lambda v: v["inputs"].update(future_instalment_rule="NONE"), "future_instalment_rule"),
    ],
)
def test_a_word_nobody_knows_names_vector_and_field(tmp_path, change, message):
    raw = json.loads((CONFORMANCE / "schedules.json").read_text(encoding="utf-8"))["vectors"]
    vector = next(v for v in raw if v["id"] == "fineract-alloc-horizontal-next")
    change(vector)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps({"vectors": [vector]}), encoding="utf-8")
    lines: list[str] = []
    assert run(read_vectors(path), {}, lines.append).failed == 1
    assert "vector fineract-alloc-horizontal-next" in lines[0]
    assert message in lines[0]
