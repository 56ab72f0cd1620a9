"""The forecast: what will go to how many and when, read from the same plan that the scheduler works by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.flows.merge import by_day, day_forecast, is_reminder, merged_campaign
from newsletter.flows.planned import planned_mails, unclaimed
from newsletter.flows.workspace import read_people
from newsletter.store.audience import Audience, forecast_audience, forecast_merged, forecast_reminder
from newsletter.store.reminders import sharing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.due_mail import DueMail
    from newsletter.flows.office import Office
    from newsletter.flows.workspace import People


_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """One mail to come: its campaign, its instant (UTC), and its audience then, if nobody does anything until then.

    Attributes:
        waits: what must happen before it may leave, "" when nothing must.
    """

    campaign: Campaign
    instant: datetime
    audience: Audience
    waits: str = ""

    @property
    def recipients(self) -> int:
        return sum(count for (_, reason), count in self.audience.items() if reason is None)

    def withheld(self) -> dict[str, int]:
        """Counts of people left out, by reason."""
        return withheld_counts(self.audience)


def withheld_counts(audience: Audience) -> dict[str, int]:
    """People left out, by reason, most first."""
    counts: dict[str, int] = {}
    for (_, reason), count in audience.items():
        if reason is not None:
            counts[reason] = counts.get(reason, 0) + count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def audience_of(office: Office, campaign: Campaign, now: datetime) -> Audience:
    """A campaign's audience as it would be frozen at `now`."""
    return _audience_of(office, read_people(office), campaign, now)


def _audience_of(office: Office, people: People, campaign: Campaign, now: datetime) -> Audience:
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    with office.database.read() as connection:
        return forecast_audience(connection, campaign, people.segments, office.settings.languages, now)


def forecast(office: Office, start: datetime, end: datetime, now: datetime) -> list[Forecast]:
    """Everything planned from `start` up to `end` (instants), earliest first.

    Each audience is that of the mail's own moment, when pauses have ended and newcomers are none any more. Reminders that
    fall on one day for the same people stand here as one mail more, and these people are left out of each.
    """
    # A day beyond the end: what falls on the last day goes together with it.
    fresh = unclaimed(office, list(planned_mails(office, now, end + _A_DAY)))
    found: list[Forecast] = []
    days, people = by_day(office, fresh, now), read_people(office)
    for mail in fresh:
        occurrence, instant = mail.occurrence, mail.occurrence.instant
        if start <= instant < end and not occurrence.is_too_late(now):
            found += (
                forecast_rung(office, people, mail, days, now)
                if is_reminder(mail)
                else _other(office, people, mail, now)
            )
    return sorted(found, key=lambda one: (one.instant, one.campaign.name))


def _other(office: Office, people: People, mail: DueMail, now: datetime) -> list[Forecast]:
    instant = mail.occurrence.instant
    audience = _audience_of(office, people, mail.campaign, max(instant, now))
    if audience or mail.campaign.kind is not CampaignKind.CORRECTION:
        return [Forecast(mail.campaign, instant, audience, mail.waits)]
    return []


def forecast_rung(
    office: Office, people: People, mail: DueMail, days: Mapping[datetime, list[DueMail]], now: datetime
) -> list[Forecast]:
    """A reminder, and before it the mail for those who are due for others that day too.

    Args:
        days: every reminder planned that has not been claimed, by day; see `merge.by_day`.
    """
    instant, languages = mail.occurrence.instant, office.settings.languages
    moment = max(instant, now)
    people.segment(mail.campaign.segment)
    day = day_forecast(office, mail, days, now)
    shared = None
    with office.database.read() as connection:
        others = [other for other in day.ahead if other.campaign.segment in people.segments]
        others = sharing(connection, mail, others, people.segments, moment)
        day = replace(day, ahead=tuple(others))
        audience = forecast_reminder(connection, mail, day, people.segments, languages, moment)
        if others:
            shared = forecast_merged(connection, mail, day, people.segments, languages, moment)
    alone = Forecast(mail.campaign, instant, audience, mail.waits)
    if not shared:
        return [alone]
    merged = merged_campaign(mail, others)
    return [Forecast(merged, instant, shared, mail.waits), alone]
