"""What does the text of a cell say, as a day, an amount, a word? Whole columns at once.

Each reader takes an expression of text (an empty cell is null) and gives two: the value, and the code
of what is wrong (null where nothing is). Nothing raises for a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import available_timezones

import polars as pl

from forbear.book.intake.maps import Source
from forbear.book.intake.targets import Field
from forbear.money import AMOUNT_MAX, RATE_MAX

CELL_MAX = 4_000
REF_MAX = 128

ISO_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日")
ISO_INSTANTS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
)
WITH_OFFSET = "%+"

YES = ("1", "true", "t", "yes", "y", "是", "有")
NO = ("0", "false", "f", "no", "n", "否", "无")

_UNIT_DIGITS = {"fraction": 9, "percent": 7, "permille": 6, "per_ten_thousand": 5}
"""Decimals that a rate may have in each unit so that it is whole parts per billion."""


_UNREADABLE = {
    "amount": "not_amount", "signed_amount": "not_amount", "rate": "not_amount",
    "count": "not_count", "signed_count": "not_count", "flag": "not_flag", "zone": "no_zone",
    "day": "not_day", "instant": "not_instant", "time": "not_time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """How the files of one map write days and numbers."""

    exponent: int
    zone: str
    formats: tuple[str, ...] = ()
    decimal_mark: str = "."
    day_basis: int = 365


@dataclass(frozen=True, slots=True)
class Parsed:
    """A column read: its values, and what is wrong in each row (null: nothing)."""

    value: pl.Expr
    code: pl.Expr


def read_field(field: Field, source: Source, form: Form) -> Parsed:
    """How is this field read from its column?

    An empty cell is the field's default; where the field must be there, it is a fault.

    >>> from forbear.book.intake.targets import TARGETS
    >>> due = read_field(TARGETS["instalments"]["due_on"], Source(column="d"), Form(2, "Asia/Shanghai"))
    >>> pl.DataFrame({"d": ["2026-11-21", "2026-02-31", None]}).select(due.value, due.code).rows()
    ... # doctest: +ELLIPSIS
    [(datetime.date(2026, 11, 21), None), (None, 'no_such_day'), (None, 'empty')]
    """
    raw = pl.lit(source.value, pl.String) if source.column is None else pl.col(source.column)
    text, unknown = _translated(raw, source)
    if field.default is not None:
        text = text.fill_null(field.default)
    read = _reader(text, field, source, form)
    too_long = text.str.len_chars() > (REF_MAX if field.kind == "ref" else CELL_MAX)
    code = (
        pl.when(too_long.fill_null(False))
        .then(pl.lit("too_long"))
        .when(unknown)
        .then(pl.lit("not_listed"))
        .when(text.is_null())
        .then(pl.lit("empty") if field.required else pl.lit(None, pl.String))
        .when(read.code.is_null() & read.value.is_null())
        .then(pl.lit(_UNREADABLE.get(field.kind, "not_listed")))  # never a silent null
        .otherwise(read.code)
    )
    return Parsed(pl.when(code.is_null() & text.is_not_null()).then(read.value), code)


def _translated(raw: pl.Expr, source: Source) -> tuple[pl.Expr, pl.Expr]:
    """The cell in the field's words, and whether the map does not know its word."""
    if source.values is None:
        return raw, pl.lit(False)
    words = raw.replace_strict(
        source.values, default=pl.lit(source.otherwise, pl.String), return_dtype=pl.String
    )
    unknown = raw.is_not_null() & words.is_null()
    return words, unknown


def _reader(text: pl.Expr, field: Field, source: Source, form: Form) -> Parsed:
    match field.kind:
        case "ref" | "text":
            return Parsed(text, pl.lit(None, pl.String))
        case "choice":
            return Parsed(text, _unless(text.is_in(list(field.among)), "not_listed"))
        case "zone":
            return Parsed(text, _unless(text.is_in(sorted(available_timezones())), "no_zone"))
        case "flag":
            low = text.str.to_lowercase()
            return Parsed(low.is_in(YES), _unless(low.is_in(YES + NO), "not_flag"))
        case "amount" | "signed_amount":
            digits = 0 if source.unit == "minor" else form.exponent
            return _number(text, digits, AMOUNT_MAX, field.kind == "signed_amount", source, form)
        case "rate":
            return _rate(text, source, form)
        case "count" | "signed_count":
            return _count(text, field.least, field.most)
        case "day":
            return _day(text, source, form)
        case "instant":
            return _instant(text, source, form)
        case "time":
            value = pl.coalesce(text.str.to_time(f, strict=False) for f in ("%H:%M", "%H:%M:%S"))
            return Parsed(value, _unless(value.is_not_null(), "not_time"))


def _unless(good: pl.Expr, code: str) -> pl.Expr:
    return pl.when(~good).then(pl.lit(code))


def _number(
    text: pl.Expr, digits: int, most: int, signed: bool, source: Source, form: Form
) -> Parsed:
    """A decimal number as a whole number of 10⁻ᵈⁱᵍⁱᵗˢ, exact: by its digits, never by a float."""
    plain = _point_for_mark(text, form.decimal_mark).str.replace(r"^([+-]?)\s*[¥￥]\s*", "$1")
    is_number = plain.str.contains(r"^[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?$")
    is_scientific = plain.str.contains(r"^[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+$")
    figures = plain.str.replace_all(",", "", literal=True)
    whole = figures.str.extract(r"^[+-]?0*([0-9]*)")
    part = figures.str.extract(r"\.([0-9]*)$").fill_null("").str.strip_chars_end("0")
    kept, rest = part.str.slice(0, digits), part.str.slice(digits)
    # Beyond 13 digits the range is left anyway, and 64 bits would be.
    fits = whole.str.len_bytes() <= len(str(most))
    minor = pl.when(fits).then(whole).otherwise(pl.lit("0")).replace("", "0")
    value = minor.cast(pl.Int64, strict=False) * 10**digits + kept.str.pad_end(digits, "0").replace(
        "", "0"
    ).cast(pl.Int64, strict=False)
    # What is cut off, compared with one half as text: "5" is a tie (zeros were stripped).
    up = (rest > "5") | ((rest == "5") & (value % 2 == 1))
    value = value + up.cast(pl.Int64)
    minus = figures.str.starts_with("-") & (value != 0)
    code = (
        pl.when(is_scientific)
        .then(pl.lit("scientific"))
        .when(~is_number)
        .then(pl.lit("not_amount"))
        .when(~fits | (value > most))
        .then(pl.lit("too_large"))
        .when(pl.lit(not signed) & minus)
        .then(pl.lit("negative"))
        .when(pl.lit(source.decimals == "refuse") & (rest != ""))
        .then(pl.lit("decimals"))
    )
    return Parsed(pl.when(minus).then(-value).otherwise(value), code)


def _point_for_mark(text: pl.Expr, mark: str) -> pl.Expr:
    """With a decimal comma, points group thousands: change the two about."""
    if mark == ".":
        return text
    return text.str.replace_many([".", ","], [",", "."])


def _rate(text: pl.Expr, source: Source, form: Form) -> Parsed:
    """A rate as whole parts per billion a year."""
    unit = source.unit or "fraction"
    plain = text.str.strip_suffix("%") if unit == "percent" else text
    times = {"year": 1, "month": 12, "day": form.day_basis}[source.per]
    read = _number(plain, _UNIT_DIGITS.get(unit, 9), RATE_MAX, False, source, form)
    value = read.value * times
    code = (
        pl.when(read.code.is_not_null())
        .then(read.code)
        .otherwise(pl.when(value > RATE_MAX).then(pl.lit("too_large")))
    )
    return Parsed(value, code)


def _count(text: pl.Expr, least: int, most: int) -> Parsed:
    """A whole number; a spreadsheet's 3.0 is 3."""
    whole = text.str.replace(r"\.0*$", "").str.replace(r"^\+", "")
    value = whole.cast(pl.Int64, strict=False)
    return Parsed(value, _unless(value.is_between(least, most).fill_null(False), "not_count"))


def _day(text: pl.Expr, source: Source, form: Form) -> Parsed:
    """A calendar day; of an instant, the day at the book's place."""
    forms = dict.fromkeys((*source.formats, *form.formats, *ISO_DAYS))
    days = [text.str.to_date(f, strict=False) for f in forms if "%H" not in f]
    naive, aware = _stamps(text, source, form)
    there = aware.dt.convert_time_zone(form.zone)
    value = pl.coalesce(*days, *(stamp.dt.date() for stamp in naive), there.dt.date())
    code = (
        pl.when(
            value.is_null() & text.str.contains(r"^[0-9]{4}[-/年][0-9]{1,2}[-/月][0-9]{1,2}日?$")
        )
        .then(pl.lit("no_such_day"))
        .when(value.is_null())
        .then(pl.lit("not_day"))
        .when(~value.dt.year().is_between(1900, 2199))
        .then(pl.lit("year"))
    )
    return Parsed(value, code)


def _instant(text: pl.Expr, source: Source, form: Form) -> Parsed:
    """An instant in UTC; without an offset it is a time at the book's place, a day its midnight."""
    forms = dict.fromkeys((*source.formats, *form.formats, *ISO_DAYS))
    days = [
        text.str.to_date(f, strict=False).cast(pl.Datetime("us")) for f in forms if "%H" not in f
    ]
    naive, aware = _stamps(text, source, form)
    local = pl.coalesce(*naive, *days)
    placed = local.dt.replace_time_zone(form.zone, ambiguous="earliest", non_existent="null")
    value = pl.coalesce(placed.dt.convert_time_zone("UTC"), aware)
    code = (
        pl.when(local.is_not_null() & placed.is_null())
        .then(pl.lit("no_such_time"))
        .when(value.is_null())
        .then(pl.lit("not_instant"))
        .when(~value.dt.year().is_between(1900, 2199))
        .then(pl.lit("year"))
    )
    return Parsed(value, code)


def _stamps(text: pl.Expr, source: Source, form: Form) -> tuple[list[pl.Expr], pl.Expr]:
    """The local time a cell says, by each form with a time of day; and the instant, by its offset."""
    forms = dict.fromkeys((*source.formats, *form.formats, *ISO_INSTANTS))
    naive = [text.str.to_datetime(f, time_unit="us", strict=False) for f in forms if "%H" in f]
    aware = text.str.to_datetime(WITH_OFFSET, time_unit="us", strict=False, time_zone="UTC")
    return naive, aware
