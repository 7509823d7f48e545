"""A policy as the paragraphs a compliance officer signs, in 中文 or English.

Made from the file that is run: change the file and the paragraphs change. The digest at the end names
exactly the content that was read.
"""

from __future__ import annotations

from forbear.book.words import CHANNEL, PURPOSE
from forbear.facts.definitions import FACTS
from forbear.policy.form import Do, Step
from forbear.policy.load import OWED, Policy
from forbear.policy.paragraphs import wrap
from forbear.policy.phrases import Language, conditions
from forbear.relief.terms import OFFERS
from forbear.relief.words import relief_words

TONE_WORDS = {
    "supportive": ("支持", "supportive"),
    "warm": ("温暖", "warm"),
    "friendly": ("友好", "friendly"),
    "neutral": ("中性", "neutral"),
    "factual": ("据实", "factual"),
}

HOUR_WORDS = {
    "best_hour": ("选本人最可能接听的钟点", "at the hour most likely to be answered"),
    "other_hours": ("换另一半天的时段", "in the other half of the day"),
}

_T = {
    "after": (
        "依据一篇公开文章对「{}」的描述整理；不是对该公司的陈述。",
        "After the description of “{}” in a public article; it is not a statement about that company.",
    ),
    "gate": (
        "以下每一步只是愿望：每次联系都要先过合规关，被禁止就转到更温和的一步或不联系；"
        "任何人不能越过。每一步都带着申请帮助的入口。",
        "Every step below is only a wish: each contact must first pass the gate, and what is forbidden "
        "goes to a gentler step or is not made; nobody can overrule it. Every step carries the way to "
        "ask for help.",
    ),
    "silence": (
        "有下列情形之一的，除了应尽的告知和谈话的书面确认，不作任何联系：{}。",
        "While any of these is so, nothing but owed notices and the written confirmation of a talk "
        "goes out: {}.",
    ),
    "order": (
        "从最重的一步看起，第一个成立的就是当天唯一的一步；应尽的告知排在最前。",
        "The steps are read from the most severe; the first that holds is the one step of the day. "
        "Notices that are owed come first.",
    ),
    "when": ("条件：", "When: "),
    "and": ("；并且", "; and "),
    "do": ("做法：", "Do: "),
    "tone": ("语气{}", "{} in tone"),
    "proposal": ("只是提议，由指定人员决定", "a proposal only: a named person decides"),
    "offer": ("可提供：", "Offer: "),
    "else": ("被阻止或当天名额已满时：", "If blocked, or the day is full: "),
    "none": ("不联系，保留原因", "leave alone, and keep the reason"),
    "to": ("若“{}”也成立，则改为该步", "go to “{}” if that holds as well"),
    "why": ("理由：", "Why: "),
    "rank": (
        "名额不够时，按{}从高到低；相同时先温和的一步，再最久未被打扰的人。",
        "When a day is full, by {} from the highest; among equals the gentler step, then whoever was "
        "left in peace longest.",
    ),
    "capacity": ("每天最多：{}。", "At most a day: {}."),
    "digest": ("内容摘要（SHA-256）：{}", "Digest of the content (SHA-256): {}"),
    "explore": (
        "对{}的人，在“{}”之中抽取同样温和或更温和的一步，以便学习；抽取由（种子，人，试验）决定。",
        "For {} of people, a step as gentle or gentler is drawn among “{}”, to learn from; the draw is "
        "fixed by (seed, person, trial).",
    ),
    "holdout": (
        "对{}的人只尽告知，用来看不联系会怎样。",
        "For {} of people only owed notices, to see what happens without contact.",
    ),
}  # fmt: skip


def explain(policy: Policy, language: Language = "zh") -> str:
    """The policy in words: paragraphs of at most 100 columns, ending with its digest.

    >>> from forbear.policy import load
    >>> print(explain(load("do-nothing"), "en").splitlines()[0])
    Do nothing but give notice (do-nothing)
    """
    here = 0 if language == "zh" else 1
    form = policy.form
    name = (form.name.zh, form.name.en)[here]
    blocks = [f"{name} ({policy.id})" if here else f"{name}（{policy.id}）"]
    if form.about:
        blocks.append((form.about.zh, form.about.en)[here])
    if form.after:
        blocks.append(_T["after"][here].format(form.after))
    blocks += [_T["gate"][here], _silence(policy, here), _T["order"][here]]
    blocks += [_step(policy, place, step, language) for place, step in enumerate(policy.steps, 1)]
    blocks += _rest(policy, language)
    return "\n\n".join("\n".join(wrap(line) for line in b.split("\n")) for b in blocks) + "\n"


def _silence(policy: Policy, here: int) -> str:
    named = [(FACTS[n].zh, FACTS[n].en)[here] for n in policy.form.silence]
    return _T["silence"][here].format(("、", "; ")[here].join(named))


def _step(policy: Policy, place: int, step: Step, language: Language) -> str:
    here = 0 if language == "zh" else 1
    said = _T["and"][here].join(conditions(policy.conditions[step.id].tree, language))
    to = _T["to"][here].format(step.else_)
    onward = _T["none"][here] if step.else_ == "none" else to
    stop = "。" if here == 0 else "."
    lines = [
        f"{place}. {step.id}",
        f"   {_T['when'][here]}{said}{stop}",
        f"   {_T['do'][here]}{_do(step.do, language)}{stop}",
        f"   {_T['offer'][here]}{_offers(step.do, here)}{stop}",
    ]
    if step.do.purpose not in OWED:
        lines.append(f"   {_T['else'][here]}{onward}{stop}")
    lines.append(f"   {_T['why'][here]}{(step.why.zh, step.why.en)[here]}")
    return "\n".join(lines)


def _do(do: Do, language: Language) -> str:
    here = 0 if language == "zh" else 1
    parts = [
        CHANNEL[do.channel][language],
        PURPOSE[do.purpose][language],
        _T["tone"][here].format(TONE_WORDS[do.tone][here]),
    ]
    if do.hour:
        parts.append(HOUR_WORDS[do.hour][here])
    if do.template:
        parts.append((f"话术 {do.template}", f"wording {do.template}")[here])
    if do.proposal:
        parts.append(_T["proposal"][here])
    return ("，", ", ")[here].join(parts)


def _offers(do: Do, here: int) -> str:
    named = [offer for offer in do.offer if offer != "help"] + ["help"]
    return ("、", ", ")[here].join(OFFERS[offer][here] for offer in named)


def _rest(policy: Policy, language: Language) -> list[str]:
    here = 0 if language == "zh" else 1
    form = policy.form
    rank = FACTS[form.rank]
    blocks = [_T["rank"][here].format((rank.zh, rank.en)[here])]
    if form.capacity:
        said = [f"{CHANNEL[c][language]} {n}" for c, n in form.capacity.items()]
        blocks.append(_T["capacity"][here].format(("、", ", ")[here].join(said)))
    blocks.append(relief_words(policy.relief, here))
    if form.explore:
        share, among = _percent(form.explore.share), ("、", ", ")[here].join(form.explore.among)
        blocks.append(_T["explore"][here].format(share, among))
    if form.holdout:
        blocks.append(_T["holdout"][here].format(_percent(form.holdout.share)))
    blocks.append(_T["digest"][here].format(policy.digest))
    return blocks


def _percent(millionths: int) -> str:
    return f"{millionths // 10_000}.{millionths % 10_000:04d}".rstrip("0").rstrip(".") + "%"
