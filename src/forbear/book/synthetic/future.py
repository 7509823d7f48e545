"""What will these people do? A future that is settled beforehand and reacts to nobody.

Payments are a function of the seed and the loan; the answer to an attempt is a function of (seed,
person, attempt). So two policies played on the same book meet the same people on the same days: what
differs is only whom they bother. No effect of a contact is in here, and none can be learned from it.

Answer rates are the priors of the literature list (``docs/engineers/synthetic-book.md``): answered
dials by bucket, promises by those who talk, and a hidden trait of each person that spreads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from forbear.book.layout import Book
from forbear.book.schema import HISTORY, OUTCOMES
from forbear.book.synthetic.chance import ONE, Whole, below, draw, share
from forbear.book.synthetic.lending import lend
from forbear.book.synthetic.paying import paths
from forbear.book.synthetic.recipe import Recipe, people_of_part
from forbear.book.synthetic.recording import events

ANSWERED = (350_000, 350_000, 200_000, 100_000, 60_000)
"""Chance that a person's call is answered by the person, by bucket M0 … M4+, millionths."""

AI_FACTOR = 850_000
"""A machine's call, against a person's."""

DELIVERED = 930_000
AT_HOME = 550_000

HOURS = (
    0, 0, 0, 0, 0, 0, 0, 40, 70, 90, 105, 100, 90, 85, 85, 90, 95, 100, 110, 125, 125, 100, 60, 20,
)  # fmt: skip
"""How likely an answer is at each local hour, per cent of the mean over the hours of work."""

TRAIT = 600_000
"""Width of the hidden trait: people answer from 0.4 to 1.6 times as often as the mean."""

PROMISES = {"call": 600_000, "ai_call": 400_000, "visit": 550_000}
"""Chance of a promise in a conversation, millionths."""

PROMISE_DAYS = 5

OUTCOME = pl.Enum(OUTCOMES)


def payments(book: Book, day: date, part: int) -> pl.DataFrame:
    """Which events does this synthetic book record on this day, in this part file?

    Rows of the table ``events``. Raises InputError for a book that is not synthetic.
    """
    return future(book, day, day, part).get(day, HISTORY["events"].empty())


def future(book: Book, first: date, last: date, part: int) -> dict[date, pl.DataFrame]:
    """The same for every day from ``first`` to ``last`` (both included) at once, days in order."""
    recipe = Recipe.from_source(book.manifest.source, as_of=book.as_of, files=book.files)
    lent = lend(recipe, people_of_part(recipe, part))
    return by_day(events(recipe, lent, paths(recipe, lent)), first, last)


def by_day(recorded: pl.DataFrame, first: date, last: date) -> dict[date, pl.DataFrame]:
    """These events by the day on which they became known, from ``first`` to ``last``."""
    wanted = recorded.filter(pl.col("recorded_on").is_between(first, last)).sort(
        "recorded_on", maintain_order=True
    )
    days: Iterator[tuple[tuple[object, ...], pl.DataFrame]] = iter(
        wanted.group_by("recorded_on", maintain_order=True)
    )
    names = HISTORY["events"].schema.names()
    return {day: rows.select(names) for (day,), rows in days if isinstance(day, date)}


def answers(seed: int, attempts: pl.DataFrame) -> pl.DataFrame:
    """How does each of these attempts end?

    ``attempts`` has ``person``, ``channel``, ``hour`` (local, 0–23), ``attempt`` (a number of its own
    for each attempt at a person) and ``days_past_due``. Returns it with ``outcome`` (a word of
    ``forbear.book.schema.OUTCOMES``), ``promise`` (was one made?) and ``promise_days`` (due in how many
    days; null without a promise). The draw is keyed (seed, person, attempt) only: the third attempt
    at a person meets the same luck under every policy.

    >>> attempt = pl.DataFrame({"person": [7], "channel": ["sms"], "hour": [10], "attempt": [1],
    ...                         "days_past_due": [3]})
    >>> answers(1, attempt)["outcome"].to_list()
    ['delivered']
    """
    person = attempts["person"].cast(pl.Int64).to_numpy()
    number = attempts["attempt"].cast(pl.Int64).to_numpy()
    channel = attempts["channel"].cast(pl.String)
    point = share(draw(seed, "answer", person, number))
    reached = _reach(seed, attempts, person)
    drawn = pl.DataFrame(
        {
            "channel": channel,
            "point": point,
            "reached": reached,
            "kind": share(draw(seed, "how", person, number)),
            "promises": share(draw(seed, "promise", person, number)),
            "days": 1 + below(draw(seed, "promise day", person, number), PROMISE_DAYS),
        }
    )
    outcome = drawn.select(_outcome())["outcome"].cast(OUTCOME)
    promise = drawn.select(
        promise=outcome.is_in(["conversation", "talked"])
        & (pl.col("promises") < pl.col("channel").replace_strict(PROMISES, default=0))
    )["promise"]
    days = pl.DataFrame({"promise": promise, "days": drawn["days"]}).select(
        promise_days=pl.when("promise").then(pl.col("days")).cast(pl.Int8)
    )["promise_days"]
    return attempts.with_columns(outcome.alias("outcome"), promise.alias("promise"), days)


def _reach(seed: int, attempts: pl.DataFrame, person: Whole) -> Whole:
    """The chance that each attempt reaches the person, millionths."""
    days = attempts["days_past_due"].cast(pl.Int64).fill_null(0).to_numpy()
    bucket = np.clip((days + 29) // 30, 0, 4)
    hour = np.array(HOURS)[attempts["hour"].cast(pl.Int64).to_numpy() % 24]
    trait = ONE - TRAIT + below(draw(seed, "trait", person), 2 * TRAIT)
    machine = (attempts["channel"].cast(pl.String) == "ai_call").to_numpy()
    called = np.array(ANSWERED)[bucket] * hour // 100 * trait // ONE
    called = np.where(machine, called * AI_FACTOR // ONE, called)
    return np.asarray(np.minimum(called, 950_000), dtype=np.int64)


def _outcome() -> pl.Expr:
    """The word for how an attempt ended, by channel."""
    point, kind, channel = pl.col("point"), pl.col("kind"), pl.col("channel")
    call = (
        pl.when(point < pl.col("reached"))
        .then(
            pl.when(kind < 30_000)
            .then(pl.lit("wrong_person"))
            .when(kind < 130_000)
            .then(pl.lit("connected_notice"))
            .otherwise(pl.lit("conversation"))
        )
        .when(kind < 60_000)
        .then(pl.lit("busy"))
        .when(kind < 160_000)
        .then(pl.lit("voicemail"))
        .when(kind < 175_000)
        .then(pl.lit("invalid_number"))
        .otherwise(pl.lit("no_answer"))
    )
    visit = (
        pl.when(point >= AT_HOME)
        .then(pl.lit("not_home"))
        .when(kind < 120_000)
        .then(pl.lit("refused"))
        .otherwise(pl.lit("talked"))
    )
    sent = pl.when(point < DELIVERED).then(pl.lit("delivered")).otherwise(pl.lit("undelivered"))
    return (
        pl.when(channel.is_in(["call", "ai_call", "agency"]))
        .then(call)
        .when(channel == "visit")
        .then(visit)
        .otherwise(sent)
        .alias("outcome")
    )
