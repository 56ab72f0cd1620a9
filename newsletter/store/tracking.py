"""Who allows us to see what they open and press: `subscribers.tracking_at`, NULL for everybody who was not asked or said no."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from newsletter.core.delivery import DeliveryState
from newsletter.core.engagement import EngagementKind
from newsletter.store.engagement_tables import engagements
from newsletter.store.rows import IDS, table_of, values_of
from newsletter.store.tables import deliveries, subscribers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select


def tracked_among(connection: Connection, people: Sequence[int]) -> frozenset[int]:
    """Those of these people who allow tracking."""
    dialect = connection.dialect.name
    return frozenset(connection.scalars(_tracked(dialect), values_of(dialect, IDS, people)))


def allows_tracking(connection: Connection, person: int) -> bool:
    """Whether this person allows tracking now."""
    row = subscribers.c
    query = select(row.id).where(row.id == person, row.tracking_at.is_not(None))
    return connection.scalar(query) is not None


def tracked_readers(connection: Connection, campaign: int) -> int:
    """How many people got a campaign and allow tracking now."""
    row = deliveries.c
    query = (
        select(func.count())
        .select_from(deliveries.join(subscribers, subscribers.c.id == row.subscriber_id))
        .where(row.campaign_id == campaign, row.state == DeliveryState.SENT)
        .where(subscribers.c.tracking_at.is_not(None))
    )
    return int(connection.scalar(query) or 0)


def engaged_people(connection: Connection, campaign: int) -> dict[EngagementKind, int]:
    """How many people did what with a campaign; what nobody did is missing."""
    row = engagements.c
    query = select(row.kind, func.count(row.subscriber_id.distinct())).where(row.campaign_id == campaign)
    return {EngagementKind(kind): number for kind, number in connection.execute(query.group_by(row.kind))}


def has_just_got(connection: Connection, person: int, campaign: int, since: datetime) -> bool:
    """Whether a campaign was handed over to this person's provider later than `since`."""
    row = deliveries.c
    here = row.subscriber_id == person, row.campaign_id == campaign
    return connection.scalar(select(row.id).where(*here, row.settled_at > since)) is not None


def forget_click(connection: Connection, person: int, campaign: int, at: datetime) -> None:
    """Take back what was noted of a click at exactly this instant: it was a machine's."""
    row = engagements.c
    here = row.subscriber_id == person, row.campaign_id == campaign, row.kind == EngagementKind.CLICKED
    connection.execute(delete(engagements).where(*here, row.at == at))


@cache
def _tracked(dialect: str) -> Select[Any]:
    person, given = subscribers.c, table_of(dialect, IDS)
    return select(person.id).where(person.id.in_(select(given.c.id)), person.tracking_at.is_not(None))
