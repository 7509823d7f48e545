"""How does a condition read in words? 中文 and English, from the one table of facts.

The words are made from the condition that is run, never beside it, so what a compliance officer signs
is what the night does.
"""

from __future__ import annotations

from typing import Literal, cast

from sqlglot import exp

from forbear.facts.definitions import FACTS, SHARE_ONE, Fact
from forbear.money import format_amount

Language = Literal["zh", "en"]

WORDS_OF_ABILITY = {
    "able": ("有能力", "able"),
    "squeezed": ("手头紧", "squeezed"),
    "unable": ("没有能力", "unable"),
    "not_known": ("不清楚", "not known"),
}

_COMPARED: dict[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("为", "is"),
    exp.NEQ: ("不是", "is not"),
    exp.LT: ("少于", "is less than"),
    exp.LTE: ("至多", "is at most"),
    exp.GT: ("多于", "is more than"),
    exp.GTE: ("至少", "is at least"),
}

_UNITS = {
    "days": ("天", " days"),
    "count": ("", ""),
    "hour": ("点", " o'clock"),
    "years": ("岁", " years"),
}


def conditions(tree: exp.Expr, language: Language) -> list[str]:
    """Which conditions must all hold? One phrase each.

    >>> from forbear.facts.definitions import words
    >>> from forbear.facts.expression import parse
    >>> said = parse("days_past_due >= 31 AND balance >= yuan(2000)", words())
    >>> conditions(said.tree, "en")
    ['days past due is at least 31 days', 'everything still owed is at least ¥2,000']
    >>> conditions(said.tree, "zh")
    ['逾期天数至少31天', '全部欠款余额至少¥2,000']
    """
    if isinstance(tree, exp.Paren):
        return conditions(tree.this, language)
    if isinstance(tree, exp.And):
        return [*conditions(tree.this, language), *conditions(tree.expression, language)]
    return [phrase(tree, language)]


def phrase(tree: exp.Expr, language: Language) -> str:
    """One condition as a phrase."""
    here = 0 if language == "zh" else 1
    if isinstance(tree, exp.Paren):
        return phrase(tree.this, language)
    if isinstance(tree, exp.Or):
        parts = [_grouped(part, language) for part in _alternatives(tree)]
        return ("（" + "，或者".join(parts) + "）", "either " + ", or ".join(parts))[here]
    if isinstance(tree, exp.And):
        return ("，并且", " and ")[here].join(conditions(tree, language))
    if isinstance(tree, exp.Not):
        inner = tree.this.this if isinstance(tree.this, exp.Paren) else tree.this
        if isinstance(inner, exp.Is):
            return f"{_name(inner.this, here)}{('已知', ' is known')[here]}"
        said = phrase(inner, language)
        if isinstance(inner, exp.And):  # what is denied is all of it together
            return (f"非（{said}）", f"not: ({said})")[here]
        return (f"非：{said}", f"not: {said}")[here]
    if isinstance(tree, exp.Column):
        return _name(tree, here)
    if isinstance(tree, exp.Is):
        return f"{_name(tree.this, here)}{('未知', ' is not known')[here]}"
    return _comparison(tree, here)


def _alternatives(tree: exp.Expr) -> list[exp.Expr]:
    if isinstance(tree, exp.Paren) and isinstance(tree.this, exp.Or):
        return _alternatives(tree.this)
    if isinstance(tree, exp.Or):
        return [*_alternatives(tree.this), *_alternatives(tree.expression)]
    return [tree]


def _grouped(tree: exp.Expr, language: Language) -> str:
    return ("且" if language == "zh" else " and ").join(conditions(tree, language))


def _name(node: exp.Expr, here: int) -> str:
    fact = FACTS[node.name]
    return (fact.zh, fact.en)[here]


def _comparison(tree: exp.Expr, here: int) -> str:
    column = tree.this
    if here == 1 and FACTS[column.name].unit == "count":
        return _count(tree, FACTS[column.name])
    fact, name = FACTS[column.name], _name(column, here)
    if isinstance(tree, exp.In):
        values = [_value(each, fact, here) for each in tree.expressions]
        return (f"{name}为{'、'.join(values)}", f"{name} is one of {', '.join(values)}")[here]
    if isinstance(tree, exp.Between):
        low, high = (_value(tree.args[end], fact, here) for end in ("low", "high"))
        bare = low.removesuffix(_UNITS.get(fact.unit, ("", ""))[here]).removesuffix(" day")
        return (f"{name}在{bare}到{high}之间", f"{name} is from {bare} to {high}")[here]
    if isinstance(tree, exp.EQ) and fact.zero and str(tree.expression.this) == "0":
        return fact.zero[here]
    value = (
        _name(tree.expression, here)
        if isinstance(tree.expression, exp.Column)
        else _value(tree.expression, fact, here)
    )
    gap = "" if here == 0 else " "
    return f"{name}{gap}{_COMPARED[type(tree)][here]}{gap}{value}"


_COUNTS: dict[type[exp.Expr], str] = {
    exp.EQ: "exactly",
    exp.NEQ: "not exactly",
    exp.LT: "fewer than",
    exp.LTE: "at most",
    exp.GT: "more than",
    exp.GTE: "at least",
}


def _count(tree: exp.Expr, fact: Fact) -> str:
    """A count in English, the number before what is counted: ``fewer than 2 visits in this case``."""
    if isinstance(tree, exp.In):
        return f"{' or '.join(_value(each, fact, 1) for each in tree.expressions)} {fact.en}"
    if isinstance(tree, exp.Between):
        low, high = (_value(tree.args[end], fact, 1) for end in ("low", "high"))
        return f"{low} to {high} {fact.en}"
    number = _value(tree.expression, fact, 1)
    none = (isinstance(tree, exp.LT) and number == "1") or (
        isinstance(tree, exp.EQ) and number == "0"
    )
    return f"no {fact.en}" if none else f"{_COUNTS[type(tree)]} {number} {fact.en}"


def _value(node: exp.Expr, fact: Fact, here: int) -> str:
    if isinstance(node, exp.Boolean):
        return (("是", "yes") if node.this else ("否", "no"))[here]
    if isinstance(node, exp.Literal) and node.is_string:
        return WORDS_OF_ABILITY.get(str(node.this), (str(node.this), str(node.this)))[here]
    negative = isinstance(node, exp.Neg)
    number = int(cast(str, node.this.this if negative else node.this)) * (-1 if negative else 1)
    if fact.unit == "amount":
        return format_amount(number, symbol="¥").removesuffix(".00")
    if fact.unit == "share":
        whole, part = divmod(number * 100, SHARE_ONE)
        decimals = f".{part:06d}".rstrip("0").rstrip(".") if part else ""
        return f"{whole}{decimals}%"
    one_day = fact.unit == "days" and number == 1
    return f"{number}{' day' if one_day and here == 1 else _UNITS.get(fact.unit, ('', ''))[here]}"
