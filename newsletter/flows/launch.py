"""The moment of launch: occurrence, audience and ledger in one transaction, or nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.schedule import OccurrenceState
from newsletter.flows.compose import (
    announced_until,
    compose_editions,
    earliest,
    editions_as_rows,
    lay_desk,
)
from newsletter.flows.sending_hours import wave_moments
from newsletter.flows.workspace import read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store.audience import anybody_meant, anybody_told, freeze_audience
from newsletter.store.deadlines import list_deadlines
from newsletter.store.engine import driver_connection
from newsletter.store.occurrences import claim_occurrence, link_campaign
from newsletter.store.series import take_step
from newsletter.store.waves import zones_of_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.due_mail import DueMail
    from newsletter.core.series import StepDay
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.flows.workspace import People
    from newsletter.store.engine import Connection

    Wake = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Launch:
    """What one due occurrence came to. `rows` is the size of the ledger it made; 0 when it was missed."""

    campaign: Campaign
    instant: datetime
    state: OccurrenceState
    rows: int


def wake_nobody(_campaign: str, _connection: Any) -> None:
    """For launches whose workers look for work by themselves."""


def launch_mail(office: Office, mail: DueMail, now: datetime, wake: Wake = wake_nobody) -> Launch | None:
    """Launch what is due, or mark it missed; None if another process was first.

    One transaction claims the occurrence, stores the campaign where it is a new one, and freezes the audience. If the
    process dies before the commit nothing has happened; after it, everything is in the ledger.
    In the same transaction `wake` tells the workers: it gets the campaign's name and the driver's connection.
    """
    campaign, occurrence = mail.campaign, mail.occurrence
    if mail.step is not None and not _anybody_meant(office, mail, now):
        return None
    passed = campaign.not_after is not None and now >= campaign.not_after
    if occurrence.is_too_late(now) or passed:
        return _mark_missed(office, mail, now)
    campaign, cargo = load_cargo(office, campaign, now, mail.step)
    with office.database.write() as connection:
        state = OccurrenceState.LAUNCHED
        if not claim_occurrence(
            connection, occurrence.schedule, occurrence.instant, state, now, campaign.id
        ) or _would_correct_nobody(connection, campaign):
            return None
        if not campaign.id:
            _check_name(connection, campaign)
            campaign = _store(connection, replace(mail, campaign=campaign), CampaignState.SCHEDULED, now)
        count = send_off(office, connection, campaign, CampaignState.SCHEDULED, cargo, now, wake)
    if count is None:
        return None
    return Launch(
        replace(campaign, state=CampaignState.SENDING), occurrence.instant, OccurrenceState.LAUNCHED, count
    )


@dataclass(frozen=True, slots=True)
class Cargo:
    """What a launch needs and the database does not have: the rules about people, and editions where none are frozen.

    Attributes:
        step: of a series, on its day; the campaign is for its people alone.
    """

    people: People
    editions: dict[str, Edition] | None
    step: StepDay | None


def load_cargo(
    office: Office, campaign: Campaign, now: datetime, step: StepDay | None
) -> tuple[Campaign, Cargo]:
    """Read and compile everything before the transaction begins; the campaign may end earlier for what it announces.

    Raises:
        ContentRefused: an article, a template or a segment of this campaign is wrong or is not there.
    """
    frozen = False
    if campaign.id:
        with office.database.read() as connection:
            frozen = bool(campaign_rows.edition_digests(connection, [campaign.id]))
    campaign, editions = (campaign, None) if frozen else _made(office, campaign, now)
    people = read_people(office)
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    return campaign, Cargo(people, editions, step)


def send_off(
    office: Office,
    connection: Connection,
    campaign: Campaign,
    before: CampaignState,
    cargo: Cargo,
    now: datetime,
    wake: Wake,
) -> int | None:
    """Freeze the audience of a stored campaign and set it going, inside the caller's transaction.

    Returns:
        The number of rows; None if somebody else has moved the campaign from the state `before`.
    """
    if cargo.editions is not None:
        campaign_rows.set_editions(connection, campaign.id, editions_as_rows(cargo.editions))
    after = CampaignState.SENDING
    if not campaign_rows.move_campaign(connection, campaign.id, before, after, launched_at=now):
        return None
    frozen = campaign_rows.load_editions(connection, campaign.id)
    languages = [language for language in office.settings.languages if language in frozen]
    zones = zones_of_people(connection) if campaign.timing.each_reader else ()
    moments, segments = wave_moments(office, campaign, zones, now), cargo.people.segments
    count = freeze_audience(
        connection, campaign, segments, languages, now, office.groups, moments, cargo.step
    )
    if cargo.step is not None:
        take_step(connection, cargo.step, campaign.id)
    wake(campaign.name, driver_connection(connection))
    return count


def _anybody_meant(office: Office, mail: DueMail, now: datetime) -> bool:
    """Whether a step of a series has anybody to go to; if not, its day is claimed and over, and there is no campaign."""
    campaign, occurrence, people = mail.campaign, mail.occurrence, read_people(office)
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    with office.database.read() as connection:
        if mail.step is not None and anybody_meant(connection, campaign, people.segments, now, mail.step):
            return True
    with office.database.write() as connection:
        claim_occurrence(connection, occurrence.schedule, occurrence.instant, OccurrenceState.LAUNCHED, now)
    return False


def _mark_missed(office: Office, mail: DueMail, now: datetime) -> Launch | None:
    """A mail that is made at its launch is stored too, so that the officer can still send it or skip it."""
    campaign, occurrence = mail.campaign, mail.occurrence
    with office.database.write() as connection:
        state = OccurrenceState.MISSED
        if not claim_occurrence(
            connection, occurrence.schedule, occurrence.instant, state, now, campaign.id
        ) or _would_correct_nobody(connection, campaign):
            return None
        if campaign.id:
            campaign_rows.move_campaign(connection, campaign.id, campaign.state, CampaignState.MISSED)
        else:
            campaign = _store(connection, mail, CampaignState.MISSED, now)
    return Launch(campaign, occurrence.instant, OccurrenceState.MISSED, 0)


def _store(connection: Connection, mail: DueMail, state: CampaignState, now: datetime) -> Campaign:
    """Store a campaign that its planner has made, beside its occurrence."""
    campaign, occurrence = replace(mail.campaign, state=state), mail.occurrence
    campaign = replace(campaign, id=campaign_rows.add_campaign(connection, campaign, now))
    link_campaign(connection, occurrence.schedule, occurrence.instant, campaign.id)
    return campaign


def _would_correct_nobody(connection: Connection, campaign: Campaign) -> bool:
    return campaign.kind is CampaignKind.CORRECTION and not anybody_told(connection, campaign)


def _made(office: Office, campaign: Campaign, now: datetime) -> tuple[Campaign, dict[str, Edition]]:
    """A mail that has no editions yet, with them; a step of a series ends with what it announces, too."""
    with office.database.read() as connection:
        deadlines = {deadline.key: deadline for deadline in list_deadlines(connection)}
    desk = lay_desk(office, campaign, deadlines, now)
    if campaign.series:
        until = earliest(campaign.not_after, announced_until(desk, campaign))
        campaign = replace(campaign, not_after=until)
    return campaign, compose_editions(desk, campaign)


def _check_name(connection: Connection, campaign: Campaign) -> None:
    """A name that somebody has given to another campaign must not stop the clock."""
    if campaign_rows.find_campaign(connection, campaign.name) is not None:
        what = f"There is a campaign '{campaign.name}' already, so '{campaign.label}' cannot leave."
        raise ContentRefused(Problem(what, "Campaigns of one's own should not end in a date."))
