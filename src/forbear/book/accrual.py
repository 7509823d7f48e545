"""How do loans get from the end of one day to the end of a later one when only time passes?

Penalty interest, contract interest and what the ceiling allows are each a base that stands still, a
yearly rate and an exact remainder: the same ``accrue`` as in ``forbear.loan``, here for all loans at
once and over any number of days. Penalty above the ceiling is shown as not claimable, never due.

Arrays of 64 bits are tried first and refuse when a product would not fit; then the same line runs
on Polars expressions with 128 bits. Both give the same figures.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from forbear.book.terms import with_signed
from forbear.errors import RangeError
from forbear.loan.stepwise import accrue

Whole = npt.NDArray[np.int64]

BROUGHT = (
    "balances_on", "penalty_due", "not_claimable", "penalty_carry", "interest_accrued",
    "interest_carry", "ceiling_room", "ceiling_carry", "claimed_beyond",
)  # fmt: skip
"""What time alone changes in a position; null in a row outside the declared ranges."""


def bring_to(positions: pl.DataFrame, on: date | pl.Series, loans: pl.DataFrame) -> pl.DataFrame:
    """What do these loans stand at at the end of ``on`` if nothing happened since ``balances_on``?

    ``on`` is one day for all rows or one day a row: not before the row's ``balances_on`` and not
    beyond its next due date. ``loans``, as signed, are asked where a ceiling is tested. A row outside
    the declared ranges comes back with nulls in its ``BROUGHT`` columns, for the caller to set aside.

    >>> from forbear.book.schema import STATE, STATIC
    >>> loan = {"loan": 1, "balances_on": date(2026, 11, 10), "penalty_base": 1_000_000,
    ...         "penalty_rate": 180_000_000, "day_basis": 365}
    >>> frame = pl.DataFrame([{name: 0 for name in STATE["positions"].columns} | loan],
    ...                      schema_overrides={"balances_on": pl.Date}, strict=False)
    >>> bring_to(frame, date(2026, 11, 12), STATIC["loans"].empty())["penalty_due"].item()
    986
    """
    since = _day_numbers(positions["balances_on"])
    to = _day_numbers(on) if isinstance(on, pl.Series) else np.full_like(since, _day_number(on))
    days = to - since
    basis = positions["day_basis"].cast(pl.Int64)
    accrued, interest_carry = _accrue(
        positions["interest_base"],
        positions["interest_rate"],
        days,
        positions["interest_carry"],
        basis,
    )
    allowed, ceiling_carry = _accrue(
        positions["principal_not_due"] + positions["principal_due"],
        positions["ceiling_rate"], days, positions["ceiling_carry"], basis,
    )  # fmt: skip
    brought = {
        "balances_on": pl.Series(to.astype(np.int32)).cast(pl.Date),
        "interest_accrued": positions["interest_accrued"] + accrued,
        "interest_carry": interest_carry,
        "ceiling_room": positions["ceiling_room"] + allowed,
        "ceiling_carry": ceiling_carry,
    }
    frame = positions.with_columns(series.alias(name) for name, series in brought.items())
    return _with_penalty(positions, frame, days, loans)


def _with_penalty(
    before: pl.DataFrame, frame: pl.DataFrame, days: Whole, loans: pl.DataFrame
) -> pl.DataFrame:
    """The brought positions with the penalty of those days; only rows that bear any are touched."""
    bears = (before["penalty_base"].to_numpy() > 0) & (before["penalty_rate"].to_numpy() > 0)
    places = np.flatnonzero(bears & (days > 0))
    if not places.size:
        return frame
    rows, days = before[places], days[places]
    posted, carry = _accrue(
        rows["penalty_base"], rows["penalty_rate"], days, rows["penalty_carry"],
        rows["day_basis"].cast(pl.Int64),
    )  # fmt: skip
    lost = posted.is_null()
    whole = posted.fill_null(0).to_numpy()
    claimable = _claimable(rows, whole, days, loans)
    changes = {
        "penalty_carry": carry,
        "penalty_due": rows["penalty_due"] + claimable,
        "claimed_beyond": rows["claimed_beyond"] + claimable,
        "not_claimable": rows["not_claimable"] + (whole - claimable),
    }
    return frame.with_columns(
        put(frame[name], places, pl.select(pl.when(~lost).then(value)).to_series())
        for name, value in changes.items()
    )


def put(column: pl.Series, places: Whole, values: pl.Series) -> pl.Series:
    """The column with these values at these places (its type and name kept)."""
    values = values.cast(column.dtype)
    if column.dtype.is_integer() and not column.has_nulls() and not values.has_nulls():
        changed = column.to_numpy().copy()
        changed[places] = values.to_numpy()
        return pl.Series(column.name, changed)
    return column.clone().scatter(pl.Series(places), values)


# --- the ceiling ----------------------------------------------------------------------------------


def _claimable(rows: pl.DataFrame, posted: Whole, days: Whole, loans: pl.DataFrame) -> Whole:
    """How much of the penalty posted in these days may be claimed under the ceiling?

    Claimed over all days when even the least room is enough, nothing when even the most is none;
    day by day for the few loans between.
    """
    claimable = posted.copy()
    under = np.flatnonzero(rows["ceiling_rate"].to_numpy() > 0)
    if not under.size:
        return claimable
    rows, posted, days = with_signed(rows[under], loans), posted[under], days[under]
    since = _day_numbers(rows["balances_on"])
    room = rows["ceiling_room"].to_numpy() - rows["claimed_beyond"].to_numpy()
    allowed, _ = _accrue(
        rows["principal_not_due"] + rows["principal_due"], rows["ceiling_rate"], days,
        rows["ceiling_carry"], rows["day_basis"].cast(pl.Int64),
    )  # fmt: skip
    grown = allowed.fill_null(0).to_numpy()
    surely_all = posted <= room - signed_cost_on(rows, since + days)
    surely_none = room + grown <= signed_cost_on(rows, since)
    share = np.where(surely_none, 0, posted)
    between = np.flatnonzero(~surely_all & ~surely_none)
    if between.size:
        share[between] = _claimable_daily(rows[between], since[between], days[between])
    claimable[under] = share
    return claimable


def _claimable_daily(rows: pl.DataFrame, since: Whole, days: Whole) -> Whole:
    """The same, one day after the other."""
    basis = rows["day_basis"].cast(pl.Int64)
    outstanding = rows["principal_not_due"] + rows["principal_due"]
    room = rows["ceiling_room"].to_numpy() - rows["claimed_beyond"].to_numpy()
    penalty_carry, ceiling_carry = rows["penalty_carry"], rows["ceiling_carry"]
    share = np.zeros_like(days)
    for day in range(1, int(days.max()) + 1):
        one = (days >= day).astype(np.int64)
        allowed, ceiling_carry = _accrue(
            outstanding, rows["ceiling_rate"], one, ceiling_carry, basis
        )
        posted, penalty_carry = _accrue(
            rows["penalty_base"], rows["penalty_rate"], one, penalty_carry, basis
        )
        room = room + allowed.fill_null(0).to_numpy()
        most = np.maximum(room - signed_cost_on(rows, since + day), 0)
        claimed = np.minimum(posted.fill_null(0).to_numpy(), most)
        share, room = share + claimed, room - claimed
    return share


def signed_cost_on(rows: pl.DataFrame, day: Whole) -> Whole:
    """What did the schedule as signed cost from disbursement to the end of this day?

    Periods fully past, the running one by days, and signing fees spread over the contract term.
    """
    period_from, period_to = _day_numbers(rows["next_from_on"]), _day_numbers(rows["next_due_on"])
    running = (rows["next_interest"] + rows["next_fee"]).to_numpy()
    term_from, term_to = _day_numbers(rows["disbursed_on"]), _day_numbers(rows["last_due_on"])
    return (
        rows["signed_cost"].to_numpy()
        + _spread(running, day, period_from, period_to)
        + _spread(rows["signing_fees"].to_numpy(), day, term_from, term_to)
    )


def _spread(amount: Whole, day: Whole, start: Whole, end: Whole) -> Whole:
    """The part of an amount that belongs to the days of (start, day] when it is spread over (start, end]."""
    length = np.maximum(end - start, 1)
    return amount * np.clip(day - start, 0, length) // length


# --- the stream -----------------------------------------------------------------------------------


def _accrue(
    base: pl.Series, rate: pl.Series, days: Whole, carry: pl.Series, day_basis: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """``stepwise.accrue`` in 64 bits if every product fits, else in 128; null outside the ranges."""
    try:
        posted, left = accrue(
            base.to_numpy(), rate.to_numpy(), days, carry.to_numpy(), _one_if_same(day_basis)
        )
        return pl.Series(posted), pl.Series(left)
    except RangeError:
        columns = {"base": base, "rate": rate, "days": days, "carry": carry, "basis": day_basis}
        col = pl.col
        wide = accrue(col("base"), col("rate"), col("days"), col("carry"), col("basis"))
        both = pl.DataFrame(columns).select(posted=wide[0], left=wide[1])
        return both["posted"], both["left"]


def _one_if_same(day_basis: pl.Series) -> Whole | int:
    """One number where all loans have the same day basis: dividing by it is faster."""
    if len(day_basis) and day_basis.min() == day_basis.max():
        return int(day_basis[0])
    return day_basis.to_numpy()


def _day_numbers(days: pl.Series) -> Whole:
    """Days since 1970 (0 where there is none)."""
    return days.cast(pl.Int32).fill_null(0).to_numpy().astype(np.int64)


def _day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
