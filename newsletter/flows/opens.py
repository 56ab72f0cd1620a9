"""A mail was opened by a reader who allows us to know. Of nobody else is anything recorded, not even a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.engagement import EngagementKind
from newsletter.core.token import Purpose, read_token
from newsletter.core.wallclock import to_local
from newsletter.store import clicks as rows
from newsletter.store.engagements import record_engagement
from newsletter.store.tracking import allows_tracking

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.office import Office


def record_open(office: Office, text: str, now: datetime, *, by_machine: bool) -> None:
    """Record that the invisible picture was loaded, if its reader allows it now.

    Args:
        text: the reader's token, genuine or not.
        now: instant, UTC.
        by_machine: whether a proxy or another machine loaded it, which says nothing about the reader.
    """
    reader = read_token(office.keys, text, Purpose.READER)
    if office.settings.tracking.opens == "off" or reader is None:
        return
    with office.database.write() as connection:
        if not allows_tracking(connection, reader.subscriber):
            return
        day = to_local(now, office.settings.zone).date()
        counted = {"machines": 1} if by_machine else {"people": 1}
        rows.count(connection, reader.campaign, rows.PICTURE, day, **counted)
        if not by_machine:
            record_engagement(connection, reader.subscriber, reader.campaign, EngagementKind.OPENED, now)
