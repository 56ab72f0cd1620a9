"""Migrations build exactly the tables that the program thinks it has, and the database guards the evidence."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, delete, inspect, text, update
from sqlalchemy.exc import DatabaseError
from throwaway_postgresql import fresh_database

from newsletter.core.consent import ConsentAction
from newsletter.core.refusal import ConfigurationRefused
from newsletter.store import feed_tables  # noqa: F401 - its tables are among those that are compared
from newsletter.store.click_tables import link_counts
from newsletter.store.daemon_tables import absences  # noqa: F401 - a part of the metadata
from newsletter.store.engagement_tables import engagements
from newsletter.store.engine import newest_revision, open_database
from newsletter.store.every_table import metadata
from newsletter.store.people import PersonRow, add_person, consents_of, record_consent
from newsletter.store.reminder_tables import reminder_parts
from newsletter.store.tables import consents, subscribers

HOUSE = Path(__file__).parents[2]
UPGRADE = (
    "import sys, pathlib; from newsletter.store.engine import open_database; "
    "open_database(sys.argv[1], pathlib.Path()).upgrade()"
)
NOW = datetime(2021, 9, 15, 6, tzinfo=UTC)


def checks(connection):
    """Every CHECK of every table, by table and name; alembic does not compare them."""
    found = inspect(connection)
    return {
        (table, check["name"]): check["sqltext"]
        for table in metadata.tables
        for check in found.get_check_constraints(table)
    }


def enrolled(database):
    row = PersonRow("ada@example.org", "ada@example.org", "hash", "Ada", "en", "", "", NOW, "form")
    with database.write() as connection:
        identity = add_person(connection, row)
        record_consent(connection, identity, ConsentAction.GRANTED, NOW, source="form")
    return identity


def test_the_migrated_tables_are_the_tables_of_the_program(database):
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert {reminder_parts.name, engagements.name, link_counts.name} <= set(metadata.tables)


def test_the_migrated_checks_are_the_checks_of_the_program(tmp_path):
    migrated = open_database("sqlite:///migrated.sqlite", tmp_path)
    migrated.upgrade()
    made = create_engine(f"sqlite:///{tmp_path / 'made.sqlite'}")
    metadata.create_all(made)
    with migrated.read() as one, made.connect() as two:
        assert checks(one) == checks(two)
        assert len(checks(one)) >= 9
    migrated.close()
    made.dispose()


@pytest.mark.parametrize(
    "change",
    [
        update(consents).values(action=ConsentAction.WITHDRAWN),
        update(consents).values(at=NOW),
        update(consents).values(wording="other words"),
        delete(consents),
        delete(subscribers),
    ],
)
def test_consent_events_can_be_neither_changed_nor_deleted(database, change):
    identity = enrolled(database)
    with pytest.raises(DatabaseError), database.write() as connection:
        connection.execute(change)
    with database.read() as connection:
        assert [event["action"] for event in consents_of(connection, identity)] == ["granted"]


def test_tables_of_a_newer_program_are_left_alone(database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationRefused, match="newer program"):
        database.upgrade()
    assert database.revision() == "9999"


def test_a_fresh_database_has_no_revision(tmp_path):
    fresh = open_database("sqlite:///fresh.sqlite", tmp_path)
    assert fresh.revision() is None
    fresh.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_that_start_together_both_find_the_newest_tables(kind, request, tmp_path):
    """The daemon and the web side of a new office."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'new.sqlite'}"
        if kind == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgresql")))
        command = [sys.executable, "-c", UPGRADE, url]
        started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=HOUSE) for _ in range(3)]
        complaints = [process.communicate(timeout=60)[1] for process in started]
        assert [process.returncode for process in started] == [0, 0, 0], complaints
        opened = open_database(url, tmp_path)
        stack.callback(opened.close)
        assert opened.revision() == newest_revision()


@pytest.mark.parametrize("content", [b"this is no database, whatever its name says " * 20])
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    (tmp_path / "x.sqlite").write_bytes(content)
    with pytest.raises(ConfigurationRefused, match="does not open"):
        open_database("sqlite:///x.sqlite", tmp_path)


def test_a_piece_of_a_password_is_not_shown(tmp_path):
    with pytest.raises(ConfigurationRefused) as caught:
        open_database("postgresql+psycopg://ada@example.org:correct-horse/x", tmp_path)
    assert "correct-horse" not in str(caught.value)
