"""How the command line says when a campaign goes: waves by the readers' clocks, a window that is still closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletter.cli.show import local_text

if TYPE_CHECKING:
    from newsletter.core.campaign import Campaign
    from newsletter.core.schedule import Occurrence
    from newsletter.flows.plan import Going


def going_row(going: Going) -> dict[str, Any]:
    """For scripts: the waves, and when the window opens."""
    waves = [{"at": at.isoformat(), "recipients": count} for at, count in going.waves]
    return {"waves": waves, "opens": None if going.opens is None else going.opens.isoformat()}


def when(campaign: Campaign, going: Going) -> str:
    """`09:30 in each reader's time zone: 5 waves, first …, last …`, or when the window opens; "" when it just goes."""
    if campaign.timing.each_reader and campaign.at is not None:
        text = f"{campaign.at:%a %Y-%m-%d %H:%M} in each reader's time zone"
        if not going.waves:
            return text
        first, last = (local_text(going.waves[end][0], campaign.zone) for end in (0, -1))
        if len(going.waves) == 1:
            return f"{text}: one wave, {first}"
        return f"{text}: {len(going.waves)} waves, first {first}, last {last}"
    return (
        "" if going.opens is None else f"waits for its window until {local_text(going.opens, campaign.zone)}"
    )


def moved(occurrence: Occurrence) -> str:
    """`moved from Fri 2027-01-01 09:30: New Year's Day`; "" when it was not."""
    if occurrence.planned is None:
        return ""
    return f"moved from {occurrence.planned:%a %Y-%m-%d %H:%M}: {occurrence.why}"
