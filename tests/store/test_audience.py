"""The audience: everybody gets a row, with the language of their mail or the reason why there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import Deadline, DeadlineMark
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.core.segment.tree import AllOf, HasTopic, Segment
from newsletter.store import people
from newsletter.store.audience import (
    anybody_told,
    count_mailable,
    forecast_audience,
    freeze_audience,
    was_told,
    withheld_now,
)
from newsletter.store.campaigns import add_campaign, get_campaign
from newsletter.store.deadlines import add_deadline
from newsletter.store.ledger import tally
from newsletter.store.segments import segment_clause
from newsletter.store.tables import deliveries, subscriber_topics, subscribers, suppressions

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
CALL = "call/closing"
SEGMENTS = {
    "everybody": Segment("everybody", AllOf(())),
    "erasmus": Segment("erasmus", HasTopic(("erasmus",))),
    "press": Segment("press", HasTopic(("press",))),
}
GRANTED, WITHDRAWN = ConsentAction.GRANTED, ConsentAction.WITHDRAWN
SENT, UNSURE, FAILED = DeliveryState.SENT, DeliveryState.UNSURE, DeliveryState.FAILED


@pytest.fixture
def connection(database):
    with database.write() as opened:
        at = datetime.fromisoformat("2021-10-19T12:00")
        add_deadline(opened, Deadline(CALL, at, "UTC", "", "everybody", (7,), planned_at=NOW))
        yield opened


def enrol(connection, name, *, language="en", topics=(), consents=(GRANTED,), paused_until=None):
    address = f"{name}@example.org"
    row = people.PersonRow(
        address, address, f"hash of {name}", name, language, "", "", NOW, "form", topics, paused_until
    )
    identity = people.add_person(connection, row)
    for action in consents:
        people.record_consent(connection, identity, action, NOW, source="form")
    return identity


def campaign(connection, name="september", **more):
    content = CampaignContent("issue", ("one",))
    values = {"kind": CampaignKind.ISSUE, "segment": "everybody", "state": CampaignState.SENDING} | more
    draft = Campaign(name, content=content, zone="UTC", lateness=timedelta(hours=6), **values)
    return get_campaign(connection, add_campaign(connection, draft, NOW))


def reminder(connection, sequence, kind=CampaignKind.REMINDER):
    return campaign(connection, f"{kind}-{sequence}", kind=kind, deadline=CALL, sequence=sequence)


def freeze(connection, one, languages=("en", "fr")):
    return freeze_audience(connection, one, SEGMENTS, languages, NOW)


def frozen(connection, one):
    """Language, state and reason of each person's row."""
    row = deliveries.c
    query = select(row.subscriber_id, row.language, row.state, row.withheld).where(row.campaign_id == one.id)
    return {person: tuple(rest) for person, *rest in connection.execute(query)}


def told(connection, one, person, state):
    here = deliveries.c.campaign_id == one.id, deliveries.c.subscriber_id == person
    connection.execute(update(deliveries).where(*here).values(state=state, withheld=None))


def test_everybody_gets_a_row_and_whoever_is_left_out_gets_the_reason(connection):
    later = NOW + timedelta(seconds=1)
    expected = {
        enrol(connection, "ada"): None,
        enrol(connection, "left", consents=(GRANTED, WITHDRAWN)): Withheld.UNSUBSCRIBED,
        enrol(connection, "asked", consents=(ConsentAction.ASKED,)): Withheld.NOT_CONFIRMED,
        enrol(connection, "silent", consents=()): Withheld.NOT_CONFIRMED,
        enrol(connection, "away", paused_until=later): Withheld.PAUSED,
        enrol(connection, "back", paused_until=NOW): None,
        enrol(connection, "bounced"): Withheld.SUPPRESSED,
        enrol(connection, "press", topics=("press",)): Withheld.EXCLUDED,
    }
    people.suppress(connection, "hash of bounced", "bounced", NOW)
    one = campaign(connection, exclude=("press",))
    assert freeze(connection, one) == len(expected)
    assert {person: row[2] for person, row in frozen(connection, one).items()} == expected
    assert all((row[1] == "ready") == (row[2] is None) for row in frozen(connection, one).values())


def test_marks_about_the_deadline_leave_people_out_of_its_reminders_only(connection):
    applied, stopped, ada = (enrol(connection, name) for name in ("applied", "stopped", "ada"))
    people.mark_deadline(connection, CALL, applied, DeadlineMark.APPLIED, NOW)
    people.mark_deadline(connection, CALL, stopped, DeadlineMark.STOPPED, NOW)
    one, other = reminder(connection, 0), campaign(connection)
    freeze(connection, one)
    freeze(connection, other)
    reasons = {person: row[2] for person, row in frozen(connection, one).items()}
    assert reasons == {applied: Withheld.APPLIED, stopped: Withheld.STOPPED, ada: None}
    assert {row[2] for row in frozen(connection, other).values()} == {None}


def test_the_persons_own_word_is_the_reason_that_is_told_first(connection):
    person = enrol(connection, "ada", consents=(GRANTED, WITHDRAWN), paused_until=NOW + timedelta(days=1))
    people.suppress(connection, "hash of ada", "complaint", NOW)
    assert withheld_now(connection, person, NOW) == Withheld.UNSUBSCRIBED
    assert withheld_now(connection, enrol(connection, "ben"), NOW) is None


def test_after_the_deadline_nobody_is_in_the_audience(connection):
    ada = enrol(connection, "ada")
    one = campaign(connection, not_after=NOW)
    freeze(connection, one)
    assert frozen(connection, one)[ada] == ("en", "skipped", Withheld.DEADLINE_PASSED)


def test_the_segment_decides_who_gets_a_row(connection):
    ada = enrol(connection, "ada", topics=("erasmus",))
    enrol(connection, "ben")
    one = campaign(connection, segment="erasmus")
    assert freeze(connection, one) == 1
    assert set(frozen(connection, one)) == {ada}


def test_somebody_excluded_twice_gets_one_row(connection):
    enrol(connection, "ada", topics=("erasmus", "press"))
    one = campaign(connection, exclude=("erasmus", "press"))
    assert freeze(connection, one) == 1


def test_an_audience_is_frozen_once(database, connection):
    enrol(connection, "ada")
    one = campaign(connection)
    freeze(connection, one)
    with pytest.raises(IntegrityError), connection.begin_nested():
        freeze(connection, one)


@pytest.mark.parametrize(
    ("own", "languages", "edition"),
    [
        ("en", ("en", "fr"), "en"),
        ("fr", ("en", "fr"), "fr"),
        ("fr-BE", ("en", "fr"), "fr"),
        ("fr-BE", ("en", "fr", "fr-BE"), "fr-BE"),
        ("de", ("en", "fr"), "en"),
        ("de", ("fr", "en"), "fr"),
        ("", ("en", "fr"), "en"),
        ("frr", ("en", "fr"), "en"),
        ("fr", ("en", "fr-BE"), "en"),
        ("pt-BR", ("en", "pt", "pt-BR"), "pt-BR"),
    ],
)
def test_the_language_of_a_mail_is_the_persons_own_its_base_or_the_first(connection, own, languages, edition):
    ada = enrol(connection, "ada", language=own)
    one = campaign(connection)
    freeze(connection, one, languages)
    assert frozen(connection, one)[ada][0] == edition


def test_a_correction_is_for_those_who_were_told_and_nobody_else(connection):
    names = ("told", "maybe", "failed", "ready", "later")
    told_, maybe, failed, ready, later = (enrol(connection, name) for name in names)
    first = reminder(connection, 0)
    freeze(connection, first)
    told(connection, first, told_, SENT)
    told(connection, first, maybe, UNSURE)  # may have read the former date
    told(connection, first, failed, FAILED)
    second = reminder(connection, 1)
    freeze(connection, second)
    told(connection, second, later, SENT)
    enrol(connection, "new")
    correction = campaign(connection, "correction", kind=CampaignKind.CORRECTION, deadline=CALL, sequence=1)
    assert anybody_told(connection, correction)
    assert freeze(connection, correction) == 2
    assert set(frozen(connection, correction)) == {told_, maybe}
    assert ready not in frozen(connection, correction)


def test_a_correction_goes_to_whoever_left_the_segment_but_not_to_whoever_left_the_list(connection):
    ada, ben = enrol(connection, "ada", topics=("erasmus",)), enrol(connection, "ben", topics=("erasmus",))
    first = reminder(connection, 0)
    freeze(connection, first)
    for person in (ada, ben):
        told(connection, first, person, SENT)
    people.replace_topics(connection, ada, [])
    people.record_consent(connection, ben, WITHDRAWN, NOW, source="one-click")
    correction = campaign(
        connection, "correction", kind=CampaignKind.CORRECTION, segment="erasmus", deadline=CALL, sequence=1
    )
    freeze(connection, correction)
    reasons = {person: row[2] for person, row in frozen(connection, correction).items()}
    assert reasons == {ada: None, ben: Withheld.UNSUBSCRIBED}


def test_a_second_correction_goes_to_those_who_had_the_first(connection):
    ada = enrol(connection, "ada")
    first = reminder(connection, 1, CampaignKind.CORRECTION)
    connection.execute(
        deliveries.insert().values(
            campaign_id=first.id, subscriber_id=ada, state=SENT, language="en", attempts=1, not_before=NOW
        )
    )
    assert anybody_told(connection, replace(first, sequence=2))
    assert not anybody_told(connection, first)
    query = select(subscribers.c.id).where(was_told("another/deadline", 2))
    assert connection.scalar(query) is None


def test_a_correction_corrects_nobody_where_nobody_was_told(connection):
    enrol(connection, "ada")
    correction = campaign(connection, "correction", kind=CampaignKind.CORRECTION, deadline=CALL, sequence=1)
    assert not anybody_told(connection, correction)
    assert freeze(connection, correction) == 0


def test_people_who_may_be_mailed_are_counted(connection):
    enrol(connection, "ada", topics=("erasmus",))
    enrol(connection, "ben", topics=("erasmus",), consents=())
    enrol(connection, "chiara")
    inside = segment_clause(SEGMENTS["erasmus"].where, NOW, SEGMENTS)
    assert count_mailable(connection, inside, NOW) == 1


READERS = st.lists(
    st.fixed_dictionaries(
        {
            "language": st.sampled_from(["en", "fr", "fr-BE", "de", ""]),
            "topics": st.sets(st.sampled_from(["erasmus", "press"])).map(sorted),
            "consents": st.lists(st.sampled_from(ConsentAction), max_size=3),
            "paused_until": st.sampled_from([None, NOW, NOW + timedelta(days=1)]),
        }
    ),
    max_size=6,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    readers=READERS,
    segment=st.sampled_from(sorted(SEGMENTS)),
    exclude=st.lists(st.sampled_from(sorted(SEGMENTS)), unique=True).map(tuple),
    late=st.booleans(),
)
def test_what_was_forecast_is_what_is_frozen(connection, readers, segment, exclude, late):
    for table in (deliveries, subscriber_topics, suppressions):
        connection.execute(delete(table))
    with connection.begin_nested() as attempt:
        for number, reader in enumerate(readers):
            enrol(connection, f"reader{number}", **reader)
        people.suppress(connection, "hash of reader0", "bounced", NOW)
        one = campaign(connection, segment=segment, exclude=exclude, not_after=NOW if late else None)
        expected = forecast_audience(connection, one, SEGMENTS, ("en", "fr"), NOW)
        assert freeze(connection, one) == sum(expected.values())
        counted = {(language, reason): count for _, language, reason, count in tally(connection, one.id)}
        assert counted == expected
        attempt.rollback()
