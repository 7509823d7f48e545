"""How does a page come to be? One template, one look, both languages in one file, no network."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from forbear.book.words import Both
from forbear.money import format_amount
from forbear.report.words import TONGUES, Tongue

_SOURCE = files("forbear.report") / "pages"


def _both(phrase: Both | Mapping[str, str] | str) -> Markup:
    """Both languages side by side; the switch of the page hides one."""
    if isinstance(phrase, str):
        return escape(phrase)
    if phrase["zh"] == phrase["en"]:
        return escape(phrase["zh"])
    spans = [
        f'<span class="{tongue}" lang="{tongue}">{escape(phrase[tongue])}</span>'
        for tongue in TONGUES
    ]
    return Markup("".join(spans))


def _both_svg(pictures: Mapping[str, str]) -> Markup:
    """The same picture labelled in each language."""
    return Markup(
        "".join(
            f'<div class="{tongue}" lang="{tongue}">{pictures[tongue]}</div>' for tongue in TONGUES
        )
    )


def _share(millionths: int | None) -> str:
    """A share as a percentage with one decimal, rounded half up, without a float."""
    if millionths is None:
        return "–"
    tenths = (millionths + 500) // 1000
    return f"{tenths // 10}.{tenths % 10}%"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (_SOURCE / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(both=_both, picture=_both_svg)
    environment.filters.update(
        number=lambda value: "–" if value is None else f"{value:,}",
        share=_share,
        money=lambda value, exponent=2: format_amount(value, exponent=exponent),
    )
    return environment


def render(template: str, *, tongue: Tongue, title: Both, **values: object) -> str:
    """Which HTML says these values? Self-contained: opens from a disk, on a phone, on paper.

    ``template`` is a file of ``report/pages``; a name it uses and nobody gave is an error.
    """
    css = Markup((_SOURCE / "look.css").read_text(encoding="utf-8"))
    return (
        _environment().get_template(template).render(tongue=tongue, title=title, css=css, **values)
    )


def write_page(path: Path, html: str) -> None:
    """Put a page on disk: aside first, then renamed, so that nothing half-written is left."""
    aside = path.with_suffix(".writing")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        aside.write_text(html, encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
