"""An office whose workers are real processes, and a mail server that counts and can be made to wait."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller
from throwaway_postgresql import is_alive

from newsletter.flows.approve import approve_campaign, create_campaign, schedule_campaign
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.store import campaigns, ledger
from newsletter.store.occurrences import last_worker_beats
from newsletter.wiring import open_office, prepare_engine

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.flows.office import Office

ISSUE = "september-2021"
PEOPLE = [f"person{number}@example.org" for number in range(300)]
PATIENCE = 18.0  # seconds after which a test gives up; none comes near it


def poll(condition, what, patience=PATIENCE):
    """Wait for a condition; the pause between two looks is no part of what is tested."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"waited {patience} s for {what() if callable(what) else what}")


class Sink:
    """A mail server that counts what has reached it. After `hold_after` mails it answers nobody until it is let go."""

    def __init__(self, hold_after=None):
        self.deliveries = Counter()
        self.free = threading.Event()
        self.hold_after = hold_after

    @property
    def holds(self):
        return self.hold_after is not None and len(self.deliveries) > self.hold_after

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.deliveries.update(envelope.rcpt_tos)
        while self.holds and not self.free.is_set():  # noqa: ASYNC110 - the test sets it in another thread
            await asyncio.sleep(0.01)
        return "250 2.0.0 taken"


class AnyPort(Controller):
    """Listens on a port that the system chooses; aiosmtpd's own controller would look for it on port 0."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@dataclass
class House:
    """A workspace with people, and the processes that were started in it."""

    workspace: Path
    sink: Sink
    workers: int
    remote: bool
    processes: list[subprocess.Popen] = field(default_factory=list)
    opened: Office | None = None

    def start(self, command, *options):
        log = (self.workspace / f"{command}-{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "newsletter", "--workspace", str(self.workspace), command, *options],
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def start_all(self):
        """A scheduler; and where the engine's workers are elsewhere, two of them."""
        self.start("scheduler")
        if self.remote:
            self.start("worker")
            self.start("worker")

    @property
    def expected_workers(self):
        """How many say that they are workers: the one in the scheduler's own process says that it is the scheduler."""
        if self.remote:
            return 2
        return self.workers if self.workers > 1 else 0

    def worker_pids(self):
        with self.office() as office, office.database.read() as connection:
            return [int(name.split(":")[1]) for name in last_worker_beats(connection)]

    def wait_for_workers(self):
        poll(lambda: len(self.worker_pids()) >= self.expected_workers, lambda: f"the workers:\n{self.logs()}")

    def victim(self):
        """A process that hands over mails."""
        pids = [pid for pid in self.worker_pids() if is_alive(pid)]
        return pids[0] if pids else self.processes[0].pid

    @contextmanager
    def office(self):
        """The test's own office in the workspace, opened once."""
        if self.opened is None:
            self.opened = open_office(self.workspace)
        yield self.opened

    def schedule(self, ahead=timedelta(0)):
        """Approve the issue and let it leave now."""
        with self.office() as office:
            now = office.clock()
            create_campaign(office, read_issue(office, ISSUE), now)
            approve_campaign(office, ISSUE, "officer", now)
            at = (datetime.now(UTC) + ahead + timedelta(seconds=1)).replace(tzinfo=None)
            schedule_campaign(office, ISSUE, at, "UTC", datetime.now(UTC))

    def states(self):
        with self.office() as office, office.database.read() as connection:
            campaign = campaigns.find_campaign(connection, ISSUE)
            counts = Counter()
            for state, _, _, count in ledger.tally(connection, campaign.id):
                counts[str(state)] += count
            return dict(counts)

    def settled(self):
        states = self.states()
        return bool(states) and not states.keys() & {"ready", "handing"}

    def wait_settled(self, patience=PATIENCE):
        poll(self.settled, lambda: f"the end: {self.states()}\n{self.logs()}", patience)

    def wait_held(self):
        poll(lambda: self.sink.holds, lambda: f"the middle: {self.states()}\n{self.logs()}")

    def logs(self):
        return "\n".join(f"{path.name}: {path.read_text()}" for path in self.workspace.glob("*.log"))

    def end(self):
        self.sink.free.set()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)
        if self.opened is not None:
            self.opened.database.close()


def make_house(workspace, sink, port, *, kind, workers, database, people=PEOPLE, batch=20):
    """Configure a workspace for an engine and a mail server, and put people into it."""
    path = workspace / "config.yaml"
    text = (
        path.read_text(encoding="utf-8")
        .replace("lease: 2m", "lease: 3s")
        .replace("batch: 500", f"batch: {batch}")
    )
    text = text.replace("  kind: local #", f"  kind: {kind} #").replace(
        "  workers: 1 #", f"  workers: {workers} #"
    )
    text = text.replace("database: sqlite:///var/newsletter.sqlite", f"database: {database}")
    lines = f"  kind: smtp\n  host: 127.0.0.1\n  port: {port}\n  encryption: none\n"
    path.write_text(text.replace("  kind: folder\n  path: var/outbox\n", lines), encoding="utf-8")
    house = House(workspace, sink, workers, kind == "procrastinate")
    with house.office() as office:
        prepare_engine(office)
        listed = workspace / "people.csv"
        head = "email,language,topics,consent_source,consent_date,consent_wording"
        rows = [
            f"{who},{'en' if n % 2 else 'fr'},erasmus,form,2021-01-05,Yes" for n, who in enumerate(people)
        ]
        listed.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        assert import_people(office, listed, office.clock()).counts == {"new": len(people)}
    return house
