"""Everybody, or the people of a segment, one after the other, with what a file of people has columns for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, true

from newsletter.core.consent import ConsentAction
from newsletter.core.people_file.written import PersonToWrite
from newsletter.store.people import topics_by_person
from newsletter.store.rows import IDS, table_of, values_of
from newsletter.store.segments import segment_clause
from newsletter.store.tables import consents, subscribers, suppressions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from newsletter.core.segment.tree import Segment

_AT_ONCE = 2000  # people


def written_people(
    connection: Connection, segment: Segment | None, segments: Mapping[str, Segment], now: datetime
) -> Iterator[PersonToWrite]:
    """People by id, without those who were erased; no more than a few of them are in memory.

    Args:
        segment: only people who are in it now; everybody when None.
        segments: every segment by id.
        now: aware instant, for conditions that ask for days.
    """
    person = subscribers.c
    inside = true() if segment is None else segment_clause(segment.where, now, segments)
    query = (
        select(subscribers, func.coalesce(suppressions.c.reason, "").label("suppressed"))
        .select_from(subscribers.outerjoin(suppressions, suppressions.c.address_hash == person.address_hash))
        .where(person.erased_at.is_(None), inside)
        .order_by(person.id)
        .limit(_AT_ONCE)
    )
    last = 0
    while rows := connection.execute(query.where(person.id > last)).all():
        last = rows[-1].id
        ids = [row.id for row in rows]
        topics, events = topics_by_person(connection, ids), _events(connection, ids)
        for row in rows:
            yield _written(row, topics.get(row.id, []), events.get(row.id))


_SPEAKS = {ConsentAction.GRANTED: 2, ConsentAction.INFORMED: 1}


def _written(row: Row[Any], topics: Sequence[str], event: Any) -> PersonToWrite:
    return PersonToWrite(
        row.address,
        row.given_name,
        row.language,
        row.country,
        row.zone,
        topics,
        row.joined,
        row.source if event is None else event.source,
        "" if event is None else event.wording,
        row.joined if event is None else event.at,
        row.standing,
        row.suppressed,
        row.paused_until,
        row.attributes,
    )


def _events(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    """The event that speaks for each person: the latest grant, else the latest time they were told, else the first event that there is."""
    dialect, given = connection.dialect.name, table_of(connection.dialect.name, IDS)
    event = consents.c
    query = (
        select(event.subscriber_id, event.action, event.at, event.source, event.wording)
        .where(event.subscriber_id.in_(select(given.c.id)))
        .order_by(event.id)
    )
    found: dict[int, Any] = {}
    for row in connection.execute(query, values_of(dialect, IDS, ids)):
        former, rank = found.get(row.subscriber_id), _SPEAKS.get(row.action, 0)
        if former is None or (rank and (rank, row.at) >= (_SPEAKS.get(former.action, 0), former.at)):
            found[row.subscriber_id] = row
    return found
