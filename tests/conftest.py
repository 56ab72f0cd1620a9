"""What every test may use: a workspace of its own, an office in it, and a clock that stands still."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from playwright.sync_api import sync_playwright
from throwaway_postgresql import Lender, binaries, fresh_database, throwaway_server

from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.starter import lay_out
from newsletter.store.engine import open_database
from newsletter.wiring import open_office

# Tests start the program a hundred times: it need not be compiled anew for each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Shared machines are slow at times; how long an example takes is no fault.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


@pytest.fixture(scope="session")
def chromium():
    """Where Chromium is; without it browser tests are skipped, or fail where everything is required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        reason = "Chromium is not installed (Debian package: chromium)"
        if os.environ.get("NEWSLETTER_TEST_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def browser(chromium):
    """Chromium, started once for each module.

    Not once for the session: while it runs, this thread has a running loop, and `asyncio.run` in the tests of mail servers
    would refuse to begin.
    """
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def postgresql():
    """A throw-away PostgreSQL server; without its binaries tests are skipped, or fail where everything is required."""
    if binaries() is None:
        reason = "PostgreSQL is not installed (Debian package: postgresql)"
        if os.environ.get("NEWSLETTER_TEST_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Not below pytest's own folder: pytest closes that to other users, and the server runs as one.
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-postgresql-") as folder,
        throwaway_server(Path(folder)) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """An SQLite database with the tables and nothing in them: copying it is faster than making them."""
    folder = tmp_path_factory.mktemp("tables")
    made = open_database("sqlite:///empty.sqlite", folder)
    made.upgrade()
    made.close()
    return folder / "empty.sqlite"


@pytest.fixture(scope="session")
def postgresql_tables(postgresql):
    """Lends empty databases that have the tables already, on the throw-away server."""
    with fresh_database(postgresql) as url:
        made = open_database(url, Path())
        made.upgrade()
        made.close()
        with closing(Lender(postgresql, like=url.rsplit("/", 1)[1])) as lender:
            yield lender.lend


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A database with its tables, once on SQLite and once on PostgreSQL: one suite for both."""
    with ExitStack() as stack:
        url = "sqlite:///test.sqlite"
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgresql_tables")())
        else:
            shutil.copyfile(request.getfixturevalue("tables"), tmp_path / "test.sqlite")
        opened = open_database(url, tmp_path)
        stack.callback(opened.close)
        yield opened


@pytest.fixture(autouse=True)
def _a_log_of_its_own():
    """A command that ran in this process leaves its log on a stream that pytest closes."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _no_settings_from_the_shell(monkeypatch):
    for name in list(os.environ):
        if name.startswith("NEWSLETTER_") and not name.startswith("NEWSLETTER_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def starter(tmp_path_factory) -> Path:
    """The starter workspace, laid out once; copy it before changing it."""
    folder = tmp_path_factory.mktemp("starter") / "workspace"
    lay_out(folder)
    return folder


@pytest.fixture
def workspace(starter, tables, tmp_path) -> Path:
    """A workspace of the test's own, with an empty database."""
    folder = Path(shutil.copytree(starter, tmp_path / "workspace", copy_function=shutil.copyfile))
    (folder / "var").mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(tables, folder / "var" / "newsletter.sqlite")
    return folder


@pytest.fixture
def clock() -> SimulatedClock:
    """Stands at 15 September 2021, 08:00 in Brussels, until it is set."""
    return SimulatedClock(datetime(2021, 9, 15, 6, 0, tzinfo=UTC))


@pytest.fixture
def office(workspace, clock):
    """An office in the test's workspace: SQLite, a Maildir in var/outbox, a known key."""
    opened = open_office(workspace, clock, {"secret": "a key for tests"})
    yield opened
    opened.database.close()
