"""The forecast: what will go to how many and when, read from the same plan that the scheduler works by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.flows.planned import due_mails, planned_mails
from newsletter.flows.sending_hours import wave_moments
from newsletter.flows.workspace import read_people
from newsletter.store.audience import Audience, forecast_audience, forecast_zones

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.schedule import Occurrence
    from newsletter.flows.office import Office


@dataclass(frozen=True, slots=True)
class Forecast:
    """One mail to come, and its audience then, if nobody does anything until then.

    Attributes:
        instant: when it is launched, UTC.
        occurrence: with what it was moved for, if it was.
        waves: when it goes to how many, for a campaign that goes by each reader's clock.
    """

    campaign: Campaign
    instant: datetime
    audience: Audience
    occurrence: Occurrence
    waves: tuple[tuple[datetime, int], ...] = ()

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
    people = read_people(office)
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    with office.database.read() as connection:
        return forecast_audience(connection, campaign, people.segments, office.settings.languages, now)


def _waves(office: Office, campaign: Campaign, now: datetime) -> tuple[tuple[datetime, int], ...]:
    if not campaign.timing.each_reader:
        return ()
    people = read_people(office)
    with office.database.read() as connection:
        zones = forecast_zones(connection, campaign, people.segments, office.settings.languages, now)
    moments = wave_moments(office, campaign, zones, now) or {}
    waves: Counter[datetime] = Counter()
    for zone, count in zones.items():
        waves[max(moments[zone], now)] += count
    return tuple(sorted(waves.items()))


def forecast(office: Office, start: datetime, end: datetime, now: datetime) -> list[Forecast]:
    """Everything planned from `start` up to `end` (instants), earliest first.

    Each audience is that of the mail's own moment, when pauses have ended and newcomers are none any more.
    """
    waiting_now = {mail.occurrence for mail in due_mails(office, now)}
    found = []
    for mail in planned_mails(office, now, end):
        occurrence, instant = mail.occurrence, mail.occurrence.instant
        waiting = not occurrence.is_due(now) or occurrence in waiting_now
        if start <= instant < end and waiting and not occurrence.is_too_late(now):
            audience = audience_of(office, mail.campaign, max(instant, now))
            if audience or mail.campaign.kind is not CampaignKind.CORRECTION:
                waves = _waves(office, mail.campaign, max(instant, now))
                found.append(Forecast(mail.campaign, instant, audience, occurrence, waves))
    return sorted(found, key=lambda one: (one.instant, one.campaign.name))
