"""A copy of the database has every row of it, from SQLite and from PostgreSQL, and the original stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import Deadline
from newsletter.store.campaigns import add_campaign
from newsletter.store.deadlines import add_deadline
from newsletter.store.engine import newest_revision, open_database
from newsletter.store.people import PersonRow, add_person, record_consent
from newsletter.store.replica import replicate
from newsletter.store.tables import metadata

NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)


def dump(database):
    with database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in metadata.sorted_tables
        }


def _fill(database):
    with database.write() as connection:
        for name in ("ada", "ben", "chiara"):
            row = PersonRow(
                f"{name}@example.org", f"{name}@example.org", name, name, "en", "", "", NOW, "form"
            )
            identity = add_person(connection, row)
            record_consent(
                connection, identity, ConsentAction.GRANTED, NOW, source="form", evidence={"é": [1, None]}
            )
        at = datetime(2021, 10, 19, 12)  # noqa: DTZ001 - wall-clock
        add_deadline(connection, Deadline("a/b", at, "UTC", "", "press", (30, 7, 1), planned_at=NOW))
        content = CampaignContent("issue", ("a",), subjects={"fr": "Été"})
        add_campaign(
            connection, Campaign("c", CampaignKind.ISSUE, content, "press", "UTC", timedelta(hours=6)), NOW
        )


def test_a_replica_has_every_row_and_the_original_is_unchanged(database, tmp_path):
    _fill(database)
    before = dump(database)
    replicate(database, tmp_path / "replica.sqlite")
    assert dump(database) == before
    copy = open_database("sqlite:///replica.sqlite", tmp_path)
    assert copy.kind == "sqlite"
    assert copy.revision() == newest_revision()
    assert dump(copy) == before
    assert sum(map(len, before.values())) >= 8
    copy.close()
