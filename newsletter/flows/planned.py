"""Everything whose moment is known. Each source of mails has a planner; the list of them is the whole plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignState
from newsletter.core.due_mail import DueMail
from newsletter.core.schedule import Occurrence
from newsletter.flows.digest_plan import digest_mails
from newsletter.flows.remind import reminder_mails
from newsletter.flows.series_steps import series_mails
from newsletter.store.campaigns import list_campaigns
from newsletter.store.occurrences import claimed_instants, claimed_schedules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

    Planner = Callable[[Office, datetime, datetime], Iterator[DueMail]]


def campaign_mails(office: Office, _now: datetime, until: datetime) -> Iterator[DueMail]:
    """Campaigns that are scheduled for a moment up to `until`."""
    with office.database.read() as connection:
        scheduled = list_campaigns(connection, (CampaignState.SCHEDULED,))
    for campaign in scheduled:
        if campaign.instant is not None and campaign.instant <= until:
            occurrence = Occurrence(campaign.schedule, campaign.instant, campaign.launch_lateness)
            yield DueMail(occurrence, campaign)


PLANNERS: tuple[Planner, ...] = (campaign_mails, reminder_mails, digest_mails, series_mails)


def planned_mails(office: Office, now: datetime, until: datetime) -> Iterator[DueMail]:
    """Everything whose moment is known and lies at `until` (UTC) or before it, what is past and claimed too.

    The forecast and the scheduler both read this, so that the forecast cannot say anything else than what is done.
    """
    for planner in PLANNERS:
        yield from planner(office, now, until)


def unclaimed(connection: Connection, due: Sequence[Occurrence]) -> set[Occurrence]:
    """Those of these occurrences that nobody has claimed: by name where there is only one, else by name and instant."""
    many = [one for one in due if one.recurs]
    single = claimed_schedules(connection, [one.schedule for one in due if not one.recurs])
    pairs: set[tuple[str, datetime]] = set()
    if many:
        instants = [one.instant for one in many]
        names = sorted({one.schedule for one in many})
        pairs = claimed_instants(connection, names, min(instants), max(instants))
    return {
        one
        for one in due
        if ((one.schedule, one.instant) not in pairs if one.recurs else one.schedule not in single)
    }


def due_mails(office: Office, now: datetime) -> list[DueMail]:
    """What is due at `now`, waits for nobody and has not been claimed, earliest first."""
    return due_and_next(office, now, now)[0]


def due_and_next(office: Office, now: datetime, until: datetime) -> tuple[list[DueMail], DueMail | None]:
    """What is due, waits for nobody and has not been claimed, earliest first; and the first that comes after it, up to `until`."""
    due: list[DueMail] = []
    ahead: list[DueMail] = []
    for mail in planned_mails(office, now, until):
        if not mail.waits:
            (due if mail.occurrence.is_due(now) else ahead).append(mail)
    fresh = sorted(fresh_mails(office, due), key=lambda mail: mail.order)
    return fresh, min(ahead, key=lambda mail: mail.order, default=None)


def fresh_mails(office: Office, mails: Sequence[DueMail]) -> list[DueMail]:
    """Those that nobody has launched or marked missed."""
    with office.database.read() as connection:
        fresh = unclaimed(connection, [mail.occurrence for mail in mails if not mail.campaign.id])
    return [mail for mail in mails if mail.campaign.id or mail.occurrence in fresh]
