"""Waves: the rows of a campaign that is meant for each reader's own hour, by the zones of the readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, literal, select, update

from newsletter.store.ledger import due
from newsletter.store.tables import Instant, deliveries, subscribers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


def zones_of_people(connection: Connection) -> list[str]:
    """Every zone that somebody is in; "" when somebody's is not known. Looks at everybody."""
    return list(connection.scalars(select(subscribers.c.zone).distinct().order_by(subscribers.c.zone)))


def due_by_zone(moments: Mapping[str, datetime], otherwise: datetime) -> ColumnElement[datetime]:
    """SQL over `subscribers`: the instant that a person's zone has in `moments`."""
    together: dict[datetime, list[str]] = {}
    for zone, moment in moments.items():
        if moment != otherwise:
            together.setdefault(moment, []).append(zone)
    rest = literal(otherwise, Instant())
    if not together:
        return rest
    own = subscribers.c.zone
    return case(*((own.in_(zones), literal(at, Instant())) for at, zones in together.items()), else_=rest)


def wait_for_opening(
    connection: Connection,
    campaign: int,
    lane: str,
    closed: Mapping[str, datetime],
    now: datetime,
    limit: int,
) -> int:
    """Let the rows among the next `limit` due ones wait whose reader's zone is closed, until it opens; gives how many.

    They leave the front of the line, so that nobody looks at them again before.
    """
    row = deliveries.c
    joined = deliveries.join(subscribers, subscribers.c.id == row.subscriber_id)
    waiting = 0
    while True:
        front = (
            select(row.id, subscribers.c.zone)
            .select_from(joined)
            .where(row.campaign_id == campaign, row.lane == lane, *due(now))
            .order_by(row.not_before, row.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=deliveries)
        )
        by_zone: dict[str, list[int]] = {}
        for identity, zone in connection.execute(front).all():
            if zone in closed:
                by_zone.setdefault(zone, []).append(identity)
        if not by_zone:
            return waiting
        for zone, ids in by_zone.items():
            later = update(deliveries).where(row.id.in_(ids)).values(not_before=closed[zone])
            waiting += connection.execute(later).rowcount


def waves_of(connection: Connection, campaign: int) -> list[tuple[datetime, int]]:
    """When rows of a campaign that are still open go, and how many at a time."""
    row = deliveries.c
    query = select(row.not_before, func.count()).where(row.campaign_id == campaign, row.settled_at.is_(None))
    grouped = query.group_by(row.not_before).order_by(row.not_before)
    return [(at, count) for at, count in connection.execute(grouped)]
