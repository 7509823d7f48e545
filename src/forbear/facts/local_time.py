"""What does the clock say where each person is, for a whole column at once?"""

from __future__ import annotations

from functools import reduce

import polars as pl


def local_time(at: pl.Expr, zone: pl.Expr, zones: list[str]) -> pl.Expr:
    """What does the clock on the wall say at these instants, each row in its own zone?

    ``zones`` are the distinct zones of the column; a row whose zone is none of them gives null.

    >>> from datetime import datetime, UTC
    >>> frame = pl.DataFrame({"at": [datetime(2026, 11, 20, 16, tzinfo=UTC)], "zone": ["Asia/Tokyo"]})
    >>> frame.select(local_time(pl.col("at"), pl.col("zone"), ["Asia/Tokyo"])).item()
    datetime.datetime(2026, 11, 21, 1, 0)
    """

    def there(name: str) -> pl.Expr:
        return at.dt.convert_time_zone(name).dt.replace_time_zone(None)

    if len(zones) == 1:
        return pl.when(zone == zones[0]).then(there(zones[0]))
    none = pl.lit(None, dtype=pl.Datetime("us"))
    return reduce(lambda rest, z: pl.when(zone == z).then(there(z)).otherwise(rest), zones, none)
