"""Every engine on every database that it goes with."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from engine_house import AnyPort, Sink, make_house
from throwaway_postgresql import fresh_database

ENGINES = {
    "one worker, SQLite": ("local", 1, "sqlite"),
    "three processes, SQLite": ("local", 3, "sqlite"),
    "three processes, PostgreSQL": ("local", 3, "postgresql"),
    "Procrastinate": ("procrastinate", 1, "postgresql"),
}


@pytest.fixture
def lay_house(workspace, request, monkeypatch):
    """Makes houses: by the engine's kind, how many workers, which database, after how many mails the server waits."""
    monkeypatch.setenv("NEWSLETTER_SECRET", "a key for tests")

    @contextmanager
    def lay(kind, workers, database, hold_after=None):
        url = "sqlite:///var/newsletter.sqlite"
        with contextmanager(fresh)(request, database) as found:
            sink = Sink(hold_after)
            controller = AnyPort(sink, hostname="127.0.0.1", port=0)
            controller.start()
            house = SimpleNamespace(end=lambda: None)
            try:
                house = make_house(
                    workspace, sink, controller.port, kind=kind, workers=workers, database=found or url
                )
                yield house
            finally:
                house.end()
                controller.stop()

    return lay


def fresh(request, database):
    """The URL of a new PostgreSQL database, None for SQLite."""
    if database == "sqlite":
        yield None
        return
    with fresh_database(request.getfixturevalue("postgresql")) as url:
        yield url


@pytest.fixture(params=list(ENGINES))
def engine(request):
    """Kind, number of workers and database of an engine."""
    return ENGINES[request.param]
