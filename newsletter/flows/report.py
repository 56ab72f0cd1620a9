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
class Opens:
    """What is known about opening: of those readers alone who allow it, so that it is no rate of all.

    Attributes:
        allowed: readers who got the mail and allow tracking now.
        opened: of them, those whose mail program loaded the picture when they opened it.
        machines: how often a proxy or a scanner loaded it, which says nothing about a reader.
    """

    allowed: int
    opened: int
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
        opens: None where nothing is known about it.
    """

    campaign: Campaign
    by_state: Mapping[str, int]
    by_language: Mapping[str, int]
    withheld: Mapping[str, int]
    times: Mapping[str, datetime | None]
    links: tuple[CountedLink, ...] = ()
    days: Mapping[date, tuple[int, int]] = field(default_factory=dict)
    opens: Opens | None = None

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
            "opens": None if self.opens is None else asdict(self.opens),
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
        opens = _opens(office, connection, campaign.id)
    return CampaignReport(campaign, by_state, by_language, withheld, times, tuple(links), days, opens)


def _days(connection: Connection, campaign: int) -> dict[date, tuple[int, int]]:
    days: dict[date, tuple[int, int]] = {}
    for day, number, people, machines in click_rows.counts_by_day(connection, campaign):
        if number != click_rows.PICTURE:
            before = days.get(day, (0, 0))
            days[day] = before[0] + people, before[1] + machines
    return days


def _opens(office: Office, connection: Connection, campaign: int) -> Opens | None:
    counts = click_rows.counts_by_day(connection, campaign)
    pictures = [(people, machines) for _, number, people, machines in counts if number == click_rows.PICTURE]
    if office.settings.tracking.opens == "off" and not pictures:
        return None
    opened = engaged_people(connection, campaign, EngagementKind.OPENED)
    return Opens(tracked_readers(connection, campaign), opened, sum(machines for _, machines in pictures))
