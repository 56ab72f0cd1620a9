"""Measure how fast mail leaves: the same work every time, from the audience to the settled ledger.

Prints a table and writes bench/results.json. The sink is compiled from the C file that --sink-source or NEWSLETTER_FSINK
names; without it Debian's smtp-sink is taken, and without that one of our own, which is slower than the sender.
"""

# ruff: noqa: INP001, T201, S603 - a script, not a package; it prints, and starts itself

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from databases import Databases
from place import MovingClock, enrol, launch, make_place, open_place
from sink import ceiling, running, sink_command
from sqlalchemy import text

HERE = Path(__file__).parent
MICRO = 1_000_000


def main() -> None:
    """Run what the command line asks for."""
    wanted = _arguments()
    results: list[dict[str, Any]] = []
    with Databases() as databases, tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch:
        kinds = [kind for kind in wanted.database if databases.has(kind)]
        for missing in sorted(set(wanted.database) - set(kinds)):
            print(f"{missing} is not installed: left out")
        name, command = sink_command(wanted.sink_source, Path(scratch))
        print(
            f"sink: {name}"
            + (" - slower than the sender, so it is what is measured" if name == "asyncio" else "")
        )
        for kind in kinds:
            if wanted.audience:
                results.append(_freeze(databases, kind, wanted.audience))
                _show(results[-1])
            for dkim in wanted.dkim:
                for workers in wanted.workers:
                    results.append(_send(databases, name, command, kind, workers, dkim, wanted))
                    _show(results[-1])
    Path(wanted.out).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=20_000, help="messages of each case")
    parser.add_argument(
        "--audience", type=int, default=1_000_000, help="people of the frozen audience, 0 for none"
    )
    parser.add_argument("--database", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--dkim", nargs="+", default=["none", "ed25519", "rsa2048"])
    parser.add_argument("--connections", type=int, default=5, help="connections of each worker")
    parser.add_argument(
        "--batch", type=int, default=0, help="rows that a worker takes at a time, 0 as configured"
    )
    parser.add_argument(
        "--sink-source", default=os.environ.get("NEWSLETTER_FSINK", ""), help="C file of a sink"
    )
    parser.add_argument("--profile", default="", help="write profiles of the workers to this name")
    parser.add_argument(
        "--no-stages", action="store_true", help="do not count by stage; costs 1 to 2 µs a message"
    )
    parser.add_argument("--out", default=str(HERE / "results.json"))
    return parser.parse_args()


def _freeze(databases: Databases, kind: str, people: int) -> dict[str, Any]:
    """A large audience frozen with reasons; one in ten gets none."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch, databases.fresh(kind) as url:
        folder = Path(scratch) / "office"
        make_place(folder, url)
        office = open_place(folder, url, 25, 1, 0, MovingClock())
        enrol(office.database, people, mailable=False)
        before = databases.cpu_seconds() + time.process_time()
        rows, seconds = launch(office)
        cpu = databases.cpu_seconds() + time.process_time() - before
        office.database.close()
    result = _result("freeze", kind, 1, "none", rows, seconds)
    return result | {"cpu_us": {"fill": 0, "sign": 0, "wire": 0, "ledger": round(cpu * MICRO / rows, 2)}}


def _send(
    databases: Databases,
    sink: str,
    command: list[str],
    kind: str,
    workers: int,
    dkim: str,
    wanted: argparse.Namespace,
) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch,
        databases.fresh(kind) as url,
        running(sink, command) as port,
    ):
        folder = Path(scratch) / "office"
        make_place(folder, url)
        clock = MovingClock()
        office = open_place(folder, url, port, 1, 0, clock)
        enrol(office.database, wanted.people)
        rows, _ = launch(office)
        most = ceiling(port)
        task = {
            "folder": str(folder), "url": url, "port": port, "connections": wanted.connections, "batch": wanted.batch,
            "offset": clock.offset, "dkim": dkim, "stages": not wanted.no_stages, "profile": wanted.profile,
        }  # fmt: skip
        before = databases.cpu_seconds()
        told = _work(task, workers)
        served = databases.cpu_seconds() - before
        with office.database.read() as connection:
            left = connection.execute(
                text("SELECT count(*) FROM deliveries WHERE state <> 'sent'")
            ).scalar_one()
        office.database.close()
    if left:
        raise RuntimeError(f"{left} of {rows} rows were not sent: {told}")
    seconds = max(one["ended"] for one in told) - min(one["began"] for one in told)
    spent = {stage: sum(one["stages"][stage] for one in told) for stage in told[0]["stages"]}
    spent["ledger"] += served
    result = _result("send", kind, workers, dkim, rows, seconds)
    return result | {
        "cpu_us": {stage: round(cpu * MICRO / rows, 1) for stage, cpu in spent.items()},
        "database_us": round(served * MICRO / rows, 1),
        "peak_rss_mb": round(max(one["peak_kb"] for one in told) / 1024, 1),
        "ceiling_per_second": most and round(most),
        "sink": sink,
    }


def _work(task: dict[str, Any], workers: int) -> list[dict[str, Any]]:
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


def _result(case: str, kind: str, workers: int, dkim: str, messages: int, seconds: float) -> dict[str, Any]:
    return {
        "case": case,
        "database": kind,
        "engine": "local",
        "workers": workers,
        "dkim": dkim,
        "messages": messages,
        "seconds": round(seconds, 3),
        "per_second": round(messages / seconds),
        "cpu_us": {},
        "peak_rss_mb": None,
        "ceiling_per_second": None,
    }


def _show(one: dict[str, Any]) -> None:
    cpu = " ".join(f"{stage} {spent:6.1f}" for stage, spent in one["cpu_us"].items())
    print(
        f"{one['case']:7} {one['database']:10} {one['workers']} worker(s) {one['dkim']:8} {one['messages']:9,} in "
        f"{one['seconds']:7.2f} s {one['per_second']:9,}/s  µs: {cpu}  "
        f"peak {one['peak_rss_mb']} MB  ceiling {one['ceiling_per_second']}",
        flush=True,
    )


if __name__ == "__main__":
    main()
