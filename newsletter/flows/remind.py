"""The mails that deadlines make by themselves: reminders, and corrections of what was told before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind
from newsletter.core.deadline import DeadlineState
from newsletter.core.due_mail import DueMail
from newsletter.core.reminder import campaign_name, correction_schedule, plan_ladder
from newsletter.core.schedule import Occurrence
from newsletter.store.deadlines import list_deadlines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from newsletter.core.deadline import Deadline
    from newsletter.core.reminder import PlannedReminder
    from newsletter.flows.office import Office

# A correction that is a day late still helps; nobody would miss the former date more for having read it.
_A_DAY = timedelta(days=1)


def reminder_mails(office: Office, now: datetime, until: datetime) -> Iterator[DueMail]:
    """Corrections to be sent and the rungs of every ladder, up to `until`."""
    with office.database.read() as connection:
        deadlines = list_deadlines(connection)
    for deadline in deadlines:
        for mail in _about_deadline(office, deadline, now):
            if mail.occurrence.instant <= until:
                yield mail


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
