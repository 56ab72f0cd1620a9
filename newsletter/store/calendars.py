"""What calendars are told of deadlines and events, and the addresses of people's own calendars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from newsletter.core.calendar import CalendarEntry, from_document, to_document
from newsletter.core.deadline import DeadlineMark
from newsletter.store.calendar_tables import calendar_addresses, calendar_entries
from newsletter.store.insert import insert_or_update, overwriting_insert
from newsletter.store.tables import deadline_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

# Either ends the reminders of a deadline for a person.
_ENDING = (DeadlineMark.APPLIED, DeadlineMark.STOPPED)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """An entry as it is kept.

    Attributes:
        entry: what it says.
        topics: of its article.
        digest: of what a reader of it sees, without stamp and sequence.
        changed_at: instant (UTC) at which it came to say that.
        kept_until: instant (UTC) until which feeds show it.
        written: the VEVENT.
    """

    entry: CalendarEntry
    topics: tuple[str, ...]
    digest: str
    changed_at: datetime
    kept_until: datetime
    written: str


@dataclass(frozen=True, slots=True)
class Known:
    """What tells whether an entry must be written again."""

    digest: str
    sequence: int
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry in a feed: its key, when it changed (UTC), and the VEVENT."""

    key: str
    changed_at: datetime
    written: str


def known_entries(connection: Connection) -> dict[tuple[str, str], Known]:
    """How every entry stands, by key and language."""
    entry = calendar_entries.c
    query = select(entry.key, entry.language, entry.digest, entry.sequence, entry.cancelled)
    return {
        (row.key, row.language): Known(row.digest, row.sequence, row.cancelled)
        for row in connection.execute(query)
    }


def find_entry(connection: Connection, key: str, language: str) -> CalendarRow | None:
    """The entry of a deadline or an event in this language."""
    table = calendar_entries.c
    query = select(calendar_entries).where(table.key == key, table.language == language)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    kept = row.digest, row.changed_at, row.kept_until, row.written
    return CalendarRow(from_document(row.entry), tuple(row.topics), *kept)


def save_entries(connection: Connection, entries: Sequence[CalendarRow]) -> None:
    """Store entries over those with the same key and language, in one statement."""
    columns = tuple(column.name for column in calendar_entries.columns)
    if entries:
        overwrite = overwriting_insert(connection, calendar_entries, ("key", "language"), columns)
        connection.execute(overwrite, [_values(row) for row in entries])


def forget_languages(connection: Connection, spoken: Sequence[str]) -> None:
    """Delete the entries in languages that are not spoken here any more."""
    connection.execute(delete(calendar_entries).where(calendar_entries.c.language.not_in(spoken)))


def shown_entries(
    connection: Connection, language: str, now: datetime, topics: Collection[str] | None
) -> list[Shown]:
    """What a feed in this language shows now, earliest first; of articles with one of these topics, or of all."""
    entry = calendar_entries.c
    query = select(entry.key, entry.changed_at, entry.topics, entry.written).where(
        entry.language == language, entry.kept_until > now
    )
    wanted = None if topics is None else set(topics)
    return [
        Shown(row.key, row.changed_at, row.written)
        for row in connection.execute(query.order_by(entry.start, entry.key))
        if wanted is None or not wanted.isdisjoint(row.topics)
    ]


def ended_deadlines(connection: Connection, person: int) -> set[str]:
    """Keys of the deadlines about which a person has said "I have applied" or "stop reminding me"."""
    mark = deadline_marks.c
    query = select(mark.deadline).where(mark.subscriber_id == person, mark.mark.in_(_ENDING))
    return set(connection.scalars(query))


def address_edition(connection: Connection, person: int) -> int:
    """How often the address of a person's calendar was made anew."""
    table = calendar_addresses.c
    return connection.scalar(select(table.edition).where(table.subscriber_id == person)) or 0


def renew_address(connection: Connection, person: int, before: int, now: datetime) -> bool:
    """Make the address of a person's calendar anew; False if its edition is not `before` any more."""
    if address_edition(connection, person) != before:
        return False
    values = {"subscriber_id": person, "edition": before + 1, "changed_at": now}
    connection.execute(insert_or_update(connection, calendar_addresses, values, ["subscriber_id"]))
    return True


def _values(row: CalendarRow) -> dict[str, Any]:
    entry = row.entry
    return {
        "key": entry.key,
        "language": entry.language,
        "topics": list(row.topics),
        "start": entry.start,
        "sequence": entry.sequence,
        "cancelled": entry.cancelled,
        "digest": row.digest,
        "changed_at": row.changed_at,
        "kept_until": row.kept_until,
        "entry": to_document(entry),
        "written": row.written,
    }
