"""Every engine on every database that it goes with."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from engine_house import AnyPort, Sink, make_house

from newsletter.wiring import open_office, prepare_engine

ENGINES = {
    "one worker, SQLite": ("local", 1, "sqlite"),
    "two processes, SQLite": ("local", 2, "sqlite"),
    "two processes, PostgreSQL": ("local", 2, "postgresql"),
    "Procrastinate": ("procrastinate", 1, "postgresql"),
}


@pytest.fixture
def lay_house(workspace, request, monkeypatch):
    """Makes houses: by the engine's kind, how many workers, which database, after how many mails the server waits."""
    monkeypatch.setenv("NEWSLETTER_SECRET", "a key for tests")

    @contextmanager
    def lay(kind, workers, database, hold_after=None):
        with _fresh(request, database) as url:
            sink = Sink(hold_after)
            controller = AnyPort(sink, hostname="127.0.0.1", port=0)
            controller.start()
            house = SimpleNamespace(end=lambda: None)
            try:
                house = make_house(workspace, sink, controller.port, kind=kind, workers=workers, database=url)
                yield house
            finally:
                house.end()
                controller.stop()

    return lay


@contextmanager
def _fresh(request, database):
    """The URL of a new database."""
    if database == "sqlite":
        yield "sqlite:///var/newsletter.sqlite"
        return
    with request.getfixturevalue("postgresql_tables")() as url:
        yield url


@pytest.fixture
def machines(workspace, request, monkeypatch):
    """An office whose engine is Procrastinate's, with its tables, and nobody at work."""
    monkeypatch.setenv("NEWSLETTER_SECRET", "a key for tests")
    monkeypatch.setenv("NEWSLETTER_ENGINE__KIND", "procrastinate")
    with _fresh(request, "postgresql") as url:
        monkeypatch.setenv("NEWSLETTER_DATABASE", url)
        office = open_office(workspace)
        prepare_engine(office)
        yield office
        office.database.close()


@pytest.fixture(params=list(ENGINES))
def engine(request):
    """Kind, number of workers and database of an engine."""
    return ENGINES[request.param]
