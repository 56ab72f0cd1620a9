"""A whole ladder before it goes: each rung with its moment, its people, its subjects, and what it shares a mail with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsletter.core.wallclock import to_local
from newsletter.flows.build import fill_for_sample, write_previews
from newsletter.flows.compose import compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines, known_deadline
from newsletter.flows.merge import is_reminder, office_day
from newsletter.flows.plan import forecast_rung
from newsletter.flows.planned import fresh_mails
from newsletter.flows.remind import reminder_mails

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.campaign import Campaign
    from newsletter.core.deadline import Deadline
    from newsletter.core.due_mail import DueMail
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.flows.plan import Forecast

_SAMPLE = "ada@example.org"


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
    # Whatever waits for approval is shown as it would go.
    planned = [replace(mail, waits="") for mail in reminder_mails(office, now, deadline.instant)]
    fresh = [mail for mail in fresh_mails(office, planned) if is_reminder(mail)]
    rungs, files = [], []
    for found in _forecasts(office, key, fresh, now):
        campaign = found.campaign
        editions = compose_editions(lay_desk(office, campaign, all_deadlines(office), now), campaign)
        rungs.append(_preview(office, found, editions, _together(office, key, found, fresh, now)))
        if folder is not None:
            files += write_previews(office, campaign, editions, folder)
    return LadderPreview(deadline, tuple(rungs), tuple(files))


def _forecasts(office: Office, key: str, fresh: list[DueMail], now: datetime) -> list[Forecast]:
    """The rungs of a deadline, and the mails that merge them, whichever rung of the day makes these."""
    own = [mail for mail in fresh if mail.campaign.deadline == key]
    days = {office_day(office, mail.occurrence.instant) for mail in own}
    found = []
    for mail in fresh:
        instant = mail.occurrence.instant
        if instant > now and any(start <= instant < end for start, end in days):
            found += [one for one in forecast_rung(office, mail, fresh, now) if _is_about(one.campaign, key)]
    return sorted(found, key=lambda one: (one.instant, not one.campaign.is_merged, one.campaign.name))


def _is_about(campaign: Campaign, key: str) -> bool:
    return campaign.deadline == key or any(told.deadline == key for told in campaign.content.rungs)


def _together(
    office: Office, key: str, found: Forecast, fresh: list[DueMail], now: datetime
) -> tuple[str, ...]:
    """The others of the shared mails that this rung is told in."""
    campaign = found.campaign
    if campaign.is_merged:
        told = campaign.content.rungs
    else:
        start, end = office_day(office, found.instant)
        shared = [
            one.campaign
            for mail in fresh
            if start <= mail.occurrence.instant < end
            for one in forecast_rung(office, mail, fresh, now)
            if one.campaign.is_merged and _is_about(one.campaign, key)
        ]
        told = tuple(dict.fromkeys(rung for other in shared for rung in other.content.rungs))
    return tuple(_said(rung.deadline, rung.rung) for rung in told if rung.deadline != key)


def _said(deadline: str, rung: int) -> str:
    return f"{deadline}, {rung} {'day' if rung == 1 else 'days'} before"


def _preview(
    office: Office, found: Forecast, editions: Mapping[str, Edition], together: tuple[str, ...]
) -> RungPreview:
    campaign = found.campaign
    subjects = {
        language: fill_for_sample(office, campaign, language, edition, _SAMPLE).subject
        for language, edition in editions.items()
    }
    recipients, withheld = found.recipients, found.withheld()
    return RungPreview(campaign, found.instant, recipients, withheld, subjects, together, campaign.is_merged)
