"""A book on disk: same rows, same bytes; nothing half-written; what is missing is said clearly."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from forbear.book.files import ROW_GROUP, file_aside, folder_aside, scan_table, write_table
from forbear.book.layout import Book, part_of
from forbear.book.schema import HISTORY, STATIC, TABLES
from forbear.errors import BookError

AS_OF = date(2026, 11, 20)


def new_book(path: Path, files: int = 2) -> Book:
    return Book.create(path, currency="CNY", files=files, as_of=AS_OF, assume={"holds": "none"})


def instalments(rows: int) -> pl.DataFrame:
    """Instalments given in no particular order, a thousand starting each day."""
    number = pl.col("loan")
    return pl.DataFrame({"loan": pl.int_range(rows, eager=True)}).with_columns(
        from_on=pl.lit(date(2026, 1, 1)) + pl.duration(days=number * 7919 % rows // 1000),
        seq=pl.lit(1),
        due_on=pl.lit(date(2027, 6, 30)),
        principal=number * 100,
        interest=number,
        fee=pl.lit(0),
    )


def digest(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_every_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    book = new_book(tmp_path / "book")
    for name in TABLES:
        book.write(name, 0, TABLES[name].empty())
        assert book.read(name).schema == TABLES[name].schema, name


def test_the_same_rows_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    rows = instalments(3 * ROW_GROUP // 2)
    one, two = new_book(tmp_path / "one"), new_book(tmp_path / "two")
    for part in range(2):
        one.write("instalments", part, rows)
        two.write("instalments", part, pl.concat([rows[1000:], rows[:1000]], rechunk=False))
    assert digest(one.path) == digest(two.path)


def test_the_number_of_threads_does_not_change_a_byte(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        import polars as pl
        from forbear.book.files import write_table
        n = pl.int_range(300_000, eager=True)
        frame = pl.DataFrame({"creditor": n % 30_000, "name": n.cast(pl.String),
                              "lender_type": pl.repeat("bank", 300_000, eager=True)})
        write_table(Path(sys.argv[1]), "creditors", frame)
        """
    )
    found = set()
    for threads in ("1", "2", "5"):
        file = tmp_path / f"{threads}.parquet"
        subprocess.run(
            [sys.executable, "-c", program, str(file)],
            check=True,
            env={**os.environ, "POLARS_MAX_THREADS": threads},
        )
        found.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(found) == 1


def test_a_night_reads_only_the_instalments_that_begin_that_day(tmp_path: Path) -> None:
    """Rows are sorted by the day their period begins and row groups carry its least and most, so
    the filter of a night leaves all other groups unread."""
    book = new_book(tmp_path / "book", files=1)
    book.write("instalments", 0, instalments(4 * ROW_GROUP))
    first = book.read("instalments")["from_on"]
    assert first.is_sorted()
    day = date(2026, 3, 1)
    file = tmp_path / "only.parquet"
    # The oracle for pruning: cut the data pages of the last row groups away; a night still reads.
    whole = book.file("instalments").read_bytes()
    at = whole.rfind(b"PAR1")
    footer = int.from_bytes(whole[at - 4 : at], "little")
    body = len(whole) - footer - 8
    spoiled = whole[: body // 2] + b"\0" * (body - body // 2) + whole[body:]
    file.write_bytes(spoiled)
    rows = scan_table([file], "instalments").filter(pl.col("from_on") == day).collect()
    assert rows.height == 1000
    with pytest.raises(pl.exceptions.PolarsError):
        scan_table([file], "instalments").filter(pl.col("from_on") == first[-1]).collect()


def test_people_bound_together_stand_in_the_same_part(tmp_path: Path) -> None:
    book = new_book(tmp_path / "book", files=3)
    loans = pl.DataFrame({"creditor": range(9), "name": ["x"] * 9, "lender_type": ["bank"] * 9})
    book.write_spread("creditors", loans, pl.Series([0] * 9))
    parties = pl.DataFrame(
        {"person": range(9), "loan": range(9), "role": ["borrower"] * 9, "group": range(9)}
    )
    book.write_spread("parties", parties, parties.select(part_of(pl.col("group"), 3)).to_series())
    assert [book.read("parties", p)["person"].to_list() for p in range(3)] == [
        [0, 3, 6],
        [1, 4, 7],
        [2, 5, 8],
    ]
    assert book.scan("parties").collect().height == 9
    assert book.read("creditors").height == 9


def test_a_finished_book_has_every_table_of_facts_and_history(tmp_path: Path) -> None:
    book = new_book(tmp_path / "book")
    book.fill_absent()
    assert all(book.has(name) for name in (*STATIC, *HISTORY))
    assert not book.has("positions")
    assert book.read_products() == []


def test_what_a_day_recorded_waits_in_its_inbox(tmp_path: Path) -> None:
    book = new_book(tmp_path / "book")
    day = date(2026, 11, 21)
    hold = pl.DataFrame(
        {
            "person": [1],
            "kind": ["dispute"],
            "from_at": [datetime(2026, 11, 21, 2, tzinfo=UTC)],
            "until_at": [None],
            "recorded_at": [datetime(2026, 11, 21, 2, tzinfo=UTC)],
            "loan": [None],
        }
    )
    book.write_inbox(day, "holds", 1, hold)
    assert book.inbox_days() == [day]
    assert book.read_inbox(day, "holds", 1).height == 1
    assert book.read_inbox(day, "holds", 0).height == 0
    assert book.read_inbox(date(2026, 12, 1), "holds", 1).height == 0
    with pytest.raises(BookError, match="history already"):
        book.write_inbox(AS_OF, "holds", 1, hold)
    with pytest.raises(BookError, match="not a table of history"):
        book.write_inbox(day, "people", 1, hold)


class TestWhatIsMissingIsSaid:
    def test_no_book(self, tmp_path: Path) -> None:
        with pytest.raises(BookError, match="holds no book"):
            Book.open(tmp_path)

    def test_a_book_from_the_future(self, tmp_path: Path) -> None:
        book = new_book(tmp_path)
        said = json.loads((book.path / "book.json").read_text())
        (book.path / "book.json").write_text(json.dumps({**said, "format": 99, "shard_by": "x"}))
        with pytest.raises(BookError, match="later version of Forbear"):
            Book.open(tmp_path)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{", "not JSON"),
            ("[]", "book.json"),
            ('{"currency": "CNY", "exponent": 2, "files": 0}', "files"),
            ('{"currency": "yuan", "exponent": 2, "files": 1}', "currency"),
        ],
    )
    def test_a_damaged_manifest(self, tmp_path: Path, text: str, says: str) -> None:
        (tmp_path / "book.json").write_text(text)
        with pytest.raises(BookError, match=says):
            Book.open(tmp_path)

    def test_a_table(self, tmp_path: Path) -> None:
        with pytest.raises(BookError, match="table people is missing"):
            new_book(tmp_path).read("people")

    def test_a_column(self, tmp_path: Path) -> None:
        book = new_book(tmp_path)
        file = book.file("parties", 0)
        file.parent.mkdir(parents=True)
        TABLES["parties"].empty().drop("loan").write_parquet(file)
        with pytest.raises(BookError, match="no column loan"):
            book.read("parties")

    def test_a_column_of_another_type(self, tmp_path: Path) -> None:
        book = new_book(tmp_path)
        file = book.file("parties", 0)
        file.parent.mkdir(parents=True)
        TABLES["parties"].empty().with_columns(pl.col("loan").cast(pl.Float64)).write_parquet(file)
        with pytest.raises(BookError, match="column loan is Float64"):
            book.scan("parties", 0)

    def test_a_file_cut_off(self, tmp_path: Path) -> None:
        book = new_book(tmp_path)
        book.write("parties", 0, TABLES["parties"].empty())
        file = book.file("parties", 0)
        file.write_bytes(file.read_bytes()[:-9])
        with pytest.raises(BookError, match="cut off"):
            book.read("parties")

    def test_a_part(self, tmp_path: Path) -> None:
        with pytest.raises(BookError, match="no part 7"):
            new_book(tmp_path).read("people", 7)

    def test_a_second_book_in_the_same_folder(self, tmp_path: Path) -> None:
        new_book(tmp_path)
        with pytest.raises(BookError, match="holds a book already"):
            new_book(tmp_path)

    def test_days_in_a_book_of_snapshots(self, tmp_path: Path) -> None:
        book = Book.create(tmp_path, currency="TWD")
        with pytest.raises(BookError, match="nothing can be closed"):
            _ = book.as_of


class TestWhatMayNotBeWritten:
    def test_a_missing_column(self, tmp_path: Path) -> None:
        with pytest.raises(BookError, match="no column role"):
            new_book(tmp_path).write("parties", 0, pl.DataFrame({"person": [1], "loan": [1]}))

    def test_a_missing_value(self, tmp_path: Path) -> None:
        rows = pl.DataFrame({"person": [1], "loan": [None], "role": ["borrower"]})
        with pytest.raises(BookError, match=r"parties\.loan: has 1 rows without a value"):
            new_book(tmp_path).write("parties", 0, rows)

    @pytest.mark.parametrize(("person", "role"), [(2**64, "borrower"), (1, "uncle")])
    def test_a_value_that_does_not_fit(self, tmp_path: Path, person: int, role: str) -> None:
        rows = pl.DataFrame(
            {"person": pl.Series([person], dtype=pl.Int128), "loan": [1], "role": [role]}
        )
        with pytest.raises(BookError, match="does not fit"):
            new_book(tmp_path).write("parties", 0, rows)


class TestNothingHalfWritten:
    @pytest.mark.parametrize("problem", [KeyboardInterrupt, RuntimeError])
    def test_a_folder_that_fails_leaves_nothing(
        self, tmp_path: Path, problem: type[BaseException]
    ) -> None:
        with pytest.raises(problem), folder_aside(tmp_path / "book") as aside:  # noqa: PT012
            new_book(aside).fill_absent()
            raise problem
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_replaced_only_by_a_whole_one(self, tmp_path: Path) -> None:
        place = tmp_path / "book"
        with folder_aside(place) as aside:
            (aside / "old").touch()
        with pytest.raises(BookError, match="already there"), folder_aside(place):
            pass
        with pytest.raises(RuntimeError), folder_aside(place, replace=True):
            raise RuntimeError
        assert [p.name for p in place.iterdir()] == ["old"]
        with folder_aside(place, replace=True) as aside:
            (aside / "new").touch()
        assert [p.name for p in place.iterdir()] == ["new"]
        assert [p.name for p in tmp_path.iterdir()] == ["book"]

    def test_a_file_that_fails_stays_as_it_was(self, tmp_path: Path) -> None:
        file = tmp_path / "a.json"
        file.write_text("old")
        with pytest.raises(KeyboardInterrupt), file_aside(file) as aside:  # noqa: PT012
            aside.write_text("ne")
            raise KeyboardInterrupt
        assert file.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["a.json"]

    def test_a_full_disk_leaves_the_old_file(self, tmp_path: Path) -> None:
        """The disk is full after 64 KiB: the write is an error the user can mend, no more."""
        file = tmp_path / "creditors.parquet"
        write_table(file, "creditors", TABLES["creditors"].empty())
        before = digest(tmp_path)
        program = textwrap.dedent(
            """
            import resource, signal, sys
            from pathlib import Path
            import polars as pl
            from forbear.book.files import write_table
            from forbear.errors import BookError
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
            n = pl.int_range(30_000, eager=True)
            frame = pl.DataFrame({"creditor": n, "name": n.hash().cast(pl.String),
                                  "lender_type": pl.repeat("bank", 30_000, eager=True)})
            try:
                write_table(Path(sys.argv[1]), "creditors", frame)
            except BookError as problem:
                print(problem)
                sys.exit(2)
            """
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, "could not be written" in done.stdout) == (2, True), done
        assert digest(tmp_path) == before
