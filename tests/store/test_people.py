"""People in the store: what is known of them, what they said, and the list of addresses never to be mailed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import ENDING, Deadline, DeadlineMark
from newsletter.core.subscriber import Standing
from newsletter.store import people
from newsletter.store.deadlines import add_deadline, change_deadline, find_deadline, list_deadlines

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)
KEY = "call/closing"
ADA = people.PersonRow(
    address="Ada@example.org",
    key="ada@example.org",
    address_hash=people.hash_address(b"key", "ada@example.org"),
    given_name="Ada",
    language="en",
    country="BE",
    zone="Europe/Brussels",
    joined=NOW,
    source="sign-up form",
    topics=("erasmus", "events"),
    attributes={"kind": "press", "employees": 12},
)
BEN = replace(
    ADA, address="ben@example.net", key="ben@example.net", address_hash="b", given_name="Ben", topics=()
)


@pytest.fixture
def connection(database):
    with database.write() as opened:
        yield opened


def said(connection, identity, *actions):
    for action in actions:
        standing = people.record_consent(connection, identity, action, NOW, source="form")
    return standing


def deadline(key=KEY, **more):
    at = datetime.fromisoformat("2021-10-19T12:00")
    values = {
        "zone": "Europe/Brussels",
        "url": "https://example.org/",
        "audience": "everybody",
        "ladder": (30, 7, 1),
    }
    return Deadline(key, at, **(values | {"planned_at": NOW} | more))


def test_a_person_is_found_by_the_key_of_the_address_and_comes_back_whole(connection):
    identity = people.add_person(connection, ADA)
    assert people.find_by_key(connection, "ada@example.org") == identity
    assert people.find_by_key(connection, "ben@example.net") is None
    row = people.person_row(connection, identity)
    assert (row["address"], row["given_name"], row["zone"]) == ("Ada@example.org", "Ada", "Europe/Brussels")
    assert row["attributes"] == {"kind": "press", "employees": 12}
    assert row["joined"] == NOW
    assert people.topics_of(connection, identity) == ["erasmus", "events"]
    assert people.person_row(connection, identity + 1) is None


def test_a_new_person_is_pending_until_a_consent_says_more(connection):
    assert people.person_row(connection, people.add_person(connection, ADA))["standing"] == Standing.PENDING


def test_an_address_stands_there_once(database):
    with database.write() as connection:
        people.add_person(connection, ADA)
    with pytest.raises(IntegrityError), database.write() as connection:
        people.add_person(connection, ADA)


def test_an_instant_without_a_zone_is_a_fault_of_ours(database):
    with pytest.raises(StatementError, match="needs a zone"), database.write() as connection:
        people.add_person(connection, replace(ADA, joined=NOW.replace(tzinfo=None)))


def test_an_instant_comes_back_in_utc(connection):
    local = datetime(2021, 9, 15, 8, tzinfo=timezone(timedelta(hours=2)))
    identity = people.add_person(connection, replace(ADA, joined=local))
    assert people.person_row(connection, identity)["joined"].isoformat() == "2021-09-15T06:00:00+00:00"


def test_every_consent_event_is_kept_and_the_standing_follows(connection):
    identity = people.add_person(connection, ADA)
    evidence = {"form": "footer", "address": "192.0.2.1"}
    asked = people.record_consent(
        connection, identity, ConsentAction.ASKED, NOW, source="form", wording="I agree", evidence=evidence
    )
    assert asked is Standing.PENDING
    assert said(connection, identity, ConsentAction.GRANTED) is Standing.CONFIRMED
    assert said(connection, identity, ConsentAction.ASKED) is Standing.CONFIRMED
    assert said(connection, identity, ConsentAction.WITHDRAWN) is Standing.UNSUBSCRIBED
    events = people.consents_of(connection, identity)
    assert [event["action"] for event in events] == ["asked", "granted", "asked", "withdrawn"]
    assert (events[0]["wording"], events[0]["evidence"], events[0]["at"]) == ("I agree", evidence, NOW)
    assert people.person_row(connection, identity)["standing"] == Standing.UNSUBSCRIBED


def test_the_consent_of_one_person_is_not_that_of_another(connection):
    ada, ben = people.add_person(connection, ADA), people.add_person(connection, BEN)
    said(connection, ada, ConsentAction.GRANTED)
    assert people.person_row(connection, ben)["standing"] == Standing.PENDING
    since = [people.person_row(connection, one)["granted_at"] for one in (ada, ben)]
    assert since == [NOW, None]
    assert people.count_people(connection) == {"confirmed": 1, "pending": 1}


def test_suppressing_twice_is_the_same_as_once_and_the_first_reason_stays(connection):
    assert people.suppression_of(connection, "hash") is None
    assert people.suppress(connection, "hash", "bounced", NOW)
    assert not people.suppress(connection, "hash", "complaint", NOW + timedelta(days=1))
    assert people.suppression_of(connection, "hash") == ("bounced", NOW)
    assert people.lift_suppression(connection, "hash")
    assert not people.lift_suppression(connection, "hash")
    assert people.suppression_of(connection, "hash") is None


def test_the_suppression_list_shows_addresses_as_far_as_they_are_known(connection):
    people.add_person(connection, ADA)
    people.suppress(connection, ADA.address_hash, "request", NOW)
    people.suppress(connection, "somebody erased", "complaint", NOW + timedelta(days=1))
    listed = people.list_suppressions(connection, 10)
    assert [(row["address"], row["reason"]) for row in listed] == [
        (None, "complaint"),
        ("Ada@example.org", "request"),
    ]
    assert len(people.list_suppressions(connection, 1)) == 1


def test_the_hash_of_an_address_needs_the_key():
    one = people.hash_address(b"key", "ada@example.org")
    assert one == people.hash_address(b"key", "ada@example.org")
    assert (
        len(
            {
                one,
                people.hash_address(b"other", "ada@example.org"),
                people.hash_address(b"key", "b@example.org"),
            }
        )
        == 3
    )
    assert "ada" not in one


@pytest.mark.parametrize("mark", sorted(ENDING))
def test_saying_it_twice_about_a_deadline_is_the_same_as_once(connection, mark):
    add_deadline(connection, deadline())
    identity = people.add_person(connection, ADA)
    assert people.mark_deadline(connection, KEY, identity, mark, NOW)
    assert not people.mark_deadline(connection, KEY, identity, mark, NOW + timedelta(days=1))
    assert people.deadline_marks_of(connection, KEY, identity) == {mark: NOW}
    assert people.clear_deadline_marks(connection, KEY, identity)
    assert not people.clear_deadline_marks(connection, KEY, identity)


def test_a_mark_about_a_deadline_that_is_not_there_is_refused(database):
    with pytest.raises(IntegrityError), database.write() as connection:
        people.mark_deadline(connection, KEY, people.add_person(connection, ADA), DeadlineMark.APPLIED, NOW)


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("", ["Ada", "Ben"]),
        ("ADA@", ["Ada"]),
        ("ben", ["Ben"]),
        ("BEN", ["Ben"]),
        ("%", []),
        ("_", []),
        ("net", ["Ben"]),
    ],
)
def test_people_are_searched_by_address_and_name(connection, search, names):
    people.add_person(connection, BEN)
    people.add_person(connection, replace(ADA, given_name="Ada"))
    assert [row["given_name"] for row in people.list_people(connection, search=search)] == names


def test_a_name_is_found_whatever_its_capitals(connection):
    people.add_person(connection, replace(ADA, key="x@example.org", given_name="Chiara"))
    assert len(people.list_people(connection, search="CHIA")) == 1


def test_topics_pause_and_language_are_the_persons_to_change(connection):
    ada, ben = people.add_person(connection, ADA), people.add_person(connection, BEN)
    people.replace_topics(connection, ada, ["events", "events", "partnerships"])
    people.set_language(connection, ada, "fr")
    people.set_pause(connection, ada, NOW)
    assert people.topics_by_person(connection, [ada, ben]) == {ada: ["events", "partnerships"]}
    row = people.person_row(connection, ada)
    assert (row["language"], row["paused_until"]) == ("fr", NOW)
    people.set_pause(connection, ada, None)
    people.replace_topics(connection, ada, [])
    assert people.person_row(connection, ada)["paused_until"] is None
    assert people.topics_of(connection, ada) == []


def test_a_deadline_that_is_stored_comes_back_and_moves_once(connection):
    first = deadline()
    add_deadline(connection, first)
    assert find_deadline(connection, KEY) == first
    assert find_deadline(connection, KEY).planned_at == NOW
    assert find_deadline(connection, "other") is None
    later = datetime.fromisoformat("2021-10-26T12:00")
    moved = replace(first, at=later, former_at=first.at, sequence=1)
    assert change_deadline(connection, moved, before=0)
    assert not change_deadline(connection, moved, before=0)
    assert list_deadlines(connection) == [moved]


def test_deadlines_are_listed_by_their_instants_not_by_their_wall_clocks(connection):
    add_deadline(connection, deadline("a/lisbon", zone="Europe/Lisbon"))
    add_deadline(connection, deadline("b/brussels"))
    assert [one.key for one in list_deadlines(connection)] == ["b/brussels", "a/lisbon"]
