"""Feeds, digests and notices in both databases: whoever is first has it, and what is noted is found again."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.digest import DigestOutcome
from newsletter.store import digests, feeds, notices
from newsletter.store.campaigns import add_campaign, move_campaign
from newsletter.store.carried import launched_with, public_issues, waiting_with

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
URL = "https://city.example.org/feed.xml"


def campaign(connection, name, articles, kind=CampaignKind.ISSUE, launched=None, **content):
    made = Campaign(
        name=name,
        kind=kind,
        content=CampaignContent("issue", tuple(articles), **content),
        segment="all",
        zone="UTC",
        lateness=timedelta(hours=6),
    )
    identity = add_campaign(connection, made, NOW)
    if launched:
        steps = (CampaignState.DRAFT, CampaignState.APPROVED, CampaignState.SCHEDULED, CampaignState.SENDING)
        for before, after in itertools.pairwise(steps):
            assert move_campaign(connection, identity, before, after)
        move_campaign(
            connection, identity, CampaignState.SENDING, CampaignState.SENDING, launched_at=launched
        )
    return identity


def test_a_feed_that_is_due_is_taken_once(database):
    with database.write() as connection:
        assert feeds.claim_poll(connection, "city", URL, NOW, LATER).url == URL
    with database.write() as connection:
        assert feeds.claim_poll(connection, "city", URL, NOW, LATER) is None
        assert feeds.claim_poll(connection, "city", URL, NOW, LATER, due=False) is not None
        assert feeds.claim_poll(connection, "city", URL, LATER, LATER + timedelta(minutes=15)) is not None
        feeds.settle_poll(connection, "city", failures=2, trouble="gone", polled_at=NOW)
    with database.read() as connection:
        row = feeds.feed_rows(connection)["city"]
    assert (row.failures, row.trouble, row.polled_at, row.read_at) == (2, "gone", NOW, None)


def test_an_item_is_noted_once_and_followed(database):
    values = {
        "digest": "d",
        "title": "One",
        "link_key": "l",
        "slug": "one",
        "file_digest": None,
        "first_seen": NOW,
    }
    with database.write() as connection:
        assert feeds.add_item(connection, "city", "k", **values)
        assert not feeds.add_item(connection, "city", "k", **values)
        assert feeds.add_item(connection, "county", "k", **(values | {"slug": ""}))
        feeds.change_item(connection, "city", "k", file_digest="f", changed_at=LATER)
    with database.read() as connection:
        item = feeds.known_items(connection, "city")["k"]
        assert (item.slug, item.file_digest, item.first_seen, item.changed_at) == ("one", "f", NOW, LATER)
        assert feeds.slug_of_link(connection, "l") == "one"
        assert feeds.slug_of_link(connection, "other") == ""
        assert feeds.is_slug_taken(connection, "one")
        assert not feeds.is_slug_taken(connection, "two")
        assert [one.title for one in feeds.list_items(connection, "county")] == ["One"]


def test_an_issue_of_a_digest_is_noted_once_with_its_campaign(database):
    with database.write() as connection:
        digests.one_at_a_time(connection)
        identity = campaign(connection, "weekly-1", ["one"], launched=NOW, digest="weekly")
        assert digests.add_issue(connection, "weekly", NOW, DigestOutcome.PREPARED, NOW, campaign=identity)
        assert not digests.add_issue(connection, "weekly", NOW, DigestOutcome.SKIPPED, NOW)
        assert digests.add_issue(connection, "weekly", LATER, DigestOutcome.SKIPPED, NOW, "too few")
    with database.read() as connection:
        found = digests.issues_since(connection, "weekly", NOW)
        assert [(row.outcome, row.name, row.state, row.reason) for row in found.values()] == [
            ("prepared", "weekly-1", "sending", ""),
            ("skipped", "", "", "too few"),
        ]
        assert list(digests.issues_since(connection, "weekly", LATER)) == [LATER]
        assert digests.last_sent(connection, "weekly") == NOW
        assert digests.last_sent(connection, "other") is None


def test_nothing_is_noted_when_the_transaction_fails(database):
    with suppress(ZeroDivisionError), database.write() as connection:
        digests.one_at_a_time(connection)
        digests.add_issue(connection, "weekly", NOW, DigestOutcome.MISSED, NOW)
        raise ZeroDivisionError
    with database.read() as connection:
        assert digests.issues_since(connection, "weekly", NOW) == {}


def test_which_campaigns_have_carried_an_article(database):
    with database.write() as connection:
        one = campaign(connection, "a", ["one", "two"], launched=NOW)
        two = campaign(connection, "b", ["one"], CampaignKind.ANNOUNCEMENT, launched=LATER)
        campaign(connection, "c", ["one"], CampaignKind.REMINDER, launched=LATER)
        campaign(connection, "d", ["one"], launched=LATER, public=False)
        draft = campaign(connection, "e", ["one", "three"], digest="weekly")
        own = campaign(connection, "f", ["one"])
    with database.read() as connection:
        found = [(name, at, content.articles) for name, at, content in public_issues(connection)]
        assert found == [("a", NOW, ("one", "two"))]
        carried = launched_with(connection, {"one", "two", "three"})
        assert carried["two"] == [one]
        assert {one, two} < set(carried["one"])
        assert len(carried["one"]) == 3
        assert "three" not in carried
        assert waiting_with(connection, {"one"}, (CampaignState.DRAFT,)) == {"one": [draft, own]}
        assert waiting_with(connection, {"one"}, (CampaignState.DRAFT,), digests=True) == {"one": [draft]}
        assert waiting_with(connection, {"one"}, (CampaignState.APPROVED,)) == {}


@pytest.mark.parametrize("trouble", ["", "451 try later"])
def test_a_notice_waits_until_it_is_sent(database, trouble):
    notice = notices.NoticeRow("issue:x", "ada@example.org", "en", "Subject", "Words", NOW)
    with database.write() as connection:
        assert notices.add_notice(connection, notice)
        assert not notices.add_notice(connection, notice)
        assert notices.waiting_notices(connection, NOW) == [notice]
        assert notices.waiting_notices(connection, LATER) == []
        notices.settle_notice(connection, notice, None if trouble else LATER, trouble)
        assert notices.waiting_notices(connection, NOW) == ([notice] if trouble else [])
