"""What stands on record about each wish: history, holds, consents, placements and numbers, as words.

``standing`` joins to every wish the ``record`` words of ``forbear.law.request``. The same function
serves a night (nothing asked at a moment: as things stood when the day began where the person is)
and a live request (as things stood at ``asked_at``). The carried frames are taken as they are: the
caller passes them as at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from forbear.book.schema import HOLD_KINDS, TABLES
from forbear.facts.history import Carried
from forbear.law.kinds import Clock
from forbear.law.request import PACKED, PACKED_DAYS

VOICE = ("ai_call", "call")

_PEOPLE_WORDS = (
    "last_touch_at", "last_attempt_at", "last_connect_at", "last_talk_at", "last_text_at",
    "last_visit_at", "last_demand_at", "last_template", "visit_notice_at", "adverse_notice_at",
    "failures_running", "failure_days_running", "contact_person_calls_case",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """The tables a person's record is made of; what is not given is empty."""

    carried: Carried
    people: pl.DataFrame
    numbers: pl.DataFrame
    holds: pl.DataFrame
    consents: pl.DataFrame
    placements: pl.DataFrame
    suppressed: pl.DataFrame
    """``number``, ``since_at``: the register of numbers that may never be used again."""

    @classmethod
    def of(cls, carried: Carried | None = None, **tables: pl.DataFrame) -> Record:
        """A record out of the tables given by name (``people``, ``numbers``, ``holds`` …).

        >>> Record.of().holds.height
        0
        """
        register = pl.DataFrame(schema={"number": pl.Int64, "since_at": pl.Datetime("us", "UTC")})

        def table(name: str) -> pl.DataFrame:
            return tables[name] if name in tables else TABLES[name].empty()

        return cls(
            carried or Carried.empty(), table("people"), table("numbers"), table("holds"),
            table("consents"), table("placements"), tables.get("suppressed", register),
        )  # fmt: skip


def standing(
    wishes: pl.DataFrame, record: Record, *, day: date | None = None, zone: str = "Asia/Shanghai"
) -> pl.DataFrame:
    """The wishes with every word that the record says about them.

    ``wishes`` need ``person``, and may have ``number``, ``relation``, ``channel``, ``loan``,
    ``placed_by``, ``last_due_on``, ``last_paid_on`` and ``zones`` (evidence of place; else the
    person's zone). ``day`` is the day of wishes that have no ``asked_at``.
    """
    asked = _moments(wishes, record, day, zone)
    for add in (_people, _numbers, _own_numbers, _counts, _holds, _consents, _placements):
        asked = add(asked, record)
    return asked.with_columns(_limitation(asked)).drop("_now", "_today", "_zone")


def _moments(wishes: pl.DataFrame, record: Record, day: date | None, zone: str) -> pl.DataFrame:
    """As of which moment and local day does each wish ask?"""
    made = {"asked_at": pl.Datetime("us", "UTC"), "number": pl.Int64(), "relation": pl.String(),
            "loan": pl.Int64(), "placed_by": pl.String()}  # fmt: skip
    wishes = wishes.with_columns(
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in made.items()
        if name not in wishes.columns
    )
    if "zones" not in wishes.columns:
        places = record.people.select("person", zones=pl.concat_list(pl.col("zone")))
        places = places.filter(pl.col("zones").list.first().is_not_null())
        wishes = wishes.join(places, on="person", how="left", maintain_order="left")
    wishes = wishes.with_columns(_zone=pl.col("zones").list.first().fill_null(zone))
    clock = Clock(tuple(sorted(wishes["_zone"].unique().to_list())))
    today = pl.lit(day, dtype=pl.Date)
    if wishes["asked_at"].null_count() < wishes.height:
        today = clock.local_day(pl.col("asked_at")).fill_null(today)
    wishes = wishes.with_columns(_today=today)
    return wishes.with_columns(_now=pl.col("asked_at").fill_null(clock.day_start(pl.col("_today"))))


def _people(asked: pl.DataFrame, record: Record) -> pl.DataFrame:
    """Per person: last instants, failures in a row, calls to contact persons."""
    bands = pl.col("failure_bands_running").bitwise_count_ones().cast(pl.Int32)
    carried = record.carried.people.select(
        "person", *_PEOPLE_WORDS, failure_bands=bands, _agency_told="agency_notice_at"
    ).with_columns(  # a notice before the last visit was for that visit
        pl.when(
            pl.col("last_visit_at").is_null()
            | (pl.col("visit_notice_at") > pl.col("last_visit_at"))
        )
        .then("visit_notice_at")
        .alias("visit_notice_at")
    )
    asked = _left(asked, carried, ["person"])
    zero = (
        "failures_running",
        "failure_days_running",
        "failure_bands",
        "contact_person_calls_case",
    )
    return asked.with_columns(pl.col(name).fill_null(0) for name in zero)


def _numbers(asked: pl.DataFrame, record: Record) -> pl.DataFrame:
    """Per number: what is known of it, refusals, offers, and the register of numbers never used."""
    health = pl.col("health").cast(pl.String)
    known = record.numbers.select("person", "number", _relation="relation", _health=health).unique(
        ["person", "number"], keep="first", maintain_order=True
    )
    asked = _left(asked, known, ["person", "number"])
    asked = _left(
        asked,
        record.carried.numbers.select("person", "number", _wrong="wrong_at", _refused="refused_at",
                                      _offered="offered_at", number_last_attempt_at="last_attempt_at"),
        ["person", "number"],
    )  # fmt: skip
    refused = record.carried.numbers.filter(pl.col("refused_at").is_not_null())
    by_relation = (
        refused.join(record.numbers, on=["person", "number"])
        .group_by("person", "relation")
        .agg(_refused_too=pl.col("refused_at").min())
    )
    never = pl.concat(
        [
            record.suppressed.select("number", "since_at"),
            refused.select("number", since_at="refused_at"),
            record.numbers.filter(pl.col("health").cast(pl.String) == "opted_out").select(
                "number", since_at=pl.lit(None, dtype=pl.Datetime("us", "UTC"))
            ),
        ]
    )
    since = pl.when(pl.col("since_at").null_count() == 0).then(pl.col("since_at").min())
    never = never.group_by("number").agg(_never=pl.lit(True), _since=since)
    asked = _left(asked.with_columns(relation=pl.coalesce("relation", "_relation")), by_relation,
                  ["person", "relation"])  # fmt: skip
    asked = _left(asked, never, ["number"])
    now = pl.col("_now")
    said = "number_health" if "number_health" in asked.columns else "_health"
    return asked.with_columns(
        number_suppressed=pl.col("_never").fill_null(False)
        & (pl.col("_since").is_null() | (pl.col("_since") <= now)),
        contact_refused=(pl.min_horizontal("_refused", "_refused_too") <= now).fill_null(False),
        contact_invited=(pl.col("_offered") <= now).fill_null(False),
        number_health=pl.when(pl.col("_wrong").is_not_null())
        .then(pl.lit("wrong"))
        .otherwise(pl.coalesce(pl.col(said).cast(pl.String), "_health")),
    ).drop(
        "_relation", "_health", "_wrong", "_refused", "_offered", "_refused_too", "_never", "_since"
    )


def _own_numbers(asked: pl.DataFrame, record: Record) -> pl.DataFrame:
    """Is every own number of the person invalid? (nobody without a number is)"""
    own = record.numbers.filter(pl.col("relation") == "self").join(
        record.carried.numbers.select("person", "number", "invalid_at"),
        on=["person", "number"], how="left",
    )  # fmt: skip
    invalid = (pl.col("health").cast(pl.String) == "dead") | pl.col("invalid_at").is_not_null()
    per = own.group_by("person").agg(own_numbers_invalid=invalid.all())
    per = per.filter("own_numbers_invalid")
    return _left(asked, per, ["person"]).with_columns(
        pl.col("own_numbers_invalid").fill_null(False)
    )


def _counts(asked: pl.DataFrame, record: Record) -> pl.DataFrame:
    """The last eight days of every counter, one byte a day, per person and per number."""
    days = record.carried.days
    moments = asked["_today"].unique()
    if moments.len() == 0 or days.is_empty():
        names = [*(f"{name}_packed" for name in PACKED), "attempts_number_packed"]
        return asked.with_columns(pl.lit(None, dtype=pl.UInt64).alias(name) for name in names)
    first, last = moments.min(), moments.max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    lately = days.filter(
        pl.col("day") > first - timedelta(days=PACKED_DAYS), pl.col("day") <= last,
        pl.col("counter").is_in(PACKED),
    )  # fmt: skip
    pooled = lately.filter(pl.col("number") == 0)
    single = lately.filter(pl.col("number") != 0, pl.col("counter") == "attempts")
    people = asked.select("person", "_today").unique()
    if people.height < 200_000:
        pooled = pooled.join(people.select("person").unique(), on="person", how="semi")
    by_person = _packed(pooled, moments, "person", PACKED).rename(
        {name: f"{name}_packed" for name in PACKED}
    )
    by_number = _packed(single, moments, "number", ("attempts",)).rename(
        {"attempts": "attempts_number_packed"}
    )
    asked = _left(asked, by_person, ["person", "_today"])
    return _left(asked, by_number, ["number", "_today"])


def _packed(
    rows: pl.DataFrame, moments: pl.Series, key: str, counters: tuple[str, ...]
) -> pl.DataFrame:
    """Counts of the eight days that end on each moment's day, a byte each, today lowest."""
    powers = {back: 256**back for back in range(PACKED_DAYS)}
    if moments.len() == 1:
        dated = rows.with_columns(_today=pl.lit(moments[0]))
    else:
        dated = rows.join(moments.to_frame("_today"), how="cross")
    back = (pl.col("_today") - pl.col("day")).dt.total_days()
    dated = dated.with_columns(_back=back).filter(pl.col("_back").is_between(0, PACKED_DAYS - 1))
    # several people may stand by one number: their attempts of a day are one count
    daily = dated.group_by(key, "_today", "counter", "_back").agg(
        pl.col("count").cast(pl.UInt64).sum()
    )
    place = pl.col("_back").replace_strict(powers, return_dtype=pl.UInt64)
    byte = pl.min_horizontal(pl.col("count"), pl.lit(255, dtype=pl.UInt64)) * place
    none = pl.lit(0, dtype=pl.UInt64)
    return (
        daily.with_columns(
            pl.when(pl.col("counter") == name).then(byte).otherwise(none).alias(name)
            for name in counters
        )
        .group_by(key, "_today")
        .agg(pl.col(name).sum() for name in counters)
    )


def _holds(asked: pl.DataFrame, record: Record) -> pl.DataFrame:
    """Which holds stand (known by now, not over), from when and until when?"""
    known = (
        asked.select("wish", "person", "_now", _loan="loan")
        .join(record.holds, on="person")
        .filter(
            pl.col("recorded_at") <= pl.col("_now"),
            pl.col("until_at").is_null() | (pl.col("until_at") > pl.col("_now")),
            pl.col("loan").is_null()
            | pl.col("_loan").is_null()
            | (pl.col("loan") == pl.col("_loan")),
        )
        .with_columns(kind=pl.col("kind").cast(pl.String))
    )
    wide = known.select("wish").unique()
    for kind in known["kind"].unique().sort().to_list():
        open_end = pl.col("until_at").null_count() > 0
        rows = known.filter(pl.col("kind") == kind).group_by("wish").agg(
            pl.lit(True).alias(f"hold_{kind}"),
            pl.col("from_at").min().alias(f"hold_{kind}_from"),
            pl.when(~open_end).then(pl.col("until_at").max()).alias(f"hold_{kind}_until"),
        )  # fmt: skip
        wide = wide.join(rows, on="wish", how="left")
    asked = _left(asked, wide, ["wish"])
    flags = [name for name in wide.columns if name in {f"hold_{kind}" for kind in HOLD_KINDS}]
    return asked.with_columns(pl.col(name).fill_null(False) for name in flags)


def _consents(asked: pl.DataFrame, record: Record) -> pl.DataFrame:
    """Agreed hours in force and channels the person asked to stop."""
    channel = pl.col("channel").cast(pl.String)
    of = pl.col("of").cast(pl.String)
    known = (
        asked.select("wish", "person", "_now", channel.alias("channel"))
        .join(record.consents.rename({"channel": "of"}), on="person")
        .filter(
            pl.col("given_at") <= pl.col("_now"),
            pl.col("revoked_at").is_null() | (pl.col("revoked_at") > pl.col("_now")),
            of.is_null() | (of == pl.col("channel"))
            | (of.is_in(VOICE) & pl.col("channel").is_in(VOICE)),
        )
    )  # fmt: skip
    hours = known.filter(pl.col("kind") == "hours").with_columns(
        said=pl.format("{}-{}", pl.col("from_time").dt.strftime("%H:%M"),
                       pl.col("until_time").dt.strftime("%H:%M"))
    )  # fmt: skip

    def agreed(by: str, name: str) -> pl.DataFrame:
        rows = hours.filter(pl.col("by") == by).select("wish", "said").unique().sort("wish", "said")
        return rows.group_by("wish").agg(pl.col("said").str.join(" ").alias(name))

    asked = _left(asked, agreed("debtor", "agreed_hours"), ["wish"])
    asked = _left(asked, agreed("contract_clause", "agreed_hours_clause"), ["wish"])
    stopped = (
        known.filter(pl.col("kind") == "stop_channel").select("wish", channel_stopped=True).unique()
    )
    return _left(asked, stopped, ["wish"]).with_columns(pl.col("channel_stopped").fill_null(False))


def _placements(asked: pl.DataFrame, record: Record) -> pl.DataFrame:
    """When was the person told of the agency, and is it on the published list?

    The agency is the one that would make the contact; for a hand-over itself, the latest one, or the
    last notice of an agency delivered.
    """
    agency = pl.col("placed_by").str.strip_prefix("agency:")
    handed_over = pl.col("channel").cast(pl.String) == "agency"
    known = (
        asked.filter(pl.col("placed_by").str.starts_with("agency:") | handed_over)
        .select("wish", "person", "_now", "placed_by", _agency=agency)
        .join(record.placements, on="person")
        .filter(
            (pl.col("agency") == pl.col("_agency")) | ~pl.col("placed_by").str.starts_with("agency:"),
            pl.col("recalled_on").is_null(),
        )
        .sort("wish", "placed_on", "agency")
        .group_by("wish", maintain_order=True)
        .agg(
            agency_notice_at=pl.col("notice_at").filter(pl.col("notice_at") <= pl.col("_now")).last(),
            agency_listed=pl.col("listed").last(),
        )
    )  # fmt: skip
    placed = known.rename({"agency_notice_at": "_placed_notice"})
    told = pl.when(pl.col("channel").cast(pl.String) == "agency").then("_agency_told")
    return (
        _left(asked, placed, ["wish"])
        .with_columns(agency_notice_at=pl.max_horizontal("_placed_notice", told))
        .drop("_placed_notice", "_agency_told")
    )


def _limitation(asked: pl.DataFrame) -> list[pl.Expr]:
    """From which day does limitation run: the last due date, or what began it anew?"""
    if "limitation_from" in asked.columns or "last_due_on" not in asked.columns:
        return []
    clock = Clock(tuple(sorted(asked["_zone"].unique().to_list())))
    anew = [clock.local_day(pl.col(name)) for name in ("last_demand_at", "last_talk_at")]
    if "last_paid_on" in asked.columns:
        anew.append(pl.col("last_paid_on"))
    due = pl.col("last_due_on")
    return [pl.when(due.is_not_null()).then(pl.max_horizontal(due, *anew)).alias("limitation_from")]


def _left(asked: pl.DataFrame, words: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Join words; a word the wish says itself stands."""
    new = [name for name in words.columns if name in on or name not in asked.columns]
    return asked.join(words.select(new), on=on, how="left", maintain_order="left")
