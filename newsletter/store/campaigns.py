"""Campaigns and their compiled editions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, or_, select, update

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.delivery import DeliveryState
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.timing import Timing
from newsletter.store.tables import campaigns, deliveries, editions, lanes, leases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row


STAYS_OPEN = timedelta(hours=36)
"""So long people may be added to a campaign that answers requests: a day of any zone is over then."""

# What may still go out: a missed reminder too, which the officer may send after all.
_OUTDATED = CampaignState.SENDING, CampaignState.PAUSED, CampaignState.SCHEDULED, CampaignState.MISSED


def add_campaign(connection: Connection, campaign: Campaign, now: datetime) -> int:
    """Store a new campaign and give its id."""
    values = _values(campaign) | {"created_at": now, "approved_by": ""}
    return int(connection.execute(insert(campaigns).values(values).returning(campaigns.c.id)).scalar_one())


def change_draft(connection: Connection, campaign: Campaign) -> bool:
    """Overwrite a campaign that is still a draft; False if it is one no longer."""
    here = campaigns.c.id == campaign.id, campaigns.c.state == CampaignState.DRAFT
    return connection.execute(update(campaigns).where(*here).values(_values(campaign))).rowcount == 1


def find_campaign(connection: Connection, name: str) -> Campaign | None:
    """The campaign with this name."""
    row = connection.execute(select(campaigns).where(campaigns.c.name == name)).one_or_none()
    return None if row is None else _campaign(row)


def get_campaign(connection: Connection, identity: int) -> Campaign | None:
    """The campaign with this id."""
    row = connection.execute(select(campaigns).where(campaigns.c.id == identity)).one_or_none()
    return None if row is None else _campaign(row)


def list_campaigns(connection: Connection, states: Sequence[CampaignState] = ()) -> list[Campaign]:
    """Campaigns by due time, those without one last; all, or those in `states`."""
    query = select(campaigns)
    if states:
        query = query.where(campaigns.c.state.in_(states))
    ordered = query.order_by(campaigns.c.instant.is_(None), campaigns.c.instant, campaigns.c.id)
    return [_campaign(row) for row in connection.execute(ordered)]


def move_campaign(
    connection: Connection, identity: int, before: CampaignState, after: CampaignState, **changes: Any
) -> bool:
    """Move a campaign from one state to another; False if somebody else moved it first."""
    here = campaigns.c.id == identity, campaigns.c.state == before
    return connection.execute(update(campaigns).where(*here).values(state=after, **changes)).rowcount == 1


def finish_campaigns(connection: Connection, now: datetime) -> list[str]:
    """Call finished every sending campaign that has no open row; rows that are unsure are open.

    One that answers requests stays open for a day and some hours, as more may come.
    """
    open_row = select(deliveries.c.id).where(
        deliveries.c.campaign_id == campaigns.c.id,
        deliveries.c.settled_at.is_(None),
    )
    done = (
        update(campaigns)
        .where(campaigns.c.state == CampaignState.SENDING, ~open_row.exists(), _is_closed(now))
        .values(state=CampaignState.SENT, finished_at=now)
        .returning(campaigns.c.name)
    )
    return list(connection.scalars(done))


def _is_closed(now: datetime) -> ColumnElement[bool]:
    """SQL: nobody can be added any more."""
    return or_(
        campaigns.c.kind != CampaignKind.SYSTEM,
        campaigns.c.launched_at.is_(None),
        campaigns.c.launched_at < now - STAYS_OPEN,
    )


def campaigns_with_work(connection: Connection, now: datetime) -> list[str]:
    """Names of sending campaigns that somebody should look at: a row is due, a worker's lease has run out, or all is done."""
    row = deliveries.c
    here = select(row.id).where(row.campaign_id == campaigns.c.id, row.settled_at.is_(None))
    due = here.where(
        row.lane == lanes.c.name, row.state == DeliveryState.READY, row.not_before <= now
    ).correlate(campaigns, lanes)
    due_somewhere = select(lanes.c.name).where(due.exists()).correlate(campaigns)
    dead = select(leases.c.worker).where(leases.c.until <= now)
    work = or_(due_somewhere.exists(), dead.exists(), and_(~here.exists(), _is_closed(now)))
    query = select(campaigns.c.name).where(campaigns.c.state == CampaignState.SENDING, work)
    return list(connection.scalars(query.order_by(campaigns.c.id)))


def next_row_due(connection: Connection, now: datetime) -> datetime | None:
    """When the next row of a sending campaign is due that is not due yet; None when there is none."""
    row = deliveries.c
    waiting = row.settled_at.is_(None), row.state == DeliveryState.READY, row.not_before > now
    sending = campaigns.c.id == row.campaign_id, campaigns.c.state == CampaignState.SENDING
    at: datetime | None = connection.scalar(select(func.min(row.not_before)).where(*waiting, *sending))
    return at


def outdated_campaigns(connection: Connection, deadline: str, sequence: int) -> list[Campaign]:
    """Campaigns under way that tell an earlier state of this deadline."""
    query = select(campaigns).where(
        campaigns.c.deadline == deadline,
        campaigns.c.sequence < sequence,
        campaigns.c.state.in_(_OUTDATED),
    )
    return [_campaign(row) for row in connection.execute(query)]


def set_editions(connection: Connection, identity: int, compiled: Mapping[str, tuple[Any, str]]) -> None:
    """Freeze the editions: by language, the compiled mail as JSON and its digest."""
    connection.execute(delete(editions).where(editions.c.campaign_id == identity))
    rows = [
        {"campaign_id": identity, "language": language, "compiled": document, "digest": digest}
        for language, (document, digest) in compiled.items()
    ]
    if rows:
        connection.execute(insert(editions), rows)


def load_editions(connection: Connection, identity: int) -> dict[str, Any]:
    """The frozen editions of a campaign, by language."""
    query = select(editions.c.language, editions.c.compiled).where(editions.c.campaign_id == identity)
    return {language: compiled for language, compiled in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def edition_digests(connection: Connection, identities: Sequence[int]) -> dict[int, dict[str, str]]:
    """The digest of each edition of these campaigns, by campaign and language: whether they have changed since they were loaded."""
    row = editions.c
    query = select(row.campaign_id, row.language, row.digest).where(row.campaign_id.in_(identities))
    found: dict[int, dict[str, str]] = {}
    for identity, language, digest in connection.execute(query):
        found.setdefault(identity, {})[language] = digest
    return found


def paused_notes(connection: Connection) -> dict[str, str]:
    """Why each campaign that paused by itself did so, by name."""
    row = campaigns.c
    query = select(row.name, row.note).where(row.state == CampaignState.PAUSED, row.note != "")
    return {name: note for name, note in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def times_of(connection: Connection, identity: int) -> dict[str, datetime | None]:
    """When a campaign was created, approved, launched and finished, UTC."""
    row = campaigns.c
    query = select(row.created_at, row.approved_at, row.launched_at, row.finished_at).where(
        row.id == identity
    )
    return dict(connection.execute(query).mappings().one())


def counts_by_state(connection: Connection, identity: int) -> dict[str, int]:
    """How many rows of a campaign's ledger are in each state."""
    row = deliveries.c
    query = select(row.state, func.count()).where(row.campaign_id == identity).group_by(row.state)
    return {state: count for state, count in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def _values(campaign: Campaign) -> dict[str, Any]:
    return {
        "name": campaign.name,
        "kind": campaign.kind,
        "state": campaign.state,
        "content": campaign.content.to_json(),
        "segment": campaign.segment,
        "exclude": list(campaign.exclude),
        "sender": campaign.sender,
        "at": campaign.at,
        "zone": campaign.zone,
        "instant": campaign.instant,
        "lateness": int(campaign.lateness.total_seconds()),
        "not_after": campaign.not_after,
        "deadline": campaign.deadline,
        "rung": campaign.rung,
        "sequence": campaign.sequence,
        "timing": campaign.timing.to_json(),
        "series": campaign.series,
        "basis": campaign.basis,
    }


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        id=row.id,
        name=row.name,
        kind=CampaignKind(row.kind),
        state=CampaignState(row.state),
        content=CampaignContent.from_json(row.content),
        segment=row.segment,
        exclude=tuple(row.exclude),
        sender=row.sender,
        at=row.at,
        zone=row.zone,
        lateness=timedelta(seconds=row.lateness),
        not_after=row.not_after,
        deadline=row.deadline,
        rung=row.rung,
        sequence=row.sequence,
        timing=Timing.from_json(row.timing),
        series=row.series,
        basis=LegalBasis(row.basis),
    )
