"""What can be wrong with a row, what does a person read about it, and what do they do?

A fault is a value: where it stands (file, row, field), the cell as it was (cut short), why the row was
set aside and how to mend it. One row may have several; it is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

VALUE_MAX = 60
"""Characters of a cell that are kept: enough to find it, too few to copy a file into another."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is set aside, and the remedy, in both languages."""

    en: str
    zh: str
    remedy: str
    remedy_zh: str


R = Reason
_AGAIN = ("export it again", "请重新导出")

REASONS: dict[str, Reason] = {
    "empty": R("a value that must be there is missing", "必填项为空", "fill it in", "请补全"),
    "too_long": R("the cell is far too long", "单元格过长", "see what the exporting system wrote",
                  "请检查导出系统写入的内容"),
    "not_in_encoding": R("the line holds bytes that are not of the file's encoding",
                         "该行含有不属于文件编码的字节", "export the file as UTF-8",
                         "请以 UTF-8 重新导出"),
    "quote_open": R("a quote is not closed, or stands inside a field", "引号未闭合或位于字段中间",
                    "double the quotes inside fields; for line breaks inside fields set "
                    "line_breaks_in_fields in the map",
                    "字段内的引号请成对书写；字段内确有换行的，请在映射中设置 "
                    "line_breaks_in_fields"),
    "too_few_fields": R("the row has fewer fields than the header (cut off?)",
                        "字段数少于表头，文件可能被截断", *_AGAIN),
    "too_many_fields": R("the row has more fields than the header", "字段数多于表头",
                         "put fields that hold the separator in quotes",
                         "含分隔符的字段请加引号"),
    "formula": R("the cell holds a formula, not a value", "单元格是公式而非数值",
                 "paste the column as values and save again", "请将该列粘贴为数值后重新保存"),
    "cell_error": R("the cell shows an error of the spreadsheet", "单元格显示错误值",
                    "mend the sheet", "请修正表格"),
    "not_amount": R("this is not an amount", "不是金额", "write digits, as 1234.50",
                    "请写数字，如 1234.50"),
    "scientific": R("the number is written in powers of ten", "数字以科学计数法书写",
                    "format the column as a plain number", "请将该列设为普通数字格式"),
    "decimals": R("more decimals than the currency or rate has", "小数位数过多",
                  "round it, or set `decimals: round` for this field in the map",
                  "请取整，或在映射中为该字段设置 decimals: round"),
    "too_large": R("beyond the declared range", "超出允许范围", "see the unit: minor or major?",
                   "请检查单位（元或分）"),
    "negative": R("a negative amount where there can be none", "此处金额不能为负",
                  "give what it is as an event (refund, reversed, waiver)",
                  "请以事件（退款、冲正、减免）表示"),
    "not_day": R("this is not a date in any form the map names", "日期格式无法识别",
                 "add its form to `dates` in the map", "请在映射的 dates 中补充格式"),
    "no_such_day": R("there is no such day in the calendar", "日历上没有这一天", "mend the date",
                     "请更正日期"),
    "year": R("the year is not between 1900 and 2199", "年份不在 1900 至 2199 之间",
              "mend the date", "请更正日期"),
    "not_instant": R("this is not a date and time in any form the map names", "时间格式无法识别",
                     "add its form to `dates` in the map", "请在映射的 dates 中补充格式"),
    "no_such_time": R("the clocks of this zone never showed this time", "该时区没有这一时刻",
                      "give the time with its offset", "请给出带时差的时间"),
    "not_time": R("this is not a time of day", "不是时刻", "write 09:30", "请写成 09:30"),
    "not_count": R("this is not a whole number in the range", "不是允许范围内的整数",
                   "write a whole number", "请写整数"),
    "not_flag": R("this is neither yes nor no", "不是“是”或“否”", "write yes or no, or say in the map "
                  "what its words mean", "请写是或否，或在映射中说明"),
    "not_listed": R("this word is not one of those the field knows", "该词不在允许范围内",
                    "say in the map's `values` what it means", "请在映射的 values 中说明其含义"),
    "no_zone": R("there is no such time zone", "没有这个时区", "write an IANA name, as "
                 "Asia/Shanghai", "请写 IANA 名称，如 Asia/Shanghai"),
    "key_taken": R("another row has this identifier and says something else", "编号重复且内容不同",
                   "find out which one is right", "请核实以哪一行为准"),
    "unknown_person": R("no person with this identifier was loaded", "没有装入该编号的债务人",
                        "supply the person, or mend the identifier", "请补充该债务人或更正编号"),
    "unknown_loan": R("no loan with this identifier was loaded", "没有装入该编号的借据",
                      "supply the loan, or mend what set it aside", "请补充该借据或解决其被退回的原因"),
    "unknown_creditor": R("no creditor with this identifier was loaded", "没有装入该编号的债权人",
                          "supply the creditor", "请补充该债权人"),
    "unknown_product": R("the map names no product with this identifier", "映射中没有该产品",
                         "add it to `products` in the map", "请在映射的 products 中添加"),
    "unknown_event": R("no event of this loan with this identifier was loaded",
                       "该借据没有此编号的流水", "supply the event it names", "请补充其所指流水"),
    "nothing_lent": R("the loan lends nothing", "本金为零", "supply the amount lent",
                      "请提供放款金额"),
    "too_many_numbers": R("the person has more than 255 numbers", "号码超过 255 个",
                          "supply those in use", "请只提供在用号码"),
    "no_instalments": R("no instalment of this loan was loaded", "该借据没有任何一期还款计划",
                        "supply its schedule", "请补充还款计划"),
    "due_before_start": R("it falls due before its period begins", "到期日早于起息日",
                          "mend the dates", "请更正日期"),
    "too_long_span": R("the loan runs longer than forty years", "借款期限超过四十年",
                       "mend the dates", "请更正日期"),
    "total_too_small": R("the total is less than its parts, or than the principal",
                         "总额小于各项之和或小于本金", "mend the amounts", "请更正金额"),
    "total_differs": R("the total is not the sum of its parts", "总额不等于各项之和",
                       "mend the amounts, or map only some of them", "请更正金额，或只映射其中几项"),
    "same_due_day": R("two instalments of the loan fall due on the same day", "同一借据两期同日到期",
                      "add them together", "请合并为一期"),
    "bad_detail": R("the event lacks what its kind needs, or says something unknown",
                    "该流水缺少其类型所需内容或含未知内容", "see docs/engineers/book.md, events",
                    "请参阅 docs/engineers/book.md 的 events"),
    "ends_before": R("it ends before it begins", "结束早于开始", "mend the times", "请更正时间"),
    "nothing_taken": R("the map takes nothing from this row", "映射未从该行取用任何内容",
                       "add its kind to the map if it matters", "如有需要请在映射中补充该类型"),
}  # fmt: skip

FAULTS = pl.Schema(
    {
        "row": pl.UInt32,
        "field": pl.String,
        "value": pl.String,
        "code": pl.String,
    }
)

REJECTED = pl.Schema(
    {
        "file": pl.String,
        "row": pl.UInt32,
        "field": pl.String,
        "value": pl.String,
        "code": pl.String,
        "reason": pl.String,
        "remedy": pl.String,
    }
)
"""Columns of ``rejected.parquet``: one row a fault; a rejected row has at least one."""


def no_faults() -> pl.DataFrame:
    """A frame of faults without any."""
    return pl.DataFrame(schema=FAULTS)


def fault_rows(
    rows: Sequence[int], field: str, values: Sequence[str | None], code: str
) -> pl.DataFrame:
    """These rows as faults of one kind.

    >>> fault_rows([7], "due_on", ["2026-02-31"], "no_such_day").rows()
    [(7, 'due_on', '2026-02-31', 'no_such_day')]
    """
    frame = pl.DataFrame(
        {"row": rows, "value": values}, schema={"row": pl.UInt32, "value": pl.String}
    )
    return frame.select("row", field=pl.lit(field), value=shortened("value"), code=pl.lit(code))


def shortened(column: str) -> pl.Expr:
    """A cell cut to what is kept of it, on one line."""
    text = pl.col(column)
    flat = text.str.head(VALUE_MAX).str.replace_all(r"\s+", " ")
    long = pl.format("{}… ({} characters)", flat, text.str.len_chars())
    return pl.when(text.str.len_chars() > VALUE_MAX).then(long).otherwise(flat)


def rejected(faults: pl.DataFrame) -> pl.DataFrame:
    """Faults (``file`` and the columns of ``FAULTS``) with reason and remedy in words, in order."""
    words = pl.DataFrame(
        [(code, r.en, r.remedy) for code, r in REASONS.items()],
        schema=["code", "reason", "remedy"],
        orient="row",
    )
    return (
        faults.join(words, on="code", how="left", maintain_order="left")
        .select(pl.col(c).cast(d) for c, d in REJECTED.items())
        .sort("file", "row", maintain_order=True)
    )
