"""The report on a phone, on a desk and on paper, as a person meets it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.report.test_pages import PAGES

PHONE, DESK = 360, 1280


def opened(browser: Browser, path: Path, width: int) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 800})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith("file:") else problems.append(request.url),
    )
    page.goto(path.as_uri())
    return page, problems


@pytest.fixture(params=sorted(PAGES))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    written = tmp_path / f"{request.param}.html"
    written.write_text(PAGES[request.param](), encoding="utf-8")
    return written


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_fits_its_screen_and_is_silent(browser: Browser, path: Path, width: int) -> None:
    page, problems = opened(browser, path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert problems == []


def test_one_tap_changes_the_language_without_script(browser: Browser, path: Path) -> None:
    page, _ = opened(browser, path, PHONE)
    chinese, english = page.locator(".zh").first, page.locator(".en").first
    assert chinese.is_visible()
    assert not english.is_visible()
    page.get_by_text("English", exact=True).click()
    assert english.is_visible()
    assert not chinese.is_visible()


def test_on_paper_the_language_switch_is_gone(browser: Browser, path: Path) -> None:
    page, _ = opened(browser, path, DESK)
    page.emulate_media(media="print")
    assert not page.locator(".tongue").is_visible()
    assert page.locator("h1").is_visible()


def test_every_chart_has_words_for_those_who_cannot_see_it(browser: Browser, path: Path) -> None:
    page, _ = opened(browser, path, DESK)
    charts = page.locator("figure svg[role=img]")
    assert charts.count() >= 2
    labels = charts.evaluate_all("nodes => nodes.map(node => node.getAttribute('aria-label'))")
    assert all(label and label.strip() for label in labels)
