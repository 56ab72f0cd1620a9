"""What people did with their mail: opened, clicked, replied. Written only for people who allow it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from newsletter.core.engagement import LONGEST_LINK, EngagementKind
from newsletter.store.engagement_tables import campaign_topics, engagements
from newsletter.store.insert import insert_ignore

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import Connection


def record_engagement(
    connection: Connection,
    subscriber: int,
    campaign: int,
    kind: EngagementKind,
    at: datetime,
    link: str = "",
) -> bool:
    """Note what a person did with a mail; False if the same is known of that day (UTC) already, whose first moment stays.

    Args:
        at: aware instant.
        link: of a click, the id of the article that it leads to, else the URL; only its first 500 characters are kept.

    Raises:
        IntegrityError: there is no such person or campaign. PostgreSQL cannot go on with the transaction then.
    """
    instant = at.astimezone(UTC)
    values = {"subscriber_id": subscriber, "campaign_id": campaign, "kind": kind, "at": instant}
    more = {"day": instant.date(), "link": link.replace("\0", "")[:LONGEST_LINK]}
    return connection.execute(insert_ignore(connection, engagements, values | more)).rowcount == 1


def last_engagement(
    connection: Connection, subscriber: int, kinds: Collection[EngagementKind] = tuple(EngagementKind)
) -> datetime | None:
    """When a person last did one of these things, in UTC; None if never."""
    row = engagements.c
    query = select(func.max(row.at)).where(row.subscriber_id == subscriber, row.kind.in_(list(kinds)))
    at: datetime | None = connection.scalar(query)
    return at


def set_topics(connection: Connection, campaign: int, topics: Iterable[tuple[str, str]]) -> None:
    """Make these what a campaign is about: pairs of an article and a topic of it."""
    connection.execute(delete(campaign_topics).where(campaign_topics.c.campaign_id == campaign))
    rows = [
        {"campaign_id": campaign, "article": article, "topic": topic}
        for article, topic in sorted(set(topics))
    ]
    if rows:
        connection.execute(insert(campaign_topics), rows)
