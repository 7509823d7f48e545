"""Conformance cases: situations with an expected answer, turned into the same facts the gate uses.

A case file has ``vectors``; each has a ``setup`` (consumer, debts, events), an ``attempt`` and what
is ``expected``. The events become rows of the book's tables (``forbear.law.case_reader``), the rows
become carried facts through ``forbear.facts.history``, the attempt becomes a wish, and the one gate
judges it: there is no second implementation here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from forbear.book.schema import TABLES
from forbear.errors import CaseError
from forbear.facts.history import recompute
from forbear.law.case_reader import Case, Tables, known_word
from forbear.law.gate import judge
from forbear.law.request import VOCABULARY
from forbear.law.rulebook import SHIPPED, Rulebook, load
from forbear.law.standing import Record, standing

EXPECTED = {
    "allowed": "allowed",
    "blocked": "blocked",
    "presumed_violation": "review",
    "review": "review",
}

TEXT_WORDS = {"content", "message", "body", "disclosures"}
"""Attempt words about what is said: such a case is skipped, and counted as wording."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case."""

    id: str
    expected: str
    got: str
    """allowed, review, blocked, or ``skipped``."""
    rule: str
    """The deciding rule, the missing fact after it; or why it was skipped."""

    @property
    def passed(self) -> bool:
        """Was the expected answer given?"""
        return self.got == self.expected


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate said of one situation, and by which book."""

    verdict: Mapping[str, Any]
    """The columns of ``forbear.law.gate.verdict_columns``."""
    rulebook: Rulebook


def read_cases(text: str, *, where: str = "") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The vectors of a case file and the facts it assumes. Raises CaseError for what is not one.

    >>> read_cases('{"vectors": []}')
    ([], {})
    """
    try:
        said = json.loads(text)
    except ValueError as problem:
        raise CaseError(f"not JSON: {problem}", where=where) from None
    vectors = (
        said if isinstance(said, list) else said.get("vectors") if isinstance(said, dict) else None
    )
    if not isinstance(vectors, list) or not all(isinstance(each, dict) for each in vectors):
        raise CaseError("no list of vectors", where=where, remedy='{"vectors": […]}')
    assume = said.get("assume", {}) if isinstance(said, dict) else {}
    for name in assume:
        if name not in VOCABULARY:
            raise CaseError(f"assumes an unknown word {name}", where=where)
    seen: set[str] = set()
    for number, vector in enumerate(vectors):
        name = str(vector.get("id", ""))
        if not name or name in seen:
            raise CaseError(
                "an id is missing or used twice", where=f"{where} vector {number + 1} {name}"
            )
        seen.add(name)
    return vectors, assume


def run_cases(
    vectors: list[dict[str, Any]],
    *,
    law: str = "cn",
    assume: Mapping[str, Any] | None = None,
    root: Path = SHIPPED,
) -> list[Result]:
    """What does the gate answer each case, and is that what was expected?

    A case is judged by the ``rulebook`` it names (``law`` where it names none). Cases about wording
    and cases of a rulebook that is not here are skipped. Raises CaseError for an unknown word.
    """
    results = []
    for vector, said in zip(
        vectors, answer_cases(vectors, law=law, assume=assume, root=root), strict=True
    ):
        expected = known_word(vector, "expected", EXPECTED, str(vector["id"]))
        if isinstance(said, str):
            results.append(Result(vector["id"], expected, "skipped", said))
            continue
        missing = (
            f" (missing: {said.verdict['missing_fact']})" if said.verdict["missing_fact"] else ""
        )
        rule = f"{said.verdict['rule'] or 'no rule'}{missing}"
        results.append(Result(vector["id"], expected, said.verdict["outcome"], rule))
    return results


def answer_cases(
    vectors: list[dict[str, Any]],
    *,
    law: str = "cn",
    assume: Mapping[str, Any] | None = None,
    root: Path = SHIPPED,
) -> list[Answer | str]:
    """What does the gate answer each of these situations? Or why it is skipped."""
    tables, books = Tables(), dict[str, Rulebook]()
    skipped: dict[int, str] = {}
    by_book: dict[str, list[int]] = {}
    for key, vector in enumerate(vectors, start=1):
        spec = str(vector.get("rulebook", law))
        if spec not in books and not _is_here(spec, root):
            skipped[key] = f"rulebook {spec} is not here"
        elif TEXT_WORDS & set(vector.get("attempt", {})):
            skipped[key] = "wording"
        else:
            if spec not in books:
                books[spec] = load(spec, root=root)
            Case(key, vector, assume or {}, tables).read()
            by_book.setdefault(spec, []).append(key)
    answers: dict[int, Answer] = {}
    if by_book:
        asked = _stand(tables)
        for spec, keys in by_book.items():
            part = asked.filter(pl.col("wish").is_in(keys))
            for row in judge(part, books[spec]).iter_rows(named=True):
                answers[row["wish"]] = Answer(row, books[spec])
    return [answers.get(key) or skipped[key] for key in range(1, len(vectors) + 1)]


def _is_here(spec: str, root: Path) -> bool:
    return all((root / part.partition("@")[0].strip()).is_dir() for part in spec.split("+"))


def _stand(tables: Tables) -> pl.DataFrame:
    """The wishes of all cases with everything on record about them."""
    frames = {
        name: pl.DataFrame(getattr(tables, name), schema=TABLES[name].schema)
        for name in ("people", "numbers", "contacts", "holds", "consents", "placements")
    }
    suppressed = pl.DataFrame(
        tables.suppressed, schema={"number": pl.Int64, "since_at": pl.Datetime("us", "UTC")}
    )
    carried = recompute(frames.pop("contacts"), numbers=frames["numbers"], people=frames["people"])
    names = sorted({name for wish in tables.wishes for name in wish} - {"wish", "last_paid_on"})
    schema = {"wish": pl.Int64(), "last_paid_on": pl.Date(),
              **{name: VOCABULARY[name].dtype for name in names}}  # fmt: skip
    wishes = pl.DataFrame(tables.wishes, schema=schema)
    return standing(wishes, Record.of(carried, suppressed=suppressed, **frames))
