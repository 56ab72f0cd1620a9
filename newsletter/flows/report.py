"""What became of a campaign: who got it, who did not, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from newsletter.core.delivery import DeliveryState
from newsletter.core.engagement import EngagementKind
from newsletter.flows.approve import known_campaign
from newsletter.store import campaigns as rows
from newsletter.store import clicks as click_rows
from newsletter.store import ledger
from newsletter.store.tracking import engaged_people, tracked_readers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office
    from newsletter.store.clicks import CountedLink
    from newsletter.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Allowing:
    """What is known of those readers who allow us to know it: no rate of all, as nothing is known about the others.

    Attributes:
        readers: who got the mail and allow it now.
        opened: whose mail program loaded the picture when they opened it; a mail program that hides it counts as nothing.
        clicked: who followed a link.
        replied: who answered, as far as answers are read.
        machines: how often a proxy or a scanner loaded the picture, which says nothing about a reader.
    """

    readers: int
    opened: int
    clicked: int
    replied: int
    machines: int


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """Counts of a campaign's ledger.

    Attributes:
        by_state: rows by state.
        by_language: mails sent by language.
        withheld: people left out by reason.
        times: when it was created, approved, launched and finished, UTC.
        links: those that are counted, with the clicks of people and of machines; empty where clicks are not counted.
        days: clicks by day of the office's calendar: people, machines.
        allowing: what is known of readers who allow it; None where nothing is recorded about anybody.
    """

    campaign: Campaign
    by_state: Mapping[str, int]
    by_language: Mapping[str, int]
    withheld: Mapping[str, int]
    times: Mapping[str, datetime | None]
    links: tuple[CountedLink, ...] = ()
    days: Mapping[date, tuple[int, int]] = field(default_factory=dict)
    allowing: Allowing | None = None

    @property
    def clicks(self) -> tuple[int, int]:
        """All clicks of people and of machines. A person who clicks twice counts twice: nobody knows that it was one."""
        return sum(link.people for link in self.links), sum(link.machines for link in self.links)

    def as_dict(self) -> dict[str, Any]:
        """The report for scripts."""
        return {
            "campaign": self.campaign.name,
            "kind": self.campaign.kind.value,
            "state": self.campaign.state.value,
            "deliveries": dict(self.by_state),
            "sent": dict(self.by_language),
            "withheld": dict(self.withheld),
            "clicks": self._clicks() if self.links else None,
            "allowing": None if self.allowing is None else asdict(self.allowing),
            **{name: None if at is None else at.isoformat() for name, at in self.times.items()},
        }

    def _clicks(self) -> dict[str, Any]:
        people, machines = self.clicks
        days = [
            {"day": day.isoformat(), "people": one, "machines": two} for day, (one, two) in self.days.items()
        ]
        return {
            "people": people,
            "machines": machines,
            "links": [link._asdict() for link in self.links],
            "days": days,
        }


def report_campaign(office: Office, name: str) -> CampaignReport:
    """Count a campaign's ledger.

    Raises:
        ContentRefused: there is no such campaign.
    """
    campaign = known_campaign(office, name)
    by_state: dict[str, int] = {}
    by_language: dict[str, int] = {}
    withheld: dict[str, int] = {}
    with office.database.read() as connection:
        times = rows.times_of(connection, campaign.id)
        for state, language, reason, count in ledger.tally(connection, campaign.id):
            by_state[state] = by_state.get(state, 0) + count
            if state == DeliveryState.SENT:
                by_language[language] = by_language.get(language, 0) + count
            if reason is not None:
                withheld[reason] = withheld.get(reason, 0) + count
        links, days = click_rows.counted_links(connection, campaign.id), _days(connection, campaign.id)
        allowing = _allowing(office, connection, campaign.id)
    return CampaignReport(campaign, by_state, by_language, withheld, times, tuple(links), days, allowing)


def _days(connection: Connection, campaign: int) -> dict[date, tuple[int, int]]:
    days: dict[date, tuple[int, int]] = {}
    for day, number, people, machines in click_rows.counts_by_day(connection, campaign):
        if number != click_rows.PICTURE:
            before = days.get(day, (0, 0))
            days[day] = before[0] + people, before[1] + machines
    return days


def _allowing(office: Office, connection: Connection, campaign: int) -> Allowing | None:
    """None where nothing is recorded about anybody, now or at the time of the campaign."""
    tracking, known = office.settings.tracking, engaged_people(connection, campaign)
    if tracking.clicks == tracking.opens == "off" and not known:
        return None
    counts = click_rows.counts_by_day(connection, campaign)
    return Allowing(
        readers=tracked_readers(connection, campaign),
        opened=known.get(EngagementKind.OPENED, 0),
        clicked=known.get(EngagementKind.CLICKED, 0),
        replied=known.get(EngagementKind.REPLIED, 0),
        machines=sum(machines for _, number, _, machines in counts if number == click_rows.PICTURE),
    )
