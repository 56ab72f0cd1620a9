"""Erasing on both databases: nothing of the person stays in any table, and the numbers of the ledger stay."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from newsletter.core.consent import ConsentAction
from newsletter.core.segment.tree import AllOf, HasTopic, NoneOf
from newsletter.store import people
from newsletter.store.erasure import ERASED, erase_person
from newsletter.store.segments import count_segment, segment_clause
from newsletter.store.tables import consents, metadata

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


@pytest.fixture
def identities(database):
    with database.write() as connection:
        found = []
        for name in ("Ada", "Ben"):
            address = f"{name.lower()}@example.org"
            row = people.PersonRow(
                address, address, f"hash of {name}", name, "en", "BE", "", NOW, "form", ("erasmus",),
                attributes={"organisation": f"House of {name}"},
            )  # fmt: skip
            found.append(people.add_person(connection, row))
            people.record_consent(connection, found[-1], ConsentAction.GRANTED, NOW, source="form")
    return found


def test_the_person_is_gone_and_the_other_is_as_before(database, identities):
    ada, ben = identities
    with database.write() as connection:
        before = people.person_row(connection, ben)
        counts = erase_person(connection, ada, NOW)
        assert counts["subscriber_topics"] == 1
        assert erase_person(connection, ada, NOW) == {}, "twice is once"
    with database.read() as connection:
        assert people.person_row(connection, ada) is None
        assert people.person_row(connection, ben) == before
        assert people.find_by_key(connection, "ada@example.org") is None
        assert people.suppression_of(connection, "hash of Ada")[0] == ERASED
        assert people.count_people(connection) == {"confirmed": 1}
        stored = [
            str(tuple(row)).lower()
            for table in metadata.sorted_tables
            if table.name != "suppressions"
            for row in connection.execute(select(table))
        ]
    assert not [row for row in stored if "ada" in row]


def test_an_erased_person_is_in_no_segment(database, identities):
    with database.write() as connection:
        erase_person(connection, identities[0], NOW)
    with database.read() as connection:
        for node in (AllOf(()), NoneOf((HasTopic(("erasmus",)),))):
            here = segment_clause(node, NOW, {})
            assert count_segment(connection, here) == (1 if isinstance(node, AllOf) else 0)


def test_events_stay_as_they_are_after_an_erasure(database, identities):
    ada = identities[0]
    with database.write() as connection:
        erase_person(connection, ada, NOW)
    with database.read() as connection:
        events = [(event["action"], event["source"]) for event in people.consents_of(connection, ada)]
    assert events == [("granted", "form"), ("withdrawn", "erasure")]
    with pytest.raises(DatabaseError), database.write() as connection:
        connection.execute(update(consents).where(consents.c.subscriber_id == ada).values(source=""))
