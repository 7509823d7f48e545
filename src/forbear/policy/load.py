"""Which policy is this? Read a file, or one that ships, into something that can be run.

What is returned has passed every check of ``forbear.policy.check``; a file with mistakes raises the
first of them, with file and line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forbear.errors import PolicyError
from forbear.facts.definitions import words
from forbear.facts.expression import Expression, parse
from forbear.marked import Marked, Place
from forbear.policy.form import Do, PolicyForm, Step
from forbear.relief.offers import FACTS_READ
from forbear.relief.terms import Relief

NOTICE = "notice_required"
"""The purpose of the notice floor."""

OWED = (NOTICE, "confirm_talk")
"""Purposes that are owed to the person and chase nobody: no promise or request silences them."""


@dataclass(frozen=True)
class Policy:
    """A policy that was read and checked."""

    id: str
    form: PolicyForm
    conditions: Mapping[str, Expression]
    """What each step's ``when`` says, by step id."""
    marked: Marked

    @property
    def steps(self) -> tuple[Step, ...]:
        """Most severe first."""
        return self.form.steps

    @property
    def relief(self) -> Relief:
        """The ways out it gives."""
        return self.form.relief

    @property
    def capacity(self) -> Mapping[str, int]:
        """How many contacts a day, by channel; a channel not named has no limit here."""
        return self.form.capacity

    @property
    def currency(self) -> str:
        """In which currency its amounts are."""
        return self.form.currency

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Which place has each step, counted from 0, most severe first?"""
        return {step.id: place for place, step in enumerate(self.steps)}

    @cached_property
    def digest(self) -> str:
        """What stands for its content: SHA-256 over the content, not over blanks and comments."""
        content = self.form.model_dump(mode="json", by_alias=True)
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def facts_read(self) -> frozenset[str]:
        """Which facts must a morning compute for this policy?"""
        named = {name for said in self.conditions.values() for name in said.names}
        own = {self.form.rank, "days_past_due", "amount_due"}
        return frozenset(named | own | set(self.form.silence) | set(FACTS_READ))

    @cached_property
    def due_within(self) -> int:
        """How many days before a due date does a step look at people? At most 31, at least 0."""
        from forbear.policy.reachable import constants

        bounds = [constants(said.tree).get("days_to_due", ()) for said in self.conditions.values()]
        return max([0, *(value for few in bounds for value in few if 0 <= value <= 31)])

    @cached_property
    def due_in(self) -> frozenset[int]:
        """How many days before a due date, exactly, can a step hold for someone not in arrears?

        A morning need look at no other healthy loans: with one reminder on D−3 that is a thirtieth
        of a monthly book and not a tenth.

        >>> load("visit").due_in
        frozenset({3})
        """
        from forbear.policy.reachable import witness_where

        days = range(self.due_within + 1)
        trees = [self.conditions[step.id].tree for step in self.steps]
        healthy = {"days_past_due": 0, "loans_overdue": 0}
        return frozenset(
            day
            for day in days
            if any(witness_where(tree, {**healthy, "days_to_due": day}) for tree in trees)
        )

    def else_chain(self, step: str) -> tuple[str, ...]:
        """Where may a blocked wish for this step go, in order? Each is the same or gentler."""
        by_id = {each.id: each for each in self.steps}
        chain: list[str] = []
        following = by_id[step].else_
        while following != "none" and following in by_id and following not in chain:
            chain.append(following)
            following = by_id[following].else_
        return tuple(chain)

    def do(self, step: str) -> Do:
        """What does this step do? Raises KeyError for a step it does not have."""
        return self.steps[self.place[step]].do

    def at(self, step: str, key: str | None = None) -> str:
        """Where does a step stand in its file, as ``file line N``?"""
        path: Place = ("steps", self.place[step])
        return self.marked.at((*path, key) if key else path)


def shipped() -> tuple[str, ...]:
    """Which policies ship with the engine?

    >>> shipped()
    ('do-nothing', 'humane', 'industry', 'prompt', 'selective', 'visit')
    """
    folder = resources.files("forbear") / "policies"
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(n.removesuffix(".yaml") for n in names if n.endswith(".yaml")))


def load(name_or_path: str | Path) -> Policy:
    """Which policy has this name, or stands in this file? Checked; ready to run.

    A name that ships (``selective``), or a path that ends in ``.yaml``. Raises PolicyError with file
    and line for the first mistake, and for a name that does not exist.

    >>> load("do-nothing").form.name.en
    'Do nothing but give notice'
    """
    if str(name_or_path) in shipped():
        return _load_shipped(str(name_or_path))
    return _checked(read_policy(name_or_path))


@cache
def _load_shipped(name: str) -> Policy:
    """What ships does not change while a program runs, so it is read and checked once."""
    return _checked(read_policy(name))


def _checked(policy: Policy) -> Policy:
    from forbear.policy.check import problems

    for problem in problems(policy):
        raise problem
    return policy


def read_policy(name_or_path: str | Path) -> Policy:
    """Read a policy without asking whether its steps make sense together (``problems`` does)."""
    text, where, id_ = _text(name_or_path)
    marked = Marked(text, where, PolicyError)
    if marked.data is None:
        raise PolicyError("the file is empty", where=where)
    try:
        form = PolicyForm.model_validate(marked.data)
    except ValidationError as problem:
        raise _first(problem, marked) from None
    declared = words()
    conditions = {
        step.id: parse(
            step.when, declared, where=marked.at(("steps", place, "when")), error=PolicyError
        )
        for place, step in enumerate(form.steps)
    }
    return Policy(id_, form, conditions, marked)


def _text(name_or_path: str | Path) -> tuple[str, str, str]:
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml"):
        try:
            return path.read_text(encoding="utf-8"), str(name_or_path), path.stem
        except UnicodeDecodeError:
            raise PolicyError("not UTF-8 text", where=str(name_or_path)) from None
    if str(name_or_path) not in shipped():
        raise PolicyError(
            f"there is no policy {str(name_or_path)!r}",
            remedy=f"one of {', '.join(shipped())}, or a file that ends in .yaml",
        )
    file = resources.files("forbear") / "policies" / f"{name_or_path}.yaml"
    return file.read_text(encoding="utf-8"), f"{name_or_path}.yaml", str(name_or_path)


def _first(problem: ValidationError, marked: Marked) -> PolicyError:
    """The first thing wrong with the form, in the words of the file."""
    errors = problem.errors()
    # A list with a wrong item is also reported as too short; the item is what is wrong.
    inner = [e for e in errors if not any(_inside(other["loc"], e["loc"]) for other in errors)]
    error: Any = min(inner, key=lambda e: marked.line(e["loc"]))
    path = tuple(error["loc"])
    key = str(path[-1]) if path else "the file"
    match error["type"]:
        case "missing":
            said = f"missing {key}"
        case "extra_forbidden":
            said = f"unknown key {key}"
        case "too_short":
            said = f"{key} is empty"
        case "value_error":
            said = str(error["ctx"]["error"])
        case _:
            said = f"{key}: {str(error['msg']).lower()}"
    return PolicyError(said, where=marked.at(path))


def _inside(path: tuple[int | str, ...], around: tuple[int | str, ...]) -> bool:
    return len(path) > len(around) and path[: len(around)] == around
