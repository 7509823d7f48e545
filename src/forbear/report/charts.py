"""Which picture shows these figures? Plain SVG, made in process, the same bytes every time.

Colours are mid tones that read on paper, on light and on dark screens; every chart has a text
alternative, and pages put the figures beside it as a table.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import vl_convert

INK = "#7b848e"
PALETTE = ("#2a8f88", "#d08742", "#6f7fc0", "#b85c7a", "#8a9a3b", "#8c6bb1", "#5b8bb0", "#a8743f")
FONT = "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"


def _drawn(spec: dict[str, Any], alternative: str) -> str:
    """Draw a Vega-Lite specification as an SVG that scales with its page."""
    axis = {
        "labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK,
        "domainColor": INK, "tickColor": INK, "gridColor": INK, "gridOpacity": 0.2,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220,
    }  # fmt: skip
    legend = {
        "labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK,
        "labelFontSize": 12, "orient": "top", "title": None, "columns": 3, "labelLimit": 180,
    }  # fmt: skip
    full = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        "config": {
            "view": {"stroke": None}, "axis": axis, "legend": legend,
            "range": {"category": list(PALETTE)}, "text": {"font": FONT, "color": INK},
        },
        **spec,
    }  # fmt: skip
    said = json.dumps(full)
    svg: str = vl_convert.vegalite_to_svg(said)
    svg = _own_names(svg, hashlib.sha256(said.encode()).hexdigest()[:8])
    svg = re.sub(r'<svg([^>]*?) width="[\d.]+" height="[\d.]+"', r"<svg\1", svg, count=1)
    label = alternative.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _own_names(svg: str, name: str) -> str:
    """Clip paths named by the picture: the library counts them over the life of the process."""
    seen: dict[str, str] = {}
    return re.sub(r"\bclip(\d+)\b", lambda m: seen.setdefault(m[1], f"c{name}-{len(seen)}"), svg)


def bars(rows: Sequence[tuple[str, int]], *, alternative: str, unit: str = "") -> str:
    """Horizontal bars of whole numbers, in the order given, each with its figure beside it.

    >>> bars([("M1", 12), ("M2", 3)], alternative="two buckets").startswith("<svg role")
    True
    """
    values = [{"what": what, "value": value, "text": f"{value:,}{unit}"} for what, value in rows]
    place = {
        "field": "what",
        "type": "nominal",
        "sort": None,
        "title": None,
        "axis": {"ticks": False},
    }
    long = {"field": "value", "type": "quantitative", "axis": None}
    return _drawn(
        {
            "width": 240,
            "height": {"step": 30},
            "data": {"values": values},
            "encoding": {"y": place, "x": long},
            "layer": [
                {"mark": {"type": "bar", "color": PALETTE[0], "cornerRadiusEnd": 3, "height": 18}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12},
                    "encoding": {"text": {"field": "text"}},
                },
            ],
        },
        alternative,
    )


def stacked(
    rows: Sequence[tuple[str, str, int]], *, alternative: str, order: Sequence[str], unit: str
) -> str:
    """Horizontal bars of (bar, part, value), parts coloured in the given order."""
    values = [
        {"bar": bar, "part": part, "value": value, "place": list(order).index(part)}
        for bar, part, value in rows
    ]
    return _drawn(
        {
            "width": 280,
            "height": {"step": 32},
            "data": {"values": values},
            "mark": {"type": "bar", "height": 20},
            "encoding": {
                "y": {"field": "bar", "type": "nominal", "sort": None, "title": None},
                "x": {
                    "field": "value", "type": "quantitative", "title": unit,
                    "axis": {"format": ",d", "tickMinStep": 1, "tickCount": 5},
                },
                "color": {"field": "part", "type": "nominal", "sort": list(order)},
                "order": {"field": "place", "type": "quantitative"},
            },
        },
        alternative,
    )  # fmt: skip


def lines(
    rows: Sequence[tuple[str, str, int]], *, alternative: str, order: Sequence[str], unit: str
) -> str:
    """Lines over days of (day as YYYY-MM-DD, line, value)."""
    values = [{"day": day, "line": line, "value": value} for day, line, value in rows]
    return _drawn(
        {
            "width": 320,
            "height": 220,
            "data": {"values": values},
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {
                "x": {
                    "field": "day", "type": "temporal", "title": None, "timeUnit": "utcyearmonthdate",
                    "axis": {"format": "%m-%d", "tickCount": 6},
                },
                "y": {
                    "field": "value", "type": "quantitative", "title": unit,
                    "axis": {"format": ",d", "tickCount": 5},
                },
                "color": {"field": "line", "type": "nominal", "sort": list(order)},
            },
        },
        alternative,
    )  # fmt: skip
