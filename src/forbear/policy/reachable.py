"""Can a step ever be the wish? A search over what facts can be, exact for this language.

Conditions compare facts with constants, so each fact matters only through which constants it lies
at or between. One value from each such cell is enough. The search assigns facts one by one and asks
after each which answers of each condition are still possible; most branches die at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from sqlglot import exp

from forbear.facts.definitions import FACTS

Value = int | str | bool | None
Answers = int
"""A set of possible answers as bits: yes, no, unknown."""

YES, NO, UNKNOWN = 1, 2, 4
STEPS_MOST = 200_000
"""Places the search visits before it gives up and calls the step reachable."""

_OTHER = "\0some other word"


def constants(tree: exp.Expr) -> dict[str, tuple[int, ...]]:
    """With which whole numbers does a condition compare each fact?

    >>> import sqlglot
    >>> constants(sqlglot.parse_one("a >= 3 AND b BETWEEN 1 AND 2"))
    {'a': (3,), 'b': (1, 2)}
    """
    found: dict[str, set[int]] = {}
    for node in tree.walk():
        name, values = _compared(node)
        if name:
            numbers = {v for v in values if isinstance(v, int) and not isinstance(v, bool)}
            found.setdefault(name, set()).update(numbers)
    return {name: tuple(sorted(values)) for name, values in found.items()}


def witness(
    must: exp.Expr, never: Sequence[exp.Expr], *, false: Sequence[str] = ()
) -> Mapping[str, Value] | None:
    """For which facts does ``must`` hold while none of ``never`` does? None: for none at all.

    ``false`` are yes/no facts that are taken to be no.
    """
    return _Search(must, never, false).run()


def witness_where(must: exp.Expr, known: Mapping[str, Value]) -> bool:
    """Can ``must`` hold where these facts have these values?

    >>> from forbear.facts.definitions import words
    >>> from forbear.facts.expression import parse
    >>> said = parse("days_to_due = 3 AND days_past_due = 0", words()).tree
    >>> witness_where(said, {"days_to_due": 3}), witness_where(said, {"days_to_due": 2})
    (True, False)
    """
    search = _Search(must, [], ())
    for name, value in known.items():
        search.domains[name] = [value]
    return search.run() is not None


def _compared(node: exp.Expr) -> tuple[str, list[Value]]:
    """Which fact does this comparison look at, and which values does it name?"""
    if isinstance(node, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
        if isinstance(node.expression, exp.Column):
            return "", []
        return node.this.name, [_literal(node.expression)]
    if isinstance(node, exp.In):
        return node.this.name, [_literal(each) for each in node.expressions]
    if isinstance(node, exp.Between):
        return node.this.name, [_literal(node.args["low"]), _literal(node.args["high"])]
    return "", []


def _literal(node: exp.Expr) -> Value:
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Neg):
        return -cast(int, _literal(node.this))
    return str(node.this) if node.is_string else int(node.this)


class _Search:
    def __init__(self, must: exp.Expr, never: Sequence[exp.Expr], false: Sequence[str]) -> None:
        self.must, self.never = must, list(never)
        self.visited = 0
        self.domains = _domains([must, *never])
        for name in false:
            self.domains[name] = [False]

    def run(self) -> Mapping[str, Value] | None:
        return self.extend({name: few[0] for name, few in self.domains.items() if len(few) == 1})

    def extend(self, known: dict[str, Value]) -> Mapping[str, Value] | None:
        self.visited += 1
        if self.visited > STEPS_MOST:
            return known
        held = answers(self.must, known)
        if not held & YES:
            return None
        blocking = []
        for each in self.never:
            possible = answers(each, known)
            if possible == YES:
                return None
            if possible & YES:
                blocking.append(each)
        if held == YES and not blocking:
            return known
        name = self.next_name([self.must, *blocking], known)
        if name is None:
            return known
        for value in self.domains[name]:
            found = self.extend({**known, name: value})
            if found is not None:
                return found
        return None

    def next_name(self, trees: Sequence[exp.Expr], known: Mapping[str, Value]) -> str | None:
        for tree in trees:
            if answers(tree, known) in (YES, NO, UNKNOWN):
                continue
            for column in tree.find_all(exp.Column):
                if column.name not in known and column.name in self.domains:
                    return column.name
        return None


def _domains(trees: Sequence[exp.Expr]) -> dict[str, list[Value]]:
    """One value of every cell of every fact that these conditions look at."""
    numbers: dict[str, set[int]] = {}
    spoken: dict[str, set[str]] = {}
    names: set[str] = set()
    for tree in trees:
        names |= {column.name for column in tree.find_all(exp.Column)}
        for node in tree.walk():
            name, values = _compared(node)
            for value in values:
                if isinstance(value, str):
                    spoken.setdefault(name, set()).add(value)
                elif not isinstance(value, bool) and value is not None:
                    numbers.setdefault(name, set()).add(value)
    domains: dict[str, list[Value]] = {}
    for name in sorted(names):
        fact = FACTS.get(name)
        values_: list[Value]
        if fact is not None and fact.unit == "yes_no":
            values_ = [False, True]
        elif fact is not None and fact.unit == "word":
            values_ = [*fact.words] or [*sorted(spoken.get(name, set())), _OTHER]
        else:
            values_ = [*_cells(numbers.get(name, {0}), fact.least if fact else None)]
        domains[name] = [*values_, None] if fact is not None and fact.empty is None else values_
    return domains


def _cells(points: set[int], least: int | None) -> list[int]:
    near = {value + step for value in points for step in (-1, 0, 1)}
    return sorted(value for value in near if least is None or value >= least)


def answers(node: exp.Expr, known: Mapping[str, Value]) -> Answers:
    """Which answers can this condition still have, when only these facts are known?

    >>> import sqlglot
    >>> said = sqlglot.parse_one("a >= 3 AND b = 1")
    >>> answers(said, {"a": 2}) == NO, answers(said, {"a": 3}) == YES | NO | UNKNOWN
    (True, True)
    """
    if isinstance(node, exp.Paren):
        return answers(node.this, known)
    if isinstance(node, exp.Not):
        inner = answers(node.this, known)
        return (inner & UNKNOWN) | (YES if inner & NO else 0) | (NO if inner & YES else 0)
    if isinstance(node, exp.And | exp.Or):
        left, right = answers(node.this, known), answers(node.expression, known)
        return _both(left, right) if isinstance(node, exp.And) else _either(left, right)
    if isinstance(node, exp.Boolean):
        return YES if node.this else NO
    return _leaf(node, known)


def _both(left: Answers, right: Answers) -> Answers:
    no = NO if (left | right) & NO else 0
    yes = YES if left & right & YES else 0
    open_ = UNKNOWN if (left & UNKNOWN and right & ~NO) or (right & UNKNOWN and left & ~NO) else 0
    return no | yes | open_


def _either(left: Answers, right: Answers) -> Answers:
    yes = YES if (left | right) & YES else 0
    no = NO if left & right & NO else 0
    open_ = UNKNOWN if (left & UNKNOWN and right & ~YES) or (right & UNKNOWN and left & ~YES) else 0
    return no | yes | open_


def _leaf(node: exp.Expr, known: Mapping[str, Value]) -> Answers:
    columns = [column.name for column in node.find_all(exp.Column)]
    if isinstance(node, exp.Column):
        columns = [node.name]
    if len(columns) != 1 or columns[0] not in known:
        return YES | NO | (0 if isinstance(node, exp.Is) else UNKNOWN)
    value = known[columns[0]]
    if isinstance(node, exp.Is):
        return YES if value is None else NO
    if value is None:
        return UNKNOWN
    return YES if _true(node, value) else NO


def _true(node: exp.Expr, value: Value) -> bool:
    if isinstance(node, exp.Column):
        return value is True
    _, named = _compared(node)
    if isinstance(node, exp.In):
        return value in named
    if isinstance(node, exp.EQ | exp.NEQ):
        return (value == named[0]) == isinstance(node, exp.EQ)
    low, number = cast(int, named[0]), cast(int, value)
    if isinstance(node, exp.Between):
        return low <= number <= cast(int, named[1])
    if isinstance(node, exp.LT | exp.LTE):
        return number < low or (number == low and isinstance(node, exp.LTE))
    return number > low or (number == low and isinstance(node, exp.GTE))
