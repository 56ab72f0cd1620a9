"""Counted links on both databases: numbers that stay, counts that add up, and who allows to be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.content_links import ContentLink
from newsletter.core.engagement import EngagementKind
from newsletter.store import campaigns, clicks, tracking
from newsletter.store.engagements import record_engagement
from newsletter.store.people import PersonRow, add_person
from newsletter.store.tables import campaigns as campaign_table
from newsletter.store.tables import deliveries, subscribers

NOW = datetime(2021, 9, 15, 6, 0, 0, 123456, tzinfo=UTC)
DAY = date(2021, 9, 15)
A, B, C = (ContentLink(f"https://{name}.example/{'x' * 1980}", name, "the-call") for name in "abc")
LETTER = Campaign(
    "letter", CampaignKind.ISSUE, CampaignContent("issue"), "all", "Europe/Brussels", timedelta(hours=1)
)


@pytest.fixture
def connection(database):
    with database.write() as opened:
        yield opened


@pytest.fixture
def letter(connection):
    return campaigns.add_campaign(connection, LETTER, NOW)


@pytest.fixture
def people(connection):
    names = ("ada", "ben", "chiara")
    made = [
        add_person(connection, PersonRow(name, name, name, "", "en", "", "", NOW, "form")) for name in names
    ]
    allowed = subscribers.c.id.in_(made[:2])
    connection.execute(update(subscribers).where(allowed).values(tracking_at=NOW))
    return made


def numbers(connection, campaign):
    return {url[8]: number for url, number in clicks.link_numbers(connection, campaign).items()}


def test_a_draft_numbers_its_links_afresh_and_what_was_launched_keeps_them(connection, letter):
    clicks.set_links(connection, letter, [A, B, replace(A, words="in another language")])
    assert numbers(connection, letter) == {"a": 1, "b": 2}
    assert [link.words for link in clicks.counted_links(connection, letter)] == ["a", "b"]
    clicks.set_links(connection, letter, [B])
    assert numbers(connection, letter) == {"b": 1}
    connection.execute(update(campaign_table).values(launched_at=NOW))
    clicks.set_links(connection, letter, [C, A])
    assert numbers(connection, letter) == {"b": 1, "c": 2, "a": 3}
    assert clicks.link_target(connection, letter, 2) == C.url
    assert clicks.link_target(connection, letter, 9) is None
    assert clicks.link_subject(connection, letter, 2) == "the-call"
    clicks.set_links(connection, letter, [])
    assert len(numbers(connection, letter)) == 3


def test_counts_add_up_by_day_and_can_be_taken_back(connection, letter):
    clicks.set_links(connection, letter, [A, replace(B, article="")])
    for people, machines in ((1, 0), (1, 0), (-1, 1)):
        clicks.count(connection, letter, 1, DAY, people=people, machines=machines)
    clicks.count(connection, letter, 1, DAY + timedelta(days=1), people=1)
    clicks.count(connection, letter, clicks.PICTURE, DAY, machines=1)
    assert clicks.counted_links(connection, letter) == [
        (1, A.url, "a", "the-call", 2, 1),
        (2, B.url, "b", "", 0, 0),
    ]
    assert clicks.counts_by_day(connection, letter) == [
        (DAY, 0, 0, 1),
        (DAY, 1, 1, 1),
        (DAY + timedelta(days=1), 1, 1, 0),
    ]
    assert clicks.link_subject(connection, letter, 2) == B.url


def test_who_allows_to_be_known(connection, people):
    assert tracking.tracked_among(connection, people) == set(people[:2])
    assert tracking.tracked_among(connection, []) == frozenset()
    assert [tracking.allows_tracking(connection, one) for one in (*people, 99)] == [True, True, False, False]


def test_a_click_that_was_a_machines_is_taken_back_and_no_other(connection, letter, people):
    clicked, later = EngagementKind.CLICKED, NOW + timedelta(microseconds=1)
    record_engagement(connection, people[0], letter, clicked, NOW, "a")
    record_engagement(connection, people[0], letter, clicked, later, "b")
    record_engagement(connection, people[0], letter, EngagementKind.OPENED, NOW)
    record_engagement(connection, people[1], letter, clicked, NOW, "a")
    opened = {EngagementKind.OPENED: 1}
    assert tracking.engaged_people(connection, letter) == {clicked: 2} | opened
    tracking.forget_click(connection, people[0], letter, NOW)
    assert tracking.engaged_people(connection, letter) == {clicked: 2} | opened
    tracking.forget_click(connection, people[0], letter, later)
    assert tracking.engaged_people(connection, letter) == {clicked: 1} | opened
    assert tracking.engaged_people(connection, 99) == {}


def test_who_has_just_got_a_mail(connection, letter, people):
    row = {"campaign_id": letter, "state": "sent", "language": "en", "not_before": NOW, "attempts": 1}
    connection.execute(
        insert(deliveries),
        [
            row | {"subscriber_id": people[0], "settled_at": NOW},
            row | {"subscriber_id": people[2], "settled_at": NOW},
        ],
    )
    before = NOW - timedelta(seconds=1)
    assert tracking.has_just_got(connection, people[0], letter, before)
    assert not tracking.has_just_got(connection, people[0], letter, NOW)
    assert not tracking.has_just_got(connection, people[1], letter, before)
    assert not tracking.has_just_got(connection, people[0], 99, before)
    assert tracking.tracked_readers(connection, letter) == 1
