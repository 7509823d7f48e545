"""Every threshold of every policy, one below, at and one above it.

Each line of a table is one person in whom one fact is moved; beside each value stands the step that
must be wished (None: nothing). The last test walks through the policies and fails for any threshold
that no table covers, so a new step cannot come without its line.
"""

from __future__ import annotations

from typing import Any

import pytest

from forbear.facts.definitions import FACTS, frame
from forbear.policy import load, shipped
from forbear.policy.evaluate import wishes
from forbear.policy.reachable import constants

Line = tuple[dict[str, Any], str, dict[Any, str | None]]

TOLD = {"days_since_statement": 5, "days_since_demand": 5, "adverse_notice_days": 5}
"""Someone who had every notice of the floor lately."""

YUAN = 100

FLOOR: list[Line] = [
    ({}, "days_past_due", {0: None, 19: ..., 20: "adverse_notice", 21: "adverse_notice"}),
    (
        {"days_past_due": 25},
        "adverse_notice_days",
        {0: "adverse_notice", 1: ..., 2: ...},
    ),
    (
        TOLD | {"days_since_statement": 99},
        "days_past_due",
        {29: ..., 30: "statement", 31: "statement"},
    ),
    (
        TOLD | {"days_past_due": 35},
        "days_since_statement",
        {29: ..., 30: "statement", 31: "statement"},
    ),
    (
        TOLD | {"days_since_demand": 36_500, "agency_told_days": 1},
        "days_past_due",
        {59: ..., 60: "demand", 61: "demand"},
    ),
    (
        TOLD | {"days_past_due": 70, "agency_told_days": 1},
        "days_since_demand",
        {364: ..., 365: "demand", 366: "demand"},
    ),
    (
        TOLD | {"days_past_due": 70, "days_since_demand": 36_500, "agency_told_days": 1},
        "time_barred",
        {False: "demand", True: ...},
    ),
]
"""The notice floor, the same in every policy. ``...``: whatever the policy does without the notice."""

REMINDER: list[Line] = [
    ({}, "days_to_due", {2: None, 3: "reminder", 4: None}),
    (
        {"days_to_due": 3, "days_since_text": 0, "attempts_7d": 9},
        "days_past_due",
        {0: "reminder", 1: ...},
    ),
]
LATE = TOLD | {"pay_30d": 100_000, "self_cure": 100_000, "balance": 9_000 * YUAN}

SELECTIVE: list[Line] = [
    (TOLD, "days_past_due", {1: None, 2: "position", 3: "position", 4: None, 30: None}),
    (TOLD | {"days_past_due": 2}, "days_since_text", {2: None, 3: "position", 4: "position"}),
    (
        TOLD | {"contact_consent": True, "distress_seen": True, "days_since_text": 2},
        "days_past_due",
        {1: None, 2: None, 3: "help_offer", 4: "help_offer", 29: "help_offer", 30: "help_offer",
         31: None},
    ),
    (
        TOLD | {"contact_consent": True, "distress_seen": True, "days_past_due": 9},
        "days_since_text",
        {1: None, 2: "help_offer", 3: "help_offer"},
    ),
    (
        TOLD | {"contact_consent": True, "distress_seen": True, "days_past_due": 9},
        "texts_30d",
        {2: "help_offer", 3: None, 4: None},
    ),
    (TOLD | {"distress_seen": True, "days_past_due": 9}, "contact_consent",
     {True: "help_offer", False: None}),
    (TOLD | {"contact_consent": True, "days_past_due": 9}, "distress_seen",
     {True: "help_offer", False: None}),
    (
        LATE | {"days_since_text": 9},
        "days_past_due",
        {30: None, 31: "supportive_call", 32: "supportive_call", 89: "supportive_call",
         90: "supportive_call", 91: None},
    ),
    (LATE | {"days_past_due": 40}, "pay_30d",
     {299_999: "supportive_call", 300_000: None, 300_001: None}),
    (LATE | {"days_past_due": 40}, "self_cure",
     {399_999: "supportive_call", 400_000: None, 400_001: None}),
    (LATE | {"days_past_due": 40}, "balance",
     {2_000 * YUAN - 1: None, 2_000 * YUAN: "supportive_call", 2_000 * YUAN + 1: "supportive_call"}),
    (LATE | {"days_past_due": 40}, "talks_case", {1: "supportive_call", 2: None, 3: None}),
    (LATE | {"days_past_due": 40}, "attempts_7d", {0: "supportive_call", 1: None, 2: None}),
    (TOLD, "days_past_due", {90: None, 91: "late_offer", 92: "late_offer"}),
    (TOLD | {"days_past_due": 99}, "days_since_text", {29: None, 30: "late_offer", 31: "late_offer"}),
]  # fmt: skip

FRESH = TOLD | {"agency_told_days": 1, "days_since_text": 1, "texts_7d": 1}
"""For ``industry``: notices had, a text yesterday, so that only calls and visits are left."""

HOME = FRESH | {"days_past_due": 40, "calls_without_result_30d": 4, "address_confirmed": True,
                "visit_notice_days": 5, "attempts_7d": 9}  # fmt: skip
COURT = FRESH | {"days_past_due": 130, "balance": 20_000 * YUAN, "agency_placed": True,
                 "agency_days": 9}  # fmt: skip
ANNOUNCE = FRESH | {"days_past_due": 40, "calls_without_result_30d": 4, "address_confirmed": True,
                    "attempts_7d": 9}  # fmt: skip

INDUSTRY: list[Line] = [
    (TOLD, "days_past_due", {0: None, 1: "first_text", 2: "first_text"}),
    (TOLD | {"self_cure": 900_000}, "days_past_due", {3: "first_text", 4: "call_friendly"}),
    (TOLD | {"days_past_due": 1}, "days_since_text", {2: None, 3: "first_text", 4: "first_text"}),
    (TOLD | {"self_cure": 100_000}, "days_past_due",
     {2: "first_text", 3: "ai_call", 4: "call_friendly", 5: "call_friendly"}),
    (TOLD | {"days_past_due": 3}, "self_cure",
     {799_999: "ai_call", 800_000: "first_text", 800_001: "first_text"}),
    (TOLD | {"days_past_due": 3}, "ai_call_unsuitable", {False: "ai_call", True: "first_text"}),
    (FRESH, "days_past_due",
     {14: "call_friendly", 15: "call_friendly", 16: "call_factual", 17: "call_factual",
      29: "call_factual", 30: "call_factual", 31: "call_middle", 32: "call_middle",
      60: "call_middle", 61: None, 62: None}),
    (FRESH | {"promise_broken": True}, "days_past_due",
     {30: "call_factual", 31: "call_ask_why", 32: "call_ask_why", 59: "call_ask_why",
      60: "call_ask_why", 61: None}),
    (FRESH | {"days_past_due": 45}, "promise_broken", {False: "call_middle", True: "call_ask_why"}),
    (FRESH | {"days_past_due": 9}, "connects_7d", {1: "call_friendly", 2: None, 3: None}),
    (FRESH | {"days_past_due": 20}, "connects_7d", {1: "call_factual", 2: None, 3: None}),
    (FRESH | {"days_past_due": 45}, "connects_7d", {2: "call_middle", 3: None, 4: None}),
    (FRESH | {"days_past_due": 45, "promise_broken": True}, "connects_7d",
     {2: "call_ask_why", 3: None, 4: None}),
    (FRESH | {"days_past_due": 9}, "attempts_7d", {4: "call_friendly", 5: None, 6: None}),
    (FRESH | {"days_past_due": 20}, "attempts_7d", {4: "call_factual", 5: None, 6: None}),
    (FRESH | {"days_past_due": 45}, "attempts_7d", {4: "call_middle", 5: None, 6: None}),
    (FRESH | {"days_past_due": 45, "promise_broken": True}, "attempts_7d",
     {4: "call_ask_why", 5: None, 6: None}),
    (TOLD | {"attempts_7d": 9, "agency_told_days": 1, "self_cure": 900_000}, "days_past_due",
     {3: "first_text", 4: "weekly_text", 5: "weekly_text", 59: "weekly_text", 60: "weekly_text",
      61: None}),
    (TOLD | {"attempts_7d": 9, "days_past_due": 20}, "texts_7d", {0: "weekly_text", 1: None, 2: None}),
    (HOME, "days_past_due",
     {30: None, 31: "home_visit", 32: "home_visit", 59: "home_visit", 60: "home_visit", 61: None}),
    (HOME, "calls_without_result_30d", {3: None, 4: "home_visit", 5: "home_visit"}),
    (HOME, "address_confirmed", {True: "home_visit", False: None}),
    (HOME, "visit_notice_days",
     {2: None, 3: "home_visit", 4: "home_visit", 13: "home_visit", 14: "home_visit",
      15: "visit_notice"}),
    (HOME, "visits_case", {1: "home_visit", 2: None, 3: None}),
    (HOME, "days_since_visit", {6: None, 7: "home_visit", 8: "home_visit"}),
    (ANNOUNCE, "days_past_due",
     {27: None, 28: "visit_notice", 29: "visit_notice", 59: "visit_notice", 60: "visit_notice",
      61: None}),
    (ANNOUNCE, "calls_without_result_30d", {3: None, 4: "visit_notice", 5: "visit_notice"}),
    (ANNOUNCE, "visit_notice_days", {0: "visit_notice", 1: None, 2: None, 15: "visit_notice"}),
    (ANNOUNCE, "visits_case", {1: "visit_notice", 2: None, 3: None}),
    (TOLD | {"attempts_7d": 9, "texts_7d": 1}, "days_past_due",
     {57: None, 58: "agency_notice", 59: "agency_notice"}),
    (TOLD | {"days_past_due": 62}, "agency_told_days",
     {0: "agency_notice", 1: None, 2: None, 3: "agency", 4: "agency"}),
    (TOLD | {"agency_told_days": 3, "attempts_7d": 9, "texts_7d": 1}, "days_past_due",
     {60: None, 61: "agency", 62: "agency"}),
    (TOLD | {"days_past_due": 62, "agency_told_days": 3}, "agency_placed",
     {False: "agency", True: None}),
    (TOLD | {"days_past_due": 150, "agency_placed": True}, "agency_days",
     {89: None, 90: "agency_recall", 91: "agency_recall"}),
    (TOLD | {"agency_days": 95, "agency_placed": True, "attempts_7d": 9, "texts_7d": 1},
     "days_past_due", {0: None, 60: None, 61: "agency_recall", 62: "agency_recall"}),
    (FRESH | {"days_since_text": 40}, "days_past_due", {90: None, 91: "mediation", 92: "mediation"}),
    (FRESH | {"days_past_due": 99}, "days_since_text", {29: None, 30: "mediation", 31: "mediation"}),
    (COURT, "days_past_due", {120: None, 121: "suit", 122: "suit"}),
    (COURT, "balance",
     {10_000 * YUAN - 1: None, 10_000 * YUAN: "suit", 10_000 * YUAN + 1: "suit"}),
    (COURT, "time_barred", {False: "suit", True: None}),
    (COURT, "in_court", {False: "suit", True: None}),
    (COURT, "ability_to_pay", {"able": "suit", "not_known": "suit", "unable": None}),
]  # fmt: skip

CALLED = TOLD | {"days_since_text": 1}
"""For ``prompt``: notices had and a text yesterday, so that only calls are left."""

SQUEEZED = CALLED | {"days_past_due": 9, "ability_to_pay": "squeezed"}

PROMPT: list[Line] = [
    (CALLED, "days_past_due",
     {0: None, 1: "call_first", 2: "call_early", 3: "call_early", 29: "call_early",
      30: "call_early", 31: "call_middle", 32: "call_middle", 89: "call_middle",
      90: "call_middle", 91: "call_late", 92: "call_late", 179: "call_late", 180: "call_late",
      181: None}),
    (CALLED | {"self_cure": 950_000}, "days_past_due",
     {1: "first_text", 2: None, 3: "call_early", 4: "call_early"}),
    (CALLED | {"days_past_due": 1}, "self_cure",
     {899_999: "call_first", 900_000: "call_first", 900_001: "first_text"}),
    (CALLED | {"days_past_due": 2}, "self_cure",
     {899_999: "call_early", 900_000: "call_early", 900_001: None}),
    (CALLED | {"days_past_due": 1}, "ability_to_pay",
     {"able": "call_first", "squeezed": "call_first", "not_known": "call_first", "unable": None}),
    (CALLED | {"days_past_due": 9}, "ability_to_pay",
     {"able": "call_early", "not_known": "call_early", "squeezed": "call_about_plan",
      "unable": None}),
    (CALLED | {"days_past_due": 9}, "days_to_pay_day",
     {None: "call_early", 0: "call_early", 3: "call_early", 4: None, 5: None, 24: None, 25: None,
      26: "call_early"}),
    (SQUEEZED, "days_to_pay_day",
     {None: "call_about_plan", 0: "call_about_plan", 1: None, 2: None, 6: None, 7: None,
      8: "call_about_plan"}),
    (SQUEEZED, "days_past_due",
     {1: "call_first", 2: "call_about_plan", 3: "call_about_plan", 29: "call_about_plan",
      30: "call_about_plan", 31: "call_middle"}),
    (CALLED | {"days_past_due": 9}, "days_since_talk",
     {1: "after_talk", 2: "call_early", 3: "call_early"}),
    (SQUEEZED, "days_since_talk", {1: "after_talk", 2: "call_about_plan", 3: "call_about_plan"}),
    (CALLED | {"days_past_due": 40}, "days_since_talk",
     {0: None, 1: "after_talk", 2: "call_middle", 3: "call_middle"}),
    (CALLED | {"days_past_due": 99}, "days_since_talk",
     {0: None, 1: "after_talk", 2: "call_late", 3: "call_late"}),
    (CALLED | {"days_since_talk": 1}, "days_past_due",
     {0: None, 1: "after_talk", 2: "after_talk", 200: "after_talk"}),
    (CALLED | {"days_past_due": 9}, "connects_7d", {1: "call_early", 2: None, 3: None}),
    (SQUEEZED, "connects_7d", {1: "call_about_plan", 2: None, 3: None}),
    (CALLED | {"days_past_due": 40}, "connects_7d", {0: "call_middle", 1: None, 2: None}),
    (CALLED | {"days_past_due": 99}, "connects_14d", {0: "call_late", 1: None, 2: None}),
    (CALLED | {"days_past_due": 1}, "attempts_7d",
     {3: "call_first", 4: "first_text", 5: "first_text"}),
    (CALLED | {"days_past_due": 9}, "attempts_7d", {3: "call_early", 4: None, 5: None}),
    (SQUEEZED, "attempts_7d", {3: "call_about_plan", 4: None, 5: None}),
    (CALLED | {"days_past_due": 40}, "attempts_7d", {2: "call_middle", 3: None, 4: None}),
    (CALLED | {"days_past_due": 99}, "attempts_7d", {1: "call_late", 2: None, 3: None}),
    (TOLD | {"attempts_7d": 9, "days_since_connect": 8}, "days_past_due",
     {1: "first_text", 2: "weekly_text", 3: "weekly_text", 89: "weekly_text", 90: "weekly_text",
      91: None}),
    (TOLD | {"attempts_7d": 9, "days_past_due": 9}, "days_since_text",
     {6: None, 7: "weekly_text", 8: "weekly_text"}),
    (TOLD | {"attempts_7d": 9, "days_past_due": 9}, "days_since_connect",
     {6: None, 7: "weekly_text", 8: "weekly_text"}),
    (TOLD | {"attempts_7d": 9, "days_past_due": 9}, "ability_to_pay",
     {"able": "weekly_text", "squeezed": "weekly_text", "unable": "hardship_team"}),
    (TOLD | {"ability_to_pay": "unable"}, "days_past_due",
     {0: None, 1: "hardship_team", 2: "hardship_team"}),
    (TOLD | {"ability_to_pay": "unable", "days_past_due": 9}, "days_since_text",
     {13: None, 14: "hardship_team", 15: "hardship_team"}),
]  # fmt: skip

TEXTED = TOLD | {"days_since_text": 1}
"""For ``humane`` and ``visit``: notices had and a text yesterday, so that only calls are left."""

QUIET = TOLD | {"attempts_7d": 9}
"""Called often enough this week: only texts are left."""

SEEN = TEXTED | {"days_past_due": 99, "calls_without_result_60d": 6, "balance": 9_000 * YUAN,
                 "address_confirmed": True, "visit_notice_days": 5, "attempts_7d": 9}  # fmt: skip
SUED = TEXTED | {"days_past_due": 160, "balance": 20_000 * YUAN, "attempts_7d": 9}

HUMANE: list[Line] = [
    (QUIET, "days_past_due",
     {0: None, 1: "position", 2: "position", 3: None, 4: "position", 5: "position", 6: None,
      7: None, 8: "position", 9: "position", 10: None, 14: None, 15: "position", 16: "position",
      59: "position", 60: "position", 61: "position_late", 62: "position_late"}),
    (QUIET | {"days_past_due": 4}, "days_since_text", {1: None, 2: "position", 3: "position"}),
    (QUIET | {"days_past_due": 20}, "days_since_text", {6: None, 7: "position", 8: "position"}),
    (QUIET | {"days_past_due": 70}, "days_since_text",
     {6: None, 7: "position_late", 8: "position_late"}),
    (QUIET | {"days_past_due": 20}, "days_since_talk", {6: None, 7: None, 8: "position"}),
    (QUIET | {"days_past_due": 70}, "days_since_talk", {6: None, 7: None, 8: "position_late"}),
    (TEXTED, "days_past_due",
     {4: None, 5: "call_early", 6: "call_early", 29: "call_early", 30: "call_early",
      31: "call_middle", 32: "call_middle", 89: "call_middle", 90: "call_middle",
      91: "call_legal_desk", 92: "call_legal_desk", 119: "call_legal_desk",
      120: "call_legal_desk", 121: "court_notice", 122: "call_late"}),
    (TEXTED | {"days_past_due": 20}, "connects_7d", {0: "call_early", 1: None, 2: None}),
    (TEXTED | {"days_past_due": 40}, "connects_7d", {1: "call_middle", 2: None, 3: None}),
    (TEXTED | {"days_past_due": 99}, "connects_7d", {0: "call_legal_desk", 1: None, 2: None}),
    (TEXTED | {"days_past_due": 130}, "connects_7d", {0: "call_late", 1: None, 2: None}),
    (TEXTED | {"days_past_due": 20}, "attempts_7d", {2: "call_early", 3: None, 4: None}),
    (TEXTED | {"days_past_due": 40}, "attempts_7d", {3: "call_middle", 4: None, 5: None}),
    (TEXTED | {"days_past_due": 99}, "attempts_7d", {2: "call_legal_desk", 3: None, 4: None}),
    (TEXTED | {"days_past_due": 130}, "attempts_7d", {1: "call_late", 2: None, 3: None}),
    (TEXTED | {"days_past_due": 20}, "days_since_talk", {6: None, 7: None, 8: "call_early"}),
    (TEXTED | {"days_past_due": 40}, "days_since_talk", {7: None, 8: "call_middle"}),
    (TEXTED | {"days_past_due": 99}, "days_since_talk", {7: None, 8: "call_legal_desk"}),
    (TEXTED | {"days_past_due": 130}, "days_since_talk", {7: None, 8: "call_late"}),
    (SEEN, "days_past_due", {90: None, 91: "visit", 92: "visit"}),
    (SEEN, "calls_without_result_60d", {5: None, 6: "visit", 7: "visit"}),
    (SEEN, "balance", {5_000 * YUAN - 1: None, 5_000 * YUAN: "visit", 5_000 * YUAN + 1: "visit"}),
    (SEEN, "address_confirmed", {True: "visit", False: None}),
    (SEEN, "visit_notice_days",
     {0: "visit_notice", 1: None, 2: None, 3: "visit", 4: "visit", 13: "visit", 14: "visit",
      15: "visit_notice"}),
    (SEEN, "visits_case", {1: "visit", 2: None, 3: None}),
    (SEEN, "days_since_visit", {6: None, 7: "visit", 8: "visit"}),
    (SEEN, "days_since_talk", {6: None, 7: None, 8: "visit"}),
    (SEEN | {"visit_notice_days": 0}, "days_past_due",
     {87: None, 88: "visit_notice", 89: "visit_notice"}),
    (SEEN | {"visit_notice_days": 0}, "calls_without_result_60d",
     {5: None, 6: "visit_notice", 7: "visit_notice"}),
    (SEEN | {"visit_notice_days": 0}, "in_court", {False: "visit_notice", True: None}),
    (SUED, "days_past_due", {120: None, 121: "court_notice", 122: None, 149: None, 150: "suit",
                             151: "suit"}),
    (SUED, "balance", {10_000 * YUAN - 1: None, 10_000 * YUAN: "suit", 10_000 * YUAN + 1: "suit"}),
    (SUED, "time_barred", {False: "suit", True: None}),
    (SUED, "in_court", {False: "suit", True: None}),
    (SUED, "ability_to_pay", {"squeezed": "suit", "unable": None}),
]  # fmt: skip

DOOR = TEXTED | {"days_past_due": 40, "calls_without_result_30d": 4, "days_without_result_30d": 3,
                 "address_confirmed": True, "balance": 2_000 * YUAN, "visit_notice_days": 9,
                 "attempts_7d": 9, "texts_7d": 1}  # fmt: skip

VISIT: list[Line] = [
    (TOLD, "days_past_due", {0: None, 1: "first_text", 2: "first_text", 3: "call_early"}),
    (TOLD | {"days_past_due": 1}, "days_since_text", {1: None, 2: "first_text", 3: "first_text"}),
    (TEXTED, "days_past_due",
     {2: None, 3: "call_early", 4: "call_early", 13: "call_early", 14: "call_early",
      15: "call_other_hours", 16: "call_other_hours", 29: "call_other_hours",
      30: "call_other_hours", 31: "call_between", 32: "call_between", 89: "call_between",
      90: "call_between", 91: "call_late", 92: "call_late"}),
    (TEXTED | {"days_past_due": 9, "texts_7d": 1}, "connects_7d", {1: "call_early", 2: None, 3: None}),
    (TEXTED | {"days_past_due": 20, "texts_7d": 1}, "connects_7d",
     {1: "call_other_hours", 2: None, 3: None}),
    (TEXTED | {"days_past_due": 40}, "connects_7d", {0: "call_between", 1: None, 2: None}),
    (TEXTED | {"days_past_due": 99}, "connects_30d", {0: "call_late", 1: None, 2: None}),
    (TEXTED | {"days_past_due": 9, "texts_7d": 1}, "attempts_7d", {4: "call_early", 5: None, 6: None}),
    (TEXTED | {"days_past_due": 20, "texts_7d": 1}, "attempts_7d",
     {4: "call_other_hours", 5: None, 6: None}),
    (TEXTED | {"days_past_due": 40}, "attempts_7d", {1: "call_between", 2: None, 3: None}),
    (TEXTED | {"days_past_due": 99}, "attempts_7d", {0: "call_late", 1: None, 2: None}),
    (QUIET, "days_past_due",
     {2: "first_text", 3: "weekly_text", 4: "weekly_text", 29: "weekly_text", 30: "weekly_text",
      31: "text_between", 32: "text_between", 89: "text_between", 90: "text_between", 91: None}),
    (QUIET | {"days_past_due": 9}, "texts_7d", {0: "weekly_text", 1: None, 2: None}),
    (QUIET | {"days_past_due": 40}, "days_since_text",
     {13: None, 14: "text_between", 15: "text_between"}),
    (QUIET | {"days_past_due": 40}, "days_since_connect",
     {6: None, 7: "text_between", 8: "text_between"}),
    (DOOR, "days_past_due", {30: None, 31: "visit", 32: "visit", 89: "visit", 90: "visit", 91: None}),
    (DOOR, "calls_without_result_30d", {3: None, 4: "visit", 5: "visit"}),
    (DOOR, "days_without_result_30d", {2: None, 3: "visit", 4: "visit"}),
    (DOOR, "address_confirmed", {True: "visit", False: None}),
    (DOOR, "balance", {1_000 * YUAN - 1: None, 1_000 * YUAN: "visit", 1_000 * YUAN + 1: "visit"}),
    (DOOR, "visit_notice_days", {2: None, 3: "visit", 4: "visit"}),
    (DOOR, "visits_case", {1: "visit", 2: None, 3: None}),
    (DOOR, "days_since_visit", {6: None, 7: "visit", 8: "visit"}),
    (DOOR | {"visit_notice_days": 0, "calls_without_result_30d": 3}, "days_past_due",
     {23: None, 24: "visit_notice", 25: "visit_notice", 27: "visit_notice", 28: "visit_notice",
      29: None}),
    (DOOR | {"visit_notice_days": 0}, "days_past_due",
     {28: "visit_notice", 29: "visit_notice", 30: "visit_notice", 86: "visit_notice",
      87: "visit_notice", 88: None}),
    (DOOR | {"visit_notice_days": 0, "days_past_due": 26}, "calls_without_result_30d",
     {2: None, 3: "visit_notice", 4: "visit_notice"}),
    (DOOR | {"visit_notice_days": 0}, "calls_without_result_30d",
     {3: None, 4: "visit_notice", 5: "visit_notice"}),
    (DOOR | {"days_since_visit": 1}, "visit_notice_days",
     {0: "visit_notice", 1: None, 29: None, 30: None, 31: "visit_notice"}),
    (DOOR | {"visit_notice_days": 0}, "visits_case", {1: "visit_notice", 2: None, 3: None}),
]  # fmt: skip

PLAN_KEPT: list[Line] = [
    (TOLD | {"days_past_due": 35, "days_since_statement": 40}, "plan_kept",
     {False: "statement", True: None}),
]  # fmt: skip

TABLES: dict[str, list[Line]] = {
    "do-nothing": [*FLOOR, *PLAN_KEPT],
    "selective": [*FLOOR, *PLAN_KEPT, *REMINDER, *SELECTIVE],
    "industry": [*FLOOR, *PLAN_KEPT, *REMINDER, *INDUSTRY],
    "prompt": [*FLOOR, *PLAN_KEPT, *REMINDER, *PROMPT],
    "humane": [*FLOOR, *PLAN_KEPT, *REMINDER, *HUMANE],
    "visit": [*FLOOR, *PLAN_KEPT, *REMINDER, *VISIT],
}
NOTICES = {"adverse_notice", "demand", "statement", "reminder"}


def test_every_policy_that_ships_has_a_table() -> None:
    assert tuple(sorted(TABLES)) == shipped()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_step_below_at_and_above_each_threshold(name: str) -> None:
    rows, expected = [], []
    for base, fact, by_value in TABLES[name]:
        for value, step in by_value.items():
            rows.append({**base, fact: value, "person": len(rows)})
            expected.append(step)
    got = wishes(load(name), frame(rows))["step"].to_list()
    wrong = [
        f"{row}: {step} instead of {want}"
        for row, want, step in zip(rows, expected, got, strict=True)
        if (step in NOTICES if want is ... else step != want)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_no_threshold_is_without_its_three_lines(name: str) -> None:
    tried: dict[str, set[Any]] = {}
    for _, fact, by_value in TABLES[name]:
        tried.setdefault(fact, set()).update(by_value)
    policy = load(name)
    missing = []
    for step in policy.steps:
        for fact, values in constants(policy.conditions[step.id].tree).items():
            for value in values:
                near = {v for v in (value - 1, value, value + 1) if v >= 0}
                absent = near - tried.get(fact, set())
                if absent:
                    missing.append(f"{step.id}: {fact} {sorted(absent)}")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_step_is_reached_by_some_line(name: str) -> None:
    named = {step for _, _, by_value in TABLES[name] for step in by_value.values()}
    assert {step.id for step in load(name).steps} <= named


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_yes_no_fact_and_word_is_tried_both_ways(name: str) -> None:
    tried: dict[str, set[Any]] = {}
    for _, fact, by_value in TABLES[name]:
        tried.setdefault(fact, set()).update(by_value)
    for said in load(name).conditions.values():
        for fact in said.names:
            if FACTS[fact].unit in ("yes_no", "word"):
                assert len(tried.get(fact, ())) >= 2, f"{fact} is never moved"
