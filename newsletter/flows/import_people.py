"""People come in from a file: what can be taken goes in, in one transaction; the rest is told with its line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsletter.core.mailbox import is_shared_address
from newsletter.core.people_file import Basis, Matching, Reject, Roles, Taking, read_people
from newsletter.core.people_file.formulas import defused
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.flows import workspace
from newsletter.sources.people_files import open_people_file
from newsletter.store.people import hash_address
from newsletter.store.people_import import place_people, take_people
from newsletter.store.people_sources import columns_of_source, keep_columns_of_source
from newsletter.store.people_staging import clear_stage, stage_people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.people_file import PersonEntry
    from newsletter.core.people_file.columns import ColumnMeaning
    from newsletter.flows.office import Office
    from newsletter.sources.people_files import PeopleFile

_TOLD = 1000  # rows between two words of progress
_LONGEST_NAME = 64  # characters; the column of the table
_NO_BASIS = Basis()


@dataclass(slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        counts: each row once: `new`, `changed`, `unchanged`; `unsubscribed` and `suppressed` (they left, bounced, complained
            or were erased, now or before: no import revives them); `invalid`, `role_address`, `duplicate`, `mistyped` (not taken).
        columns: what each column was taken as.
        rejects: the rows that were not taken.
        shared: how many of the addresses taken are read by several people (info@ …).
        rejects_file: where the rejects are; None when there are none, and in a dry run.
    """

    counts: Counter[str] = field(default_factory=Counter)
    columns: list[ColumnMeaning] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    shared: int = 0
    rejects_file: Path | None = None

    @property
    def problems(self) -> list[Problem]:
        return [reject.problem for reject in self.rejects]

    def as_dict(self) -> dict[str, Any]:
        """The outcome for scripts."""
        return {
            "counts": dict(sorted(self.counts.items())),
            "columns": [meaning.as_dict() for meaning in self.columns],
            "shared_addresses": self.shared,
            "rejects": [problem.as_dict() for problem in self.problems],
            "rejects_file": None if self.rejects_file is None else str(self.rejects_file),
        }


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What is asked of an import, beside the file.

    Attributes:
        basis: on which people are written to, where their rows do not say.
        columns: our columns by headers of the file, "" to leave one out; `*` is all that nobody knows.
        origin: name of where such files come from: what their columns mean is remembered by it; "" remembers nothing.
        allow_roles: take addresses such as postmaster@ too, whatever the configuration says.
        allow_typos: take domains that are nearly those of a large provider.
        dry_run: say what would become of the rows, and change nothing.
    """

    basis: Basis = _NO_BASIS
    columns: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    allow_roles: bool = False
    allow_typos: bool = False
    dry_run: bool = False


def import_people(
    office: Office,
    path: Path,
    now: datetime,
    wish: ImportWish = ImportWish(),
    progress: Callable[[int, float], None] = lambda _done, _share: None,
) -> ImportReport:
    """Import a file. What can be taken goes in, in one transaction; the rest is written to a rejects file.

    Importing the same file again changes nothing. People who unsubscribed or whose address is suppressed stay out. The
    file is read before anything is locked: mail goes on meanwhile.

    Args:
        progress: told every now and then how many rows have been read, and what share of the file that is, as far as known.

    Raises:
        ContentRefused: the file cannot be read at all, its header is wrong, or nobody says on what basis people are written
            to; nothing has been stored.
    """
    _check_origin(wish.origin)
    report, fields, shown = ImportReport(), workspace.read_people(office).fields, office.library.shown(path)
    with open_people_file(path, shown) as file, office.database.session() as session:
        with session.read() as connection:
            saved = columns_of_source(connection, wish.origin) if wish.origin else {}
            matching = Matching(wish.columns, saved, leave_rest=file.is_card)
            report.columns, entries = read_people(
                file.rows, shown, fields, _taking(office, wish, file), matching
            )
            stage_people(connection, _taken(office.hash_key, entries, report, file, progress))
        with session.write(keep=not wish.dry_run) as connection:
            report.counts.update(place_people(connection))
            if not wish.dry_run:
                take_people(connection, office.settings.languages[0], now, shown)
                _remember(connection, wish.origin, report.columns)
        with session.read() as connection:
            clear_stage(connection)
    if report.rejects and not wish.dry_run:
        report.rejects_file = office.library.write_rejects(path, rejects_csv(report.rejects))
    return report


def rejects_csv(rejects: Sequence[Reject]) -> str:
    """The rejected rows as CSV with line and reason first, ready to be mended and imported again."""
    columns = dict.fromkeys(name for reject in rejects for name in reject.row if name)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["line", "reason", *map(defused, columns)])
    for reject in rejects:
        reason = f"{reject.problem.what} {reject.problem.remedy}".strip()
        cells = (reason, *(reject.row.get(name, "") for name in columns))
        writer.writerow([reject.line, *map(defused, cells)])
    return out.getvalue()


def _check_origin(name: str) -> None:
    if len(name) > _LONGEST_NAME or not name.isprintable():
        what = f"The name of an origin has at most {_LONGEST_NAME} characters, on one line."
        raise ContentRefused(Problem(what, "Shorten it.", field="--origin"))


def _taking(office: Office, wish: ImportWish, file: PeopleFile) -> Taking:
    held = Roles.NONE if wish.allow_roles else office.settings.people.hold
    quoted = office.settings.people.quoted
    return Taking(wish.basis, held, mistyped=wish.allow_typos, defused=file.is_table, quoted=quoted)


def _remember(connection: Any, origin: str, columns: Sequence[ColumnMeaning]) -> None:
    if origin:
        keep_columns_of_source(connection, origin, {meaning.header: meaning.column for meaning in columns})


def _taken(
    secret: bytes,
    entries: Iterator[PersonEntry | Reject],
    report: ImportReport,
    file: PeopleFile,
    progress: Callable[[int, float], None],
) -> Iterator[tuple[PersonEntry, str]]:
    """The rows that can be taken; the others are noted in the report."""
    done = 0
    for done, entry in enumerate(entries, start=1):
        if isinstance(entry, Reject):
            report.rejects.append(entry)
            report.counts[entry.kind.value] += 1
        else:
            report.shared += is_shared_address(entry.key)
            yield entry, hash_address(secret, entry.key)
        if done % _TOLD == 0:
            progress(done, file.share())
    progress(done, 1.0)
