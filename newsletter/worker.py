"""A worker: it hands over what is due, wherever an engine runs it, and says that it is alive."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from newsletter.core.refusal import Refusal
from newsletter.engine.pool import stop_with_parent
from newsletter.flows.deliver import deliver_due
from newsletter.flows.elsewhere import refuse_another_secret
from newsletter.flows.tick import note_worker_alive
from newsletter.starter import is_lent, lay_out_for_worker
from newsletter.store.worker_files import files_changed_at, read_files
from newsletter.wiring import borrow_workspace, open_engine, open_office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from multiprocessing.connection import Connection
    from pathlib import Path
    from types import FrameType

    from newsletter.engine.contract import Engine
    from newsletter.flows.office import Office

BEAT_SECONDS = 5
LONGEST_REST = timedelta(minutes=1)
_AGAIN_SECONDS = 5

log = structlog.get_logger()


@dataclass(slots=True)
class Worker:
    """Delivery in one process, with what it has told already and how long a broken way out is left alone."""

    office: Office
    _told: set[str] = field(default_factory=set)
    _downs: int = 0
    _rest_until: datetime | None = None
    _files_at: datetime | None = None

    def deliver(self, stop: Callable[[], bool]) -> None:
        """Hand over what is ready; the messages in hand are finished when `stop` says so.

        A way out that cannot be reached is left alone for a growing while, at most a minute.
        """
        if self._rest_until is not None and self.office.clock() < self._rest_until:
            return
        self._renew_files()
        tally = deliver_due(self.office, stop)
        if any(tally.states.values()):
            log.info("delivered", **{state: count for state, count in tally.states.items() if count})
        for name in tally.finished:
            log.info("finished", campaign=name)
        for name, why in tally.paused.items():
            log.warning("paused", campaign=name, why=why)
        self._mind_transport(tally.down)

    def _renew_files(self) -> None:
        """A worker with a borrowed workspace follows when the scheduler's changes; its own configuration at the next start."""
        if not is_lent(self.office.library.workspace):
            return
        with self.office.database.read() as connection:
            at = files_changed_at(connection)
            if at is None or at == self._files_at:
                return
            files = read_files(connection)
        lay_out_for_worker(self.office.library.workspace, files)
        self._files_at = at

    def work(self, stop: Callable[[], bool]) -> None:
        """As an engine runs it: troubles are told and do not leave it."""
        self.guarded(partial(self.deliver, stop), "deliver")()

    def guarded(self, job: Callable[[], None], name: str) -> Callable[[], None]:
        """A job that tells its troubles and comes again: a wrong file must not stop the clock."""

        def run() -> None:
            try:
                job()
            except Refusal as refusal:
                self.tell_once(str(refusal))
            except Exception:
                log.exception("job failed", job=name)

        return run

    def tell_once(self, trouble: str) -> None:
        """Say it, unless it was said before."""
        if self.is_news(trouble):
            log.warning("refused", reason=trouble)

    def is_news(self, trouble: str) -> bool:
        """Whether it was not told before; from now on it was."""
        new = trouble not in self._told
        self._told.add(trouble)
        return new

    def tell_anew(self, start: str) -> None:
        """What begins like this is over: when it comes again it is news."""
        self._told -= {told for told in self._told if told.startswith(start)}

    def _mind_transport(self, down: str) -> None:
        if down:
            self._downs += 1
            rest = min(timedelta(seconds=2**self._downs), LONGEST_REST)
            self._rest_until = self.office.clock() + rest
            self.tell_once(down)
        elif self._downs:
            log.info("transport trouble is over", after=self._downs)
            self._downs, self._rest_until = 0, None
            self._told.clear()


def run_worker(workspace: Path) -> None:
    """`newsletter worker`: work until SIGTERM or SIGINT, then finish what is in hand and go."""
    stop = threading.Event()
    stop_on_signals(stop.set)
    borrow_workspace(workspace)
    office = open_office(workspace)
    try:
        keep_to_the_secret(office)
        worker = Worker(office)
        engine = open_engine(office, worker.work, pool_member(workspace))
        log.info("worker runs", worker=office.worker, engine=engine.name, database=office.database.kind)
        with beats_of_one(worker, stop):
            keep_running(engine, stop)
        log.info("worker stopped", worker=office.worker)
    finally:
        office.database.close()


def keep_to_the_secret(office: Office) -> None:
    """Refuse to work with another key than the scheduler's.

    Raises:
        ConfigurationRefused: it is another one.
    """
    with office.database.read() as connection:
        refuse_another_secret(read_files(connection), office.secret)


def pool_member(workspace: Path) -> Callable[[Connection], None]:
    """What a process of a pool runs in this workspace."""
    return partial(_member, workspace)


def keep_running(engine: Engine, stop: threading.Event) -> None:
    """Run an engine until `stop` is set, whatever happens: a database that goes away comes back."""
    while not stop.is_set():
        try:
            engine.run(stop)
        except Exception:
            log.exception("the engine has stopped and is started again", engine=engine.name)
            stop.wait(_AGAIN_SECONDS)


def _member(workspace: Path, line: Connection) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    stop = threading.Event()
    stop_on_signals(stop.set)
    stop_with_parent(line, stop)
    office = open_office(workspace)
    try:
        worker = Worker(office)
        with _beating(worker, stop):
            keep_running(open_engine(office, worker.work), stop)
    finally:
        office.database.close()


def beats_of_one(worker: Worker, stop: threading.Event) -> AbstractContextManager[None]:
    """The same as below for a worker that is alone in its process; in a pool it is the processes who say it."""
    return nullcontext() if worker.office.settings.engine.workers > 1 else _beating(worker, stop)


@contextmanager
def _beating(worker: Worker, stop: threading.Event) -> Iterator[None]:
    """Say every few seconds that this worker is alive, also while it works."""
    office = worker.office
    beat = worker.guarded(lambda: note_worker_alive(office, office.clock()), "beat")

    def run() -> None:
        beat()
        while not stop.wait(BEAT_SECONDS):
            beat()

    thread = threading.Thread(target=run, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and SIGINT."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
