"""How does a person read the tables of a book? ``docs/engineers/book.md`` is made of this.

And which columns must a lender supply? ``docs/operators/minimum-book.md``.
"""

from __future__ import annotations

import polars as pl

from forbear.book.intake.targets import TARGETS
from forbear.book.schema import HISTORY, MONTHLY, NIGHT, STATE, STATIC, Table

ROOMS = (
    ("What was signed, and who is who", "签了什么、谁是谁", STATIC, "BOOK/{}/part-0000.parquet"),
    ("What happened", "发生了什么", HISTORY, "BOOK/{}/part-0000.parquet, BOOK/inbox/DAY/{}/…"),
    ("What a night carries to the next", "逐夜结转", STATE, "BOOK/state/{}/part-0000.parquet"),
    ("What a night says", "一夜的结果", NIGHT, "OUT/{}/part-0000.parquet"),
    ("Months instead of days", "按月快照", MONTHLY, "BOOK/{}/part-0000.parquet"),
)


def tables_as_markdown() -> str:
    """Every table of a book: what a row is, where it stands, its key, its order, its columns.

    >>> "| `group` | Int64 |" in tables_as_markdown()
    True
    """
    lines: list[str] = []
    for title, zh, tables, place in ROOMS:
        lines += ["", f"## {title} ({zh})"]
        for name, table in tables.items():
            where = place if table.spread else "BOOK/{}.parquet"
            lines += ["", *_table(name, table, where.replace("{}", name))]
    return "\n".join(lines).strip() + "\n"


def _table(name: str, table: Table, where: str) -> list[str]:
    columns = [
        f"| `{column}` | {_type(says.dtype)} | {_cell(says.says)} | {_cell(says.null)} |"
        for column, says in table.columns.items()
    ]
    return [
        f"### `{name}`",
        "",
        f"One row: {table.row}. Key: {_names(table.key)}. Order: {_names(table.order)}. "
        f"Stands in `{where}`.",
        "",
        "| column | type | says | a missing value means |",
        "| --- | --- | --- | --- |",
        *columns,
    ]


def minimum_as_markdown() -> str:
    """Which fields must a lender supply, and what does each absent one switch off?

    >>> "| `people.zone` | 所在时区 |" in minimum_as_markdown()
    True
    """
    main = ("people", "loans", "instalments", "events")
    must = [
        f"| `{table}.{name}` | {field.zh} | {_cell(field.says)} |"
        for table in main
        for name, field in TARGETS[table].items()
        if field.required
    ]
    may = [
        f"| `{table}.{name}` | {field.zh} | {_cell(field.says)} | {_cell(field.without)} |"
        for table, fields in TARGETS.items()
        for name, field in fields.items()
        if not field.required or table not in main
    ]
    return "\n".join(
        [
            "| must be there | 中文 | what it is |", "| --- | --- | --- |", *must, "",
            "| may be there | 中文 | what it is | without it |", "| --- | --- | --- | --- |", *may,
        ]
    ) + "\n"  # fmt: skip


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _type(dtype: pl.DataType | type[pl.DataType]) -> str:
    """A type in few words; the members of an enum stand in ``schema.py``."""
    if isinstance(dtype, pl.Enum):
        return f"one of {len(dtype.categories)} words"
    if isinstance(dtype, pl.Datetime):
        return "instant (UTC, µs)"
    if isinstance(dtype, pl.Array):
        return f"{dtype.size} × {dtype.inner}"
    return str(dtype() if isinstance(dtype, type) else dtype)
