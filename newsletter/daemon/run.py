"""Running the daemon: its clockwork, its workers, and those who watch over it."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import structlog

from newsletter.daemon.clockwork import run_all_now, start_scheduler, watch_clock
from newsletter.daemon.health import health_page
from newsletter.daemon.jobs import Daemon
from newsletter.daemon.notify import Notifier
from newsletter.wiring import open_engine
from newsletter.worker import beats_of_one, keep_running, pool_member, stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from apscheduler.schedulers.background import BackgroundScheduler

    from newsletter.flows.office import Office

log = structlog.get_logger()


@contextmanager
def running(daemon: Daemon, workspace: Path, *, with_workers: bool, health: str = "") -> Iterator[None]:
    """Keep the scheduler going beside what is done inside; at the end what is in hand is finished.

    Args:
        with_workers: the workers run here too; otherwise they are only woken, wherever they are.
        health: host and port on which to say how it goes; "" for nowhere.

    Raises:
        ConfigurationRefused: nobody can listen there; nothing has been started then.
    """
    engine = daemon.engine = open_engine(daemon.office, daemon.worker.work, pool_member(workspace))
    thread = threading.Thread(target=keep_running, args=(engine, daemon.stopping), name="engine")
    with ExitStack() as watchers:
        if health:
            log.info("health page", address=watchers.enter_context(health_page(daemon.pulse, health)))
        notifier = Notifier.of(os.environ)
        daemon.pulse.heard.append(notifier.ticked)
        scheduler = start_scheduler(daemon)
        watchers.enter_context(_watching_the_clock(daemon, scheduler))
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
                    daemon.pulse.stopping = True
                    notifier.stopping()
                    daemon.stopping.set()
        finally:
            scheduler.shutdown(wait=True)
            if with_workers:
                thread.join()
            log.info("scheduler stopped", worker=here.worker)


@contextmanager
def _watching_the_clock(daemon: Daemon, scheduler: BackgroundScheduler) -> Iterator[None]:
    def jumped(seconds: float) -> None:
        log.warning("the clock has jumped, or this machine was suspended", seconds=round(seconds, 1))
        run_all_now(scheduler)

    watch = partial(watch_clock, daemon.stopping, jumped)
    thread = threading.Thread(target=watch, name="clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        daemon.stopping.set()
        thread.join()


def run_daemon(office: Office, workspace: Path, health: str = "") -> None:
    """Run until SIGTERM or SIGINT, then finish the message in hand and go.

    Args:
        health: host and port on which to say how it goes; "" for nowhere.
    """
    daemon = Daemon(office)
    stop_on_signals(daemon.stopping.set)
    with running(daemon, workspace, with_workers=office.settings.engine.kind == "local", health=health):
        daemon.stopping.wait()
