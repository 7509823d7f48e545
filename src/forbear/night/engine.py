"""Run a night over all part files of a book: here, or in several processes. The result is the same.

Two passes: every part by itself up to its choices; the parts meet for capacity and numbers; every
part writes its plan. A folder beside the target holds everything until the night is whole and is
then renamed, so that a full disk or Ctrl-C leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from forbear.book.arrears.terms import book_terms
from forbear.book.files import (
    ROW_GROUP,
    ZSTD_LEVEL,
    folder_aside,
    readable,
    writable,
    write_table,
)
from forbear.book.layout import Book
from forbear.book.schema import STATE
from forbear.errors import BookError
from forbear.facts.history import recompute
from forbear.law.receipt import digest
from forbear.law.rulebook import load as load_rulebook
from forbear.night.close import PartNight, bring, carry, decide, finish
from forbear.night.meeting import capacity_told, meet
from forbear.night.order import Clock, Order, Stopwatch, no_clock, scale_of
from forbear.night.reading import Before, read_part
from forbear.night.summary import Counts, PartSummary, count_by
from forbear.policy import load as load_policy
from forbear.score.tables import Scores
from forbear.score.tables import default as default_scores
from forbear.score.tables import load as load_scores

Progress = Callable[[str, int, int], None]
"""Told (stage, parts done, parts in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Which night is to be run, in words that any process can read."""

    book: Path
    before: Before
    day: date
    policy: str
    law: str
    scores: Path | None = None
    seed: int = 0
    receipts: bool = True
    catch_up: tuple[date, ...] = ()
    """Mornings in between whose money and history are brought in, and which are not planned."""
    clock: Clock = no_clock


@dataclass(frozen=True, slots=True)
class PartTold:
    """What a finished part tells the one who asked for the night."""

    part: int
    summary: PartSummary
    digests: dict[str, str]
    plan_by: dict[str, Counts]
    withheld_by: dict[str, Counts]
    offers: int
    planned: int
    withheld: int
    receipts: int
    spent: dict[str, int]


@dataclass(frozen=True, slots=True)
class Closed:
    """The night as it was written: part by part, and what the meeting came to."""

    parts: list[PartTold]
    capacity: dict[str, dict[str, int]]
    spent: dict[str, int] = field(default_factory=dict)
    """Nanoseconds by stage, over all parts; never written to the night."""


def order_of(night: Night, book: Book) -> Order:
    """Everything the night decides by, read from files. Raises the errors of policy, law and score."""
    policy = load_policy(night.policy)
    currency = book.manifest.currency
    if policy.currency != currency and book.manifest.scale == "1":
        raise BookError(
            f"the book is in {currency}, policy {policy.id} in {policy.currency}",
            where=str(book.path),
            remedy="declare in the map how many units of the policy's currency one unit stands for",
        )
    return Order(
        day=night.day,
        policy=policy,
        rulebook=load_rulebook(night.law),
        scores=scores_of(night.scores),
        terms=book_terms(book),
        creditors=book.read("creditors"),
        book_zone=book.manifest.zone,
        seed=night.seed,
        receipts=night.receipts,
        scale=scale_of(book),
    )


def scores_of(path: Path | None) -> Scores:
    """The scores of this file, or the ones shipped."""
    return default_scores() if path is None else load_scores(path)


def run_night(
    night: Night,
    out: Path,
    *,
    workers: int = 1,
    progress: Progress = lambda stage, done, parts: None,
    seal: Callable[[Path, Closed], None] = lambda folder, closed: None,
    replace_out: bool = False,
) -> Closed:
    """Run the night and write it to ``out`` (which must not exist unless ``replace_out``).

    ``seal`` writes the last files (``night.json``) into the folder before it gets its name.
    """
    book = Book.open(night.book)
    order_of(night, book)  # every mistake in policy, law or scores, before any work
    with folder_aside(out, replace=replace_out) as aside, _pool(workers) as run:
        work = aside / ".work"
        work.mkdir()
        parts = range(book.files)
        suppressed = suppressed_numbers(book, night)
        first = run(
            _first_pass,
            [(night, part, aside, suppressed) for part in parts],
            _on(progress, "decide"),
        )
        asking = [pl.read_ipc(_asking(work, part)) for part in parts]
        capacity = load_policy(night.policy).capacity
        granted = meet(asking, capacity)
        with writable(work):
            for part in parts:
                granted[part].write_ipc(_granted(work, part))
        told = run(
            _second_pass,
            [(night, part, aside, first[part]) for part in parts],
            _on(progress, "plan"),
        )
        planned: Counts = {}
        for each in told:
            for channel, n in each.plan_by["channel"].items():
                planned[channel] = planned.get(channel, 0) + n
        closed = Closed(told, capacity_told(capacity, planned, asking, granted), _spent(told))
        shutil.rmtree(work)
        with writable(out):
            seal(aside, closed)
    return closed


def suppressed_numbers(book: Book, night: Night) -> tuple[int, ...]:
    """Which numbers may nobody use again, whoever's file they stand in? (the number register)

    Opted out; or whoever answers it asked never to be called again, on any day up to yesterday: for
    ever, across files, agencies and cases.
    """
    found: set[int] = set()
    for part in range(book.files):
        opted_out = pl.col("health") == "opted_out"
        with readable(book.file("numbers", part)):
            rows = book.scan("numbers", part).filter(opted_out).select("number").collect()
        found.update(rows["number"].to_list())
        file = night.before.file("carried_numbers", part)
        if file.is_file():
            refused = pl.scan_parquet(file).filter(pl.col("refused_at").is_not_null())
            with readable(file):
                found.update(refused.select("number").collect()["number"].to_list())
        found.update(_refused_since(book, night, part))
    return tuple(sorted(found))


def _refused_since(book: Book, night: Night, part: int) -> list[int]:
    """Numbers refused on the days this night brings in (not yet carried)."""
    rows = [
        book.read_inbox(morning - timedelta(days=1), "contacts", part)
        for morning in (*night.catch_up, night.day)
    ]
    refused = pl.concat(rows).filter(pl.col("outcome") == "refused", pl.col("number").is_not_null())
    if refused.is_empty():
        return []
    people = pl.col("person").is_in(refused["person"].unique().implode())
    carried = recompute(
        refused,
        numbers=book.scan("numbers", part).filter(people).collect(),
        people=book.scan("people", part).filter(people).collect(),
        book_zone=book.manifest.zone,
    )
    return carried.numbers.filter(pl.col("refused_at").is_not_null())["number"].to_list()


# --- one part, in whichever process ---------------------------------------------------------------


def _first_pass(night: Night, part: int, aside: Path, suppressed: tuple[int, ...]) -> PartTold:
    """Everything of one part up to its choices; state, receipts and set-aside rows are written."""
    watch = Stopwatch(night.clock)
    watch.start()
    book = Book.open(night.book)
    order = replace(order_of(night, book), suppressed=suppressed)
    state = None
    for morning in night.catch_up:
        passed = read_part(book, night.before, part, morning, state)
        state = carry(bring(passed, replace(order, day=morning)), order.book_zone)
        watch.lap("catch up")
    frames = read_part(book, night.before, part, night.day, state)
    watch.lap("read")
    said = decide(bring(frames, order, watch), order, watch)
    digests = _write_first(said, part, aside, night.receipts)
    watch.lap("write")
    return PartTold(part, said.summary, digests, {}, {}, 0, 0, 0, said.receipts.height, watch.spent)


def _write_first(said: PartNight, part: int, aside: Path, receipts: bool) -> dict[str, str]:
    name = f"part-{part:04d}.parquet"
    digests = {}
    for table in STATE:
        file = aside / "state" / table / name
        write_table(file, table, said.state[table], in_order=True)
        digests[f"state/{table}"] = _file_digest(file)
    write_table(aside / "set_aside" / name, "set_aside", said.set_aside)
    digests["set_aside"] = digest(said.set_aside)
    if receipts:
        file = aside / "receipts" / name
        file.parent.mkdir(exist_ok=True)
        with writable(file):
            said.receipts.write_parquet(
                file, compression="zstd", compression_level=ZSTD_LEVEL, row_group_size=ROW_GROUP
            )
        digests["receipts"] = digest(said.receipts)
    work = aside / ".work"
    with writable(work):
        said.asking().write_ipc(_asking(work, part))
        said.choices.write_ipc(work / f"choices-{part:04d}.arrow")
        said.people.write_ipc(work / f"people-{part:04d}.arrow")
    return digests


def _second_pass(night: Night, part: int, aside: Path, first: PartTold) -> PartTold:
    """The plan and the withheld rows of one part."""
    watch = Stopwatch(night.clock, dict(first.spent))
    watch.start()
    work = aside / ".work"
    choices = pl.read_ipc(work / f"choices-{part:04d}.arrow")
    people = pl.read_ipc(work / f"people-{part:04d}.arrow")
    granted = pl.read_ipc(_granted(work, part))
    plan, withheld = finish(choices, people, granted, night.day)
    watch.lap("plan")
    name = f"part-{part:04d}.parquet"
    write_table(aside / "plan" / name, "plan", plan, in_order=True)
    write_table(aside / "withheld" / name, "withheld", withheld, in_order=True)
    digests = first.digests | {"plan": digest(plan), "withheld": digest(withheld)}
    watch.lap("write")
    return replace(
        first,
        digests=digests,
        plan_by={
            "channel": count_by(plan, "channel"),
            "step": count_by(plan, "step"),
            "proposal": count_by(plan.filter("proposal"), "channel"),
        },
        withheld_by={"reason": count_by(withheld, "reason"), "rule": count_by(withheld, "rule")},
        offers=plan.filter(pl.col("offer") != "").height,
        planned=plan.height,
        withheld=withheld.height,
        spent=watch.spent,
    )


def _asking(work: Path, part: int) -> Path:
    return work / f"asking-{part:04d}.arrow"


def _granted(work: Path, part: int) -> Path:
    return work / f"granted-{part:04d}.arrow"


def _file_digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _spent(told: list[PartTold]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for each in told:
        for stage, spent in each.spent.items():
            whole[stage] = whole.get(stage, 0) + spent
    return whole


# --- processes ------------------------------------------------------------------------------------

_Run = Callable[..., list[PartTold]]


def _on(progress: Progress, stage: str) -> Callable[[int, int], None]:
    return lambda done, parts: progress(stage, done, parts)


def worker_environment(workers: int) -> dict[str, str]:
    """With which environment does a process that closes part files start?

    The cores are shared out. Polars' allocator gives memory back to the system after five seconds, not
    at once: the next part takes it again, and a page that was never given back need not be zeroed.

    >>> sorted(worker_environment(2))
    ['POLARS_MAX_THREADS', '_RJEM_MALLOC_CONF']
    """
    return {
        "POLARS_MAX_THREADS": str(max(1, (os.cpu_count() or 1) // workers)),
        "_RJEM_MALLOC_CONF": "dirty_decay_ms:5000,muzzy_decay_ms:5000",
    }


@contextmanager
def _pool(workers: int) -> Iterator[_Run]:
    """Something that runs a function over many arguments, in order, here or in processes."""
    if workers <= 1:
        yield _run_here
        return
    ours = worker_environment(workers)
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_ignore_interrupt)
    try:

        def run_there(
            task: Callable[..., PartTold],
            arguments: list[tuple[object, ...]],
            done: Callable[[int, int], None],
        ) -> list[PartTold]:
            # Processes start here. A mask is inherited, so that Ctrl-C never meets one half-imported;
            # ours is only held back for that moment.
            old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                waiting: list[Future[PartTold]] = [pool.submit(task, *each) for each in arguments]
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, old)
            for n, finished in enumerate(as_completed(waiting), 1):
                finished.result()
                done(n, len(waiting))
            return [each.result() for each in waiting]

        yield run_there
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _run_here(
    task: Callable[..., PartTold],
    arguments: list[tuple[object, ...]],
    done: Callable[[int, int], None],
) -> list[PartTold]:
    told = []
    for n, each in enumerate(arguments, 1):
        told.append(task(*each))
        done(n, len(arguments))
    return told


def _ignore_interrupt() -> None:
    """Ctrl-C is for the parent: it waits for the parts under way and removes the folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
