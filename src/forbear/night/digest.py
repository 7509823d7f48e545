"""Is this the same night? One root, independent of machine, workers and clock.

The root of a night hashes, in a stated order, the digest of every part of every table it wrote, the
law, policy and scores it ran with, and the root of the night before it; so one changed row, rule or
past night changes every root from there on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def night_root(said: Mapping[str, Any], before: str) -> str:
    """The root of a night: SHA-256 of what it says of itself, and the root before it.

    >>> night_root({"day": "2026-11-21"}, "")[:12]
    '34205bb05c59'
    """
    text = json.dumps({"before": before, "said": said}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
