"""What readers chose on their pages, on both databases: evidence that stays, and what goes with a refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.choice import LeavingReason, TrackingChoice
from newsletter.core.engagement import EngagementKind
from newsletter.store import choices, people
from newsletter.store.campaigns import add_campaign
from newsletter.store.choice_tables import leaving_reasons, tracking_choices
from newsletter.store.engagement_tables import engagements
from newsletter.store.engagements import record_engagement
from newsletter.store.erasure import erase_person

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


@pytest.fixture
def ada(database):
    with database.write() as connection:
        address = "ada@example.org"
        row = people.PersonRow(address, address, "hash", "Ada", "en", "BE", "", NOW, "form")
        letter = CampaignContent("issue", ("article",), 1, {"en": "The letter"})
        add_campaign(
            connection,
            Campaign("letter", CampaignKind.ISSUE, letter, "all", "UTC", timedelta(hours=6)),
            NOW,
        )
        return people.add_person(connection, row)


def _choose(connection, ada, choice, at=NOW):
    choices.choose_tracking(
        connection, ada, choice, at, wording="So be it.", evidence={"form": "preferences"}
    )


def test_a_refusal_forgets_what_was_seen_and_keeps_what_was_chosen(database, ada):
    with database.write() as connection:
        _choose(connection, ada, TrackingChoice.ALLOWED)
        assert people.person_row(connection, ada)["tracking_at"] == NOW
        for kind in EngagementKind:
            record_engagement(connection, ada, 1, kind, NOW)
        _choose(connection, ada, TrackingChoice.REFUSED, NOW + timedelta(days=1))
    with database.read() as connection:
        assert people.person_row(connection, ada)["tracking_at"] is None
        assert list(connection.scalars(select(engagements.c.kind))) == ["replied"]
        told = choices.tracking_choices_of(connection, ada)
    assert [(row["choice"], row["wording"]) for row in told] == [
        ("allowed", "So be it."),
        ("refused", "So be it."),
    ]


@pytest.mark.parametrize(
    "change",
    [update(tracking_choices).values(wording="other"), delete(tracking_choices)],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_change_what_was_chosen(database, ada, change):
    with database.write() as connection:
        _choose(connection, ada, TrackingChoice.ALLOWED)
    with pytest.raises(DatabaseError, match="append-only"), database.write() as connection:
        connection.execute(change)


def test_reasons_are_counted_and_the_last_word_counts(database, ada):
    with database.write() as connection:
        for reason in (LeavingReason.OTHER, LeavingReason.TOO_MUCH):
            choices.note_leaving_reason(connection, ada, reason, NOW)
    with database.read() as connection:
        assert choices.leaving_reason_of(connection, ada, NOW) is LeavingReason.TOO_MUCH
        assert choices.leaving_reason_of(connection, ada, NOW + timedelta(seconds=1)) is None
        counts = choices.count_leaving_reasons(connection, NOW - timedelta(days=1))
    assert counts == dict.fromkeys(LeavingReason, 0) | {LeavingReason.TOO_MUCH: 1}


def test_the_reason_goes_with_the_person(database, ada):
    with database.write() as connection:
        _choose(connection, ada, TrackingChoice.ALLOWED)
        choices.note_leaving_reason(connection, ada, LeavingReason.OTHER, NOW)
        assert erase_person(connection, ada, NOW)["leaving_reasons"] == 1
        assert list(connection.execute(select(leaving_reasons))) == []
