"""The moment of launch: occurrence, audience and ledger in one transaction, or nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.schedule import OccurrenceState
from newsletter.flows.compose import compose_editions, editions_as_rows, lay_desk
from newsletter.flows.sending_hours import wave_moments
from newsletter.flows.workspace import read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store.audience import anybody_told, freeze_audience
from newsletter.store.deadlines import list_deadlines
from newsletter.store.engine import driver_connection
from newsletter.store.occurrences import claim_occurrence
from newsletter.store.waves import zones_of_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.due_mail import DueMail
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office

    Wake = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Launch:
    """What one due occurrence came to. `rows` is the size of the ledger it made; 0 when it was missed."""

    campaign: Campaign
    instant: datetime
    state: OccurrenceState
    rows: int


def wake_nobody(_campaign: str, _connection: Any) -> None:
    """For launches whose workers look for work by themselves."""


def launch_mail(office: Office, mail: DueMail, now: datetime, wake: Wake = wake_nobody) -> Launch | None:
    """Launch what is due, or mark it missed; None if another process was first.

    One transaction claims the occurrence, stores the campaign where it is a new one, and freezes the audience. If the
    process dies before the commit nothing has happened; after it, everything is in the ledger.
    In the same transaction `wake` tells the workers: it gets the campaign's name and the driver's connection.
    """
    campaign, occurrence = mail.campaign, mail.occurrence
    passed = campaign.not_after is not None and now >= campaign.not_after
    if occurrence.is_too_late(now) or passed:
        return _mark_missed(office, mail, now)
    editions = None if campaign.id else _editions(office, campaign, now)
    people = read_people(office)
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    with office.database.write() as connection:
        if not claim_occurrence(
            connection, occurrence.schedule, occurrence.instant, OccurrenceState.LAUNCHED, now
        ):
            return None
        if campaign.kind is CampaignKind.CORRECTION and not anybody_told(connection, campaign):
            return None
        if editions is not None:
            campaign = replace(campaign, state=CampaignState.SCHEDULED)
            campaign = replace(campaign, id=campaign_rows.add_campaign(connection, campaign, now))
            campaign_rows.set_editions(connection, campaign.id, editions_as_rows(editions))
        before, after = CampaignState.SCHEDULED, CampaignState.SENDING
        if not campaign_rows.move_campaign(connection, campaign.id, before, after, launched_at=now):
            return None
        frozen = campaign_rows.load_editions(connection, campaign.id)
        languages = [language for language in office.settings.languages if language in frozen]
        zones = zones_of_people(connection) if campaign.timing.each_reader else ()
        moments = wave_moments(office, campaign, zones, now)
        count = freeze_audience(connection, campaign, people.segments, languages, now, office.groups, moments)
        wake(campaign.name, driver_connection(connection))
    return Launch(
        replace(campaign, state=CampaignState.SENDING), occurrence.instant, OccurrenceState.LAUNCHED, count
    )


def _mark_missed(office: Office, mail: DueMail, now: datetime) -> Launch | None:
    campaign, occurrence = mail.campaign, mail.occurrence
    with office.database.write() as connection:
        if not claim_occurrence(
            connection, occurrence.schedule, occurrence.instant, OccurrenceState.MISSED, now
        ):
            return None
        if campaign.id:
            campaign_rows.move_campaign(connection, campaign.id, campaign.state, CampaignState.MISSED)
    return Launch(campaign, occurrence.instant, OccurrenceState.MISSED, 0)


def _editions(office: Office, campaign: Campaign, now: datetime) -> dict[str, Edition]:
    with office.database.read() as connection:
        deadlines = {deadline.key: deadline for deadline in list_deadlines(connection)}
    return compose_editions(lay_desk(office, campaign, deadlines, now), campaign)
