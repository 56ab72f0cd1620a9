"""Real schedulers on one database, stopped and killed in the middle of their work, while somebody else counts."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller

from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.wiring import open_office

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.crash

ISSUE = "september-2021"
REMINDER = "erasmus-accreditation-accreditation-reminder-1"
PEOPLE = [f"person{number}@example.org" for number in range(200)]
CONNECTIONS = 4  # of each process, as in the sample configuration; on each one message may be in doubt
ROUNDS = int(os.environ.get("NEWSLETTER_CRASH_ROUNDS", "1"))
PATIENCE = 30.0  # seconds after which a test gives up; none comes near it


def _poll(condition, what):
    """Wait for a condition; the pause between two looks is no part of what is tested."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail(f"waited {PATIENCE} s for {what}")


class Sink:
    """A mail server that counts what it has answered for, and is no part of the program."""

    def __init__(self):
        self.deliveries = Counter()
        self._lock = threading.Lock()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        campaign = message_from_bytes(envelope.content)["X-Campaign"]
        with self._lock:
            self.deliveries.update((campaign, recipient) for recipient in envelope.rcpt_tos)
        return "250 2.0.0 taken"


class _AnyPort(Controller):
    """Listens on a port that the system chooses; aiosmtpd's own controller would look for it on port 0."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@dataclass
class House:
    """A workspace with people, and the schedulers that were started in it."""

    workspace: Path
    sink: Sink | None
    processes: list[subprocess.Popen] = field(default_factory=list)

    def start(self):
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")
        }
        log = (self.workspace / f"scheduler-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "newsletter", "--workspace", str(self.workspace), "scheduler"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.processes.append(process)
        return process

    def ask(self, query, *values):
        with closing(sqlite3.connect(self.workspace / "var" / "newsletter.sqlite", timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def states(self, campaign=ISSUE):
        query = (
            "SELECT d.state, count(*) FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id "
            "WHERE c.name = ? GROUP BY d.state"
        )
        return Counter(dict(self.ask(query, campaign)))

    def beats(self):
        return self.ask("SELECT count(*) FROM heartbeats")[0][0]

    def received(self, campaign=ISSUE):
        """How often each person got the campaign, by the word of the other side."""
        if self.sink is not None:
            return Counter({who: n for (name, who), n in self.sink.deliveries.items() if name == campaign})
        found = Counter()
        for path in (self.workspace / "var" / "outbox" / "new").iterdir():
            message = message_from_bytes(path.read_bytes())
            if message["X-Campaign"] == campaign:
                found[message["To"].rpartition("<")[2].rstrip(">")] += 1
        return found

    def settled(self, campaign=ISSUE):
        states = self.states(campaign)
        return bool(states) and not states.keys() & {"ready", "handing"}

    def wait_settled(self, campaign=ISSUE):
        _poll(lambda: self.settled(campaign), f"the end of {campaign}: {self.logs()}")

    def wait_sent(self, count, campaign=ISSUE):
        _poll(lambda: self.states(campaign)["sent"] >= count, f"{count} mails of {campaign}")

    def logs(self):
        return "\n".join(path.read_text() for path in self.workspace.glob("scheduler-*.log"))

    def kill_all(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(10)


def _configure(workspace, lines):
    path = workspace / "config.yaml"
    text = (
        path.read_text(encoding="utf-8").replace("lease: 2m", "lease: 2s").replace("batch: 500", "batch: 20")
    )
    path.write_text(text.replace("  kind: folder\n  path: var/outbox\n", lines), encoding="utf-8")


def _people(workspace, office):
    path = workspace / "people.csv"
    head = "email,language,topics,consent_source,consent_date,consent_wording"
    rows = [f"{who},{'en' if n % 2 else 'fr'},erasmus,form,2021-01-05,Yes" for n, who in enumerate(PEOPLE)]
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    assert import_people(office, path, office.clock()).counts == {"new": len(PEOPLE)}


def _schedule(house, ahead=timedelta(seconds=1)):
    """Approve the issue and let it leave in a moment."""
    office = open_office(house.workspace)
    now = office.clock()
    create_campaign(office, read_issue(office, ISSUE), now)
    approve_campaign(office, ISSUE, "officer", now)
    at = (datetime.now(UTC) + ahead).replace(tzinfo=None)
    schedule_campaign(office, ISSUE, at, "UTC", datetime.now(UTC))
    office.database.close()


@contextmanager
def _house(workspace, kind):
    sink = Sink() if kind == "smtp" else None
    controller = _AnyPort(sink, hostname="127.0.0.1", port=0) if sink else None
    lines = "  kind: folder\n  path: var/outbox\n"
    if controller:
        controller.start()
        lines = f"  kind: smtp\n  host: 127.0.0.1\n  port: {controller.port}\n  encryption: none\n"
    _configure(workspace, lines)
    office = open_office(workspace)
    _people(workspace, office)
    office.database.close()
    house = House(workspace, sink)
    try:
        yield house
    finally:
        house.kill_all()
        if controller:
            controller.stop()


@pytest.fixture(params=["folder", "smtp"])
def house(request, workspace):
    with _house(workspace, request.param) as made:
        yield made


@pytest.fixture
def folder_house(workspace):
    with _house(workspace, "folder") as made:
        yield made


def test_two_schedulers_send_everybody_one_mail(house):
    house.start()
    house.start()
    _poll(lambda: house.beats() == 2, "two schedulers to be alive")
    _schedule(house)
    house.wait_settled()
    assert house.states() == {"sent": len(PEOPLE)}
    assert house.received() == Counter(PEOPLE)
    assert house.ask("SELECT count(*) FROM occurrences")[0][0] == 1


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_scheduler_killed_in_the_middle_loses_nobody_and_mails_nobody_twice(house, seed):
    moments = random.Random(seed)
    _schedule(house)
    for upper in (60, 120, 180):
        process = house.start()
        house.wait_sent(moments.randrange(upper - 50, upper))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    kills = 3
    house.start()
    house.wait_settled()
    states, received = house.states(), house.received()
    assert states["sent"] + states["unsure"] == len(PEOPLE), states
    assert max(received.values()) == 1
    if house.sink is None:
        assert states["unsure"] == 0
        assert received == Counter(PEOPLE)
    else:
        assert states["unsure"] <= kills * CONNECTIONS
        # Whoever counts as sent has it; of the unsure ones nobody knows, and they are few.
        assert len(PEOPLE) - states["unsure"] <= len(received) <= len(PEOPLE)
        told = {
            row[0]
            for row in house.ask(
                "SELECT s.address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id WHERE d.state = 'sent'"
            )
        }
        assert told <= set(received)


def test_one_of_two_schedulers_is_killed_and_the_other_finishes(house):
    first = house.start()
    house.start()
    _poll(lambda: house.beats() == 2, "two schedulers to be alive")
    _schedule(house)
    house.wait_sent(30)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    house.wait_settled()
    states, received = house.states(), house.received()
    assert states["sent"] + states["unsure"] == len(PEOPLE)
    assert states["unsure"] <= (0 if house.sink is None else CONNECTIONS)
    assert max(received.values()) == 1
    assert len(received) >= states["sent"]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_that_is_asked_to_stop_finishes_the_mail_in_hand(house, stop):
    process = house.start()
    _schedule(house)
    house.wait_sent(20)
    asked = time.monotonic()
    process.send_signal(stop)
    assert process.wait(10) == 0
    assert time.monotonic() - asked < 5
    states = house.states()
    assert set(states) <= {"sent", "ready"}
    assert states["ready"] > 0, "it was too late to show anything"
    assert house.received() == Counter(dict.fromkeys(house.received(), 1))
    assert len(house.received()) == states["sent"]
    house.start()
    house.wait_settled()
    assert house.received() == Counter(PEOPLE)


def test_two_schedulers_make_one_campaign_of_a_due_reminder(folder_house):
    house = folder_house
    # A deadline whose last rung goes in a moment: the ladder's time of day is now, the day is tomorrow.
    at = datetime.now(UTC) + timedelta(seconds=4)
    closes = at + timedelta(days=1, hours=3)
    for language in ("en", "fr"):
        path = house.workspace / "articles" / "erasmus-accreditation" / f"{language}.md"
        text = path.read_text(encoding="utf-8").replace(
            "at: 2021-10-19T12:00", f"at: {closes:%Y-%m-%dT%H:%M}"
        )
        path.write_text(text.replace("zone: Europe/Brussels", "zone: UTC"), encoding="utf-8")
    days = (closes.date() - at.date()).days
    config = house.workspace / "config.yaml"
    text = config.read_text(encoding="utf-8").replace('at: "09:00"', f'at: "{at:%H:%M}"')
    config.write_text(text.replace("ladder: [30, 7, 1]", f"ladder: [{days}]"), encoding="utf-8")
    office = open_office(house.workspace)
    # It became known a minute ago, so that its rung, which is due on the minute, does not count as passed.
    sync_deadlines(office, office.clock() - timedelta(minutes=1))
    office.database.close()
    house.start()
    house.start()
    campaign = f"erasmus-accreditation-accreditation-reminder-{days}"
    house.wait_settled(campaign)
    assert [name for (name,) in house.ask("SELECT name FROM campaigns")] == [campaign]
    assert house.states(campaign) == {"sent": len(PEOPLE)}
    assert house.received(campaign) == Counter(PEOPLE)


def test_two_schedulers_may_be_the_first_ever_at_the_same_moment(workspace):
    house = House(workspace, None)
    try:
        house.start()
        house.start()
        database = workspace / "var" / "newsletter.sqlite"
        _poll(lambda: database.exists() and "scheduler runs" in house.logs(), "the first scheduler")
        _poll(lambda: house.logs().count("scheduler runs") == 2, f"both schedulers: {house.logs()}")
        _poll(lambda: house.beats() == 2, "both schedulers to be alive")
        assert [path.name for path in (workspace / "var").glob("secret.key*")] == ["secret.key"]
    finally:
        house.kill_all()


def test_serve_answers_readers_and_stops_as_the_scheduler_does(folder_house):
    house = folder_house
    log = (house.workspace / "serve.log").open("w+")
    command = [
        sys.executable,
        "-m",
        "newsletter",
        "--workspace",
        str(house.workspace),
        "serve",
        "--port",
        "0",
    ]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    house.processes.append(process)
    _schedule(house)
    house.wait_sent(20)
    address = re.search(r"http://127\.0\.0\.1:\d+/", (house.workspace / "serve.log").read_text())[0]
    with urllib.request.urlopen(
        f"{address}calendar/erasmus-accreditation/accreditation.ics", timeout=5
    ) as answer:
        assert b"BEGIN:VCALENDAR" in answer.read()
    process.terminate()
    assert process.wait(10) == 0
    log.close()
    assert set(house.states()) <= {"sent", "ready"}
