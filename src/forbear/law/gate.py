"""The one gate: may this be done, which rules say no, and when would none forbid it?

``judge`` takes a night of a million wishes, a batch or a single request: the same columns, the same
answer. Every rule is evaluated, every rule that fails is told; the first in the order of stages
decides. A missing fact blocks and is named. The gate says that *no known rule forbids*, never
"legal".

Every rule but those about hours forbids at most one span a wish, so nearly always what is forbidden
is ``(always, until)`` plus hours that repeat every day. Hours are laid out once a *shape*
(``forbear.law.hours``); wishes whose forbidden span begins later (a hold from tomorrow, a claim that
lapses next week) go through the general union of spans.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from itertools import pairwise
from typing import cast

import polars as pl

from forbear.dates import zone as time_zone
from forbear.errors import InputError
from forbear.law.hours import micros
from forbear.law.kinds import FAR, Clock, Hours, Span, Spanning
from forbear.law.moments import SPAN, hours_failed, lawful_moments, lay_out, shape_words
from forbear.law.request import VOCABULARY, complete
from forbear.law.rulebook import InForce, Rulebook

OUTCOMES = ("allowed", "review", "blocked")

VERDICT = pl.Schema(
    {
        "wish": pl.Int64(),
        "outcome": pl.Enum(OUTCOMES),
        "applies": pl.UInt64(),
        "failed": pl.UInt64(),
        "missing": pl.UInt64(),
        "rule": pl.String(),
        "missing_fact": pl.String(),
        "spans": pl.List(SPAN),
        "not_before": pl.Datetime("us", "UTC"),
    }
)
"""One verdict. The masks have a bit a rule, its place in the rulebook. ``rule`` decided (null:
allowed). ``spans`` are the lawful spans left of the day judged; ``not_before`` the first moment in
the horizon that no known rule forbids, from the moment asked on (null: none in view)."""

_FAR = micros(FAR)


def judge(
    wishes: pl.DataFrame,
    rulebook: Rulebook,
    *,
    day: date | None = None,
    zone: str = "Asia/Shanghai",
    horizon_days: int = 14,
) -> pl.DataFrame:
    """Which of these wishes does a known rule forbid, and when would none?

    ``wishes`` have the words of ``forbear.law.request`` as columns and a key ``wish``; what is absent
    is unknown. A wish with ``asked_at`` is judged at that moment; one without, over the whole of
    ``day`` where the person is (it is allowed if any of the day is left). ``zone`` counts the days of
    people whose place is unknown, whom every rule about hours blocks. ``horizon_days`` from the day
    judged are searched for ``not_before``, no further than the next day on which the law changes.

    Returns the columns of ``VERDICT`` in the order given. Raises InputError (a wish without a moment
    and no ``day``; a place that does not exist; a value no word means).
    """
    asked = complete(wishes, used_words(rulebook))
    if asked.is_empty():
        return pl.DataFrame(schema=VERDICT)
    asked, clock = _placed(asked, day, zone)
    days = asked["_day"].unique().to_list()
    edges = [date.min, *rulebook.changes(), date.max]
    verdicts = []
    for since, until in pairwise(edges):
        inside = [each for each in days if since <= each < until]
        if not inside:
            continue
        part = asked if len(inside) == len(days) else asked.filter(pl.col("_day").is_in(inside))
        rules = rulebook.in_force(inside[0])
        verdicts.append(_Judging(part, rulebook, rules, clock, until, horizon_days).run())
    verdict = pl.concat(verdicts)
    if len(verdicts) == 1:
        return verdict
    return asked.select("wish").join(verdict, on="wish", how="left", maintain_order="left")


def used_words(rulebook: Rulebook) -> frozenset[str]:
    """Which words of the vocabulary does any rule of this book ask for?"""
    names = {"channel", "purpose", "recipient", "asked_at", "delivery_at", "duration_s", "zones",
             "agreed_hours", "agreed_hours_clause"}  # fmt: skip
    for rule in rulebook.rules:
        names.update(rule.applies.names)
        for value in rule.values:
            names.update(value.parameters.words())
    return frozenset(names)


def _placed(asked: pl.DataFrame, day: date | None, zone: str) -> tuple[pl.DataFrame, Clock]:
    """The wishes with the zone their day is counted in and the day judged."""
    if day is None and asked["asked_at"].null_count():
        raise InputError("a wish has no moment and no day was given", where="asked_at")
    asked = asked.with_columns(_zone=pl.col("zones").list.first().fill_null(zone))
    clock = Clock(tuple(sorted(asked["_zone"].unique().to_list())))
    for name in {*asked["zones"].explode(empty_as_null=True).drop_nulls().unique().to_list(), zone}:
        time_zone(name)
    if asked["asked_at"].null_count() == asked.height:
        return asked.with_columns(_day=pl.lit(day)), clock
    local = clock.local_day(pl.col("asked_at"))
    return asked.with_columns(_day=local.fill_null(pl.lit(day, dtype=pl.Date))), clock


class _Judging:
    """One pass over wishes whose day lies in one span of unchanged law."""

    def __init__(
        self,
        asked: pl.DataFrame,
        rulebook: Rulebook,
        rules: tuple[InForce, ...],
        clock: Clock,
        law_until: date,
        horizon_days: int,
    ) -> None:
        said = asked.select("channel", "purpose", "recipient").unique()
        self.rules = rulebook.could_apply(rules, said)
        self.rulebook, self.clock = rulebook, clock
        self.law_until, self.horizon_days = law_until, horizon_days
        self.block = sum(each.mask for each in self.rules if each.rule.verdict == "block")
        self.review = sum(each.mask for each in self.rules if each.rule.verdict == "review")
        self.hours = [each for each in self.rules if isinstance(each.value.parameters, Hours)]
        self.spanning: list[tuple[InForce, Span]] = [
            (each, cast(Spanning, each.value.parameters).span(clock))
            for each in self.rules
            if not isinstance(each.value.parameters, Hours)
        ]
        self.later_bits = [
            each.bit
            for each, span in self.spanning
            if each.rule.verdict == "block" and span.from_at is not None
        ]
        self.asked = asked

    def run(self) -> pl.DataFrame:
        """The verdicts, in the order of the wishes."""
        frame = self._facts(self._bounds(self.asked))
        missing_fact = self._missing_facts(frame)
        frame = self._masks(frame)
        frame, layout = lay_out(frame, self.hours, self.horizon_days)
        frame = lawful_moments(frame, layout, self.later_bits)
        frame = hours_failed(frame, layout)
        return self._verdicts(frame, missing_fact)

    def _bounds(self, asked: pl.DataFrame) -> pl.DataFrame:
        """When the day begins and ends, what is asked about, and how far ahead is looked."""
        ahead = pl.col("_day") + timedelta(days=self.horizon_days)
        if self.law_until < date.max:
            ahead = pl.min_horizontal(ahead, pl.lit(self.law_until))
        begins = self.clock.day_start(pl.col("_day")).dt.timestamp("us")
        return asked.with_columns(
            _d0=begins,
            _d1=self.clock.day_start(pl.col("_day") + timedelta(days=1)).dt.timestamp("us"),
            _h1=self.clock.day_start(ahead).dt.timestamp("us"),
            _live=pl.col("asked_at").is_not_null(),
        ).with_columns(
            _t0=pl.col("asked_at").dt.timestamp("us").fill_null(pl.col("_d0")),
        )

    def _facts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Does each rule apply (``a…``), and does it forbid anything (``x…``)? Null: unknown."""
        frame = frame.with_columns(
            each.rule.applies.expr.alias(f"a{each.bit}") for each in self.rules
        )
        known = pl.when(pl.col("zones").is_not_null()).then(pl.lit(True))
        bad = {each.bit: span.bad for each, span in self.spanning}
        return frame.with_columns(
            (pl.col(f"a{each.bit}") & bad.get(each.bit, known)).alias(f"x{each.bit}")
            for each in self.rules
        )

    def _missing_facts(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Which fact is missing for the first rule that could not be answered? (few rows)"""
        unknown = [pl.col(f"x{each.bit}").is_null() for each in self.rules]
        none = pl.DataFrame(schema={"wish": pl.Int64, "missing_fact": pl.String})
        if not unknown:
            return none
        rows = frame.filter(pl.any_horizontal(unknown))
        if rows.is_empty():
            return none
        asks = {each.bit: span.asks for each, span in self.spanning}
        named = []
        for each in self.rules:
            names = dict.fromkeys((*each.rule.applies.names, *asks.get(each.bit, ("zones",))))
            needed = [name for name in names if not VOCABULARY[name].null]
            nothing: list[pl.Expr] = [pl.lit(None, dtype=pl.String)]
            first = pl.coalesce(
                nothing + [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in needed]
            )
            named.append(pl.when(pl.col(f"x{each.bit}").is_null()).then(first))
        return rows.select("wish", missing_fact=pl.coalesce(named))

    def _masks(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rules as bits, and until when the spans that have begun forbid."""
        now = [_bit(self._fails_now(each, span), each) for each, span in self.spanning]
        blocking = [pair for pair in self.spanning if pair[0].rule.verdict == "block"]
        touched = [_bit(self._touches_day(each, span), each) for each, span in blocking]
        later = [
            _bit(self._begins_later(each, span), each)
            for each, span in blocking
            if span.from_at is not None
        ]
        until = [
            pl.when(self._begun(each, span)).then(_physical(span.until_at, _FAR))
            for each, span in blocking
        ]
        unknown = [_bit(pl.col(f"x{each.bit}").is_null(), each) for each in self.rules]
        applied = [_bit(pl.col(f"a{each.bit}").fill_null(True), each) for each in self.rules]
        hours = [_bit(pl.col(f"x{each.bit}").fill_null(False), each) for each in self.hours]
        return frame.select(
            "wish", "_zone", "_day", "_d0", "_d1", "_h1", "_t0", "_live", *shape_words(self.hours),
            _sum(hours).alias("_hours"),
            _sum(applied).alias("applies"),
            _sum(now).alias("failed"),
            _sum(unknown).alias("missing"),
            _sum(touched).alias("_touched"),
            _sum(later).alias("_later"),
            pl.max_horizontal(pl.col("_t0"), *until).alias("_low"),
            *self._later_columns(),
        )  # fmt: skip

    def _begun(self, each: InForce, span: Span) -> pl.Expr:
        """Has the forbidden span begun by the moment asked (a night: by the start of the day)?"""
        bad = pl.col(f"x{each.bit}").fill_null(False)
        return bad if span.from_at is None else bad & (_physical(span.from_at) <= pl.col("_t0"))

    def _fails_now(self, each: InForce, span: Span) -> pl.Expr:
        """Live: the moment lies in the span. A night: the span covers the whole day."""
        if span.until_at is None:
            return self._begun(each, span)
        needed = pl.when("_live").then(pl.col("_t0") + 1).otherwise(pl.col("_d1"))
        return self._begun(each, span) & (_physical(span.until_at) >= needed)

    def _touches_day(self, each: InForce, span: Span) -> pl.Expr:
        """Does the span forbid any part of what is left of the day?"""
        touches = pl.col(f"x{each.bit}").fill_null(False)
        if span.from_at is not None:
            touches &= _physical(span.from_at) < pl.col("_d1")
        if span.until_at is not None:
            touches &= _physical(span.until_at) > pl.col("_t0")
        return touches

    def _begins_later(self, each: InForce, span: Span) -> pl.Expr:
        """Does the span begin after the moment asked, inside the horizon?"""
        begin = _physical(span.from_at)
        inside = (begin > pl.col("_t0")) & (begin < pl.col("_h1"))
        return (
            pl.col(f"x{each.bit}").fill_null(False)
            & inside
            & (_physical(span.until_at, _FAR) > begin)
        )

    def _later_columns(self) -> list[pl.Expr]:
        """Begin and end of the spans that may begin later, for the general union."""
        spans = {each.bit: span for each, span in self.spanning}
        return [
            column
            for bit in self.later_bits
            for column in (
                _physical(spans[bit].from_at).alias(f"b{bit}"),
                _physical(spans[bit].until_at, _FAR).alias(f"e{bit}"),
            )
        ]

    def _verdicts(self, frame: pl.DataFrame, missing_fact: pl.DataFrame) -> pl.DataFrame:
        """Outcome and deciding rule out of the masks and what is left of the day."""
        none_left = pl.col("spans").list.len() == 0
        blocking = pl.col("failed") & self.block
        # nothing is left of the day though no single rule forbids all of it: all that touch it fail
        together = ~pl.col("_live") & none_left & (blocking == 0) & (pl.col("missing") == 0)
        names = dict(enumerate(rule.name for rule in self.rulebook.rules))
        frame = frame.with_columns(
            failed=pl.when(together).then(pl.col("failed") | pl.col("_touched")).otherwise("failed")
        ).with_columns(_stops=(pl.col("failed") & self.block) | pl.col("missing"))
        blocked = (pl.col("_stops") != 0) | (~pl.col("_live") & none_left)
        reviewed = (pl.col("failed") & self.review) != 0
        decided = (
            pl.when(blocked).then("_stops").when(reviewed).then(pl.col("failed") & self.review)
        )
        no_span = pl.lit([], dtype=pl.List(SPAN))
        unknown = pl.col("missing") != 0
        return (
            frame.join(missing_fact, on="wish", how="left", maintain_order="left")
            .with_columns(
                outcome=pl.when(blocked).then(pl.lit("blocked")).when(reviewed)
                .then(pl.lit("review")).otherwise(pl.lit("allowed")),
                rule=decided.bitwise_trailing_zeros()
                .replace_strict(names, default=None, return_dtype=pl.String),
                spans=pl.when(unknown).then(no_span).otherwise("spans"),
                not_before=pl.when(~unknown).then("not_before"),
            )
            .select(VERDICT.names())
            .cast(VERDICT)
        )  # fmt: skip


def _physical(instant: pl.Expr | None, none: int | None = None) -> pl.Expr:
    """The instant as whole microseconds; no instant: ``none``."""
    return pl.lit(none, dtype=pl.Int64) if instant is None else instant.dt.timestamp("us")


def _bit(condition: pl.Expr, rule: InForce) -> pl.Expr:
    """The rule's bit where the condition holds (a null counts as no)."""
    return condition.fill_null(False).cast(pl.UInt64) * pl.lit(rule.mask, dtype=pl.UInt64)


def _sum(bits: list[pl.Expr]) -> pl.Expr:
    """Different bits together."""
    return reduce(lambda a, b: a + b, bits, pl.lit(0, dtype=pl.UInt64))
