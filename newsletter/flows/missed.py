"""What was missed: why, what it would reach now, and the officer's word: send it now, or skip it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignKind, CampaignState
from newsletter.core.due_mail import DueMail
from newsletter.core.refusal import ContentRefused, MoveRefused, Problem, Refusal
from newsletter.core.schedule import MissedDecision, Occurrence, OccurrenceState
from newsletter.core.wallclock import to_local
from newsletter.flows.approve import known_campaign
from newsletter.flows.launch import Launch
from newsletter.flows.plan import audience_of_mail, counts_by_language, withheld_counts
from newsletter.flows.remind import reminder_mails
from newsletter.flows.send_off import load_cargo, send_off, wake_nobody
from newsletter.flows.series_steps import step_of
from newsletter.store import campaigns as campaign_rows
from newsletter.store.absences import absences_between
from newsletter.store.audience import anybody_told
from newsletter.store.occurrences import decide_missed, presences, undecided_missed
from newsletter.store.reminders import in_turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office
    from newsletter.flows.send_off import Wake
    from newsletter.store.engine import Connection
    from newsletter.store.occurrences import MissedRow, Presence


@dataclass(frozen=True, slots=True)
class Missed:
    """A mail that was missed and about which nobody has decided. Instants are UTC.

    Attributes:
        due: when it should have left.
        noticed: when a scheduler saw that it was too late.
        absence: the time in which nobody was there, None when it was not that.
        why: the reason in a sentence.
        recipients: how many it would reach now, by language.
        withheld: how many it would leave out now, by reason.
        obstacle: why it cannot be sent any more, "" when it can.
    """

    campaign: Campaign
    due: datetime
    noticed: datetime
    absence: tuple[datetime, datetime] | None
    why: str
    recipients: dict[str, int]
    withheld: dict[str, int]
    obstacle: str

    def as_dict(self) -> dict[str, Any]:
        """The entry for scripts."""
        since, until = self.absence or (None, None)
        return {
            "campaign": self.campaign.name,
            "kind": self.campaign.kind.value,
            "due": self.due.isoformat(),
            "local": to_local(self.due, self.campaign.zone).isoformat(timespec="minutes"),
            "zone": self.campaign.zone,
            "noticed": self.noticed.isoformat(),
            "why": self.why,
            "nobody_from": None if since is None else since.isoformat(),
            "nobody_until": None if until is None else until.isoformat(),
            "segment": self.campaign.segment,
            "deadline": self.campaign.deadline or None,
            "rung": self.campaign.rung,
            "would_get_it": self.recipients,
            "withheld": self.withheld,
            "can_be_sent": not self.obstacle,
            "obstacle": self.obstacle,
        }


def list_missed(office: Office, now: datetime) -> list[Missed]:
    """What waits for the officer's word, earliest first."""
    with office.database.read() as connection:
        rows = undecided_missed(connection)
        stored = campaign_rows.list_campaigns(connection, (CampaignState.MISSED,)) if rows else []
        seen = presences(connection) if rows else []
        gaps = {row: absences_between(connection, row.instant, row.claimed_at) for row in rows}
    known = {campaign.id: campaign for campaign in stored}
    return [
        _missed(office, known[row.campaign], row, gaps[row], seen, now)
        for row in rows
        if row.campaign in known
    ]


def _missed(
    office: Office,
    campaign: Campaign,
    row: MissedRow,
    gaps: Sequence[tuple[datetime, datetime]],
    seen: Sequence[Presence],
    now: datetime,
) -> Missed:
    absence = gaps[0] if gaps else None
    obstacle, recipients, withheld = _too_late(office, campaign, now), dict[str, int](), dict[str, int]()
    if not obstacle:
        try:
            audience = audience_of_mail(office, _mail_of(office, campaign, row.instant, now), now)
            recipients, withheld = counts_by_language(audience), withheld_counts(audience)
        except Refusal as refusal:
            obstacle = str(refusal)
    why = _why(office, row, absence, seen)
    return Missed(campaign, row.instant, row.claimed_at, absence, why, recipients, withheld, obstacle)


def _why(
    office: Office, row: MissedRow, absence: tuple[datetime, datetime] | None, seen: Sequence[Presence]
) -> str:
    if absence is not None:
        since, until = (_local(at, office) for at in absence)
        return f"Nobody was there between {since} and {until} ({office.settings.zone})."
    if any(one.since is not None and one.since <= row.instant <= one.at for one in seen):
        return "A scheduler was there and could not make it in time; its log says why."
    return "No scheduler is known to have been there."


def _local(instant: datetime, office: Office) -> str:
    return f"{to_local(instant, office.settings.zone):%Y-%m-%d %H:%M}"


def _too_late(office: Office, campaign: Campaign, now: datetime) -> str:
    if campaign.not_after is None or now < campaign.not_after:
        return ""
    at = f"{_local(campaign.not_after, office)} ({office.settings.zone})"
    return f"The deadline that it tells of has passed: {at}."


def send_missed(office: Office, name: str, by: str, now: datetime, wake: Wake = wake_nobody) -> Launch:
    """Launch a missed campaign after all, once, whatever two officers press at the same moment.

    What was compiled before is sent as it was approved; a reminder is compiled now, and tells the days that are left now.

    Raises:
        ContentRefused: there is no such campaign, its deadline has passed, or it cannot be compiled.
        MoveRefused: it was not missed, or somebody has decided about it.
    """
    campaign, instant = _waiting(office, name)
    obstacle = _too_late(office, campaign, now)
    if obstacle:
        raise ContentRefused(Problem(obstacle, f"Close it with `newsletter campaigns skip {name}`."))
    mail = _mail_of(office, campaign, instant, now)
    _, cargo = load_cargo(office, replace(mail, campaign=_as_of(campaign, now)), now)
    with office.database.write() as connection:
        _decide(connection, campaign, MissedDecision.SENT, by, now)
        if campaign.kind is CampaignKind.CORRECTION and not anybody_told(connection, campaign):
            what = f"'{name}' would correct nobody: nobody was told the former date."
            raise ContentRefused(Problem(what, f"Close it with `newsletter campaigns skip {name}`."))
        if cargo.day is not None:
            in_turn(connection)
        count = send_off(office, connection, mail, CampaignState.MISSED, cargo, now, wake)
        if count is None:
            raise _decided(name)
    return Launch(replace(campaign, state=CampaignState.SENDING), instant, OccurrenceState.LAUNCHED, count)


def _mail_of(office: Office, campaign: Campaign, due: datetime, now: datetime) -> DueMail:
    """A stored campaign as its planner means it: a reminder beside others, a step of a series for its own people.

    Raises:
        ContentRefused: its planner does not mean it any more, or nobody has approved it.
    """
    mail = DueMail(Occurrence(campaign.schedule, due, campaign.lateness), campaign)
    why = ""
    if campaign.series:
        step = step_of(office, campaign, due)
        mail, why = (
            replace(mail, step=step),
            "" if step else "Its series is not what it was when this was due",
        )
    elif campaign.rung is not None:
        planned = (one for one in reminder_mails(office, now, now) if one.campaign.name == campaign.name)
        known = next(planned, None)
        mail = replace(known, campaign=campaign) if known else mail
        why = (
            ""
            if known and not known.waits
            else "The ladder of its deadline is not what it was, or waits for approval"
        )
    elif campaign.content.digest:
        with office.database.read() as connection:
            approved = campaign_rows.edition_digests(connection, [campaign.id])
        why = "" if approved else "Nobody has approved it"
    if why:
        what = f"'{campaign.name}' cannot be sent as it is. {why}."
        raise ContentRefused(Problem(what, f"Close it with `newsletter campaigns skip {campaign.name}`."))
    return mail


def skip_missed(office: Office, name: str, by: str, now: datetime) -> None:
    """Let a missed campaign be: it is cancelled, and who has said so is written down.

    Raises:
        ContentRefused: there is no such campaign.
        MoveRefused: it was not missed, or somebody has decided about it.
    """
    campaign, _ = _waiting(office, name)
    with office.database.write() as connection:
        _decide(connection, campaign, MissedDecision.SKIPPED, by, now)
        before, after = CampaignState.MISSED, CampaignState.CANCELLED
        if not campaign_rows.move_campaign(connection, campaign.id, before, after):
            raise _decided(name)


def _waiting(office: Office, name: str) -> tuple[Campaign, datetime]:
    """A campaign that waits for a decision, and when it was due."""
    campaign = known_campaign(office, name)
    with office.database.read() as connection:
        due = {row.campaign: row.instant for row in undecided_missed(connection)}
    if campaign.id not in due:
        what = f"Campaign '{name}' is {campaign.state}: nobody is asked about it."
        raise MoveRefused(Problem(what, "`newsletter campaigns missed` lists those that wait."))
    return campaign, due[campaign.id]


def _decide(
    connection: Connection, campaign: Campaign, decision: MissedDecision, by: str, now: datetime
) -> None:
    if not decide_missed(connection, campaign.id, decision, by, now):
        raise _decided(campaign.name)


def _decided(name: str) -> MoveRefused:
    what = f"Somebody has decided about campaign '{name}' already."
    return MoveRefused(Problem(what, f"Look at it with `newsletter campaigns show {name}`."))


def _as_of(campaign: Campaign, now: datetime) -> Campaign:
    """A reminder that leaves late says how many days are left now, and not how many there were when it was due."""
    at = to_local(now, campaign.zone)
    if campaign.rung is None or campaign.not_after is None:
        return replace(campaign, at=at)
    closes = to_local(campaign.not_after, campaign.zone)
    return replace(campaign, at=at, rung=(closes.date() - at.date()).days)
