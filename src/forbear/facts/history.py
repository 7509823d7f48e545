"""What does a person's contact history come to, carried from night to night and recomputable?

``update`` folds new contact rows into what is carried; ``recompute`` folds the whole log. Both are
the same fold in the order of *recording* (recorded_at, at, contact), so that a row that arrives late
is counted on the day it happened and the two always agree: carried == recomputed.

Classes of a contact row (``marked``), pooled over the lender, its robots and every agency:

=====================  =====================================================================
attempt                outbound call to the person's own number, any outcome
connect                an attempt that anyone answered
talk                   an outbound right-party conversation, by call or visit
text                   app, push, SMS, IM or e-mail sent; notices that law requires and the
                       written confirmation of a talk are not counted
touch                  a delivered text, a connect or a visit
call without result    an attempt, unless the same day brought a promise or a plan
failure                an attempt that did not reach the person
reached                a talk, an answered call, or anything the person sent us
contact person's call  outbound call to a number that someone else answers (relation not self)
=====================  =====================================================================

A notice is recognised by the first word of its template: ``NOTICES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

import polars as pl

from forbear.book.schema import CALL_CHANNELS, STATE, TEXT_CHANNELS
from forbear.facts.local_time import local_time

KEPT_DAYS = 61
"""How many days of daily counters are carried (the longest window anything asks for)."""

CONNECTED = ("connected_notice", "conversation", "wrong_person", "refused", "talked")
FAILED = ("no_answer", "busy", "voicemail", "invalid_number", "wrong_person")
NOT_COUNTED = ("notice_required", "confirm_talk")
"""Purposes that texts and touches leave out."""

NOTICES = {
    "last_statement_at": ("statement", "position"),
    "last_demand_at": ("demand",),
    "visit_notice_at": ("visit_notice", "notice_visit"),
    "adverse_notice_at": ("adverse_notice", "notice_adverse"),
    "agency_notice_at": ("agency_notice", "notice_agency"),
}
"""Which carried instant a delivered template sets: the template's id begins with one of these words
(a folder before it, as in ``notice/statement``, is not looked at)."""

BANDS = ((0, 12, 1), (12, 18, 2), (18, 24, 4))
"""Parts of the day in which failures are told apart: hours from, until, and the bit of the part."""

_COUNTED = (
    ("attempts", "attempt"), ("connects", "connect"), ("talks", "talk"), ("texts", "text"),
    ("touches", "touch"), ("visits", "visit"), ("calls_without_result", "without_result"),
)  # fmt: skip

_INSTANTS = {
    "last_touch_at": "touch", "last_attempt_at": "attempt", "last_connect_at": "connect",
    "last_talk_at": "talk", "last_text_at": "text", "last_visit_at": "visit",
    "last_statement_at": "last_statement_at", "last_demand_at": "last_demand_at",
    "visit_notice_at": "visit_notice_at", "adverse_notice_at": "adverse_notice_at",
    "agency_notice_at": "agency_notice_at",
}  # fmt: skip

_DAYS = STATE["carried_days"]
_PEOPLE = STATE["carried_people"]
_NUMBERS = STATE["carried_numbers"]


@dataclass(frozen=True, slots=True)
class Carried:
    """What contact history comes to: per person, per person and day, per person and number."""

    people: pl.DataFrame
    days: pl.DataFrame
    numbers: pl.DataFrame

    @classmethod
    def empty(cls) -> Carried:
        """Nobody was ever contacted.

        >>> Carried.empty().people.height
        0
        """
        return cls(_PEOPLE.empty(), _DAYS.empty(), _NUMBERS.empty())


def marked(
    contacts: pl.DataFrame,
    *,
    numbers: pl.DataFrame,
    people: pl.DataFrame,
    book_zone: str,
    agreements: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Which classes does each contact row belong to, and on which local day and hour did it happen?

    ``numbers`` (person, number, relation) says who answers; ``people`` (person, zone) where the
    person is (unknown: the book's zone, for counting only); ``agreements`` (person, at) when a
    promise or plan was made. Rows still planned are left out; the result is in order of recording.
    """
    zones = sorted({*people["zone"].drop_nulls().unique().to_list(), book_zone})
    rows = (
        contacts.filter(pl.col("outcome") != "planned")
        .join(people.select("person", "zone"), on="person", how="left", maintain_order="left")
        .join(
            numbers.select("person", "number", "relation").unique(["person", "number"]),
            on=["person", "number"], how="left", maintain_order="left",
        )
        .with_columns(local=local_time(pl.col("at"), pl.col("zone").fill_null(book_zone), zones))
        .with_columns(day=pl.col("local").dt.date(), hour=pl.col("local").dt.hour())
    )  # fmt: skip
    return (
        rows.join(
            _agreed_days(agreements, people, book_zone, zones), on=["person", "day"], how="left"
        )
        .with_columns(**_first_marks())
        .with_columns(**_second_marks())
        .sort("person", "recorded_at", "at", "contact")
    )


def _agreed_days(
    agreements: pl.DataFrame | None, people: pl.DataFrame, book_zone: str, zones: list[str]
) -> pl.DataFrame:
    """On which local days did a person promise or sign something?"""
    if agreements is None:
        return pl.DataFrame(schema={"person": pl.Int64, "day": pl.Date, "agreed": pl.Boolean})
    placed = agreements.join(people.select("person", "zone"), on="person", how="left")
    local = local_time(pl.col("at"), pl.col("zone").fill_null(book_zone), zones)
    return placed.select("person", day=local.dt.date(), agreed=pl.lit(True)).unique()


def _first_marks() -> dict[str, pl.Expr]:
    outcome, channel = pl.col("outcome"), pl.col("channel")
    out, own = pl.col("direction") == "out", pl.col("relation").fill_null("self") == "self"
    voice = channel.is_in(CALL_CHANNELS) & out
    text = channel.is_in(TEXT_CHANNELS) & out & own
    counted = ~pl.col("purpose").is_in(NOT_COUNTED)
    return {
        "own": own,
        "voice": voice,
        "attempt": voice & own,
        "connect": voice & own & outcome.is_in(CONNECTED),
        "visit": (channel == "visit") & out & own,
        "talk": out & own
        & ((voice & (outcome == "conversation")) | ((channel == "visit") & (outcome == "talked"))),
        "text": text & counted,
        "written": (text | ((channel == "letter") & out & own)) & (outcome == "delivered"),
        "failure": voice & own & outcome.is_in(FAILED),
        "inbound": ~out & own,
    }  # fmt: skip


def _second_marks() -> dict[str, pl.Expr]:
    outcome = pl.col("outcome")
    word = pl.col("template").fill_null("").str.split("/").list.last()
    notice = {
        column: pl.col("written") & pl.any_horizontal([word.str.starts_with(w) for w in words])
        for column, words in NOTICES.items()
    }
    notice["last_demand_at"] |= pl.col("written") & (pl.col("purpose") == "collect")
    return {
        "touch": (pl.col("text") & (outcome == "delivered")) | pl.col("connect") | pl.col("visit"),
        "without_result": pl.col("attempt")
        & ~((outcome == "conversation") & pl.col("agreed").fill_null(False)),
        "reached": pl.col("talk")
        | pl.col("inbound")
        | (pl.col("connect") & (outcome == "connected_notice")),
        "band": reduce(
            lambda rest, b: (
                pl.when(pl.col("hour").is_between(b[0], b[1] - 1))
                .then(pl.lit(b[2], pl.Int16))
                .otherwise(rest)
            ),
            BANDS,
            pl.lit(0, pl.Int16),
        ),
        **notice,
    }


def update(
    carried: Carried,
    contacts: pl.DataFrame,
    *,
    numbers: pl.DataFrame,
    people: pl.DataFrame,
    book_zone: str = "Asia/Shanghai",
    today: date | None = None,
    agreements: pl.DataFrame | None = None,
    case_from: pl.DataFrame | None = None,
) -> Carried:
    """What is carried after these newly recorded contacts? (the same at night and live)

    ``contacts`` are rows of the contacts table recorded since; ``numbers`` and ``people`` need the
    columns ``marked`` names; ``carried`` is in the order of its tables. ``today`` drops daily
    counters older than 61 days. ``case_from`` (person, from_at): only rows recorded since then count
    towards the person's case.
    """
    rows = marked(
        contacts, numbers=numbers, people=people, book_zone=book_zone, agreements=agreements
    )
    zones = sorted({*people["zone"].drop_nulls().unique().to_list(), book_zone})
    where = people.select("person", pl.col("zone").fill_null(book_zone))
    return Carried(
        _people(carried.people, rows, where, zones, case_from),
        _days(carried.days, rows, today),
        _numbers(carried.numbers, rows),
    )


def recompute(
    contacts: pl.DataFrame,
    *,
    numbers: pl.DataFrame,
    people: pl.DataFrame,
    book_zone: str = "Asia/Shanghai",
    today: date | None = None,
    agreements: pl.DataFrame | None = None,
    case_from: pl.DataFrame | None = None,
) -> Carried:
    """What would be carried if the whole log were read again? The property: the same.

    >>> from forbear.book.schema import HISTORY
    >>> recompute(HISTORY["contacts"].empty(), numbers=pl.DataFrame(schema={"person": pl.Int64,
    ...     "number": pl.Int64, "relation": pl.String}), people=pl.DataFrame(schema={
    ...     "person": pl.Int64, "zone": pl.String})).days.height
    0
    """
    return update(
        Carried.empty(), contacts, numbers=numbers, people=people, book_zone=book_zone,
        today=today, agreements=agreements, case_from=case_from,
    )  # fmt: skip


def reset_cases(carried: Carried, closed: pl.Series) -> Carried:
    """What is carried once these people's arrears are gone? Their case counters begin at nothing."""
    ends = pl.col("person").is_in(closed.implode())
    zero = pl.lit(0, pl.Int16)
    names = ("visits_case", "talks_case", "contact_person_calls_case")
    people = carried.people.with_columns(
        pl.when(ends).then(zero).otherwise(pl.col(name)).alias(name) for name in names
    )
    return Carried(people, carried.days, carried.numbers)


def _people(
    old: pl.DataFrame,
    rows: pl.DataFrame,
    where: pl.DataFrame,
    zones: list[str],
    case_from: pl.DataFrame | None,
) -> pl.DataFrame:
    """Per person: instants by maximum, case counters by sum, the running row of failures by fold."""
    rows = rows.filter(pl.col("own") | pl.col("voice"))
    if rows.is_empty():
        return old
    in_case = pl.lit(True)
    if case_from is not None:
        rows = rows.join(case_from.select("person", "from_at"), on="person", how="left")
        in_case = (pl.col("recorded_at") >= pl.col("from_at")).fill_null(True)
    new = rows.group_by("person", maintain_order=True).agg(
        *(pl.when(mark).then("at").max().alias(name) for name, mark in _INSTANTS.items()),
        *_case_counts(in_case),
        pl.col("reached").any().alias("was_reached"),
        pl.col("template").filter(pl.col("text"))
        .sort_by(pl.col("at").filter(pl.col("text")), maintain_order=True).last()
        .alias("last_template"),
        *_hours("answers_by_hour", "connect"),
        *_hours("calls_by_hour", "attempt"),
    )  # fmt: skip
    touched = old["person"].is_in(new["person"].implode())
    before = old.filter(touched)
    run = _running(rows, before, where, zones)
    both = (
        new.join(before, on="person", how="left", suffix="_old")
        .join(run, on="person", how="left")
        .select(_merged())
        .cast(_PEOPLE.schema)
    )
    return pl.concat([old.filter(~touched).select(both.columns), both]).sort("person")


def _case_counts(in_case: pl.Expr) -> list[pl.Expr]:
    return [
        (pl.col("visit") & in_case).sum().alias("visits_case"),
        (pl.col("talk") & in_case).sum().alias("talks_case"),
        (pl.col("voice") & ~pl.col("own") & in_case).sum().alias("contact_person_calls_case"),
    ]


def _hours(name: str, mark: str) -> list[pl.Expr]:
    return [
        (pl.col(mark) & (pl.col("hour") == hour)).sum().cast(pl.UInt16).alias(f"{name}_{hour}")
        for hour in range(24)
    ]


def _merged() -> list[pl.Expr]:
    """The columns of carried_people out of old (``_old``), new and the run of failures."""

    def hours(name: str) -> pl.Expr:
        parts = [pl.col(f"{name}_{h}") + _old_hour(name, h) for h in range(24)]
        return pl.concat_arr(parts).alias(name)

    later = pl.col("last_text_at").is_not_null() & (
        pl.col("last_text_at_old").is_null()
        | (pl.col("last_text_at") >= pl.col("last_text_at_old"))
    )
    made: dict[str, pl.Expr] = {
        name: pl.max_horizontal(name, f"{name}_old").alias(name) for name in _INSTANTS
    }
    for name in ("visits_case", "talks_case", "contact_person_calls_case"):
        made[name] = (pl.col(name) + pl.col(f"{name}_old").fill_null(0)).alias(name)
    made["last_template"] = (
        pl.when(later).then("last_template").otherwise("last_template_old").alias("last_template")
    )
    goes_on = ~pl.col("was_reached")
    kept = {name: pl.when(goes_on).then(pl.col(name)) for name in ("failures_running",
            "failure_days_running", "failure_bands_running", "last_failure_at")}  # fmt: skip
    for name in ("failures_running", "failure_days_running"):
        made[name] = (kept[name].fill_null(0) + pl.col(f"new_{name}").fill_null(0)).alias(name)
    band = "failure_bands_running"
    made[band] = (kept[band].fill_null(0) | pl.col(f"new_{band}").fill_null(0)).alias(band)
    made["last_failure_at"] = pl.max_horizontal(
        kept["last_failure_at"], "new_last_failure_at"
    ).alias("last_failure_at")
    made["answers_by_hour"], made["calls_by_hour"] = (
        hours("answers_by_hour"),
        hours("calls_by_hour"),
    )
    return [made.get(name, pl.col(name)) for name in _PEOPLE.columns]


def _old_hour(name: str, hour: int) -> pl.Expr:
    return pl.col(name).arr.get(hour, null_on_oob=True).fill_null(0)


def _running(
    rows: pl.DataFrame, before: pl.DataFrame, where: pl.DataFrame, zones: list[str]
) -> pl.DataFrame:
    """The failures after the last time the person was reached, in order of recording.

    A failure opens a new day when its local day is later than every failure's before it in the row.
    """
    local = local_time(pl.col("last_failure_at"), pl.col("zone"), zones).dt.date()
    earlier = before.join(where, on="person", how="left").select("person", old_day=local)
    placed = rows.select("person", "day", "at", "band", "reached", "failure").with_row_index("row")
    last = placed.filter("reached").group_by("person").agg(reached_row=pl.col("row").max())
    fresh = (
        placed.filter("failure")
        .join(last, on="person", how="left", maintain_order="left")
        .filter(pl.col("reached_row").is_null() | (pl.col("row") > pl.col("reached_row")))
        .join(earlier, on="person", how="left", maintain_order="left")
        .with_columns(
            past=pl.max_horizontal(
                pl.when(pl.col("reached_row").is_null()).then("old_day"), _latest_before()
            )
        )
    )
    bits = [
        pl.when((pl.col("band") == bit).any())
        .then(pl.lit(bit, pl.Int16))
        .otherwise(pl.lit(0, pl.Int16))
        for _, _, bit in BANDS
    ]
    return fresh.group_by("person").agg(
        pl.len().alias("new_failures_running"),
        (pl.col("past").is_null() | (pl.col("day") > pl.col("past")))
        .sum()
        .alias("new_failure_days_running"),
        pl.sum_horizontal(bits).cast(pl.Int16).alias("new_failure_bands_running"),
        pl.col("at").max().alias("new_last_failure_at"),
    )


def _latest_before() -> pl.Expr:
    """The latest day of a person's rows above this one; rows stand person by person.

    A running maximum over (place of the person, day) in one number: a new person begins anew.
    """
    person = pl.col("person")
    place = person.rle_id().cast(pl.Int64) * (1 << 32)
    latest = (place + pl.col("day").to_physical()).cum_max().shift(1) - place
    return pl.when(person == person.shift(1)).then(
        latest.cast(pl.Int32, strict=False).cast(pl.Date)  # another person's is out of range
    )


def _days(old: pl.DataFrame, rows: pl.DataFrame, today: date | None) -> pl.DataFrame:
    """Per person (and, for attempts, per number) and day: how many of each counter."""
    if today is not None:
        old = old.filter(pl.col("day") > today - timedelta(days=KEPT_DAYS))
    counter = _DAYS.columns["counter"].dtype
    parts = [
        rows.filter(mark).select(
            "person",
            pl.lit(0, pl.Int64).alias("number"),
            pl.lit(name, counter).alias("counter"),
            "day",
        )
        for name, mark in _COUNTED
    ]
    parts.append(
        rows.filter(pl.col("voice") & pl.col("number").is_not_null()).select(
            "person", "number", pl.lit("attempts", counter).alias("counter"), "day"
        )
    )
    key = list(_DAYS.key)
    new = pl.concat(parts).group_by(key).agg(pl.len().cast(pl.UInt16).alias("count"))
    if today is not None:
        new = new.filter(pl.col("day") > today - timedelta(days=KEPT_DAYS))
    if new.is_empty():
        return old
    # what is carried of people not touched is in order already: only the others are sorted
    touched = old["person"].is_in(new["person"].unique().implode())
    theirs = old.filter(touched)
    mine = pl.concat([theirs, new.select(old.columns)])
    if theirs.join(new, on=key, how="semi").height:
        mine = mine.group_by(key).agg(pl.col("count").sum().cast(pl.UInt16)).select(old.columns)
    return old.filter(~touched).merge_sorted(mine.sort(key), key="person")


def _numbers(old: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Per number: last attempt, found invalid or someone else's, refusals for ever, offers to pay."""
    outcome = pl.col("outcome")
    used = rows.filter(pl.col("number").is_not_null())
    if used.is_empty():
        return old
    answered = pl.col("voice") & outcome.is_in(["connected_notice", "conversation"])

    def last_state(sets: pl.Expr, clears: pl.Expr, name: str) -> list[pl.Expr]:
        # the last setting or clearing row decides; `any` says whether there was one
        told = sets | clears
        return [
            pl.when(sets).then(pl.col("at")).filter(told).last().alias(name),
            told.any().alias(f"{name}_told"),
        ]

    offer = (
        ~pl.col("own")
        & (pl.col("direction") == "in")
        & (pl.col("purpose") == "give_payment_details")
    )
    key = list(_NUMBERS.key)
    new = used.group_by(key, maintain_order=True).agg(
        pl.col("at").filter(pl.col("voice")).max().alias("last_attempt_at"),
        *last_state(pl.col("voice") & (outcome == "invalid_number"), answered, "invalid_at"),
        *last_state(pl.col("own") & (outcome == "wrong_person"), answered, "wrong_at"),
        pl.col("at").filter(~pl.col("own") & (outcome == "refused")).min().alias("refused_at"),
        pl.col("at").filter(offer).max().alias("offered_at"),
    )

    def state(name: str) -> pl.Expr:
        return pl.when(f"{name}_told").then(name).otherwise(f"{name}_old").alias(name)

    both = new.join(old, on=key, how="left", suffix="_old").select(
        *key,
        pl.max_horizontal("last_attempt_at", "last_attempt_at_old").alias("last_attempt_at"),
        state("invalid_at"),
        state("wrong_at"),
        pl.min_horizontal("refused_at", "refused_at_old").alias("refused_at"),
        pl.max_horizontal("offered_at", "offered_at_old").alias("offered_at"),
    )
    rest = old.join(both, on=key, how="anti")
    return pl.concat([rest, both.cast(_NUMBERS.schema)]).sort(key)


def counts(
    carried_days: pl.DataFrame, counter: str, *, day: date, window_days: int, per: str = "person"
) -> pl.DataFrame:
    """How many of this counter in the ``window_days`` calendar days that end with ``day``?

    ``per`` is ``person`` (all numbers and channels) or ``number`` (pooled over the people it stands
    by). One row each with a count above nothing: the key and ``count``.

    >>> frame = pl.DataFrame({"person": [7, 7], "number": [0, 0], "counter": ["connects"] * 2,
    ...     "day": [date(2026, 11, 15), date(2026, 11, 14)], "count": [2, 5]}, schema=_DAYS.schema)
    >>> counts(frame, "connects", day=date(2026, 11, 21), window_days=7).rows()
    [(7, 2)]
    """
    pooled = pl.col("number") == 0
    return (
        carried_days.filter(
            pl.col("counter") == counter,
            pooled if per == "person" else ~pooled,
            pl.col("day") > day - timedelta(days=window_days),
            pl.col("day") <= day,
        )
        .group_by(per)
        .agg(pl.col("count").cast(pl.Int64).sum())
        .sort(per)
    )
