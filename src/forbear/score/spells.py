"""What has a book seen of arrears: who was how late on which day, and what came of it?

Read from what was signed and what was paid, so it serves any book. An instalment is cleared on the day
on which payments reach the sum of everything due up to it (penalty left aside, as small change).
Loans whose schedule was changed, or on which money was let go, are left out: their arrears are not
so simply read. Each loan's past is looked at on every seventh day: each look at a loan in arrears is
one row, with the facts a night would have had and what happened in the thirty days after.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from forbear.book.layout import Book

LOOK_EVERY = 7
"""Days between two looks."""

AHEAD = 30
"""Days in which something is to happen."""

FAR = date(9999, 1, 1)

CHANGED = (
    "waiver", "rate_change", "interest_pause", "extension", "re_age", "re_amortise", "settlement",
    "correction",
)  # fmt: skip
"""Events after which a loan's arrears are no longer the difference of due and paid."""


def spells(book: Book, part: int) -> pl.DataFrame:
    """Which spells of arrears does the history of this part hold?

    One row a spell: ``loan``, ``person``, ``due_on`` (the oldest unpaid due date), ``clear_on`` (the
    day nothing was overdue any more; ``FAR`` if that day has not come) and ``times_late`` (1 for the
    loan's first spell).
    """
    as_of = book.as_of
    due = (
        book.scan("instalments", part)
        .select(
            "loan", "seq", "due_on", owed=pl.col("principal") + pl.col("interest") + pl.col("fee")
        )
        .filter(pl.col("due_on") <= as_of)
        .sort("loan", "due_on", "seq")
        .with_columns(reached=pl.col("owed").cum_sum().over("loan"))
        .collect()
    )
    cleared = due.sort("reached", "loan").join_asof(
        _paid(book, part).sort("reached", "loan", "paid_on"),
        on="reached",
        by="loan",
        strategy="forward",
        check_sortedness=False,
    )
    changed = book.scan("events", part).filter(pl.col("kind").is_in(CHANGED)).select("loan")
    owners = (
        book.scan("loans", part)
        .filter(~pl.col("incomplete"))
        .select("loan", "person")
        .join(changed, on="loan", how="anti")
        .collect()
    )
    late = (
        cleared.with_columns(
            # Money that came before the due date clears on the due date itself.
            clear_on=pl.max_horizontal("due_on", pl.col("paid_on").fill_null(FAR))
        )
        .sort("loan", "due_on", "seq")
        .with_columns(before=pl.col("clear_on").cum_max().shift(1).over("loan"))
        .with_columns(
            new=(pl.col("clear_on") > pl.col("due_on"))
            & (pl.col("before").is_null() | (pl.col("before") < pl.col("due_on")))
        )
        .filter(pl.col("clear_on") > pl.col("due_on"))
        .with_columns(times_late=pl.col("new").cast(pl.Int64).cum_sum().over("loan"))
    )
    return (
        late.group_by("loan", "times_late")
        .agg(pl.col("due_on").min(), pl.col("clear_on").max())
        .join(owners, on="loan", how="inner")
        .select("loan", "person", "due_on", "clear_on", "times_late")
        .sort("loan", "due_on")
    )


def looks(book: Book, part: int) -> pl.DataFrame:
    """Every look at a loan in arrears: the facts of that morning, and what the next 30 days brought.

    Columns: ``person``, ``loan``, ``day``, ``began_on`` (the spell's due date), ``days_past_due``,
    ``times_late``, ``balance`` (everything still to pay of the person's loans, by schedule),
    ``amount_due`` (0: not needed), ``cured`` and ``paid`` (within thirty days, with the day itself).
    Only looks whose thirty days are over.
    """
    last = book.as_of - timedelta(days=AHEAD - 1)
    seen = (
        spells(book, part)
        .with_columns(
            day=pl.date_ranges(
                pl.col("due_on").dt.offset_by("1d"),
                pl.min_horizontal("clear_on", pl.lit(last)),
                closed="both",
            )
        )
        .explode("day")
        .filter(pl.col("day").is_not_null())
        # Each loan on a weekday of its own: where all fall due on Mondays, no band would be seen whole.
        .filter((pl.col("day").to_physical() + pl.col("loan")) % LOOK_EVERY == 0)
        .with_columns(
            days_past_due=(pl.col("day") - pl.col("due_on")).dt.total_days(),
            cured=pl.col("clear_on") < pl.col("day").dt.offset_by(f"{AHEAD}d"),
        )
        .sort("day", "loan")
    )
    next_paid = (
        _paid(book, part).select("loan", "paid_on", next_on="paid_on").sort("paid_on", "loan")
    )
    return (
        seen.join_asof(
            next_paid,
            left_on="day",
            right_on="paid_on",
            by="loan",
            strategy="forward",
            check_sortedness=False,
        )
        .with_columns(
            paid=(pl.col("next_on") < pl.col("day").dt.offset_by(f"{AHEAD}d")).fill_null(False)
        )
        .join(_balances(book, part, seen), on=["person", "day"], how="left")
        .select(
            "person",
            "loan",
            "day",
            pl.col("due_on").alias("began_on"),
            "days_past_due",
            "times_late",
            pl.col("balance").fill_null(0),
            pl.lit(0, dtype=pl.Int64).alias("amount_due"),
            "cured",
            "paid",
        )
        .sort("day", "loan")
    )


def _paid(book: Book, part: int) -> pl.DataFrame:
    """What had been paid on each loan by the end of each day it paid: ``reached``, rising."""
    events = book.scan("events", part)
    undone = events.filter(pl.col("kind") == "reversed").select("loan", event="names")
    return (
        events.filter(pl.col("kind").is_in(["repaid", "recovery"]))
        .join(undone, on=["loan", "event"], how="anti")
        .group_by("loan", paid_on="effective_on")
        .agg(pl.col("amount").sum())
        .sort("loan", "paid_on")
        .select("loan", "paid_on", reached=pl.col("amount").cum_sum().over("loan"))
        .collect()
    )


def _balances(book: Book, part: int, seen: pl.DataFrame) -> pl.DataFrame:
    """What each of these people still had to pay, over all loans, on the morning of each look."""
    whole = (
        book.scan("instalments", part)
        .group_by("loan")
        .agg(whole=(pl.col("principal") + pl.col("interest") + pl.col("fee")).sum())
    )
    loans = (
        book.scan("loans", part).select("loan", "person", "disbursed_on").join(whole, on="loan")
    ).collect()
    asked = (
        seen.select("person", "day")
        .unique()
        .join(loans, on="person")
        .filter(pl.col("disbursed_on") < pl.col("day"))
        .with_columns(eve=pl.col("day").dt.offset_by("-1d"))
        .sort("eve", "loan")
    )
    return (
        asked.join_asof(
            _paid(book, part).sort("paid_on", "loan"),
            left_on="eve",
            right_on="paid_on",
            by="loan",
            strategy="backward",
            check_sortedness=False,
        )
        .with_columns(left=(pl.col("whole") - pl.col("reached").fill_null(0)).clip(lower_bound=0))
        .group_by("person", "day")
        .agg(balance=pl.col("left").sum())
    )
