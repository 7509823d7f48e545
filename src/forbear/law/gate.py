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

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import cast

import polars as pl

from forbear.dates import zone as time_zone
from forbear.errors import InputError
from forbear.law import masks
from forbear.law.hours import micros
from forbear.law.kinds import FAR, Clock, Spanning
from forbear.law.moments import SPAN, hours_failed, lawful_moments, lay_out, shape_words
from forbear.law.request import VOCABULARY, complete
from forbear.law.rulebook import InForce, Rulebook

OUTCOMES = ("allowed", "review", "blocked")

MASKS = ("applies", "failed", "missing")
"""What a verdict says of every rule: it applies, it forbids, a fact it needs is missing."""


def verdict_columns(words: int) -> pl.Schema:
    """The columns of a verdict under a rulebook whose masks have so many words.

    ``applies_0`` … ``missing_0`` … are masks (``forbear.law.masks``), a bit a rule, its place in the
    rulebook. ``rule`` decided (null: allowed), ``place`` is its bit. ``spans`` are the lawful spans
    left of the day judged; ``not_before`` the first moment in the horizon that no known rule forbids,
    from the moment asked on (null: none).

    >>> verdict_columns(1).names()[:5]
    ['wish', 'outcome', 'applies_0', 'failed_0', 'missing_0']
    """
    return pl.Schema(
        {
            "wish": pl.Int64(),
            "outcome": pl.Enum(OUTCOMES),
            **{column: masks.WORD for name in MASKS for column in masks.columns(name, words)},
            "rule": pl.String(),
            "place": masks.PLACE,
            "missing_fact": pl.String(),
            "spans": pl.List(SPAN),
            "not_before": pl.Datetime("us", "UTC"),
        }
    )


_FAR = micros(FAR)
_EVER = 0
"""Before every moment anyone could ask about (1970)."""

_SPAN_ROW = pl.Schema(
    {
        "wish": pl.Int64(), "bit": masks.PLACE, "begin": pl.Int64(), "until": pl.Int64(),
        "now": pl.Boolean(), "begun": pl.Boolean(), "touches": pl.Boolean(), "later": pl.Boolean(),
    }
)  # fmt: skip


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

    Returns ``verdict_columns`` of the rulebook in the order given. Raises InputError (a wish without
    a moment and no ``day``; a place that does not exist; a value no word means).
    """
    asked = complete(wishes, used_words(rulebook))
    if asked.is_empty():
        return pl.DataFrame(schema=verdict_columns(rulebook.words))
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
        self.asked = asked
        self.rules = rulebook.could_apply(rules, said)
        self.rulebook, self.words, self.clock = rulebook, rulebook.words, clock
        self.law_until, self.horizon_days = law_until, horizon_days
        self.block = sum(each.mask for each in self.rules if each.rule.verdict == "block")
        self.review = sum(each.mask for each in self.rules if each.rule.verdict == "review")
        self.hours = [each for each in self.rules if each.bad is None]
        self.hours_mask = sum(each.mask for each in self.hours)

    def run(self) -> pl.DataFrame:
        """The verdicts, in the order of the wishes."""
        frame, answered = self._facts(self._bounds(self.asked))
        missing_fact = self._missing_facts(frame, answered)
        spans = self._spans(frame, answered)
        frame = self._masks(frame, answered, spans)
        frame, layout = lay_out(frame, self.hours, self.words, self.horizon_days)
        frame = lawful_moments(frame, layout, spans.filter("later"))
        frame = hours_failed(frame, layout, self.words)
        return self._verdicts(frame, missing_fact)

    def _bounds(self, asked: pl.DataFrame) -> pl.DataFrame:
        """When the day begins and ends, what is asked about, and how far ahead is looked."""
        ahead = pl.col("_day") + timedelta(days=self.horizon_days)
        if self.law_until < date.max:
            ahead = pl.min_horizontal(ahead, pl.lit(self.law_until))
        begins = self.clock.day_start(pl.col("_day"))
        return asked.with_columns(
            _d0=begins.dt.timestamp("us"),
            _d1=self.clock.day_start(pl.col("_day") + timedelta(days=1)).dt.timestamp("us"),
            _h1=self.clock.day_start(ahead).dt.timestamp("us"),
            _t0=pl.col("asked_at").fill_null(begins).dt.timestamp("us"),
            _live=pl.col("asked_at").is_not_null(),
        )

    def _facts(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, tuple[int, int, int]]]:
        """Does each rule apply (``a…``), and does it forbid anything (``x…``, null: unknown)?

        With the frame: for each rule, how many wishes it applies to, forbids, leaves unknown.
        """
        known = pl.when(pl.col("zones").is_not_null()).then(pl.lit(True))
        frame = frame.with_columns(
            each.rule.applies.expr.alias(f"a{each.bit}") for each in self.rules
        ).with_columns(
            (pl.col(f"a{each.bit}") & (known if each.bad is None else each.bad)).alias(
                f"x{each.bit}"
            )
            for each in self.rules
        )
        bits = [each.bit for each in self.rules]
        totals = frame.select(
            *(pl.col(f"a{bit}").fill_null(True).sum().alias(f"a{bit}") for bit in bits),
            *(pl.col(f"x{bit}").sum().alias(f"x{bit}") for bit in bits),
            *(pl.col(f"x{bit}").null_count().alias(f"n{bit}") for bit in bits),
        )
        row = totals.row(0, named=True) if bits else {}
        return frame, {bit: (row[f"a{bit}"], row[f"x{bit}"], row[f"n{bit}"]) for bit in bits}

    def _missing_facts(
        self, frame: pl.DataFrame, answered: dict[int, tuple[int, int, int]]
    ) -> pl.DataFrame:
        """Which fact is missing for the first rule that could not be answered? (few rows)"""
        open_rules = [each for each in self.rules if answered[each.bit][2]]
        if not open_rules:
            return pl.DataFrame(schema={"wish": pl.Int64, "missing_fact": pl.String})
        rows = frame.filter(
            pl.any_horizontal([pl.col(f"x{each.bit}").is_null() for each in open_rules])
        )
        named = []
        for each in open_rules:
            asks = ("zones",) if each.bad is None else cast(Spanning, each.value.parameters).asks()
            names = dict.fromkeys((*each.rule.applies.names, *asks))
            needed = [name for name in names if not VOCABULARY[name].null]
            nothing: list[pl.Expr] = [pl.lit(None, dtype=pl.String)]
            first = pl.coalesce(
                nothing + [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in needed]
            )
            named.append(pl.when(pl.col(f"x{each.bit}").is_null()).then(first))
        return rows.select("wish", missing_fact=pl.coalesce(named))

    def _spans(
        self, frame: pl.DataFrame, answered: dict[int, tuple[int, int, int]]
    ) -> pl.DataFrame:
        """Every span that a rule forbids a wish, one a row: only rules that forbid any are laid out.

        ``now``: the moment asked lies in it, or it covers the whole day of a night; ``begun``: it had
        begun by then; ``touches``: it forbids part of what is left of the day; ``later``: it begins
        inside the horizon.
        """
        parts = [self._spans_of(each, frame) for each in self.rules
                 if each.bad is not None and answered[each.bit][1]]  # fmt: skip
        if not parts:
            return pl.DataFrame(schema=_SPAN_ROW)
        begin, until = pl.col("begin"), pl.col("until")
        needed = pl.when("_live").then(pl.col("_t0") + 1).otherwise(pl.col("_d1"))
        begun = begin <= pl.col("_t0")
        return (
            pl.concat(parts)
            .with_columns(
                now=begun & (until >= needed),
                begun=begun & pl.col("block"),
                touches=pl.col("block") & (begin < pl.col("_d1")) & (until > pl.col("_t0")),
                later=pl.col("block") & ~begun & (begin < pl.col("_h1")) & (until > begin),
            )
            .select(_SPAN_ROW.names())
        )

    def _spans_of(self, each: InForce, frame: pl.DataFrame) -> pl.DataFrame:
        kind = cast(Spanning, each.value.parameters)
        begins, ends = kind.begins(self.clock), kind.ends(self.clock)
        return frame.filter(pl.col(f"x{each.bit}")).select(
            "wish",
            pl.lit(each.bit, dtype=masks.PLACE).alias("bit"),
            pl.lit(each.rule.verdict == "block").alias("block"),
            _physical(begins, _EVER).alias("begin"),
            _physical(ends, _FAR).alias("until"),
            "_t0", "_d1", "_h1", "_live",
        )  # fmt: skip

    def _masks(
        self, frame: pl.DataFrame, answered: dict[int, tuple[int, int, int]], spans: pl.DataFrame
    ) -> pl.DataFrame:
        """The rules as bits, and until when the spans that have begun forbid."""
        applied = {each.bit: pl.col(f"a{each.bit}").fill_null(True)
                   for each in self.rules if answered[each.bit][0]}  # fmt: skip
        unknown = {each.bit: pl.col(f"x{each.bit}").is_null()
                   for each in self.rules if answered[each.bit][2]}  # fmt: skip
        hours = {each.bit: pl.col(f"x{each.bit}")
                 for each in self.hours if answered[each.bit][1]}  # fmt: skip
        frame = frame.select(
            "wish", "_zone", "_day", "_d0", "_d1", "_h1", "_t0", "_live", *shape_words(self.hours),
            *masks.summed("_hours", hours, self.words),
            *masks.summed("applies", applied, self.words),
            *masks.summed("missing", unknown, self.words),
        )  # fmt: skip
        found = [*masks.columns("failed", self.words), *masks.columns("_touched", self.words)]
        if spans.is_empty():
            return frame.with_columns(
                *masks.none("failed", self.words), *masks.none("_touched", self.words),
                _low=pl.col("_t0"),
            )  # fmt: skip
        folded = spans.group_by("wish").agg(
            *masks.gathered("failed", "bit", self.words, pl.col("now")),
            *masks.gathered("_touched", "bit", self.words, pl.col("touches")),
            _low=pl.col("until").filter("begun").max(),
        )
        return frame.join(folded, on="wish", how="left", maintain_order="left").with_columns(
            pl.col(found).fill_null(0), _low=pl.max_horizontal("_t0", "_low")
        )

    def _verdicts(self, frame: pl.DataFrame, missing_fact: pl.DataFrame) -> pl.DataFrame:
        """Outcome and deciding rule out of the masks and what is left of the day."""
        none_left = pl.col("spans").list.len() == 0
        failed, touched, missing = (self._mask(name) for name in ("failed", "_touched", "missing"))
        # nothing is left of the day though no single rule forbids all of it: all that touch it fail
        blocking, unknown = masks.some(_and(failed, self.block)), masks.some(missing)
        together = ~pl.col("_live") & none_left & ~blocking & ~unknown
        names = dict(enumerate(rule.name for rule in self.rulebook.rules))
        frame = frame.with_columns(
            *(pl.when(together).then(one | other).otherwise(one)
              for one, other in zip(failed, touched, strict=True)),
            _together=together,
        )  # fmt: skip
        stops = [one | other for one, other in zip(_and(failed, self.block), missing, strict=True)]
        # hours close some part of every day; what left nothing of this one decides
        beside_hours = _and(touched, self.block & ~self.hours_mask)
        reviewing = _and(failed, self.review)
        blocked = masks.some(stops) | (~pl.col("_live") & none_left)
        reviewed = masks.some(reviewing)
        decided = (
            pl.when(blocked & pl.col("_together") & masks.some(beside_hours))
            .then(masks.first(beside_hours))
            .when(blocked)
            .then(masks.first(stops))
            .when(reviewed)
            .then(masks.first(reviewing))
        )
        verdict = verdict_columns(self.words)
        no_span = pl.lit([], dtype=pl.List(SPAN))
        return (
            frame.join(missing_fact, on="wish", how="left", maintain_order="left")
            .with_columns(
                outcome=pl.when(blocked).then(pl.lit("blocked")).when(reviewed)
                .then(pl.lit("review")).otherwise(pl.lit("allowed")),
                place=decided,
                spans=pl.when(unknown).then(no_span).otherwise("spans"),
                not_before=pl.when(~unknown).then("not_before"),
            )
            .with_columns(
                rule=pl.col("place").replace_strict(names, default=None, return_dtype=pl.String)
            )
            .select(verdict.names())
            .cast(verdict)
        )  # fmt: skip

    def _mask(self, name: str) -> list[pl.Expr]:
        return [pl.col(column) for column in masks.columns(name, self.words)]


def _physical(instant: pl.Expr | None, none: int) -> pl.Expr:
    """The instant as whole microseconds; no instant: ``none``."""
    nothing = pl.lit(none, dtype=pl.Int64)
    return nothing if instant is None else instant.dt.timestamp("us").fill_null(nothing)


def _and(mask: Sequence[pl.Expr], rules: int) -> list[pl.Expr]:
    """Only the bits of these rules."""
    kept = masks.parts(rules, len(mask))
    return [one & other for one, other in zip(mask, kept, strict=True)]
