"""Lines that fit a page: at most 100 columns, a Chinese character counting as two."""

from __future__ import annotations

import unicodedata

WIDTH = 100


def columns(text: str) -> int:
    """How many columns of a terminal does this text fill?

    >>> columns("D+1 短信")
    8
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(line: str) -> str:
    """Break a line at blanks (or between Chinese characters) so that none is wider than 100 columns."""
    indent = " " * (len(line) - len(line.lstrip(" ")))
    done: list[str] = []
    here = ""
    for piece in _pieces(line):
        if columns(here + piece.rstrip()) > WIDTH and here.strip():
            done.append(here.rstrip())
            here = indent + piece.lstrip()
        else:
            here += piece
    return "\n".join([*done, here.rstrip()])


def _pieces(line: str) -> list[str]:
    """Smallest parts that stay together: a word with the blank after it, one Chinese character with
    the punctuation after it."""
    pieces: list[str] = []
    for c in line:
        wide = unicodedata.east_asian_width(c) in "WF"
        closing = c in "，。；：、）”」"
        joins = pieces and (
            closing or (not wide and not pieces[-1].endswith(" ") and _ascii(pieces[-1]))
        )
        if joins or (pieces and c == " "):
            pieces[-1] += c
        else:
            pieces.append(c)
    return pieces


def _ascii(text: str) -> bool:
    return unicodedata.east_asian_width(text[-1]) not in "WF"
