"""Topics may rest on an interest of ours: whoever was told of it gets mail about those topics, and about no others."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from newsletter.core.legal_basis import LegalBasis
from newsletter.core.refusal import ContentRefused
from newsletter.core.token import Purpose
from newsletter.flows.approve import approve_campaign, create_campaign, reopen_campaign
from newsletter.flows.export_people import export_people
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.flows.people import known_person
from newsletter.flows.plan import forecast
from newsletter.flows.preferences import undo_leaving
from newsletter.flows.workspace import read_fields
from newsletter.store.people import consents_of

ADA, BEN = "ada@example.org", "ben@example.org"
ISSUE, REMINDER = "september-2021", "erasmus-accreditation-accreditation-reminder-30"
STEM = "erasmus-accreditation-accreditation-reminder-7"
FIRST, MERGED, SECOND = STEM, f"{STEM}-merged", "kitchen-partners-partners-call-reminder-7"
FIELDS = "subscribers/fields.yaml"


@pytest.fixture
def informed(bench):
    """Ada has agreed; Ben was told that we write to him about Erasmus+."""
    bench.enrol(ADA, topics="erasmus;social-economy")
    bench.enrol(
        BEN, topics="erasmus;social-economy", status="informed", consent_wording="We write to you about …"
    )
    return bench


def rest_on_interest(bench, *topics):
    for topic in topics:
        bench.rewrite(
            FIELDS, f"  {topic}:\n    label:", f"  {topic}:\n    basis: legitimate-interest\n    label:"
        )


def text_of(bench, address):
    (mail,) = [one for one in bench.transport.accepted if one.recipient == address]
    return mail.content.replace(b"=\r\n", b"").decode()


def test_without_a_topic_that_rests_on_it_nobody_gets_anything_on_that_ground(informed):
    informed.sync()
    informed.schedule()
    informed.beat("2021-09-16T09:30")
    assert informed.rows(ISSUE, "state", "withheld") == {ADA: ("sent", None), BEN: ("skipped", "no_consent")}
    assert informed.campaign(ISSUE).basis is LegalBasis.CONSENT


def test_one_topic_that_needs_consent_is_enough_for_a_letter_to_need_it(informed):
    rest_on_interest(informed, "erasmus")
    informed.schedule()
    assert informed.campaign(ISSUE).basis is LegalBasis.CONSENT
    informed.beat("2021-09-16T09:30")
    assert informed.rows(ISSUE, "withheld") == {ADA: None, BEN: "no_consent"}


def test_a_letter_about_such_topics_alone_goes_to_those_who_were_told_and_says_why(informed):
    rest_on_interest(informed, "social-economy", "erasmus", "events", "partnerships")
    informed.schedule()
    assert informed.campaign(ISSUE).basis is LegalBasis.INTEREST
    informed.beat("2021-09-16T09:30")
    assert informed.rows(ISSUE) == {ADA: "sent", BEN: "sent"}
    assert "because we think that it helps you in your work; you may object at any time" in text_of(
        informed, BEN
    )
    assert re.search(r"because you signed up on 5(\xa0|=C2=A0| )January", text_of(informed, ADA))


def test_a_reminder_goes_by_the_topics_of_its_article_and_the_forecast_knows(informed):
    rest_on_interest(informed, "erasmus")
    informed.sync()
    plan = forecast(informed.office, informed.now, informed.now + timedelta(days=40), informed.now)
    (planned,) = [one for one in plan if one.campaign.name == REMINDER]
    assert planned.recipients == 2
    informed.beat("2021-09-19T09:00")
    assert informed.rows(REMINDER) == {ADA: "sent", BEN: "sent"}


@pytest.mark.parametrize("topics", [("erasmus",), ("partnerships",), ("erasmus", "partnerships"), ()])
def test_reminders_of_one_day_are_told_together_as_far_as_each_may_be_told(informed, topics):
    """The first deadline is about Erasmus+, the second about partnerships too."""
    for language in ("en", "fr"):
        path = f"articles/kitchen-partners/{language}.md"
        informed.rewrite(path, "at: 2021-11-30T18:00", "at: 2021-10-19T18:00")
        informed.rewrite(path, "zone: Europe/Lisbon", "zone: Europe/Brussels")
        informed.rewrite(path, "topics: [partnerships, erasmus]", "topics: [partnerships]")
    rest_on_interest(informed, *topics)
    informed.sync()
    informed.beat("2021-10-12T09:00")
    assert informed.rows(MERGED)[ADA] == "sent"
    got = {
        "erasmus": informed.rows(FIRST, "state", "withheld")[BEN],
        "partnerships": informed.rows(SECOND, "state", "withheld")[BEN],
    }
    if len(topics) == 2:
        assert set(got.values()) == {("skipped", "merged")}
        assert informed.rows(MERGED)[BEN] == "sent"
    else:
        assert BEN not in informed.rows(MERGED)
        assert got == {
            topic: ("sent", None) if topic in topics else ("skipped", "no_consent") for topic in got
        }
    assert informed.sent().count(BEN) == (1 if topics else 0)


def test_the_ground_is_frozen_with_the_approval(informed):
    rest_on_interest(informed, "social-economy", "erasmus", "events", "partnerships")
    informed.schedule()
    informed.rewrite(FIELDS, "    basis: legitimate-interest\n", "")
    informed.beat("2021-09-16T09:30")
    assert informed.rows(ISSUE) == {ADA: "sent", BEN: "sent"}


def test_a_new_approval_asks_again(informed):
    create_campaign(informed.office, read_issue(informed.office, ISSUE), informed.now)
    approve_campaign(informed.office, ISSUE, "Ada", informed.now)
    reopen_campaign(informed.office, ISSUE)
    rest_on_interest(informed, "social-economy", "erasmus", "events", "partnerships")
    approve_campaign(informed.office, ISSUE, "Ada", informed.now)
    assert informed.campaign(ISSUE).basis is LegalBasis.INTEREST


def test_whoever_objects_gets_nothing_on_either_ground_and_no_import_brings_them_back(informed):
    rest_on_interest(informed, "social-economy", "erasmus", "events", "partnerships")
    informed.leaves(BEN)
    for status in ("informed", "confirmed"):
        report = informed.enrol(BEN, status=status, consent_date="2021-09-14")
        assert report.counts == {"unsubscribed": 1}
    informed.schedule()
    informed.beat("2021-09-16T09:30")
    assert informed.rows(ISSUE, "withheld") == {ADA: None, BEN: "unsubscribed"}


def test_an_objection_by_mistake_can_be_undone(informed):
    informed.leaves(BEN)
    assert undo_leaving(
        informed.office, informed.token(BEN, Purpose.UNSUBSCRIBE), "Put me back", informed.now
    )
    assert informed.standing(BEN) == "confirmed"


def test_whoever_agrees_later_is_confirmed_and_stays_so(informed):
    informed.enrol(BEN, status="confirmed", consent_date="2021-06-01")
    assert informed.standing(BEN) == "confirmed"
    assert informed.enrol(BEN, status="informed").counts == {"unchanged": 1}
    assert informed.standing(BEN) == "confirmed"
    with informed.office.database.read() as connection:
        events = consents_of(connection, known_person(informed.office, BEN))
    assert [event["action"] for event in events] == ["informed", "granted"]


def test_they_go_out_into_a_file_as_they_came_in(informed):
    path = informed.workspace / "out.csv"
    export_people(informed.office, path, informed.now)
    (row,) = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(BEN)]
    assert ",informed," in row
    assert "We write to you about" in row
    assert import_people(informed.office, path, informed.now).counts == {"unchanged": 2}


def test_a_basis_that_there_is_not_is_told_with_its_line(bench):
    bench.rewrite(FIELDS, "  erasmus:\n    label:", "  erasmus:\n    basis: interest\n    label:")
    with pytest.raises(ContentRefused) as refused:
        read_fields(bench.office)
    (problem,) = refused.value.problems
    line = (bench.workspace / FIELDS).read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert line.strip() == "basis: interest"
    assert re.search(r"consent.*legitimate-interest", problem.remedy)
