"""What is known about each person this morning? One row of facts a person who is looked at.

The one place that computes the facts of ``forbear.facts.definitions`` from the tables of a book. A
morning knows what was recorded before 00:00 of its day, balances at the end of the day before, and
windows of days that end today (so that the service, asking at noon, counts this morning's contacts).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import polars as pl

from forbear.dates import day_start, zone
from forbear.errors import BookError, InputError
from forbear.facts import matters
from forbear.facts.definitions import (
    DAYS_WINDOWS,
    DIFFERENT_DAYS,
    FACTS,
    SCORED,
    SINCE,
)
from forbear.facts.scope import lead_loans, loans_of_people, whole_person

Frame = pl.DataFrame | pl.LazyFrame

LIMITATION_YEARS = 3
"""Civil Code art. 188: three years; art. 189: for instalments from the last due date."""

OLD_AGE = 65
"""From this age no machine calls (house rule HP-11)."""

_NOTICES = {
    "visit_notice_at": "visit_notice_days",
    "adverse_notice_at": "adverse_notice_days",
    "agency_notice_at": "agency_told_days",
}


def people_facts(
    positions: Frame,
    open_items: Frame,
    people: Frame,
    parties: Frame,
    numbers: Frame,
    carried_people: Frame,
    carried_days: Frame,
    holds: Frame,
    consents: Frame,
    promises: Frame,
    plans: Frame,
    placements: Frame,
    loans: Frame,
    *,
    day: date,
    scores: pl.DataFrame | None = None,
    book_zone: str = "Asia/Shanghai",
    due_within: int = 7,
    due_in: Collection[int] | None = None,
    wanted: Collection[str] | None = None,
) -> pl.DataFrame:
    """What is known on the morning of ``day`` about everyone who is looked at?

    Looked at: debtors with a loan in arrears, or due within ``due_within`` days (in exactly one of
    ``due_in`` days, where a policy names them), or with an open hold, promise or plan. The frames
    are the tables of one part file (``forbear.book.schema``); ``scores`` has ``person`` and any of
    the scored facts, which hold their stated value without it. ``wanted`` names the facts to compute
    (None: all), so that a morning pays only for what its policy and score read. Days of a person are
    local days of their zone; of the book where it is unknown. Returns ``person``, ``loan`` (the lead
    loan) and the facts, sorted by person.

    Raises BookError naming a fact that is not declared.
    """
    names = _names(wanted)
    morning = day_start(day, zone(book_zone))
    open_now = matters.open_matters(
        {"holds": holds.lazy(), "promises": promises.lazy(), "plans": plans.lazy()},
        day=day,
        morning=morning,
    )
    owed = loans_of_people(
        positions.lazy(), parties.lazy(), open_now, day=day, due_within=due_within, due_in=due_in
    ).collect()
    leads = lead_loans(owed.lazy()).drop("penalty_due", "last_paid_on", "days_to_due").collect()
    key = leads.lazy().select("person", "loan", "due_since")
    zoned = _people(people.lazy(), key, day, book_zone).collect()
    blocks = [
        whole_person(owed.lazy(), day),
        zoned.lazy().drop("zone"),
        _contact_history(carried_people.lazy(), key, zoned, day),
        _windows(carried_days.lazy(), key, day),
        _signed(loans.lazy(), carried_people.lazy(), owed.lazy(), key, day, book_zone),
        _unpaid_instalments(open_items.lazy(), key),
        matters.held(holds.lazy(), key, morning),
        matters.promised(promises.lazy(), key, day),
        matters.agreed(plans.lazy(), day),
        matters.placed(placements.lazy(), day),
        matters.consenting(consents.lazy(), morning),
        matters.reachable(numbers.lazy(), key),
    ]
    if scores is not None:
        given = [name for name in SCORED if name in scores.columns]
        blocks.append(scores.lazy().select("person", *given))
    return _assemble(leads, blocks, names)


def _names(wanted: Collection[str] | None) -> list[str]:
    unknown = sorted(set(wanted or ()) - set(FACTS))
    if unknown:
        raise BookError(
            f"no such fact: {', '.join(unknown)}", remedy="see docs/strategists/facts.md"
        )
    return [name for name in FACTS if wanted is None or name in wanted]


_NEEDS: dict[str, tuple[str, ...]] = {
    "promise_open": ("promise_open", "promise_open_ledger"),
    "plan_kept": ("plan_kept", "plan_kept_ledger"),
    "ai_call_unsuitable": ("age", "flagged", "complaint_open"),
    "distress_seen": ("flagged",),
}
"""Facts put together from columns of several blocks."""


def _assemble(
    leads: pl.DataFrame, blocks: Iterable[pl.LazyFrame], names: list[str]
) -> pl.DataFrame:
    """Join what is wanted of each block, fill what has no history, put together what is left."""
    needed = {part for name in names for part in _NEEDS.get(name, (name,))}
    facts = leads.sort("person")
    who = facts.select("person")
    # each block is laid beside the others; a join of all that was joined before would copy it again
    beside = [facts]
    for block in blocks:
        columns = block.collect_schema().names()
        taken = [name for name in columns if name in needed]
        if taken:
            beside.append(_beside(who, block.select("person", *taken).collect()))
    facts = pl.concat(beside, how="horizontal")
    present = set(facts.columns)
    made = [_column(name, present).alias(name) for name in names]
    return facts.select("person", "loan", *made)


def _beside(who: pl.DataFrame, block: pl.DataFrame) -> pl.DataFrame:
    """The columns of a block, a row a person of ``who``, in their order; the others have nulls."""
    if block["person"].equals(who["person"]):
        return block.drop("person")
    return who.join(block, on="person", how="left", maintain_order="left").drop("person")


def _column(name: str, present: set[str]) -> pl.Expr:
    fact = FACTS[name]
    if name in ("promise_open", "plan_kept"):
        either = [pl.col(part).fill_null(False) for part in _NEEDS[name]]
        return pl.any_horizontal(either)
    if name == "ai_call_unsuitable":
        old = (pl.col("age") >= OLD_AGE).fill_null(False)
        return old | pl.col("flagged").fill_null(False) | pl.col("complaint_open").fill_null(False)
    if name == "distress_seen":
        return pl.col("flagged").fill_null(False)
    if name not in present:
        return pl.lit(fact.empty, dtype=fact.dtype)
    column = pl.col(name).cast(fact.dtype)
    return column if fact.empty is None else column.fill_null(fact.empty)


def _people(people: pl.LazyFrame, key: pl.LazyFrame, day: date, book_zone: str) -> pl.LazyFrame:
    """Who is each of them: age, pay-day, flags; and their zone, the book's where it is unknown."""
    birth = pl.col("birth_on")
    had_birthday = pl.lit(day.month * 100 + day.day) >= birth.dt.month().cast(
        pl.Int32
    ) * 100 + birth.dt.day().cast(pl.Int32)
    years = day.year - birth.dt.year() - pl.when(had_birthday).then(0).otherwise(1)
    to_pay_day = [_days_to_pay_day(day, pay_day) for pay_day in range(1, 32)]
    return (
        key.select("person")
        .join(people, on="person", how="left", maintain_order="left")
        .select(
            "person",
            pl.col("zone").fill_null(book_zone),
            years.alias("age"),
            pl.col("pay_day")
            .replace_strict(list(range(1, 32)), to_pay_day, default=None, return_dtype=pl.Int32)
            .alias("days_to_pay_day"),
            "address_confirmed",
            "joint_opt_in",
            (pl.col("hardship") | pl.col("vulnerable")).alias("flagged"),
        )
    )


def _days_to_pay_day(day: date, pay_day: int) -> int:
    """How many days from ``day`` to the next pay-day? A short month pays on its last day.

    >>> _days_to_pay_day(date(2026, 11, 21), 10), _days_to_pay_day(date(2026, 11, 21), 31)
    (19, 9)
    """
    for month in (0, 1):
        year, number = divmod(day.month - 1 + month, 12)
        first = date(day.year + year, number + 1, 1)
        year, number = divmod(day.month + month, 12)
        length = (date(day.year + year, number + 1, 1) - first).days
        pays_on = first.replace(day=min(pay_day, length))
        if pays_on >= day:
            return (pays_on - day).days
    raise InputError(f"{pay_day} is not a day of the month", remedy="give 1 to 31")


def _local_day(instant: str, zones: Iterable[str]) -> pl.Expr:
    """The local day of an instant column, at the place named in the column ``zone``."""
    local: pl.Expr = pl.lit(None, dtype=pl.Date)
    for name in sorted(zones):
        there = pl.col(instant).dt.convert_time_zone(name).dt.date()
        local = pl.when(pl.col("zone") == name).then(there).otherwise(local)
    return local


def _contact_history(
    carried: pl.LazyFrame, key: pl.LazyFrame, zoned: pl.DataFrame, day: date
) -> pl.LazyFrame:
    """How long ago was each kind of contact, and which notices were delivered in this case?"""
    zones = [name for name in zoned["zone"].unique().to_list() if _known_zone(name)]
    known = carried.collect_schema().names()
    mine = carried.join(key.join(zoned.lazy().select("person", "zone"), on="person"), on="person")
    today = pl.lit(day)
    since = [
        (today - _local_day(column, zones)).dt.total_days().alias(f"days_since_{name}")
        for name, column in SINCE.items()
    ]
    notices = [
        pl.when(_local_day(column, zones) >= pl.col("due_since"))
        .then((today - _local_day(column, zones)).dt.total_days())
        .otherwise(0)
        .alias(fact)
        for column, fact in _NOTICES.items()
        if column in known
    ]
    return mine.select("person", *since, *notices, "visits_case", "talks_case", "failures_running")


def _known_zone(name: str) -> bool:
    try:
        zone(name)
    except InputError:
        return False
    return True


def _windows(carried_days: pl.LazyFrame, key: pl.LazyFrame, day: date) -> pl.LazyFrame:
    """How often in the last days? Every window ends today and counts today."""
    longest = max(days for windows in DAYS_WINDOWS.values() for days in windows)
    today = pl.lit(day)

    def inside(counter: str, days: int) -> pl.Expr:
        return (pl.col("counter") == counter) & (pl.col("day") > today.dt.offset_by(f"-{days}d"))

    counts = {
        f"{counter}_{days}d": pl.when(inside(counter, days)).then("count").otherwise(0)
        for counter, windows in DAYS_WINDOWS.items()
        for days in windows
    } | {
        f"days_without_result_{days}d": (
            inside("calls_without_result", days) & (pl.col("count") > 0)
        ).cast(pl.Int32)
        for days in DIFFERENT_DAYS
    }
    recent = carried_days.filter(
        pl.col("number") == 0,
        pl.col("day") <= today,
        pl.col("day") > today.dt.offset_by(f"-{longest}d"),
    ).join(key.select("person"), on="person", how="semi")
    return (
        recent.select("person", *(expr.cast(pl.Int32).alias(n) for n, expr in counts.items()))
        .group_by("person")
        .agg(pl.col(name).sum() for name in counts)
    )


def _signed(
    loans: pl.LazyFrame,
    carried: pl.LazyFrame,
    owed: pl.LazyFrame,
    key: pl.LazyFrame,
    day: date,
    book_zone: str,
) -> pl.LazyFrame:
    """What was signed about the lead loan, and has the time to claim it in court run out?"""
    paid = owed.select("person", "loan", "last_paid_on")
    demanded_on = pl.col("last_demand_at").dt.convert_time_zone(book_zone).dt.date()
    latest = pl.max_horizontal("last_due_on", "last_paid_on", demanded_on).dt.offset_by(
        f"{LIMITATION_YEARS}y"
    )
    signed = loans.select("loan", "last_due_on", "over_ceiling", "debit_mandate")
    return (
        key.join(signed, on="loan", maintain_order="left")
        .join(paid, on=["person", "loan"], how="left", maintain_order="left")
        .join(
            carried.select("person", "last_demand_at"),
            on="person", how="left", maintain_order="left",
        )
        .select("person", (latest < day).alias("time_barred"), "over_ceiling", "debit_mandate")
    )  # fmt: skip


def _unpaid_instalments(open_items: pl.LazyFrame, key: pl.LazyFrame) -> pl.LazyFrame:
    """How many instalments of the lead loan have something unpaid? Charges do not count."""
    unpaid = open_items.filter(pl.col("seq") > 0, pl.col("amount") > 0)
    return (
        key.join(unpaid.select("loan", "seq"), on="loan")
        .group_by("person")
        .agg(pl.col("seq").n_unique().alias("instalments_overdue"))
    )
