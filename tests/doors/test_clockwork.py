"""The daemon's clockwork on a real clock: an alarm at the instant itself, ticks that somebody watches, a clock that is set."""

from __future__ import annotations

import itertools
import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from engine_house import poll
from sqlalchemy import select

from newsletter.core.deadline import Deadline
from newsletter.core.refusal import ConfigurationRefused
from newsletter.daemon import Daemon, jobs, start_scheduler
from newsletter.daemon.clockwork import run_all_now, watch_clock
from newsletter.daemon.health import health_page, parse_place
from newsletter.daemon.notify import Notifier
from newsletter.daemon.pulse import STALE, Pulse
from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.issues import read_issue
from newsletter.store.deadlines import add_deadline
from newsletter.store.tables import occurrences
from newsletter.wiring import open_office

ISSUE = "september-2021"


@pytest.fixture
def real(workspace, monkeypatch):
    """An office whose clock is the machine's own."""
    monkeypatch.setenv("NEWSLETTER_SECRET", "a key for tests")
    office = open_office(workspace)
    yield office
    office.database.close()


@contextmanager
def _going(daemon):
    scheduler = start_scheduler(daemon)
    try:
        yield scheduler
    finally:
        daemon.stopping.set()
        scheduler.shutdown(wait=True)


def _schedule(office, ahead):
    create_campaign(office, read_issue(office, ISSUE), office.clock())
    approve_campaign(office, ISSUE, "officer", office.clock())
    at = (datetime.now(UTC) + ahead).replace(tzinfo=None)
    return schedule_campaign(office, ISSUE, at, "UTC", office.clock())


def _claimed(office):
    with office.database.read() as connection:
        return connection.scalar(select(occurrences.c.claimed_at))


@pytest.mark.parametrize("deadlines", [0, 1000])
def test_an_occurrence_fires_within_one_second_of_its_instant(real, deadlines, monkeypatch):
    monkeypatch.setattr(jobs, "sync_deadlines", lambda *_: [])  # no article names these deadlines
    far = datetime(2096, 9, 16, 12)  # noqa: DTZ001 - wall-clock
    with real.database.write() as connection:
        for number in range(deadlines):
            at = far + timedelta(hours=number)
            key = f"erasmus-accreditation/d{number}"
            url, ladder = "https://example.org/", (30, 7, 1)
            known = Deadline(
                key, at, "Europe/Brussels", url, "erasmus-interested", ladder, planned_at=real.clock()
            )
            add_deadline(connection, known)
    with _going(Daemon(real)):
        instant = _schedule(real, timedelta(seconds=2.4))
        poll(lambda: _claimed(real) is not None, "the launch")
    late = _claimed(real) - instant
    assert timedelta(0) <= late < timedelta(seconds=1), late


def test_the_plan_is_looked_at_when_there_is_a_reason(office, clock, monkeypatch):
    daemon, looks = Daemon(office), []
    begin = daemon.lookout.look
    monkeypatch.setattr(daemon.lookout, "look", lambda now, wake: looks.append(now) or begin(now, wake))
    clock.set(datetime(2096, 1, 1, tzinfo=UTC))
    daemon.launch()
    daemon.lookout.pause = timedelta(seconds=15)  # as of an office with a large plan
    for _ in range(3):
        clock.set(clock.now + timedelta(seconds=1))
        daemon.launch()
    assert len(looks) == 1, "nothing has changed"
    create_campaign(office, read_issue(office, ISSUE), clock.now)
    approve_campaign(office, ISSUE, "officer", clock.now)
    at = clock.now + timedelta(seconds=5)
    schedule_campaign(office, ISSUE, at.replace(tzinfo=None), "UTC", clock.now)
    daemon.launch()
    assert len(looks) == 2, "something was scheduled"
    assert daemon.next_instant == at
    daemon.launch()
    assert len(looks) == 2
    clock.set(at)
    daemon.launch()
    assert looks[2:] == [at], "it is due"
    assert _claimed(office) == at
    clock.now -= timedelta(hours=1)
    daemon.launch()
    assert len(looks) == 4, "the clock was set back"


def test_jobs_go_on_when_the_clock_was_set_back(real):
    daemon = Daemon(real)
    with _going(daemon) as scheduler:
        poll(lambda: daemon.pulse.at is not None, "the first tick")
        # As after a clock that was set back by an hour: everything is due in an hour only.
        for job in scheduler.get_jobs():
            scheduler.modify_job(job.id, next_run_time=datetime.now(UTC) + timedelta(hours=1))
        last = daemon.pulse.at
        run_all_now(scheduler)
        poll(lambda: daemon.pulse.at > last, "another tick")


def test_a_clock_that_goes_another_way_than_time_is_told():
    stop, told = threading.Event(), []
    # On the wall: half a second, an hour forward, half a second, an hour back.
    wall = itertools.chain([0, 0.5, 3601, 3601.5, 2], itertools.repeat(2.5))
    steady = itertools.chain([0, 0.5, 1, 1.5, 2], itertools.repeat(2.5))

    class Stop:
        def wait(self, _seconds):
            return stop.is_set()

    def jumped(seconds):
        told.append(seconds)
        if len(told) == 2:
            stop.set()

    watch_clock(Stop(), jumped, lambda: next(wall), lambda: next(steady))
    assert told == [3600, -3600]


def _ask(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_health_page_says_how_it_goes():
    seconds = [100.0]
    pulse = Pulse(steady=lambda: seconds[0])
    with health_page(pulse, "127.0.0.1:0") as address:
        assert _ask(address) == (503, pulse.as_dict() | {"status": "starting"})
        pulse.tick(datetime(2021, 9, 16, tzinfo=UTC), None)
        status, told = _ask(address)
        assert (status, told["status"], told["last_tick"]) == (200, "ok", "2021-09-16T00:00:00+00:00")
        assert told["version"]
        assert told["next"] is None
        seconds[0] += STALE.total_seconds() + 1
        assert (_ask(address)[0], _ask(address)[1]["status"]) == (503, "stale")
        pulse.tick(datetime(2021, 9, 16, tzinfo=UTC), None)
        pulse.stopping = True
        assert (_ask(address)[0], _ask(address)[1]["status"]) == (503, "stopping")
        assert _ask(address.replace("/health", "/secrets"))[0] == 404


def test_the_health_page_tells_what_comes_next(office, clock):
    daemon = Daemon(office)
    create_campaign(office, read_issue(office, ISSUE), clock.now)
    approve_campaign(office, ISSUE, "officer", clock.now)
    at = clock.now + timedelta(hours=3)
    schedule_campaign(office, ISSUE, at.replace(tzinfo=None), "UTC", clock.now)
    daemon.launch()
    assert daemon.pulse.as_dict()["next"] == {"campaign": ISSUE, "at": "2021-09-15T09:00:00+00:00"}


@pytest.mark.parametrize(
    "place", ["", "127.0.0.1", "8026", "127.0.0.1:99999", "http://127.0.0.1:80", "::1:80"]
)
def test_a_place_that_is_none_is_refused(place):
    with pytest.raises(ConfigurationRefused, match="no address to listen on"):
        parse_place(place)


def test_a_place_that_is_taken_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigurationRefused, match="Nobody can listen"), health_page(Pulse(), place):
            pass
    assert parse_place("[::1]:80") == ("::1", 80)


@contextmanager
def _supervisor(address):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(address)
        line.settimeout(5)
        yield lambda: line.recv(1000).decode().split("\n")


@pytest.mark.parametrize("abstract", [True, False])
def test_systemd_hears_when_it_is_ready_alive_and_stopping(abstract, tmp_path):
    name = f"newsletter-{os.getpid()}-{time.monotonic_ns()}"
    path = f"@{name}" if abstract else str(tmp_path / "notify")
    with _supervisor(f"\0{name}" if abstract else path) as heard:
        notifier = Notifier.of(
            {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, pid=7
        )
        notifier.ticked()
        assert heard() == ["READY=1", "WATCHDOG=1"]
        notifier.ticked()
        assert heard() == ["WATCHDOG=1"]
        notifier.stopping()
        assert heard() == ["STOPPING=1"]


def test_a_watchdog_that_is_meant_for_another_process_hears_nothing_of_us(tmp_path):
    path = str(tmp_path / "notify")
    with _supervisor(path) as heard:
        notifier = Notifier.of(
            {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, pid=7
        )
        notifier.ticked()
        notifier.ticked()
        notifier.stopping()
        assert [heard(), heard()] == [["READY=1"], ["STOPPING=1"]]


def test_nobody_who_listens_is_no_trouble(tmp_path):
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "none")}, {"NOTIFY_SOCKET": "vsock:2:3"}):
        notifier = Notifier.of(environment)
        notifier.ticked()
        notifier.stopping()


def test_the_supervisor_hears_nothing_when_ticks_do_not_happen(office, tmp_path, monkeypatch):
    daemon = Daemon(office)
    heard = []
    daemon.pulse.heard.append(lambda: heard.append(1))
    tick = daemon.guarded(daemon.launch)
    tick()
    monkeypatch.setattr(daemon.lookout, "is_time", lambda _now: 1 / 0)
    tick()
    assert heard == [1]
