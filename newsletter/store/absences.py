"""When nobody was there: the times between the last beat of any scheduler and the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from newsletter.store.daemon_tables import absences
from newsletter.store.insert import insert_ignore

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def note_absence(connection: Connection, since: datetime, until: datetime) -> bool:
    """Write down that nobody was there between two instants; False if another scheduler has done so."""
    values = {"since": since, "until": until}
    return connection.execute(insert_ignore(connection, absences, values)).rowcount == 1


def absences_between(
    connection: Connection, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Times in which nobody was there and that touch the time from `start` to `end`, earliest first."""
    row = absences.c
    query = select(row.since, row.until).where(row.since <= end, row.until > start).order_by(row.since)
    return [(since, until) for since, until in connection.execute(query)]


def forget_absences(connection: Connection, before: datetime) -> int:
    """Remove those that ended before an instant; gives their number."""
    return connection.execute(delete(absences).where(absences.c.until < before)).rowcount
