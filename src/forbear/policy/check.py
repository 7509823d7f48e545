"""Does a policy make sense? Every mistake, each with file, line and remedy.

What the form cannot say: steps that can never hold, an ``else`` that goes nowhere, round in a circle
or to a harsher step, hardship used for anything but help, silence that is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from forbear.book.vocabulary import PROPOSED
from forbear.errors import PolicyError
from forbear.facts.definitions import FACTS
from forbear.policy.form import QUIET, Step
from forbear.policy.load import OWED, Policy
from forbear.policy.reachable import witness
from forbear.relief.offers import ALWAYS

Found = Iterator[PolicyError]


def problems(policy: Policy) -> list[PolicyError]:
    """What is wrong with this policy? Empty: nothing. In the order of the checks below.

    >>> from forbear.policy.load import read_policy
    >>> problems(read_policy("selective"))
    []
    """
    structural = [error for check in _STRUCTURE for error in check(policy)]
    if structural:
        return structural
    return [error for check in _MEANING for error in check(policy)]


def _ids(policy: Policy) -> Found:
    seen: set[str] = set()
    for place, step in enumerate(policy.steps):
        if step.id in seen or step.id == "none":
            yield PolicyError(
                f"step {step.id} is written twice" if step.id in seen else "a step is called none",
                where=policy.marked.at(("steps", place, "id")),
            )
        seen.add(step.id)


def _references(policy: Policy) -> Found:
    known = {step.id for step in policy.steps}
    for step in policy.steps:
        if step.else_ != "none" and step.else_ not in known:
            yield PolicyError(
                f"else goes to {step.else_}, which is not a step",
                where=policy.at(step.id, "else"),
                remedy="name a step, or none",
            )
    if policy.form.explore:
        for name in sorted(set(policy.form.explore.among) - known):
            yield PolicyError(
                f"explore names {name}, which is not a step", where=policy.marked.at(("explore",))
            )


def _facts(policy: Policy) -> Found:
    for step in policy.steps:
        for name in policy.conditions[step.id].unguarded:
            yield PolicyError(
                f"{name} can be unknown, and is compared without asking first",
                where=policy.at(step.id, "when"),
                remedy=f"write {name} IS NOT NULL AND …",
            )
    rank = FACTS.get(policy.form.rank)
    if rank is None or rank.unit not in ("amount", "share", "count", "days"):
        yield PolicyError(
            f"rank {policy.form.rank} is not a fact that can be ranked by",
            where=policy.marked.at(("rank",)),
        )
    elif rank.readers != "policy":
        yield PolicyError(
            f"rank may not read {rank.name}: it unlocks help and nothing else",
            where=policy.marked.at(("rank",)),
        )


def _silence(policy: Policy) -> Found:
    where = policy.marked.at(("silence",))
    for name in QUIET:
        if name not in policy.form.silence:
            yield PolicyError(f"silence does not name {name}", where=where, remedy="add it")
    for name in policy.form.silence:
        if name not in FACTS or FACTS[name].unit != "yes_no":
            yield PolicyError(f"silence names {name}, which is not a yes/no fact", where=where)


def _acts(policy: Policy) -> Found:
    given = {
        **{name: True for name in ALWAYS},
        **{
            name: bool(value)
            for name, value in policy.relief
            if name not in ("from_day", "penalty")
        },
    }
    for step in policy.steps:
        if step.do.channel in PROPOSED and not step.do.proposal:
            yield PolicyError(
                f"{step.do.channel} is decided by a named person",
                where=policy.at(step.id, "do"),
                remedy="add proposal: true",
            )
        for offer in step.do.offer:
            if not given.get(offer):
                yield PolicyError(
                    f"step {step.id} offers {offer}, which relief does not give",
                    where=policy.at(step.id, "do"),
                    remedy=f"add {offer} to relief",
                )


def _order(policy: Policy) -> Found:
    harsher: Step | None = None
    for step in policy.steps:
        if step.do.purpose in OWED:
            continue
        if harsher is not None and step.do.severity > harsher.do.severity:
            yield PolicyError(
                f"step {step.id} is more severe than {harsher.id} before it",
                where=policy.at(step.id),
                remedy="write the most severe first",
            )
        harsher = step


def _hardship(policy: Policy) -> Found:
    for step in policy.steps:
        for name, positive in _uses(policy.conditions[step.id].tree):
            readers = FACTS[name].readers
            helps = step.do.purpose == "help_offer"
            if readers == "relief" and not (helps and positive is True):
                yield PolicyError(
                    f"{name} unlocks help and nothing else",
                    where=policy.at(step.id, "when"),
                    remedy="use it only in a step whose purpose is help_offer, and not under NOT",
                )
            if readers == "restraint" and positive is not False:
                yield PolicyError(
                    f"{name} can only hold a step back",
                    where=policy.at(step.id, "when"),
                    remedy=f"write AND NOT {name}",
                )


def _uses(tree: exp.Expr, positive: bool = True) -> Iterator[tuple[str, bool | None]]:
    """Which facts are used, and does their being true bring the step (True) or take it (False)?

    None: neither for certain, as in a comparison.
    """
    if isinstance(tree, exp.Column):
        yield tree.name, positive
    elif isinstance(tree, exp.Paren):
        yield from _uses(tree.this, positive)
    elif isinstance(tree, exp.Not):
        yield from _uses(tree.this, not positive)
    elif isinstance(tree, exp.And | exp.Or):
        yield from _uses(tree.this, positive)
        yield from _uses(tree.expression, positive)
    else:
        for column in tree.find_all(exp.Column):
            yield column.name, None


def _quiet_for(policy: Policy, step: Step) -> tuple[str, ...]:
    """Which yes/no facts are no whenever this step may be wished?"""
    return () if step.do.purpose in OWED else policy.form.silence


def _reach(policy: Policy) -> Found:
    earlier: list[Step] = []
    named = {step.else_ for step in policy.steps}
    named |= set(policy.form.explore.among) if policy.form.explore else set()
    for step in policy.steps:
        tree = policy.conditions[step.id].tree
        quiet = _quiet_for(policy, step)
        if witness(tree, [], false=quiet) is None:
            told = "can never hold"
            if quiet and witness(tree, []) is not None:
                told = "can never hold while silence is kept"
            yield PolicyError(
                f"step {step.id} contradicts itself: it {told}", where=policy.at(step.id, "when")
            )
        elif step.id not in named:  # an else or an arm is reached through the step that names it
            before = [policy.conditions[each.id].tree for each in earlier]
            if witness(tree, before, false=quiet) is None:
                yield PolicyError(
                    f"step {step.id} is never reached: the steps before it hold whenever it does",
                    where=policy.at(step.id, "when"),
                    remedy="move it up, or narrow the steps before it",
                )
        earlier.append(step)


def _elses(policy: Policy) -> Found:
    by_id = {step.id: step for step in policy.steps}
    circling = _circling(policy)
    for step in policy.steps:
        if step.else_ == "none":
            continue
        target = by_id[step.else_]
        where = policy.at(step.id, "else")
        if step.id in circling:
            if step.id == circling[0]:
                yield PolicyError(f"else goes round in a circle from {step.id}", where=where)
            continue
        if target.do.severity > step.do.severity:
            yield PolicyError(
                f"else of {step.id} goes to {target.id}, a harsher step",
                where=where,
                remedy="go to the same or a gentler step, or none",
            )
        both = exp.And(
            this=exp.Paren(this=policy.conditions[step.id].tree.copy()),
            expression=exp.Paren(this=policy.conditions[target.id].tree.copy()),
        )
        if witness(both, [], false=_quiet_for(policy, step)) is None:
            yield PolicyError(
                f"else of {step.id} goes to {target.id}, which never holds where {step.id} does",
                where=where,
                remedy="a wish falls through only to a step that holds as well",
            )


def _circling(policy: Policy) -> list[str]:
    following = {step.id: step.else_ for step in policy.steps}
    found = []
    for start in following:
        here, seen = following[start], {start}
        while here in following and here not in seen:
            seen.add(here)
            here = following[here]
        if here == start:
            found.append(start)
    return found


_STRUCTURE: tuple[Callable[[Policy], Found], ...] = (_ids, _references, _facts, _silence)
_MEANING: tuple[Callable[[Policy], Found], ...] = (_acts, _order, _hardship, _elses, _reach)
