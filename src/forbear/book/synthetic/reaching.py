"""Whom did the lender try to reach in the last sixty days, and how did it end?

A log as a lender would have it: texts, machine calls, calls and a few visits to people in arrears,
within hours and counts that Chinese rules allow; notices that law requires; promises that the ledger
decided; cases handed to an agency. The people's payments know nothing of it
(``forbear.book.synthetic.paying``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forbear.book.schema import HISTORY
from forbear.book.synthetic.chance import Whole, below, draw, happens, pick
from forbear.book.synthetic.future import answers
from forbear.book.synthetic.lending import Lent
from forbear.book.synthetic.paying import Paths
from forbear.book.synthetic.people import NUMBERS_A_PERSON, day_number, days_of
from forbear.book.synthetic.recipe import Recipe

LOG_DAYS = 60
DAY_US = 86_400_000_000
SHANGHAI_US = 8 * 3_600_000_000

EFFORT = ((1, 250_000), (4, 170_000), (31, 150_000), (61, 100_000), (91, 40_000))
"""From so many days past due, the chance that a day brings an attempt, millionths."""

CHANNELS_BY_AGE = {
    1: (("sms", 60), ("ai_call", 25), ("call", 15)),
    4: (("sms", 35), ("ai_call", 20), ("call", 44), ("app", 1)),
    31: (("sms", 25), ("ai_call", 5), ("call", 68), ("visit", 2)),
    61: (("sms", 25), ("call", 72), ("visit", 3)),
    91: (("sms", 50), ("call", 50)),
}
"""From so many days past due, which way, with weights."""

NOTICES = (
    ("adverse_notice", "sms", 20, 0),
    ("statement", "sms", 32, 30),
    ("demand", "letter", 65, 365),
)
"""What must be said in writing: wording, way, first day past due, days until said again (0: once)."""

HOURS = (9, 10, 11, 14, 15, 16, 17, 18, 19)
AGAIN = 220_000
"""Chance that a call not answered is tried once more, hours later."""

KEPT_PROMISES = 850_000
"""Of the promises of people who will not pay within its days, how many are never made, millionths."""

PLACED = 90_000
"""Share of people more than 60 days past due whose case is at an agency, millionths."""


@dataclass(frozen=True, slots=True)
class Arrears:
    """The days on which people were in arrears, within the log: one row a person and day, in order."""

    person: Whole
    day: Whole
    loan: Whole
    """The loan longest in arrears that day."""
    due_on: Whole
    """Its oldest unpaid due date."""
    clear_on: Whole
    owed: Whole
    """The instalment that fell due then."""
    creditor: Whole


def arrears(recipe: Recipe, lent: Lent, path: Paths) -> Arrears:
    """Who was in arrears on which of the last sixty days, on the morning of the day?"""
    last = day_number(recipe.as_of)
    first = last - LOG_DAYS + 1
    at = np.flatnonzero(path.begins & (lent.due_on < last) & (path.clear_on >= first))
    start = np.maximum(lent.due_on[at] + 1, first)
    size = np.minimum(path.clear_on[at], last) - start + 1
    spell = np.repeat(at, size)
    day = np.arange(len(spell)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start, size)
    place = lent.loan_place[spell]
    frame = (
        pl.DataFrame(
            {
                "person": lent.person[place],
                "day": day,
                "due_on": lent.due_on[spell],
                "loan": lent.loans["loan"].to_numpy()[place],
                "clear_on": path.clear_on[spell],
                "owed": (lent.principal + lent.interest + lent.fee)[spell],
                "creditor": lent.loans["creditor"].to_numpy()[place].astype(np.int64),
            }
        )
        .sort("person", "day", "due_on", "loan")
        .unique(["person", "day"], keep="first", maintain_order=True)
    )
    return Arrears(**{name: frame[name].to_numpy() for name in Arrears.__dataclass_fields__})


def log_of(
    recipe: Recipe, owing: Arrears, lent: Lent, path: Paths, zones: pl.DataFrame
) -> pl.DataFrame:
    """The rows of the table ``contacts``, with ``promise`` and ``promise_days`` beside them."""
    return _as_log(
        pl.concat([*_tries(recipe, owing, zones), _notices(recipe, lent, path)], how="diagonal")
    )


def _tries(recipe: Recipe, owing: Arrears, zones: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Attempts to reach people in arrears.

    ``zones`` has ``person`` and ``zone``: where it is two hours earlier, nobody is called before eleven
    by Shanghai's clock.
    """
    age = owing.day - owing.due_on
    limits = np.array([days for days, _ in EFFORT])
    step = np.searchsorted(limits, age, side="right") - 1
    chance = np.array([share for _, share in EFFORT])[step]
    at = np.flatnonzero(happens(draw(recipe.seed, "attempted", owing.person, owing.day), chance))
    person, day, step = owing.person[at], owing.day[at], step[at]
    west = (
        pl.DataFrame({"person": person})
        .join(zones, on="person", how="left", maintain_order="left")["zone"]
        .eq_missing("Asia/Urumqi")
        .to_numpy()
    )
    hour = np.array(HOURS)[below(draw(recipe.seed, "hour", person, day), len(HOURS))]
    hour = np.where(west, np.maximum(hour, 11), hour)
    first = _attempts(recipe, owing, at, _channels(recipe, person, day, step), hour, 0)
    again = (
        first["channel"].is_in(["call", "ai_call"]).to_numpy()
        & first["outcome"].is_in(["no_answer", "busy"]).to_numpy()
        & (hour <= 15)
        & happens(draw(recipe.seed, "again", person, day), AGAIN)
    )
    yield first
    yield _attempts(recipe, owing, at[again], first["channel"].filter(again), hour[again] + 4, 1)


def _notices(recipe: Recipe, lent: Lent, path: Paths) -> pl.DataFrame:
    """What a person in arrears was told because it must be told, since the arrears began.

    Unlike the attempts it is not cut off after sixty days: a notice of months ago still counts.
    """
    last = day_number(recipe.as_of)
    at = np.flatnonzero(path.begins & (lent.due_on < last))
    told = []
    for template, channel, first, every in NOTICES:
        times = 1 + (recipe.days - first) // every if every else 1
        for past_due in (first + every * nth for nth in range(times)):
            still = at[np.minimum(path.clear_on[at], last) >= lent.due_on[at] + past_due]
            told.append(
                pl.DataFrame({"person": lent.person[lent.loan_place[still]]}).with_columns(
                    pl.Series("day", lent.due_on[still] + past_due),
                    pl.Series("loan", lent.loans["loan"].gather(lent.loan_place[still])),
                    pl.Series("creditor", lent.loans["creditor"].gather(lent.loan_place[still])),
                    pl.Series("clear_on", path.clear_on[still]),
                    pl.lit(template).alias("template"),
                    pl.lit(channel).alias("channel"),
                    pl.lit(past_due, dtype=pl.Int64).alias("days_past_due"),
                )
            )
    # With several loans in arrears one notice a month says it for all of them.
    month = pl.from_epoch("day", time_unit="d").dt.truncate("1mo")
    rows = (
        pl.concat(told)
        .sort("person", "template", "day", "loan")
        .unique(["person", "template", month], keep="first", maintain_order=True)
    )
    person, day = rows["person"].to_numpy(), rows["day"].to_numpy()
    which = np.searchsorted(sorted(word for word, *_ in NOTICES), rows["template"].to_list())
    second = 11 * 3_600 + below(draw(recipe.seed, "noticed at", person, day, which), 3_600)
    return answers(
        recipe.seed,
        rows.with_columns(
            pl.Series("at", day * DAY_US + second * 1_000_000 - SHANGHAI_US),
            pl.col("creditor").cast(pl.Int64),
            pl.lit(11, dtype=pl.Int64).alias("hour"),
            attempt=pl.col("day") * 4 + 2,
            owed=pl.lit(0, dtype=pl.Int64),
        ),
    )


def _channels(recipe: Recipe, person: Whole, day: Whole, step: Whole) -> pl.Series:
    """Which way is tried?"""
    result = np.empty(len(person), dtype=object)
    for place, (days, _) in enumerate(EFFORT):
        here = step == place
        words = CHANNELS_BY_AGE[days]
        drawn = pick(
            draw(recipe.seed, "channel", person[here], day[here]), [weight for _, weight in words]
        )
        result[here] = np.array([word for word, _ in words], dtype=object)[drawn]
    return pl.Series("channel", result.tolist(), dtype=pl.String)


def _attempts(
    recipe: Recipe, owing: Arrears, at: Whole, channel: pl.Series, hour: Whole, nth: int
) -> pl.DataFrame:
    """One attempt for each of these person-days, with its outcome."""
    person, day = owing.person[at], owing.day[at]
    second = below(draw(recipe.seed, "second of the hour", person, day, nth), 3_600)
    instant = day * DAY_US + (hour * 3_600 + second) * 1_000_000 - SHANGHAI_US
    frame = pl.DataFrame(
        {
            "person": person,
            "at": instant,
            "loan": owing.loan[at],
            "creditor": owing.creditor[at],
            "channel": channel,
            "hour": hour,
            "attempt": day * 4 + nth,
            "days_past_due": day - owing.due_on[at],
            "day": day,
            "clear_on": owing.clear_on[at],
            "owed": owing.owed[at],
        }
    )
    return answers(recipe.seed, frame)


def _as_log(attempts: pl.DataFrame) -> pl.DataFrame:
    """These attempts as rows of the table ``contacts`` (and what promises are made from)."""
    channel = pl.col("channel")
    called = channel.is_in(["call", "ai_call", "sms"])
    text = pl.when(pl.col("days_past_due") <= 3).then(pl.lit("first_text"))
    template = pl.when(channel.is_in(["sms", "app"])).then(
        text.otherwise(pl.lit("weekly_position"))
    )
    noticed = pl.col("template").is_not_null()
    return (
        attempts.sort("person", "at", "template", "loan", nulls_last=True)
        .with_columns(
            contact=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("person"),
            at=pl.col("at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            number=pl.when(called).then(pl.col("person") * NUMBERS_A_PERSON),
            direction=pl.lit("out"),
            placed_by=pl.when(channel == "ai_call")
            .then(pl.lit("robot"))
            .otherwise(pl.lit("lender")),
            purpose=pl.when(noticed).then(pl.lit("notice_required")).otherwise(pl.lit("collect")),
            template=pl.coalesce("template", template),
        )
        .with_columns(recorded_at="at")
    )


def promises(recipe: Recipe, log: pl.DataFrame) -> pl.DataFrame:
    """The rows of the table ``promises``: made in those talks, decided by the ledger.

    Whoever is about to pay says so more readily; that, and no effect of the talk, is why some are kept.
    """
    person, day = log["person"].to_numpy(), log["day"].to_numpy()
    days = log["promise_days"].fill_null(0).to_numpy().astype(np.int64)
    due_on = day + days
    pays_by_then = log["clear_on"].to_numpy() <= due_on
    keen = happens(draw(recipe.seed, "keen", person, day), KEPT_PROMISES)
    made = log["promise"].to_numpy() & (pays_by_then | ~keen)
    last = day_number(recipe.as_of)
    outcome = np.where(pays_by_then & (log["clear_on"].to_numpy() <= last), "kept", "broken")
    outcome = np.where((outcome == "broken") & (due_on >= last), "open", outcome)
    decided = np.where(outcome == "kept", log["clear_on"].to_numpy(), due_on + 1)
    rows = log.select("person", made_at="at", loan="loan", amount="owed").with_columns(
        days_of(due_on).alias("due_on"),
        pl.Series("outcome", outcome),
        days_of(np.where(outcome == "open", 0, decided)).alias("decided_on"),
    )
    return (
        rows.filter(made)
        .with_columns(decided_on=pl.when(pl.col("outcome") != "open").then("decided_on"))
        # A person has one promise open at a time: the later talk of a day says nothing new.
        .unique(["person", "due_on"], keep="first", maintain_order=True)
        .select(pl.col(c).cast(d) for c, d in HISTORY["promises"].schema.items())
    )


def placements(recipe: Recipe, owing: Arrears) -> pl.DataFrame:
    """The rows of the table ``placements``: long cases at an agency, told three days before."""
    last = day_number(recipe.as_of)
    here = (owing.day == last) & (owing.day - owing.due_on > 70) & (owing.clear_on > last)
    person = owing.person[here]
    chosen = happens(draw(recipe.seed, "placed", person), PLACED)
    who, since = person[chosen], (owing.due_on[here] + 64)[chosen]
    told = (since - 4) * DAY_US + 2 * 3_600_000_000
    return pl.DataFrame({"person": who, "notice_at": told}).select(
        "person",
        days_of(since).alias("placed_on"),
        pl.lit("示例委外机构").alias("agency"),
        pl.lit(True).alias("listed"),
        pl.col("notice_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        pl.lit(None, dtype=pl.Date).alias("recalled_on"),
    )


def plans(recorded: pl.DataFrame, lent: Lent, as_of: date) -> pl.DataFrame:
    """The rows of the table ``plans``: the extensions that were granted, as plans of thirty days."""
    granted = recorded.filter(
        (pl.col("kind") == "extension") & (pl.col("recorded_on") <= as_of)
    ).join(lent.loans.select("loan", "person"), on="loan", how="left")
    ends_on = pl.col("effective_on").dt.offset_by("30d")
    return granted.select(
        "person",
        pl.col("effective_on").alias("agreed_on"),
        "loan",
        pl.lit("extension").alias("kind"),
        ends_on.alias("ends_on"),
        pl.when(ends_on <= as_of).then(pl.lit("done")).otherwise(pl.lit("kept")).alias("outcome"),
    ).select(pl.col(c).cast(d) for c, d in HISTORY["plans"].schema.items())
