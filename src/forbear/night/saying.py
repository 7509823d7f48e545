"""What a night says about itself: ``night.json``, which is also where the next night begins.

No clock and no machine is in it: the same book, day, policy, law and scores give the same bytes. The
root hashes everything the night wrote and the root of the night before it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from forbear.book.intake.targets import ASSUMPTIONS
from forbear.book.layout import Book
from forbear.dates import parse_day
from forbear.errors import BookError
from forbear.night.digest import night_root
from forbear.night.engine import Closed
from forbear.night.order import Order
from forbear.night.reading import Before, state_of_book
from forbear.night.summary import Summary, added, in_order, moves_of

FORMAT = 1
FILE = "night.json"


@dataclass(frozen=True, slots=True)
class Said:
    """A night's own account: digests, what it ran with, and its summary."""

    data: dict[str, Any]

    @property
    def root(self) -> str:
        """The hash that stands for the whole night."""
        return str(self.data["root"])

    @property
    def summary(self) -> dict[str, Any]:
        """The one page as plain data: ``forbear.night.summary.Summary``."""
        return dict(self.data["summary"])

    def write(self, folder: Path) -> None:
        """Write it as the last file of the night."""
        text = json.dumps(self.data, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")


def say(
    book: Book,
    order: Order,
    law: str,
    before: Before,
    closed: Closed,
    caught_up: Sequence[date] = (),
) -> Said:
    """What does this night say of itself, once all its parts are written?"""
    summary = summarise(book, order, law, closed, caught_up)
    said: dict[str, Any] = {
        "format": FORMAT,
        "day": order.day.isoformat(),
        "balances_on": (order.day - timedelta(days=1)).isoformat(),
        "book": book_words(book),
        "policy": {"id": order.policy.id, "digest": order.policy.digest},
        "law": {
            "spec": law,
            "digest": order.rulebook.digest,
            "needs_legal_review": order.rulebook.needs_legal_review(order.day),
        },
        "scores": {"name": order.scores.name, "digest": order.scores.digest},
        "seed": order.seed,
        "digests": {
            table: [part.digests[table] for part in closed.parts]
            for table in sorted(closed.parts[0].digests)
        },
        "summary": summary.as_data(),
        "before": before.root,
    }
    return Said(said | {"root": night_root(said, before.root)})


def book_words(book: Book) -> dict[str, Any]:
    """What a reader must know of the book: currency, zone, files, what had to be assumed."""
    manifest = book.manifest
    return {
        "currency": manifest.currency,
        "exponent": manifest.exponent,
        "zone": manifest.zone,
        "files": manifest.files,
        "assume": manifest.assume,
        "source": manifest.source,
    }


def summarise(
    book: Book, order: Order, law: str, closed: Closed, caught_up: Sequence[date] = ()
) -> Summary:
    """The figures of the night over all parts."""
    parts = [told.summary for told in closed.parts]
    aside = [row for part in parts for row in part.set_aside]

    def planned(by: str) -> dict[str, int]:
        return added(told.plan_by[by] for told in closed.parts)

    def left(by: str) -> dict[str, int]:
        return added(told.withheld_by[by] for told in closed.parts)

    return Summary(
        day=order.day.isoformat(),
        policy=order.policy.id,
        law=law,
        book=book_words(book),
        loans=in_order(added(part.loans for part in parts)),
        owed=in_order(added(part.owed for part in parts)),
        roll_rates=moves_of(parts),
        people=sum(part.people for part in parts),
        people_overdue=sum(part.people_overdue for part in parts),
        planned=sum(told.planned for told in closed.parts),
        plan_by_channel=planned("channel"),
        plan_by_step=planned("step"),
        proposals=planned("proposal"),
        offers=sum(told.offers for told in closed.parts),
        withheld=sum(told.withheld for told in closed.parts),
        withheld_by_reason=left("reason"),
        withheld_by_rule=left("rule"),
        capacity=closed.capacity,
        wished=sum(part.wished for part in parts),
        judged=sum(part.judged for part in parts),
        replayed=sum(part.replayed for part in parts),
        set_aside=sum(part.set_aside_count for part in parts),
        set_aside_first=[{"loan": loan, "reason": reason} for loan, reason in sorted(aside)[:5]],
        caught_up=[day.isoformat() for day in caught_up],
        notes=_notes(book, order),
    )


NO_LAW = {
    "zh": "这本规则书在这一天没有任何规则生效：没有任何联系被检查过",
    "en": "no rule of this rulebook is in force on this day: nothing was checked against any law",
}


def _notes(book: Book, order: Order) -> list[dict[str, str]]:
    """What a reader must know, in words of both languages: no law, assumptions, legal review."""
    assumed = sorted(book.manifest.assume.items())
    notes = [_note(assumed_in_words(name, value)) for name, value in assumed]
    if not order.rulebook.in_force(order.day):
        notes.insert(0, NO_LAW)
    review = order.rulebook.needs_legal_review(order.day)
    if review:
        names = ", ".join(review)
        notes.append(
            {
                "zh": f"{len(review)} 条规则待法务复核：{names}",
                "en": f"{len(review)} rules need legal review: {names}",
            }
        )
    return notes


def assumed_in_words(name: str, value: object) -> dict[str, str]:
    """One assumption of a book in words of both languages, those of its load where it has some.

    >>> assumed_in_words("holds", "none")["en"]
    'nobody is on hold when the book begins'
    """
    plain = _plain(value)
    en, zh = ASSUMPTIONS.get(name, {}).get(plain, (f"{name} = {plain}",) * 2)
    if name == "synthetic":
        en, zh = (
            "nobody in it exists; payments react to no contact",
            "人物均为虚构，还款不因联系而变",
        )
    return {"zh": zh, "en": en}


def _note(assumed: dict[str, str]) -> dict[str, str]:
    return {
        "zh": f"本账簿假定：{assumed['zh']}",
        "en": f"assumed of this book: {assumed['en']}",
    }


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- where a night begins ---------------------------------------------------------------------------


def begin_from(book: Book, night: Path | None) -> Before:
    """Which state does the next night begin with: a finished night's, or the book's as opened?

    Raises BookError for a folder that holds no whole night, or one of another book.
    """
    if night is None:
        return state_of_book(book)
    said = read_said(night)
    if said["book"]["files"] != book.files or said["book"]["source"] != book.manifest.source:
        raise BookError(
            "is a night of another book", where=str(night), remedy=f"give a night of {book.path}"
        )
    return Before(night / "state", parse_day(str(said["day"])), str(said["root"]))


def read_said(night: Path) -> Mapping[str, Any]:
    """The account of a finished night. Raises BookError if the folder holds none."""
    file = night / FILE
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(said, dict) or said["format"] > FORMAT or "root" not in said:
            raise KeyError("format")
    except (OSError, ValueError, KeyError):
        raise BookError(
            "holds no finished night",
            where=str(night),
            remedy="give the folder a close wrote with --out",
        ) from None
    return said


def days_missing(before: Before, book: Book, day: date) -> list[date]:
    """Which mornings lie between the state a night begins with and its own day?

    Raises BookError for a morning that was closed already, or lies before the book.
    """
    first = before.day if not before.root else before.day + timedelta(days=1)
    if day < first:
        what = "was closed already" if before.root else "lies inside the settled history"
        raise BookError(
            f"the morning of {day} {what}",
            where=str(before.folder),
            remedy=f"the next morning to close is {first}",
        )
    return [first + timedelta(days=n) for n in range((day - first).days)]
