"""The case `send`: an audience in the ledger, worker processes, and a sink; until every row is sent."""

# ruff: noqa: INP001, S603 - a script, not a package; it starts itself

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from place import MovingClock, enrol, launch, make_place, open_place
from results import result
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from databases import Databases

    from newsletter.flows.office import Office

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sending:
    """One way to send.

    Attributes:
        connections: of each worker.
        batch: rows that a worker takes at a time, 0 as configured.
        stages: whether CPU is counted by stage, which costs 1 to 2 µs a message.
        profile: name for profiles of the workers, "" for none.
        clicks: `off` or `counted`.
    """

    database: str
    people: int
    workers: int = 1
    dkim: str = "none"
    connections: int = 5
    batch: int = 0
    stages: bool = True
    profile: str = ""
    clicks: str = "off"


def send(
    databases: Databases,
    way: Sending,
    port: int,
    ceiling: Callable[[], float | None] = lambda: None,
    case: str = "send",
) -> dict[str, Any]:
    """Everybody gets the letter, through whatever listens at `port`.

    Args:
        ceiling: what another sender reaches there; asked right before and right after, and the mean is taken.
    """
    with _launched(databases, way, port) as (office, rows, task):
        before, served = ceiling(), databases.cpu_seconds()
        told = work(task, way.workers)
        served = databases.cpu_seconds() - served
        after = ceiling()
        _check_all_sent(office, told)
    spent = {stage: sum(one["stages"][stage] for one in told) for stage in told[0]["stages"]}
    spent["ledger"] += served
    most = round((before + after) / 2) if before and after else None
    return result(
        case,
        rows,
        max(one["ended"] for one in told) - min(one["began"] for one in told),
        spent,
        database=way.database,
        workers=way.workers,
        dkim=way.dkim,
        peak_rss_mb=round(max(one["peak_kb"] for one in told) / 1024, 1),
        ceiling_per_second=most,
        ceilings=[before and round(before), after and round(after)],
        database_us=round(served * 1_000_000 / rows, 1),
        octets=round(sum(one["octets"] for one in told) / rows),
    )


@contextmanager
def _launched(databases: Databases, way: Sending, port: int) -> Iterator[tuple[Office, int, dict[str, Any]]]:
    """An office whose letter is in the ledger for everybody; gives it, the rows, and what a worker is told."""
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch,
        databases.fresh(way.database) as url,
    ):
        folder, clock = Path(scratch) / "office", MovingClock()
        make_place(folder, url, way.clicks)
        office = open_place(folder, url, port, 1, 0, clock)
        enrol(office.database, way.people)
        rows, _ = launch(office)
        task = {
            "folder": str(folder), "url": url, "port": port, "connections": way.connections, "batch": way.batch,
            "offset": clock.offset, "dkim": way.dkim, "stages": way.stages, "profile": way.profile,
        }  # fmt: skip
        try:
            yield office, rows, task
        finally:
            office.database.close()


def _check_all_sent(office: Office, told: list[dict[str, Any]]) -> None:
    with office.database.read() as connection:
        left = connection.execute(text("SELECT count(*) FROM deliveries WHERE state <> 'sent'")).scalar_one()
    if left:
        raise RuntimeError(f"{left} rows were not sent: {told}")


def work(task: dict[str, Any], workers: int) -> list[dict[str, Any]]:
    """Start the workers, let them begin together, and gather what they tell."""
    command = [sys.executable, str(HERE / "worker.py"), json.dumps(task)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    for worker in started:
        if worker.stdout is None or worker.stdout.readline() != "ready\n":
            raise RuntimeError("a worker did not start")
    for worker in started:
        if worker.stdin:
            worker.stdin.close()
    told = []
    for worker in started:
        told.append(json.loads(worker.stdout.read() if worker.stdout else ""))
        worker.wait()
    return told
