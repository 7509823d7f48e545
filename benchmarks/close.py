"""How long does a night take, against the floor of reading the same columns and writing the same files?

    python -m benchmarks.close [--loans 1000000,10000000] [--rounds 3] [--workers 2]

The floor reads what the close reads and writes what the close writes, with no work in between, in the
same processes. Floor and close take turns; every run is a process tree of its own. Reported are the
wall time, the tree's own CPU time, the share of the machine other programs used meanwhile (runs
beside a busy neighbour are marked), and the largest memory of the tree. The book is made once under
``benchmarks/work`` (about 150 bytes a loan and column file; 10 million loans need some 2 GB of disk).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.data import CLOSED, make
from benchmarks.floor import run_floor
from forbear.book.layout import Book
from forbear.night.engine import Night, order_of, run_night
from forbear.night.saying import begin_from, say

HERE = Path(__file__).parent
WORK = HERE / "work"
RESULTS = HERE / "results.json"
POLICY, LAW = "industry", "cn@2026-11-21+cn-house"
VARIANTS = ("floor", "close", "floor without receipts", "close without receipts")
BAR = 2.5


def book_of(loans: int) -> Path:
    """The book of this size, made if it is not there yet."""
    path = WORK / f"book-{loans}"
    if not (path / "book.json").is_file():
        shutil.rmtree(path, ignore_errors=True)
        began = time.perf_counter()
        print(f"making {loans:,} loans …", flush=True)
        make(path, loans)
        print(f"made in {time.perf_counter() - began:.0f} s", flush=True)
    return path


def close_once(loans: int, workers: int, out: Path, *, receipts: bool) -> dict[str, Any]:
    """One close; what it spent its time on, in seconds over all processes."""
    book = Book.open(book_of(loans))
    before = begin_from(book, None)
    # The made state is that of two mornings before, so that a day is brought in.
    before = type(before)(before.folder, before.day, "")
    night = Night(
        book=book.path, before=before, day=CLOSED, policy=POLICY, law=LAW, receipts=receipts,
        clock=time.perf_counter_ns,
    )  # fmt: skip
    order = order_of(night, book)
    began = time.perf_counter()
    said: list[Any] = []
    closed = run_night(
        night, out, workers=workers, replace_out=True,
        seal=lambda folder, done: said.append(say(book, order, LAW, before, done)),
    )  # fmt: skip
    wall = time.perf_counter() - began
    summary = said[0].summary
    kept = ("people", "people_overdue", "planned", "withheld", "wished", "judged", "replayed")
    return {
        "wall": wall,
        "stages": {name: ns / 1e9 for name, ns in closed.spent.items()},
        "counts": {name: summary[name] for name in kept},
        "root": said[0].root,
    }


def one(variant: str, loans: int, workers: int) -> dict[str, Any]:
    """One run of one variant, in this process."""
    receipts = "without" not in variant
    out = WORK / f"night-{loans}{'' if receipts else '-bare'}"
    if variant.startswith("close"):
        return close_once(loans, workers, out, receipts=receipts)
    began = time.perf_counter()
    run_floor(book_of(loans), out, WORK / "floor", workers)
    return {"wall": time.perf_counter() - began}


# --- measuring a process tree -----------------------------------------------------------------------


def _busy() -> float:
    """Seconds all cores of the machine were busy since it started."""
    fields = [int(f) for f in Path("/proc/stat").read_text("ascii").split("\n")[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def _tree_memory(root: int) -> int:
    """Bytes the tree under this process has for itself (proportional share)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text("utf-8").rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    total, queue = 0, [root]
    while queue:
        pid = queue.pop()
        queue += children.get(pid, [])
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
            total += int(
                next(line for line in rollup.split("\n") if line.startswith("Pss:")).split()[1]
            )
        except (OSError, StopIteration):
            continue
    return total * 1024


def measured(variant: str, loans: int, workers: int) -> dict[str, Any]:
    """Run one variant in a process tree of its own and measure the tree."""
    command = [sys.executable, "-m", "benchmarks.close", "--one", variant, "--loans", str(loans),
               "--workers", str(workers)]  # fmt: skip
    busy, began = _busy(), time.perf_counter()
    spent = os.times()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    peak = [0]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.25):
            peak[0] = max(peak[0], _tree_memory(process.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    said, _ = process.communicate()
    stop.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{variant} failed")
    took, after = time.perf_counter() - began, os.times()
    own = after.children_user + after.children_system - spent.children_user - spent.children_system
    cores = os.cpu_count() or 1
    foreign = max(0.0, (_busy() - busy - own) / (cores * took))
    return json.loads(said.strip().split("\n")[-1]) | {
        "cpu": own,
        "foreign": foreign,
        "peak_memory": peak[0],
    }


def compare(loans: int, rounds: int, workers: int) -> dict[str, Any]:
    """Floor and close in turns; ratios of each round, and their median."""
    book_of(loans)
    close_once(
        loans, workers, WORK / f"night-{loans}", receipts=True
    )  # writes what the floor writes
    close_once(loans, workers, WORK / f"night-{loans}-bare", receipts=False)
    runs: dict[str, list[dict[str, Any]]] = {variant: [] for variant in VARIANTS}
    for number in range(1, rounds + 1):
        for variant in VARIANTS:
            run = measured(variant, loans, workers)
            runs[variant].append(run)
            print(
                f"  round {number} {variant:<23} {run['wall']:7.2f} s  cpu {run['cpu']:7.1f} s  "
                f"foreign {run['foreign']:4.0%}  peak {run['peak_memory'] / 2**30:4.2f} GiB",
                flush=True,
            )
    return _told(loans, runs)


def _told(loans: int, runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    def ratios(kind: str, more: str) -> list[float]:
        pairs = zip(runs[f"close{more}"], runs[f"floor{more}"], strict=True)
        return [close[kind] / floor[kind] for close, floor in pairs]

    def middle(variant: str, kind: str) -> float:
        return statistics.median(run[kind] for run in runs[variant])

    told: dict[str, Any] = {"loans": loans, "runs": runs}
    for name, more in (("with receipts", ""), ("without receipts", " without receipts")):
        told[name] = {
            "wall ratio": statistics.median(ratios("wall", more)),
            "cpu ratio": statistics.median(ratios("cpu", more)),
            "floor wall": middle(f"floor{more}", "wall"),
            "close wall": middle(f"close{more}", "wall"),
            "peak memory": max(run["peak_memory"] for run in runs[f"close{more}"]),
        }
        row = told[name]
        print(
            f"{loans:>12,} loans {name:<17} floor {row['floor wall']:6.2f} s  "
            f"close {row['close wall']:6.2f} s  ratio {row['wall ratio']:.2f} (cpu "
            f"{row['cpu ratio']:.2f})  peak {row['peak memory'] / 2**30:.2f} GiB  "
            f"{'within' if row['wall ratio'] <= BAR else 'above'} the bar of {BAR}"
        )
    stages = runs["close"][-1]["stages"]
    whole = sum(stages.values())
    print("  time is made of: " + ", ".join(f"{n} {t / whole:.0%}" for n, t in stages.items()))
    return told


def main() -> None:
    """Measure, print, and write ``results.json``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--loans", default="1000000,10000000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one", choices=VARIANTS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one, int(asked.loans), asked.workers)))
        return
    WORK.mkdir(exist_ok=True)
    results = [compare(int(size), asked.rounds, asked.workers) for size in asked.loans.split(",")]
    versions = {"python": sys.version.split()[0], "polars": pl.__version__}
    RESULTS.write_text(
        json.dumps({"versions": versions, "results": results}, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
