"""What may a rule ask about a wish? Every word of the request vocabulary, declared once.

A *wish* is a contact (or a report, or a hand-over) that somebody would like to make: one row. Some
words are said by whoever wishes (``ask``), some come from the person's history and record
(``record``, joined by ``forbear.law.standing``), a few are made here (``made``). A null means what
``null`` says; where that is empty, null is a *missing fact*: a rule that hangs on it blocks and names
the word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import polars as pl

from forbear.book.schema import CHANNELS, HOLD_KINDS, INSTANT, PURPOSES
from forbear.errors import InputError
from forbear.facts.expression import Kind, Word

RECIPIENTS = ("debtor", "contact", "heir", "guarantor", "legal_representative")
"""In which role would the one who is reached be reached? ``contact``: anybody else."""

PLACES = ("home", "workplace", "school", "public")
HEALTH = ("unknown", "verified", "wrong", "dead", "reassigned", "opted_out")
LENDER_TYPES = ("bank", "consumer_finance", "micro_lender", "auto_finance", "private")
PRODUCT_KINDS = ("consumer_loan", "credit_card", "pos_instalment")
GUARANTEES = ("none", "general", "joint")

PACKED_DAYS = 8
"""Daily counts travel as one byte a day, today in the lowest byte: eight days in a whole number."""

PACKED = ("attempts", "connects", "talks", "texts", "touches", "visits")
"""Counters that rules may cap per person; ``attempts`` also per number."""

Source = Literal["ask", "record", "made"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One word of the vocabulary."""

    kind: Kind
    dtype: pl.DataType | type[pl.DataType]
    says: str
    null: str = ""
    source: Source = "ask"
    values: tuple[str, ...] = ()


def _yes(says: str, null: str = "", source: Source = "ask") -> Asked:
    return Asked("yes_no", pl.Boolean(), says, null, source)


def _at(says: str, null: str = "never", source: Source = "record") -> Asked:
    return Asked("instant", INSTANT, says, null, source)


def _number(
    says: str, null: str = "", source: Source = "ask", dtype: type[pl.DataType] = pl.Int32
) -> Asked:
    return Asked("number", dtype(), says, null, source)


def _closed(says: str, values: tuple[str, ...], null: str = "", source: Source = "ask") -> Asked:
    return Asked("word", pl.Enum(values), says, null, source, values)


_ASK: dict[str, Asked] = {
    "person": _number("key of the one who owes", dtype=pl.Int64),
    "creditor": _number("key of the creditor", "not said", dtype=pl.Int16),
    "lender_type": _closed("what kind of lender", LENDER_TYPES),
    "product_kind": _closed("what kind of loan", PRODUCT_KINDS, "given or other"),
    "loan": _number("about which loan", "all of them", dtype=pl.Int64),
    "channel": _closed("way", CHANNELS),
    "purpose": _closed("why", PURPOSES),
    "placed_by": Asked("word", pl.String(), "lender, robot or agency:NAME"),
    "recipient": _closed("role of the one reached", RECIPIENTS),
    "relation": Asked("word", pl.String(), "self, or what they are to the debtor", "self"),
    "number": _number("key of the number", "none needed", dtype=pl.Int64),
    "number_health": _closed("what is known of the number", HEALTH, "no number"),
    "asked_at": _at("the moment asked about", "any lawful span of the day", "ask"),
    "duration_s": _number("expected length, seconds", "not said"),
    "delivery_at": _at("when a message is expected to arrive", "at once", "ask"),
    "crew": _number("people who go together on a visit", dtype=pl.Int16),
    "place": _closed("where a visit goes", PLACES),
    "entry_consent": _yes(
        "consent to come inside is recorded; no: they would go in without", "stays outside"
    ),
    "recorded": _yes("the call is recorded"),
    "certified": _yes("the collector's certificate is current"),
    "sender_registered": _yes("sent from a registered number or account"),
    "explained": _yes("the proposal can be explained to a person"),
    "decided_by_person": _yes("a named person decided the proposal"),
    "template": Asked("word", pl.String(), "wording", "free"),
    "days_past_due": _number("of the lead loan"),
    "age": _number("age in whole years"),
    "hardship": _yes("flagged in hardship"),
    "vulnerable": _yes("flagged vulnerable"),
    "exam_family": _yes("a child sits the university entrance exam", "not flagged"),
    "guarantee": _closed("what guarantee was given", GUARANTEES, "none"),
    "last_due_on": Asked("day", pl.Date(), "due date of the last instalment"),
    "limitation_from": Asked(
        "day", pl.Date(), "limitation runs from here: last due date or last interruption"
    ),
    "over_ceiling": _yes("what would be demanded is above the price ceiling"),
    "assigned": _yes("the debt was sold to this creditor"),
    "assignment_notice_at": _at("the debtor was told of the sale", "not told", "ask"),
    "inherited_value_known": _yes(
        "what the heir inherited is known, and the demand stays below it"
    ),
}

_RECORD: dict[str, Asked] = {
    "number_suppressed": _yes("the number may never be used again", source="record"),
    "contact_refused": _yes("this contact person asked never to be contacted", source="record"),
    "contact_invited": _yes("this contact person offered to pay, recorded", source="record"),
    "own_numbers_invalid": _yes("every own number of the debtor is invalid", source="record"),
    "failures_running": _number("failed attempts to reach the debtor in a row", source="record"),
    "failure_days_running": _number("on how many different days", source="record"),
    "failure_bands": _number("in how many different parts of the day", source="record"),
    "contact_person_calls_case": _number("calls to contact persons in this case", source="record"),
    "last_touch_at": _at("last delivered text, connected call or visit"),
    "last_attempt_at": _at("last call attempt, any own number"),
    "number_last_attempt_at": _at("last call attempt to this number"),
    "last_connect_at": _at("last connected call"),
    "last_talk_at": _at("last right-party conversation"),
    "last_text_at": _at("last text"),
    "last_visit_at": _at("last visit"),
    "last_demand_at": _at("last written demand"),
    "last_template": Asked("word", pl.String(), "wording of the last text", "none", "record"),
    "visit_notice_at": _at("visit notice delivered", "not told"),
    "adverse_notice_at": _at("notice before adverse report delivered", "not told"),
    "agency_notice_at": _at("the debtor was told of the agency", "not told"),
    "agency_listed": _yes("the agency is on the published list", source="record"),
    "channel_stopped": _yes("the person asked not to be reached this way", source="record"),
    "agreed_hours": Asked(
        "word", pl.String(), "hours the person agreed to, as 23:00-01:00 …", "none", "record"
    ),
    "agreed_hours_clause": Asked(
        "word", pl.String(), "hours a contract clause names", "none", "record"
    ),
    "zones": Asked(
        "word", pl.List(pl.String()), "IANA zones of every place the person may be", "", "record"
    ),
    **{
        f"{name}_packed": Asked(
            "number", pl.UInt64(), f"{name} a day, one byte a day", "none", "record"
        )
        for name in PACKED
    },
    "attempts_number_packed": Asked(
        "number", pl.UInt64(), "attempts to this number, one byte a day", "none", "record"
    ),
    **{f"hold_{kind}_from": _at(f"hold {kind} begins", "none") for kind in HOLD_KINDS},
    **{f"hold_{kind}_until": _at(f"hold {kind} ends", "until lifted") for kind in HOLD_KINDS},
    **{f"hold_{kind}": _yes(f"hold {kind} is in force", source="record") for kind in HOLD_KINDS},
}

_MADE: dict[str, Asked] = {
    "by_agency": _yes("an outside agency would do it", source="made"),
    "planned": _yes("a plan of a machine: no person asks at this moment", source="made"),
}

VOCABULARY: dict[str, Asked] = {**_ASK, **_RECORD, **_MADE}
"""Every word a rule may use, with its type and what a null means."""

WORDS: dict[str, Word] = {
    name: Word(asked.kind, bool(asked.null), asked.values)
    for name, asked in VOCABULARY.items()
    if name != "zones"
}
"""The same as the language of conditions needs it."""

NOTHING_ON_RECORD: dict[str, bool | int] = {
    **{
        name: False
        for name in (
            "number_suppressed",
            "contact_refused",
            "contact_invited",
            "own_numbers_invalid",
            "channel_stopped",
        )
    },
    **{
        name: 0
        for name in (
            "failures_running",
            "failure_days_running",
            "failure_bands",
            "contact_person_calls_case",
        )
    },
    **{f"hold_{kind}": False for kind in HOLD_KINDS},
}
"""What the record says of somebody it does not mention: never contacted is not unknown."""

HOUSE_PROMISES: dict[str, bool | int | str] = {
    "recorded": True,
    "certified": True,
    "sender_registered": True,
    "explained": True,
    "decided_by_person": False,
    "crew": 2,
    "place": "home",
    "assigned": False,
    "agency_listed": True,
}
"""What a house that plans a contact promises of the desk that will make it; asked again when it is
made. A night fills these in for its wishes (``promise``), a live request must say them."""


_ALWAYS = ("placed_by", "asked_at", "zones")


def promise(wishes: pl.DataFrame) -> pl.DataFrame:
    """The wishes with what the house promises of its own desks, where they do not say themselves.

    >>> promise(pl.DataFrame({"wish": [1]}))["crew"].item()
    2
    """
    made = [
        (pl.col(name).fill_null(value) if name in wishes.columns else pl.lit(value).alias(name))
        for name, value in HOUSE_PROMISES.items()
    ]
    return wishes.with_columns(made)


def complete(wishes: pl.DataFrame, words: Collection[str] = ()) -> pl.DataFrame:
    """The wishes with every word of the vocabulary (or only ``words``), typed; what nobody said is
    null, or what the record says of somebody it does not mention.

    Raises InputError for a column that cannot be what the vocabulary says (an unknown channel, say),
    or when ``wish`` is not a distinct key.

    >>> complete(pl.DataFrame({"wish": [1], "placed_by": ["agency:A"]}))["by_agency"].item()
    True
    """
    if "wish" not in wishes.columns or wishes["wish"].n_unique() != wishes.height:
        raise InputError("wishes need a distinct key", where="wish", remedy="number them")
    columns = [pl.col("wish").cast(pl.Int64)]
    for name, asked in VOCABULARY.items():
        if asked.source == "made" or (words and name not in words and name not in _ALWAYS):
            continue
        if name not in wishes.columns:
            columns.append(pl.lit(NOTHING_ON_RECORD.get(name), dtype=asked.dtype).alias(name))
        elif wishes.schema[name] != asked.dtype:
            columns.append(pl.col(name).cast(asked.dtype))
        else:
            columns.append(pl.col(name))
    try:
        typed = wishes.select(columns)
    except pl.exceptions.InvalidOperationError as problem:
        line = str(problem).splitlines()[0]
        raise InputError(f"a wish says what no word means: {line}", where="wishes") from None
    return typed.with_columns(
        by_agency=pl.col("placed_by").str.starts_with("agency:"),
        planned=pl.col("asked_at").is_null(),
    )
