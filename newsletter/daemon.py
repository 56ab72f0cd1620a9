"""The scheduler daemon: APScheduler is the heartbeat, the table of occurrences is the truth.

Nothing is kept in the daemon's memory that would be lost with it. Any number of daemons may run on one database: a due
instant belongs to whoever inserts its row, a row of the ledger to whoever leases it.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from newsletter.flows.deadlines import sync_deadlines
from newsletter.flows.destinations import learn_providers
from newsletter.flows.elsewhere import publish_workspace
from newsletter.flows.feeds import poll_due_feeds
from newsletter.flows.launch import wake_nobody
from newsletter.flows.notices import send_notices
from newsletter.flows.tick import launch_due, note_alive, waiting_campaigns
from newsletter.wiring import open_engine
from newsletter.worker import (
    BEAT_SECONDS,
    Worker,
    beats_of_one,
    keep_running,
    pool_member,
    stop_on_signals,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from newsletter.engine.contract import Engine
    from newsletter.flows.office import Office

TICK_SECONDS = 1
FILES_SECONDS = 15
PROVIDERS_SECONDS = 180
OUTSIDE_SECONDS = 30

log = structlog.get_logger()


@dataclass(slots=True)
class Daemon:
    """The jobs of the daemon, each of which may be run at any moment and any number of times.

    Attributes:
        engine: wakes the workers; None where there are none to wake.
        worker: the one of this process.
    """

    office: Office
    engine: Engine | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = Worker(self.office)

    def launch(self) -> None:
        """Launch what is due."""
        wake = self.engine.wake if self.engine else wake_nobody
        launches, refusals = launch_due(self.office, self.office.clock(), wake)
        for refusal in refusals:
            self.worker.tell_once(str(refusal))
        for launched in launches:
            log.info(
                launched.state.value,
                campaign=launched.campaign.name,
                due=launched.instant.isoformat(),
                rows=launched.rows,
            )

    def deliver(self) -> None:
        """Hand over what is ready, here and now."""
        self.worker.deliver(self.stopping.is_set)

    def wake(self) -> None:
        """Wake workers for what the ledger still has: what an engine has lost is found again here."""
        if self.engine:
            for campaign in waiting_campaigns(self.office, self.office.clock()):
                self.engine.wake(campaign)

    def look_at_files(self) -> None:
        """Follow the deadlines as the articles' files tell them, and show workers elsewhere what has changed."""
        if self.office.database.kind == "postgresql":
            publish_workspace(self.office, self.office.clock())
        for change in sync_deadlines(self.office, self.office.clock()):
            log.info(
                "deadline", key=change.key, what=change.what, at=str(change.after.at), zone=change.after.zone
            )

    def learn_providers(self) -> None:
        """Find out who takes the mail of the domains that most people have."""
        learned = learn_providers(self.office, self.office.clock(), self.stopping.is_set)
        if learned:
            log.info("domains looked up", count=learned)

    def look_outside(self) -> None:
        """Read the feeds that are due, and send what waits for officers."""
        for poll in poll_due_feeds(self.office, self.office.clock()):
            log.info("feed", name=poll.feed, new=len(poll.new), trouble=poll.trouble)
        sent = send_notices(self.office, self.office.clock())
        if sent:
            log.info("notices sent", count=sent)

    def beat(self) -> None:
        """Say that this daemon is alive."""
        note_alive(self.office, self.office.clock())

    def guarded(self, job: Callable[[], None]) -> Callable[[], None]:
        """A job that tells its troubles and comes again: a wrong file must not stop the clock."""
        return self.worker.guarded(job, job.__name__)


def start_scheduler(daemon: Daemon) -> BackgroundScheduler:
    """Set the jobs going in threads of this process.

    The job store is memory on purpose; a late beat is run once (`coalesce`) and never dropped
    (`misfire_grace_time=None`; the library's own default is one second, after which a job is silently lost).
    """
    # While a long list is frozen, beats are left out by design; the library would warn of each.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )
    jobs: list[tuple[Callable[[], None], int]] = [
        (daemon.look_at_files, FILES_SECONDS),
        (daemon.launch, TICK_SECONDS),
        (daemon.beat, BEAT_SECONDS),
        (daemon.learn_providers, PROVIDERS_SECONDS),
        (daemon.look_outside, OUTSIDE_SECONDS),
    ]
    if daemon.engine and not daemon.engine.looks_by_itself:
        jobs.append((daemon.wake, TICK_SECONDS))
    for job, seconds in jobs:
        now = daemon.office.clock()
        scheduler.add_job(
            daemon.guarded(job), "interval", seconds=seconds, next_run_time=now, id=job.__name__
        )
    scheduler.start()
    return scheduler


@contextmanager
def running(daemon: Daemon, workspace: Path, *, with_workers: bool) -> Iterator[None]:
    """Keep the scheduler going beside what is done inside; at the end what is in hand is finished.

    Args:
        with_workers: the workers run here too; otherwise they are only woken, wherever they are.
    """
    engine = daemon.engine = open_engine(daemon.office, daemon.worker.work, pool_member(workspace))
    thread = threading.Thread(target=keep_running, args=(engine, daemon.stopping), name="engine")
    scheduler = start_scheduler(daemon)
    if with_workers:
        thread.start()
    here = daemon.office
    log.info("scheduler runs", worker=here.worker, database=here.database.kind, engine=engine.name)
    try:
        # A worker that looks by itself needs nobody else: the scheduler's own beat speaks for it.
        is_counted = with_workers and not engine.looks_by_itself
        with beats_of_one(daemon.worker, daemon.stopping) if is_counted else nullcontext():
            try:
                yield
            finally:
                daemon.stopping.set()
    finally:
        scheduler.shutdown(wait=True)
        if with_workers:
            thread.join()
        log.info("scheduler stopped", worker=here.worker)


def run_daemon(office: Office, workspace: Path) -> None:
    """Run until SIGTERM or SIGINT, then finish the message in hand and go."""
    daemon = Daemon(office)
    stop_on_signals(daemon.stopping.set)
    with running(daemon, workspace, with_workers=office.settings.engine.kind == "local"):
        daemon.stopping.wait()
