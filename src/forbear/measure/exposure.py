"""How much were people contacted, and how much of it was unnecessary?

This measures exposure, not effect: the payments are what history says, whatever was planned. So a
contact to someone who paid within days *anyway* is a contact that could have been spared, and
nothing here says that a contact brought money.

A contact is a planned step that reaches for the person (proposals to a named person — agency,
court, adverse report — are counted apart; a visit is a contact and a proposal).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from statistics import median
from typing import Any

import polars as pl
import yaml

NOT_CONTACTS = ("agency", "court", "adverse_report")
"""Ways that are proposals to a named person and reach nobody."""

ANYWAY_DAYS = (3, 7, 14)


@cache
def stated_prices() -> Mapping[str, int]:
    """What does a thousand attempts by each channel cost, in fen? (``prices.yaml``, with its basis)

    >>> stated_prices()["sms"]
    4500
    """
    said = yaml.safe_load(files("forbear.measure").joinpath("prices.yaml").read_text("utf-8"))
    return {channel: row["per_thousand"] for channel, row in said["prices"].items()}


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one policy would have meant for the people of a book over a stretch of days."""

    people_overdue: int
    people_contacted: int
    contacts_overdue: int
    """Contacts to people in arrears, all channels."""
    reminders: int
    """Contacts to people not (yet) in arrears."""
    notices: int
    """Contacts among those above that are notices the floor requires."""
    by_channel: dict[str, int] = field(default_factory=dict)
    """Contacts to people in arrears, by channel."""
    proposals: dict[str, int] = field(default_factory=dict)
    """People proposed for an agency, a court or a report, by way; a proposal waits, it counts once."""
    """People proposed to an agency, a court or a credit register at least once."""
    paid_anyway: dict[int, int] = field(default_factory=dict)
    """Contacts to people in arrears who paid within so many days (that day included)."""
    first_contact_day: float | None = None
    """Median days past due of the first contact of a spell of arrears; none: nobody contacted."""
    spells: int = 0
    spells_contacted: int = 0
    offers: int = 0
    """Contacts that carried at least one way out."""
    withheld_by: dict[str, int] = field(default_factory=dict)
    """Person-days left alone, by rule or other reason."""
    refused_by: dict[str, int] = field(default_factory=dict)
    """Person-days on which a rule refused the step wished (a gentler one may have been taken)."""
    peak_day: str | None = None
    peak_contacts: int = 0
    cost: int = 0
    """Minor units (fen) at the stated prices."""
    unpriced: int = 0
    """Contacts by channels for which no price is stated."""

    def per_person(self, channel: str | None = None) -> int:
        """Contacts per overdue person over the whole stretch, in thousandths."""
        contacts = self.contacts_overdue if channel is None else self.by_channel.get(channel, 0)
        return contacts * 1000 // self.people_overdue if self.people_overdue else 0

    def share_anyway(self, days: int) -> int:
        """Which share (millionths) of contacts went to someone who paid within ``days`` anyway?"""
        paid = self.paid_anyway.get(days, 0)
        return paid * 1_000_000 // self.contacts_overdue if self.contacts_overdue else 0


def exposure(
    plans: pl.DataFrame,
    withheld: pl.DataFrame,
    spells: pl.DataFrame,
    payments: pl.DataFrame,
    prices: Mapping[str, int] | None = None,
    refused: pl.DataFrame | None = None,
) -> Exposure:
    """What does this stretch of nights come to, as figures of exposure?

    ``plans``: day, person, channel, purpose, offer, days_past_due, one row a planned step.
    ``withheld``: reason, rule, people (person-days). ``spells``: person, from_on, one row a spell of
    arrears (its first morning overdue), and perhaps ``whole`` (no: it began before the stretch, so its
    first contact is not known and it counts only as a person overdue). ``payments``: person, paid_on.
    ``prices``: fen a thousand attempts by channel (the stated ones).

    >>> from datetime import date
    >>> day = date(2026, 11, 21)
    >>> plans = pl.DataFrame({"day": [day], "person": [1], "channel": ["sms"], "purpose": ["collect"],
    ...                       "offer": ["extension"], "days_past_due": [2]})
    >>> spells = pl.DataFrame({"person": [1], "from_on": [date(2026, 11, 20)]})
    >>> paid = pl.DataFrame({"person": [1], "paid_on": [date(2026, 11, 26)]})
    >>> none = pl.DataFrame(schema={"reason": pl.String, "rule": pl.String, "people": pl.Int64})
    >>> figures = exposure(plans, none, spells, paid)
    >>> figures.share_anyway(3), figures.share_anyway(7), figures.first_contact_day, figures.cost
    (0, 1000000, 2, 4)
    """
    prices = stated_prices() if prices is None else prices
    rows = plans.with_columns(pl.col("channel").cast(pl.String), pl.col("purpose").cast(pl.String))
    contacts = rows.filter(~pl.col("channel").is_in(NOT_CONTACTS))
    overdue = contacts.filter(pl.col("days_past_due") > 0).sort("day", "person")
    by_channel = _counts(overdue, "channel")
    per_day = contacts.group_by("day").len().sort(["len", "day"], descending=[True, False])
    whole = spells.filter("whole") if "whole" in spells.columns else spells
    first = _first_contacts(overdue, spells, whole)
    everything = _counts(contacts, "channel")
    return Exposure(
        people_overdue=spells["person"].n_unique(),
        people_contacted=overdue["person"].n_unique(),
        contacts_overdue=overdue.height,
        reminders=contacts.height - overdue.height,
        notices=contacts.filter(pl.col("purpose") == "notice_required").height,
        by_channel=by_channel,
        proposals=_counts(
            rows.filter(pl.col("channel").is_in(NOT_CONTACTS)).unique(["person", "channel"]),
            "channel",
        ),
        paid_anyway=_paid_anyway(overdue, payments),
        first_contact_day=median(first) if first else None,
        spells=whole.height,
        spells_contacted=len(first),
        offers=overdue.filter(pl.col("offer").fill_null("") != "").height,
        withheld_by=_withheld(withheld),
        refused_by={} if refused is None else _by_rule(refused),
        peak_day=str(per_day["day"][0]) if per_day.height else None,
        peak_contacts=int(per_day["len"][0]) if per_day.height else 0,
        cost=sum(n * prices.get(channel, 0) for channel, n in everything.items()) // 1000,
        unpriced=sum(n for channel, n in everything.items() if channel not in prices),
    )


def _counts(rows: pl.DataFrame, column: str) -> dict[str, int]:
    counted = rows.group_by(column).len().sort(column)
    return {str(name): int(n) for name, n in counted.iter_rows()}


def _withheld(withheld: pl.DataFrame) -> dict[str, int]:
    named = withheld.select(
        pl.coalesce(pl.col("rule"), pl.col("reason").cast(pl.String)).alias("why"), "people"
    )
    counted = named.group_by("why").agg(pl.col("people").sum()).sort("why")
    return {str(why): int(people) for why, people in counted.iter_rows()}


def _by_rule(refused: pl.DataFrame) -> dict[str, int]:
    counted = refused.group_by("rule").agg(pl.col("people").sum()).sort("rule")
    return {str(rule): int(people) for rule, people in counted.iter_rows()}


def _paid_anyway(overdue: pl.DataFrame, payments: pl.DataFrame) -> dict[int, int]:
    """Of these contacts, how many went to someone whose next payment came within so many days?"""
    paid = payments.select("person", "paid_on").drop_nulls().unique().sort("paid_on")
    if overdue.is_empty() or paid.is_empty():
        return dict.fromkeys(ANYWAY_DAYS, 0)
    waited = (
        overdue.select("person", "day")
        .sort("day")
        .join_asof(
            paid,
            left_on="day",
            right_on="paid_on",
            by="person",
            strategy="forward",
            check_sortedness=False,
        )
        .select((pl.col("paid_on") - pl.col("day")).dt.total_days().alias("waited"))["waited"]
    )
    return {days: int((waited <= days).sum()) for days in ANYWAY_DAYS}


def _first_contacts(overdue: pl.DataFrame, spells: pl.DataFrame, whole: pl.DataFrame) -> list[int]:
    """Days past due of the first contact in each whole spell of arrears that had one."""
    if overdue.is_empty() or spells.is_empty():
        return []
    matched = overdue.select("person", "day", "days_past_due").join_asof(
        spells.select("person", pl.col("from_on"), spell="from_on").sort("from_on"),
        left_on="day",
        right_on="from_on",
        by="person",
        strategy="backward",
        check_sortedness=False,
    )
    first = matched.join(
        whole.select("person", spell="from_on"), on=["person", "spell"], how="semi"
    ).sort("day")
    days = first.group_by("person", "spell", maintain_order=True).first()["days_past_due"]
    return [int(n) for n in days]


def as_row(figures: Exposure) -> dict[str, Any]:
    """The figures as one flat row for a table or JSON; shares in millionths, cost in fen."""
    row: dict[str, Any] = {
        "people_overdue": figures.people_overdue,
        "people_contacted": figures.people_contacted,
        "spells": figures.spells,
        "spells_contacted": figures.spells_contacted,
        "first_contact_day": figures.first_contact_day,
        "contacts_overdue": figures.contacts_overdue,
        "contacts_by_channel": figures.by_channel,
        "reminders_before_due": figures.reminders,
        "notices": figures.notices,
        "proposals": figures.proposals,
        "offers_of_help": figures.offers,
        "refused_by_rule": figures.refused_by,
        "withheld_by": figures.withheld_by,
        "peak_day": figures.peak_day,
        "peak_contacts": figures.peak_contacts,
        "cost_fen": figures.cost,
        "contacts_without_price": figures.unpriced,
    }
    for days in ANYWAY_DAYS:
        row[f"paid_anyway_{days}d"] = figures.paid_anyway.get(days, 0)
        row[f"share_paid_anyway_{days}d"] = figures.share_anyway(days)
    return row
