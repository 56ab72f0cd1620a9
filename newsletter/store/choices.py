"""What readers chose on their pages: whether they allow tracking, with its evidence, and why they left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from newsletter.core.choice import LeavingReason, TrackingChoice
from newsletter.core.engagement import EngagementKind
from newsletter.store.choice_tables import leaving_reasons, tracking_choices
from newsletter.store.engagement_tables import engagements
from newsletter.store.insert import insert_or_update
from newsletter.store.tables import subscribers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

# An answer by mail is no tracking: people write it to be read.
_SEEN = (EngagementKind.OPENED, EngagementKind.CLICKED)


def choose_tracking(
    connection: Connection,
    person: int,
    choice: TrackingChoice,
    at: datetime,
    *,
    wording: str,
    evidence: Mapping[str, Any],
) -> None:
    """Append what a reader chose, and let it be so. Whoever refuses is forgotten: what they opened and pressed goes.

    Args:
        at: instant, UTC.
        wording: the words of the answer that was chosen.
        evidence: where it was chosen; nothing that names the person.
    """
    values = {"subscriber_id": person, "at": at, "choice": choice, "wording": wording}
    connection.execute(insert(tracking_choices).values(values | {"evidence": dict(evidence)}))
    since = at if choice is TrackingChoice.ALLOWED else None
    connection.execute(update(subscribers).where(subscribers.c.id == person).values(tracking_at=since))
    if since is None:
        row = engagements.c
        connection.execute(delete(engagements).where(row.subscriber_id == person, row.kind.in_(_SEEN)))


def tracking_choices_of(connection: Connection, person: int) -> list[dict[str, Any]]:
    """What a person chose about tracking, oldest first."""
    query = select(tracking_choices).where(tracking_choices.c.subscriber_id == person)
    return [dict(row) for row in connection.execute(query.order_by(tracking_choices.c.id)).mappings()]


def note_leaving_reason(connection: Connection, person: int, reason: LeavingReason, at: datetime) -> None:
    """Note why a person left; the last word counts."""
    values = {"subscriber_id": person, "reason": reason, "at": at}
    connection.execute(insert_or_update(connection, leaving_reasons, values, ["subscriber_id"]))


def leaving_reason_of(connection: Connection, person: int, since: datetime) -> LeavingReason | None:
    """Why a person left, if they said so after they had left at `since` (UTC); an earlier reason is of an earlier time."""
    row = leaving_reasons.c
    found = connection.scalar(select(row.reason).where(row.subscriber_id == person, row.at >= since))
    return None if found is None else LeavingReason(found)


def count_leaving_reasons(connection: Connection, since: datetime) -> dict[LeavingReason, int]:
    """How many gave each reason since then (UTC); those that nobody gave are 0."""
    row = leaving_reasons.c
    query = select(row.reason, func.count()).where(row.at >= since).group_by(row.reason)
    return dict.fromkeys(LeavingReason, 0) | {
        LeavingReason(reason): number for reason, number in connection.execute(query)
    }
