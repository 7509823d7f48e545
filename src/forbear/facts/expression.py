"""A closed subset of SQL over declared words: the language of ``applies``, ``must`` and ``when``.

Allowed: AND, OR, NOT, parentheses, ``=  <>  <  <=  >  >=``, IN, BETWEEN, IS [NOT] NULL, whole and
decimal numbers, quoted words, TRUE, FALSE, and ``yuan(…)`` for money. Nothing else: no arithmetic,
no functions, no sub-queries. Every name must be declared, and every comparison must be between a
word and a value of its kind, so that a mistake is found when the file is read, not at night.

Money and shares are exact: ``yuan(2000)`` is 200000 fen; a share fact is whole millionths, so the
literal ``0.8`` beside it becomes 800000. Unknown (null) follows Kleene: ``unknown AND false`` is
false, ``unknown OR true`` is true, any other comparison with unknown is unknown. What unknown means
is for the reader to say: ``holds`` takes it as no, ``unknown`` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation, Overflow
from typing import Literal, NoReturn, cast

import polars as pl
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from forbear.errors import ForbearError, InputError

Kind = Literal["number", "amount", "share", "yes_no", "word", "day", "instant"]

SHARE_ONE = 1_000_000
"""A share is whole millionths."""

INT64_MAX = 2**63 - 1
"""Facts are columns of 64 bits."""


@dataclass(frozen=True, slots=True)
class Word:
    """A declared name: what kind of value it has, whether it can be unknown, which words it can be."""

    kind: Kind
    may_be_unknown: bool = False
    values: tuple[str, ...] = ()
    """For words: the closed list a literal must come from; empty: any."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that was read and checked."""

    text: str
    """As written, blanks folded."""
    expr: pl.Expr
    """True, false or null (unknown) a row."""
    names: tuple[str, ...]
    """Words it uses, in order of first use."""
    tree: exp.Expr
    """The syntax tree with money and shares already whole numbers."""
    possible: pl.Expr
    """The same where IS NULL is unknown too: false only where it is false whatever the words that
    are null turn out to be."""
    unguarded: tuple[str, ...]
    """Words that can be unknown and are compared without ``x IS NOT NULL AND`` (or ``x IS NULL OR``)
    before them."""

    @property
    def holds(self) -> pl.Expr:
        """True where the condition holds for certain; unknown counts as no."""
        return self.expr.fill_null(False)

    @property
    def unknown(self) -> pl.Expr:
        """True where the answer hangs on a word that is null."""
        return self.expr.is_null()

    @property
    def sql(self) -> str:
        """The same condition as SQL over whole numbers, for another engine to check."""
        return self.tree.sql(dialect="duckdb")


Fail = Callable[[str, exp.Expr | None, str], NoReturn]

_OPERATORS: dict[type[exp.Expr], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
}
_ORDERED = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.EQ, exp.NEQ: exp.NEQ, exp.LT: exp.GT, exp.LTE: exp.GTE,
    exp.GT: exp.LT, exp.GTE: exp.LTE,
}  # fmt: skip


def parse(
    text: str,
    words: Mapping[str, Word],
    *,
    where: str = "",
    error: type[ForbearError] = InputError,
) -> Expression:
    """What does this condition say over these words? Checked, compiled, with the names it uses.

    ``where`` (file and line) begins every message; the column inside the text is added. ``error``
    is the class raised for a word that is not declared, a value of the wrong kind, or anything
    outside the subset.

    >>> facts = {"days_past_due": Word("number"), "self_cure": Word("share"),
    ...          "balance": Word("amount"), "channel": Word("word", values=("call", "sms"))}
    >>> said = parse("days_past_due >= 31 AND self_cure < 0.8 AND balance >= yuan(2000)", facts)
    >>> said.sql
    'days_past_due >= 31 AND self_cure < 800000 AND balance >= 200000'
    >>> said.names
    ('days_past_due', 'self_cure', 'balance')
    >>> parse("channel = 'cal'", facts, where="a.yaml 3")
    Traceback (most recent call last):
    ...
    forbear.errors.InputError: a.yaml 3, column 11: 'cal' is not a value of channel (one of: call, sms)
    """
    reading = _Reading(text, words, where, error)
    return reading.run()


class _Reading:
    """One pass over one condition."""

    def __init__(
        self, text: str, words: Mapping[str, Word], where: str, error: type[ForbearError]
    ) -> None:
        self.text, self.words, self.where, self.error = text, words, where, error
        self.names: dict[str, None] = {}
        self.unguarded: dict[str, None] = {}
        self.nulls_are_unknown = False

    def run(self) -> Expression:
        """Parse, check, compile."""
        try:
            tree = sqlglot.parse_one(self.text, dialect="duckdb")
        except (SqlglotError, RecursionError) as problem:
            line = str(problem).splitlines()[0].split(". Line")[0]
            self.fail(f"cannot read {self.text[:60]!r}: {line}", None, "see the allowed forms")
        expr, whole = self.condition(tree, frozenset())
        self.nulls_are_unknown = True
        possible, _ = self.condition(tree, frozenset())
        return Expression(
            " ".join(self.text.split()),
            expr,
            tuple(self.names),
            whole,
            possible,
            tuple(self.unguarded),
        )

    def fail(self, problem: str, node: exp.Expr | None, remedy: str = "") -> NoReturn:
        """Raise, with the column of the first place in ``node`` that has one."""
        where = self.where
        start = _position(node)
        if start is not None:
            where = f"{where}, column {start + 1}" if where else f"column {start + 1}"
        raise self.error(problem, where=where, remedy=remedy)

    def condition(self, node: exp.Expr, known: frozenset[str]) -> tuple[pl.Expr, exp.Expr]:
        """Compile a node that must be true or false. ``known``: words a guard has shown not null."""
        if isinstance(node, exp.Paren):
            expr, tree = self.condition(node.this, known)
            return expr, exp.Paren(this=tree)
        if isinstance(node, exp.And):
            left, left_tree = self.condition(node.this, known)
            right, right_tree = self.condition(node.expression, known | _guards(node.this))
            return left & right, exp.And(this=left_tree, expression=right_tree)
        if isinstance(node, exp.Or):
            left, left_tree = self.condition(node.this, known)
            right, right_tree = self.condition(node.expression, known | _guards(node.this, False))
            return left | right, exp.Or(this=left_tree, expression=right_tree)
        if isinstance(node, exp.Not):
            expr, tree = self.condition(node.this, known)
            return ~expr, exp.Not(this=tree)
        if isinstance(node, exp.Boolean):
            return pl.lit(bool(node.this), dtype=pl.Boolean), node
        if isinstance(node, exp.Is):
            return self.is_null(node)
        if isinstance(node, exp.Column):
            name, word = self.word(node, known)
            if word.kind != "yes_no":
                self.fail(f"{name} is not a yes/no word", node, f"compare it, as {name} = …")
            return pl.col(name), exp.column(name)
        if type(node) in _OPERATORS:
            return self.comparison(node, known)
        if isinstance(node, exp.In):
            return self.membership(node, known)
        if isinstance(node, exp.Between):
            return self.between(node, known)
        return self.fail(
            f"{node.sql()[:60]!r} is outside the language of conditions",
            node,
            "AND, OR, NOT, comparisons, IN, BETWEEN, IS NULL, yuan(…)",
        )

    def word(self, node: exp.Expr, known: frozenset[str] | None) -> tuple[str, Word]:
        """Which declared word is this? ``known`` None: it is only asked whether it is null."""
        if not isinstance(node, exp.Column) or node.args.get("table"):
            self.fail(f"{node.sql()[:60]!r} is not a word", node, "compare a word with a value")
        name = node.name
        if name not in self.words:
            near = _nearest(name, self.words)
            self.fail(f"unknown word {name}", node, f"did you mean {near}?" if near else "")
        self.names[name] = None
        word = self.words[name]
        if known is not None and word.may_be_unknown and name not in known:
            self.unguarded[name] = None
        return name, word

    def is_null(self, node: exp.Is) -> tuple[pl.Expr, exp.Expr]:
        if not isinstance(node.expression, exp.Null):
            self.fail("IS is only for NULL", node, "write x, NOT x, or x IS NULL")
        name, _ = self.word(node.this, None)
        unknown = pl.lit(None, dtype=pl.Boolean)
        answer = unknown if self.nulls_are_unknown else pl.col(name).is_null()
        return answer, exp.Is(this=exp.column(name), expression=exp.Null())

    def comparison(self, node: exp.Expr, known: frozenset[str]) -> tuple[pl.Expr, exp.Expr]:
        left, right, operator = node.this, node.expression, type(node)
        if not isinstance(left, exp.Column) and isinstance(right, exp.Column):
            left, right, operator = right, left, _FLIPPED[operator]
        name, word = self.word(left, known)
        if isinstance(right, exp.Column):
            other, other_word = self.word(right, known)
            if other_word.kind != word.kind:
                self.fail(f"{name} ({word.kind}) beside {other} ({other_word.kind})", node)
            value, value_tree = pl.col(other), cast(exp.Expr, exp.column(other))
        else:
            value, value_tree = self.value(right, name, word)
        if operator in _ORDERED and word.kind in ("word", "yes_no"):
            self.fail(f"{name} has no order", node, "use = or IN")
        return _OPERATORS[operator](pl.col(name), value), operator(
            this=exp.column(name), expression=value_tree
        )

    def membership(self, node: exp.In, known: frozenset[str]) -> tuple[pl.Expr, exp.Expr]:
        if node.args.get("query") or not node.expressions:
            self.fail("IN needs a list of values", node)
        name, word = self.word(node.this, known)
        values = [self.value(each, name, word) for each in node.expressions]
        expr = pl.any_horizontal([pl.col(name) == value for value, _ in values])
        return expr, exp.In(this=exp.column(name), expressions=[tree for _, tree in values])

    def between(self, node: exp.Between, known: frozenset[str]) -> tuple[pl.Expr, exp.Expr]:
        name, word = self.word(node.this, known)
        if word.kind in ("word", "yes_no"):
            self.fail(f"{name} has no order", node, "use = or IN")
        low, low_tree = self.value(node.args["low"], name, word)
        high, high_tree = self.value(node.args["high"], name, word)
        expr = (pl.col(name) >= low) & (pl.col(name) <= high)
        return expr, exp.Between(this=exp.column(name), low=low_tree, high=high_tree)

    def value(self, node: exp.Expr, name: str, word: Word) -> tuple[pl.Expr, exp.Expr]:
        """The literal beside ``name``, as the whole number or word it is stored as."""
        if isinstance(node, exp.Paren):
            return self.value(node.this, name, word)
        if isinstance(node, exp.Null):
            self.fail(f"{name} = NULL is never true", node, f"write {name} IS NULL")
        if word.kind == "yes_no":
            if not isinstance(node, exp.Boolean):
                self.fail(f"{name} is yes or no", node, "write TRUE or FALSE")
            return pl.lit(bool(node.this), dtype=pl.Boolean), node
        if word.kind == "word":
            return self.text_value(node, name, word)
        if word.kind == "day":
            return self.day_value(node, name)
        if word.kind == "instant":
            self.fail(f"{name} is an instant", node, "only IS NULL and other instants go with it")
        return self.number_value(node, name, word)

    def text_value(self, node: exp.Expr, name: str, word: Word) -> tuple[pl.Expr, exp.Expr]:
        if not (isinstance(node, exp.Literal) and node.is_string):
            self.fail(f"{name} is a word", node, "write it in single quotes")
        if word.values and node.this not in word.values:
            self.fail(
                f"{node.this!r} is not a value of {name}", node,
                f"one of: {', '.join(word.values)}",
            )  # fmt: skip
        return pl.lit(node.this), node

    def day_value(self, node: exp.Expr, name: str) -> tuple[pl.Expr, exp.Expr]:
        try:
            day = date.fromisoformat(node.this if isinstance(node, exp.Literal) else "")
        except (ValueError, TypeError):
            self.fail(f"{name} is a day", node, "write it as '2026-11-21'")
        return pl.lit(day), cast(exp.Expr, exp.cast(exp.Literal.string(str(day)), "date"))

    def number_value(self, node: exp.Expr, name: str, word: Word) -> tuple[pl.Expr, exp.Expr]:
        money = isinstance(node, exp.Anonymous) and str(node.this).lower() == "yuan"
        if money != (word.kind == "amount"):
            self.fail(
                f"{name} is {'money' if word.kind == 'amount' else 'not money'}", node,
                "write yuan(2000)" if word.kind == "amount" else "write a plain number",
            )  # fmt: skip
        inner = node.expressions[0] if money and len(node.expressions) == 1 else node
        negative = isinstance(inner, exp.Neg)
        literal = inner.this if negative else inner
        if not isinstance(literal, exp.Literal) or literal.is_string:
            self.fail(f"{name} is a number", node, "write digits")
        try:
            number = Decimal(str(literal.this)) * (-1 if negative else 1)
        except InvalidOperation:
            self.fail(f"{literal.this!r} is not a number", node)
        except Overflow:
            number = Decimal("Infinity")
        if abs(number) > INT64_MAX // SHARE_ONE:
            self.fail("the number is beyond anything a fact can be", node, "use a smaller one")
        scaled = number * {"amount": 100, "share": SHARE_ONE}.get(word.kind, 1)
        if scaled != scaled.to_integral_value():
            self.fail(f"{number} is finer than {name} is kept", node, "use fewer decimals")
        whole = int(scaled)
        return pl.lit(whole, dtype=pl.Int64), exp.Literal.number(whole)


def _guards(node: exp.Expr, holds: bool = True) -> frozenset[str]:
    """Which words does this condition, when it holds (or fails), show not to be null?

    ``x IS NOT NULL AND …`` guards what follows, and so does ``x IS NULL OR …``.
    """
    if isinstance(node, exp.Paren):
        return _guards(node.this, holds)
    if isinstance(node, exp.And if holds else exp.Or):
        return _guards(node.this, holds) | _guards(node.expression, holds)
    if isinstance(node, exp.Not):
        return _guards(node.this, not holds)
    if isinstance(node, exp.Is) and not holds:
        return frozenset({node.this.name})
    return frozenset()


def _position(node: exp.Expr | None) -> int | None:
    """Where in the text does this node begin, counted from 0, if the parser kept it?"""
    if node is None:
        return None
    starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return min(starts) if starts else None


def _nearest(name: str, words: Mapping[str, Word]) -> str:
    """The declared word closest in spelling, or nothing."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(words), n=1, cutoff=0.6)), "")
