"""A page is one file: both languages, every figure, nothing fetched, the same bytes every time."""

import re
from typing import Any

import pytest

from forbear.book.words import both
from forbear.measure.exposure import Exposure
from forbear.report.exposure_page import Run, Setting, exposure_page
from forbear.report.night_page import night_page


def a_summary(**changed: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "day": "2026-11-21",
        "policy": "humane",
        "law": "cn@2026-11-21+cn-house",
        "book": {"currency": "CNY", "exponent": 2},
        "loans": {"M0": 25_000, "M1": 1_200, "settled": 900},
        "owed": {"M0": 2_500_000_050, "M1": 120_000_000},
        "roll_rates": [{"from_state": "M0", "to_state": "M1", "share_of_loans": 10_400}],
        "people": 20_000,
        "people_overdue": 1_800,
        "planned": 500,
        "plan_by_channel": {"sms": 320, "call": 180},
        "plan_by_step": {},
        "proposals": {},
        "offers": 500,
        "withheld": 1_300,
        "withheld_by_reason": {"no_step": 900, "rule": 400},
        "withheld_by_rule": {"cn.t_01": 400},
        "capacity": {"call": {"places": 180, "given": 180, "refused": 90}},
        "wished": 800,
        "judged": 900,
        "replayed": 3,
        "set_aside": 1,
        "set_aside_first": [{"loan": 7, "reason": "<b>rate</b> missing", "remedy": "supply it"}],
        "caught_up": [],
        "notes": [{"zh": "待法务复核：cn.t_01", "en": "needs legal review: cn.t_01"}],
    }
    return {**said, **changed}


def a_run(name: str) -> Run:
    figures = Exposure(
        people_overdue=1_000,
        people_contacted=250,
        contacts_overdue=700,
        reminders=40,
        notices=10,
        by_channel={"sms": 500, "call": 200},
        paid_anyway={3: 70, 7: 140, 14: 350},
        first_contact_day=2.5,
        offers=700,
        peak_day="2026-11-25",
        peak_contacts=90,
        cost=12_345,
    )
    return Run(
        name=name,
        title=both("和气", "Gentle"),
        figures=figures,
        contacts_by_day=[("2026-11-21", 40), ("2026-11-22", 90)],
        withheld_by_reason={"rule": 12},
        withheld_by_rule={"cn.t_01": 12},
        words={"zh": ["先问缘由。"], "en": ["Ask for the reason first."]},
        story={"2026-11-21": both("短信", "SMS")},
    )


SETTING = Setting(
    title=both("三十晚", "Thirty nights"),
    lead=both("同一批人", "The same people"),
    figures=[("20,000", both("人", "people"))],
    command="forbear demo",
    currency="CNY",
    notes=[both("注", "note")],
    simulated=True,
    story_of=both("某人", "Someone"),
    rule_titles={"cn.t_01": both("夜间不催收", "No collection at night")},
)

PAGES = {
    "night": lambda: night_page(a_summary()),
    "exposure": lambda: exposure_page(SETTING, [a_run("humane"), a_run("visit")]),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_and_is_the_same_every_time(name: str) -> None:
    html = PAGES[name]()
    assert html == PAGES[name]()
    assert not re.search(r"(src|href)=\"(?!#)|@import|url\((?!#)", html)
    assert "<script" not in html


@pytest.mark.parametrize("name", PAGES)
def test_every_phrase_stands_in_both_languages(name: str) -> None:
    html = PAGES[name]()
    assert html.count('lang="zh"') == html.count('lang="en"') + (
        1 if '<html lang="zh"' in html else -1
    )


def test_figures_of_a_night_are_shown_as_people_write_them() -> None:
    html = night_page(a_summary())
    for shown in ("20,000", "25,000,000.50", "1.0%", "needs legal review: cn.t_01"):
        assert shown in html


def test_what_a_loan_says_is_text_never_markup() -> None:
    assert "&lt;b&gt;rate&lt;/b&gt; missing" in night_page(a_summary())


def test_the_comparison_says_that_it_is_exposure_and_simulated() -> None:
    html = exposure_page(SETTING, [a_run("humane")])
    for shown in ("exposure, not effect", "不衡量效果", "are simulated", "均为模拟"):
        assert shown in html
    for shown in ("25.0%", "0.70", "2.5", "10.0%", "20.0%", "50.0%", "123.45"):
        assert shown in html, shown
    assert "No collection at night (cn.t_01)" in html
