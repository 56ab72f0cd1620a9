"""A storm: things are killed while mail goes out. After it a living worker finishes, and somebody else has counted."""

from __future__ import annotations

import os
import random
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine_house import ISSUE, make_house, poll
from sink_process import SinkProcess
from sqlalchemy import select, update
from throwaway_postgresql import is_alive

from newsletter.core.delivery import DeliveryState
from newsletter.store.tables import campaigns, deliveries, subscribers

CONNECTIONS = 4  # of each worker, as in the sample configuration
SLOWEST = 60  # mails a second, on a machine that is busy with other things
OPEN = {"ready", "handing"}


@dataclass(frozen=True)
class Verdict:
    """What a storm came to, in messages."""

    name: str
    kills: int
    deliveries: int
    lost: list[str]
    duplicates: list[str]
    untrue: list[str]
    unsure: int
    states: dict[str, int]

    def __str__(self):
        return (
            f"{self.name}: {self.kills} kills, {self.deliveries} deliveries, {len(self.lost)} lost, "
            f"{len(self.duplicates)} duplicates, {self.unsure} unsure"
        )

    def hold(self, most_unsure):
        """Nobody lost, nobody twice, and few in doubt."""
        print(f"\n{self}", flush=True)  # noqa: T201 - the summary that `make crash` shows
        assert not self.lost, self
        assert not self.duplicates, self
        assert not self.untrue, f"counted as sent and never seen: {self.untrue[:5]}"
        assert self.unsure <= most_unsure, self


class Storm:
    """A house under way, and who may be killed in it."""

    def __init__(self, house, name, people):
        self.house, self.name, self.people, self.kills = house, name, people, 0

    def begin(self):
        """Workers are there, and the issue leaves."""
        self.house.start_all()
        self.house.wait_for_workers()
        self.house.schedule()

    def wait_taken(self, count):
        poll(lambda: self.house.sink.count >= count, lambda: f"{count} mails:\n{self.house.logs()}", 90)

    def kill_workers(self, times, seed, share=0.85):
        """SIGKILL one worker after the other at random moments; when none is left new ones are started."""
        moments, total = random.Random(seed), len(self.people)
        for number in range(times):
            self.wait_workers()  # or nobody would bring on the next moment
            self.wait_taken(int(total * share * (number + moments.random()) / times))
            self.kill(moments.choice(self.wait_workers()))
        self.wait_workers()

    def wait_workers(self):
        """Process ids of living workers; a house without any gets new ones."""
        if not self.workers():
            self._start_again()
            poll(self.workers, lambda: f"new workers:\n{self.house.logs()}", 20)
        return self.workers()

    def workers(self):
        """Only those that descend from this test."""
        own = {process.pid for process in self.house.processes if process.poll() is None}
        for pid in tuple(own):
            own.update(_children(pid))
        return sorted(pid for pid in set(self.house.worker_pids()) & own if is_alive(pid))

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        self.kills += 1
        poll(lambda: not is_alive(pid) or self._reaped(pid), "its death")

    def _reaped(self, pid):
        return any(process.pid == pid and process.poll() is not None for process in self.house.processes)

    def _start_again(self):
        if self.house.remote:
            self.house.start("worker")
            self.house.start("worker")
            return
        for process in self.house.processes:
            if process.poll() is None:  # a pool whose members die young rests for longer and longer
                process.kill()
                process.wait(10)
        self.house.start("scheduler")

    def finish(self):
        """Wait for the end, and count."""
        patience = 60 + len(self.people) / SLOWEST
        poll(self._settled, lambda: f"the end: {self.house.states()}\n{self.house.logs()}", patience)
        rows, taken = self._rows(), self.house.sink.deliveries
        states = {}
        for state, _ in rows.values():
            states[state] = states.get(state, 0) + 1
        lost = [who for who in self.people if not taken[who] and not _explained(rows.get(who))]
        twice = [who for who, count in taken.items() if count > 1]
        untrue = [who for who, (state, _) in rows.items() if state == "sent" and not taken[who]]
        unsure = states.get("unsure", 0)
        return Verdict(self.name, self.kills, taken.total(), lost, twice, untrue, unsure, states)

    def _settled(self):
        """Whether all is over. Nobody waits for the minutes after which a message comes again whose connection fell."""
        with self.house.office() as office, office.database.write() as connection:
            later = deliveries.c.not_before > (now := office.clock())
            waiting = deliveries.c.state == DeliveryState.READY, later
            connection.execute(update(deliveries).where(*waiting).values(not_before=now))
        return self.house.settled()

    def _rows(self):
        query = (
            select(subscribers.c.address, deliveries.c.state, deliveries.c.reply)
            .join(deliveries, deliveries.c.subscriber_id == subscribers.c.id)
            .join(campaigns, campaigns.c.id == deliveries.c.campaign_id)
            .where(campaigns.c.name == ISSUE)
        )
        with self.house.office() as office, office.database.read() as connection:
            return {who: (str(state), reply) for who, state, reply in connection.execute(query)}


def _explained(row):
    return row is not None and (row[0] == "unsure" or (row[0] == "failed" and bool(row[1])))


def _children(pid):
    """Of any thread of a process."""
    found = []
    for listed in Path("/proc").glob(f"{pid}/task/*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, listed.read_text().split())
    return found


@contextmanager
def storm_in(workspace, name, *, kind, workers, database, count, batch=200):
    """A house with so many people and a counting sink that can be killed."""
    people = [f"person{number}@example.org" for number in range(count)]
    sink = SinkProcess(workspace.parent).start()
    house = None
    try:
        house = make_house(
            workspace,
            sink,
            sink.port,
            kind=kind,
            workers=workers,
            database=database,
            people=people,
            batch=batch,
        )
        yield Storm(house, name, people)
    finally:
        if house is not None:
            house.end()
        sink.kill()
