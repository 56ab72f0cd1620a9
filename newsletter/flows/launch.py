"""The moment of launch: occurrence, audience and ledger in one transaction, or nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.deadline import DeadlineState
from newsletter.core.reminder import campaign_name, correction_schedule, plan_ladder
from newsletter.core.schedule import Occurrence, OccurrenceState
from newsletter.flows.compose import compose_editions, editions_as_rows, lay_desk
from newsletter.flows.workspace import read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store.audience import anybody_told, freeze_audience
from newsletter.store.deadlines import list_deadlines
from newsletter.store.engine import driver_connection
from newsletter.store.occurrences import claim_occurrence, claimed_schedules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from newsletter.core.deadline import Deadline
    from newsletter.core.reminder import PlannedReminder
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office

    Wake = Callable[[str, Any], None]


# A correction that is a day late still helps; nobody would miss the former date more for having read it.
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueMail:
    """Something whose moment is known: the occurrence, and the campaign that it launches (id 0: not stored yet)."""

    occurrence: Occurrence
    campaign: Campaign


@dataclass(frozen=True, slots=True)
class Launch:
    """What one due occurrence came to. `rows` is the size of the ledger it made; 0 when it was missed."""

    campaign: Campaign
    instant: datetime
    state: OccurrenceState
    rows: int


def planned_mails(office: Office, now: datetime) -> Iterator[DueMail]:
    """Everything whose moment is known: scheduled campaigns, corrections to be sent, rungs of every ladder.

    The forecast and the scheduler both read this, so that the forecast cannot say anything else than what is done.
    """
    with office.database.read() as connection:
        scheduled = campaign_rows.list_campaigns(connection, (CampaignState.SCHEDULED,))
        deadlines = list_deadlines(connection)
    for campaign in scheduled:
        if campaign.instant is not None:
            yield DueMail(Occurrence(campaign.schedule, campaign.instant, campaign.lateness), campaign)
    for deadline in deadlines:
        yield from _about_deadline(office, deadline, now)


def due_mails(office: Office, now: datetime) -> list[DueMail]:
    """What is due at `now` and has not been claimed, earliest first."""
    due = [mail for mail in planned_mails(office, now) if mail.occurrence.is_due(now)]
    with office.database.read() as connection:
        claimed = claimed_schedules(
            connection, [mail.occurrence.schedule for mail in due if not mail.campaign.id]
        )
    fresh = [mail for mail in due if mail.occurrence.schedule not in claimed]
    return sorted(fresh, key=lambda mail: (mail.occurrence.instant, mail.occurrence.schedule))


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
        count = freeze_audience(connection, campaign, people.segments, languages, now, office.groups)
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
            campaign_rows.move_campaign(
                connection, campaign.id, CampaignState.SCHEDULED, CampaignState.MISSED
            )
    return Launch(campaign, occurrence.instant, OccurrenceState.MISSED, 0)


def _editions(office: Office, campaign: Campaign, now: datetime) -> dict[str, Edition]:
    with office.database.read() as connection:
        deadlines = {deadline.key: deadline for deadline in list_deadlines(connection)}
    return compose_editions(lay_desk(office, campaign, deadlines, now), campaign)


def _about_deadline(office: Office, deadline: Deadline, now: datetime) -> Iterator[DueMail]:
    lateness = office.settings.lateness.reminders
    moved = deadline.former_at is not None and deadline.state is DeadlineState.OPEN
    if moved and deadline.planned_at is not None and now < deadline.instant:
        occurrence = Occurrence(correction_schedule(deadline), deadline.planned_at, max(lateness, _A_DAY))
        yield DueMail(occurrence, _campaign(office, deadline, CampaignKind.CORRECTION, None))
    for planned in plan_ladder(deadline, office.settings.deadlines.at):
        occurrence = Occurrence(planned.schedule, planned.instant, lateness)
        yield DueMail(occurrence, _campaign(office, deadline, CampaignKind.REMINDER, planned))


def _campaign(
    office: Office, deadline: Deadline, kind: CampaignKind, planned: PlannedReminder | None
) -> Campaign:
    name = planned.campaign if planned else campaign_name(deadline.key, "correction", deadline.sequence)
    return Campaign(
        name=name,
        kind=kind,
        content=CampaignContent(template=kind.value, articles=(deadline.article,)),
        segment=deadline.audience,
        zone=deadline.zone,
        lateness=office.settings.lateness.reminders,
        at=planned.at if planned else None,
        not_after=deadline.instant,
        deadline=deadline.key,
        rung=planned.rung if planned else None,
        sequence=deadline.sequence,
    )
