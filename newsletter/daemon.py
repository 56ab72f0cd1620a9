"""The scheduler daemon: APScheduler is the heartbeat, the table of occurrences is the truth.

Nothing is kept in the daemon's memory that would be lost with it. Any number of daemons may run on one database: a due
instant belongs to whoever inserts its row, a row of the ledger to whoever leases it.
"""

from __future__ import annotations

import logging
import signal
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from newsletter.core.refusal import Refusal
from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.deliver import deliver_due
from newsletter.flows.tick import launch_due, note_alive

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import FrameType

    from newsletter.flows.office import Office

TICK_SECONDS = 1
FILES_SECONDS = 15
BEAT_SECONDS = 5
LONGEST_REST = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(slots=True)
class Daemon:
    """The four jobs of the daemon, each of which may be run at any moment and any number of times."""

    office: Office
    stopping: threading.Event = field(default_factory=threading.Event)
    _told: set[str] = field(default_factory=set)
    _downs: int = 0
    _rest_until: datetime | None = None

    def launch(self) -> None:
        """Launch what is due."""
        launches, refusals = launch_due(self.office, self.office.clock())
        for refusal in refusals:
            self._tell_once(str(refusal))
        for launched in launches:
            log.info(
                launched.state.value,
                campaign=launched.campaign.name,
                due=launched.instant.isoformat(),
                rows=launched.rows,
            )

    def deliver(self) -> None:
        """Hand over what is ready; the message in hand is finished when the daemon stops.

        A way out that cannot be reached is left alone for a growing while, at most a minute.
        """
        if self._rest_until is not None and self.office.clock() < self._rest_until:
            return
        tally = deliver_due(self.office, self.stopping.is_set)
        if any(tally.states.values()):
            log.info("delivered", **{state: count for state, count in tally.states.items() if count})
        for name in tally.finished:
            log.info("finished", campaign=name)
        self._mind_transport(tally.down)

    def _mind_transport(self, down: str) -> None:
        if down:
            self._downs += 1
            rest = min(timedelta(seconds=2**self._downs), LONGEST_REST)
            self._rest_until = self.office.clock() + rest
            self._tell_once(down)
        elif self._downs:
            log.info("transport trouble is over", after=self._downs)
            self._downs, self._rest_until = 0, None
            self._told.clear()

    def look_at_files(self) -> None:
        """Follow the deadlines as the articles' files tell them."""
        for change in sync_deadlines(self.office, self.office.clock()):
            log.info(
                "deadline", key=change.key, what=change.what, at=str(change.after.at), zone=change.after.zone
            )

    def beat(self) -> None:
        """Say that this daemon is alive."""
        note_alive(self.office, self.office.clock())

    def guarded(self, job: Callable[[], None]) -> Callable[[], None]:
        """A job that tells its troubles and comes again: a wrong file must not stop the clock."""

        def run() -> None:
            try:
                job()
            except Refusal as refusal:
                self._tell_once(str(refusal))
            except Exception:
                log.exception("job failed", job=job.__name__)

        return run

    def _tell_once(self, trouble: str) -> None:
        if trouble not in self._told:
            self._told.add(trouble)
            log.warning("refused", reason=trouble)


def start_scheduler(daemon: Daemon) -> BackgroundScheduler:
    """Set the jobs going in threads of this process.

    The job store is memory on purpose; a late beat is run once (`coalesce`) and never dropped
    (`misfire_grace_time=None`; the library's own default is one second, after which a job is silently lost).
    """
    # While a long list is handed over, its beats are left out by design; the library would warn of each.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )
    for job, seconds in (
        (daemon.look_at_files, FILES_SECONDS),
        (daemon.launch, TICK_SECONDS),
        (daemon.deliver, TICK_SECONDS),
        (daemon.beat, BEAT_SECONDS),
    ):
        now = daemon.office.clock()
        scheduler.add_job(
            daemon.guarded(job), "interval", seconds=seconds, next_run_time=now, id=job.__name__
        )
    scheduler.start()
    return scheduler


def run_daemon(office: Office) -> None:
    """Run until SIGTERM or SIGINT, then finish the message in hand and go."""
    daemon = Daemon(office)
    stop_on_signals(daemon.stopping.set)
    scheduler = start_scheduler(daemon)
    log.info("scheduler runs", worker=office.worker, database=office.database.kind)
    daemon.stopping.wait()
    scheduler.shutdown(wait=True)
    log.info("scheduler stopped", worker=office.worker)


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and SIGINT."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
