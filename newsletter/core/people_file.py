"""A CSV file of people: each row becomes a person to be stored, or a reason why it cannot be taken."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING
from unicodedata import category

from newsletter.core.mailbox import address_key, is_role_address, parse_address
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.segment.reader import choose_from
from newsletter.core.segment.tree import FieldType
from newsletter.core.wallclock import zone_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from newsletter.core.segment.fields import Field, Fields

COLUMNS = (
    "email", "given_name", "language", "country", "zone", "topics", "joined",
    "consent_source", "consent_date", "status", "paused_until",
)  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LONGEST, _LONGEST_LANGUAGE = 200, 20  # characters; the columns of the tables
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
AS_IT_STOOD = "row"
"""The column of a rejects file that holds the text of a row whose cells cannot be told apart."""
_OF_REJECTS = ("line", "reason", AS_IT_STOOD)  # so that a mended rejects file can be imported as it is


class Status(StrEnum):
    """What the file says of a person's consent."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class PersonEntry:
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
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be taken: its line, the row as it stood, and the problem."""

    line: int
    row: Mapping[str, str]
    problem: Problem


class _RowRefused(Exception):  # noqa: N818 - leaves this module as a Reject
    def __init__(self, column: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.column, self.what, self.remedy = column, what, remedy


def read_people_csv(
    lines: Sequence[str], path: str, fields: Fields, *, allow_roles: bool = False
) -> Iterator[PersonEntry | Reject]:
    """Read a CSV file of people, row by row.

    Args:
        lines: the file's lines, with their ends.
        path: its name, for problems.
        fields: what may be known of a person, and the topics.
        allow_roles: take addresses such as postmaster@ too; they are held otherwise.

    Raises:
        ContentRefused: the header is missing `email` or has a column that nobody knows; no row has been read then.
    """
    names: list[str] = []
    seen: dict[str, int] = {}
    for row in _rows("".join(lines)):
        if not names:
            _check_header(row, path, fields)
            names = row.cells
        elif row.wrong:
            remedy = "Check its quotes: one that opens a cell needs one that closes it."
            problem = Problem(f"The row cannot be read: {row.wrong}.", remedy, path, row.line)
            yield Reject(row.line, {AS_IT_STOOD: row.text}, problem)
        else:
            yield _read_row(row, names, path, fields, seen, allow_roles=allow_roles)
    if not names:
        _check_header(_Row(1, "", []), path, fields)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that is not blank, with the line on which it begins; `wrong` says why it has no cells."""

    line: int
    text: str
    cells: list[str]
    wrong: str = ""


def _rows(text: str) -> Iterator[_Row]:
    """Rows as RFC 4180 has them. After one that cannot be read, reading goes on with the next line.

    A quote that is never closed would otherwise swallow everybody who stands below it.
    """
    lines = _LINES.findall(text)
    start = 0
    while start < len(lines):
        reader = csv.reader((lines[at] for at in range(start, len(lines))), strict=True)
        began = start
        try:
            for cells in reader:
                end = start + reader.line_num
                if any(cell.strip() for cell in cells):
                    yield _Row(began + 1, "".join(lines[began:end]).rstrip("\r\n"), cells)
                began = end
            start = len(lines)
        except csv.Error as error:
            yield _Row(began + 1, lines[began].rstrip("\r\n"), [], str(error))
            start = began + 1


def _check_header(header: _Row, path: str, fields: Fields) -> None:
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
        shown = _shown(name)
        if count > 1 and name:
            remedy = "Keep one of them."
            problems.append(
                Problem(f"The column '{shown}' is named twice.", remedy, path, header.line, shown)
            )
        if name not in known and name not in _OF_REJECTS:
            remedy = f"{choose_from(name, known)} More can be named in subscribers/fields.yaml."
            problems.append(Problem(f"The column '{shown}' is not known.", remedy, path, header.line, shown))
    if problems:
        raise ContentRefused(*problems)


def _read_row(
    row: _Row,
    names: Sequence[str],
    path: str,
    fields: Fields,
    seen: dict[str, int],
    *,
    allow_roles: bool,
) -> PersonEntry | Reject:
    cells = {name: cell.strip() for name, cell in zip(names, row.cells, strict=False)}
    try:
        _check_shape(row, names)
        return _person(cells, row.line, fields, seen, allow_roles=allow_roles)
    except _RowRefused as refused:
        if len(names) != len(row.cells):
            cells[AS_IT_STOOD] = row.text
        what = _shown(refused.what)
        return Reject(row.line, cells, Problem(what, refused.remedy, path, row.line, refused.column))


def _check_shape(row: _Row, names: Sequence[str]) -> None:
    if len(row.cells) != len(names):
        what = f"The row has {len(row.cells)} cells, and the first line names {len(names)} columns."
        raise _RowRefused("", what, "Check commas and quotes.")
    if any("\ud800" <= sign <= "\udfff" for sign in row.text):
        raise _RowRefused("", "The row is not UTF-8 text.", "Save the file as UTF-8 and import it again.")


def _person(
    cells: Mapping[str, str], line: int, fields: Fields, seen: dict[str, int], *, allow_roles: bool
) -> PersonEntry:
    address, key = _address(cells, allow_roles=allow_roles)
    if key in seen:
        what = f"The address '{address}' stands on line {seen[key]} already."
        raise _RowRefused("email", what, "Keep one row for each address.")
    entry = PersonEntry(
        line=line,
        address=address,
        key=key,
        given_name=_short(cells, "given_name"),
        language=_language(cells),
        country=_country(cells),
        zone=_zone(cells),
        topics=_topics(cells, fields),
        joined=_instant(cells, "joined"),
        consent_source=_source(cells),
        consented=_consented(cells),
        status=_status(cells),
        paused_until=_instant(cells, "paused_until"),
        attributes=dict(_attributes(cells, fields)),
    )
    seen[key] = line
    return entry


def _address(cells: Mapping[str, str], *, allow_roles: bool) -> tuple[str, str]:
    text = _required(cells, "email", "Write the address, or remove the row.")
    try:
        address = parse_address(text)
        key = address_key(address)
    except Refusal as refusal:
        problem = refusal.problems[0]
        raise _RowRefused("email", problem.what, problem.remedy) from None
    if not allow_roles and is_role_address(address):
        remedy = "Ask for a person's address, or import with --allow-roles."
        raise _RowRefused("email", f"'{address}' belongs to a duty or a machine and is held.", remedy)
    return address, key


def _required(cells: Mapping[str, str], column: str, remedy: str) -> str:
    value = cells.get(column, "")
    if not value:
        raise _RowRefused(column, f"The row has no {column}.", remedy)
    return value


def _short(cells: Mapping[str, str], column: str) -> str:
    value = cells.get(column, "")
    if any(category(sign) in {"Cc", "Zl", "Zp"} for sign in value):
        what = "The text has a line break or a control character."
        raise _RowRefused(column, what, "Write it on one line.")
    if len(value) > _LONGEST:
        raise _RowRefused(column, f"The text is longer than {_LONGEST} characters.", "Shorten it.")
    return value


def _shown(value: str) -> str:
    """As it can be printed in an error: no control characters, not endless."""
    visible = "".join(sign if sign.isprintable() else "\ufffd" for sign in value)
    return visible if len(visible) <= _LONGEST else f"{visible[: _LONGEST - 1]}…"


def _language(cells: Mapping[str, str]) -> str:
    value = cells.get("language", "")
    if value and (len(value) > _LONGEST_LANGUAGE or not _LANGUAGE.fullmatch(value)):
        raise _RowRefused("language", f"'{value}' is not a language code.", "Write a code such as en or fr.")
    return value


def _country(cells: Mapping[str, str]) -> str:
    value = cells.get("country", "")
    if value and not re.fullmatch(r"[A-Za-z]{2}", value):
        raise _RowRefused(
            "country", f"'{value}' is not a country code.", "Write two letters such as BE or FR."
        )
    return value.upper()


def _zone(cells: Mapping[str, str]) -> str:
    value = cells.get("zone", "")
    if value:
        try:
            zone_named(value)
        except Refusal as refusal:
            raise _RowRefused("zone", refusal.problems[0].what, refusal.problems[0].remedy) from None
    return value


def _topics(cells: Mapping[str, str], fields: Fields) -> tuple[str, ...]:
    topics = tuple(
        dict.fromkeys(topic.strip() for topic in cells.get("topics", "").split(";") if topic.strip())
    )
    for topic in topics:
        if topic not in fields.topics:
            remedy = f"{choose_from(topic, fields.topics)} Part them by semicolons."
            raise _RowRefused("topics", f"The topic '{topic}' is not known.", remedy)
    return topics


def _instant(cells: Mapping[str, str], column: str) -> datetime | None:
    """A date (its midnight, UTC) or a date and time with an offset."""
    value = cells.get(column, "")
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        remedy = "Write 2021-03-03 or 2021-03-03T10:15:00+01:00."
        raise _RowRefused(column, f"'{value}' is not a date.", remedy) from None


def _source(cells: Mapping[str, str]) -> str:
    remedy = "Say where and how the person agreed, for example: sign-up form."
    _required(cells, "consent_source", remedy)
    return _short(cells, "consent_source")


def _consented(cells: Mapping[str, str]) -> datetime:
    _required(cells, "consent_date", "Say on which day the person agreed: without that no mail may be sent.")
    moment = _instant(cells, "consent_date")
    if moment is None:  # pragma: no cover - required above
        return datetime.combine(date.min, time(), UTC)
    return moment


def _status(cells: Mapping[str, str]) -> Status:
    value = cells.get("status", "") or Status.CONFIRMED
    try:
        return Status(value)
    except ValueError:
        what = f"'{value}' is not a status."
        raise _RowRefused("status", what, choose_from(value, Status)) from None


def _attributes(cells: Mapping[str, str], fields: Fields) -> Iterator[tuple[str, str | int | bool]]:
    for name, known in fields.fields.items():
        value = _short(cells, name)
        if value:
            yield name, _READERS[known.type](known, value)


def _choice(known: Field, value: str) -> str:
    if value not in known.choices:
        what = f"'{value}' is not one of the choices."
        raise _RowRefused(known.name, what, choose_from(value, known.choices))
    return value


def _integer(known: Field, value: str) -> int:
    if not re.fullmatch(r"-?\d{1,15}", value):
        raise _RowRefused(known.name, f"'{value}' is not a whole number.", "Write digits only.")
    return int(value)


def _boolean(known: Field, value: str) -> bool:
    if value.lower() not in {"true", "false", "yes", "no", "1", "0"}:
        raise _RowRefused(known.name, f"'{value}' is neither true nor false.", "Write true or false.")
    return value.lower() in {"true", "yes", "1"}


def _date(known: Field, value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise _RowRefused(known.name, f"'{value}' is not a date.", "Write it as 2021-10-19.") from None


_READERS: dict[FieldType, Callable[[Field, str], str | int | bool]] = {
    FieldType.TEXT: lambda _known, value: value,
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
}
