"""Which campaigns have carried which articles, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, false, func, or_, select

from newsletter.core.campaign import CampaignContent, CampaignKind, CampaignState
from newsletter.core.delivery import DeliveryState
from newsletter.store.tables import campaigns, deliveries, subscribers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

# Kinds whose readers get the article itself; a reminder only tells of its deadline.
_CARRY = (CampaignKind.ISSUE, CampaignKind.ANNOUNCEMENT)
# Whoever may have it has it: a row that waits or is unsure counts.
_HAVE = (DeliveryState.READY, DeliveryState.HANDING, DeliveryState.SENT, DeliveryState.UNSURE)


def public_issues(connection: Connection) -> list[tuple[str, datetime, CampaignContent]]:
    """Name, instant of the launch (UTC) and content of each public issue; newest first, without those called off."""
    row = campaigns.c
    query = select(row.name, row.launched_at, row.content).where(
        row.kind == CampaignKind.ISSUE, row.launched_at.is_not(None), row.state != CampaignState.CANCELLED
    )
    found = connection.execute(query.order_by(row.launched_at.desc(), row.id.desc()))
    issues = [(name, at, CampaignContent.from_json(content)) for name, at, content in found]
    return [issue for issue in issues if issue[2].public]


def launched_with(connection: Connection, slugs: Collection[str]) -> dict[str, list[int]]:
    """Ids of the campaigns that were launched with each of these articles; one called off on the way counts too."""
    row = campaigns.c
    query = select(row.id, row.content).where(row.kind.in_(_CARRY), row.launched_at.is_not(None))
    return _by_article(connection.execute(query.order_by(row.id)).all(), slugs)


def waiting_with(
    connection: Connection, slugs: Collection[str], states: Sequence[CampaignState], *, digests: bool = False
) -> dict[str, list[int]]:
    """Ids of the campaigns that are still to be launched with each of these articles, and stand in one of `states`.

    Args:
        digests: whether only the issues of digests count.
    """
    row = campaigns.c
    query = select(row.id, row.content).where(
        row.kind.in_(_CARRY), row.launched_at.is_(None), row.state.in_(states)
    )
    found = connection.execute(query.order_by(row.id)).all()
    return _by_article([one for one in found if not digests or one.content.get("digest")], slugs)


def got_any_of(identities: Sequence[int]) -> ColumnElement[bool]:
    """SQL over `subscribers`: got, or will get, one of these campaigns."""
    if not identities:
        return false()
    row = deliveries.c
    return exists(
        select(row.id)
        .where(row.subscriber_id == subscribers.c.id, row.campaign_id.in_(identities), row.state.in_(_HAVE))
        .correlate(subscribers)
    )


def count_people(
    connection: Connection, inside: ColumnElement[bool], also: Sequence[ColumnElement[bool]]
) -> int:
    """How many people are `inside` and in at least one of `also`."""
    query = select(func.count()).select_from(subscribers).where(inside, or_(false(), *also))
    return connection.execute(query).scalar_one()


def _by_article(found: Sequence[Any], slugs: Collection[str]) -> dict[str, list[int]]:
    carried: dict[str, list[int]] = {}
    for row in found:
        for slug in row.content["articles"]:
            if slug in slugs:
                carried.setdefault(slug, []).append(row.id)
    return carried
