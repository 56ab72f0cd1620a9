"""SIGKILL for workers, for the database server and for the mail server: nobody is lost, nobody gets a mail twice."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from storm import CONNECTIONS, storm_in
from throwaway_postgresql import Server, fresh_database

pytestmark = pytest.mark.crash

LONG = int(os.environ.get("NEWSLETTER_CRASH_ROUNDS", "1")) > 1
SQLITE = "sqlite:///var/newsletter.sqlite"
# Engine, workers, database; kills and deliveries of the long form: 50 kills over 20,000 deliveries.
COMBINATIONS = {
    "local pool, SQLite": ("local", "sqlite", 17, 6800),
    "local pool, PostgreSQL": ("local", "postgresql", 17, 6800),
    "Procrastinate, PostgreSQL": ("procrastinate", "postgresql", 16, 6400),
}
SHORT_KILLS, SHORT_PEOPLE = 2, 400


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SECRET", "a key for tests")


@pytest.fixture
def server(postgresql):
    """A PostgreSQL server of the test's own, which it may kill; `postgresql` says whether there is any."""
    with tempfile.TemporaryDirectory(prefix="newsletter-postgresql-") as folder:
        made = Server(Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.stop()


@contextmanager
def _storm(workspace, request, name, count):
    kind, database, _, _ = COMBINATIONS[name]
    fresh = request.getfixturevalue("postgresql_tables")() if database == "postgresql" else None
    workers = 2 if kind == "local" else 1
    with (
        fresh or nullcontext(SQLITE) as url,
        storm_in(workspace, name, kind=kind, workers=workers, database=url, count=count) as storm,
    ):
        yield storm


@pytest.mark.parametrize("name", list(COMBINATIONS))
def test_killed_workers_lose_nobody_and_mail_nobody_twice(workspace, request, name):
    _, _, kills, count = COMBINATIONS[name]
    if not LONG:
        kills, count = SHORT_KILLS, SHORT_PEOPLE
    with _storm(workspace, request, name, count) as storm:
        storm.begin()
        storm.kill_workers(kills, seed=name)
        verdict = storm.finish()
    assert verdict.kills == kills
    # With the journal at most one for each connection is in doubt.
    verdict.hold(most_unsure=kills * CONNECTIONS)


@pytest.mark.parametrize(
    ("kind", "how", "away"),
    [("local", "kill", 0.0), ("procrastinate", "kill", 0.0), ("local", "stop", 3.0)],
    ids=["killed, local pool", "killed, Procrastinate", "gone for a while"],
)
def test_the_database_server_goes_and_comes_back(workspace, server, kind, how, away):
    count, times = (3000, 5) if LONG else (400, 1)
    workers = 2 if kind == "local" else 1
    name = f"database {how}, {kind}"
    with (
        fresh_database(server.url) as url,
        storm_in(workspace, name, kind=kind, workers=workers, database=url, count=count) as storm,
    ):
        storm.begin()
        for number in range(times):
            storm.wait_taken(int(count * 0.8 * (number + 0.5) / times))
            getattr(server, how)()
            storm.kills += 1
            threading.Event().wait(away)  # being away is what is tested
            server.start()
        verdict = storm.finish()
    # Nobody has died who knew what was answered.
    verdict.hold(most_unsure=0)


@pytest.mark.parametrize("name", list(COMBINATIONS))
def test_the_mail_server_is_killed_and_comes_back(workspace, request, name):
    count, times = (3000, 5) if LONG else (400, 1)
    with _storm(workspace, request, name, count) as storm:
        storm.begin()
        for number in range(times):
            storm.wait_taken(int(count * 0.8 * (number + 0.5) / times))
            storm.house.sink.kill()
            storm.kills += 1
            storm.house.sink.start()
        verdict = storm.finish()
    # Two workers, and on each of their connections one whose content was on the wire.
    verdict.hold(most_unsure=2 * times * CONNECTIONS)
