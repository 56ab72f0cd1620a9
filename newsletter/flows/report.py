"""What became of a campaign: who got it, who did not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core.delivery import DeliveryState
from newsletter.flows.approve import known_campaign
from newsletter.store import campaigns as rows
from newsletter.store import ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """Counts of a campaign's ledger.

    Attributes:
        by_state: rows by state.
        by_language: mails sent by language.
        withheld: people left out by reason.
        times: when it was created, approved, launched and finished, UTC.
    """

    campaign: Campaign
    by_state: Mapping[str, int]
    by_language: Mapping[str, int]
    withheld: Mapping[str, int]
    times: Mapping[str, datetime | None]

    def as_dict(self) -> dict[str, Any]:
        """The report for scripts."""
        return {
            "campaign": self.campaign.name,
            "kind": self.campaign.kind.value,
            "state": self.campaign.state.value,
            "deliveries": dict(self.by_state),
            "sent": dict(self.by_language),
            "withheld": dict(self.withheld),
            **{name: None if at is None else at.isoformat() for name, at in self.times.items()},
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
    return CampaignReport(campaign, by_state, by_language, withheld, times)
