"""Strikes: refusals that speak against an address without proving that nobody has it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from newsletter.store.insert import insert_ignore
from newsletter.store.tables import strikes

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.core.reply import Verdict


def strike(connection: Connection, person: int, campaign: int, verdict: Verdict, now: datetime) -> bool:
    """Note a refusal; True when there are enough of them, each for another mail and over enough days, to suppress."""
    if not verdict.strikes:
        return False
    row = strikes.c
    values = {"subscriber_id": person, "reason": verdict.reason, "campaign_id": campaign, "at": now}
    connection.execute(insert_ignore(connection, strikes, values))
    counted = select(func.count(), func.min(row.at), func.max(row.at)).where(
        row.subscriber_id == person, row.reason == verdict.reason
    )
    count, first, last = connection.execute(counted).one()
    return bool(count >= verdict.strikes and last - first >= timedelta(days=verdict.strike_days))
