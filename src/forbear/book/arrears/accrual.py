"""How do loans get from the end of one day to the end of a later one when only time passes?

Penalty interest, contract interest and what the ceiling allows are each a base that stands still, a
yearly rate and an exact remainder: the same ``accrue`` as in ``forbear.loan``, here for all loans at
once and over any number of days. Penalty above the ceiling is shown as not claimable, never due.

Arrays of 64 bits are tried first and refuse when a product would not fit; then the same line runs
on Polars expressions with 128 bits. Both give the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from forbear.book.arrears.terms import with_signed
from forbear.errors import RangeError
from forbear.loan.ceiling import claimable, room, signed_cost
from forbear.loan.stepwise import accrue

Whole = npt.NDArray[np.int64]
Places = npt.NDArray[np.bool_]

BROUGHT = (
    "balances_on", "penalty_due", "not_claimable", "penalty_carry", "interest_accrued",
    "interest_carry", "ceiling_room", "ceiling_carry", "claimed_beyond",
)  # fmt: skip
"""What time alone changes in a position; null in a row outside the declared ranges."""

_PENALIZED = (
    "loan", "balances_on", "penalty_base", "penalty_rate", "penalty_carry", "penalty_due",
    "claimed_beyond", "not_claimable", "day_basis", "principal_not_due", "principal_due",
    "ceiling_rate", "ceiling_carry", "ceiling_room", "signed_cost", "next_from_on", "next_due_on",
    "next_interest", "next_fee",
)  # fmt: skip
"""What is asked of a position that bears penalty."""


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
    since = day_numbers(positions["balances_on"])
    to = day_numbers(on) if isinstance(on, pl.Series) else np.full_like(since, _day_number(on))
    days = to - since
    basis = _basis(positions)
    accrued, interest_carry, lost = _accrue(
        positions["interest_base"].to_numpy(),
        positions["interest_rate"].to_numpy(),
        days,
        positions["interest_carry"].to_numpy(),
        basis,
    )
    allowed, ceiling_carry, lost_too = _accrue(
        _outstanding(positions),
        positions["ceiling_rate"].to_numpy(),
        days,
        positions["ceiling_carry"].to_numpy(),
        basis,
    )
    brought = {
        "balances_on": pl.Series(to.astype(np.int32)).cast(pl.Date),
        "interest_accrued": positions["interest_accrued"] + _or_null(accrued, lost),
        "interest_carry": _or_null(interest_carry, lost),
        "ceiling_room": positions["ceiling_room"] + _or_null(allowed, lost_too),
        "ceiling_carry": _or_null(ceiling_carry, lost_too),
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
    rows, days = before.select(_PENALIZED)[places], days[places]
    posted, carry, lost = _accrue(
        rows["penalty_base"].to_numpy(),
        rows["penalty_rate"].to_numpy(),
        days,
        rows["penalty_carry"].to_numpy(),
        _basis(rows),
    )
    claimed = _claimed(rows, posted, days, loans)
    changes = {
        "penalty_carry": _or_null(carry, lost),
        "penalty_due": rows["penalty_due"] + _or_null(claimed, lost),
        "claimed_beyond": rows["claimed_beyond"] + _or_null(claimed, lost),
        "not_claimable": rows["not_claimable"] + _or_null(posted - claimed, lost),
    }
    return frame.with_columns(put(frame[name], places, value) for name, value in changes.items())


def put(column: pl.Series, places: Whole, values: pl.Series) -> pl.Series:
    """The column with these values at these places (its type and name kept).

    Polars copies into memory it has used before; a copy by NumPy is new pages every time, which on
    a long column cost several times what the copying does.
    """
    return column.clone().scatter(pl.Series(places), values.cast(column.dtype))


# --- the ceiling ----------------------------------------------------------------------------------


def _claimed(rows: pl.DataFrame, posted: Whole, days: Whole, loans: pl.DataFrame) -> Whole:
    """How much of the penalty posted in these days may be claimed under the ceiling?

    Claimed over all days when even the least room is enough, nothing when even the most is none;
    day by day for the few loans between.
    """
    claimed = posted.copy()
    under = np.flatnonzero(rows["ceiling_rate"].to_numpy() > 0)
    if not under.size:
        return claimed
    rows, posted, days = with_signed(rows[under], loans), posted[under], days[under]
    since, signed = day_numbers(rows["balances_on"]), SignedCost.of(rows)
    free = _free(rows)
    grown, _, _ = _accrue(
        _outstanding(rows),
        rows["ceiling_rate"].to_numpy(),
        days,
        rows["ceiling_carry"].to_numpy(),
        _basis(rows),
    )
    surely_all = posted <= room(free, signed.on(since + days), 0)
    surely_none = room(free + grown, signed.on(since), 0) == 0
    share = np.where(surely_none, 0, posted)
    between = np.flatnonzero(~surely_all & ~surely_none)
    if between.size:
        share[between] = _claimed_daily(rows[between], since[between], days[between])
    claimed[under] = share
    return claimed


def _claimed_daily(rows: pl.DataFrame, since: Whole, days: Whole) -> Whole:
    """The same, one day after the other."""
    basis, signed, outstanding = _basis(rows), SignedCost.of(rows), _outstanding(rows)
    ceiling_rate, ceiling_carry = rows["ceiling_rate"].to_numpy(), rows["ceiling_carry"].to_numpy()
    penalty_rate, penalty_carry = rows["penalty_rate"].to_numpy(), rows["penalty_carry"].to_numpy()
    penalty_base, free = rows["penalty_base"].to_numpy(), _free(rows)
    total = np.zeros_like(days)
    for day in range(1, int(days.max()) + 1):
        one = (days >= day).astype(np.int64)
        allowed, ceiling_carry, _ = _accrue(outstanding, ceiling_rate, one, ceiling_carry, basis)
        posted, penalty_carry, _ = _accrue(penalty_base, penalty_rate, one, penalty_carry, basis)
        free = free + allowed
        claimed = claimable(posted, room(free, signed.on(since + day), 0))
        total, free = total + claimed, free - claimed
    return total


@dataclass(frozen=True, slots=True)
class SignedCost:
    """The cost of schedules as signed: periods fully past, the running one, and signing fees."""

    past: Whole
    running: Whole
    period_from: Whole
    period_days: Whole
    fees: Whole
    signed_on: Whole
    term_days: Whole

    @classmethod
    def of(cls, rows: pl.DataFrame) -> SignedCost:
        """That of these positions, with what was signed beside them."""
        begin, end = day_numbers(rows["next_from_on"]), day_numbers(rows["next_due_on"])
        signed_on, last_on = day_numbers(rows["disbursed_on"]), day_numbers(rows["last_due_on"])
        return cls(
            rows["signed_cost"].to_numpy(),
            (rows["next_interest"] + rows["next_fee"]).to_numpy(),
            begin,
            end - begin,
            rows["signing_fees"].to_numpy(),
            signed_on,
            last_on - signed_on,
        )

    def on(self, day: Whole) -> Whole:
        """What has it come to at the end of this day?"""
        elapsed: Whole = np.clip(day - self.period_from, 0, self.period_days)
        since: Whole = np.clip(day - self.signed_on, 0, self.term_days)
        cost: Whole = signed_cost(
            self.past, self.running, elapsed, self.period_days, self.fees, since, self.term_days
        )
        return cost


def _free(rows: pl.DataFrame) -> Whole:
    """What the ceiling allowed so far, less what was claimed beyond the schedule."""
    free: Whole = (rows["ceiling_room"] - rows["claimed_beyond"]).to_numpy()
    return free


def _outstanding(rows: pl.DataFrame) -> Whole:
    outstanding: Whole = (rows["principal_not_due"] + rows["principal_due"]).to_numpy()
    return outstanding


# --- the stream -----------------------------------------------------------------------------------


def _accrue(
    base: Whole, rate: Whole, days: Whole, carry: Whole, basis: Whole | int
) -> tuple[Whole, Whole, Places | None]:
    """``stepwise.accrue`` in 64 bits if every product fits, else in 128.

    Last: which rows are outside the declared ranges (their figures are 0); None: none is.
    """
    try:
        posted, left = accrue(base, rate, days, carry, basis)
        return posted, left, None
    except RangeError:
        whole_basis = np.full_like(base, basis) if isinstance(basis, int) else basis
        columns = {"base": base, "rate": rate, "days": days, "carry": carry, "basis": whole_basis}
        col = pl.col
        wide = accrue(col("base"), col("rate"), col("days"), col("carry"), col("basis"))
        both = pl.DataFrame(columns).select(posted=wide[0], left=wide[1])
        whole = both.fill_null(0)
        lost = both["posted"].is_null().to_numpy()
        return whole["posted"].to_numpy(), whole["left"].to_numpy(), lost


def _or_null(values: Whole, lost: Places | None) -> pl.Series:
    """The values, null where the row is lost."""
    series = pl.Series(values)
    return series if lost is None else series.set(pl.Series(lost), None)


def _basis(rows: pl.DataFrame) -> Whole | int:
    """The day basis: one number where all loans share it, since dividing by it is faster."""
    basis = rows["day_basis"]
    if len(basis) and basis.min() == basis.max():
        return int(basis[0])
    return basis.cast(pl.Int64).to_numpy()


def day_numbers(days: pl.Series) -> Whole:
    """Days since 1970 (0 where there is none).

    >>> int(day_numbers(pl.Series([date(1970, 1, 3)]))[0])
    2
    """
    return days.cast(pl.Int32).fill_null(0).to_numpy().astype(np.int64)


def _day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days
