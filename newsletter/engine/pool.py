"""Any engine in several processes of this machine, because one process of Python fills one processor.

Each process holds one end of a pipe. Nothing is ever said on it: when the other end closes, because its parent stops or has died in
whatever way, the process finishes what is in hand and goes.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from contextlib import suppress
from multiprocessing import connection as pipes
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from newsletter.engine.contract import Engine

    Member = Callable[[Connection], None]

PAUSE_SECONDS = 0.1
SHORT_LIFE_SECONDS = 10.0
LONGEST_REST_SECONDS = 30.0

log = structlog.get_logger()


class Pool:
    """As many processes as asked for; one that dies is started again.

    Args:
        engine: what runs in each process; here it is only woken.
        member: what a process runs, with its end of the pipe. It is pickled: a function of a module, or a partial of one.
        size: how many processes.
    """

    def __init__(self, engine: Engine, member: Member, size: int) -> None:
        self.name = f"{engine.name}, {size} processes"
        self.looks_by_itself = engine.looks_by_itself
        self._engine, self._member, self._size = engine, member, size

    def wake(self, campaign: str, connection: Any = None) -> None:
        """There is work."""
        self._engine.wake(campaign, connection)

    def run(self, stop: threading.Event) -> None:
        """Keep the processes going until `stop` is set; then wait until each has finished what is in hand."""
        places = [_Place(self._member, number) for number in range(self._size)]
        try:
            while not stop.is_set():
                alive = [place.fill(time.monotonic()) for place in places]
                pipes.wait([process.sentinel for process in alive if process], timeout=PAUSE_SECONDS)
                if not any(alive):
                    stop.wait(PAUSE_SECONDS)
        finally:
            for place in places:
                place.let_go()
            for place in places:
                place.wait()


class _Place:
    """The place of one process: who is in it now, and how long it rests when they die young."""

    def __init__(self, member: Member, number: int) -> None:
        self._member, self._number = member, number
        self._process: SpawnProcess | None = None
        self._line: Connection | None = None
        self._started = 0.0
        self._early_deaths = 0

    def fill(self, now: float) -> SpawnProcess | None:
        """The process of this place, started if there is none; None while the place rests."""
        if self._process is not None and self._process.is_alive():
            return self._process
        if self._process is not None:
            self._mourn(self._process, now)
        if self._early_deaths and now < self._started + min(2.0**self._early_deaths, LONGEST_REST_SECONDS):
            return None
        self._start(now)
        return self._process

    def _mourn(self, process: SpawnProcess, now: float) -> None:
        process.join()
        log.warning("a worker has died", pid=process.pid, status=process.exitcode)
        self._early_deaths = self._early_deaths + 1 if now - self._started < SHORT_LIFE_SECONDS else 0
        self.let_go()
        self._process = None

    def _start(self, now: float) -> None:
        # A new interpreter: a fork would take along locks, threads and connections of this one.
        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        with theirs:
            process = context.Process(
                target=self._member, args=(theirs,), name=f"worker-{self._number}", daemon=True
            )
            process.start()
        self._process, self._line, self._started = process, mine, now

    def let_go(self) -> None:
        """Close the pipe: its process finishes what is in hand."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def wait(self) -> None:
        """Until the process has ended."""
        if self._process is not None:
            self._process.join()


def stop_with_parent(line: Connection, stop: threading.Event) -> None:
    """In a process of a pool: set `stop` when the other end of the pipe closes."""

    def watch() -> None:
        with suppress(EOFError, OSError):
            line.recv_bytes()
        stop.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()
