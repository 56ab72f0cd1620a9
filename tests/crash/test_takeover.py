"""Real daemons on a real clock: one takes over from another that was killed, and one that was suspended finds its way back."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from engine_house import House, poll
from sqlalchemy import select

from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.store.occurrences import presences
from newsletter.store.tables import occurrences

pytestmark = pytest.mark.crash

ISSUE = "september-2021"
MOST = timedelta(seconds=15)
"""So soon after the first daemon's death the second one has taken over."""


@pytest.fixture
def house(workspace):
    made = House(workspace, None, workers=1, remote=False)
    with made.office() as office:
        import_people(office, workspace / "subscribers" / "sample.csv", office.clock())
    try:
        yield made
    finally:
        for process in made.processes:
            process.kill()
            process.wait(10)
        made.opened.database.close()


def _alive(house):
    with house.office() as office, office.database.read() as connection:
        return len(presences(connection))


def _approve(house):
    with house.office() as office:
        create_campaign(office, read_issue(office, ISSUE), office.clock())
        approve_campaign(office, ISSUE, "officer", office.clock())


def _schedule(house, ahead):
    with house.office() as office:
        at = (datetime.now(UTC) + timedelta(seconds=ahead)).replace(tzinfo=None)
        return schedule_campaign(office, ISSUE, at, "UTC", office.clock())


def _claims(house):
    with house.office() as office, office.database.read() as connection:
        return [
            tuple(row) for row in connection.execute(select(occurrences.c.state, occurrences.c.claimed_at))
        ]


def test_when_one_daemon_is_killed_just_before_an_instant_the_other_launches(house):
    first, _ = house.start("scheduler"), house.start("scheduler")
    poll(lambda: _alive(house) == 2, lambda: f"two daemons: {house.logs()}", 30)
    _approve(house)
    instant = _schedule(house, 1.5)
    poll(lambda: datetime.now(UTC) > instant - timedelta(seconds=0.2), "the moment before")
    died = datetime.now(UTC)
    first.kill()
    first.wait(10)
    poll(lambda: _claims(house), lambda: f"the launch: {house.logs()}", 30)
    ((state, claimed_at),) = _claims(house)
    assert state == "launched"
    assert claimed_at - max(died, instant) <= MOST


def test_a_suspended_daemon_launches_what_is_due_when_it_comes_back(house):
    process = house.start("scheduler")
    poll(lambda: _alive(house) == 1, lambda: f"the daemon: {house.logs()}", 30)
    _approve(house)
    process.send_signal(signal.SIGSTOP)
    instant = _schedule(house, 0.5)
    poll(lambda: datetime.now(UTC) > instant + timedelta(seconds=2), "the instant to pass")
    assert _claims(house) == []
    back = datetime.now(UTC)
    process.send_signal(signal.SIGCONT)
    poll(lambda: _claims(house), lambda: f"the launch: {house.logs()}", 30)
    ((state, claimed_at),) = _claims(house)
    assert state == "launched"
    assert back - timedelta(seconds=0.1) <= claimed_at <= back + MOST


def test_a_real_daemon_shows_its_health_and_tells_its_supervisor(house, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000000")
        process = house.start("scheduler", "--health", "127.0.0.1:0")
        assert line.recv(1000) == b"READY=1\nWATCHDOG=1"
        assert line.recv(1000) == b"WATCHDOG=1"
        poll(lambda: "http://127" in house.logs(), "the address")
        address = re.search(r"http://127\.0\.0\.1:\d+/health", house.logs())[0]
        with urllib.request.urlopen(address, timeout=5) as answer:
            assert json.load(answer)["status"] == "ok"
        process.terminate()
        said = b""
        until = time.monotonic() + 30
        while said != b"STOPPING=1" and time.monotonic() < until:
            said = line.recv(1000)
        assert said == b"STOPPING=1"
        assert process.wait(20) == 0
