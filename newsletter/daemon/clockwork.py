"""APScheduler as heartbeat and alarm clock, and what keeps it going when somebody sets the clock."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from newsletter.flows.housekeeping import HOUSEKEEPING
from newsletter.worker import BEAT_SECONDS

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from newsletter.daemon.jobs import Daemon

TICK_SECONDS = 1
FILES_SECONDS = 15
CHORES_SECONDS = 5
JUMP_SECONDS = 1.0
"""A clock that has gone so much further than time has was set, or the machine was suspended."""

_LOOK_SECONDS = 0.5

log = structlog.get_logger()


def start_scheduler(daemon: Daemon) -> BackgroundScheduler:
    """Set the jobs going in threads of this process.

    The job store is memory on purpose; a late beat is run once (`coalesce`) and never dropped (`misfire_grace_time=None`; the
    library's own default is one second, after which a job is silently lost). What must be prompt has threads of its own, so that no
    chore that waits for the network holds up a launch.
    """
    # While a long list is frozen, beats are left out by design; the library would warn of each.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        executors={
            "prompt": ThreadPoolExecutor(5),
            "default": ThreadPoolExecutor(len(HOUSEKEEPING) + 1),
        },
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )

    def every(seconds: int, job: Callable[[], None], name: str, executor: str, instances: int = 1) -> None:
        scheduler.add_job(
            job,
            "interval",
            seconds=seconds,
            next_run_time=datetime.now(UTC),
            id=name,
            executor=executor,
            max_instances=instances,
        )

    # Two, as the alarm may ring while a look that began before it is still busy.
    every(TICK_SECONDS, _ticking(daemon, scheduler), "launch", "prompt", 2)
    every(BEAT_SECONDS, daemon.guarded(daemon.beat), "beat", "prompt")
    if daemon.engine and not daemon.engine.looks_by_itself:
        every(TICK_SECONDS, daemon.guarded(daemon.wake), "wake", "prompt")
    every(FILES_SECONDS, daemon.guarded(daemon.look_at_files), "look_at_files", "default")
    for chore in HOUSEKEEPING:
        every(CHORES_SECONDS, daemon.chore(chore), f"chore {chore.name}", "default")
    scheduler.start()
    return scheduler


def _ticking(daemon: Daemon, scheduler: BackgroundScheduler) -> Callable[[], None]:
    """A tick that sets the alarm: where something is due before the next tick, that comes at its instant."""
    launch = daemon.guarded(daemon.launch)

    def tick() -> None:
        launch()
        at, now = daemon.next_instant, daemon.office.clock()
        if at is not None and at - now < timedelta(seconds=TICK_SECONDS):
            _run_at(scheduler, "launch", max(at, now))

    return tick


def _run_at(scheduler: BackgroundScheduler, job: str, at: datetime) -> None:
    try:
        scheduler.modify_job(job, next_run_time=at)
    except JobLookupError:  # it is being shut down
        log.debug("no such job any more", job=job)


def run_all_now(scheduler: BackgroundScheduler) -> None:
    """Let every job be due: their next times were reckoned by a clock that does not count any more."""
    for job in scheduler.get_jobs():
        _run_at(scheduler, job.id, datetime.now(UTC))


def watch_clock(
    stop: threading.Event,
    jumped: Callable[[float], None],
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
) -> None:
    """Tell when the wall clock goes another way than time does, until `stop` is set.

    A clock that is set back by an hour would leave every job of the library waiting for that hour. What is told is by how many
    seconds it went too far (forward, or after a suspend) or too little.
    """
    before = wall() - steady()
    while not stop.wait(_LOOK_SECONDS):
        after = wall() - steady()
        if abs(after - before) > JUMP_SECONDS:
            jumped(after - before)
        before = after
