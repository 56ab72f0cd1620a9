"""A CSV file of people: each row becomes a person to be stored, or a reason why it cannot be taken."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.mailbox import Addresses, is_role_address
from newsletter.core.people_file import cells as read
from newsletter.core.people_file.cells import CellRefused, Known, Status, shown
from newsletter.core.people_file.csv_rows import CsvRow, csv_rows
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.segment.reader import choose_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from newsletter.core.segment.fields import Fields

__all__ = ["AS_IT_STOOD", "COLUMNS", "PersonEntry", "Reject", "Status", "read_people_csv"]

COLUMNS = (
    "email", "given_name", "language", "country", "zone", "topics", "joined",
    "consent_source", "consent_date", "status", "paused_until",
)  # fmt: skip
AS_IT_STOOD = "row"
"""The column of a rejects file that holds the text of a row whose cells cannot be told apart."""
_LONE = re.compile("[\ud800-\udfff]")  # half of a pair: octets that are not UTF-8
_OF_REJECTS = ("line", "reason", AS_IT_STOOD)  # so that a mended rejects file can be imported as it is


class PersonEntry(NamedTuple):
    """A person as one row of a file tells. Instants are UTC; empty texts and None mean "the file does not say"."""

    line: int
    address: str
    key: str
    given_name: str
    language: str
    country: str
    zone: str
    topics: tuple[str, ...]
    joined: datetime | None
    consent_source: str
    consented: datetime
    status: Status
    paused_until: datetime | None
    attributes: Mapping[str, str | float | list[str]]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be taken: its line, the row as it stood, and the problem."""

    line: int
    row: Mapping[str, str]
    problem: Problem


def read_people_csv(
    lines: Iterable[str], path: str, fields: Fields, *, allow_roles: bool = False
) -> Iterator[PersonEntry | Reject]:
    """Read a CSV file of people, row by row; of the rows only the addresses are kept in memory.

    Args:
        lines: the file's lines, with their ends.
        path: its name, for problems.
        fields: what may be known of a person, and the topics.
        allow_roles: take addresses such as postmaster@ too; they are held otherwise.

    Raises:
        ContentRefused: the header is missing `email` or has a column that nobody knows; no row has been read then.
    """
    rows = csv_rows(lines)
    header = next(rows, CsvRow(1, "", []))
    _check_header(header, path, fields)
    return map(_RowReader(header.cells, path, fields, allow_roles=allow_roles).read, rows)


def _check_header(header: CsvRow, path: str, fields: Fields) -> None:
    known, names = (*COLUMNS, *fields.fields), header.cells
    if header.wrong:
        what = f"The names of the columns cannot be read: {header.wrong}."
        raise ContentRefused(Problem(what, "Check their quotes.", path, header.line))
    problems = []
    if "email" not in names:
        hint = "It should part its cells by commas. " if re.search(r"[;\t]", header.text) else ""
        remedy = f"{hint}Name the columns in the first line."
        problems.append(Problem("The column 'email' is missing.", remedy, path, header.line))
    for name, count in Counter(names).items():
        named = shown(name)
        if count > 1 and name:
            what = f"The column '{named}' is named twice."
            problems.append(Problem(what, "Keep one of them.", path, header.line, named))
        if name not in known and name not in _OF_REJECTS:
            remedy = f"{choose_from(name, known)} More can be named in subscribers/fields.yaml."
            problems.append(Problem(f"The column '{named}' is not known.", remedy, path, header.line, named))
    if problems:
        raise ContentRefused(*problems)


class _RowReader:
    """Reads the rows under one header. What is asked of each row is worked out once."""

    def __init__(self, names: Sequence[str], path: str, fields: Fields, *, allow_roles: bool) -> None:
        self._names, self._path, self._allow_roles = names, path, allow_roles
        self._addresses, self._seen = Addresses(), dict[str, int]()
        # A column that the file does not have is the empty cell behind the last.
        self._pick = itemgetter(*(names.index(name) if name in names else -1 for name in COLUMNS))
        self._languages, self._countries, self._zones = (
            Known(read.language),
            Known(read.country),
            Known(read.zone),
        )
        self._topics, self._statuses = Known(read.topics_reader(fields)), Known(read.status)
        self._joined, self._paused = (
            Known(read.instant_reader("joined")),
            Known(read.instant_reader("paused_until")),
        )
        self._sources, self._consented = Known(read.consent_source), Known(read.consent_date)
        self._attributes = [
            (names.index(name), name, reader)
            for name, reader in read.attribute_readers(fields).items()
            if name in names
        ]  # fmt: skip

    def read(self, row: CsvRow) -> PersonEntry | Reject:
        """One row."""
        if row.wrong:
            remedy = "Check its quotes: one that opens a cell needs one that closes it."
            what = f"The row cannot be read: {row.wrong}."
            return Reject(row.line, {AS_IT_STOOD: row.text}, Problem(what, remedy, self._path, row.line))
        cells = [*map(str.strip, row.cells)]
        try:
            self._check_shape(row)
            return self._person(row.line, cells)
        except CellRefused as refused:
            return self._reject(row, cells, refused)

    def _check_shape(self, row: CsvRow) -> None:
        if len(row.cells) != len(self._names):
            what = f"The row has {len(row.cells)} cells, and the first line names {len(self._names)} columns."
            raise CellRefused("", what, "Check commas and quotes.")
        if not row.text.isascii() and _LONE.search(row.text):
            raise CellRefused("", "The row is not UTF-8 text.", "Save the file as UTF-8 and import it again.")

    def _person(self, line: int, cells: list[str]) -> PersonEntry:
        (
            email, name, language, country, zone, topics, joined, source, consented, status, paused,
        ) = self._pick([*cells, ""])  # fmt: skip
        address, key = self._address(email)
        if key in self._seen:
            what = f"The address '{address}' stands on line {self._seen[key]} already."
            raise CellRefused("email", what, "Keep one row for each address.")
        entry = PersonEntry(
            line,
            address,
            key,
            read.one_line("given_name", name),
            self._languages[language],
            self._countries[country],
            self._zones[zone],
            self._topics[topics],
            self._joined[joined],
            self._sources[source],
            self._consented[consented],
            self._statuses[status],
            self._paused[paused],
            {name: reader(cells[at]) for at, name, reader in self._attributes if cells[at]},
        )
        self._seen[key] = line
        return entry

    def _address(self, text: str) -> tuple[str, str]:
        read.required("email", text, "Write the address, or remove the row.")
        try:
            address, key = self._addresses.read(text)
        except Refusal as refusal:
            problem = refusal.problems[0]
            raise CellRefused("email", problem.what, problem.remedy) from None
        if not self._allow_roles and is_role_address(address):
            remedy = "Ask for a person's address, or import with --allow-roles."
            raise CellRefused("email", f"'{address}' belongs to a duty or a machine and is held.", remedy)
        return address, key

    def _reject(self, row: CsvRow, cells: Sequence[str], refused: CellRefused) -> Reject:
        as_read = dict(zip(self._names, cells, strict=False))
        if len(self._names) != len(row.cells):
            as_read[AS_IT_STOOD] = row.text
        what = shown(refused.what)
        return Reject(row.line, as_read, Problem(what, refused.remedy, self._path, row.line, refused.column))
