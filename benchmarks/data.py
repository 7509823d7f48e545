"""A plain book of millions of loans for the benchmark, made by columns, part by part.

Twelve instalments a loan, spread so that one in thirty falls due on the day that is closed; 8% in
arrears, 5% with a payment that day, 0.5% with a back-dated one (so that they are replayed), carried
contact facts for everyone who was ever late. Nothing here is calibrated: only sizes matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from forbear.book.files import write_table
from forbear.book.layout import Book
from forbear.book.schema import TABLES
from forbear.dates import day_start, zone
from forbear.loan.product import product_as_data, shipped

CLOSED = date(2026, 11, 21)
"""The morning that is closed; the day brought in is the one before."""
DAY = CLOSED - timedelta(days=1)
RATE, PENALTY_RATE, CEILING_RATE = 180_000_000, 180_000_000, 240_000_000
PERIOD, TERMS = 30, 12
EPOCH = date(1970, 1, 1)
LOANS_A_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class Loans:
    """One part's loans as arrays; every later table is made from these."""

    loan: Any
    person: Any
    part_principal: Any  # a twelfth of the amount lent
    next_seq: Any  # 1 … 12
    next_due: Any  # days since 1970
    missed: Any  # instalments in arrears, 0 … 4
    days_ago: Any  # the day of the epoch that was yesterday's morning


def make(folder: Path, loans: int, files: int | None = None) -> Book:
    """Make the book in ``folder`` (which must not exist), with the state of two days before."""
    files = files or max(2, loans // LOANS_A_FILE)
    book = Book.create(
        folder, currency="CNY", files=files, as_of=DAY - timedelta(days=1),
        assume={"benchmark": "plain figures, not calibrated"},
    )  # fmt: skip
    book.write_products([product_as_data(shipped("given"))])
    book.write(
        "creditors", 0,
        pl.DataFrame(
            {"creditor": [1], "name": ["某消费金融公司"], "lender_type": ["consumer_finance"]}
        ),
    )  # fmt: skip
    each = loans // files
    for part in range(files):
        _part(book, part, each)
    book.fill_absent()
    return book


def _part(book: Book, part: int, count: int) -> None:
    rng = np.random.default_rng([20261121, part])
    made = _loans(rng, book.files, part, count)
    for table, frame in _static(rng, made, book.files, part).items():
        book.write(table, part, frame, in_order=True)
    for table, frame in _state(rng, made).items():
        book.write(table, part, frame, in_order=table != "open_items")
    book.write("events", part, _events(made), in_order=True)
    for table, frame in _history(rng, made).items():
        book.write(table, part, frame)
    for table, frame in _inbox(rng, made).items():
        book.write_inbox(DAY, table, part, frame)


def _days(values: Any) -> pl.Series:
    return pl.Series(values.astype(np.int32)).cast(pl.Date)


def _loans(rng: np.random.Generator, files: int, part: int, count: int) -> Loans:
    """Ten loans to seven people; a loan's key grows with its person's."""
    place = np.arange(count, dtype=np.int64)
    person = (place * 7 // 10) * files + part
    next_seq = rng.integers(1, TERMS + 1, count)
    late = (rng.random(count) < 0.0875) & (next_seq > 1)
    missed = np.where(late, np.minimum(rng.choice([1, 1, 1, 2, 2, 3, 4], count), next_seq - 1), 0)
    today = (DAY - EPOCH).days
    return Loans(
        loan=place * files + part,
        person=person,
        part_principal=rng.integers(200, 2_000, count) * 100,
        next_seq=next_seq,
        next_due=today + rng.integers(0, PERIOD, count),
        missed=missed,
        days_ago=today - 1,
    )


def _interest(made: Loans, seq: Any) -> Any:
    """Interest of instalment ``seq``: a month's on what is outstanding before it, rounded down."""
    outstanding = made.part_principal * (TERMS + 1 - seq)
    return outstanding * RATE // (12 * 10**9)


def _static(
    rng: np.random.Generator, made: Loans, files: int, part: int
) -> dict[str, pl.DataFrame]:
    people = np.unique(made.person)
    n = people.size
    disbursed = made.next_due - PERIOD * made.next_seq
    text = pl.Series(people).cast(pl.String).str.pad_start(10, "0")
    loan_frame = pl.DataFrame(
        {
            "loan": made.loan,
            "ref": "L" + pl.Series(made.loan).cast(pl.String),
            "person": made.person,
            "creditor": np.ones(made.loan.size, np.int16),
            "product": pl.Series(["given"]).new_from_index(0, made.loan.size),
            "disbursed_on": _days(disbursed),
            "principal": made.part_principal * TERMS,
            "rate": np.full(made.loan.size, RATE),
            "instalments": np.full(made.loan.size, TERMS, np.int16),
            "first_due_on": _days(disbursed + PERIOD),
            "last_due_on": _days(disbursed + PERIOD * TERMS),
            "signing_fees": np.zeros(made.loan.size, np.int64),
            "cost_rate": np.full(made.loan.size, 184_000_000),
            "over_ceiling": False,
            "incomplete": False,
            "debit_mandate": False,
        }
    )
    return {
        "people": pl.DataFrame(
            {
                "person": people,
                "group": people,
                "ref": "P" + text,
                "name": pl.Series(["某某"]).new_from_index(0, n),
                "zone": "Asia/Shanghai",
                "language": "zh",
                "birth_on": _days(-rng.integers(0, 9_000, n)),
                "pay_day": rng.integers(1, 29, n).astype(np.int8),
                "address_confirmed": rng.random(n) < 0.7,
                "vulnerable": rng.random(n) < 0.01,
                "hardship": rng.random(n) < 0.03,
                "joint_opt_in": rng.random(n) < 0.05,
            }
        ),
        "parties": pl.DataFrame({"person": made.person, "loan": made.loan, "role": "borrower"}),
        "numbers": pl.DataFrame(
            {
                "person": people,
                "rank": np.ones(n, np.uint8),
                "number": people + 1,
                "text": "+8610" + text,
                "relation": "self",
                "health": "verified",
            }
        ),
        "loans": loan_frame,
        "instalments": _instalments(made, disbursed),
    }


def _instalments(made: Loans, disbursed: Any) -> pl.DataFrame:
    """Sorted by the day a period begins: by hand, twelve rows a loan are the largest table."""
    count = made.loan.size
    seq = np.tile(np.arange(1, TERMS + 1), count)
    each = np.repeat(np.arange(count), TERMS)
    begins = disbursed[each] + PERIOD * (seq - 1)
    order = np.argsort(begins, kind="stable")
    each, seq, begins = each[order], seq[order], begins[order]
    principal = made.part_principal[each]
    return pl.DataFrame(
        {
            "from_on": _days(begins),
            "loan": made.loan[each],
            "seq": seq.astype(np.int16),
            "due_on": _days(begins + PERIOD),
            "principal": principal,
            "interest": principal * (TERMS + 1 - seq) * RATE // (12 * 10**9),
            "fee": np.zeros(each.size, np.int64),
        }
    )


def _items(made: Loans) -> pl.DataFrame:
    """Interest and principal of every missed instalment."""
    late = np.flatnonzero(made.missed)
    each = np.repeat(late, made.missed[late])
    back = np.concatenate([np.arange(m, 0, -1) for m in made.missed[late]] or [np.zeros(0, int)])
    seq = made.next_seq[each] - back
    due = made.next_due[each] - PERIOD * back
    rows = pl.DataFrame(
        {
            "loan": made.loan[each],
            "due_on": _days(due),
            "seq": seq.astype(np.int16),
            "interest": made.part_principal[each] * (TERMS + 1 - seq) * RATE // (12 * 10**9),
            "principal": made.part_principal[each],
        }
    )
    return rows.unpivot(
        ["interest", "principal"],
        index=["loan", "due_on", "seq"],
        variable_name="component",
        value_name="amount",
    )


def _state(rng: np.random.Generator, made: Loans) -> dict[str, pl.DataFrame]:
    items = _items(made)
    due = items.group_by("loan").agg(
        principal_due=pl.col("amount").filter(pl.col("component") == "principal").sum(),
        interest_due=pl.col("amount").filter(pl.col("component") == "interest").sum(),
        due_since=pl.col("due_on").min(),
    )
    seq, count = made.next_seq, made.loan.size
    left = made.part_principal * (TERMS + 1 - seq)
    spent = (made.part_principal * TERMS * PERIOD) * (seq - 1) - (
        made.part_principal * PERIOD * (seq - 1) * (seq - 2) // 2
    )
    signed = sum(np.where(seq > n, _interest(made, np.full(count, n)), 0) for n in range(1, TERMS))
    base = pl.DataFrame(
        {
            "loan": made.loan,
            "person": made.person,
            "creditor": np.ones(count, np.int16),
            "balances_on": _days(np.full(count, made.days_ago)),
            "principal_not_due": left,
            "ceiling_room": spent * 24 // (100 * 365),
            "signed_cost": signed,
            "next_seq": seq.astype(np.int16),
            "next_from_on": _days(made.next_due - PERIOD),
            "next_due_on": _days(made.next_due),
            "next_principal": made.part_principal,
            "next_interest": _interest(made, seq),
            "times_late": (made.missed > 0).astype(np.int16),
        }
    ).join(due, on="loan", how="left", maintain_order="left")
    filled = {
        "status": pl.lit("open"),
        "penalty_base": pl.col("principal_due"),
        "penalty_rate": pl.lit(PENALTY_RATE),
        "interest_rate": pl.lit(RATE),
        "day_basis": pl.lit(365),
        "ceiling_rate": pl.lit(CEILING_RATE),
        "due_since_regulatory": pl.col("due_since"),
        "by_columns": pl.lit(True),
    }
    table = TABLES["positions"]
    positions = base.with_columns(
        pl.col("principal_due", "interest_due").fill_null(0)
    ).with_columns(**filled)
    absent = [name for name in table.columns if name not in positions.columns]
    positions = positions.with_columns(
        (pl.lit(None) if table.columns[name].null else pl.lit(0)).alias(name) for name in absent
    )
    return {
        "positions": positions,
        "open_items": items.sort("loan", "due_on", "seq", "component"),
        **_carried(rng, made),
    }


def _carried(rng: np.random.Generator, made: Loans) -> dict[str, pl.DataFrame]:
    """A row for everyone late now and one in eight of the others; daily counters for those late."""
    late = np.unique(made.person[made.missed > 0])
    others = np.unique(made.person)[::8]
    people = np.union1d(late, others)
    n = people.size
    now = day_start(DAY, zone("Asia/Shanghai"))
    when = pl.Series([now]).cast(pl.Datetime("us", "UTC"))
    ago = pl.Series(rng.integers(1, 60, n)) * pl.Series([86_400_000_000])
    last = (when.new_from_index(0, n).cast(pl.Int64) - ago).cast(pl.Datetime("us", "UTC"))
    table = TABLES["carried_people"]
    carried = pl.DataFrame({"person": people}).with_columns(
        last_touch_at=last, last_text_at=last, last_attempt_at=last,
        answers_by_hour=pl.lit(rng.integers(0, 9, (n, 24)).astype(np.uint16)),
        calls_by_hour=pl.lit(rng.integers(9, 30, (n, 24)).astype(np.uint16)),
    )  # fmt: skip
    carried = carried.with_columns(
        (pl.lit(None) if says.null else pl.lit(0)).alias(name)
        for name, says in table.columns.items()
        if name not in carried.columns
    )
    each = np.repeat(late, 6)
    days = np.tile(np.array([3, 8, 15, 22, 30, 41]), late.size)
    counted = pl.DataFrame(
        {
            "person": each,
            "number": np.where(np.arange(each.size) % 3 == 0, each + 1, 0),
            "counter": np.tile(np.array(["attempts", "texts", "touches"]), late.size * 2),
            "day": _days((DAY - EPOCH).days - days),
            "count": np.ones(each.size, np.uint16),
        }
    )
    order = list(TABLES["carried_days"].order)
    cast = counted.select(pl.col(c).cast(d) for c, d in TABLES["carried_days"].schema.items())
    return {"carried_people": carried, "carried_days": cast.sort(order)}


def _events(made: Loans) -> pl.DataFrame:
    """The money going out, and every instalment before the missed ones paid on its day."""
    paid = made.next_seq - 1 - made.missed
    rows = paid + 1
    each = np.repeat(np.arange(made.loan.size), rows)
    nth = np.arange(each.size) - np.repeat(np.cumsum(rows) - rows, rows)  # 0: disbursed
    on = (made.next_due - PERIOD * made.next_seq)[each] + PERIOD * nth
    principal = made.part_principal[each]
    interest = principal * (TERMS + 1 - nth) * RATE // (12 * 10**9)
    noon = (pl.Series(on.astype(np.int64)) * 86_400_000_000 + 4 * 3_600_000_000).cast(
        pl.Datetime("us", "UTC")
    )
    return pl.DataFrame(
        {
            "loan": made.loan[each],
            "effective_on": _days(on),
            "recorded_at": noon,
            "event": nth,
            "kind": pl.select(
                pl.when(pl.Series(nth) == 0).then(pl.lit("disbursed")).otherwise(pl.lit("repaid"))
            ).to_series(),
            "amount": np.where(nth == 0, principal * TERMS, principal + interest),
        }
    ).with_columns(names=pl.lit(None, pl.Int64), detail=pl.lit(None, pl.String))


def _history(rng: np.random.Generator, made: Loans) -> dict[str, pl.DataFrame]:
    people = np.unique(made.person)
    early = day_start(DAY - timedelta(days=3), zone("Asia/Shanghai"))
    held = people[rng.random(people.size) < 0.02]
    agreed = people[rng.random(people.size) < 0.02]
    kinds = np.array(["dispute", "complaint", "help_request", "promise_open", "plan_kept"])
    holds = pl.DataFrame({"person": held, "kind": kinds[held % 5]}).with_columns(
        from_at=early, until_at=None, recorded_at=early, loan=None
    )
    consents = pl.DataFrame({"person": agreed}).with_columns(
        kind=pl.lit("contact_ok"), given_at=early, revoked_at=None, channel=None,
        from_time=None, until_time=None, by=pl.lit("debtor"),
    )  # fmt: skip
    return {"holds": holds, "consents": consents}


def _inbox(rng: np.random.Generator, made: Loans) -> dict[str, pl.DataFrame]:
    """What yesterday recorded: payments, a few of them back-dated, and yesterday's contacts."""
    at = day_start(DAY, zone("Asia/Shanghai")) + timedelta(hours=11)
    today = (DAY - EPOCH).days
    due = made.next_due == today
    pays = (due & (rng.random(due.size) < 0.9)) | (
        (made.missed > 0) & (rng.random(due.size) < 0.25)
    )
    back_dated = rng.random(due.size) < 0.005
    rows = np.flatnonzero(pays | back_dated)
    amount = (made.part_principal + _interest(made, made.next_seq))[rows]
    events = pl.DataFrame(
        {
            "loan": made.loan[rows],
            "effective_on": _days(np.where(back_dated[rows], today - 3, today)),
            "event": np.full(rows.size, 100),
            "kind": "repaid",
            "amount": amount,
        }
    ).with_columns(recorded_at=at, names=None, detail=None)
    late = np.unique(made.person[made.missed > 0])[::3]
    calls = np.arange(late.size) % 2 == 0
    contacts = pl.DataFrame(
        {
            "person": late,
            "contact": np.full(late.size, 1),
            "creditor": np.ones(late.size, np.int16),
            "number": late + 1,
            "channel": np.where(calls, "call", "sms"),
            "outcome": np.where(calls, "no_answer", "delivered"),
        }
    ).with_columns(
        at=at, recorded_at=at, loan=None, direction=pl.lit("out"), placed_by=pl.lit("lender"),
        purpose=pl.lit("collect"), template=None,
    )  # fmt: skip
    return {"events": events, "contacts": contacts}


__all__ = ["CLOSED", "DAY", "make", "write_table"]
