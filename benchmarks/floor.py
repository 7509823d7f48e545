"""The floor under a night: read what it reads, write what it writes, do nothing in between.

A part's own state goes back as read (the same rows and columns as the state written); plan, withheld,
set-aside and receipts of one finished part stand for all parts. The loans that are replayed have
their past read as the night reads it.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from benchmarks.data import CLOSED, DAY
from forbear.book.arrears.ordinary import told_on
from forbear.book.files import ROW_GROUP, ZSTD_LEVEL, write_table
from forbear.book.layout import Book
from forbear.book.schema import STATE
from forbear.night.engine import worker_environment
from forbear.night.reading import Before, read_part


def run_floor(book: Path, night: Path, out: Path, workers: int) -> None:
    """Read and write every part, in as many processes as the night has."""
    shutil.rmtree(out, ignore_errors=True)
    parts = range(Book.open(book).files)
    if workers <= 1:
        for part in parts:
            floor_part(book, night, out, part)
        return
    os.environ.update(worker_environment(workers))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting = [pool.submit(floor_part, book, night, out, part) for part in parts]
        for each in waiting:
            each.result()


def floor_part(path: Path, night: Path, out: Path, part: int) -> None:
    """One part: all inputs in, all outputs out."""
    book = Book.open(path)
    frames = read_part(book, Before(path / "state", DAY), part, CLOSED)
    frames.past(told_on(frames.events, CLOSED - timedelta(days=1)).others)
    name = f"part-{part:04d}.parquet"
    for table in STATE:
        frame = getattr(frames, table)
        write_table(out / "state" / table / name, table, frame, in_order=True)
    for table in ("plan", "withheld", "set_aside"):
        write_table(out / table / name, table, _sample(night, table), in_order=True)
    if (night / "receipts").is_dir():
        file = out / "receipts" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        _sample(night, "receipts").write_parquet(
            file, compression="zstd", compression_level=ZSTD_LEVEL, row_group_size=ROW_GROUP
        )


_KEPT: dict[tuple[Path, str], pl.DataFrame] = {}


def _sample(night: Path, table: str) -> pl.DataFrame:
    """The rows of one finished part (read once a process)."""
    key = (night, table)
    if key not in _KEPT:
        _KEPT[key] = pl.read_parquet(night / table / "part-0000.parquet")
    return _KEPT[key]


__all__ = ["floor_part", "run_floor"]
