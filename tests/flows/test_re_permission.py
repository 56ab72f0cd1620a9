"""A re-permission campaign: a segment is asked whether our letters are still welcome; silence, and a mere click, mean no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.core.campaign import CampaignState
from newsletter.core.engagement import EngagementKind
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.refusal import ContentRefused, MoveRefused
from newsletter.core.wallclock import parse_local
from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.check import check_campaign
from newsletter.flows.frozen_rules import explain_frozen
from newsletter.flows.issues import read_issue
from newsletter.flows.people import known_person
from newsletter.flows.re_permission import draft_re_permission
from newsletter.flows.retention import SOURCE, Retention, keep_to_retention, look_at_retention
from newsletter.flows.sign_up import confirm
from newsletter.store.engagements import record_engagement
from newsletter.store.people import consents_of, note_choice

ADA, BEN, CHIARA, OTHER = "ada@example.org", "ben@example.org", "chiara@example.org", "ada@example.net"
SEGMENT = "erasmus-interested"
NAME = f"stay-{SEGMENT}-2021-09-16"


@pytest.fixture
def asked(bench):
    """Ada, Chiara and another have agreed, Ben was told that we write to him; all four of one segment got the question."""
    bench.enrol(ADA, OTHER, topics="erasmus")
    bench.enrol(CHIARA, topics="erasmus", language="fr")
    bench.enrol(BEN, topics="erasmus", status="informed", consent_wording="We write to you about …")
    bench.at("2021-09-16T08:00")
    assert draft_re_permission(bench.office, SEGMENT, bench.now).name == NAME
    approve_campaign(bench.office, NAME, "officer", bench.now)
    schedule_campaign(bench.office, NAME, parse_local("2021-09-16T10:00"), "Europe/Brussels", bench.now)
    bench.beat("2021-09-16T10:00")
    return bench


def presses(bench, address):
    return confirm(bench.office, bench.confirm_token(address), "Yes, keep me on the list", bench.now)


def test_the_draft_is_a_campaign_like_any_other_and_ready_for_approval(bench):
    bench.enrol(ADA, topics="erasmus")
    bench.at("2021-09-16T08:00")
    draft = draft_re_permission(bench.office, SEGMENT, bench.now)
    assert (draft.name, draft.state, draft.basis) == (NAME, CampaignState.DRAFT, LegalBasis.INTEREST)
    assert check_campaign(bench.office, draft, bench.now) == []
    assert draft_re_permission(bench.office, SEGMENT, bench.now).id == draft.id
    approve_campaign(bench.office, NAME, "officer", bench.now)
    with pytest.raises(MoveRefused, match="is approved already"):
        draft_re_permission(bench.office, SEGMENT, bench.now)


def test_a_segment_that_is_not_there_is_refused(bench):
    with pytest.raises(ContentRefused, match="no segment 'nobody'"):
        draft_re_permission(bench.office, "nobody", bench.now)


def test_a_letter_whose_name_only_sounds_like_the_question_is_none(bench):
    bench.enrol(ADA, topics="erasmus;social-economy")
    issue = read_issue(bench.office, "september-2021")
    create_campaign(bench.office, replace(issue, name="stay-in-europe"), bench.now)
    approve_campaign(bench.office, "stay-in-europe", "officer", bench.now)
    schedule_campaign(bench.office, "stay-in-europe", issue.at, issue.zone, bench.now)
    bench.beat("2021-09-16T09:30")
    assert bench.rows("stay-in-europe") == {ADA: "sent"}
    bench.days_later(31)
    assert keep_to_retention(bench.office, bench.now) == Retention(0, 0, 0)
    assert bench.standing(ADA) == "confirmed"


def test_everybody_is_asked_in_their_language_with_a_reason_that_is_true(asked):
    assert asked.rows(NAME) == dict.fromkeys((ADA, BEN, CHIARA, OTHER), "sent")
    assert "We ask everybody on this list from time to time" in asked.text_of(ADA)
    assert "We have not heard from you" not in asked.text_of(ADA)
    assert "Nous demandons de temps en temps" in asked.text_of(CHIARA)
    assert explain_frozen(asked.office, NAME, BEN, "en").inside


def test_silence_after_the_days_that_the_mail_names_means_no_although_the_rule_is_off(asked):
    assert presses(asked, ADA)
    with asked.office.database.write() as connection:
        note_choice(connection, known_person(asked.office, CHIARA), asked.now)
    asked.days_later(29)
    assert keep_to_retention(asked.office, asked.now) == Retention(0, 0, 0)
    asked.days_later(2)
    assert look_at_retention(asked.office, asked.now) == Retention(0, 0, 2)
    assert keep_to_retention(asked.office, asked.now) == Retention(0, 0, 2)
    assert keep_to_retention(asked.office, asked.now) == Retention(0, 0, 0)
    became = [asked.standing(who) for who in (ADA, BEN, CHIARA, OTHER)]
    assert became == ["confirmed", "unsubscribed", "confirmed", "unsubscribed"]
    with asked.office.database.read() as connection:
        events = consents_of(connection, known_person(asked.office, OTHER))
    assert [(event["action"], event["source"]) for event in events] == [
        ("granted", "form"),
        ("withdrawn", SOURCE),
    ]


def test_who_was_informed_only_has_consented_by_the_button(asked):
    assert asked.standing(BEN) == "informed"
    assert presses(asked, BEN)
    assert asked.standing(BEN) == "confirmed"
    asked.days_later(31)
    keep_to_retention(asked.office, asked.now)
    assert asked.standing(BEN) == "confirmed"


@pytest.mark.parametrize("kind", [EngagementKind.OPENED, EngagementKind.CLICKED])
def test_opening_and_a_mere_click_are_no_permission(asked, kind):
    with asked.office.database.write() as connection:
        record_engagement(
            connection, known_person(asked.office, ADA), asked.campaign(NAME).id, kind, asked.now
        )
    asked.days_later(31)
    keep_to_retention(asked.office, asked.now)
    assert asked.standing(ADA) == "unsubscribed"


def test_the_button_of_the_mail_does_nothing_once_they_were_set_aside(asked):
    asked.days_later(31)
    keep_to_retention(asked.office, asked.now)
    assert not presses(asked, ADA)
    assert asked.standing(ADA) == "unsubscribed"


def test_who_never_got_the_question_is_not_set_aside(asked):
    asked.at("2021-09-20T08:00")
    asked.enrol("ben@example.net", topics="erasmus")
    asked.days_later(40)
    keep_to_retention(asked.office, asked.now)
    assert asked.standing("ben@example.net") == "confirmed"
