"""The closed list of kinds of rule. Each answers with the spans of time it forbids.

``hours`` forbids parts of every day (``forbear.law.hours`` lays them on the calendar); every other
kind forbids one span a wish: from ``from_at`` (nothing: always before) to ``until_at`` (nothing: no
end in view), where ``bad`` says whether there is a span at all. ``bad`` null means that a fact is
missing. A new kind needs a decision page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Any, ClassVar, Protocol

import polars as pl

from forbear.book.schema import HOLD_KINDS
from forbear.facts.expression import Expression, Word
from forbear.facts.local_time import local_time
from forbear.law.request import PACKED, PACKED_DAYS
from forbear.marked import Marked, Place

NOT_YET = ("wording", "deadline")
"""Kinds that have a name but no judge."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kind needs to read its own keys of a value: the file, the place, the words."""

    marked: Marked
    path: Place
    words: Mapping[str, Word]
    condition: Callable[[str, Place], Expression]

    def keys(
        self, own: Mapping[str, Any], *, needed: tuple[str, ...] = (), may: tuple[str, ...] = ()
    ) -> None:
        """Refuse unknown keys and missing ones."""
        for key in own:
            if key not in (*needed, *may):
                known = ", ".join((*needed, *may))
                self.marked.fail(f"unknown key {key}", (*self.path, key), f"known: {known}")
        for key in needed:
            if key not in own:
                self.marked.fail(f"{key} is missing", self.path, f"say {key}")

    def whole(self, own: Mapping[str, Any], key: str, least: int = 0, most: int = 100_000) -> int:
        """A whole number inside a range."""
        value = own[key]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fail(key, f"{key} is {value}", f"a whole number from {least} to {most}")
        return int(value)

    def one_of(self, own: Mapping[str, Any], key: str, values: tuple[str, ...]) -> str:
        """One word of a closed list."""
        if own[key] not in values:
            self.fail(key, f"{key} is {own[key]!r}", f"one of: {', '.join(values)}")
        return str(own[key])

    def some_of(self, own: Mapping[str, Any], key: str, values: tuple[str, ...]) -> tuple[str, ...]:
        """A list of words of a closed list, at least one."""
        said = own[key] if isinstance(own[key], list) else [own[key]]
        if not said or any(each not in values for each in said):
            self.fail(key, f"{key} is {own[key]!r}", f"some of: {', '.join(values)}")
        return tuple(said)

    def instant_word(self, own: Mapping[str, Any], key: str, kind: str = "instant") -> str:
        """A declared word of this kind."""
        word = self.words.get(str(own[key]))
        if word is None or word.kind != kind:
            known = sorted(name for name, each in self.words.items() if each.kind == kind)
            self.fail(
                key, f"{own[key]!r} is not a word of kind {kind}", f"as {', '.join(known[:4])}"
            )
        return str(own[key])

    def fail(self, key: str, problem: str, remedy: str = "") -> None:
        """Raise RuleError at this key."""
        self.marked.fail(problem, (*self.path, key), remedy)


@dataclass(frozen=True, slots=True)
class Clock:
    """Whose day is it? Conversions in each row's own zone (columns ``_zone`` and ``_day``)."""

    zones: tuple[str, ...]

    def local_day(self, instant: pl.Expr) -> pl.Expr:
        """On which day does this instant fall where the person is?"""
        return local_time(instant, pl.col("_zone"), list(self.zones)).dt.date()

    def day_start(self, day: pl.Expr) -> pl.Expr:
        """At which instant does this day begin where the person is?"""
        midnight = day.cast(pl.Datetime("us"))

        def there(zone: str) -> pl.Expr:
            placed = midnight.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
            # a day that begins inside a clock change has no midnight: it begins an hour later
            later = (midnight + timedelta(hours=1)).dt.replace_time_zone(
                zone, ambiguous="earliest", non_existent="null"
            )
            return placed.fill_null(later).dt.convert_time_zone("UTC")

        if len(self.zones) == 1:
            return there(self.zones[0])
        none = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
        return reduce(
            lambda rest, zone: pl.when(pl.col("_zone") == zone).then(there(zone)).otherwise(rest),
            self.zones,
            none,
        )


class Parameters(Protocol):
    """The dated part of a rule."""

    kind: ClassVar[str]

    @classmethod
    def read(cls, own: Mapping[str, Any], reading: Reading) -> Parameters:
        """Read and check the keys of one dated value."""

    def words(self) -> tuple[str, ...]:
        """Which words of the vocabulary it looks at."""


class Spanning(Parameters, Protocol):
    """A kind that forbids at most one span a wish."""

    def asks(self) -> tuple[str, ...]:
        """Which words, when missing, leave it without an answer?"""

    def bad(self) -> pl.Expr:
        """Is anything forbidden? Null: a word of ``asks`` is missing."""

    def begins(self, clock: Clock) -> pl.Expr | None:
        """Where ``bad``: from which instant (None: it always was)?"""

    def ends(self, clock: Clock) -> pl.Expr | None:
        """Where ``bad``: until which instant (None: no end in view)?"""


@dataclass(frozen=True, slots=True)
class Hours:
    """Parts of every day, where the person is, in which nothing may begin (or arrive, or end)."""

    kind: ClassVar[str] = "hours"
    closed: tuple[tuple[int, int], ...]
    """Minutes of the local day, from and until; a span over midnight is two."""
    edges: tuple[bool, bool]
    """Is the first instant forbidden? Is the last? ``[closed, open)`` is (True, False)."""
    judged: tuple[str, ...]
    agreement: str
    dates: tuple[date, ...] = ()

    @classmethod
    def read(cls, own: Mapping[str, Any], reading: Reading) -> Hours:
        """``closed: [from, until]`` or ``open: [from, until]``; see the class for the rest."""
        reading.keys(own, may=("closed", "open", "edges", "judged", "agreement", "dates"))
        if ("closed" in own) == ("open" in own):
            reading.marked.fail(
                "say either closed or open hours", reading.path, 'closed: ["22:00", "08:00"]'
            )
        key = "closed" if "closed" in own else "open"
        pair = own[key]
        if not isinstance(pair, list) or len(pair) != 2:
            reading.fail(key, f"{key} is {pair!r}", '["22:00", "08:00"]')
        start, end = (minutes(each, reading, key) for each in pair)
        spans = _over_midnight(start, end) if key == "closed" else _over_midnight(end, start)
        edges = own.get("edges", ["forbidden", "free"])
        if not isinstance(edges, list) or len(edges) != 2 or set(edges) - {"forbidden", "free"}:
            reading.fail(
                "edges", f"edges are {edges!r}", "[forbidden, free]: the first and last instant"
            )
        dates = own.get("dates", [])
        if not isinstance(dates, list) or not all(isinstance(day, date) for day in dates):
            reading.fail("dates", "dates are not calendar dates", "a list, as 2026-02-16")
        judged = own.get("judged", ["start"])
        return cls(
            spans, (edges[0] == "forbidden", edges[1] == "forbidden"),
            reading.some_of({"judged": judged}, "judged", ("start", "delivery", "end")),
            reading.one_of({"agreement": own.get("agreement", "none")}, "agreement",
                           ("none", "person", "person_or_contract")),
            tuple(sorted(dates)),
        )  # fmt: skip

    def words(self) -> tuple[str, ...]:
        """Which words it looks at."""
        return (
            "zones",
            "asked_at",
            "delivery_at",
            "duration_s",
            "agreed_hours",
            "agreed_hours_clause",
        )


def minutes(text: Any, reading: Reading, key: str) -> int:
    """Which minute of the day does HH:MM name (24:00 is the end)?"""
    hour, _, minute = str(text).partition(":")
    if not (hour.isdigit() and minute.isdigit() and len(minute) == 2):
        reading.fail(key, f"{text!r} is not a time of day", 'in quotes, as "22:00"')
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > 1440:
        reading.fail(key, f"{text!r} is not a time of day", 'from "00:00" to "24:00"')
    return total


def _over_midnight(start: int, end: int) -> tuple[tuple[int, int], ...]:
    if start < end:
        return ((start, end),)
    return tuple(span for span in ((0, end), (start, 1440)) if span[0] < span[1])


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many in so many calendar days (today is one of them), or in the whole case."""

    kind: ClassVar[str] = "cap"
    counts: str
    per: str
    most: int
    days: int | None

    @classmethod
    def read(cls, own: Mapping[str, Any], reading: Reading) -> Cap:
        """``counts``, ``per`` (person, number or case; with the creditor), ``most``, ``days``."""
        reading.keys(own, needed=("counts", "per", "most"), may=("days",))
        per = reading.some_of(own, "per", ("person", "number", "case", "creditor"))
        scope = next((each for each in per if each != "creditor"), "person")
        most = reading.whole(own, "most", 0, 200)
        if scope == "case":
            counts = reading.one_of(own, "counts", ("contact_person_calls",))
            if "days" in own:
                reading.fail("days", "a case has no days", "leave days out")
            return cls(counts, scope, most, None)
        counts = reading.one_of(own, "counts", PACKED if scope == "person" else ("attempts",))
        if "days" not in own:
            reading.marked.fail("days is missing", reading.path, "say days")
        return cls(counts, scope, most, reading.whole(own, "days", 1, PACKED_DAYS))

    def words(self) -> tuple[str, ...]:
        """Which words it looks at."""
        return (self._column(),)

    def asks(self) -> tuple[str, ...]:
        """Only a case counter can be missing; no history counts nothing."""
        return self.words()

    def bad(self) -> pl.Expr:
        """Is the window full?"""
        if self.days is None:
            return pl.col(self._column()) >= self.most
        return self._full(self.days)

    def begins(self, clock: Clock) -> pl.Expr | None:
        """A full window has always been full."""
        return None

    def ends(self, clock: Clock) -> pl.Expr | None:
        """The first day on which the window holds fewer than ``most`` again; a case has none."""
        if self.days is None:
            return None
        # the window of j days hence sees only the last days − j of these days
        full = [self._full(window).cast(pl.Int32) for window in range(1, self.days + 1)]
        return clock.day_start(pl.col("_day") + pl.duration(days=pl.sum_horizontal(full)))

    def _full(self, window: int) -> pl.Expr:
        """Do the last ``window`` days, today among them, hold ``most`` or more?"""
        packed = pl.col(self._column()).fill_null(0)
        days = [(packed // 256**back) % 256 for back in range(window)]
        return pl.sum_horizontal(days) >= self.most

    def _column(self) -> str:
        if self.per == "case":
            return f"{self.counts}_case"
        return f"{self.counts}_number_packed" if self.per == "number" else f"{self.counts}_packed"


@dataclass(frozen=True, slots=True)
class Gap:
    """At least so long since something: hours by the clock, or calendar days."""

    kind: ClassVar[str] = "gap"
    since: str
    hours: int | None
    days: int | None

    @classmethod
    def read(cls, own: Mapping[str, Any], reading: Reading) -> Gap:
        """``since`` (an instant word) and either ``hours`` or ``days``."""
        reading.keys(own, needed=("since",), may=("hours", "days"))
        if ("hours" in own) == ("days" in own):
            reading.marked.fail("say either hours or days", reading.path)
        return cls(
            reading.instant_word(own, "since"),
            reading.whole(own, "hours", 1) if "hours" in own else None,
            reading.whole(own, "days", 1) if "days" in own else None,
        )

    def words(self) -> tuple[str, ...]:
        """Which words it looks at."""
        return (self.since,)

    def asks(self) -> tuple[str, ...]:
        """Never is an answer."""
        return ()

    def bad(self) -> pl.Expr:
        """Was there a last time?"""
        return pl.col(self.since).is_not_null()

    def begins(self, clock: Clock) -> pl.Expr | None:
        """At once."""
        return None

    def ends(self, clock: Clock) -> pl.Expr | None:
        """When the gap is over."""
        last = pl.col(self.since)
        if self.hours is not None:
            return last + timedelta(hours=self.hours)
        return clock.day_start(clock.local_day(last) + timedelta(days=self.days or 0))


@dataclass(frozen=True, slots=True)
class Hold:
    """While something stands on record; or from so long after a day on."""

    kind: ClassVar[str] = "hold"
    holds: tuple[str, ...] = ()
    lasts_days: int | None = None
    after: str | None = None
    offset: str = ""

    @classmethod
    def read(cls, own: Mapping[str, Any], reading: Reading) -> Hold:
        """``holds`` (kinds; ``lasts_days``: no longer than that), or ``after`` a day word."""
        reading.keys(own, may=("holds", "lasts_days", "after", "years", "months"))
        if ("holds" in own) == ("after" in own):
            reading.marked.fail("say either holds or after", reading.path, "holds: [dispute]")
        if "holds" in own:
            lasts = reading.whole(own, "lasts_days", 1) if "lasts_days" in own else None
            return cls(reading.some_of(own, "holds", HOLD_KINDS), lasts)
        units = (("years", "y"), ("months", "mo"))
        spans = [f"{reading.whole(own, key, 1)}{unit}" for key, unit in units if key in own]
        if not spans:
            reading.marked.fail("say years or months", reading.path)
        return cls(after=reading.instant_word(own, "after", "day"), offset="".join(spans))

    def words(self) -> tuple[str, ...]:
        """Which words it looks at."""
        if self.after is not None:
            return (self.after,)
        return tuple(
            f"hold_{kind}{part}" for kind in self.holds for part in ("", "_from", "_until")
        )

    def asks(self) -> tuple[str, ...]:
        """The day word, or the holds."""
        return (self.after,) if self.after else tuple(f"hold_{kind}" for kind in self.holds)

    def bad(self) -> pl.Expr:
        """Does a hold stand, or is the day known?"""
        if self.after is not None:
            return pl.when(pl.col(self.after).is_not_null()).then(pl.lit(True))
        return pl.any_horizontal([pl.col(f"hold_{kind}") for kind in self.holds])

    def begins(self, clock: Clock) -> pl.Expr | None:
        """When the first hold begins; the day after so long after the day word."""
        if self.after is not None:
            day = pl.col(self.after).dt.offset_by(self.offset)
            return clock.day_start(day + timedelta(days=1))
        return pl.min_horizontal([pl.col(f"hold_{kind}_from") for kind in self.holds])

    def ends(self, clock: Clock) -> pl.Expr | None:
        """When the last hold ends; a claim out of time stays so."""
        if self.after is not None:
            return None
        ends = [pl.when(pl.col(f"hold_{kind}")).then(self._end(kind)) for kind in self.holds]
        return pl.max_horizontal(ends)

    def _end(self, kind: str) -> pl.Expr:
        open_end = pl.col(f"hold_{kind}_until").fill_null(pl.lit(FAR))
        if self.lasts_days is None:
            return open_end
        begins = pl.col(f"hold_{kind}_from")
        return pl.min_horizontal(open_end, begins + timedelta(days=self.lasts_days))


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may be reached: the condition must hold."""

    kind: ClassVar[str] = "recipient"
    must: Expression

    @classmethod
    def read(cls, own: Mapping[str, Any], reading: Reading) -> Recipient:
        """``must``: a condition."""
        reading.keys(own, needed=("must",))
        return cls(reading.condition(own["must"], (*reading.path, "must")))

    def words(self) -> tuple[str, ...]:
        """Which words it looks at."""
        return self.must.names

    def asks(self) -> tuple[str, ...]:
        """The words of the condition."""
        return self.must.names

    def bad(self) -> pl.Expr:
        """Does the condition fail?"""
        return ~self.must.expr

    def begins(self, clock: Clock) -> pl.Expr | None:
        """It always did."""
        return None

    def ends(self, clock: Clock) -> pl.Expr | None:
        """No end in view."""
        return None


@dataclass(frozen=True, slots=True)
class Requires:
    """What must be so, or must have been told so many days before."""

    kind: ClassVar[str] = "requires"
    must: Expression | None = None
    told: str | None = None
    days_before: int = 0

    @classmethod
    def read(cls, own: Mapping[str, Any], reading: Reading) -> Requires:
        """``must`` (a condition), or ``told`` (an instant word) with ``days_before``."""
        reading.keys(own, may=("must", "told", "days_before"))
        if ("must" in own) == ("told" in own):
            reading.marked.fail("say either must or told", reading.path)
        if "must" in own:
            return cls(reading.condition(own["must"], (*reading.path, "must")))
        days = reading.whole(own, "days_before") if "days_before" in own else 0
        return cls(None, reading.instant_word(own, "told"), days)

    def words(self) -> tuple[str, ...]:
        """Which words it looks at."""
        return self.must.names if self.must is not None else (str(self.told),)

    def asks(self) -> tuple[str, ...]:
        """The words of the condition; never told is an answer."""
        return self.must.names if self.must is not None else ()

    def bad(self) -> pl.Expr:
        """Does the condition fail? What must be told is forbidden until it was."""
        return pl.lit(True) if self.must is None else ~self.must.expr

    def begins(self, clock: Clock) -> pl.Expr | None:
        """It always did."""
        return None

    def ends(self, clock: Clock) -> pl.Expr | None:
        """When it was told long enough ago; never told: no end in view."""
        if self.told is None:
            return None
        told = pl.col(self.told)
        if self.days_before:
            told = clock.day_start(clock.local_day(told) + timedelta(days=self.days_before))
        return told.fill_null(pl.lit(FAR))


FAR = pl.Series(["9000-01-01"]).str.to_datetime(time_unit="us", time_zone="UTC").item()
"""No end in view."""

KINDS: dict[str, type[Parameters]] = {
    each.kind: each for each in (Hours, Cap, Gap, Hold, Recipient, Requires)
}
"""The closed list."""
