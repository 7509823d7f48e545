"""Which words may stand in the closed columns of a book? A new word is a decision, not an accident."""

from __future__ import annotations

CHANNELS = (
    "app", "push", "sms", "im", "email", "letter", "ai_call", "call", "visit",
    "agency", "court", "adverse_report",
)  # fmt: skip
"""Every way out of the house. The last three are not contacts."""

PROPOSED = ("visit", "agency", "court", "adverse_report")
"""Ways that only a named person decides; a policy can propose them."""

CALL_CHANNELS = ("ai_call", "call")
TEXT_CHANNELS = ("app", "push", "sms", "im", "email")

OUTCOMES = (
    "planned", "delivered", "undelivered", "no_answer", "busy", "voicemail", "invalid_number",
    "wrong_person", "connected_notice", "conversation", "not_home", "talked", "refused",
)  # fmt: skip
"""How an attempt ended. ``conversation`` and ``talked`` are right-party contacts; with
``connected_notice`` and ``wrong_person`` they are connected; everything is an attempt."""

PURPOSES = (
    "collect", "remind", "notice_required", "confirm_talk", "help_offer", "locate",
    "give_payment_details", "answer_request",
)  # fmt: skip

ROLES = ("borrower", "co_borrower", "guarantor", "heir", "guardian")

HOLD_KINDS = (
    "police_order", "do_not_contact", "death", "incapacity", "court", "statutory_pause",
    "identity_dispute", "dispute", "complaint", "help_request", "bereavement", "hardship_pause",
    "plan_kept", "promise_open", "debit_in_flight", "unmatched_money", "goods_dispute",
)  # fmt: skip
"""Reasons not to contact, each with a start and (perhaps) an end."""

EVENT_KINDS = (
    "disbursed", "repaid", "reversed", "charge", "waiver", "rate_change", "interest_pause",
    "extension", "re_age", "re_amortise", "settlement", "charge_off", "recovery", "refund",
    "correction", "same_person",
)  # fmt: skip

COMPONENTS = ("penalty", "fee", "interest", "principal")

LOAN_STATUS = ("open", "settled", "charged_off", "set_aside")

COUNTERS = ("attempts", "connects", "talks", "texts", "touches", "visits")
"""What is counted per day. ``attempts``: outbound call attempts, any outcome. ``connects``: outbound
calls answered by anyone (human and AI pooled). ``talks``: right-party conversations by call or
visit. ``texts``: app, push, SMS, IM and e-mail sent. ``touches``: delivered text, connected call or
visit. ``visits``: visits made. Texts and touches leave out notices that law requires and the written
confirmation of a talk. All pooled over the lender, its robots and every agency."""
