"""``forbear book load`` as an operator meets it: exit codes, what is printed, what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from forbear.book.layout import Book

MAP = """\
name: {zh: 试, en: Test}
currency: CNY
zone: Asia/Shanghai
as_of: 2026-11-20
creditor: {name: A}
assume: {contact_log: none, holds: none, numbers: none, zone_of_people: book, recorded: same_day}
files:
  - match: loans*.csv
    key: [id]
    rows:
      - table: people
        fields: {ref: who}
      - table: loans
        fields: {ref: id, person: who, disbursed_on: start, principal: lent}
      - table: instalments
        fields: {loan: id, due_on: due, principal: lent, total: owed}
"""

ROWS = "id,who,start,lent,due,owed\nL1,甲,2026-01-01,1000,2026-02-01,1015\n"


def forbear(*words: str | Path, **how: object) -> subprocess.CompletedProcess[str]:
    program = "from forbear.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        **how,  # type: ignore[call-overload]
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "loans.csv").write_text(ROWS + "L2,乙,2026-01-01,1000,2026-02-31,1015\n")
    return tmp_path


def load(files: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    return forbear(
        "book", "load", "--map", files / "map.yaml", files / "loans.csv", "--out", files / "book", *more
    )  # fmt: skip


def test_a_load_prints_its_account_and_a_bad_row_is_no_failure(files: Path) -> None:
    done = load(files, "--lang", "zh")
    assert (done.returncode, done.stderr) == (0, "")
    for part in ("退回", "日历上没有这一天", "loans.csv, 行 3, due = 2026-02-31"):
        assert part in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert (files / "book" / "state" / "positions" / "part-0000.parquet").is_file()


def test_the_first_night_knows_the_contacts_that_were_supplied(files: Path) -> None:
    """Two calls of 20 November, one answered: what a night carries says so without the log."""
    (files / "map.yaml").write_text(
        MAP.replace("contact_log: none, ", "")
        + """\
  - match: contacts*.csv
    rows:
      - table: contacts
        fields: {person: who, at: at, channel: {value: call}, outcome: outcome}
"""
    )
    (files / "contacts.csv").write_text(
        "who,at,outcome\n甲,2026-11-20 10:00,no_answer\n甲,2026-11-20 15:00,connected_notice\n"
    )
    done = load(files, files / "contacts.csv")
    assert (done.returncode, done.stderr) == (0, "")
    book = Book.open(files / "book")
    days = book.read("carried_days", 0).filter(pl.col("count") > 0)
    told = {row["counter"]: row["count"] for row in days.iter_rows(named=True)}
    assert (told["attempts"], told["connects"]) == (2, 1)
    (one,) = book.read("carried_people", 0).iter_rows(named=True)
    assert one["last_attempt_at"] == datetime(2026, 11, 20, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("currency: CNY", "curency: CNY", "line 2: curency: unknown key"),
        ("principal: lent}", "principal: amount}", "has no column 'amount'"),
    ],
)
def test_a_bad_map_ends_with_2_and_leaves_nothing(
    files: Path, old: str, new: str, says: str
) -> None:
    (files / "map.yaml").write_text(MAP.replace(old, new))
    done = load(files)
    assert done.returncode == 2, done
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in files.iterdir()) == ["loans.csv", "map.yaml"]


def test_a_full_disk_ends_with_2_and_leaves_nothing(files: Path) -> None:
    """No file may grow beyond 2 KiB, as on a disk without room."""
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)); "
        "from forbear.cli import main; main()"
    )
    words = ["book", "load", "--map", "map.yaml", "loans.csv", "--out", "book"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=files,
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in files.iterdir()) == ["loans.csv", "map.yaml"]


def test_ctrl_c_in_the_middle_leaves_nothing(files: Path) -> None:
    rows = [f"N{n},P{n},2026-01-01,1000,2026-02-01,1015" for n in range(300_000)]
    (files / "loans.csv").write_text(ROWS + "\n".join(rows) + "\n")
    program = "from forbear.cli import main; main()"
    words = ["book", "load", "--map", "map.yaml", "loans.csv", "--out", "book"]
    running = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=files,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    )
    until = time.monotonic() + 30
    while not list(files.glob(".book.aside-*")) and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode != 0
    assert sorted(p.name for p in files.iterdir()) == ["loans.csv", "map.yaml"]


def test_a_file_that_is_not_there_and_a_folder_are_named(files: Path) -> None:
    how = ("book", "load", "--map", files / "map.yaml", "--out", files / "book")
    for given, says in ((files / "loan.csv", "there is no such file"), (files, "is a folder")):
        done = forbear(*how, given)
        assert done.returncode == 2
        assert done.stderr == f"error: {given}: {says} (give the files themselves)\n"
    assert not (files / "book").exists()
