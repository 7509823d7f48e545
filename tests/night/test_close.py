"""The close of a whole book on disk: the same whoever runs it, whole or not there at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from forbear.book.layout import Book
from forbear.book.schema import NIGHT, STATE
from forbear.cli.close import app
from forbear.errors import BookError, ForbearError
from forbear.night import engine
from forbear.night.engine import Night, order_of, run_night, suppressed_numbers
from forbear.night.saying import begin_from, read_said, say

FIRST = date(2026, 11, 22)
LAW = "cn@2026-11-21+cn-house"
TABLES = (*(f"state/{name}" for name in STATE), "plan", "withheld", "set_aside", "receipts")


def close(
    book: Book,
    out: Path,
    day: date = FIRST,
    *,
    begin: Path | None = None,
    policy: str = "industry",
    workers: int = 1,
    law: str = LAW,
) -> dict[str, object]:
    """Close one morning; what the night says of itself."""
    before = begin_from(book, begin)
    night = Night(book=book.path, before=before, day=day, policy=policy, law=law)
    order = order_of(night, book)
    run_night(
        night, out, workers=workers,
        seal=lambda folder, closed: say(book, order, law, before, closed).write(folder),
    )  # fmt: skip
    return dict(read_said(out))


def table(night: Path, name: str) -> pl.DataFrame:
    """All parts of one table of a night, in the order of its key."""
    frame = pl.concat(pl.read_parquet(file) for file in sorted((night / name).glob("*.parquet")))
    key = {**STATE, **NIGHT}.get(name.removeprefix("state/"))
    return frame.sort(key.order if key else "person")


@pytest.fixture(scope="module")
def first_night(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("nights") / "first"
    close(book, out)
    return out


def bytes_of(night: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(night)): file.read_bytes()
        for file in sorted(night.rglob("*"))
        if file.is_file()
    }


def test_one_process_and_two_write_the_same_bytes(
    book: Book, first_night: Path, tmp_path: Path
) -> None:
    close(book, tmp_path / "again", workers=2)
    assert bytes_of(tmp_path / "again") == bytes_of(first_night)


def test_how_many_part_files_the_book_has_changes_nothing_that_is_said(
    whole_book: Book, first_night: Path, tmp_path: Path
) -> None:
    close(whole_book, tmp_path / "whole")
    for name in ("state/positions", "state/open_items", "plan", "withheld", "set_aside"):
        assert table(tmp_path / "whole", name).equals(table(first_night, name)), name


def test_everyone_in_arrears_is_planned_or_withheld_and_never_both(first_night: Path) -> None:
    plan, left = table(first_night, "plan"), table(first_night, "withheld")
    assert plan["person"].is_unique().all()
    assert left["person"].is_unique().all()
    assert not set(plan["person"]) & set(left["person"])
    said = read_said(first_night)["summary"]
    assert (said["planned"], said["withheld"]) == (plan.height, left.height)
    late = pl.concat([plan, left], how="diagonal_relaxed").filter(pl.col("days_past_due") > 0)
    assert late.height == said["people_overdue"]
    assert plan["place"].sort().to_list() == list(range(1, plan.height + 1))


def test_every_slot_lies_in_its_lawful_span_and_numbers_are_masked(first_night: Path) -> None:
    plan = table(first_night, "plan")
    inside = (pl.col("lawful_from") <= pl.col("slot_at")) & (
        pl.col("slot_at") < pl.col("lawful_until")
    )
    assert plan.select(inside.all()).item()
    hours = plan["slot_at"].dt.convert_time_zone("Asia/Shanghai").dt.hour()
    assert hours.is_between(8, 21).all()
    masked = plan["number_masked"].drop_nulls()
    assert masked.len() > 0
    assert masked.str.contains("*", literal=True).all()


def test_the_next_night_begins_where_the_last_one_ended(
    book: Book, first_night: Path, tmp_path: Path
) -> None:
    second = close(book, tmp_path / "second", FIRST + timedelta(days=1), begin=first_night)
    assert second["before"] == read_said(first_night)["root"]
    positions = table(tmp_path / "second", "state/positions")
    assert positions["balances_on"].unique().to_list() == [FIRST]


def test_a_date_cannot_be_skipped_silently(book: Book, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        app, [str(book.path), "--as-of", "2026-11-24", "--policy", "humane",
              "--out", str(tmp_path / "n")],
    )  # fmt: skip
    assert isinstance(run.exception, BookError)
    assert "close 2026-11-22 first" in str(run.exception)
    assert "--catch-up" in str(run.exception)
    assert not list(tmp_path.iterdir())


def test_a_night_may_be_caught_up_and_says_so(book: Book, tmp_path: Path) -> None:
    """The money is that of closing every night; only the plans of the days between were not made."""
    run = CliRunner().invoke(
        app, [str(book.path), "--as-of", "2026-11-24", "--policy", "do-nothing", "--law", LAW,
              "--out", str(tmp_path / "caught"), "--catch-up"],
    )  # fmt: skip
    assert run.exception is None, run.exception
    assert "2026-11-22, 2026-11-23" in run.output
    begin: Path | None = None
    for n in range(3):
        out = tmp_path / f"night{n}"
        close(book, out, FIRST + timedelta(days=n), begin=begin, policy="do-nothing")
        begin = out
    assert begin is not None
    for name in ("positions", "open_items", "carried_people", "carried_days", "carried_numbers"):
        assert table(tmp_path / "caught", f"state/{name}").equals(table(begin, f"state/{name}"))


@pytest.mark.parametrize(
    ("day", "said"),
    [("2026-11-21", "lies inside the settled history"), ("2026-02-31", "not a calendar date")],
)
def test_a_wrong_date_is_a_clear_error(book: Book, tmp_path: Path, day: str, said: str) -> None:
    run = CliRunner().invoke(
        app, [str(book.path), "--as-of", day, "--policy", "humane", "--out", str(tmp_path / "n")]
    )
    assert isinstance(run.exception, ForbearError)
    assert said in str(run.exception)


def test_a_morning_is_not_closed_twice_nor_another_books_night_taken(
    book: Book, whole_book: Book, first_night: Path, tmp_path: Path
) -> None:
    with pytest.raises(BookError, match="already there"):
        close(book, first_night)
    with pytest.raises(BookError, match="another book"):
        begin_from(whole_book, first_night)
    with pytest.raises(BookError, match="holds no finished night"):
        begin_from(book, tmp_path)


def test_one_bad_loan_is_set_aside_and_the_night_goes_on(book: Book, tmp_path: Path) -> None:
    """A reversal that names no event cannot be replayed: the loan keeps its last position."""
    shutil.copytree(book.path, tmp_path / "book")
    damaged = Book.open(tmp_path / "book")
    recorded = damaged.read_inbox(FIRST, "events", 0)
    bad = recorded.filter(pl.col("kind") == "repaid")[:1].with_columns(
        kind=pl.lit("reversed"), names=pl.lit(999_999), event=pl.lit(5_000)
    )
    cast = bad.select(pl.col(c).cast(d) for c, d in recorded.schema.items())
    damaged.write_inbox(FIRST, "events", 0, pl.concat([recorded, cast]))
    close(damaged, tmp_path / "first")
    close(damaged, tmp_path / "second", FIRST + timedelta(days=1), begin=tmp_path / "first")
    aside = table(tmp_path / "second", "set_aside")
    loan = cast["loan"][0]
    assert aside["loan"].to_list() == [loan]
    assert aside["reason"][0]
    assert aside["remedy"][0]
    now = table(tmp_path / "second", "state/positions").filter(pl.col("loan") == loan)
    then = table(tmp_path / "first", "state/positions").filter(pl.col("loan") == loan)
    assert now["status"].to_list() == ["set_aside"]
    assert now.drop("status").equals(then.drop("status"))
    others = table(tmp_path / "second", "state/positions").filter(pl.col("loan") != loan)
    assert others["balances_on"].unique().to_list() == [FIRST]
    assert read_said(tmp_path / "second")["summary"]["set_aside"] == 1


def test_ctrl_c_in_the_middle_leaves_nothing(book: Book, tmp_path: Path) -> None:
    def interrupt(stage: str, done: int, parts: int) -> None:
        raise KeyboardInterrupt

    night = Night(
        book=book.path, before=begin_from(book, None), day=FIRST, policy="humane", law=LAW
    )
    with pytest.raises(KeyboardInterrupt):
        run_night(night, tmp_path / "out", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise BookError("could not be written: No space left on device")

    monkeypatch.setattr(engine, "write_table", full)
    with pytest.raises(BookError, match="No space left"):
        close(book, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_policy_in_another_currency_is_refused(book: Book, tmp_path: Path) -> None:
    shutil.copytree(book.path, tmp_path / "book")
    manifest = json.loads((tmp_path / "book" / "book.json").read_text("utf-8"))
    manifest["currency"] = "NGN"
    (tmp_path / "book" / "book.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BookError, match="NGN"):
        close(Book.open(tmp_path / "book"), tmp_path / "out")


def test_a_number_refused_yesterday_in_one_file_is_not_used_today_in_another(
    book: Book, first_night: Path, tmp_path: Path
) -> None:
    """Somebody's colleague, in file 0, asks never to be called; file 1 knows the same morning."""
    planned = pl.read_parquet(first_night / "plan" / "part-0001.parquet")
    number = planned["number"].drop_nulls()[0]
    shutil.copytree(book.path, tmp_path / "book")
    damaged = Book.open(tmp_path / "book")
    people = damaged.read("people", 0)
    someone, now = people["person"][0], datetime(2026, 11, 22, 3, tzinfo=UTC)
    theirs = damaged.read("numbers", 0)
    row = {"person": someone, "rank": 9, "number": number, "text": "+8610000000000",
           "relation": "colleague", "health": "unknown"}  # fmt: skip
    added = pl.DataFrame([row], schema_overrides=theirs.schema)
    damaged.write("numbers", 0, pl.concat([theirs, added.select(theirs.columns)]))
    schema = damaged.read_inbox(FIRST, "contacts", 0).schema
    said = {"person": someone, "at": now, "contact": 1, "recorded_at": now, "creditor": 1,
            "number": number, "channel": "call", "direction": "out", "placed_by": "lender",
            "purpose": "locate", "outcome": "refused"}  # fmt: skip
    refused = pl.DataFrame([said | {"loan": None, "template": None}])
    damaged.write_inbox(
        FIRST, "contacts", 0, refused.select(pl.col(c).cast(d) for c, d in schema.items())
    )
    close(damaged, tmp_path / "first")
    close(damaged, tmp_path / "second", FIRST + timedelta(days=1), begin=tmp_path / "first")
    assert number in table(tmp_path / "first", "plan")["number"].to_list()
    assert number not in table(tmp_path / "second", "plan")["number"].to_list()
    night = Night(
        book=damaged.path, before=begin_from(damaged, tmp_path / "first"),
        day=FIRST + timedelta(days=1), policy="industry", law=LAW,
    )  # fmt: skip
    assert number in suppressed_numbers(damaged, night)
    before = replace(night, before=begin_from(damaged, None), day=FIRST)
    assert number not in suppressed_numbers(damaged, before)


POLICY = """
name: {zh: 只打电话, en: Calls only}
currency: CNY
steps:
  - id: call
    when: days_past_due >= 1
    do: {channel: call, tone: warm, offer: [extension]}
    else: text
    why: {zh: 逾期后打电话, en: A call once late}
  - id: text
    when: days_past_due >= 1
    do: {channel: sms, tone: warm, offer: [extension]}
    why: {zh: 打不了就发短信, en: A text where no call can be made}
capacity: {call: 3}
relief: {extension: {days: 30, per_year: 1}}
"""


def test_a_full_day_serves_the_best_ranked_and_sends_the_others_to_their_gentler_step(
    book: Book, tmp_path: Path
) -> None:
    file = tmp_path / "calls.yaml"
    file.write_text(POLICY, encoding="utf-8")
    said = close(book, tmp_path / "out", policy=str(file))
    plan = table(tmp_path / "out", "plan")
    calls, texts = (plan.filter(pl.col("step") == step) for step in ("call", "text"))
    assert calls.height == 3
    assert texts.height > 20
    assert set(calls["place"]) <= set(range(1, plan.height + 1))
    assert said["summary"]["capacity"]["call"]["given"] == 3  # type: ignore[index]
    refused = said["summary"]["capacity"]["call"]["refused"]  # type: ignore[index]
    assert refused > 10
    # Whoever was refused a call ranks below all three callers; the other texts are of people the
    # gate gave no call.
    above = texts.filter(pl.col("rank") > calls["rank"].min()).height
    assert above <= texts.height - refused


def test_damage_inside_a_part_file_is_named_and_leaves_nothing(book: Book, tmp_path: Path) -> None:
    for table in ("loans", "state/positions"):
        hurt = tmp_path / table.replace("/", "-")
        shutil.copytree(book.path, hurt)
        file = hurt / table / "part-0001.parquet"
        whole = bytearray(file.read_bytes())
        for at in range(100, len(whole) // 2, 7):  # the footer stays, so that the file opens
            whole[at] ^= 0x5A
        file.write_bytes(bytes(whole))
        out = tmp_path / "nights" / "one"
        with pytest.raises(BookError, match=f"{table}/part-0001.parquet: is damaged"):
            close(Book.open(hurt), out)
        assert list(out.parent.iterdir()) == []


def test_a_disk_that_is_full_is_named_and_leaves_nothing(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pl.DataFrame.write_parquet

    def full(frame: pl.DataFrame, file: Path, **how: object) -> None:
        if "receipts" in str(file):
            raise pl.exceptions.ComputeError("parquet: transport error")
        whole(frame, file, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    out = tmp_path / "nights" / "one"
    with pytest.raises(BookError, match=r"receipts/part-0000.parquet: could not be written"):
        close(book, out)
    assert list(out.parent.iterdir()) == []


def test_what_a_reader_must_know_is_said_in_both_languages(
    book: Book, tmp_path: Path, first_night: Path
) -> None:
    notes = read_said(first_night)["summary"]["notes"]
    assert notes[0] == {
        "zh": "本账簿假定：人物均为虚构，还款不因联系而变",
        "en": "assumed of this book: nobody in it exists; payments react to no contact",
    }
    assert notes[-1]["zh"].split("：")[1] == notes[-1]["en"].split(": ")[1]
    assert "条规则待法务复核" in notes[-1]["zh"]
    shown = CliRunner().invoke(
        app,
        [str(book.path), "--as-of", "2026-11-22", "--policy", "do-nothing", "--law", LAW,
         "--out", str(tmp_path / "one"), "--lang", "zh"],
    )  # fmt: skip
    assert "本账簿假定" in shown.output
    assert "assumed of" not in shown.output


def test_a_scale_makes_a_policy_read_amounts_in_its_own_currency(
    book: Book, tmp_path: Path
) -> None:
    """Going to court asks for ten thousand yuan: nobody owes that in a unit worth a thousandth."""
    other = tmp_path / "other"
    shutil.copytree(book.path, other)
    said = json.loads((other / "book.json").read_text("utf-8"))

    def planned(scale: str) -> pl.DataFrame:
        told = said | {"currency": "USD", "scale": scale}
        (other / "book.json").write_text(json.dumps(told), encoding="utf-8")
        out = tmp_path / scale.replace("/", "-")
        close(Book.open(other), out, policy="humane")
        return table(out, "plan").sort("person")

    dear, cheap = planned("1000"), planned("1/1000")
    assert "court" in dear["channel"].to_list()
    assert "court" not in cheap["channel"].to_list()
    both = dear.join(cheap, on="person", suffix="_cheap")
    assert both["amount_due"].to_list() == both["amount_due_cheap"].to_list()  # as the book has it


def test_a_law_of_which_nothing_is_in_force_is_said_first(book: Book, tmp_path: Path) -> None:
    close(book, tmp_path / "n", law="cn@1990-01-01")
    said = json.loads((tmp_path / "n" / "night.json").read_text(encoding="utf-8"))
    assert "nothing was checked against any law" in said["summary"]["notes"][0]["en"]
