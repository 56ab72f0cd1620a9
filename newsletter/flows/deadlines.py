"""Deadlines: the articles' files say what they are; the store remembers where they stood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignState
from newsletter.core.deadline import Deadline, DeadlineState
from newsletter.core.delivery import Withheld
from newsletter.core.ladder_check import rungs_too_late
from newsletter.core.refusal import ContentRefused, MoveRefused, Problem, refuse_errors
from newsletter.core.wallclock import to_instant
from newsletter.flows.calendars import note_calendars
from newsletter.flows.compose import Desk, announced_until, compose_editions, earliest, freeze_editions
from newsletter.flows.workspace import read_articles, read_people
from newsletter.store import campaigns as campaign_rows
from newsletter.store import deadlines as deadline_rows
from newsletter.store import ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.article import Article
    from newsletter.core.campaign import Campaign
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


# What has editions and may still reach somebody.
_COMPILED = (CampaignState.APPROVED, CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED)


@dataclass(frozen=True, slots=True)
class DeadlineChange:
    """What a look at the files changed: `known`, `moved`, `changed` or `cancelled`."""

    key: str
    what: str
    before: Deadline | None
    after: Deadline


def sync_deadlines(office: Office, now: datetime) -> list[DeadlineChange]:
    """Bring the store in line with the deadlines that the articles name.

    A new one becomes known now: rungs before now are never sent. A moved one gets the next sequence, a ladder planned
    anew from now, and its unsent reminders are withheld. One that no article names any more is cancelled. Campaigns
    that are approved and carry one of these two are compiled again, so that no mail leaves with the old date.
    """
    articles = read_articles(office)
    written, waiting = _written_deadlines(office, articles)
    changes: list[DeadlineChange] = []
    with office.database.write() as connection:
        stored = {deadline.key: deadline for deadline in deadline_rows.list_deadlines(connection)}
        for key, entry in written.items():
            if key in waiting and key not in stored:
                continue
            change = _settle(connection, stored.get(key), entry, now)
            if change is not None:
                changes.append(change)
        for key, deadline in stored.items():
            if key not in written and deadline.state is DeadlineState.OPEN:
                changes.append(_cancel(connection, deadline, now))
    note_calendars(office, articles, now)
    for change in changes:
        if change.what in {"moved", "cancelled"}:
            _compile_again(office, articles, change.after, now)
    return changes


def move_deadline(office: Office, key: str, at: datetime, now: datetime) -> DeadlineChange | None:
    """Move a deadline: the new time is written into the article's files, and everything follows from there.

    Args:
        at: the new wall-clock time in the deadline's zone.

    Raises:
        ContentRefused: there is no such deadline, it is cancelled, or the new time has passed.
    """
    deadline = known_deadline(office, key)
    if deadline.state is DeadlineState.CANCELLED:
        raise ContentRefused(
            Problem(f"Deadline '{key}' is cancelled.", "Write it under a new id in its article.")
        )
    if to_instant(at, deadline.zone) <= now:
        what = f"{at:%Y-%m-%d %H:%M} ({deadline.zone}) has passed."
        raise ContentRefused(Problem(what, "A deadline can only move to a time still to come."))
    slug, name = key.split("/", 1)
    office.library.write_deadline(slug, name, at)
    changes = sync_deadlines(office, now)
    return next((change for change in changes if change.key == key), None)


def cancel_deadline(office: Office, key: str, now: datetime, *, silent: bool = False) -> DeadlineChange:
    """Call a deadline off: no reminder is sent any more, and a look at the files does not revive it.

    Those who had been told of it get one notice, unless it has closed by then.

    Args:
        silent: nobody gets a notice.

    Raises:
        ContentRefused: there is no such deadline.
        MoveRefused: it is cancelled already.
    """
    deadline = known_deadline(office, key)
    if deadline.state is DeadlineState.CANCELLED:
        raise MoveRefused(Problem(f"Deadline '{key}' is cancelled already.", "There is nothing left to do."))
    with office.database.write() as connection:
        change = _cancel(connection, deadline, now, notice_at=None if silent else now)
    articles, _ = office.library.articles()
    note_calendars(office, articles, now, only=key)
    _compile_again(office, articles, change.after, now)
    return change


def approve_deadline(office: Office, key: str, now: datetime) -> Deadline:
    """Approve the ladder of a deadline as it stands: from now on its reminders may leave.

    Raises:
        ContentRefused: there is no such deadline, or it is over.
        MoveRefused: it is approved already, or has just changed.
    """
    deadline = known_deadline(office, key)
    if deadline.state is DeadlineState.CANCELLED or deadline.instant <= now:
        what = f"Deadline '{key}' is over."
        raise ContentRefused(Problem(what, "Only a ladder of which something is to come can be approved."))
    if deadline.is_approved:
        raise MoveRefused(Problem(f"Deadline '{key}' is approved already.", "There is nothing left to do."))
    approved = replace(deadline, approved_at=now, approved_sequence=deadline.sequence)
    with office.database.write() as connection:
        if not deadline_rows.change_deadline(connection, approved, deadline.sequence):
            raise MoveRefused(Problem(f"Deadline '{key}' has just moved.", "Look at its ladder again."))
    return approved


def known_deadline(office: Office, key: str) -> Deadline:
    """The deadline with this key.

    Raises:
        ContentRefused: there is none; the refusal names those there are.
    """
    with office.database.read() as connection:
        deadline = deadline_rows.find_deadline(connection, key)
        if deadline is None:
            known = ", ".join(known.key for known in deadline_rows.list_deadlines(connection)) or "none yet"
            raise ContentRefused(Problem(f"There is no deadline '{key}'.", f"Known deadlines: {known}."))
        return deadline


def all_deadlines(office: Office) -> dict[str, Deadline]:
    """Every deadline by key, as the store knows it."""
    with office.database.read() as connection:
        return {deadline.key: deadline for deadline in deadline_rows.list_deadlines(connection)}


def _written_deadlines(
    office: Office, articles: Mapping[str, Article]
) -> tuple[dict[str, Deadline], set[str]]:
    """The deadlines that the articles name, once each, and the keys of those in drafts, which begin when those are finished.

    `articles check` tells where languages disagree.
    """
    segments = read_people(office)
    written, waiting = {}, set()
    for slug, article in articles.items():
        text = article.text_for(office.settings.languages[0], office.settings.languages[0])
        refuse_errors(rungs_too_late(text, office.settings.deadlines.at))
        for entry in text.deadlines:
            for segment in (entry.audience, *entry.audiences.values()):
                segments.segment(segment)
            deadline = Deadline(
                key=f"{slug}/{entry.id}",
                at=entry.at,
                zone=entry.zone,
                url=entry.url,
                audience=entry.audience,
                ladder=office.settings.deadlines.ladder if entry.ladder is None else entry.ladder,
                remind_at=entry.remind_at,
                audiences=entry.audiences,
            )
            written[deadline.key] = deadline
            if text.draft:
                waiting.add(deadline.key)
    return written, waiting


def _settle(
    connection: Connection, stored: Deadline | None, written: Deadline, now: datetime
) -> DeadlineChange | None:
    if stored is None:
        known = replace(written, planned_at=now)
        deadline_rows.add_deadline(connection, known)
        return DeadlineChange(written.key, "known", None, known)
    if stored.state is DeadlineState.CANCELLED:
        return None
    current = replace(
        stored,
        at=written.at,
        zone=written.zone,
        url=written.url,
        audience=written.audience,
        ladder=written.ladder,
        remind_at=written.remind_at,
        audiences=written.audiences,
    )
    if current == stored:
        return None
    if _ladder_of(current) != _ladder_of(stored):
        # Rungs that are new and lie in the past are skipped, and what was approved is another ladder now.
        current = replace(current, planned_at=now, approved_at=None, approved_sequence=None)
    if current.instant == stored.instant and current.at == stored.at:
        deadline_rows.change_deadline(connection, current, stored.sequence)
        return DeadlineChange(written.key, "changed", stored, current)
    moved = replace(current, sequence=stored.sequence + 1, former_at=stored.at, planned_at=now)
    deadline_rows.change_deadline(connection, moved, stored.sequence)
    _withhold_outdated(connection, moved, now)
    return DeadlineChange(written.key, "moved", stored, moved)


def _ladder_of(deadline: Deadline) -> tuple[object, ...]:
    return deadline.ladder, deadline.remind_at, deadline.audience, deadline.audiences


def _cancel(
    connection: Connection, deadline: Deadline, now: datetime, *, notice_at: datetime | None = None
) -> DeadlineChange:
    sequence = deadline.sequence + 1
    after = replace(deadline, state=DeadlineState.CANCELLED, sequence=sequence, notice_at=notice_at)
    deadline_rows.change_deadline(connection, after, deadline.sequence)
    _withhold_outdated(connection, after, now)
    return DeadlineChange(deadline.key, "cancelled", deadline, after)


def withhold_outdated(connection: Connection, now: datetime) -> None:
    """Withhold whatever tells a date that is not true any more and has come back into the ledger since it moved.

    A row that was in the transport's hands when the deadline moved may be ready again later (greylisting, an unsure row
    that is sent again), and a launch in another process may have begun before the move.
    """
    for deadline in deadline_rows.list_deadlines(connection):
        if deadline.sequence:
            _withhold_outdated(connection, deadline, now)


def _withhold_outdated(connection: Connection, deadline: Deadline, now: datetime) -> None:
    """Mail under way that tells the former date stops here."""
    for campaign in campaign_rows.outdated_campaigns(connection, deadline.key, deadline.sequence):
        ledger.skip_open_rows(connection, campaign.id, Withheld.CANCELLED, now)
        if campaign.state is not CampaignState.SENDING:
            campaign_rows.move_campaign(connection, campaign.id, campaign.state, CampaignState.CANCELLED)


def _compile_again(
    office: Office, articles: Mapping[str, Article], deadline: Deadline, now: datetime
) -> None:
    with office.database.read() as connection:
        waiting = campaign_rows.list_campaigns(connection, _COMPILED)
    desk = Desk(office, articles, all_deadlines(office), now)
    for campaign in waiting:
        # What merges reminders is asked person by person, at hand-over, whether a deadline is still to be told.
        if not campaign.is_merged and _tells(campaign, deadline):
            compiled, until = compose_editions(desk, campaign), announced_until(desk, campaign)
            if campaign.series:  # it ends with the next step, too
                until = earliest(until, campaign.not_after)
            with office.database.write() as connection:
                same = campaign.state, campaign.state
                if campaign_rows.move_campaign(connection, campaign.id, *same, not_after=until):
                    freeze_editions(connection, campaign.id, compiled)


def _tells(campaign: Campaign, deadline: Deadline) -> bool:
    """Whether a mail announces a deadline without being about it; the list of what closes soon may tell any."""
    carried = deadline.article in campaign.content.articles or campaign.content.closing_soon is not None
    return carried and campaign.deadline != deadline.key
