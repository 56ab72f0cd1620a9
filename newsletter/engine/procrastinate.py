"""Many machines on one PostgreSQL: Procrastinate's workers, wherever they run, take coarse jobs.

A job says "work on what is due for half a minute, then hand back". Jobs are no promise, only an invitation: when one is lost with its
worker the ledger still has its rows, and the scheduler's heartbeat invites again.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.schema import SchemaManager

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from newsletter.engine.contract import Work

TURN_SECONDS = 30.0
# Jobs of one campaign that wait at a time: a wake may reach so many idle workers at once.
SLOTS = 4
MARKER = "procrastinate_jobs"
_QUEUE, _TASK = "newsletter", "newsletter.work"
_LOOK_SECONDS, _FETCH_SECONDS, _TIDY_SECONDS = 0.1, 1.0, 30.0
_CONNECTIONS = 4


def schema() -> tuple[str, str]:
    """The library's own tables: one of them, by which to know whether they are there, and the SQL that makes them."""
    return MARKER, SchemaManager.get_schema()


class Procrastinate:
    """Jobs in the database, taken by whichever worker is free.

    Args:
        address: of the database, as libpq reads it.
        transaction: opens a transaction of its own and gives the driver's connection.
        work: what a job runs.
        turn: seconds after which a job hands back, so that others have their turn too.
    """

    name = "procrastinate"
    looks_by_itself = False

    def __init__(
        self,
        address: str,
        transaction: Callable[[], AbstractContextManager[Any]],
        work: Work,
        turn: float = TURN_SECONDS,
    ) -> None:
        self._address, self._transaction, self._work, self._turn = address, transaction, work, turn
        self._line = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def wake(self, campaign: str, connection: Any = None) -> None:
        """Put jobs in line, where none wait yet; they are there when the transaction is committed, or not at all."""
        if connection is None:
            with self._transaction() as own:
                self.wake(campaign, own)
            return
        for slot in range(SLOTS):
            job = self._line.configure_task(
                _TASK, queue=_QUEUE, queueing_lock=f"{campaign}:{slot}", connection=connection
            )
            # A savepoint: a job that waits already must not spoil the transaction around it.
            with suppress(AlreadyEnqueued), connection.transaction():
                job.defer(campaign=campaign)

    def run(self, stop: threading.Event) -> None:
        """Take jobs until `stop` is set."""
        asyncio.run(self._run(stop))

    async def _run(self, stop: threading.Event) -> None:
        connector = procrastinate.PsycopgConnector(
            conninfo=self._address, min_size=1, max_size=_CONNECTIONS, timeout=10
        )
        app = procrastinate.App(connector=connector)

        @app.task(name=_TASK, queue=_QUEUE)
        def work(campaign: str) -> None:
            self._take_turn(campaign, stop)

        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[_QUEUE],
                    concurrency=1,
                    fetch_job_polling_interval=_FETCH_SECONDS,
                    install_signal_handlers=False,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                )
            )
            try:
                await self._watch(app, worker, stop)
            finally:
                # It ends by itself when its job is done; that job sees `stop` too.
                worker.cancel()
                with suppress(asyncio.CancelledError):
                    await worker

    async def _watch(self, app: procrastinate.App, worker: asyncio.Task[None], stop: threading.Event) -> None:
        tidied = 0.0
        while not stop.is_set() and not worker.done():
            if time.monotonic() - tidied > _TIDY_SECONDS or not tidied:
                tidied = time.monotonic()
                await _forget_stalled(app)
            await asyncio.sleep(_LOOK_SECONDS)

    def _take_turn(self, campaign: str, stop: threading.Event) -> None:
        """Work on everything that is due, in fair turns, and make room for others after a while."""
        until = time.monotonic() + self._turn
        self._work(lambda: stop.is_set() or time.monotonic() > until)
        if time.monotonic() > until and not stop.is_set():
            self.wake(campaign)


async def _forget_stalled(app: procrastinate.App) -> None:
    """Remove the jobs of workers that have died. Their work is in the ledger; the jobs themselves are worth nothing."""
    for job in await app.job_manager.get_stalled_jobs(queue=_QUEUE):
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
