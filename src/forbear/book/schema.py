"""Which tables does a book have, with which columns, keys and sort order?

This is the only definition: layout, intake, the close and the documentation page
``docs/engineers/book.md`` are all made from it. Amounts are whole minor units, rates whole parts per
billion a year, shares whole millionths, instants UTC in microseconds, days calendar days.

``person``, ``loan``, ``number`` and ``creditor`` are whole-number keys given at intake in order of
first appearance; the lender's own identifiers stand beside them as ``ref``.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from forbear.book.vocabulary import CALL_CHANNELS as CALL_CHANNELS
from forbear.book.vocabulary import CHANNELS as CHANNELS
from forbear.book.vocabulary import COMPONENTS as COMPONENTS
from forbear.book.vocabulary import COUNTERS as COUNTERS
from forbear.book.vocabulary import EVENT_KINDS as EVENT_KINDS
from forbear.book.vocabulary import HOLD_KINDS as HOLD_KINDS
from forbear.book.vocabulary import LOAN_STATUS as LOAN_STATUS
from forbear.book.vocabulary import OUTCOMES as OUTCOMES
from forbear.book.vocabulary import PURPOSES as PURPOSES
from forbear.book.vocabulary import ROLES as ROLES
from forbear.book.vocabulary import TEXT_CHANNELS as TEXT_CHANNELS

INSTANT = pl.Datetime("us", "UTC")


def _enum(values: tuple[str, ...]) -> pl.Enum:
    return pl.Enum(values)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, what it says, and whether a lender must supply it."""

    dtype: pl.DataType | type[pl.DataType]
    says: str
    null: str = ""
    """What a missing value means; empty: never missing."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row is, its key (which is its sort order), and its columns."""

    row: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    spread: bool = True
    """Spread over the files of a book by party group; else one small file."""
    sort: tuple[str, ...] = ()
    """Sort order on disk where it is not the key."""

    @property
    def schema(self) -> pl.Schema:
        """The Polars schema, in column order."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by which rows are sorted on disk."""
        return self.sort or self.key

    def empty(self) -> pl.DataFrame:
        """A frame with these columns and no rows."""
        return pl.DataFrame(schema=self.schema)


C = Column
DAY, AMOUNT, KEY, RATE, YES = pl.Date, pl.Int64, pl.Int64, pl.Int64, pl.Boolean

STATIC: dict[str, Table] = {
    "people": Table(
        "one person who owes, or is bound by, a loan",
        ("person",),
        {
            "person": C(KEY, "key"),
            "group": C(KEY, "party group: least person key bound together by shared loans"),
            "ref": C(pl.String, "the lender's identifier"),
            "name": C(pl.String, "name as the lender writes it", null="not supplied"),
            "zone": C(pl.String, "IANA zone of the person's place", null="unknown: fails closed"),
            "language": C(pl.String, "zh or en"),
            "birth_on": C(DAY, "date of birth", null="age unknown"),
            "pay_day": C(pl.Int8, "day of the month income arrives", null="unknown"),
            "address_confirmed": C(YES, "a home address was confirmed"),
            "vulnerable": C(YES, "flagged vulnerable (relief and protection only)"),
            "hardship": C(YES, "flagged in hardship (relief and protection only)"),
            "joint_opt_in": C(YES, "agreed to joint collection over several creditors"),
        },
    ),
    "parties": Table(
        "one person's role in one loan",
        ("person", "loan", "role"),
        {
            "person": C(KEY, "key"),
            "loan": C(KEY, "key"),
            "role": C(_enum(ROLES), "borrower, co-borrower, guarantor, heir or guardian"),
        },
    ),
    "numbers": Table(
        "one contact point of one person, best first",
        ("person", "rank"),
        {
            "person": C(KEY, "whom the lender tries to reach with it"),
            "rank": C(pl.UInt8, "1 is tried first"),
            "number": C(KEY, "key of the number itself (one number may stand by several people)"),
            "text": C(pl.String, "the number, E.164 (personal: never leaves but masked)"),
            "relation": C(pl.String, "self, or who answers it: spouse, parent, colleague, …"),
            "health": C(
                _enum(("unknown", "verified", "wrong", "dead", "reassigned", "opted_out")),
                "unknown, verified, wrong person, dead, reassigned or opted out",
            ),
        },
    ),
    "loans": Table(
        "one loan as signed",
        ("loan",),
        {
            "loan": C(KEY, "key"),
            "ref": C(pl.String, "the lender's identifier"),
            "person": C(KEY, "the borrower"),
            "creditor": C(pl.Int16, "key of the creditor"),
            "product": C(pl.String, "id of the product (products.json of the book)"),
            "disbursed_on": C(DAY, "day the money went out"),
            "principal": C(AMOUNT, "amount lent"),
            "rate": C(RATE, "contract rate a year"),
            "instalments": C(pl.Int16, "number of instalments as signed"),
            "first_due_on": C(DAY, "first due date as signed"),
            "last_due_on": C(DAY, "last due date as signed"),
            "signing_fees": C(AMOUNT, "fees agreed at signing"),
            "cost_rate": C(RATE, "all-in yearly cost at signing", null="could not be computed"),
            "over_ceiling": C(YES, "the all-in cost is above the ceiling in force at signing"),
            "incomplete": C(YES, "supplied schedule does not cover the loan; counted apart"),
            "debit_mandate": C(YES, "automatic debit was agreed"),
        },
    ),
    "instalments": Table(
        "one instalment as scheduled; sorted by the day its period begins, so that a night reads "
        "only the rows of the day",
        ("loan", "seq"),
        {
            "from_on": C(DAY, "the period is (from_on, due_on]"),
            "loan": C(KEY, "key"),
            "seq": C(pl.Int16, "1, 2, …"),
            "due_on": C(DAY, "due date"),
            "principal": C(AMOUNT, "principal due"),
            "interest": C(AMOUNT, "interest due"),
            "fee": C(AMOUNT, "fee due"),
        },
        sort=("from_on", "loan", "seq"),
    ),
    "creditors": Table(
        "one creditor",
        ("creditor",),
        {
            "creditor": C(pl.Int16, "key"),
            "name": C(pl.String, "name people know"),
            "lender_type": C(
                pl.String, "bank, consumer_finance, micro_lender, auto_finance, private"
            ),
        },
        spread=False,
    ),
}
"""What was signed and who is who: written at intake, corrected by events, not touched by a night."""

HISTORY: dict[str, Table] = {
    "events": Table(
        "one dated fact about a loan's money; never changed, never removed",
        ("loan", "effective_on", "recorded_at", "event"),
        {
            "loan": C(KEY, "key"),
            "effective_on": C(DAY, "when it counts"),
            "recorded_at": C(INSTANT, "when we learned of it"),
            "event": C(pl.Int64, "key inside the loan, in order of recording"),
            "kind": C(_enum(EVENT_KINDS), "what happened"),
            "amount": C(AMOUNT, "minor units; 0 where the kind has no amount"),
            "names": C(pl.Int64, "the event it reverses or corrects", null="none"),
            "detail": C(pl.String, "JSON of the kind's other fields", null="none"),
        },
    ),
    "contacts": Table(
        "one attempt to reach a person, or a message they sent, with its outcome",
        ("person", "at", "contact"),
        {
            "person": C(KEY, "key"),
            "at": C(INSTANT, "when it started"),
            "contact": C(pl.Int64, "key inside the person, in order"),
            "recorded_at": C(INSTANT, "when we learned of it"),
            "loan": C(KEY, "about which loan", null="all of them"),
            "creditor": C(pl.Int16, "for which creditor"),
            "number": C(KEY, "number used", null="none (visit, app)"),
            "channel": C(_enum(CHANNELS), "way"),
            "direction": C(_enum(("out", "in")), "out: we reached for them"),
            "placed_by": C(pl.String, "lender, robot or agency:NAME"),
            "purpose": C(_enum(PURPOSES), "why"),
            "template": C(pl.String, "wording used", null="free"),
            "outcome": C(_enum(OUTCOMES), "how it ended"),
        },
    ),
    "holds": Table(
        "one reason not to contact a person",
        ("person", "kind", "from_at"),
        {
            "person": C(KEY, "key"),
            "kind": C(_enum(HOLD_KINDS), "reason"),
            "from_at": C(INSTANT, "begins"),
            "until_at": C(INSTANT, "ends", null="until lifted"),
            "recorded_at": C(INSTANT, "when we learned of it"),
            "loan": C(KEY, "only this loan", null="the whole person"),
        },
    ),
    "consents": Table(
        "one thing a person allowed or refused; at once revocable",
        ("person", "kind", "given_at"),
        {
            "person": C(KEY, "key"),
            "kind": C(_enum(("hours", "stop_channel", "contact_ok")), "what was said"),
            "given_at": C(INSTANT, "when"),
            "revoked_at": C(INSTANT, "when taken back", null="in force"),
            "channel": C(_enum(CHANNELS), "for which channel", null="all"),
            "from_time": C(pl.Time, "agreed hours begin (hours)", null="not about hours"),
            "until_time": C(pl.Time, "agreed hours end (hours)", null="not about hours"),
            "by": C(_enum(("debtor", "contract_clause")), "who said it"),
        },
    ),
    "promises": Table(
        "one promise to pay, decided by the ledger",
        ("person", "made_at"),
        {
            "person": C(KEY, "key"),
            "made_at": C(INSTANT, "when"),
            "loan": C(KEY, "about which loan"),
            "due_on": C(DAY, "promised day"),
            "amount": C(AMOUNT, "promised amount"),
            "outcome": C(_enum(("open", "kept", "part_kept", "broken")), "as the ledger decided"),
            "decided_on": C(DAY, "when decided", null="open"),
        },
    ),
    "plans": Table(
        "one agreed way out",
        ("person", "agreed_on", "loan"),
        {
            "person": C(KEY, "key"),
            "agreed_on": C(DAY, "when signed"),
            "loan": C(KEY, "about which loan"),
            "kind": C(_enum(("extension", "instalments", "settlement", "holiday")), "what"),
            "ends_on": C(DAY, "last day of the plan"),
            "outcome": C(_enum(("kept", "missed", "done")), "so far"),
        },
    ),
    "placements": Table(
        "one case at an agency",
        ("person", "placed_on", "agency"),
        {
            "person": C(KEY, "key"),
            "placed_on": C(DAY, "handed over"),
            "agency": C(pl.String, "which"),
            "listed": C(YES, "on the published list"),
            "notice_at": C(INSTANT, "the person was told", null="not told"),
            "recalled_on": C(DAY, "taken back", null="still placed"),
        },
    ),
}
"""What happened: grows by what each day records (the *inbox* of that day), never changed."""

STATE: dict[str, Table] = {
    "positions": Table(
        "one loan brought to the end of ``balances_on``; between two changes affine in days",
        ("loan",),
        {
            "loan": C(KEY, "key"),
            "person": C(KEY, "the borrower"),
            "creditor": C(pl.Int16, "key"),
            "status": C(_enum(LOAN_STATUS), "open, settled, charged off or set aside"),
            "balances_on": C(DAY, "figures are as at the end of this day"),
            "principal_not_due": C(AMOUNT, "principal of instalments not yet due"),
            "principal_due": C(AMOUNT, "principal due and unpaid"),
            "interest_due": C(AMOUNT, "interest due and unpaid"),
            "fee_due": C(AMOUNT, "fees and charges due and unpaid"),
            "penalty_due": C(AMOUNT, "penalty interest posted, claimable and unpaid"),
            "not_claimable": C(AMOUNT, "penalty and charges above the ceiling: shown, never due"),
            "paid_in_advance": C(AMOUNT, "money held for instalments not yet due"),
            "overpaid": C(AMOUNT, "money beyond everything owed: shown, to be refunded"),
            "penalty_base": C(AMOUNT, "what penalty interest runs on from tomorrow"),
            "penalty_rate": C(RATE, "penalty rate a year (0: none)"),
            "penalty_carry": C(pl.Int64, "exact remainder, numerator over 10⁹ × day_basis"),
            "interest_base": C(AMOUNT, "principal that bears contract interest"),
            "interest_rate": C(RATE, "contract rate a year"),
            "interest_accrued": C(AMOUNT, "contract interest of the running period, not yet due"),
            "interest_carry": C(pl.Int64, "exact remainder, numerator over 10⁹ × day_basis"),
            "day_basis": C(pl.Int16, "days of the year rates are divided by (360, 365, 366)"),
            "ceiling_rate": C(RATE, "ceiling a year; 0: none is tested"),
            "ceiling_room": C(AMOUNT, "what the ceiling would have allowed so far"),
            "ceiling_carry": C(pl.Int64, "exact remainder of it"),
            "signed_cost": C(AMOUNT, "interest and fees as signed, of periods fully past"),
            "claimed_beyond": C(AMOUNT, "penalty and charges posted so far, claimable part"),
            "next_seq": C(pl.Int16, "next instalment", null="no more"),
            "next_from_on": C(DAY, "its period begins", null="no more"),
            "next_due_on": C(DAY, "its due date", null="no more"),
            "next_principal": C(AMOUNT, "its principal (0: no more)"),
            "next_interest": C(AMOUNT, "its interest"),
            "next_fee": C(AMOUNT, "its fee"),
            "due_since": C(DAY, "oldest unpaid due date, contractual", null="nothing overdue"),
            "due_since_regulatory": C(
                DAY, "oldest unpaid due date, not reset by extension or re-age", null="none"
            ),
            "times_late": C(pl.Int16, "times this loan entered arrears"),
            "last_paid_on": C(DAY, "last payment", null="never paid"),
            "last_paid": C(AMOUNT, "its amount"),
            "by_columns": C(
                YES, "time and ordinary payments advance it by columns; else through loan/"
            ),
        },
    ),
    "open_items": Table(
        "one unpaid component of an instalment that is due (penalty stands in positions)",
        ("loan", "due_on", "seq", "component"),
        {
            "loan": C(KEY, "key"),
            "due_on": C(DAY, "when it fell due"),
            "seq": C(pl.Int16, "instalment; 0: a charge"),
            "component": C(_enum(COMPONENTS), "penalty, fee, interest or principal"),
            "amount": C(AMOUNT, "still unpaid"),
        },
    ),
    "carried_people": Table(
        "what a person's contact history comes to, as at the morning; no row: never contacted",
        ("person",),
        {
            "person": C(KEY, "key"),
            "last_touch_at": C(
                INSTANT, "last delivered text, connected call or visit", null="never"
            ),
            "last_attempt_at": C(INSTANT, "last outbound call attempt, any number", null="never"),
            "last_connect_at": C(INSTANT, "last connected outbound call", null="never"),
            "last_talk_at": C(INSTANT, "last right-party conversation", null="never"),
            "last_text_at": C(INSTANT, "last text counted by the house rules", null="never"),
            "last_visit_at": C(INSTANT, "last visit", null="never"),
            "last_statement_at": C(INSTANT, "last written position (notice floor)", null="never"),
            "last_demand_at": C(INSTANT, "last written demand", null="never"),
            "visit_notice_at": C(INSTANT, "last visit notice delivered", null="never"),
            "adverse_notice_at": C(INSTANT, "notice before adverse report delivered", null="never"),
            "agency_notice_at": C(INSTANT, "notice before an agency delivered", null="never"),
            "visits_case": C(pl.Int16, "visits in this case (since it last had no arrears)"),
            "talks_case": C(pl.Int16, "talks in this case"),
            "failures_running": C(pl.Int16, "failed attempts to reach the person in a row"),
            "failure_days_running": C(pl.Int16, "on how many different days"),
            "last_failure_at": C(INSTANT, "last failed attempt of that row", null="none running"),
            "failure_bands_running": C(
                pl.Int16, "in which parts of the day: 1 before noon + 2 before 18:00 + 4 later"
            ),
            "contact_person_calls_case": C(
                pl.Int16, "calls to contact persons in this case, any outcome"
            ),
            "last_template": C(pl.String, "wording of the last text", null="none"),
            "answers_by_hour": C(
                pl.Array(pl.UInt16, 24), "connected calls by local hour, life-long"
            ),
            "calls_by_hour": C(pl.Array(pl.UInt16, 24), "call attempts by local hour, life-long"),
        },
    ),
    "carried_numbers": Table(
        "what the history of one person's number comes to; no row: never used",
        ("person", "number"),
        {
            "person": C(KEY, "key"),
            "number": C(KEY, "key"),
            "last_attempt_at": C(INSTANT, "last call attempt to it", null="never"),
            "invalid_at": C(INSTANT, "found invalid, not answered since", null="no"),
            "wrong_at": C(INSTANT, "answered by someone else, not cleared since", null="no"),
            "refused_at": C(INSTANT, "who answers it asked never to be called", null="no"),
            "offered_at": C(INSTANT, "who answers it offered to pay, recorded", null="no"),
        },
    ),
    "carried_days": Table(
        "one counter of one day that some rule or policy may still ask for (61 days)",
        ("person", "number", "counter", "day"),
        {
            "person": C(KEY, "key"),
            "number": C(KEY, "number; 0: over all numbers and channels of the person"),
            "counter": C(_enum((*COUNTERS, "calls_without_result")), "what is counted"),
            "day": C(DAY, "local day of the person"),
            "count": C(pl.UInt16, "how many"),
        },
    ),
}
"""What a night carries to the next: replaced every night, recomputable from history."""

NIGHT: dict[str, Table] = {
    "plan": Table(
        "one proposed next step for one person; at most one a person",
        ("person",),
        {
            "person": C(KEY, "key"),
            "ref": C(pl.String, "the lender's identifier of the person"),
            "loan": C(KEY, "lead loan: oldest arrears, then largest"),
            "loan_ref": C(pl.String, "the lender's identifier of the loan"),
            "step": C(pl.String, "step of the policy"),
            "channel": C(_enum(CHANNELS), "way"),
            "proposal": C(YES, "waits for a named person's decision"),
            "purpose": C(_enum(PURPOSES), "why, in the law's words"),
            "number": C(KEY, "number to use", null="none needed"),
            "number_masked": C(pl.String, "as a person may see it", null="none needed"),
            "slot_at": C(INSTANT, "when to begin"),
            "lawful_from": C(INSTANT, "the lawful span that holds the slot begins"),
            "lawful_until": C(INSTANT, "and ends"),
            "tone": C(pl.String, "how to speak"),
            "template": C(pl.String, "approved wording", null="free talk"),
            "offer": C(pl.String, "ways out to offer, separated by blanks"),
            "why_zh": C(pl.String, "why this step, as the policy says it, 中文"),
            "why_en": C(pl.String, "the same in English"),
            "place": C(pl.UInt32, "place in the queue of the day, 1 is first"),
            "rank": C(pl.Int64, "value it was ranked by"),
            "arm": C(pl.String, "arm of an experiment", null="none"),
            "propensity": C(pl.Int32, "chance this step was drawn, millionths"),
            "days_past_due": C(pl.Int32, "of the lead loan, this morning"),
            "amount_due": C(AMOUNT, "due now over all the person's loans"),
        },
    ),
    "withheld": Table(
        "one person in arrears, or wished for, who is left alone today, and why",
        ("person",),
        {
            "person": C(KEY, "key"),
            "ref": C(pl.String, "the lender's identifier of the person"),
            "loan": C(KEY, "lead loan"),
            "wish": C(pl.String, "step that was wished", null="no step wished"),
            "reason": C(
                _enum(
                    (
                        "no_step",
                        "holdout",
                        "rule",
                        "missing_fact",
                        "capacity",
                        "number_shared",
                        "set_aside",
                    )
                ),
                "why",
            ),
            "rule": C(pl.String, "deciding rule", null="not a rule"),
            "not_before": C(INSTANT, "first moment no known rule forbids it", null="none in view"),
            "days_past_due": C(pl.Int32, "of the lead loan, this morning"),
            "amount_due": C(AMOUNT, "due now over all the person's loans"),
        },
    ),
    "set_aside": Table(
        "one loan the night could not bring to today; it keeps its last position",
        ("loan",),
        {
            "loan": C(KEY, "key"),
            "reason": C(pl.String, "what is wrong"),
            "remedy": C(pl.String, "what to do about it"),
        },
    ),
}
"""What a night says; ``receipts`` are defined in ``forbear.law.receipt``."""

MONTHLY: dict[str, Table] = {
    "snapshots": Table(
        "one month of one account's status, where a lender has no dates; for roll rates only",
        ("person", "month"),
        {
            "person": C(KEY, "key"),
            "month": C(DAY, "first day of the month"),
            "status": C(pl.Int8, "months late; 0 revolving, -1 paid in full, -2 not used"),
            "coding": C(
                pl.String, "how status was coded that month; only like codings make a transition"
            ),
            "bill": C(AMOUNT, "billed that month (negative: in credit)", null="not supplied"),
            "paid": C(AMOUNT, "paid in that month", null="not supplied"),
        },
    ),
}
"""Monthly status instead of dated loans: such a book cannot be closed."""

TABLES: dict[str, Table] = {**STATIC, **HISTORY, **STATE, **NIGHT, **MONTHLY}
