"""Days and instants: which day is it where someone is, and how days are counted.

A day belongs to (from, due]: the due date is inside its period, the start date is not. Stored
instants are UTC; a *local day* needs a zone. Nothing here reads the clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forbear.errors import InputError


def parse_day(text: str) -> date:
    """Which calendar day does ``YYYY-MM-DD`` name? Raises InputError for 31 February.

    >>> parse_day("2026-11-21")
    datetime.date(2026, 11, 21)
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"{text[:40]!r} is not a calendar date", remedy="write it as 2026-11-21"
        ) from None


def zone(name: str) -> ZoneInfo:
    """Which time zone has this IANA name? Raises InputError for one that does not exist.

    >>> zone("Asia/Shanghai").key
    'Asia/Shanghai'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"there is no time zone {name!r}", remedy="use an IANA name, as Asia/Shanghai"
        ) from None


def day_start(day: date, where: ZoneInfo) -> datetime:
    """At which UTC instant does ``day`` begin at this place?

    >>> day_start(date(2026, 11, 21), zone("Asia/Shanghai")).isoformat()
    '2026-11-20T16:00:00+00:00'
    """
    return datetime.combine(day, time(), where).astimezone(UTC)


def local_day(instant: datetime, where: ZoneInfo) -> date:
    """On which calendar day does this instant fall at this place?

    >>> local_day(datetime(2026, 11, 20, 16, tzinfo=UTC), zone("Asia/Shanghai"))
    datetime.date(2026, 11, 21)
    """
    return instant.astimezone(where).date()
