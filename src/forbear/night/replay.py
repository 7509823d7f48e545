"""What would each policy have meant for the people of a real book? Its past, night by night.

Every morning of the stretch is closed as ``forbear close`` closes it, knowing only what was recorded
by then; every payment is revealed on its day and reacts to nothing. So this measures exposure (who
would have been contacted, how often, how needlessly), not effect: nothing here can say what a contact
brings. Of contacts one thing is assumed for everybody, see ``forbear.night.answering.nobody_agrees``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl

from forbear.book.arrears.opening import open_loans
from forbear.book.arrears.terms import book_terms
from forbear.book.layout import Book
from forbear.dates import day_start
from forbear.errors import BookError
from forbear.law.rulebook import load as load_rulebook
from forbear.measure.exposure import Exposure, as_row, exposure
from forbear.night.answering import nobody_agrees
from forbear.night.engine import scores_of
from forbear.night.run import Nights, Run, World, run_nights
from forbear.night.world import orders_of, world_of
from forbear.policy import load as load_policy

ASSUMED = (
    "每条文字均送达；每通电话均接通但未达成协议；上门无人在家。",
    "every text arrives; every call is answered without an agreement; at a visit nobody is at home.",
)
"""The stated assumption about contacts, 中文 and English."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The figures of a replay: one row of exposure a policy, and what they rest on."""

    book: dict[str, Any]
    first: date
    last: date
    law: str
    loans: int
    incomplete: int
    people: int
    policies: dict[str, Exposure]
    apart: dict[str, Exposure]
    """The same for loans whose supplied schedule does not cover them: counted apart."""
    set_aside: int

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "book": self.book,
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "law": self.law,
            "loans": self.loans,
            "incomplete_loans": self.incomplete,
            "people": self.people,
            "set_aside": self.set_aside,
            "measures": "exposure, not effect",
            "assumed_of_contacts": ASSUMED[1],
            "policies": {name: as_row(figures) for name, figures in self.policies.items()},
            "incomplete": {name: as_row(figures) for name, figures in self.apart.items()},
        }


def replay(
    path: Path,
    *,
    policies: Sequence[str],
    law: str,
    first: date | None = None,
    last: date | None = None,
    scores: Path | None = None,
    workers: int = 1,
    progress: Callable[[date], None] = lambda day: None,
) -> Replayed:
    """Close every morning from ``first`` to ``last`` (the whole past if not given) under each policy.

    ``workers`` > 1 shares the policies out over processes; the result is the same. Raises BookError
    for a book without days, or a stretch outside what it knows.
    """
    book = Book.open(path)
    begin, end = stretch(book, first, last)
    groups = [g for g in (policies[n :: max(1, workers)] for n in range(workers)) if g]
    tasks = [(path, tuple(group), law, begin, end, scores) for group in groups]
    if len(tasks) <= 1:
        done = [_replay_group(*task, progress) for task in tasks]
    else:
        with ProcessPoolExecutor(len(tasks), get_context("spawn")) as pool:
            waiting = [pool.submit(_replay_group, *task) for task in tasks[1:]]
            done = [_replay_group(*tasks[0], progress)] + [each.result() for each in waiting]
    found = {name: figures for group, _ in done for name, figures in group.items()}
    loans = book.scan("loans").filter(pl.col("disbursed_on") < end)
    counted = loans.select(
        loans=pl.len(), incomplete=pl.col("incomplete").sum(), people=pl.col("person").n_unique()
    ).collect()
    return Replayed(
        book={
            "currency": book.manifest.currency,
            "scale": book.manifest.scale,
            "assume": book.manifest.assume,
            "source": book.manifest.source,
        },
        first=begin,
        last=end,
        law=law,
        loans=int(counted["loans"][0]),
        incomplete=int(counted["incomplete"][0]),
        people=int(counted["people"][0]),
        policies={name: found[name][0] for name in policies},
        apart={name: found[name][1] for name in policies},
        set_aside=max(aside for _, aside in done),
    )


def stretch(book: Book, first: date | None, last: date | None) -> tuple[date, date]:
    """Which mornings are replayed: as asked, else from the first due date to the last known day."""
    known_to = max([book.as_of, *book.inbox_days()]) + timedelta(days=1)
    begin = first or book.scan("loans").select(pl.col("first_due_on").min()).collect().item()
    if begin is None:
        raise BookError("holds no loans", where=str(book.path), remedy="load a file of loans")
    end = last or known_to
    if not begin <= end <= known_to:
        raise BookError(
            f"cannot be replayed from {begin} to {end}: the last morning it knows is {known_to}",
            where=str(book.path),
            remedy="give --from and --to inside what the book knows",
        )
    return begin, end


def _replay_group(
    path: Path,
    policies: tuple[str, ...],
    law: str,
    first: date,
    last: date,
    scores: Path | None,
    progress: Callable[[date], None] = lambda day: None,
) -> tuple[dict[str, tuple[Exposure, Exposure]], int]:
    """Some of the policies over the whole stretch: complete loans, and those counted apart."""
    book = Book.open(path)
    world = world_of(book)
    orders = orders_of(
        book, [load_policy(name) for name in policies], load_rulebook(law), scores_of(scores),
        day=first,
    )  # fmt: skip
    nights = run_nights(
        world, state_before(world, book, first), orders,
        first=first, last=last, answers=nobody_agrees, progress=progress,
    )  # fmt: skip
    return {
        name: _figures(world, run, nights)
        for name, run in zip(policies, nights.runs.values(), strict=True)
    }, nights.set_aside


def _figures(world: World, run: Run, nights: Nights) -> tuple[Exposure, Exposure]:
    """Exposure over complete loans and over incomplete ones."""
    apart = world.loans.filter("incomplete")["loan"].implode()
    of_apart = pl.col("loan").is_in(apart)
    nobody = run.withheld.clear()
    return (
        exposure(
            run.plans.filter(~of_apart),
            run.withheld,
            nights.spells.filter(~pl.col("incomplete")),
            nights.payments,
            refused=run.refused,
        ),
        exposure(
            run.plans.filter(of_apart),
            nobody,
            nights.spells.filter("incomplete"),
            nights.payments,
        ),
    )


def state_before(world: World, book: Book, first: date) -> dict[str, pl.DataFrame]:
    """Positions and open items at the end of the day before, from what was recorded by then."""
    known = world.events.filter(pl.col("recorded_at") < day_start(first, book.zone))
    opened = open_loans(
        world.loans, world.instalments, known, book_terms(book), as_of=first - timedelta(days=1)
    )
    return {"positions": opened.positions, "open_items": opened.open_items}
