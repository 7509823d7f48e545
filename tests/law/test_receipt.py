"""Receipts: what is kept, what a digest hears, how nights hang together."""

import sys
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parent))

from asking import DAY, at, wishes

from forbear.law.gate import judge
from forbear.law.masks import whole
from forbear.law.receipt import digest, receipt_columns, receipts, root
from forbear.law.rulebook import load


def made(*changed: dict[str, object]) -> pl.DataFrame:
    book = load("cn+cn-house")
    frame = wishes(*changed)
    return receipts(
        frame, judge(frame, book, day=DAY), day=DAY, rulebook_digest=book.digest,
        policy_digest="policy", asked_by="night",
    )  # fmt: skip


def test_a_receipt_says_what_was_asked_found_and_answered() -> None:
    rows = made({}, {"asked_at": at(23)}, {"recorded": None})
    assert rows.schema == receipt_columns(1)
    book = load("cn+cn-house")
    allowed, late, missing = rows.iter_rows(named=True)
    assert (allowed["outcome"], allowed["rule"]) == ("allowed", None)
    assert (allowed["lawful_from"], allowed["lawful_until"]) == (at(9), at(20))
    assert book.rules[late["rule"]].name == "cn.T-01"
    assert book.named(whole(late, "failed")) == ["cn.T-01", "cn.T-02", "cn-house.HP-05-hours"]
    assert (missing["missing_fact"], missing["lawful_from"]) == ("recorded", None)
    assert missing["rulebook"] == book.digest


def test_no_personal_value_is_in_a_receipt() -> None:
    assert {"name", "text", "age", "birth_on", "relation", "ref"}.isdisjoint(
        receipt_columns(1).names()
    )


def test_a_digest_hears_every_change_and_nothing_else() -> None:
    rows = made({}, {"asked_at": at(23)}, {"hold_dispute": True})
    assert digest(rows) == digest(pl.concat([rows[:1], rows[1:]], rechunk=False))
    assert digest(rows) == digest(
        rows.with_columns(pl.col("placed_by").cast(pl.Categorical).cast(pl.String))
    )
    changed = [
        rows.with_columns(outcome=pl.lit("allowed", rows.schema["outcome"])),
        rows.with_columns(placed_by=pl.lit("lendeR")),
        rows.with_columns(asked_at=pl.lit(None, rows.schema["asked_at"])),
        rows.reverse(),
        rows[:2],
        rows.rename({"failed_0": "passed_0"}),
    ]
    seen = {digest(each) for each in [rows, *changed]}
    assert len(seen) == len(changed) + 1


def test_a_null_is_not_a_nothing_and_words_do_not_run_together() -> None:
    assert digest(pl.DataFrame({"a": [None, 1]})) != digest(pl.DataFrame({"a": [0, 1]}))
    assert digest(pl.DataFrame({"a": ["ab", "c"]})) != digest(pl.DataFrame({"a": ["a", "bc"]}))


def test_a_root_hangs_on_every_file_its_place_and_the_night_before() -> None:
    roots = {root(["a", "b"], "x"), root(["b", "a"], "x"), root(["a"], "x"), root(["a", "b"], "y")}
    assert len(roots) == 4
