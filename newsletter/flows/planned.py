"""Everything whose moment is known. Each source of mails has a planner; the list of them is the whole plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignState
from newsletter.core.due_mail import DueMail
from newsletter.core.schedule import Occurrence
from newsletter.flows.remind import reminder_mails
from newsletter.store.campaigns import list_campaigns
from newsletter.store.occurrences import claimed_schedules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from newsletter.flows.office import Office

    Planner = Callable[[Office, datetime, datetime], Iterator[DueMail]]


def campaign_mails(office: Office, _now: datetime, until: datetime) -> Iterator[DueMail]:
    """Campaigns that are scheduled for a moment up to `until`."""
    with office.database.read() as connection:
        scheduled = list_campaigns(connection, (CampaignState.SCHEDULED,))
    for campaign in scheduled:
        if campaign.instant is not None and campaign.instant <= until:
            yield DueMail(Occurrence(campaign.schedule, campaign.instant, campaign.lateness), campaign)


PLANNERS: tuple[Planner, ...] = (campaign_mails, reminder_mails)


def planned_mails(office: Office, now: datetime, until: datetime) -> Iterator[DueMail]:
    """Everything whose moment is known and lies at `until` (UTC) or before it, what is past and claimed too.

    The forecast and the scheduler both read this, so that the forecast cannot say anything else than what is done.
    """
    for planner in PLANNERS:
        yield from planner(office, now, until)


def due_mails(office: Office, now: datetime) -> list[DueMail]:
    """What is due at `now`, waits for nobody and has not been claimed, earliest first."""
    due = [mail for mail in planned_mails(office, now, now) if not mail.waits]
    return sorted(unclaimed(office, due), key=lambda mail: mail.order)


def unclaimed(office: Office, mails: Sequence[DueMail]) -> list[DueMail]:
    """Those that nobody has launched or marked missed."""
    with office.database.read() as connection:
        claimed = claimed_schedules(
            connection, [mail.occurrence.schedule for mail in mails if not mail.campaign.id]
        )
    return [mail for mail in mails if mail.occurrence.schedule not in claimed]
