"""Reminders of one day in one mail, on both databases: who has more than one, what stands in whose copy, who was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState, RungTold
from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import Deadline, DeadlineMark
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.core.due_mail import DueMail, SharedDay
from newsletter.core.lane import OTHERS
from newsletter.core.schedule import Occurrence
from newsletter.core.segment.tree import AllOf, HasTopic, Segment
from newsletter.store import ledger, people, reminders
from newsletter.store.audience import freeze_merged, freeze_reminder, was_told
from newsletter.store.campaigns import add_campaign, get_campaign, move_campaign
from newsletter.store.deadlines import add_deadline, change_deadline, find_deadline
from newsletter.store.leases import take_lease
from newsletter.store.tables import deliveries, subscribers

NOW = datetime(2021, 10, 12, 7, tzinfo=UTC)
DAY = SharedDay(NOW - timedelta(hours=9), NOW + timedelta(hours=15))
SEGMENTS = {
    "everybody": Segment("everybody", AllOf(())),
    "erasmus": Segment("erasmus", HasTopic(("erasmus",))),
}
ONE, TWO = "call-1/closing", "call-2/closing"
HOUR = timedelta(hours=1)


@pytest.fixture
def connection(database):
    with database.write() as opened:
        for key, audience in ((ONE, "everybody"), (TWO, "erasmus")):
            at = datetime.fromisoformat("2021-10-19T12:00")
            add_deadline(opened, Deadline(key, at, "UTC", "", audience, (7,), planned_at=NOW))
        yield opened


def enrol(connection, name, *topics):
    address = f"{name}@example.org"
    row = people.PersonRow(address, address, name, name, "en", "", "", NOW, "form", topics)
    identity = people.add_person(connection, row)
    people.record_consent(connection, identity, ConsentAction.GRANTED, NOW, source="form")
    return identity


def rung(key, segment, **more):
    content = CampaignContent("reminder", (key.split("/", 1)[0],))
    values = {"deadline": key, "rung": 7, "sequence": 0, "at": datetime.fromisoformat("2021-10-12T07:00")}
    closing = datetime(2021, 10, 19, 12, tzinfo=UTC)
    one = Campaign(
        f"{content.articles[0]}-7",
        CampaignKind.REMINDER,
        content,
        segment,
        "UTC",
        HOUR,
        not_after=closing,
        **values,
    )
    return DueMail(Occurrence(one.name, NOW, HOUR), replace(one, **more), merged=f"{one.name}-merged")


def begun(connection, campaign):
    """Stored and under way."""
    identity = add_campaign(connection, replace(campaign, state=CampaignState.SCHEDULED), NOW)
    before, after = CampaignState.SCHEDULED, CampaignState.SENDING
    assert move_campaign(connection, identity, before, after, launched_at=NOW)
    return get_campaign(connection, identity)


def merge(connection, one, two):
    """The merged mail of both, and then the first rung."""
    told = tuple(RungTold(key, 7, 0) for key in (ONE, TWO))
    both = replace(one.campaign, name=one.merged, deadline="", rung=None, sequence=None)
    merged = begun(connection, replace(both, content=CampaignContent("reminders", ("call-1",), rungs=told)))
    day = replace(DAY, ahead=(two,))
    freeze_merged(connection, merged, one, day, SEGMENTS, ["en"], NOW)
    freeze(connection, one)
    return merged


def freeze(connection, mail):
    stored = begun(connection, mail.campaign)
    freeze_reminder(connection, replace(mail, campaign=stored), DAY, SEGMENTS, ["en"], NOW)
    return stored


def rows_of(connection, name):
    return {
        row["address"][:3]: row["withheld"]
        for row in ledger.list_deliveries(connection)
        if row["campaign"] == name
    }


def claim(connection, merged):
    take_lease(connection, "w", NOW + HOUR)
    return [row.subscriber_id for row in ledger.claim_batch(connection, merged, OTHERS, "w", NOW, 10).rows]


def test_who_is_due_for_both_is_in_the_merged_mail_and_left_out_of_each(connection):
    ada, ben = enrol(connection, "ada", "erasmus"), enrol(connection, "ben")
    one, two = rung(ONE, "everybody"), rung(TWO, "erasmus")
    assert reminders.sharing(connection, one, [two], SEGMENTS, NOW) == [two]
    merged = merge(connection, one, two)
    freeze(connection, two)
    assert rows_of(connection, one.merged) == {"ada": None}
    assert rows_of(connection, "call-1-7") == {"ada": "merged", "ben": None}
    assert rows_of(connection, "call-2-7") == {"ada": "merged"}
    assert reminders.told_deadlines(connection, merged.id, [ada, ben]) == {ada: frozenset({ONE, TWO})}


def test_nobody_shared_is_nothing_to_merge(connection):
    enrol(connection, "ada", "erasmus")
    people.mark_deadline(connection, TWO, 1, DeadlineMark.STOPPED, NOW)
    assert reminders.sharing(connection, rung(ONE, "everybody"), [rung(TWO, "erasmus")], SEGMENTS, NOW) == []


@pytest.mark.parametrize("what", ["applied", "later", "moved"])
def test_what_happens_before_the_hand_over_is_left_out_of_the_copy(connection, what):
    ada = enrol(connection, "ada", "erasmus")
    one, two = rung(ONE, "everybody"), rung(TWO, "erasmus")
    merged = merge(connection, one, two)
    if what == "applied":
        people.mark_deadline(connection, TWO, ada, DeadlineMark.APPLIED, NOW)
    elif what == "later":
        assert reminders.put_off(connection, TWO, ada, NOW + timedelta(days=2), NOW)
        assert not reminders.put_off(connection, TWO, ada, NOW + timedelta(days=2), NOW)
    else:
        moved = replace(find_deadline(connection, TWO), sequence=1)
        assert change_deadline(connection, moved, 0)
    assert claim(connection, merged) == [ada]
    assert reminders.told_deadlines(connection, merged.id, [ada]) == {ada: frozenset({ONE})}


def test_a_copy_of_which_nothing_is_left_is_withheld(connection):
    ada = enrol(connection, "ada", "erasmus")
    one, two = rung(ONE, "everybody"), rung(TWO, "erasmus")
    merged = merge(connection, one, two)
    for key in (ONE, TWO):
        people.mark_deadline(connection, key, ada, DeadlineMark.STOPPED, NOW)
    assert claim(connection, merged) == []
    assert rows_of(connection, one.merged) == {"ada": Withheld.STOPPED}


def test_a_correction_reaches_those_whose_copy_told_the_deadline(connection):
    ada, ben = enrol(connection, "ada", "erasmus"), enrol(connection, "ben", "erasmus")
    merged = merge(connection, rung(ONE, "everybody"), rung(TWO, "erasmus"))
    people.mark_deadline(connection, TWO, ben, DeadlineMark.APPLIED, NOW)
    claim(connection, merged)

    def told(key):
        query = select(subscribers.c.id).where(was_told(key, 1)).order_by(subscribers.c.id)
        return list(connection.scalars(query))

    assert told(TWO) == []
    connection.execute(
        update(deliveries).where(deliveries.c.campaign_id == merged.id).values(state=DeliveryState.SENT)
    )
    assert (told(ONE), told(TWO)) == ([ada, ben], [ada])


def test_who_was_reminded_today_is_reminded_of_the_other_tomorrow(connection):
    ada = enrol(connection, "ada", "erasmus")
    freeze(connection, rung(ONE, "everybody"))
    two = freeze(connection, rung(TWO, "erasmus"))
    assert rows_of(connection, "call-2-7") == {"ada": Withheld.ONE_A_DAY}
    tomorrow = NOW + timedelta(days=1)
    for _ in range(2):
        assert reminders.postpone(connection, two, tomorrow, NOW) == 1
    assert reminders.wished_moments(connection) == {TWO: [tomorrow]}
    assert reminders.wished_until(connection, TWO, ada) is None
    people.mark_deadline(connection, TWO, ada, DeadlineMark.APPLIED, NOW)
    assert reminders.wished_moments(connection) == {}


def test_launches_of_reminders_wait_for_each_other(database):
    """One at a time, on PostgreSQL by a lock of their own; it is free again when the transaction ends."""
    for _ in range(2):
        with database.write() as connection:
            reminders.in_turn(connection)
            reminders.in_turn(connection)
