"""Which function reads which kind of vector? The one table, gathered from the source files.

Each source module has ``READERS``: kind → function(Vector) → differences. Where two sources use one
word for a kind, the key is ``kind@source``, and it serves vectors whose source begins so.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from forbear.cli.loan_check.vectors import Difference, Vector
from forbear.errors import CaseError

Reader: TypeAlias = Callable[[Vector], list[Difference]]

SOURCES = (
    "annual_rates",
    "chinese_banks",
    "fineract_events",
    "fineract_schedules",
    "frappe",
    "frappe_payments",
    "killbill",
)
"""Modules beside this one; a source whose module is absent is one that is not supported (yet)."""


@cache
def readers() -> dict[str, Reader]:
    """Every kind that can be read. Raises CaseError when two sources claim the same."""
    table: dict[str, Reader] = {}
    for source in SOURCES:
        name = f"{__package__}.{source}"
        if importlib.util.find_spec(name) is None:
            continue
        for kind, reader in importlib.import_module(name).READERS.items():
            if kind in table:
                raise CaseError(f"two readers for kind {kind!r}", where=name)
            table[kind] = reader
    return table


def reader_of(vector: Vector) -> Reader | None:
    """Which function reads this vector? None: its kind is not supported."""
    table = readers()
    for key, reader in table.items():
        kind, _, source = key.partition("@")
        if source and kind == vector.kind and vector.source.startswith(source):
            return reader
    return table.get(vector.kind)
