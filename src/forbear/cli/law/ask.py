"""``forbear law ask``: may this person be contacted so, at this moment?"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from forbear.dates import zone as time_zone
from forbear.errors import CaseError, InputError
from forbear.law.cases import Answer, answer_cases, read_cases
from forbear.law.masks import whole
from forbear.law.rule import Source

_SAYS = {
    "zh": {
        "allowed": "没有已知规则禁止", "review": "须由具名人员复核", "blocked": "有规则禁止",
        "missing": "缺少事实", "next": "最早无已知规则禁止的时刻", "none": "两周内没有",
        "read": "出处阅读程度", "review_needed": "需法律复核",
        "asked": "适用规则 {} 条，其中 {} 条出处未读原文，需法律复核",
    },
    "en": {
        "allowed": "No known rule forbids it", "review": "A named person must look at it",
        "blocked": "Forbidden", "missing": "missing fact",
        "next": "First moment no known rule forbids", "none": "none in the next two weeks",
        "read": "source read", "review_needed": "needs legal review",
        "asked": "{} rules apply; {} were read from less than the text and need legal review",
    },
}  # fmt: skip
_READ = {
    "zh": {"text": "原文", "secondary": "二手", "weak": "薄弱", "memory": "记忆", "house": "内部规则"},
    "en": {"text": "the text itself", "secondary": "second hand", "weak": "weakly",
           "memory": "from memory", "house": "our own rule"},
}  # fmt: skip


def ask(
    file: Annotated[
        str, typer.Argument(help="a situation as JSON (setup, attempt); - reads it")
    ] = "-",
    law: Annotated[str, typer.Option(help="rulebook")] = "cn+cn-house",
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Ask about one contact: the answer, every rule that forbids it, and when none would."""
    if lang not in _SAYS:
        raise InputError(f"no language {lang!r}", where="--lang", remedy="zh or en")
    where = "standard input" if file == "-" else file
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CaseError("not UTF-8 text", where=where) from None
    vector, assume = _situation(text, where)
    (answer,) = answer_cases([vector], law=law, assume=assume)
    if isinstance(answer, str):
        raise CaseError(answer, where=where)
    moment = vector["attempt"]["at"]
    place = (vector.get("setup", {}).get("consumer") or {}).get("tz") or "Asia/Shanghai"
    told = _told(answer, moment, place)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for line in _lines(told, lang):
        typer.echo(line)


def _situation(text: str, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """One situation: a vector by itself, or a file with one."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise CaseError(f"not JSON: {problem}", where=where) from None
    if not isinstance(said, dict) or not {"attempt", "vectors"} & said.keys():
        raise CaseError(
            "says nothing about an attempt",
            where=where,
            remedy='as {"setup": {"events": []}, '
            '"attempt": {"at": "2026-11-21T10:00:00+08:00", "channel": "call", "to": "C1"}}',
        )
    if "attempt" in said:
        said = {"vectors": [{"id": "asked", **said}]}
    vectors, assume = read_cases(json.dumps(said), where=where)
    if len(vectors) != 1:
        raise CaseError(f"{len(vectors)} situations", where=where, remedy="ask about one")
    return vectors[0], assume


def _told(answer: Answer, moment: str, place: str) -> dict[str, Any]:
    """The answer as data: outcome, rules with sentence, citation and how well they were read."""
    verdict, book = answer.verdict, answer.rulebook
    where = time_zone(place)
    day = datetime.fromisoformat(moment).astimezone(where).date()
    rules = []
    applying = book.named(whole(verdict, "applies"))
    unread = set(applying) & set(book.needs_legal_review(day))
    for name in book.named(whole(verdict, "failed") | whole(verdict, "missing")):
        rule = book.find(name)
        value = rule.on(book.held_on.get(rule.book, day))
        source = value.source if value else Source("", "memory", day)
        rules.append({"rule": name, **rule.title, "source": source.text, "read": source.read,
                      "needs_legal_review": source.needs_legal_review})  # fmt: skip
    first = verdict["not_before"]
    return {
        "outcome": verdict["outcome"],
        "deciding_rule": verdict["rule"],
        "missing_fact": verdict["missing_fact"],
        "rules": rules,
        "applying": len(applying),
        "applying_need_legal_review": len(unread),
        "not_before": first.astimezone(where).isoformat() if first else None,
        "rulebook": {"spec": book.spec, "digest": book.digest},
    }


def _lines(told: dict[str, Any], lang: str) -> list[str]:
    say = _SAYS[lang]
    lines = [say[told["outcome"]]]
    if told["missing_fact"]:
        lines.append(f"{say['missing']}: {told['missing_fact']}")
    for rule in told["rules"]:
        review = f"; {say['review_needed']}" if rule["needs_legal_review"] else ""
        lines.append(f"- {rule['rule']}  {rule[lang]}")
        lines.append(f"  {rule['source']} ({say['read']}: {_READ[lang][rule['read']]}{review})")
    lines.append(say["asked"].format(told["applying"], told["applying_need_legal_review"]))
    if told["outcome"] != "allowed":
        lines.append(f"{say['next']}: {told['not_before'] or say['none']}")
    return lines
