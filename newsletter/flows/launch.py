"""The moment of launch: occurrence, audience and ledger in one transaction, or nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.schedule import OccurrenceState
from newsletter.flows.frozen_rules import keep_rules
from newsletter.flows.merge import merged_campaign
from newsletter.flows.send_off import begin, load_cargo, made, people_for, send_off, wake_nobody
from newsletter.store import campaigns as campaign_rows
from newsletter.store.audience import anybody_meant, anybody_told, freeze_merged
from newsletter.store.engine import driver_connection
from newsletter.store.occurrences import claim_occurrence, claimed_schedules, link_campaign
from newsletter.store.reminders import in_turn, sharing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.due_mail import DueMail, SharedDay
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.flows.send_off import Cargo, Wake
    from newsletter.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Launch:
    """What one due occurrence came to. `rows` is the size of the ledger it made; 0 when it was missed.

    Attributes:
        merged: the mail that went to people for whom it fell on one day with others, None when there were none.
    """

    campaign: Campaign
    instant: datetime
    state: OccurrenceState
    rows: int
    merged: Launch | None = None


@dataclass(frozen=True, slots=True)
class _Merged:
    """A mail that merges reminders, ready to be stored, with the day that it is for."""

    campaign: Campaign
    editions: Mapping[str, Edition]
    day: SharedDay


def launch_mail(office: Office, mail: DueMail, now: datetime, wake: Wake = wake_nobody) -> Launch | None:
    """Launch what is due, or mark it missed; None if another process was first.

    One transaction claims the occurrence, stores the campaign where it is a new one, and freezes the audience. If the
    process dies before the commit nothing has happened; after it, everything is in the ledger.
    In the same transaction `wake` tells the workers: it gets the campaign's name and the driver's connection.
    Whoever is due for several reminders that day gets them all in one mail, with the first of them.
    """
    campaign, occurrence, merged = mail.campaign, mail.occurrence, None
    if mail.step is not None and not _anybody_meant(office, mail, now):
        return None
    passed = campaign.not_after is not None and now >= campaign.not_after
    if occurrence.is_too_late(now) or passed:
        return _mark_missed(office, mail, now)
    mail, cargo = load_cargo(office, mail, now)
    ready = None if cargo.day is None else _merge(office, mail, cargo, cargo.day, now)
    with office.database.write() as connection:
        if cargo.day is not None:
            in_turn(connection)
        if not _claim(connection, mail, OccurrenceState.LAUNCHED, now):
            return None
        if ready is not None:
            merged = _launch_merged(office, connection, mail, cargo, ready, now, wake)
        if not mail.campaign.id:
            _check_name(connection, mail.campaign)
            mail = _store(connection, mail, CampaignState.SCHEDULED, now)
        count = send_off(office, connection, mail, CampaignState.SCHEDULED, cargo, now, wake)
    return None if count is None else _launched(mail, mail.campaign, count, merged)


def _launched(mail: DueMail, campaign: Campaign, count: int, merged: Launch | None = None) -> Launch:
    sending = replace(campaign, state=CampaignState.SENDING)
    return Launch(sending, mail.occurrence.instant, OccurrenceState.LAUNCHED, count, merged)


def _claim(connection: Connection, mail: DueMail, state: OccurrenceState, now: datetime) -> bool:
    """Whether the occurrence is ours, and the mail has anybody to tell: a correction for nobody is over, and never missed."""
    campaign, occurrence = mail.campaign, mail.occurrence
    is_needed = campaign.kind is not CampaignKind.CORRECTION or anybody_told(connection, campaign)
    given = state if is_needed else OccurrenceState.LAUNCHED
    schedule, instant = occurrence.schedule, occurrence.instant
    return claim_occurrence(connection, schedule, instant, given, now, campaign.id) and is_needed


def _merge(office: Office, mail: DueMail, cargo: Cargo, day: SharedDay, now: datetime) -> _Merged | None:
    """The mail for people who are due for other reminders that day too, None when there are none.

    A wrong article holds up its own reminder only: then there is none, and who gets this one gets the others later.
    """
    known = [other for other in day.ahead if other.campaign.segment in cargo.segments]
    if not known:
        return None
    with office.database.read() as connection:
        others = sharing(connection, mail, known, cargo.segments, now)
    if not others:
        return None
    try:
        campaign, editions = made(office, merged_campaign(mail, others), now)
    except Refusal:
        return None
    return _Merged(campaign, editions, replace(day, ahead=tuple(others)))


def _launch_merged(
    office: Office,
    connection: Connection,
    mail: DueMail,
    cargo: Cargo,
    ready: _Merged,
    now: datetime,
    wake: Wake,
) -> Launch | None:
    claimed = claimed_schedules(connection, [other.occurrence.schedule for other in ready.day.ahead])
    ahead = tuple(other for other in ready.day.ahead if other.occurrence.schedule not in claimed)
    if not ahead:
        return None
    before = CampaignState.SCHEDULED
    campaign = replace(ready.campaign, state=before)
    campaign = replace(campaign, id=campaign_rows.add_campaign(connection, campaign, now))
    languages = begin(office, connection, campaign, before, ready.editions, now)
    if languages is None:
        return None
    day, groups = replace(ready.day, ahead=ahead), office.groups
    count = freeze_merged(connection, campaign, mail, day, cargo.segments, languages, now, groups)
    keep_rules(connection, campaign, cargo.people, now)
    wake(campaign.name, driver_connection(connection))
    return _launched(mail, campaign, count)


def _anybody_meant(office: Office, mail: DueMail, now: datetime) -> bool:
    """Whether a step of a series has anybody to go to; if not, its day is claimed and over, and there is no campaign."""
    campaign, occurrence = mail.campaign, mail.occurrence
    people = people_for(office, campaign)
    with office.database.read() as connection:
        if mail.step is not None and anybody_meant(connection, campaign, people.segments, now, mail.step):
            return True
    with office.database.write() as connection:
        claim_occurrence(connection, occurrence.schedule, occurrence.instant, OccurrenceState.LAUNCHED, now)
    return False


def _mark_missed(office: Office, mail: DueMail, now: datetime) -> Launch | None:
    """A mail that is made at its launch is stored too, so that the officer can still send it or skip it."""
    campaign = mail.campaign
    with office.database.write() as connection:
        if not _claim(connection, mail, OccurrenceState.MISSED, now):
            return None
        if campaign.id:
            campaign_rows.move_campaign(connection, campaign.id, campaign.state, CampaignState.MISSED)
        else:
            campaign = _store(connection, mail, CampaignState.MISSED, now).campaign
    return Launch(campaign, mail.occurrence.instant, OccurrenceState.MISSED, 0)


def _store(connection: Connection, mail: DueMail, state: CampaignState, now: datetime) -> DueMail:
    """Store a campaign that its planner has made, beside its occurrence."""
    campaign, occurrence = replace(mail.campaign, state=state), mail.occurrence
    campaign = replace(campaign, id=campaign_rows.add_campaign(connection, campaign, now))
    link_campaign(connection, occurrence.schedule, occurrence.instant, campaign.id)
    return replace(mail, campaign=campaign)


def _check_name(connection: Connection, campaign: Campaign) -> None:
    """A name that somebody has given to another campaign must not stop the clock."""
    if campaign_rows.find_campaign(connection, campaign.name) is not None:
        what = f"There is a campaign '{campaign.name}' already, so '{campaign.label}' cannot leave."
        raise ContentRefused(Problem(what, "Campaigns of one's own should not end in a date."))
