"""Digests in the plan: their coming issues for the forecast, and those that nobody approved in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import Campaign, CampaignContent, CampaignKind, CampaignState
from newsletter.core.due_mail import DueMail
from newsletter.core.schedule import Occurrence
from newsletter.core.wallclock import to_local
from newsletter.flows.digest_files import read_digests
from newsletter.store.campaigns import list_campaigns
from newsletter.store.digests import issues_since

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from newsletter.core.digest import Digest
    from newsletter.flows.office import Office

# At its own moment it is too late to approve: one that is not is missed then.
_AT_ONCE = timedelta(microseconds=-1)


def digest_mails(office: Office, now: datetime, until: datetime) -> Iterator[DueMail]:
    """Issues of digests up to `until`: those that wait for approval, and those still to be made.

    An issue that is approved is a campaign like others, and planned with them.
    """
    states = (CampaignState.DRAFT, CampaignState.APPROVED)
    with office.database.read() as connection:
        waiting = [one for one in list_campaigns(connection, states) if one.content.digest]
    for campaign in waiting:
        if campaign.instant is not None and campaign.instant <= until:
            late = campaign.lateness if campaign.instant > now else _AT_ONCE
            yield DueMail(Occurrence(campaign.schedule, campaign.instant, late), campaign)
    if until > now:
        for digest in read_digests(office)[0]:
            yield from _to_come(office, digest, now, until)


def _to_come(office: Office, digest: Digest, now: datetime, until: datetime) -> Iterator[DueMail]:
    with office.database.read() as connection:
        known = issues_since(connection, digest.name, now)
    for instant in digest.moments(now + timedelta(microseconds=1), until + timedelta(microseconds=1)):
        if instant not in known:
            campaign = _unmade(digest, instant)
            yield DueMail(Occurrence(campaign.schedule, instant, digest.lateness), campaign)


def _unmade(digest: Digest, instant: datetime) -> Campaign:
    """An issue of which only the moment and the audience are known."""
    return Campaign(
        name=digest.campaign_name(instant),
        kind=CampaignKind.ISSUE,
        content=CampaignContent(template=digest.template, digest=digest.name, public=digest.public),
        segment=digest.segment,
        zone=digest.own_zone,
        lateness=digest.lateness,
        exclude=digest.exclude,
        sender=digest.sender,
        at=to_local(instant, digest.own_zone),
    )
