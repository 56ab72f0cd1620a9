"""From draft to scheduled: every step is a move of the campaign's table, and approval freezes what was seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.core.campaign import Campaign, CampaignState, check_campaign_move
from newsletter.core.delivery import Withheld
from newsletter.core.refusal import ContentRefused, MoveRefused, Problem, refuse_errors
from newsletter.core.schedule import MissedDecision
from newsletter.core.wallclock import to_instant
from newsletter.flows.check import check_campaign
from newsletter.flows.compose import announced_until, compose_editions, freeze_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines
from newsletter.flows.legal_basis import Bases
from newsletter.flows.workspace import read_people
from newsletter.store import campaigns as rows
from newsletter.store import ledger
from newsletter.store.occurrences import decide_missed

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


def create_campaign(office: Office, campaign: Campaign, now: datetime) -> Campaign:
    """Store a new draft; a draft of the same name is overwritten, anything further on is refused.

    Raises:
        ContentRefused: its segment, sender or articles do not exist.
        MoveRefused: a campaign of this name is no draft any more.
    """
    people = read_people(office)
    for segment in (campaign.segment, *campaign.exclude):
        people.segment(segment)
    office.settings.sender(campaign.sender)
    campaign = replace(campaign, basis=Bases(office).of(campaign.content))
    with office.database.write() as connection:
        known = rows.find_campaign(connection, campaign.name)
        if known is None:
            return replace(campaign, id=rows.add_campaign(connection, campaign, now))
        if known.state is not CampaignState.DRAFT:
            what = f"Campaign '{campaign.name}' is {known.state} already."
            raise MoveRefused(Problem(what, "Give the new one another name."))
        draft = replace(campaign, id=known.id)
        rows.change_draft(connection, draft)
        return draft


def known_campaign(office: Office, name: str) -> Campaign:
    """The campaign called `name`.

    Raises:
        ContentRefused: there is none; the refusal names those there are.
    """
    with office.database.read() as connection:
        campaign = rows.find_campaign(connection, name)
        if campaign is None:
            known = ", ".join(found.name for found in rows.list_campaigns(connection)) or "none yet"
            raise ContentRefused(Problem(f"There is no campaign '{name}'.", f"Known campaigns: {known}."))
        return campaign


def approve_campaign(office: Office, name: str, by: str, now: datetime) -> dict[str, Edition]:
    """Check a draft, compile its editions and freeze them.

    Raises:
        ContentRefused: the checks found an error; nothing has changed.
        MoveRefused: it is no draft.
    """
    campaign = known_campaign(office, name)
    check_campaign_move(name, campaign.state, CampaignState.APPROVED)
    refuse_errors(check_campaign(office, campaign, now))
    desk = lay_desk(office, campaign, all_deadlines(office), now)
    compiled = compose_editions(desk, campaign)
    frozen = {"not_after": announced_until(desk, campaign), "basis": Bases(office).of(campaign.content)}
    with office.database.write() as connection:
        freeze_editions(connection, campaign.id, compiled)
        _move(connection, campaign, CampaignState.APPROVED, approved_at=now, approved_by=by, **frozen)
    return compiled


def reopen_campaign(office: Office, name: str) -> None:
    """Take an approval back, and the time with it: the campaign is a draft again and can be changed."""
    campaign = known_campaign(office, name)
    with office.database.write() as connection:
        if campaign.state is CampaignState.SCHEDULED:
            _move(connection, campaign, CampaignState.APPROVED)
            campaign = replace(campaign, state=CampaignState.APPROVED)
        _move(connection, campaign, CampaignState.DRAFT, approved_at=None, approved_by="", not_after=None)


def schedule_campaign(office: Office, name: str, at: datetime, zone: str, now: datetime) -> datetime:
    """Set the time of an approved (or missed) campaign.

    Args:
        at: wall-clock time in `zone`, or in each reader's own where the campaign says so; `zone` is then for readers without one.

    Returns:
        The instant in `zone`, UTC.

    Raises:
        ContentRefused: the time has passed, or lies after the campaign's own deadline.
        MoveRefused: it is not approved.
    """
    campaign = replace(known_campaign(office, name), at=at, zone=zone)
    instant = to_instant(at, zone)
    if instant < now:
        what = f"{at:%Y-%m-%d %H:%M} ({zone}) has passed."
        raise ContentRefused(Problem(what, "Choose a time still to come."))
    if campaign.not_after is not None and instant >= campaign.not_after:
        what = "That is after a deadline that this mail announces."
        raise ContentRefused(Problem(what, "Choose an earlier time."))
    with office.database.write() as connection:
        if campaign.state is CampaignState.MISSED and not rows.load_editions(connection, campaign.id):
            what = f"Campaign '{name}' was missed before anybody approved it."
            raise MoveRefused(Problem(what, f"Begin with `newsletter campaigns reopen {name}`."))
        _move(connection, campaign, CampaignState.SCHEDULED, at=at, zone=zone, instant=campaign.instant)
        decide_missed(connection, campaign.id, MissedDecision.RESCHEDULED, "", now)
    return instant


def pause_campaign(office: Office, name: str) -> None:
    """Stop handing over; what is in hand is finished."""
    with office.database.write() as connection:
        _move(connection, known_campaign(office, name), CampaignState.PAUSED)


def resume_campaign(office: Office, name: str) -> None:
    """Go on after a pause."""
    with office.database.write() as connection:
        _move(connection, known_campaign(office, name), CampaignState.SENDING, note="")


def cancel_campaign(office: Office, name: str, now: datetime) -> int:
    """Call a campaign off; gives the number of people who will not get it any more."""
    campaign = known_campaign(office, name)
    with office.database.write() as connection:
        _move(connection, campaign, CampaignState.CANCELLED)
        decide_missed(connection, campaign.id, MissedDecision.SKIPPED, "", now)
        return ledger.skip_open_rows(connection, campaign.id, Withheld.CANCELLED, now)


def _move(connection: Connection, campaign: Campaign, after: CampaignState, **changes: object) -> None:
    check_campaign_move(campaign.name, campaign.state, after)
    if not rows.move_campaign(connection, campaign.id, campaign.state, after, **changes):
        what = f"Somebody else has just moved campaign '{campaign.name}'."
        raise MoveRefused(Problem(what, "Look at it again."))
