"""Reminders that fall on one day for the same person go in one mail.

Each rung keeps its own moment, campaign and ledger. Whichever of a day's rungs is launched first looks whether some of its
people are due for others that day: these people get one mail with all of them (a campaign of its own, with one compiled
block for each deadline, shown or hidden person by person), and in the ledger of each rung they are left out as `merged`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.core.campaign import MERGED, Campaign, CampaignContent, CampaignKind, RungTold
from newsletter.core.due_mail import SharedDay
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.wallclock import to_instant, to_local
from newsletter.flows.remind import reminder_mails
from newsletter.store.occurrences import claimed_schedules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.core.due_mail import DueMail
    from newsletter.flows.office import Office

_A_DAY = timedelta(days=1)


def is_reminder(mail: DueMail) -> bool:
    """Whether this is a rung of a ladder, or a reminder that people wished for beside it."""
    return mail.campaign.kind is CampaignKind.REMINDER and bool(mail.merged)


def day_ahead(office: Office, mail: DueMail, now: datetime) -> SharedDay:
    """The day on which `mail` is launched, with what may go along with it."""
    start, end = office_day(office, now)
    planned = list(reminder_mails(office, now, end))
    with office.database.read() as connection:
        claimed = claimed_schedules(connection, [other.occurrence.schedule for other in planned])
    fresh = [other for other in planned if other.occurrence.schedule not in claimed]
    return SharedDay(start, end, going_along(office, mail, fresh, now))


def by_day(office: Office, fresh: Iterable[DueMail], now: datetime) -> dict[datetime, list[DueMail]]:
    """Reminders by the first instant of the office's day on which they will be launched."""
    days: dict[datetime, list[DueMail]] = {}
    for mail in filter(is_reminder, fresh):
        start, _ = office_day(office, max(mail.occurrence.instant, now))
        days.setdefault(start, []).append(mail)
    return days


def day_forecast(
    office: Office, mail: DueMail, days: Mapping[datetime, list[DueMail]], now: datetime
) -> SharedDay:
    """The same for a reminder to come.

    Args:
        days: every reminder planned that has not been claimed, see `by_day`.
    """
    moment = max(mail.occurrence.instant, now)
    start, end = office_day(office, moment)
    near = days.get(start, [])
    before = tuple(
        other
        for other in near
        if not other.waits and _goes_along(other, mail, start, end, max(other.occurrence.instant, now))
    )
    return SharedDay(start, end, going_along(office, mail, near, moment), before)


def going_along(
    office: Office, mail: DueMail, others: Iterable[DueMail], moment: datetime
) -> tuple[DueMail, ...]:
    """Reminders that are launched after `mail` on the same day and can be told with it at `moment`, in their order."""
    start, end = office_day(office, moment)
    along = [other for other in others if _goes_along(mail, other, start, end, moment)]
    return tuple(sorted(along, key=lambda other: other.order))


def _goes_along(mail: DueMail, other: DueMail, start: datetime, end: datetime, moment: datetime) -> bool:
    """Whether `other` can be told with `mail` at `moment`, of this day of the office.

    It must be their day on the wall of their own deadline too: "tomorrow" must not be said a day early.
    """
    return (
        is_reminder(other)
        and not other.waits
        and other.order > mail.order
        and other.campaign.deadline != mail.campaign.deadline
        and start <= other.occurrence.instant < end
        and _is_told_on(other, moment)
    )


def merged_campaign(mail: DueMail, others: Sequence[DueMail]) -> Campaign:
    """One mail that tells all these reminders, most urgent first."""
    # Each copy tells what its reader may get. Whoever gets but one of them gets it by a mail of its own.
    told = sorted((mail, *others), key=lambda each: (each.campaign.not_after, each.campaign.deadline))
    campaigns = [each.campaign for each in told]
    first = mail.campaign
    return Campaign(
        name=mail.merged,
        kind=CampaignKind.REMINDER,
        content=CampaignContent(
            template=MERGED,
            articles=tuple(dict.fromkeys(slug for one in campaigns for slug in one.content.articles)),
            rungs=tuple(RungTold(one.deadline, one.rung or 0, one.sequence or 0) for one in campaigns),
        ),
        segment=first.segment,
        zone=first.zone,
        lateness=first.lateness,
        at=first.at,
        not_after=max(one.not_after for one in campaigns if one.not_after),
        basis=next((one.basis for one in campaigns if one.basis is LegalBasis.INTEREST), first.basis),
    )


def next_moment(mail: DueMail, now: datetime) -> datetime | None:
    """When somebody who heard of another deadline today hears of this one: a day later, if that is before it closes."""
    campaign = mail.campaign
    assert campaign.at is not None
    local = campaign.at + _A_DAY
    while to_instant(local, campaign.zone) <= now:
        local += _A_DAY
    later = to_instant(local, campaign.zone)
    return later if campaign.not_after is not None and later < campaign.not_after else None


def office_day(office: Office, moment: datetime) -> tuple[datetime, datetime]:
    """The first instant of a moment's day in the office's zone, and that of the day after."""
    zone = office.settings.zone
    return _day_in(zone, to_local(moment, zone).date())


@lru_cache(maxsize=2048)
def _day_in(zone: str, day: date) -> tuple[datetime, datetime]:
    midnights = (datetime.combine(each, time()) for each in (day, day + _A_DAY))
    start, end = (to_instant(midnight, zone) for midnight in midnights)
    return start, end


def _is_told_on(mail: DueMail, moment: datetime) -> bool:
    campaign = mail.campaign
    same_day = campaign.at is not None and campaign.at.date() == to_local(moment, campaign.zone).date()
    open_still = campaign.not_after is not None and moment < campaign.not_after
    return same_day and open_still and not mail.occurrence.is_too_late(moment)
