"""Is this the same night? Digests of what it says, independent of machine, workers and clock.

The root of a night hashes, in a stated order, the digest of every part of every table it wrote, the
law, policy and scores it ran with, and the root of the night before it; so one changed row, rule or
past night changes every root from there on.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

import polars as pl


def digest_of(frame: pl.DataFrame) -> str:
    """SHA-256 over the columns of a frame: names, types and buffers, in order.

    The same rows give the same digest however they were put together (chunks, threads).

    >>> one = pl.DataFrame({"a": [1, 2]})
    >>> digest_of(one) == digest_of(pl.concat([one[:1], one[1:]])), digest_of(one[:1]) == digest_of(one)
    (True, False)
    """
    buffer = io.BytesIO()
    frame.rechunk().write_ipc(buffer, compression="uncompressed")
    return hashlib.sha256(buffer.getbuffer()).hexdigest()


def night_root(said: Mapping[str, Any], before: str) -> str:
    """The root of a night: SHA-256 of what it says of itself, and the root before it.

    >>> night_root({"day": "2026-11-21"}, "")[:12]
    '34205bb05c59'
    """
    text = json.dumps({"before": before, "said": said}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
