"""People come in from a file: what can be taken goes in, in one transaction; the rest is told with its line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.people_file import Reject, read_people_csv
from newsletter.flows.workspace import read_people
from newsletter.store.people import hash_address
from newsletter.store.people_import import place_people, take_people
from newsletter.store.people_staging import clear_stage, stage_people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.people_file import PersonEntry
    from newsletter.core.refusal import Problem
    from newsletter.flows.office import Office

_TOLD = 1000  # rows between two words of progress


@dataclass(slots=True)
class ImportReport:
    """What an import did. Counts: `new`, `changed`, `unchanged`, `kept_out` (they left or bounced before), `rejected`."""

    counts: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: Path | None = None

    @property
    def problems(self) -> list[Problem]:
        return [reject.problem for reject in self.rejects]


def import_people(
    office: Office,
    path: Path,
    now: datetime,
    *,
    allow_roles: bool = False,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> ImportReport:
    """Import a CSV file. What can be taken goes in, in one transaction; the rest is written to a rejects file.

    Importing the same file again changes nothing. People who unsubscribed or whose address is suppressed stay out. The
    file is read before anything is locked: mail goes on meanwhile.

    Args:
        dry_run: say what would become of the rows, and change nothing.
        progress: told every now and then how many rows have been read.

    Raises:
        ContentRefused: the file cannot be read at all, or its header is wrong; nothing has been stored.
    """
    report, fields = ImportReport(), read_people(office).fields
    with office.library.open_people_file(path) as (lines, name), office.database.session() as session:
        entries = read_people_csv(lines, name, fields, allow_roles=allow_roles)
        with session.read() as connection:
            stage_people(connection, _taken(office.hash_key, entries, report, progress))
        with session.write(keep=not dry_run) as connection:
            report.counts.update(place_people(connection))
            if not dry_run:
                take_people(connection, office.settings.languages[0], now)
        with session.read() as connection:
            clear_stage(connection)
    if report.rejects and not dry_run:
        report.rejects_file = office.library.write_rejects(path, rejects_csv(report.rejects))
    return report


def rejects_csv(rejects: Sequence[Reject]) -> str:
    """The rejected rows as CSV with line and reason first, ready to be mended and imported again."""
    columns = dict.fromkeys(name for reject in rejects for name in reject.row if name)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "reason", *columns])
    for reject in rejects:
        reason = f"{reject.problem.what} {reject.problem.remedy}".strip()
        writer.writerow([reject.line, reason, *(reject.row.get(name, "") for name in columns)])
    return out.getvalue()


def _taken(
    secret: bytes,
    entries: Iterator[PersonEntry | Reject],
    report: ImportReport,
    progress: Callable[[int], None],
) -> Iterator[tuple[PersonEntry, str]]:
    """The rows that can be taken; the others are noted in the report."""
    done = 0
    for done, entry in enumerate(entries, start=1):
        if isinstance(entry, Reject):
            report.rejects.append(entry)
        else:
            yield entry, hash_address(secret, entry.key)
        if done % _TOLD == 0:
            progress(done)
    progress(done)
    if report.rejects:
        report.counts["rejected"] = len(report.rejects)
