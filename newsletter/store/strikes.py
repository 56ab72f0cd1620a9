"""Strikes: refusals that speak against an address without proving that nobody has it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from newsletter.store.insert import insert_ignore
from newsletter.store.tables import strikes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.core.reply import Verdict


def strike(connection: Connection, person: int, campaign: int, verdict: Verdict, now: datetime) -> bool:
    """Note a refusal; True when there are enough of them, each for another mail and over enough days, to suppress."""
    if not verdict.strikes:
        return False
    row = strikes.c
    _note(connection, person, campaign, verdict.reason, now)
    counted = select(func.count(), func.min(row.at), func.max(row.at)).where(
        row.subscriber_id == person, row.reason == verdict.reason
    )
    count, first, last = connection.execute(counted).one()
    return bool(count >= verdict.strikes and last - first >= timedelta(days=verdict.strike_days))


def note_block(connection: Connection, person: int, campaign: int, reason: str, now: datetime) -> int:
    """Note that mail to somebody was blocked, which speaks against us and not against them; gives how many were, of this mail.

    They are counted here, as a lane rests after each of them: no pass over the ledger sees enough of them.
    """
    _note(connection, person, campaign, reason, now)
    row = strikes.c
    query = select(func.count()).where(row.campaign_id == campaign, row.reason == reason)
    return int(connection.execute(query).scalar_one())


def forget_blocks(connection: Connection, campaign: int, reasons: Iterable[str]) -> None:
    """Begin to count anew: the campaign has paused for these reasons, and somebody will have looked when it goes on."""
    row = strikes.c
    connection.execute(delete(strikes).where(row.campaign_id == campaign, row.reason.in_(list(reasons))))


def _note(connection: Connection, person: int, campaign: int, reason: str, now: datetime) -> None:
    values = {"subscriber_id": person, "reason": reason, "campaign_id": campaign, "at": now}
    connection.execute(insert_ignore(connection, strikes, values))
