"""People who signed up and have not confirmed, the mail that asks them to, and how often a network may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, String, case, delete, func, literal, select, update

from newsletter.core.consent import ConsentAction
from newsletter.core.delivery import DeliveryState
from newsletter.core.lane import OTHERS
from newsletter.core.sign_up import SOURCE
from newsletter.core.subscriber import Standing
from newsletter.store.audience import lane_of_person
from newsletter.store.insert import insert_ignore, insert_select_ignore
from newsletter.store.lanes import know_lanes
from newsletter.store.sign_up_tables import sign_up_tries
from newsletter.store.tables import Instant, consents, deliveries, subscribers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.core.destination import DestinationGroup


def count_try(connection: Connection, network: str, now: datetime) -> int:
    """Note one more try of a network; gives how many there were in this hour of the clock."""
    hour, row = now.replace(minute=0, second=0, microsecond=0), sign_up_tries.c
    here = row.network == network, row.hour == hour
    connection.execute(
        insert_ignore(connection, sign_up_tries, {"network": network, "hour": hour, "count": 0})
    )
    more = update(sign_up_tries).where(*here).values(count=row.count + 1).returning(row.count)
    return int(connection.execute(more).scalar_one())


def forget_tries(connection: Connection, before: datetime) -> int:
    """Remove the counts of hours that are over; gives how many."""
    return connection.execute(delete(sign_up_tries).where(sign_up_tries.c.hour < before)).rowcount


def put_delivery(
    connection: Connection,
    campaign: int,
    person: int,
    language: str,
    groups: Sequence[DestinationGroup],
    now: datetime,
) -> bool:
    """Put a mail of a campaign in line for one person; False if they had it, or have it coming."""
    know_lanes(connection, [OTHERS, *(group.name for group in groups)])
    values = {
        "campaign_id": literal(campaign, Integer),
        "subscriber_id": subscribers.c.id,
        "state": literal(DeliveryState.READY.value, String),
        "language": literal(language, String),
        "lane": lane_of_person(groups),
        "not_before": literal(now, Instant()),
        "attempts": literal(0, Integer),
    }
    chosen = select(*values.values()).where(subscribers.c.id == person)
    put = insert_select_ignore(connection, deliveries, list(values), chosen)
    return connection.execute(put).rowcount == 1


def last_asked(connection: Connection, person: int) -> datetime | None:
    """When somebody last filled in the form with this person's address; UTC, None if never."""
    row = consents.c
    here = row.subscriber_id == person, row.action == ConsentAction.ASKED, row.source == SOURCE
    at: datetime | None = connection.scalar(select(func.max(row.at, type_=row.at.type)).where(*here))
    return at


def unconfirmed_since(connection: Connection, before: datetime, limit: int) -> list[tuple[int, bool]]:
    """People who signed up before an instant and have not confirmed; each with whether they had consented or left earlier."""
    row = consents.c
    asked = case(((row.action == ConsentAction.ASKED) & (row.source == SOURCE), row.at))
    earlier = func.sum(case((row.action != ConsentAction.ASKED, 1), else_=0))
    query = (
        select(subscribers.c.id, earlier)
        .join(consents, row.subscriber_id == subscribers.c.id)
        .where(subscribers.c.standing == Standing.PENDING, subscribers.c.erased_at.is_(None))
        .group_by(subscribers.c.id)
        .having(func.max(asked, type_=row.at.type) < before)
        .order_by(subscribers.c.id)
        .limit(limit)
    )
    return [(person, bool(count)) for person, count in connection.execute(query)]
