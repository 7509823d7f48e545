"""Which name, and which telephone number, does a person who does not exist carry?

Names are put together from common surnames and characters of given names: they sound like people and
are nobody's in particular.

Numbers begin with +86 154. Mainland mobile numbers are ``1`` and ten digits; of the 15x ranges all were
given to carriers except 154, which none has (the public metadata of libphonenumber lists mobile
ranges as 15[0-35-9], leaving 154 out; checked 2026-11-21). The range begins with no emergency or
service code (110, 119, 120, 122, 10xxx, 12xxx), so a mistaken call ends nowhere. Should the ministry
ever open 154, ``NUMBER_PREFIX`` is the one line to change.
"""

from __future__ import annotations

import polars as pl

from forbear.book.synthetic.chance import Whole, draw, happens, pick

NUMBER_PREFIX = "+86154"

_SURNAMES = (
    "王72 李71 张68 刘54 陈46 杨31 黄22 赵21 吴20 周19 徐14 孙13 马12 朱12 胡11 郭11 何10 林10 高9 罗9 "
    "郑8 梁8 谢7 宋7 唐7 许6 韩6 邓6 冯6 曹6 彭5 曾5 肖5 田5 董5 潘4 袁4 蔡4 蒋4 余4 于4 杜4 叶4 "
    "程4 魏4 苏4 吕3 丁3 任3 卢3 姚3 沈3 钟3 姜3 崔3 谭3 陆3 范3 汪3 廖3 石2 金2 韦2 贾2 夏2 付2 方2 "
    "邹2 熊2 白2 孟2 秦2 邱2 侯2 江2 尹2 薛2 闫2 段1 雷1 龙1 黎1 史1 陶1 贺1 毛1 郝1 顾1 龚1 邵1 万1 "
    "欧阳1 上官1 司马1"
)  # fmt: skip
"""Surnames with rough weights (in thousandths of the people, as commonly published)."""

_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红波辉鹏飞宇浩然子涵梓轩欣怡诗雨晨曦佳琪"
    "文博思远志国建庆春梅冬雪海燕晓东小云永健俊峰嘉铭天佑一诺若溪立新少康雅婷慧敏丹彤凯旋睿哲可馨"
)


def _weighted(text: str) -> tuple[list[str], list[int]]:
    pairs = [(word.rstrip("0123456789"), word) for word in text.split()]
    return [name for name, _ in pairs], [int(word[len(name) :]) for name, word in pairs]


SURNAMES, SURNAME_WEIGHTS = _weighted(_SURNAMES)
GIVEN = sorted(set(_GIVEN))


def names(seed: int, person: Whole) -> pl.Series:
    """What are these people called?

    >>> import numpy as np
    >>> names(7, np.array([17])).to_list() == names(7, np.arange(30)).to_list()[17:18]
    True
    """
    surname = pl.Series(SURNAMES).gather(pick(draw(seed, "surname", person), SURNAME_WEIGHTS))
    even = [1] * len(GIVEN)
    first = pl.Series(GIVEN).gather(pick(draw(seed, "given", person, 0), even))
    second = pl.Series(GIVEN).gather(pick(draw(seed, "given", person, 1), even))
    short = pl.Series(happens(draw(seed, "short name", person), 200_000))
    words = pl.DataFrame({"surname": surname, "first": first, "second": second, "short": short})
    return words.select(
        name=pl.col("surname")
        + pl.col("first")
        + pl.when("short").then(pl.lit("")).otherwise(pl.col("second"))
    )["name"]


def number_texts(number: Whole) -> pl.Series:
    """How are these numbers written (E.164)? Different keys give different numbers.

    >>> import numpy as np
    >>> number_texts(np.array([4, 5])).to_list()
    ['+8615430750851', '+8615438405172']
    """
    # A factor that shares no divisor with 10^8 only reorders the eight digits: no two keys meet.
    digits = pl.Series((number * 7_654_321 + 133_567) % 100_000_000)
    return NUMBER_PREFIX + digits.cast(pl.String).str.zfill(8)
