"""The hours of a campaign: whether its mail may go now, and when each reader's zone has its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.sending_window import ALWAYS
from newsletter.core.timing import Waves

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.sending_window import SendingWindow
    from newsletter.flows.office import Office


def window_of(office: Office, campaign: Campaign) -> SendingWindow:
    """A campaign's own hours, else the office's usual ones; somebody waits for a confirmation, so it has none."""
    if campaign.kind is CampaignKind.SYSTEM:
        return ALWAYS
    return campaign.timing.window or office.settings.sending.hours


def may_go(office: Office, campaign: Campaign, now: datetime) -> bool:
    """Whether anything of this campaign may be handed over now. Where each reader has hours of their own, the rows say."""
    window = window_of(office, campaign)
    if window.is_always or campaign.timing.each_reader:
        return True
    return window.lets_go(now, campaign.zone, campaign.not_after)


def closed_zones(
    office: Office, campaign: Campaign, zones: Iterable[str], now: datetime
) -> dict[str, datetime]:
    """Zones of readers in which it is closed now, and when it opens there; for campaigns that go by them."""
    window = window_of(office, campaign)
    if window.is_always or not campaign.timing.each_reader:
        return {}
    opens = {zone: window.goes_at(now, zone or campaign.zone, campaign.not_after) for zone in zones}
    return {zone: at for zone, at in opens.items() if at > now}


def wave_moments(
    office: Office, campaign: Campaign, zones: Iterable[str], now: datetime
) -> dict[str, datetime] | None:
    """When the readers of each zone get a campaign that is launched at `now`; None when all get it at once."""
    if not campaign.timing.each_reader or campaign.at is None:
        return None
    window = window_of(office, campaign)
    return Waves(campaign.at, campaign.zone, campaign.lateness, campaign.not_after, window).moments(
        zones, now
    )
