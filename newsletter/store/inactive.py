"""People of whom nothing was heard for long: nobody's address is kept for nothing.

What counts as a sign of life is what a person did on purpose: consent, a choice in the preferences, a word on a deadline, a click or a reply
where they allow that it is known. Opening never counts: picture proxies open mails for people who do not, and hide that others do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, or_, select

from newsletter.core.delivery import DeliveryState
from newsletter.core.engagement import EngagementKind
from newsletter.core.subscriber import Standing
from newsletter.store.engagement_tables import engagements
from newsletter.store.gate import is_question
from newsletter.store.tables import campaigns, deadline_marks, deliveries, subscribers, suppressions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

_DONE_ON_PURPOSE = (EngagementKind.CLICKED, EngagementKind.REPLIED)


def inactive_people(
    connection: Connection, since: datetime, asked_since: datetime, limit: int
) -> list[tuple[int, str]]:
    """Ids and languages of people on the list without a sign of life since then, who were not asked since `asked_since`."""
    was_asked = _asked(deliveries.c.not_before >= asked_since)
    query = _inactive(since).where(~was_asked).order_by(subscribers.c.id).limit(limit)
    return [(row.id, row.language) for row in connection.execute(query)]


def silent_people(connection: Connection, since: datetime, asked_before: datetime, limit: int) -> list[int]:
    """Ids of those who got the question before `asked_before`, and have given no sign of life."""
    was_asked = _asked(deliveries.c.state == DeliveryState.SENT, deliveries.c.settled_at < asked_before)
    query = _inactive(since).where(was_asked).order_by(subscribers.c.id).limit(limit)
    return [row.id for row in connection.execute(query)]


def unanswered_people(connection: Connection, asked_before: datetime, limit: int) -> list[int]:
    """Ids of those whom a re-permission campaign asked before `asked_before`, and who have not said yes since it was launched.

    A click or a reply is no answer here: the question was about permission, and what answers it is the button, a new sign-up, or a
    choice in the preferences.
    """
    person, row, campaign = subscribers.c, deliveries.c, campaigns.c
    asked = select(campaign.id, campaign.launched_at).where(
        is_question(), campaign.segment != "", campaign.launched_at < asked_before
    )
    found: set[int] = set()
    for question in connection.execute(asked):
        query = (
            select(person.id)
            .select_from(deliveries.join(subscribers, person.id == row.subscriber_id))
            .where(
                row.campaign_id == question.id,
                row.state == DeliveryState.SENT,
                row.settled_at < asked_before,
                *_can_be_asked(),
                *(
                    or_(at.is_(None), at < question.launched_at)
                    for at in (person.granted_at, person.chosen_at)
                ),
            )
        )
        found.update(connection.scalars(query.limit(limit)))
    return sorted(found)[:limit]


def _inactive(since: datetime) -> Select[Any]:
    person, did, said = subscribers.c, engagements.c, deadline_marks.c
    return select(person.id, person.language).where(
        *_can_be_asked(),
        func.coalesce(person.granted_at, person.joined, type_=person.joined.type) < since,
        or_(person.chosen_at.is_(None), person.chosen_at < since),
        ~exists().where(did.subscriber_id == person.id, did.kind.in_(_DONE_ON_PURPOSE), did.at >= since),
        ~exists().where(said.subscriber_id == person.id, said.at >= since),
    )


def _can_be_asked() -> tuple[ColumnElement[bool], ...]:
    person = subscribers.c
    return (
        person.standing.in_((Standing.CONFIRMED, Standing.INFORMED)),
        ~exists().where(suppressions.c.address_hash == person.address_hash),
    )


def _asked(*how: ColumnElement[bool]) -> ColumnElement[bool]:
    row, campaign = deliveries.c, campaigns.c
    return exists().where(
        row.subscriber_id == subscribers.c.id, row.campaign_id == campaign.id, is_question(), *how
    )
