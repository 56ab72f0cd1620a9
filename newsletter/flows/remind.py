"""The mails that deadlines make by themselves: reminders, corrections of what was told before, and notices of cancellation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import CANCELLED, Campaign, CampaignContent, CampaignKind
from newsletter.core.deadline import DeadlineState
from newsletter.core.due_mail import DueMail
from newsletter.core.reminder import (
    campaign_name,
    cancelled_schedule,
    correction_schedule,
    plan_ladder,
    plan_wishes,
)
from newsletter.core.schedule import Occurrence
from newsletter.flows.legal_basis import Bases
from newsletter.store.deadlines import list_deadlines
from newsletter.store.reminders import wished_moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from newsletter.core.deadline import Deadline
    from newsletter.core.reminder import PlannedReminder
    from newsletter.flows.office import Office

# A correction that is a day late still helps; nobody would miss the former date more for having read it.
_A_DAY = timedelta(days=1)
APPROVAL = "approval"
"""What a reminder waits for in an office that approves its ladders."""


def reminder_mails(office: Office, now: datetime, until: datetime) -> Iterator[DueMail]:
    """Corrections to be sent, notices of cancellation, and the rungs of every ladder, up to `until`."""
    with office.database.read() as connection:
        deadlines, wished = list_deadlines(connection), wished_moments(connection)
    bases = Bases(office)
    for deadline in deadlines:
        for mail in _about_deadline(office, deadline, wished.get(deadline.key, ()), now):
            if mail.occurrence.instant <= until:
                yield replace(mail, campaign=replace(mail.campaign, basis=bases.of(mail.campaign.content)))


def waits_for_approval(office: Office, deadline: Deadline) -> bool:
    """Whether nothing about this deadline may leave until an officer has approved its ladder."""
    return office.settings.deadlines.approval == "required" and not deadline.is_approved


def planned_rungs(
    office: Office, deadline: Deadline, wished: Iterable[datetime] = ()
) -> tuple[PlannedReminder, ...]:
    """The ladder of a deadline as this office plans it, and what people wished for beside it, earliest first."""
    at, since = office.settings.deadlines.at, _planned_since(office, deadline)
    extra = plan_wishes(deadline, at, wished, since)
    return tuple(sorted((*plan_ladder(deadline, at, since), *extra), key=lambda rung: rung.instant))


def _planned_since(office: Office, deadline: Deadline) -> datetime | None:
    """Where approval is asked for, rungs that were too late when it came are skipped, as those before it became known."""
    if not (deadline.is_approved and deadline.approved_at and deadline.planned_at):
        return deadline.planned_at
    if office.settings.deadlines.approval != "required":
        return deadline.planned_at
    return max(deadline.planned_at, deadline.approved_at - office.settings.lateness.reminders)


def _about_deadline(
    office: Office, deadline: Deadline, wished: Iterable[datetime], now: datetime
) -> Iterator[DueMail]:
    lateness = office.settings.lateness.reminders
    told_again = max(lateness, _A_DAY)
    if deadline.state is DeadlineState.CANCELLED:
        if deadline.notice_at is not None and now < deadline.instant:
            occurrence = Occurrence(cancelled_schedule(deadline), deadline.notice_at, told_again)
            yield DueMail(occurrence, _correction(office, deadline, CANCELLED, "deadline-cancelled"))
        return
    waits = APPROVAL if waits_for_approval(office, deadline) else ""
    if deadline.former_at is not None and deadline.planned_at is not None and now < deadline.instant:
        since = _corrected_since(office, deadline)
        occurrence = Occurrence(correction_schedule(deadline), since, told_again)
        kind = CampaignKind.CORRECTION.value
        yield DueMail(occurrence, _correction(office, deadline, kind, kind), waits=waits)
    for planned in planned_rungs(office, deadline, wished):
        occurrence = Occurrence(planned.schedule, planned.instant, lateness)
        wish = planned.instant if planned.wished else None
        reminder = _reminder(office, deadline, planned)
        yield DueMail(occurrence, reminder, wished=wish, merged=planned.merged_campaign, waits=waits)


def _corrected_since(office: Office, deadline: Deadline) -> datetime:
    assert deadline.planned_at is not None
    if office.settings.deadlines.approval == "required" and deadline.is_approved and deadline.approved_at:
        return max(deadline.planned_at, deadline.approved_at)
    return deadline.planned_at


def _reminder(office: Office, deadline: Deadline, planned: PlannedReminder) -> Campaign:
    return Campaign(
        name=planned.campaign,
        kind=CampaignKind.REMINDER,
        content=CampaignContent(template=CampaignKind.REMINDER.value, articles=(deadline.article,)),
        segment=deadline.audience_at(planned.rung),
        zone=deadline.zone,
        lateness=office.settings.lateness.reminders,
        at=planned.at,
        not_after=deadline.instant,
        deadline=deadline.key,
        rung=planned.rung,
        sequence=deadline.sequence,
    )


def _correction(office: Office, deadline: Deadline, template: str, what: str) -> Campaign:
    # A deadline is called off once, so that this name needs no number.
    sequence = 0 if template == CANCELLED else deadline.sequence
    return Campaign(
        name=campaign_name(deadline.key, what, sequence),
        kind=CampaignKind.CORRECTION,
        content=CampaignContent(template=template, articles=(deadline.article,)),
        segment=deadline.audience,
        zone=deadline.zone,
        lateness=office.settings.lateness.reminders,
        not_after=deadline.instant,
        deadline=deadline.key,
        sequence=deadline.sequence,
    )
