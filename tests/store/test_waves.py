"""Waves: rows are due by the zone of their reader, and who is asleep waits at the end of the line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.consent import ConsentAction
from newsletter.core.lane import OTHERS
from newsletter.core.segment.tree import AllOf, Segment
from newsletter.core.sending_window import parse_window
from newsletter.core.timing import Timing
from newsletter.store import people
from newsletter.store.audience import forecast_zones, freeze_audience
from newsletter.store.campaigns import add_campaign, get_campaign
from newsletter.store.ledger import claim_batch
from newsletter.store.waves import wait_for_opening, waves_of, zones_of_people

NOW = datetime(2021, 9, 15, 19, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONES = ("", "Asia/Tokyo", "America/New_York", "Asia/Tokyo", "Europe/Lisbon")
MOMENTS = {
    "": NOW + 12 * HOUR,
    "Asia/Tokyo": NOW + 5 * HOUR,
    "America/New_York": NOW + 18 * HOUR,
    "Europe/Lisbon": NOW,
}
SEGMENTS = {"everybody": Segment("everybody", AllOf(()))}
TIMING = Timing(each_reader=True, window=parse_window(["08:00-18:00"]))


@pytest.fixture
def connection(database):
    with database.write() as opened:
        for number, zone in enumerate(ZONES):
            address = f"p{number}@example.org"
            row = people.PersonRow(address, address, f"hash {number}", "Ada", "en", "", zone, NOW, "form")
            identity = people.add_person(opened, row)
            people.record_consent(opened, identity, ConsentAction.GRANTED, NOW, source="form")
        yield opened


@pytest.fixture
def one(connection):
    content = CampaignContent("issue", ("one",))
    draft = Campaign(
        "september", CampaignKind.ISSUE, content, "everybody", "UTC", 6 * HOUR, state=CampaignState.SENDING, timing=TIMING
    )  # fmt: skip
    return get_campaign(connection, add_campaign(connection, draft, NOW))


def freeze(connection, one, moments):
    return freeze_audience(connection, one, SEGMENTS, ["en"], NOW, (), moments)


def claim(connection, one, now, **more):
    return [row.address[:2] for row in claim_batch(connection, one, OTHERS, "w", now, 10, **more).rows]


def test_the_campaign_keeps_its_timing(one):
    assert one.timing == TIMING


def test_each_row_is_due_by_its_readers_zone(connection, one):
    assert zones_of_people(connection) == sorted(MOMENTS)
    assert freeze(connection, one, MOMENTS) == len(ZONES)
    assert waves_of(connection, one.id) == [
        (NOW, 1), (NOW + 5 * HOUR, 2), (NOW + 12 * HOUR, 1), (NOW + 18 * HOUR, 1)
    ]  # fmt: skip
    assert claim(connection, one, NOW) == ["p4"]
    assert claim(connection, one, NOW + 5 * HOUR) == ["p1", "p3"]
    assert claim(connection, one, NOW + 18 * HOUR) == ["p0", "p2"]


def test_without_moments_all_are_due_at_once(connection, one):
    freeze(connection, one, None)
    assert waves_of(connection, one.id) == [(NOW, len(ZONES))]


def test_the_forecast_counts_by_zone(connection, one):
    zones = forecast_zones(connection, one, SEGMENTS, ["en"], NOW)
    assert zones == {"": 1, "Asia/Tokyo": 2, "America/New_York": 1, "Europe/Lisbon": 1}


def test_who_is_asleep_waits_and_is_not_claimed(connection, one):
    freeze(connection, one, None)
    closed = {"Asia/Tokyo": NOW + 3 * HOUR, "": NOW + 7 * HOUR}
    assert claim(connection, one, NOW, closed=closed) == ["p2", "p4"]
    assert wait_for_opening(connection, one.id, OTHERS, closed, NOW, limit=2) == 3
    assert claim(connection, one, NOW) == []
    assert claim(connection, one, NOW + 3 * HOUR) == ["p1", "p3"]
    assert claim(connection, one, NOW + 7 * HOUR) == ["p0"]
