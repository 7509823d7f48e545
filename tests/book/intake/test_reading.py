"""Files as they come: encodings, byte-order marks, cut-off files, stray quotes, formulas."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from forbear.book.intake.reading import CsvForm, ReadFile, read_file
from forbear.errors import InputError

CHINESE = "编号,姓名,金额\n1,张三,10\n2,李四,20\n"


def csv(tmp_path: Path, data: str | bytes, name: str = "a.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def rows(read: ReadFile) -> list[tuple[object, ...]]:
    return read.rows.rows()


def faults(read: ReadFile) -> list[tuple[int, str]]:
    return list(read.faults.select("row", "code").rows())


@pytest.mark.parametrize(
    ("encoded", "form", "note"),
    [
        (CHINESE.encode("utf-8"), CsvForm(), []),
        (CHINESE.encode("utf-8-sig"), CsvForm(), []),
        (CHINESE.encode("utf-8-sig"), CsvForm(encoding="utf-8"), []),
        (CHINESE.encode("gb18030"), CsvForm(), ["read as GB18030"]),
        (CHINESE.encode("gb18030"), CsvForm(encoding="gb18030"), []),
        (CHINESE.encode("gbk"), CsvForm(encoding="gbk"), []),
        (CHINESE.encode("utf-16"), CsvForm(), []),
        (CHINESE.encode("utf-16-le"), CsvForm(encoding="utf-16-le"), []),
        (CHINESE.replace("\n", "\r\n").encode(), CsvForm(), []),
        (CHINESE.replace("\n", "\r").encode(), CsvForm(), []),
        (gzip.compress(CHINESE.encode(), mtime=0), CsvForm(), []),
    ],
)
def test_the_same_rows_in_every_encoding(
    tmp_path: Path, encoded: bytes, form: CsvForm, note: list[str]
) -> None:
    read = read_file(csv(tmp_path, encoded), ["编号", "姓名", "金额"], form)
    assert rows(read)[:1] == [(2, "1", "张三", "10")]
    assert read.read == 2
    assert not read.faults.height
    assert all(any(n in said for said in read.notes) for n in note)
    assert len(read.notes) == len(note)


def test_a_line_in_another_encoding_is_one_rejected_row(tmp_path: Path) -> None:
    """A UTF-8 file into which someone pasted a GB18030 line is not taken for GB18030."""
    lines = CHINESE.encode().split(b"\n")
    lines.insert(2, "9,王五,30".encode("gb18030"))
    read = read_file(csv(tmp_path, b"\n".join(lines)), ["编号", "姓名"], CsvForm())
    assert [r[1:] for r in rows(read)] == [("1", "张三"), ("2", "李四")]
    assert faults(read) == [(3, "not_in_encoding")]
    assert read.read == 3


def test_a_wrong_encoding_throughout_is_an_error(tmp_path: Path) -> None:
    file = csv(tmp_path, CHINESE.encode("gb18030"))
    with pytest.raises(InputError, match="is not text in utf-8"):
        read_file(file, ["编号"], CsvForm(encoding="utf-8"))
    with pytest.raises(InputError, match="no encoding"):
        read_file(file, ["编号"], CsvForm(encoding="klingon"))
    with pytest.raises(InputError, match="zero bytes"):
        read_file(csv(tmp_path, CHINESE.encode("utf-16-le")), ["编号"], CsvForm())


class TestFilesCutOff:
    def test_in_the_middle_of_a_row(self, tmp_path: Path) -> None:
        read = read_file(csv(tmp_path, "a,b,c\n1,2,3\n4,5"), ["a", "c"], CsvForm())
        assert rows(read) == [(2, "1", "3")]
        assert faults(read) == [(3, "too_few_fields")]
        assert read.read == 2
        assert "no line end" in read.notes[0]

    def test_in_the_middle_of_a_quoted_field(self, tmp_path: Path) -> None:
        read = read_file(csv(tmp_path, 'a,b\n1,2\n3,"4'), ["a"], CsvForm())
        assert faults(read) == [(3, "quote_open")]

    def test_compressed(self, tmp_path: Path) -> None:
        whole = gzip.compress(CHINESE.encode() * 100)
        with pytest.raises(InputError, match="cut off"):
            read_file(csv(tmp_path, whole[:-20], "a.csv.gz"), ["编号"], CsvForm())

    def test_parquet(self, tmp_path: Path) -> None:
        file = tmp_path / "a.parquet"
        pl.DataFrame({"a": range(1000)}).write_parquet(file)
        file.write_bytes(file.read_bytes()[:-30])
        with pytest.raises(InputError, match="cut off"):
            read_file(file, ["a"], CsvForm())

    def test_excel(self, tmp_path: Path) -> None:
        file = tmp_path / "a.xlsx"
        openpyxl.Workbook().save(file)
        file.write_bytes(file.read_bytes()[:-200])
        with pytest.raises(InputError, match="cut off"):
            read_file(file, ["a"], CsvForm())

    def test_to_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is empty"):
            read_file(csv(tmp_path, ""), ["a"], CsvForm())


class TestRowsOfTheWrongShape:
    def test_one_stray_quote_costs_one_row(self, tmp_path: Path) -> None:
        text = 'a,b\n1,x\n2,12" pipe\n3,"y"\n4,"z ""big"", blue"\n5,6,7\n'
        read = read_file(csv(tmp_path, text), ["a", "b"], CsvForm())
        assert rows(read) == [(2, "1", "x"), (4, "3", "y"), (5, "4", 'z "big", blue')]
        assert faults(read) == [(3, "quote_open"), (6, "too_many_fields")]
        assert read.read == 5

    def test_line_breaks_in_fields_when_the_map_says_so(self, tmp_path: Path) -> None:
        text = 'a,b\n1,"two\n\nlines"\n2,x\n'
        read = read_file(csv(tmp_path, text), ["a", "b"], CsvForm(line_breaks_in_fields=True))
        assert rows(read) == [(2, "1", "two\n\nlines"), (5, "2", "x")]
        assert read.read == 2

    def test_blank_lines_are_no_rows_and_blanks_no_value(self, tmp_path: Path) -> None:
        read = read_file(csv(tmp_path, "a,b\n\n 1 ,  \n\n"), ["a", "b"], CsvForm())
        assert rows(read) == [(3, "1", None)]
        assert read.read == 1

    def test_a_million_characters_in_a_cell(self, tmp_path: Path) -> None:
        read = read_file(csv(tmp_path, "a,b\n1," + "x" * 10**6 + "\n2,y\n"), ["a", "b"], CsvForm())
        assert read.rows["b"].str.len_chars().to_list() == [10**6, 1]

    def test_one_column_with_empty_cells(self, tmp_path: Path) -> None:
        read = read_file(csv(tmp_path, 'a\n1\n""\n2\n'), ["a"], CsvForm())
        assert rows(read) == [(2, "1"), (3, None), (4, "2")]


class TestColumns:
    def test_a_missing_one_is_named_with_what_is_near(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"no column 'due_date' \(did you mean 'duedate'"):
            read_file(csv(tmp_path, "id,duedate\n"), ["due_date"], CsvForm())

    def test_two_of_the_same_name(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="two columns called a"):
            read_file(csv(tmp_path, "a,b,a\n"), ["b"], CsvForm())

    def test_lines_above_the_header_and_another_separator(self, tmp_path: Path) -> None:
        form = CsvForm(separator=";", skip_lines=2)
        read = read_file(csv(tmp_path, "Report\n\na;b\n1;2,5\n"), ["b", "a"], form)
        assert rows(read) == [(4, "2,5", "1")]


class TestExcel:
    def make(self, tmp_path: Path, cells: list[list[object]]) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "台账"
        for row in cells:
            sheet.append(row)
        file = tmp_path / "a.xlsx"
        book.save(file)
        return file

    def test_values_come_as_the_text_a_csv_would_hold(self, tmp_path: Path) -> None:
        file = self.make(
            tmp_path,
            [
                ["id", "amount", "due", "at", "ok"],
                [301960241, 12.5, date(2026, 11, 21), datetime(2026, 11, 21, 9, 30), True],
                [None, None, None, None, None],
                ["007", 3.0, "2026-02-31", None, False],
            ],
        )
        read = read_file(file, ["id", "amount", "due", "at", "ok"], CsvForm())
        assert rows(read) == [
            (2, "301960241", "12.5", "2026-11-21 00:00:00", "2026-11-21 09:30:00", "yes"),
            (4, "007", "3", "2026-02-31", None, "no"),
        ]
        assert read.read == 2

    def test_a_formula_sets_its_row_aside(self, tmp_path: Path) -> None:
        file = self.make(
            tmp_path, [["id", "amount", "note"], [1, "=A2*2", ""], [2, 5, "=A3"], [3, "#REF!", ""]]
        )
        read = read_file(file, ["id", "amount"], CsvForm())
        assert rows(read) == [(3, "2", "5")]
        assert faults(read) == [(2, "formula"), (4, "cell_error")]
        assert read.faults["value"][0] == "=A2*2"
        assert read.read == 3

    def test_a_sheet_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no sheet 'x'"):
            read_file(self.make(tmp_path, [["a"]]), ["a"], CsvForm(), sheet="x")


def test_parquet_values_come_as_text(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pl.DataFrame(
        {
            "id": [7.0, None],
            "amount": [12.5, 1e20],
            "due": [date(2026, 11, 21), None],
            "x": [b"", b""],
        }
    ).write_parquet(file)
    read = read_file(file, ["id", "amount", "due"], CsvForm())
    assert rows(read) == [(1, "7", "12.5", "2026-11-21"), (2, None, "1e+20", None)]
    with pytest.raises(InputError, match="column x is Binary"):
        read_file(file, ["x"], CsvForm())


def test_other_kinds_of_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.pdf"):
        read_file(csv(tmp_path, "x", "a.pdf"), ["a"], CsvForm())
    with pytest.raises(InputError, match="no such file"):
        read_file(tmp_path / "none.csv", ["a"], CsvForm())
