"""What became of the issues of digests: one row for each of their moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from newsletter.core.campaign import CampaignState
from newsletter.core.digest import DigestOutcome
from newsletter.store.feed_tables import digest_issues
from newsletter.store.insert import insert_ignore
from newsletter.store.tables import campaigns

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_LOCK = 7_244_163  # any number, the same for all who put digests together


@dataclass(frozen=True, slots=True)
class IssueRow:
    """One issue of a digest. Instants are UTC.

    Attributes:
        reason: why it was skipped or missed, else "".
        campaign: its id, None when none was made.
        name: of the campaign, "" when none was made.
        state: of the campaign, "" when none was made.
    """

    instant: datetime
    outcome: DigestOutcome
    reason: str
    campaign: int | None
    name: str
    state: str


def one_at_a_time(connection: Connection) -> None:
    """Until this transaction ends nobody else puts a digest together: two of them could take the same article."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def add_issue(
    connection: Connection,
    digest: str,
    instant: datetime,
    outcome: DigestOutcome,
    now: datetime,
    reason: str = "",
    campaign: int | None = None,
) -> bool:
    """Note what became of an issue; False if it is noted already."""
    row = {"digest": digest, "instant": instant, "outcome": outcome, "reason": reason[:1000]}
    values = row | {"campaign_id": campaign, "at": now}
    return connection.execute(insert_ignore(connection, digest_issues, values)).rowcount == 1


def issues_since(connection: Connection, digest: str, since: datetime) -> dict[datetime, IssueRow]:
    """Issues whose moment is `since` or later, by their moment."""
    row = digest_issues.c
    joined = digest_issues.outerjoin(campaigns, campaigns.c.id == row.campaign_id)
    query = (
        select(row.instant, row.outcome, row.reason, row.campaign_id, campaigns.c.name, campaigns.c.state)
        .select_from(joined)
        .where(row.digest == digest, row.instant >= since)
        .order_by(row.instant)
    )
    return {
        instant: IssueRow(instant, DigestOutcome(outcome), reason, identity, name or "", state or "")
        for instant, outcome, reason, identity, name, state in connection.execute(query)
    }


def last_sent(connection: Connection, digest: str) -> datetime | None:
    """The moment of the last issue of a digest that went out; UTC, None when none did."""
    row = digest_issues.c
    query = (
        select(func.max(row.instant))
        .select_from(digest_issues.join(campaigns, campaigns.c.id == row.campaign_id))
        .where(row.digest == digest, campaigns.c.launched_at.is_not(None))
        .where(campaigns.c.state != CampaignState.CANCELLED)
    )
    found: datetime | None = connection.scalar(query)
    return found
