"""The gate has one meaning: the pure function and what the databases ask at launch and at hand-over agree on anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from newsletter.core.campaign import STAY, Campaign, CampaignContent, CampaignKind
from newsletter.core.choice import LETTER_PAUSE, Rhythm
from newsletter.core.consent import ConsentAction, standing_after
from newsletter.core.deadline import PUTTING_OFF, Deadline, DeadlineMark
from newsletter.core.delivery import Withheld
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.may_mail import Purpose, Reachable, may_mail, why_not
from newsletter.core.subscriber import Standing
from newsletter.store import people
from newsletter.store.campaigns import add_campaign
from newsletter.store.deadlines import add_deadline
from newsletter.store.gate import campaign_reason
from newsletter.store.lanes import know_lanes
from newsletter.store.tables import campaigns, deadline_marks, deliveries, subscribers, suppressions

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
KEY, HASH = "call/closing", "hash of Ada"
instants = st.sampled_from([NOW + timedelta(minutes=step) for step in (-60, -1, 0, 1, 60, 120)])
maybe = st.none() | instants
events = st.lists(st.sampled_from(list(ConsentAction)), max_size=4)
marks = st.dictionaries(st.sampled_from(list(DeadlineMark)), instants, max_size=3)
purposes = st.builds(
    Purpose,
    st.sampled_from(list(CampaignKind)),
    st.sampled_from(["", KEY]),
    maybe,
    basis=st.sampled_from(list(LegalBasis)),
)
letters = st.none() | st.sampled_from(
    [NOW - LETTER_PAUSE + timedelta(minutes=step) for step in (-1, 0, 1)] + [NOW - timedelta(days=2)]
)
rhythms = st.sampled_from(list(Rhythm))


@pytest.fixture
def ada(database):
    with database.write() as connection:
        at = datetime.fromisoformat("2027-01-01T12:00")
        add_deadline(connection, Deadline(KEY, at, "UTC", "", "everybody", (7,), planned_at=NOW))
        row = people.PersonRow("ada@example.org", "ada@example.org", HASH, "Ada", "en", "", "", NOW, "form")
        return people.add_person(connection, row)


@pytest.fixture
def former(database, ada):
    """A letter that Ada got, and mails that are none: a reminder, and the question whether she wants to stay."""
    sorts = (
        ("letter", CampaignKind.ISSUE, "issue"),
        ("call-7", CampaignKind.REMINDER, "reminder"),
        ("shall-we-go-on", CampaignKind.ANNOUNCEMENT, STAY),
    )
    with database.write() as connection:
        know_lanes(connection, ["others"])
        for name, kind, template in sorts:
            one = Campaign(name, kind, CampaignContent(template), "everybody", "UTC", timedelta(hours=1))
            identity = add_campaign(connection, one, NOW)
            values = {
                "campaign_id": identity, "subscriber_id": ada, "state": "sent", "language": "en", "lane": "others", "not_before": NOW,
                "attempts": 1, "handed_at": NOW, "settled_at": NOW,
            }  # fmt: skip
            connection.execute(insert(deliveries).values(values))


@given(
    actions=events,
    suppressed=st.booleans(),
    paused=maybe,
    said=marks,
    purpose=purposes,
    rhythm=rhythms,
    last=letters,
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_function_and_the_database_agree(
    database, ada, former, actions, suppressed, paused, said, purpose, rhythm, last
):
    until = {mark: at if mark in PUTTING_OFF else None for mark, at in said.items()}
    standing = standing_after(actions)
    campaign = Campaign(
        "x", purpose.kind, CampaignContent("plain"), "everybody", "UTC", timedelta(hours=1), deadline=purpose.deadline,
        not_after=purpose.not_after, basis=purpose.basis,
    )  # fmt: skip
    with database.write() as connection:
        here = subscribers.c.id == ada
        connection.execute(
            update(subscribers).where(here).values(standing=standing, paused_until=paused, rhythm=rhythm)
        )
        letter = select(campaigns.c.id).where(campaigns.c.name == "letter").scalar_subquery()
        connection.execute(
            update(deliveries).where(deliveries.c.campaign_id == letter).values(handed_at=last)
        )
        connection.execute(delete(suppressions))
        connection.execute(delete(deadline_marks))
        if suppressed:
            people.suppress(connection, HASH, "bounced", NOW)
        for mark, at in until.items():
            values = {"deadline": KEY, "subscriber_id": ada, "mark": mark, "at": NOW, "until": at}
            connection.execute(insert(deadline_marks).values(values))
        asked = connection.scalar(select(campaign_reason(campaign, NOW)).where(here))
    person = Reachable(standing, suppressed, paused, until, rhythm, last)
    purpose = replace(purpose, is_letter=campaign.is_letter)
    assert why_not(person, purpose, NOW) == asked
    assert may_mail(person, purpose, NOW) is (asked is None)


@given(actions=events, purpose=purposes)
def test_nobody_is_mailed_without_a_recorded_basis_or_after_they_left(actions, purpose):
    person = Reachable(standing_after(actions))
    if may_mail(person, purpose, NOW) and purpose.kind is not CampaignKind.SYSTEM:
        recorded = {ConsentAction.GRANTED, ConsentAction.WITHDRAWN}
        kept = [action for action in actions if action in recorded] or actions
        if purpose.basis is LegalBasis.CONSENT:
            assert kept[-1] is ConsentAction.GRANTED
        else:
            assert kept[-1] is ConsentAction.GRANTED or (
                ConsentAction.INFORMED in actions and ConsentAction.WITHDRAWN not in actions
            )


def test_a_persons_own_word_comes_first():
    everything = Reachable(Standing.UNSUBSCRIBED, is_suppressed=True, paused_until=NOW + timedelta(days=1))
    assert why_not(everything, Purpose(CampaignKind.ISSUE), NOW) is Withheld.UNSUBSCRIBED


def test_an_answer_goes_to_who_asked_for_it_and_to_nobody_who_left():
    answer = Purpose(CampaignKind.SYSTEM)
    assert may_mail(Reachable(Standing.PENDING, paused_until=NOW + timedelta(days=1)), answer, NOW)
    assert may_mail(Reachable(Standing.INFORMED), answer, NOW)
    assert not may_mail(Reachable(Standing.UNSUBSCRIBED), answer, NOW)
    assert not may_mail(Reachable(Standing.PENDING, is_suppressed=True), answer, NOW)
