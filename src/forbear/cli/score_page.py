"""What does a score file say, in tables that fit a screen of a hundred columns?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from rich.table import Table

from forbear.score.tables import ONE, Scores, ShareTable

FACT_WORDS = {
    "days_past_due": "days past due 逾期天数",
    "times_late": "times late 入催次数",
    "balance": "balance 余额 (minor units 分)",
    "amount_due": "amount due 应还 (minor units 分)",
}

TITLES = {
    "self_cure": "self_cure 自愈: everything due paid within 30 days",
    "pay_30d": "pay_30d 三十日内还款: anything paid within 30 days",
    "reach": "reach 接通: a call is answered (before the person's own history)",
}


def percent(share: int) -> str:
    """How is a share in millionths read? One decimal.

    >>> percent(676_000), percent(5_400), percent(1_000_000)
    ('67.6%', '0.5%', '100.0%')
    """
    tenths = (share * 1_000 + ONE // 2) // ONE
    return f"{tenths // 10}.{tenths % 10}%"


def report(scores: Scores) -> Iterator[Table | str]:
    """The score file for a reader: where it comes from, its tables, its check out of time."""
    yield f"{scores.name}   sha256 {scores.digest}"
    yield from _origin(scores)
    for name, title in TITLES.items():
        yield _shares(getattr(scores, name), title)
    yield _hours(scores)
    if scores.check:
        yield _check(scores)


def _origin(scores: Scores) -> Iterator[str]:
    for word, value in sorted(scores.made_from.items()):
        if word == "sources":
            for source in value:
                where = source.get("days") or source.get("by")
                which = f"{source['table']} ({where})" if where else source["table"]
                yield f"- {which}: {source['from']}. {source['grade']}."
        elif word == "note":
            yield from (value[language] for language in ("zh", "en"))
        elif isinstance(value, dict):
            yield f"{word}: " + ", ".join(f"{key} {said}" for key, said in sorted(value.items()))
        else:
            yield f"{word}: {value:,}" if isinstance(value, int) else f"{word}: {value}"


def _shares(table: ShareTable, title: str) -> Table:
    """A column a band of the last fact, a row a combination of the others."""
    shown = Table(title=title, title_justify="left")
    down, last = (table.by[:-1], table.by[-1]) if len(table.by) > 1 else (table.by, None)
    for bands in down:
        shown.add_column(FACT_WORDS.get(bands.fact, bands.fact), justify="right")
    heads = (
        [f"{FACT_WORDS.get(last.fact, last.fact)}\n{word}" for word in last.words()]
        if last
        else ["share 占比"]
    )
    for head in heads:
        shown.add_column(head, justify="right")
    fitted = any(table.rows)
    for place, words in enumerate(product(*(bands.words() for bands in down))):
        here = slice(place * len(heads), (place + 1) * len(heads))
        shown.add_row(
            *words,
            *(
                f"{percent(cell)} ({rows:,})" if fitted else percent(cell)
                for cell, rows in zip(table.cells[here], table.rows[here], strict=True)
            ),
        )
    if fitted:
        shown.caption = "(n): looks behind the cell 样本数"
    return shown


def _hours(scores: Scores) -> Table:
    shown = Table(title="answers by local hour 各钟点接听 (100% = mean 均值)", title_justify="left")
    hours = range(9, 20)
    for hour in hours:
        shown.add_column(f"{hour}", justify="right")
    shown.add_row(*(f"{scores.hours[hour] * 100 // ONE}%" for hour in hours))
    return shown


def _check(scores: Scores) -> Table:
    shown = Table(
        title="self_cure out of time 时间外检验: fitted on spells before "
        f"{scores.check[0]['from']}, held against later ones",
        title_justify="left",
    )
    for head in ("days past due 逾期天数", "looks 样本", "foretold 预测", "came 实际", "apart 差"):
        shown.add_column(head, justify="right")
    for row in scores.check:
        apart = int(row["apart"])
        shown.add_row(
            str(row["days_past_due"]),
            f"{row['rows']:,}",
            percent(row["foretold"]),
            percent(row["came"]),
            ("−" if apart < 0 else "+") + percent(abs(apart)),
        )
    return shown
