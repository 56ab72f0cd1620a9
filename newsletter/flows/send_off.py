"""Setting a campaign going: what it takes, and its audience frozen, inside the transaction of whoever launches it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignState
from newsletter.flows.compose import announced_until, compose_editions, earliest, freeze_editions, lay_desk
from newsletter.flows.frozen_rules import keep_rules
from newsletter.flows.merge import day_ahead, is_reminder, next_moment
from newsletter.flows.sending_hours import wave_moments
from newsletter.flows.workspace import read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store.audience import freeze_audience, freeze_reminder
from newsletter.store.deadlines import list_deadlines
from newsletter.store.engine import driver_connection
from newsletter.store.reminders import postpone
from newsletter.store.series import take_step
from newsletter.store.waves import zones_of_people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.due_mail import DueMail, SharedDay
    from newsletter.core.segment.tree import Segment
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.flows.workspace import People
    from newsletter.store.engine import Connection

    Wake = Callable[[str, Any], None]


def wake_nobody(_campaign: str, _connection: Any) -> None:
    """For launches whose workers look for work by themselves."""


@dataclass(frozen=True, slots=True)
class Cargo:
    """What a launch needs and the database does not have: the rules about people, and editions where none are frozen.

    Attributes:
        day: for a reminder, the day on which it is launched, with what may go along with it.
    """

    people: People
    editions: Mapping[str, Edition] | None
    day: SharedDay | None

    @property
    def segments(self) -> Mapping[str, Segment]:
        return self.people.segments


def load_cargo(office: Office, mail: DueMail, now: datetime) -> tuple[DueMail, Cargo]:
    """Read and compile everything before the transaction begins; the mail may end earlier for what it announces.

    Raises:
        ContentRefused: an article, a template or a segment of this campaign is wrong or is not there.
    """
    campaign, frozen = mail.campaign, False
    if campaign.id:
        with office.database.read() as connection:
            frozen = bool(campaign_rows.edition_digests(connection, [campaign.id]))
    campaign, editions = (campaign, None) if frozen else made(office, campaign, now)
    people = people_for(office, campaign)
    day = day_ahead(office, mail, now) if is_reminder(mail) else None
    return replace(mail, campaign=campaign), Cargo(people, editions, day)


def people_for(office: Office, campaign: Campaign) -> People:
    """The rules about people, which must have the segments of a campaign.

    Raises:
        ContentRefused: one of its segments is not there.
    """
    people = read_people(office)
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    return people


def made(office: Office, campaign: Campaign, now: datetime) -> tuple[Campaign, dict[str, Edition]]:
    """A mail that has no editions yet, with them; a step of a series ends with what it announces, too.

    Raises:
        ContentRefused: an article or a template is wrong.
    """
    with office.database.read() as connection:
        deadlines = {deadline.key: deadline for deadline in list_deadlines(connection)}
    desk = lay_desk(office, campaign, deadlines, now)
    if campaign.series:
        until = earliest(campaign.not_after, announced_until(desk, campaign))
        campaign = replace(campaign, not_after=until)
    return campaign, compose_editions(desk, campaign)


def begin(
    office: Office,
    connection: Connection,
    campaign: Campaign,
    before: CampaignState,
    editions: Mapping[str, Edition] | None,
    now: datetime,
) -> list[str] | None:
    """Let a stored campaign be sending: the languages of its editions; None if somebody else has moved it from `before`."""
    if editions is not None:
        freeze_editions(connection, campaign.id, editions)
    after = CampaignState.SENDING
    if not campaign_rows.move_campaign(connection, campaign.id, before, after, launched_at=now):
        return None
    frozen = campaign_rows.load_editions(connection, campaign.id)
    return [language for language in office.settings.languages if language in frozen]


def send_off(
    office: Office,
    connection: Connection,
    mail: DueMail,
    before: CampaignState,
    cargo: Cargo,
    now: datetime,
    wake: Wake,
) -> int | None:
    """Freeze the audience of a stored campaign and set it going, inside the caller's transaction.

    Returns:
        The number of rows; None if somebody else has moved the campaign from the state `before`.
    """
    campaign, groups = mail.campaign, office.groups
    languages = begin(office, connection, campaign, before, cargo.editions, now)
    if languages is None:
        return None
    if cargo.day is not None:
        alone = replace(cargo.day, ahead=())
        count = freeze_reminder(connection, mail, alone, cargo.segments, languages, now, groups)
        later = next_moment(mail, now)
        if later is not None:
            postpone(connection, campaign, later, now)
    else:
        zones = zones_of_people(connection) if campaign.timing.each_reader else ()
        moments = wave_moments(office, campaign, zones, now)
        count = freeze_audience(
            connection, campaign, cargo.segments, languages, now, groups, moments, mail.step
        )
    keep_rules(connection, campaign, cargo.people, now)
    if mail.step is not None:
        take_step(connection, mail.step, campaign.id)
    wake(campaign.name, driver_connection(connection))
    return count
