"""Files become a book: what is loaded, what is set aside, and that no row is ever lost."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from forbear.book.intake.account import account_in_words
from forbear.book.intake.load import Intake, load_book
from forbear.book.intake.maps import MapFile, read_map
from forbear.book.layout import Book
from forbear.errors import BookError, InputError, ProductError

ASSUME = {
    "contact_log": "none",
    "holds": "none",
    "numbers": "none",
    "zone_of_people": "book",
    "recorded": "same_day",
}

SINGLE = {
    "match": "loans*",
    "key": ["id"],
    "rows": [
        {"table": "people", "fields": {"ref": "who"}},
        {
            "table": "loans",
            "fields": {
                "ref": "id",
                "person": "who",
                "disbursed_on": "start",
                "principal": "lent",
            },
        },
        {
            "table": "instalments",
            "fields": {"loan": "id", "due_on": "due", "principal": "lent", "total": "owed"},
        },
        {
            "table": "events",
            "unless_empty": "paid",
            "fields": {"loan": "id", "effective_on": "paid", "amount": "owed"},
        },
    ],
}
"""One row is a loan with one instalment and perhaps its payment."""

HEADER = "id,who,start,lent,due,owed,paid\n"
GOOD = "L1,甲,2026-01-01,1000,2026-02-01,1015,2026-02-03\nL2,乙,2026-01-05,500.50,2026-02-05,508,\n"


def a_map(*files: dict[str, object], **more: object) -> MapFile:
    said = {
        "name": {"zh": "试", "en": "Test"},
        "currency": "CNY",
        "zone": "Asia/Shanghai",
        "as_of": "2026-11-20",
        "creditor": {"name": "A"},
        "assume": ASSUME,
        "files": list(files) or [SINGLE],
        **more,
    }
    return MapFile(read_map(yaml.safe_dump(said, allow_unicode=True)), "test.yaml", "digest")


def load(
    folder: Path, texts: dict[str, str] | str, the_map: MapFile | None = None, **how: object
) -> Intake:
    texts = {"loans.csv": HEADER + texts} if isinstance(texts, str) else texts
    files = []
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        files.append(folder / name)
    return load_book(the_map or a_map(), files, folder / "book", **how)  # type: ignore[arg-type]


def counts(intake: Intake) -> list[tuple[int, int, int, int]]:
    return intake.files.select("read", "loaded", "rejected", "duplicates").rows()


def faults(intake: Intake) -> list[tuple[int, str, str]]:
    return intake.rejected.select("row", "field", "code").rows()


class TestOneRowIsOneLoan:
    def test_a_row_becomes_person_loan_instalment_and_payment(self, tmp_path: Path) -> None:
        intake = load(tmp_path, GOOD)
        book = intake.book
        assert counts(intake) == [(2, 2, 0, 0)]
        loan = book.read("loans").row(0, named=True)
        assert (loan["ref"], loan["principal"], loan["first_due_on"]) == (
            "L1",
            100_000,
            date(2026, 2, 1),
        )
        # 15 on 1,000 for one month of 31 days is 1.5% a month, 18% a year.
        assert (loan["cost_rate"], loan["over_ceiling"], loan["incomplete"]) == (
            180_000_000,
            False,
            False,
        )
        row = book.read("instalments").row(0, named=True)
        assert (row["from_on"], row["seq"], row["principal"], row["interest"], row["fee"]) == (
            date(2026, 1, 1),
            1,
            100_000,
            1_500,
            0,
        )
        event = book.read("events").row(0, named=True)
        assert book.read("events").height == 1
        assert event["kind"] == "repaid"
        # Known on the day it counts: noon in Shanghai, so the next morning's close sees it.
        assert event["recorded_at"] == datetime(2026, 2, 3, 4, tzinfo=UTC)
        assert book.read("parties").rows() == [(1, 1, "borrower"), (2, 2, "borrower")]
        assert book.read("people")["zone"].to_list() == ["Asia/Shanghai"] * 2

    def test_the_book_is_ready_for_its_first_night(self, tmp_path: Path) -> None:
        """L1 was paid two days late, L2 never: at the end of 20 November it is 288 days overdue."""
        positions = load(tmp_path, GOOD).book.read("positions")
        assert positions.select("loan", "balances_on", "status", "due_since").rows() == [
            (1, date(2026, 11, 20), "settled", None),
            (2, date(2026, 11, 20), "open", date(2026, 2, 5)),
        ]
        assert positions["principal_due"].to_list() == [0, 50_050]

    def test_the_book_says_where_it_came_from_and_what_was_assumed(self, tmp_path: Path) -> None:
        manifest = load(tmp_path, GOOD).book.manifest
        assert manifest.source == {"map": "test.yaml", "map_digest": "digest"}
        assert manifest.assume == ASSUME
        assert manifest.as_of == date(2026, 11, 20)

    def test_a_loan_above_the_ceiling_is_loaded_with_a_flag(self, tmp_path: Path) -> None:
        dear = "L1,甲,2026-01-01,1000,2026-02-01,1021,\n"
        intake = load(tmp_path, dear)
        assert intake.over_ceiling == 1
        assert intake.book.read("loans")["over_ceiling"].to_list() == [True]
        untested = a_map(assume={**ASSUME, "price_ceiling": "none"})
        (tmp_path / "other").mkdir()
        assert load(tmp_path / "other", dear, untested).over_ceiling == 0

    def test_loans_under_no_ceiling_of_the_table_are_counted_and_said(self, tmp_path: Path) -> None:
        rows = "L1,甲,2026-01-01,1000,2026-02-01,2000,\nL2,乙,2017-08-03,1000,2017-09-01,1001,\n"
        licensed = load(tmp_path, rows)
        assert (licensed.without_ceiling, licensed.over_ceiling) == (1, 1)  # before 2017-08-04
        for name, more, untested in (
            ("private", {"creditor": {"name": "A", "lender_type": "private"}}, 2),
            ("abroad", {"assume": {**ASSUME, "price_ceiling": "none"}}, 0),
        ):
            (tmp_path / name).mkdir()
            intake = load(tmp_path / name, rows, a_map(**more))
            assert (intake.without_ceiling, intake.over_ceiling) == (untested, 0)
            for language, said in (("en", "under no price ceiling"), ("zh", "未作检验")):
                assert (said in account_in_words(intake, language)) == bool(untested)

    def test_a_cost_no_column_can_hold_is_flagged_and_not_shown(self, tmp_path: Path) -> None:
        intake = load(tmp_path, "L1,甲,2026-01-01,0.01,2026-01-02,9999999999.99,\n")
        loan = intake.book.read("loans")
        assert (loan["cost_rate"].item(), loan["over_ceiling"].item()) == (None, True)

    def test_the_same_files_give_the_same_bytes(self, tmp_path: Path) -> None:
        digests = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            book = load(tmp_path / name, GOOD, parts=2).book
            digests.append(
                {
                    str(f.relative_to(book.path)): hashlib.sha256(f.read_bytes()).hexdigest()
                    for f in sorted(book.path.rglob("*"))
                    if f.is_file()
                }
            )
        assert digests[0] == digests[1]


class TestBadRowsAreSetAside:
    @pytest.mark.parametrize(
        ("row", "field", "code"),
        [
            ("L3,丙,2026-02-31,1000,2026-03-01,1015,", "start", "no_such_day"),
            ("L3,丙,2026-01-01,-1000,2026-02-01,1015,", "lent", "negative"),
            ("L3,丙,2026-01-01,1e308,2026-02-01,1015,", "lent", "scientific"),
            ("L3,丙,2026-01-01,1000.001,2026-02-01,1015,", "lent", "decimals"),
            ("L3,丙,2026-01-01,99999999999999,2026-02-01,1015,", "lent", "too_large"),
            ("L3,丙,2026-01-01,1000,2026-02-01,999,", "total", "total_too_small"),
            ("L3,丙,2026-03-01,1000,2026-02-01,1015,", "due_on", "due_before_start"),
            ("L3,丙,2026-01-01,0,2026-02-01,0,", "principal", "nothing_lent"),
            ("L3,丙,2026-01-01,1000,2076-02-01,1015,", "due_on", "too_long_span"),
            ("L3,,2026-01-01,1000,2026-02-01,1015,", "who", "empty"),
            ("L3,丙,2026-01-01,1000,2026-02-01", "", "too_few_fields"),
            ("L3,丙,2026-01-01,1000,2026-02-01,1015,,,", "", "too_many_fields"),
            ('L3,"丙,2026-01-01,1000,2026-02-01,1015,', "", "quote_open"),
            (f"L3,{'丙' * 10**6},2026-01-01,1000,2026-02-01,1015,", "who", "too_long"),
            ("L1,甲,2026-01-01,9,2026-02-01,10,", "id", "key_taken"),
        ],
    )
    def test_each_with_its_reason(self, tmp_path: Path, row: str, field: str, code: str) -> None:
        intake = load(tmp_path, GOOD + row + "\n")
        assert counts(intake) == [(3, 2, 1, 0)]
        assert faults(intake) == [(4, field, code)]
        assert intake.rejected["value"].fill_null("").str.len_chars().max() < 100  # type: ignore[operator]
        assert intake.rejected["remedy"].str.len_chars().min() > 3  # type: ignore[operator]
        # Nothing of a rejected row stays: neither its person nor its instalment.
        assert intake.tables["people"] == intake.tables["instalments"] == 2

    def test_every_fault_of_a_row_is_listed_and_the_row_counted_once(self, tmp_path: Path) -> None:
        intake = load(tmp_path, GOOD + "L3,丙,31.1.2026,-5,2026-02-31,x,\n")
        assert counts(intake) == [(3, 2, 1, 0)]
        assert faults(intake) == [
            (4, "start", "not_day"),
            (4, "lent", "negative"),
            (4, "due", "no_such_day"),
            (4, "owed", "not_amount"),
        ]

    def test_the_same_row_again_is_a_duplicate_another_one_is_not(self, tmp_path: Path) -> None:
        again = GOOD.splitlines()[0]
        intake = load(tmp_path, GOOD + again + "\n" + again.replace("1015", "1016") + "\n")
        assert counts(intake) == [(4, 2, 1, 1)]
        assert intake.duplicates.rows() == [("loans.csv", 4, "loans.csv", 2)]
        assert faults(intake) == [(5, "id", "key_taken")]

    def test_a_bad_row_does_not_take_its_identifier_with_it(self, tmp_path: Path) -> None:
        bad, good = (f"L9,丙,{day},100,2026-02-01,101,\n" for day in ("never", "2026-01-01"))
        intake = load(tmp_path, bad + good)
        assert counts(intake) == [(2, 1, 1, 0)]

    def test_the_account_is_in_the_book_in_both_languages(self, tmp_path: Path) -> None:
        intake = load(tmp_path, GOOD + "L3,丙,2026-02-31,1000,2026-03-01,1015,\n")
        book = intake.book.path
        assert pl.read_parquet(book / "rejected.parquet").rows() == intake.rejected.rows()
        english = (book / "intake.en.txt").read_text()
        chinese = (book / "intake.zh.txt").read_text()
        assert english == account_in_words(intake, "en")
        for part in ("1 row: there is no such day", "loans.csv, row 4, start = 2026-02-31"):
            assert part in english
        for part in ("债务人 2, 借款关系 2", "日历上没有这一天", "请更正日期", "没有联系记录"):
            assert part in chinese
        figures = json.loads((book / "intake.json").read_text())
        assert figures["reasons"] == {"no_such_day": 1}

    def test_one_mistyped_year_does_not_carry_the_book_into_the_future(
        self, tmp_path: Path
    ) -> None:
        late = "L3,丙,2026-01-05,100,2026-02-05,101,2099-01-01\n"
        told = a_map(as_of="last_record")
        intake = load(tmp_path, GOOD + late, told, today=date(2026, 3, 2))
        assert intake.book.as_of == date(2026, 3, 1)
        assert intake.book.inbox_days() == [date(2099, 1, 1)]
        (note,) = intake.notes
        assert note.startswith("the files tell of days up to 2099-01-01; history ends yesterday")

    def test_a_past_that_is_over_ends_with_its_last_record(self, tmp_path: Path) -> None:
        intake = load(tmp_path, GOOD, a_map(as_of="last_record"), today=date(2026, 11, 21))
        assert (intake.book.as_of, intake.notes) == (date(2026, 2, 3), [])

    @settings(max_examples=8, deadline=None, phases=(Phase.reuse, Phase.generate))
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([*(f"L{n}" for n in range(40)), "", "L 4"]),
                st.sampled_from(["甲", "乙", '"', ""]),
                st.sampled_from(["2026-01-01", "2026-01-31", "2026-02-31", "2027-01-01"]),
                st.sampled_from(["100", "100", "9999999999.99", "-1", "1e9"]),
                st.sampled_from(["2026-02-01", "2026-02-02", "2065-12-31", "2025-02-01", ""]),
                st.sampled_from(["101", "99", "100,5", "9999999999.99"]),
                st.sampled_from(["", "2026-01-20", "2025-12-01", "2026-11-20", "2030-01-01"]),
            ),
            min_size=5,
            max_size=60,
        )
    )
    def test_read_is_loaded_and_rejected_and_duplicates(
        self, tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, ...]]
    ) -> None:
        """Whatever the rows hold: nothing is lost, nothing counted twice."""
        rows = "".join(",".join(row) + "\n" for row in cells)
        first = "L0,零,2026-01-01,100,2026-02-01,101,\n"
        intake = load(tmp_path_factory.mktemp("any"), first + rows)
        ((read, loaded, rejected, duplicates),) = counts(intake)
        assert read == len(cells) + 1 == loaded + rejected + duplicates
        assert intake.rejected["row"].n_unique() == rejected
        assert intake.duplicates.height == duplicates
        assert intake.book.scan("loans").collect().height == loaded


PLAN = [
    {
        "match": "people.csv",
        "key": ["id"],
        "rows": [
            {"table": "people", "fields": {"ref": "id", "zone": "zone"}},
            {
                "table": "numbers",
                "unless_empty": "phone",
                "fields": {"person": "id", "text": "phone"},
            },
        ],
    },
    {
        "match": "loans.csv",
        "key": ["id"],
        "rows": [
            {
                "table": "loans",
                "fields": {
                    "ref": "id",
                    "person": "who",
                    "disbursed_on": "start",
                    "principal": "lent",
                    "rate": {"column": "rate", "unit": "percent"},
                    "instalments": "n",
                },
            },
            {
                "table": "parties",
                "unless_empty": "with",
                "fields": {"loan": "id", "person": "with", "role": {"value": "co_borrower"}},
            },
        ],
    },
    {
        "match": "plan.csv",
        "rows": [
            {
                "table": "instalments",
                "fields": {"loan": "loan", "due_on": "due", "total": "owed"},
            }
        ],
    },
    {
        "match": "money.csv",
        "optional": True,
        "key": ["no"],
        "rows": [
            {
                "table": "events",
                "only": {"type": ["收款", "冲正"]},
                "fields": {
                    "loan": "loan",
                    "ref": "no",
                    "names": "of",
                    "effective_on": "on",
                    "recorded_at": "at",
                    "amount": "amount",
                    "kind": {"column": "type", "values": {"收款": "repaid", "冲正": "reversed"}},
                },
            }
        ],
    },
]  # fmt: skip

PEOPLE = "id,zone,phone\nA,Asia/Shanghai,+8613000000001\nB,Asia/Urumqi,\nC,,+8613000000001\n"
LOANS = (
    "id,who,start,lent,rate,n,with\nX,A,2026-01-01,1000,18,3,B\nY,B,2026-01-01,100,0,1,\n"
    "Z,C,2026-01-01,50,0,2,\n"
)
SCHEDULE = (
    "loan,due,owed\nX,2026-03-01,340\nX,2026-02-01,340\nX,2026-04-01,345\nY,2026-02-01,100\n"
    "Z,2026-02-01,50\n"
)
SEVERAL = {"people.csv": PEOPLE, "loans.csv": LOANS, "plan.csv": SCHEDULE}


def several(**more: object) -> MapFile:
    assume = {k: v for k, v in ASSUME.items() if k in ("contact_log", "holds")}
    return a_map(*PLAN, assume=assume, **more)


class TestSeveralFiles:
    def test_a_schedule_of_totals_is_split_without_losing_a_fen(self, tmp_path: Path) -> None:
        """1,000 over totals 340, 340, 345: shares of the principal are floors of running sums."""
        book = load(tmp_path, SEVERAL, several()).book
        rows = book.scan("instalments").filter(pl.col("loan") == 1).sort("seq").collect()
        assert rows.select("from_on", "due_on", "principal", "interest").rows() == [
            (date(2026, 1, 1), date(2026, 2, 1), 33_170, 830),
            (date(2026, 2, 1), date(2026, 3, 1), 33_171, 829),
            (date(2026, 3, 1), date(2026, 4, 1), 33_659, 841),
        ]
        assert rows["principal"].sum() == 100_000
        assert book.manifest.assume["split_of_total"] == "proportional"

    def test_people_who_share_a_loan_stand_in_one_part(self, tmp_path: Path) -> None:
        intake = load(tmp_path, SEVERAL, several(), parts=2)
        people = intake.book.scan("people").sort("person").collect()
        assert people["group"].to_list() == [1, 1, 3]
        assert people["zone"].to_list() == ["Asia/Shanghai", "Asia/Urumqi", None]
        part = intake.book.read("parties", 1)
        assert part.rows() == [
            (1, 1, "borrower"),
            (2, 1, "co_borrower"),
            (2, 2, "borrower"),
            (3, 3, "borrower"),
        ]

    def test_a_number_keeps_its_key_whoever_it_reaches(self, tmp_path: Path) -> None:
        numbers = load(tmp_path, SEVERAL, several()).book.read("numbers")
        assert numbers.select("person", "rank", "number").rows() == [(1, 1, 1), (3, 1, 1)]

    def test_a_schedule_that_does_not_cover_its_loan_is_marked(self, tmp_path: Path) -> None:
        intake = load(tmp_path, SEVERAL, several())
        loans = intake.book.scan("loans").sort("loan").collect()
        assert loans["incomplete"].to_list() == [False, False, True]
        assert loans["cost_rate"].is_null().to_list() == [False, False, True]
        assert intake.incomplete == 1

    def test_what_names_a_rejected_row_is_set_aside_too(self, tmp_path: Path) -> None:
        """Person A is bad: so are their loan X, its three instalments, and B's role in it."""
        texts = {**SEVERAL, "people.csv": PEOPLE.replace("A,Asia/Shanghai", "A,Mars")}
        intake = load(tmp_path, texts, several())
        assert intake.rejected.select("file", "row", "code").rows() == [
            ("loans.csv", 2, "unknown_person"),
            ("people.csv", 2, "no_zone"),
            ("plan.csv", 2, "unknown_loan"),
            ("plan.csv", 3, "unknown_loan"),
            ("plan.csv", 4, "unknown_loan"),
        ]

    def test_a_loan_without_a_schedule_is_set_aside(self, tmp_path: Path) -> None:
        texts = {**SEVERAL, "plan.csv": SCHEDULE.replace("Y,2026-02-01,100\n", "")}
        intake = load(tmp_path, texts, several())
        assert intake.rejected.select("file", "row", "code").rows() == [
            ("loans.csv", 3, "no_instalments")
        ]

    def test_two_instalments_of_one_day_are_not_a_schedule(self, tmp_path: Path) -> None:
        texts = {**SEVERAL, "plan.csv": SCHEDULE + "Y,2026-02-01,1\n"}
        intake = load(tmp_path, texts, several())
        assert intake.rejected.select("file", "row", "code").rows() == [
            ("plan.csv", 7, "same_due_day")
        ]

    def test_payments_reversals_and_what_the_map_does_not_take(self, tmp_path: Path) -> None:
        money = (
            "no,loan,type,on,at,amount,of\n"
            "e1,Y,收款,2026-02-01,2026-02-01 10:00:00,100,\n"
            "e2,Y,冲正,2026-02-01,2026-02-04 10:00:00,100,e1\n"
            "e3,Y,冲正,2026-02-01,2026-02-04 10:00:00,100,e9\n"
            "e4,X,查询,2026-02-01,2026-02-04 10:00:00,0,\n"
            "e5,Q,收款,2026-02-01,2026-02-01 10:00:00,1,\n"
            "e1,Y,收款,2026-02-01,2026-02-01 10:00:00,100,\n"
            "e6,Y,收款,2026-02-01,2026-02-01 10:00:00,,\n"
        )
        intake = load(tmp_path, {**SEVERAL, "money.csv": money}, several())
        events = intake.book.read("events")
        assert events.select("loan", "event", "kind", "names").rows() == [
            (2, 1, "repaid", None),
            (2, 2, "reversed", 1),
        ]
        assert intake.rejected.select("row", "code").rows() == [
            (4, "unknown_event"),
            (5, "nothing_taken"),
            (6, "unknown_loan"),
            (8, "empty"),
        ]
        assert counts(intake)[-1] == (7, 2, 4, 1)

    def test_what_later_days_recorded_waits_in_the_inbox(self, tmp_path: Path) -> None:
        """As of 3 February, the reversal recorded on the fourth is not known yet."""
        money = (
            "no,loan,type,on,at,amount,of\n"
            "e1,Y,收款,2026-02-01,2026-02-01 10:00:00,100,\n"
            "e2,Y,冲正,2026-02-01,2026-02-04 10:00:00,100,e1\n"
        )
        intake = load(tmp_path, {**SEVERAL, "money.csv": money}, several(as_of="2026-02-03"))
        book = intake.book
        assert book.read("events")["kind"].to_list() == ["repaid"]
        assert book.inbox_days() == [date(2026, 2, 4)]
        assert book.read_inbox(date(2026, 2, 4), "events")["kind"].to_list() == ["reversed"]


class TestWhatIsWrongAsAWhole:
    def test_leaves_nothing_behind(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no column 'owed'"):
            load(tmp_path, {"loans.csv": "id,who,start,lent,due,paid\n"})
        assert [p.name for p in tmp_path.iterdir()] == ["loans.csv"]

    def test_a_book_with_no_loan_is_no_book(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="not one row became a row of loans"):
            load(tmp_path, "L1,甲,never,1,never,1,\n")
        assert not (tmp_path / "book").exists()

    def test_a_book_in_the_way(self, tmp_path: Path) -> None:
        load(tmp_path, GOOD)
        with pytest.raises(BookError, match="already there"):
            load(tmp_path, GOOD)
        precious = tmp_path / "precious"
        precious.mkdir()
        with pytest.raises(BookError, match="holds no book"):
            load_book(a_map(), [tmp_path / "loans.csv"], precious, replace=True)
        assert precious.is_dir()

    @pytest.mark.parametrize(
        ("names", "says"),
        [
            ([], "no file matches 'loans"),
            (["loans.csv", "other.csv"], "the map says nothing about this file"),
            (["loans.csv", "sub/loans.csv"], "two files are called loans.csv"),
        ],
    )
    def test_files_and_map_do_not_agree(self, tmp_path: Path, names: list[str], says: str) -> None:
        files = [tmp_path / name for name in names]
        for file in files:
            file.parent.mkdir(exist_ok=True)
            file.write_text(HEADER + GOOD)
        with pytest.raises(InputError, match=says):
            load_book(a_map(), files, tmp_path / "book")

    def test_a_product_that_cannot_be(self, tmp_path: Path) -> None:
        with pytest.raises(ProductError, match=r"products\.given"):
            load(tmp_path, GOOD, a_map(products={"given": {"base": "given", "colour": "red"}}))


def test_months_of_status_are_a_book_for_roll_rates_that_cannot_be_closed(tmp_path: Path) -> None:
    months = {
        "match": "cards.csv",
        "key": ["id"],
        "rows": [
            {"table": "people", "fields": {"ref": "id"}},
            *(
                {
                    "table": "snapshots",
                    "fields": {
                        "person": "id",
                        "month": {"value": f"2005-0{month}-30"},
                        "status": f"s{month}",
                        "coding": {"value": "new" if month == 9 else "old"},
                        "bill": f"b{month}",
                    },
                }
                for month in (8, 9)
            ),
        ],
    }
    text = "id,s8,s9,b8,b9\n1,-2,1,-5.50,0\n2,2,3,10,10\n3,2,x,10,10\n"
    intake = load(tmp_path, {"cards.csv": text}, a_map(months, assume={}))
    assert counts(intake) == [(3, 2, 1, 0)]
    assert intake.book.read("snapshots").rows() == [
        (1, date(2005, 8, 1), -2, "old", -550, None),
        (1, date(2005, 9, 1), 1, "new", 0, None),
        (2, date(2005, 8, 1), 2, "old", 1000, None),
        (2, date(2005, 9, 1), 3, "new", 1000, None),
    ]
    with pytest.raises(BookError, match="nothing can be closed"):
        _ = Book.open(intake.book.path).as_of
