"""A whole ladder before it goes: each rung with its moment, its people, its subjects, and what it shares a mail with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.wallclock import to_local
from newsletter.flows.build import write_previews
from newsletter.flows.compose import compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines, known_deadline
from newsletter.flows.merge import by_day
from newsletter.flows.plan import forecast_rung
from newsletter.flows.planned import fresh_mails
from newsletter.flows.remind import reminder_mails
from newsletter.flows.sample import copy_for, sample_reader
from newsletter.flows.workspace import read_people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.campaign import Campaign
    from newsletter.core.deadline import Deadline
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.flows.plan import Forecast

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RungPreview:
    """One rung, or a mail that merges it with others of its day.

    Attributes:
        subjects: as a reader who gets all of it sees them, by language.
        together: the deadlines and rungs that it shares a mail with for some of its people, as `KEY, 7 days before`.
        is_merged: whether this is the shared mail itself.
    """

    campaign: Campaign
    instant: datetime
    recipients: int
    withheld: Mapping[str, int]
    subjects: Mapping[str, str]
    together: tuple[str, ...]
    is_merged: bool

    def as_dict(self) -> dict[str, Any]:
        """The rung for scripts."""
        campaign = self.campaign
        local = to_local(self.instant, campaign.zone)
        return {
            "campaign": campaign.name,
            "days_before": campaign.rung,
            "at": local.isoformat(timespec="minutes"),
            "zone": campaign.zone,
            "utc": self.instant.isoformat(),
            "segment": campaign.segment,
            "recipients": self.recipients,
            "withheld": dict(self.withheld),
            "subjects": dict(self.subjects),
            "merged": self.is_merged,
            "together_with": list(self.together),
        }


@dataclass(frozen=True, slots=True)
class LadderPreview:
    """A deadline with what is still to come of its ladder, earliest first. `files` are the mails that were written."""

    deadline: Deadline
    rungs: tuple[RungPreview, ...]
    files: tuple[Path, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The ladder for scripts."""
        return {
            "deadline": self.deadline.key,
            "at": self.deadline.at.isoformat(timespec="minutes"),
            "zone": self.deadline.zone,
            "rungs": [rung.as_dict() for rung in self.rungs],
            "files": [str(path) for path in self.files],
        }


def preview_ladder(office: Office, key: str, now: datetime, folder: Path | None = None) -> LadderPreview:
    """What is to come of a ladder, approved or not, with its people as they are now.

    Args:
        folder: where the mails are written as HTML and text for a sample reader; None writes nothing.

    Raises:
        ContentRefused: there is no such deadline, or an article or a template is wrong.
    """
    deadline = known_deadline(office, key)
    found = _forecasts(office, deadline, now)
    shared = [one.campaign for one in found if one.campaign.is_merged]
    rungs, files = [], []
    for one in found:
        campaign = one.campaign
        editions = compose_editions(lay_desk(office, campaign, all_deadlines(office), now), campaign)
        rungs.append(_preview(office, one, editions, _together(key, campaign, shared)))
        if folder is not None:
            files += write_previews(office, campaign, editions, folder)
    return LadderPreview(deadline, tuple(rungs), tuple(files))


def _forecasts(office: Office, deadline: Deadline, now: datetime) -> list[Forecast]:
    """The rungs of a deadline, and the mails that merge them, whichever rung of the day makes these."""
    # Whatever waits for approval is shown as it would go; a day beyond, as others may follow on the last one.
    until = deadline.instant + _A_DAY
    planned = [replace(mail, waits="") for mail in reminder_mails(office, now, until)]
    days, people = by_day(office, fresh_mails(office, planned), now), read_people(office)
    found = [
        one
        for mails in days.values()
        if any(mail.campaign.deadline == deadline.key for mail in mails)
        for mail in mails
        for one in forecast_rung(office, people, mail, days, now)
        if _is_about(one.campaign, deadline.key) and not mail.occurrence.is_too_late(now)
    ]
    return sorted(found, key=lambda one: (one.instant, not one.campaign.is_merged, one.campaign.name))


def _is_about(campaign: Campaign, key: str) -> bool:
    return campaign.deadline == key or any(told.deadline == key for told in campaign.content.rungs)


def _together(key: str, campaign: Campaign, shared: list[Campaign]) -> tuple[str, ...]:
    """The others of a shared mail, or of those in which a rung is told."""
    mails = [campaign] if campaign.is_merged else [one for one in shared if _tells(one, campaign)]
    told = dict.fromkeys(rung for mail in mails for rung in mail.content.rungs)
    return tuple(_said(rung.deadline, rung.rung) for rung in told if rung.deadline != key)


def _tells(merged: Campaign, campaign: Campaign) -> bool:
    return any((one.deadline, one.rung) == (campaign.deadline, campaign.rung) for one in merged.content.rungs)


def _said(deadline: str, rung: int) -> str:
    return f"{deadline}, {rung} {'day' if rung == 1 else 'days'} before"


def _preview(
    office: Office, found: Forecast, editions: Mapping[str, Edition], together: tuple[str, ...]
) -> RungPreview:
    campaign = found.campaign
    subjects = {
        language: copy_for(office, campaign, language, edition, sample_reader(office, language)).mail.subject
        for language, edition in editions.items()
    }
    recipients, withheld = found.recipients, found.withheld()
    return RungPreview(campaign, found.instant, recipients, withheld, subjects, together, campaign.is_merged)
