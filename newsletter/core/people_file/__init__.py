"""A file of people: each row becomes a person to be stored, or a reason why it cannot be taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.legal_basis import LegalBasis
from newsletter.core.mailbox import Addresses, is_role_address, is_shared_address
from newsletter.core.mistyped import meant_domain
from newsletter.core.people_file import cells as read
from newsletter.core.people_file.basis import Basis
from newsletter.core.people_file.cells import CellRefused, Known, RejectKind, Status, shown
from newsletter.core.people_file.columns import AS_IT_STOOD, COLUMNS, Matching, check_meanings, meanings
from newsletter.core.people_file.formulas import as_it_was
from newsletter.core.people_file.rows import FileRow
from newsletter.core.refusal import ContentRefused, Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from newsletter.core.people_file.columns import ColumnMeaning
    from newsletter.core.segment.fields import Fields

__all__ = [
    "AS_IT_STOOD",
    "COLUMNS",
    "Basis",
    "Matching",
    "PersonEntry",
    "Reject",
    "RejectKind",
    "Roles",
    "Status",
    "Taking",
    "read_people",
]  # fmt: skip

_NO_BASIS = Basis()
_LONE = re.compile("[\ud800-\udfff]")  # half of a pair: octets that are not UTF-8
_BASIS_REMEDY = {
    "consent_source": ("where and how they agreed", "--consent-source 'sign-up form on our site'"),
    "consent_date": ("when they agreed", "--consent-date 2021-03-03"),
    "consent_wording": ("to which words they agreed", "--consent-wording 'Yes, send me the newsletter.'"),
}


class Roles(StrEnum):
    """Which addresses that are nobody's own are held back."""

    NONE = "none"
    MACHINES = "machines"
    ALL = "all"


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
    consent_wording: str
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
    kind: RejectKind = RejectKind.INVALID


@dataclass(frozen=True, slots=True)
class Taking:
    """What is taken, and on what basis.

    Attributes:
        held: addresses of duties and machines that are held back.
        mistyped: take domains that are nearly those of a large provider.
        quoted: take addresses with quotes before the @, which many mail systems do not.
        defused: cells that an export has made harmless for spreadsheets become what they were.
    """

    basis: Basis = _NO_BASIS
    held: Roles = Roles.MACHINES
    mistyped: bool = False
    defused: bool = True
    quoted: bool = False


def _check_basis(columns: Iterable[str], basis: Basis, path: str) -> None:
    """Refuse a file that does not say on what basis its people are written to.

    A column may be empty here and there: then the row is told, or the words are not known any more.

    Raises:
        ContentRefused: neither a column nor `basis` says from where, when, or to which words.
    """
    lacking = [name for name, said in basis.as_columns().items() if not said and name not in set(columns)]
    try:
        read.consent_date(basis.date or "2021-03-03")
        read.consent_source(basis.source or "said by the rows")
        read.consent_wording(basis.wording)
    except CellRefused as refused:
        raise ContentRefused(
            Problem(refused.what, refused.remedy, field=f"--{refused.column}".replace("_", "-"))
        ) from None
    if lacking:
        told = ", and ".join(_BASIS_REMEDY[name][0] for name in lacking)
        options = " ".join(_BASIS_REMEDY[name][1] for name in lacking)
        remedy = f"Add {options}, or give the file {_listed(lacking)}, one for each person."
        raise ContentRefused(
            Problem(f"The file does not say {told}; nobody may be written to.", remedy, path)
        )


def _listed(columns: Sequence[str]) -> str:
    return f"the column{'s' * (len(columns) > 1)} {', '.join(columns)}"


def read_people(
    rows: Iterator[FileRow],
    path: str,
    fields: Fields,
    taking: Taking = Taking(),
    matching: Matching = Matching(),  # noqa: B008 - frozen
) -> tuple[list[ColumnMeaning], Iterator[PersonEntry | Reject]]:
    """Read a file of people, row by row; of the rows only the addresses are kept in memory.

    Args:
        rows: the names of the columns, then everybody.
        path: the file's name, for problems.
        fields: what may be known of a person, and the topics.
        taking: what is taken, and on what basis.
        matching: what is said about the columns.

    Returns:
        What each column is taken as, and the people.

    Raises:
        ContentRefused: the header cannot be used, or nobody says on what basis; no row has been read then.
    """
    header = next(rows, FileRow(1, "", []))
    if header.wrong:
        what = f"The names of the columns cannot be read: {header.wrong}."
        raise ContentRefused(Problem(what, "Check their quotes.", path, header.line))
    found = meanings([*map(str.strip, header.cells)], fields, matching)
    check_meanings(found, fields, matching, path, header.line)
    columns = [meaning.column for meaning in found]
    _check_basis(columns, taking.basis, path)
    return found, map(_RowReader(columns, path, fields, taking).read, rows)


class _RowReader:
    """Reads the rows under one header. What is asked of each row is worked out once."""

    def __init__(self, names: Sequence[str], path: str, fields: Fields, taking: Taking) -> None:
        self._names, self._path, self._taking = names, path, taking
        self._basis = {name: said for name, said in taking.basis.as_columns().items() if said}
        self._addresses, self._seen = Addresses(quoted_local=taking.quoted), dict[str, int]()
        # A column that the file does not have is the empty cell behind the last.
        self._pick = itemgetter(*(names.index(name) if name in names else -1 for name in COLUMNS))
        self._languages, self._countries, self._zones = (
            Known(read.language),
            Known(read.country),
            Known(read.zone),
        )
        self._topics, self._statuses = Known(read.topics_reader(fields)), Known(self._status)
        self._joined, self._paused = (
            Known(read.instant_reader("joined")),
            Known(read.instant_reader("paused_until")),
        )
        basis = taking.basis
        self._sources = Known(lambda said: read.consent_source(said or basis.source))
        self._wordings = Known(lambda said: read.consent_wording(said or basis.wording))
        self._consented = Known(lambda said: read.consent_date(said or basis.date))
        self._slips = Known(meant_domain)
        self._attributes = [
            (names.index(name), name, reader)
            for name, reader in read.attribute_readers(fields).items()
            if name in names
        ]  # fmt: skip

    def read(self, row: FileRow) -> PersonEntry | Reject:
        """One row."""
        if row.wrong:
            remedy = (
                "Check its quotes: one that opens a cell needs one that closes it." if '"' in row.text else ""
            )
            what = f"The row cannot be read: {shown(row.wrong)}."
            return Reject(row.line, {AS_IT_STOOD: row.text}, Problem(what, remedy, self._path, row.line))
        cells = [*map(str.strip, row.cells)]
        if self._taking.defused and "'" in row.text:
            cells = [*map(as_it_was, cells)]
        try:
            self._check_shape(row)
            return self._person(row.line, cells)
        except CellRefused as refused:
            return self._reject(row, cells, refused)

    def _status(self, said: str) -> Status:
        informs = self._taking.basis.ground is LegalBasis.INTEREST
        return read.status(said or (Status.INFORMED if informs else ""))

    def _check_shape(self, row: FileRow) -> None:
        if len(row.cells) != len(self._names):
            what = f"The row has {len(row.cells)} cells, and the first line names {len(self._names)} columns."
            raise CellRefused("", what, "Check what parts the cells, and quotes.")
        if not row.text.isascii() and _LONE.search(row.text):
            raise CellRefused("", "The row is not UTF-8 text.", "Save the file as UTF-8 and import it again.")

    def _person(self, line: int, cells: list[str]) -> PersonEntry:
        (
            email, name, language, country, zone, topics, joined, source, wording, consented, status, paused,
        ) = self._pick([*cells, ""])  # fmt: skip
        address, key = self._address(email)
        if key in self._seen:
            what = f"The address '{address}' stands on line {self._seen[key]} already."
            raise CellRefused("email", what, "Keep one row for each address.", RejectKind.DUPLICATE)
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
            self._wordings[wording],
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
        held = self._taking.held
        if held is not Roles.NONE and is_role_address(address):
            remedy = "Ask for a person's address, or import with --allow-roles."
            what = f"'{address}' belongs to a duty or a machine and is held."
            raise CellRefused("email", what, remedy, RejectKind.ROLE)
        if held is Roles.ALL and is_shared_address(address):
            what = f"'{address}' is shared by several people and is held."
            remedy = "Ask for a person's address, or import with --allow-roles."
            raise CellRefused("email", what, remedy, RejectKind.ROLE)
        meant = self._slips[key.rpartition("@")[2]]
        if meant and not self._taking.mistyped:
            what = f"'{address}' looks mistyped. Did you mean '{address.rpartition('@')[0]}@{meant}'?"
            remedy = "Correct it, or import with --allow-typos."
            raise CellRefused("email", what, remedy, RejectKind.MISTYPED)
        return address, key

    def _reject(self, row: FileRow, cells: Sequence[str], refused: CellRefused) -> Reject:
        # A column that is left out has no place in what is mended and imported again; the basis does.
        named = zip(self._names, cells, strict=False)
        as_read = {name: cell or self._basis.get(name, "") for name, cell in named if name}
        as_read |= {name: said for name, said in self._basis.items() if name not in as_read}
        if len(self._names) != len(row.cells):
            as_read[AS_IT_STOOD] = row.text
        problem = Problem(shown(refused.what), refused.remedy, self._path, row.line, refused.column)
        return Reject(row.line, as_read, problem, refused.kind)
