"""The cases of many people at once: `freeze`, an audience with its reasons, and `import`, a file through the real flow."""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import csv
import resource
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from place import START, MovingClock, enrol, launch, make_place, open_place
from results import result

from newsletter.flows.import_people import import_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Databases

    from newsletter.flows.office import Office

TRIAL = 20_000
PATIENCE = 180  # seconds that an import may take by the trial's figure
COLUMNS = (
    "email", "given_name", "organisation", "kind", "language", "country", "zone", "topics", "joined",
    "consent_source", "consent_wording", "consent_date", "status", "employees",
)  # fmt: skip


def freeze(databases: Databases, kind: str, people: int) -> dict[str, Any]:
    """A large audience frozen with reasons; one in ten gets none."""
    with _office(databases, kind) as office:
        enrol(office.database, people, mailable=False)
        before = databases.cpu_seconds() + time.process_time()
        rows, seconds = launch(office)
        cpu = databases.cpu_seconds() + time.process_time() - before
    return result("freeze", rows, seconds, {"ledger": cpu}, database=kind)


def imported(databases: Databases, kind: str, people: int) -> dict[str, Any]:
    """A CSV file of so many people into an empty database; of fewer, and it says so, when that would take too long."""
    trial = min(TRIAL, people)
    first = _import(databases, kind, trial)
    if trial == people:
        return first
    whole = people / first["per_second"]
    if whole > PATIENCE:
        note = f"{trial:,} rows only: {people:,} would take {whole / 60:.0f} minutes"
        return first | {"note": note}
    return _import(databases, kind, people)


def _import(databases: Databases, kind: str, people: int) -> dict[str, Any]:
    with (
        _office(databases, kind) as office,
        tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch,
    ):
        path = Path(scratch) / "people.csv"
        write_people(path, people)
        before = databases.cpu_seconds() + time.process_time()
        began = time.perf_counter()
        report = import_people(office, path, START)
        seconds = time.perf_counter() - began
        cpu = databases.cpu_seconds() + time.process_time() - before
        if report.counts["new"] != people:
            raise RuntimeError(f"not everybody was imported: {report.counts} {report.problems[:3]}")
    peak = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    )  # of the process so far: run this case alone
    return result("import", people, seconds, {"ledger": cpu}, database=kind, peak_rss_mb=peak)


def write_people(path: Path, people: int) -> None:
    """A file as an office would have it: two languages, one or two topics, attributes, every seventh name with an accent."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number in range(people):
            day = f"2020-{10 + number % 3}-{10 + number % 19}"
            rows.writerow((
                f"reader{number}@example.org",
                "Chloé" if number % 7 == 0 else f"Ada {number}",
                f"Atelier {number % 5000}",
                ("association", "school", "press")[number % 3],
                "fr" if number % 3 == 0 else "en",
                "BE",
                "Europe/Brussels",
                "social-economy;erasmus" if number % 2 else "erasmus",
                f"{day}T09:00:00+01:00",
                "sign-up form",
                "Yes, send me the newsletter.",
                day,
                "confirmed",
                number % 90,
            ))  # fmt: skip


@contextmanager
def _office(databases: Databases, kind: str) -> Iterator[Office]:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch, databases.fresh(kind) as url:
        folder = Path(scratch) / "office"
        make_place(folder, url)
        office = open_place(folder, url, 25, 1, 0, MovingClock())
        try:
            yield office
        finally:
            office.database.close()
