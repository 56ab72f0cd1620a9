"""The moment of launch: occurrence, audience and ledger in one transaction, or nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.refusal import Refusal
from newsletter.core.schedule import OccurrenceState
from newsletter.flows.compose import compose_editions, editions_as_rows, lay_desk
from newsletter.flows.merge import day_ahead, is_reminder, merged_campaign, next_moment
from newsletter.flows.workspace import read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store.audience import anybody_told, freeze_audience, freeze_merged, freeze_reminder
from newsletter.store.deadlines import list_deadlines
from newsletter.store.engine import driver_connection
from newsletter.store.occurrences import claim_occurrence, claimed_schedules
from newsletter.store.reminders import in_turn, postpone, sharing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.due_mail import DueMail, SharedDay
    from newsletter.core.segment.tree import Segment
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

    Wake = Callable[[str, Any], None]


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


def wake_nobody(_campaign: str, _connection: Any) -> None:
    """For launches whose workers look for work by themselves."""


def launch_mail(office: Office, mail: DueMail, now: datetime, wake: Wake = wake_nobody) -> Launch | None:
    """Launch what is due, or mark it missed; None if another process was first.

    One transaction claims the occurrence, stores the campaign where it is a new one, and freezes the audience. If the
    process dies before the commit nothing has happened; after it, everything is in the ledger.
    In the same transaction `wake` tells the workers: it gets the campaign's name and the driver's connection.
    """
    campaign, occurrence = mail.campaign, mail.occurrence
    passed = campaign.not_after is not None and now >= campaign.not_after
    if occurrence.is_too_late(now) or passed:
        return _mark_missed(office, mail, now)
    editions = None if campaign.id else _editions(office, campaign, now)
    people = read_people(office)
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    launcher = _Launcher(office, people.segments, now, wake)
    return launcher.reminder(mail, editions) if is_reminder(mail) else launcher.other(mail, editions)


@dataclass(frozen=True, slots=True)
class _Launcher:
    office: Office
    segments: Mapping[str, Segment]
    now: datetime
    wake: Wake

    def other(self, mail: DueMail, editions: Mapping[str, Edition] | None) -> Launch | None:
        """Launch anything but a reminder."""
        with self.office.database.write() as connection:
            if not self._claim(connection, mail):
                return None
            campaign = mail.campaign
            if campaign.kind is CampaignKind.CORRECTION and not anybody_told(connection, campaign):
                return None
            found = self._begin(connection, campaign, editions)
            if found is None:
                return None
            campaign, languages = found
            groups = self.office.groups
            count = freeze_audience(connection, campaign, self.segments, languages, self.now, groups)
            self.wake(campaign.name, driver_connection(connection))
        return self._launched(mail, campaign, count)

    def reminder(self, mail: DueMail, editions: Mapping[str, Edition] | None) -> Launch | None:
        """Launch a rung; whoever is due for others that day gets them all in one mail."""
        day = day_ahead(self.office, mail, self.now)
        ready, alone, merged = self._merged(mail, day), replace(day, ahead=()), None
        with self.office.database.write() as connection:
            in_turn(connection)
            if not self._claim(connection, mail):
                return None
            if ready is not None:
                merged = self._launch_merged(connection, mail, ready)
            found = self._begin(connection, mail.campaign, editions)
            if found is None:
                return None
            campaign, languages = found
            stored, groups = replace(mail, campaign=campaign), self.office.groups
            count = freeze_reminder(connection, stored, alone, self.segments, languages, self.now, groups)
            later = next_moment(mail, self.now)
            if later is not None:
                postpone(connection, campaign, later, self.now)
            self.wake(campaign.name, driver_connection(connection))
        return self._launched(mail, campaign, count, merged)

    def _merged(self, mail: DueMail, day: SharedDay) -> _Merged | None:
        """The mail for people who are due for other reminders that day too, None when there are none.

        A wrong article holds up its own reminder only: then there is none, and who gets this one gets the others later.
        """
        known = [other for other in day.ahead if other.campaign.segment in self.segments]
        if not known:
            return None
        with self.office.database.read() as connection:
            others = sharing(connection, mail, known, self.segments, self.now)
        if not others:
            return None
        campaign = merged_campaign(mail, others)
        try:
            editions = _editions(self.office, campaign, self.now)
        except Refusal:
            return None
        return _Merged(campaign, editions, replace(day, ahead=tuple(others)))

    def _launch_merged(self, connection: Connection, mail: DueMail, ready: _Merged) -> Launch | None:
        claimed = claimed_schedules(connection, [other.occurrence.schedule for other in ready.day.ahead])
        ahead = tuple(other for other in ready.day.ahead if other.occurrence.schedule not in claimed)
        found = self._begin(connection, ready.campaign, ready.editions) if ahead else None
        if found is None:
            return None
        campaign, languages = found
        day, groups = replace(ready.day, ahead=ahead), self.office.groups
        count = freeze_merged(connection, campaign, mail, day, self.segments, languages, self.now, groups)
        self.wake(campaign.name, driver_connection(connection))
        return self._launched(mail, campaign, count)

    def _claim(self, connection: Connection, mail: DueMail) -> bool:
        schedule, instant = mail.occurrence.schedule, mail.occurrence.instant
        return claim_occurrence(connection, schedule, instant, OccurrenceState.LAUNCHED, self.now)

    def _begin(
        self, connection: Connection, campaign: Campaign, editions: Mapping[str, Edition] | None
    ) -> tuple[Campaign, list[str]] | None:
        """Store a campaign that is new and set it going: the campaign as stored, and the languages of its editions."""
        if editions is not None:
            campaign = replace(campaign, state=CampaignState.SCHEDULED)
            campaign = replace(campaign, id=campaign_rows.add_campaign(connection, campaign, self.now))
            campaign_rows.set_editions(connection, campaign.id, editions_as_rows(editions))
        before, after = CampaignState.SCHEDULED, CampaignState.SENDING
        if not campaign_rows.move_campaign(connection, campaign.id, before, after, launched_at=self.now):
            return None
        frozen = campaign_rows.load_editions(connection, campaign.id)
        return campaign, [language for language in self.office.settings.languages if language in frozen]

    def _launched(
        self, mail: DueMail, campaign: Campaign, count: int, merged: Launch | None = None
    ) -> Launch:
        campaign = replace(campaign, state=CampaignState.SENDING)
        return Launch(campaign, mail.occurrence.instant, OccurrenceState.LAUNCHED, count, merged)


def _mark_missed(office: Office, mail: DueMail, now: datetime) -> Launch | None:
    campaign, occurrence = mail.campaign, mail.occurrence
    with office.database.write() as connection:
        # A correction that would have gone to nobody is nothing that anybody missed.
        is_needed = campaign.kind is not CampaignKind.CORRECTION or anybody_told(connection, campaign)
        state = OccurrenceState.MISSED if is_needed else OccurrenceState.LAUNCHED
        claimed = claim_occurrence(connection, occurrence.schedule, occurrence.instant, state, now)
        if not (claimed and is_needed):
            return None
        if campaign.id:
            campaign_rows.move_campaign(
                connection, campaign.id, CampaignState.SCHEDULED, CampaignState.MISSED
            )
    return Launch(campaign, occurrence.instant, OccurrenceState.MISSED, 0)


def _editions(office: Office, campaign: Campaign, now: datetime) -> dict[str, Edition]:
    with office.database.read() as connection:
        deadlines = {deadline.key: deadline for deadline in list_deadlines(connection)}
    return compose_editions(lay_desk(office, campaign, deadlines, now), campaign)
