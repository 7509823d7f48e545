"""Hours on the calendar: which instants does a rule about the time of day forbid?

Wishes that share place, agreed hours, length, delivery and rules have one *shape*; a night of a
million wishes has a handful. Each shape's forbidden instants are laid out once, as whole
microseconds UTC, on every day of a horizon: daylight saving, agreements over midnight and several
possible places (the moment must be lawful in all of them) are settled here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from forbear.dates import zone
from forbear.law.kinds import Hours

Interval = tuple[int, int]
"""From (included) and until (not included), microseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the forbidden hours of a wish depend on."""

    zones: tuple[str, ...]
    """Every place the person may be; the first is where their day is counted."""
    agreed: str
    """Hours the person agreed to, as ``23:00-01:00 07:00-08:00``."""
    agreed_clause: str
    """Hours a contract clause names."""
    duration_us: int
    delay_us: int
    """From sending to expected delivery."""


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    delta = instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


@lru_cache(maxsize=65_536)
def local_minute(day: date, minute: int, where: str) -> int:
    """At which microsecond does this minute of this local day come? 1440 is the next midnight.

    A minute that the clocks skip comes when they have moved; one that comes twice is the first.

    >>> local_minute(date(2026, 11, 21), 0, "Asia/Shanghai") == micros(
    ...     datetime(2026, 11, 20, 16, tzinfo=UTC))
    True
    """
    place: ZoneInfo = zone(where)
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    return micros(naive.replace(tzinfo=place))


def forbidden(rule: Hours, shape: Shape, first: date, days: int) -> list[Interval]:
    """Which starting instants does this rule forbid this shape from ``first`` on, for so many days?

    A day before and after are laid out too, since places and delays shift instants over midnight.

    >>> night = Hours(((0, 480), (1320, 1440)), (True, False), ("start",), "none")
    >>> shape = Shape(("Asia/Shanghai",), "", "", 0, 0)
    >>> hour = 3_600_000_000
    >>> spans = forbidden(night, shape, date(2026, 11, 21), 1)
    >>> sorted({(until - begin) // hour for begin, until in spans})
    [2, 8]
    """
    span_days = [first + timedelta(days=n) for n in range(-2, days + 2)]
    agreed: list[Interval] = []
    if rule.agreement != "none":
        said = f"{shape.agreed} {shape.agreed_clause if rule.agreement == 'person_or_contract' else ''}"
        agreed = [each for day in span_days for each in _agreed(said, day, shape.zones[0])]
    found: list[Interval] = []
    for where in shape.zones:
        for day in span_days:
            if rule.dates and day not in rule.dates:
                continue
            for begin, end in rule.closed:
                start = local_minute(day, begin, where) + (0 if rule.edges[0] else 1)
                until = local_minute(day, end, where) + (1 if rule.edges[1] else 0)
                found.extend(without((start, until), agreed))
    return [each for interval in found for each in _judged(interval, rule, shape)]


def _agreed(said: str, day: date, where: str) -> list[Interval]:
    """The agreed hours of one local day."""
    spans = []
    for pair in said.split():
        begin, end = (int(each[:2]) * 60 + int(each[3:5]) for each in pair.split("-"))
        end += 1440 if end <= begin else 0
        spans.append((local_minute(day, begin, where), local_minute(day, end, where)))
    return spans


def without(interval: Interval, holes: list[Interval]) -> list[Interval]:
    """What is left of an interval when these are taken out?

    >>> without((0, 10), [(2, 4), (8, 12)])
    [(0, 2), (4, 8)]
    """
    begin, until = interval
    left = []
    for start, end in sorted(holes):
        if end <= begin or start >= until:
            continue
        if start > begin:
            left.append((begin, start))
        begin = max(begin, end)
    if begin < until:
        left.append((begin, until))
    return left


def _judged(interval: Interval, rule: Hours, shape: Shape) -> list[Interval]:
    """From forbidden instants to forbidden *starts*: arrival and end count where the rule says so."""
    begin, until = interval
    spans = []
    if "start" in rule.judged:
        spans.append((begin, until))
    if "delivery" in rule.judged and shape.delay_us:
        spans.append((begin - shape.delay_us, until - shape.delay_us))
    if "end" in rule.judged and shape.duration_us:
        spans.append((begin - shape.duration_us + 1, until))
    return spans
