"""Campaigns in the store: they come back as they went in, move once, and are finished when no row is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.store import campaigns
from newsletter.store.people import PersonRow, add_person
from newsletter.store.tables import deliveries

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)
DRAFT, APPROVED, SCHEDULED = CampaignState.DRAFT, CampaignState.APPROVED, CampaignState.SCHEDULED
SENDING, PAUSED, CANCELLED = CampaignState.SENDING, CampaignState.PAUSED, CampaignState.CANCELLED
FULL = Campaign(
    name="september",
    kind=CampaignKind.REMINDER,
    content=CampaignContent(
        "issue", ("one", "two"), 42, {"en": "Été"}, {}, {"fr": "Chère"}, {}, {"en": "Ben"}
    ),
    segment="everybody",
    zone="Europe/Brussels",
    lateness=timedelta(hours=6),
    exclude=("press", "funders"),
    sender="events",
    at=datetime.fromisoformat("2021-09-16T09:30"),
    not_after=NOW + timedelta(days=9),
    deadline="call/closing",
    rung=7,
    sequence=1,
)


@pytest.fixture
def connection(database):
    with database.write() as opened:
        yield opened


def add(connection, name="september", **more):
    return campaigns.add_campaign(connection, replace(FULL, name=name, **more), NOW)


def names(found):
    return [campaign.name for campaign in found]


def row(connection, campaign, number, state):
    address = f"reader{number}@example.org"
    person = add_person(connection, PersonRow(address, address, address, "", "en", "", "", NOW, "form"))
    settled = state in {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}
    values = {
        "campaign_id": campaign,
        "subscriber_id": person,
        "state": state,
        "language": "en",
        "attempts": 0,
        "not_before": NOW,
        "withheld": Withheld.PAUSED if state == DeliveryState.SKIPPED else None,
        "settled_at": NOW if settled else None,
    }
    connection.execute(insert(deliveries).values(values))


def test_a_campaign_comes_back_as_it_went_in(connection):
    identity = add(connection)
    assert campaigns.get_campaign(connection, identity) == replace(FULL, id=identity)
    assert campaigns.find_campaign(connection, "september") == replace(FULL, id=identity)
    bare = replace(
        FULL, name="bare", at=None, not_after=None, rung=None, sequence=None, exclude=(), deadline=""
    )
    assert campaigns.get_campaign(connection, campaigns.add_campaign(connection, bare, NOW)) == replace(
        bare, id=identity + 1
    )
    assert campaigns.find_campaign(connection, "october") is None
    assert campaigns.get_campaign(connection, 999) is None


def test_a_name_is_taken_once(database):
    with database.write() as connection:
        add(connection)
    with pytest.raises(IntegrityError), database.write() as connection:
        add(connection)


def test_a_draft_may_be_changed_and_nothing_else(connection):
    identity = add(connection)
    changed = replace(FULL, id=identity, segment="press", at=None)
    assert campaigns.change_draft(connection, changed)
    assert campaigns.get_campaign(connection, identity) == changed
    campaigns.move_campaign(connection, identity, DRAFT, APPROVED)
    assert not campaigns.change_draft(connection, replace(changed, segment="funders"))
    assert campaigns.get_campaign(connection, identity).segment == "press"


def test_a_campaign_moves_from_the_state_it_is_in_and_from_no_other(connection):
    identity = add(connection)
    assert campaigns.move_campaign(connection, identity, DRAFT, APPROVED, approved_at=NOW, approved_by="Ada")
    assert not campaigns.move_campaign(connection, identity, DRAFT, APPROVED, approved_by="Ben")
    assert campaigns.get_campaign(connection, identity).state is APPROVED
    times = campaigns.times_of(connection, identity)
    assert (times["created_at"], times["approved_at"], times["launched_at"]) == (NOW, NOW, None)


def test_of_many_who_move_a_campaign_one_does(database):
    with database.write() as connection:
        identity = add(connection, state=SCHEDULED)

    def move(_number):
        with database.write() as connection:
            return campaigns.move_campaign(connection, identity, SCHEDULED, SENDING, launched_at=NOW)

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(move, range(6))) == 1


def test_campaigns_are_listed_by_due_time_those_without_one_last(connection):
    add(connection, "never", at=None)
    add(connection, "second", at=datetime.fromisoformat("2021-09-17T09:30"))
    add(
        connection, "first", zone="Asia/Tokyo", at=datetime.fromisoformat("2021-09-17T09:30"), state=SCHEDULED
    )
    assert names(campaigns.list_campaigns(connection)) == ["first", "second", "never"]
    assert names(campaigns.list_campaigns(connection, (SCHEDULED,))) == ["first"]
    assert names(campaigns.list_campaigns(connection, (DRAFT, SCHEDULED))) == ["first", "second", "never"]


@pytest.mark.parametrize("state", DeliveryState)
def test_a_campaign_is_finished_when_no_row_is_open_and_doubt_is_open(connection, state):
    identity = add(connection, state=SENDING)
    row(connection, identity, 0, DeliveryState.SENT)
    row(connection, identity, 1, state)
    last = state in {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}
    assert campaigns.finish_campaigns(connection, NOW) == (["september"] if last else [])
    assert campaigns.get_campaign(connection, identity).state is (CampaignState.SENT if last else SENDING)
    assert campaigns.times_of(connection, identity)["finished_at"] == (NOW if last else None)


def test_a_campaign_with_nobody_in_it_is_finished_at_once(connection):
    add(connection, state=SENDING)
    assert campaigns.finish_campaigns(connection, NOW) == ["september"]
    assert campaigns.finish_campaigns(connection, NOW) == []


@pytest.mark.parametrize("state", sorted(set(CampaignState) - {SENDING}))
def test_only_what_is_being_sent_can_be_finished(connection, state):
    add(connection, state=state)
    assert campaigns.finish_campaigns(connection, NOW) == []


def test_open_rows_of_one_campaign_do_not_hold_up_another(connection):
    row(connection, add(connection, state=SENDING), 0, DeliveryState.READY)
    add(connection, "october", state=SENDING)
    assert campaigns.finish_campaigns(connection, NOW) == ["october"]


def test_campaigns_under_way_that_tell_a_former_date_are_found(connection):
    for state in CampaignState:
        add(connection, f"old-{state}", state=state, sequence=0)
    add(connection, "new", state=SENDING, sequence=1)
    add(connection, "other", state=SENDING, sequence=0, deadline="another/one")
    add(connection, "issue", state=SENDING, sequence=None, deadline="")
    found = names(campaigns.outdated_campaigns(connection, "call/closing", 1))
    assert sorted(found) == ["old-missed", "old-paused", "old-scheduled", "old-sending"]
    assert campaigns.outdated_campaigns(connection, "call/closing", 0) == []


def test_editions_are_frozen_together(connection):
    identity, other = add(connection), add(connection, "october")
    campaigns.set_editions(
        connection, identity, {"en": ({"html": "<p>é</p>"}, "a"), "fr": ({"html": ""}, "b")}
    )
    campaigns.set_editions(connection, other, {"en": ({"html": "other"}, "c")})
    assert campaigns.load_editions(connection, identity) == {"en": {"html": "<p>é</p>"}, "fr": {"html": ""}}
    campaigns.set_editions(connection, identity, {"fr": ({"html": "new"}, "d")})
    assert campaigns.load_editions(connection, identity) == {"fr": {"html": "new"}}
    campaigns.set_editions(connection, identity, {})
    assert campaigns.load_editions(connection, identity) == {}
    assert campaigns.load_editions(connection, other) == {"en": {"html": "other"}}


def test_rows_are_counted_by_state(connection):
    identity = add(connection)
    for number, state in enumerate([DeliveryState.SENT, DeliveryState.SENT, DeliveryState.SKIPPED]):
        row(connection, identity, number, state)
    assert campaigns.counts_by_state(connection, identity) == {"sent": 2, "skipped": 1}
