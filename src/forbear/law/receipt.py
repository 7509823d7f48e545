"""What the gate said, kept: one row a wish judged, files with a digest, a night with a root.

A receipt holds the request without personal values, the facts the rules looked at, the verdict of
every rule as bits, the deciding rule, the outcome and the lawful moments left. Names, numbers in
clear, ages and free text are not in it; ``person``, ``loan`` and ``number`` are keys that mean
nothing outside the book.

A file of receipts has a digest over its columns; the root of a night hashes the digests of its files
in order and the root of the night before, so that a changed, missing or reordered receipt of any past
night changes every root from there on. ``rulebook`` and ``policy`` are content hashes given by the
caller; they mean nothing here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from forbear.book.schema import CHANNELS, HOLD_KINDS, INSTANT, PURPOSES
from forbear.law import masks
from forbear.law.gate import MASKS, OUTCOMES
from forbear.law.request import PACKED, RECIPIENTS, VOCABULARY, complete

FLAGS = (
    "planned", "recorded", "certified", "sender_registered", "explained", "decided_by_person",
    "hardship", "vulnerable", "over_ceiling", "assigned", "number_suppressed", "contact_refused",
    "contact_invited", "own_numbers_invalid", "agency_listed", "channel_stopped", "exam_family",
    "entry_consent", "inherited_value_known",
)  # fmt: skip
"""Yes/no facts, as bits of ``flags``; ``flags_known`` says which of them were known."""

INSTANTS = ("last_talk_at", "last_text_at", "last_visit_at", "number_last_attempt_at",
            "visit_notice_at", "adverse_notice_at", "agency_notice_at")  # fmt: skip
COUNTS = ("failures_running", "failure_days_running", "failure_bands", "contact_person_calls_case")


def receipt_columns(words: int) -> pl.Schema:
    """The columns of a receipt under a rulebook whose masks have so many words of 64 rules.

    ``rule``: place of the deciding rule in the rulebook (null: none); ``lawful_from`` and
    ``lawful_until``: first and last lawful moment of the day (null: none); ``holds``: bits in the order
    of ``HOLD_KINDS``. Receipts under rulebooks of other lengths are read together with
    ``pl.concat(…, how="diagonal")``.

    >>> [name for name in receipt_columns(2).names() if name.startswith("failed_")]
    ['failed_0', 'failed_1']
    """
    return pl.Schema(
        {
            "day": pl.Date(),
            "person": pl.Int64(),
            "wish": pl.Int64(),
            "loan": pl.Int64(),
            "number": pl.Int64(),
            "channel": pl.Enum(CHANNELS),
            "purpose": pl.Enum(PURPOSES),
            "recipient": pl.Enum(RECIPIENTS),
            "placed_by": pl.String(),
            "asked_by": pl.String(),
            "asked_at": INSTANT,
            "rulebook": pl.String(),
            "policy": pl.String(),
            "zones": pl.String(),
            "agreed_hours": pl.String(),
            "days_past_due": pl.Int32(),
            "limitation_from": pl.Date(),
            "flags": pl.UInt32(),
            "flags_known": pl.UInt32(),
            "holds": pl.UInt32(),
            **{name: pl.Int32() for name in COUNTS},
            **{f"{name}_packed": pl.UInt64() for name in PACKED},
            "attempts_number_packed": pl.UInt64(),
            **dict.fromkeys(INSTANTS, INSTANT),
            **{column: masks.WORD for name in MASKS for column in masks.columns(name, words)},
            "rule": masks.PLACE,
            "missing_fact": pl.String(),
            "outcome": pl.Enum(OUTCOMES),
            "lawful_from": INSTANT,
            "lawful_until": INSTANT,
            "not_before": INSTANT,
        }
    )


def receipts(
    asked: pl.DataFrame,
    verdicts: pl.DataFrame,
    *,
    day: date,
    rulebook_digest: str,
    policy_digest: str,
    asked_by: str,
) -> pl.DataFrame:
    """The receipts of these wishes (as the gate was asked, with what stood on record) and verdicts.

    Sorted by person and wish. ``asked_by`` says who asked: ``night``, a desk, an agency.
    """
    count = sum(name.startswith("failed_") for name in verdicts.columns)
    bits = [column for name in MASKS for column in masks.columns(name, count)]
    schema = receipt_columns(count)
    words = [name for name in schema.names() if name in VOCABULARY]
    holds = [f"hold_{kind}" for kind in HOLD_KINDS]
    plain = complete(asked, [*words, *FLAGS, *holds, "zones"])
    known = _bits([pl.col(name).is_not_null() for name in FLAGS])
    verdict = verdicts.select(
        "wish", *bits, "missing_fact", "outcome", "not_before", rule="place",
        lawful_from=pl.col("spans").list.first().struct.field("from_at"),
        lawful_until=pl.col("spans").list.last().struct.field("until_at"),
    )  # fmt: skip
    return (
        plain.with_columns(
            flags=_bits([pl.col(name).fill_null(False) for name in FLAGS]),
            flags_known=known,
            holds=_bits([pl.col(name).fill_null(False) for name in holds]),
            zones=pl.col("zones").list.join(","),
            day=pl.lit(day),
            rulebook=pl.lit(rulebook_digest),
            policy=pl.lit(policy_digest),
            asked_by=pl.lit(asked_by),
        )
        .join(verdict, on="wish", how="left", maintain_order="left")
        .select(schema.names())
        .cast(schema)
        .sort("person", "wish")
    )


def _bits(conditions: Sequence[pl.Expr]) -> pl.Expr:
    """Yes/no expressions as bits, the first lowest."""
    return pl.sum_horizontal(
        [each.cast(pl.UInt32) * pl.lit(1 << n, pl.UInt32) for n, each in enumerate(conditions)]
    )


def digest(frame: pl.DataFrame) -> str:
    """sha256 over what a frame says: names, types, values, nulls. Not over how it lies in memory.

    Chunks, threads, shared string buffers and whatever stands under a null make no difference.

    >>> one = pl.DataFrame({"a": ["x", None, "yy"], "b": [1, 2, None]})
    >>> digest(one) == digest(pl.concat([one[:1], one[1:]])), digest(one) == digest(one[:2])
    (True, False)
    """
    hashed = hashlib.sha256(f"{frame.height} {list(frame.schema.items())}".encode())
    for column in frame.iter_columns():
        if column.dtype.is_nested():
            raise TypeError(f"{column.name}: a nested column has no digest")
        _hash_whole(hashed, column.is_null().cast(pl.UInt8))
        if column.dtype == pl.String:
            filled = column.fill_null("")
            _hash_whole(hashed, filled.str.len_bytes())
            hashed.update(str(filled.str.join("").item()).encode() if column.len() else b"")
        else:
            physical = column.cast(pl.UInt8) if column.dtype == pl.Boolean else column.to_physical()
            _hash_whole(hashed, physical.fill_null(0))
    return hashed.hexdigest()


def _hash_whole(hashed: hashlib._Hash, whole: pl.Series) -> None:
    """The values of a column without nulls, as they lie in one array."""
    hashed.update(np.ascontiguousarray(whole.rechunk().to_numpy()).data)


def root(digests: Sequence[str], before: str = "") -> str:
    """The root of a night: over its file digests in order and the root of the night before.

    >>> root(["a", "b"]) == root(["b", "a"]), root(["a"], before="x") == root(["a"])
    (False, False)
    """
    hashed = hashlib.sha256(f"before {before}\n".encode())
    for number, each in enumerate(digests):
        hashed.update(f"{number} {each}\n".encode())
    return hashed.hexdigest()
