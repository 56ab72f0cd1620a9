"""Both databases open, upgrade, and refuse what the schema forbids."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DatabaseError

from newsletter.core.refusal import ConfigurationRefused
from newsletter.store.engine import newest_revision, open_database
from newsletter.store.people import suppress, suppression_of
from newsletter.store.tables import campaigns


def test_upgrading_brings_the_newest_tables_and_doing_it_again_changes_nothing(database):
    assert database.revision() == newest_revision()
    database.upgrade()
    assert database.revision() == newest_revision()


def test_a_state_that_is_none_is_refused_by_the_database(database):
    wrong = {
        "name": "x",
        "kind": "issue",
        "state": "flying",
        "content": {},
        "segment": "s",
        "exclude": [],
        "sender": "d",
    }
    wrong |= {"zone": "UTC", "lateness": 1, "deadline": "", "approved_by": "", "created_at": None}
    with pytest.raises(DatabaseError), database.write() as connection:
        connection.execute(insert(campaigns).values(wrong))


def suppress_and_fail(database):
    with database.write() as connection:
        suppress(connection, "a hash", "request", datetime(2021, 9, 16, tzinfo=UTC))
        raise RuntimeError


def test_a_failed_transaction_leaves_nothing_behind(database):
    with pytest.raises(RuntimeError):
        suppress_and_fail(database)
    with database.read() as connection:
        assert suppression_of(connection, "a hash") is None


@pytest.mark.parametrize(
    "url", ["sqlite:////proc/none/x.sqlite", "nonsense", "postgresql+psycopg://a@127.0.0.1:1/x"]
)
def test_a_database_that_does_not_open_says_where_to_look(url, tmp_path):
    with pytest.raises(ConfigurationRefused, match="database"):
        open_database(url, tmp_path)


def test_an_insert_says_how_many_rows_are_ours(database):
    moment = datetime(2021, 9, 16, tzinfo=UTC)
    with database.write() as connection:
        assert suppress(connection, "a hash", "request", moment)
        assert not suppress(connection, "a hash", "request", moment)
