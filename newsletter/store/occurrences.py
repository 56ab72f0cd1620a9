"""Due instants. Whoever inserts the row launches: UNIQUE (schedule, instant) decides, on every database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from newsletter.core.campaign import CampaignState
from newsletter.core.schedule import OccurrenceState
from newsletter.store.insert import insert_ignore, insert_or_update
from newsletter.store.tables import campaigns, deadlines, heartbeats, occurrences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.core.schedule import MissedDecision

_WORKER = "worker "


@dataclass(frozen=True, slots=True)
class Presence:
    """A scheduler that was there: from when to when, and when it last looked at the plan. Instants, UTC."""

    since: datetime | None
    at: datetime
    ticked_at: datetime | None


@dataclass(frozen=True, slots=True)
class MissedRow:
    """A missed occurrence about which nobody has decided: its campaign's id, when it was due, and when that was noticed."""

    campaign: int
    instant: datetime
    claimed_at: datetime


def claim_occurrence(
    connection: Connection,
    schedule: str,
    instant: datetime,
    state: OccurrenceState,
    now: datetime,
    campaign: int | None = None,
) -> bool:
    """Insert the row of a due instant; True if it is ours, False if it was claimed before."""
    values = {
        "schedule": schedule,
        "instant": instant,
        "state": state,
        "claimed_at": now,
        "campaign_id": campaign or None,
    }
    return connection.execute(insert_ignore(connection, occurrences, values)).rowcount == 1


def link_campaign(connection: Connection, schedule: str, instant: datetime, campaign: int) -> None:
    """Say which campaign a claimed occurrence has made."""
    row = occurrences.c
    here = row.schedule == schedule, row.instant == instant
    connection.execute(update(occurrences).where(*here).values(campaign_id=campaign))


def claimed_schedules(connection: Connection, schedules: Sequence[str]) -> set[str]:
    """Which of these schedules have an occurrence already, whenever it was."""
    return set(
        connection.scalars(select(occurrences.c.schedule).where(occurrences.c.schedule.in_(schedules)))
    )


def claimed_instants(
    connection: Connection, schedules: Sequence[str], start: datetime, end: datetime
) -> set[tuple[str, datetime]]:
    """What of these schedules has been claimed from `start` to `end`, both included: schedule and instant of each."""
    row = occurrences.c
    query = select(row.schedule, row.instant).where(
        row.schedule.in_(schedules), row.instant.between(start, end)
    )
    return {(schedule, instant) for schedule, instant in connection.execute(query)}


def states_of(connection: Connection, schedules: Sequence[str]) -> dict[str, str]:
    """The state of the occurrence of each of these schedules; those without one are missing."""
    row = occurrences.c
    query = select(row.schedule, row.state).where(row.schedule.in_(schedules))
    return {schedule: state for schedule, state in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def list_occurrences(
    connection: Connection, state: OccurrenceState, limit: int = 100
) -> list[dict[str, Any]]:
    """Occurrences in a state, newest first."""
    row = occurrences.c
    query = select(row.schedule, row.instant, row.claimed_at).where(row.state == state)
    return [
        dict(found)
        for found in connection.execute(query.order_by(row.instant.desc()).limit(limit)).mappings()
    ]


def undecided_missed(connection: Connection) -> list[MissedRow]:
    """Missed occurrences that wait for the officer, earliest first: their campaigns are missed still."""
    row = occurrences.c
    here = row.state == OccurrenceState.MISSED, row.decision.is_(None), row.campaign_id == campaigns.c.id
    query = select(row.campaign_id, row.instant, row.claimed_at).where(
        *here, campaigns.c.state == CampaignState.MISSED
    )
    return [MissedRow(*found) for found in connection.execute(query.order_by(row.instant, row.id))]


def decide_missed(
    connection: Connection, campaign: int, decision: MissedDecision, by: str, now: datetime
) -> bool:
    """The officer's word on a campaign's missed occurrence; False if somebody has decided already."""
    row = occurrences.c
    here = row.campaign_id == campaign, row.state == OccurrenceState.MISSED, row.decision.is_(None)
    values = {"decision": decision, "decided_at": now, "decided_by": by}
    return connection.execute(update(occurrences).where(*here).values(values)).rowcount >= 1


def plan_sign(connection: Connection) -> tuple[Any, ...]:
    """A few figures that change when a campaign is scheduled or a deadline becomes known, moves or is cancelled.

    It costs a look into an index, and tells whether the whole plan is worth a look. It cannot tell of every change that a plan
    can have, which is why nobody relies on it for long.
    """
    scheduled = campaigns.c.state == CampaignState.SCHEDULED
    found = connection.execute(
        select(
            select(func.min(campaigns.c.instant)).where(scheduled).scalar_subquery(),
            select(func.count()).select_from(campaigns).where(scheduled).scalar_subquery(),
            select(func.count()).select_from(deadlines).scalar_subquery(),
            select(func.sum(deadlines.c.sequence)).scalar_subquery(),
        )
    )
    return tuple(found.one())


def beat(connection: Connection, name: str, now: datetime, ticked_at: datetime | None = None) -> None:
    """Note that the scheduler `name` was alive at `now`, and when it last looked at the plan."""
    values = {"name": name, "at": now, "since": now, "ticked_at": ticked_at}
    changed = {"at": now, "ticked_at": ticked_at}
    connection.execute(insert_or_update(connection, heartbeats, values, ["name"], changed))


def beat_worker(connection: Connection, name: str, now: datetime) -> None:
    """The same for a worker that runs beside the schedulers."""
    beat(connection, _WORKER + name, now)


def forget_beats(connection: Connection, before: datetime) -> int:
    """Remove those that were last seen before an instant; gives their number."""
    return connection.execute(delete(heartbeats).where(heartbeats.c.at < before)).rowcount


def presences(connection: Connection) -> list[Presence]:
    """Every scheduler that was there lately, the last one first."""
    row = heartbeats.c
    query = select(row.since, row.at, row.ticked_at).where(~row.name.startswith(_WORKER))
    return [Presence(*found) for found in connection.execute(query.order_by(row.at.desc()))]


def last_beats(connection: Connection) -> dict[str, datetime]:
    """When each scheduler was last alive, UTC."""
    return {name: at for name, at in _beats(connection).items() if not name.startswith(_WORKER)}


def last_worker_beats(connection: Connection) -> dict[str, datetime]:
    """When each worker was last alive, UTC."""
    beats = _beats(connection)
    return {name.removeprefix(_WORKER): at for name, at in beats.items() if name.startswith(_WORKER)}


def _beats(connection: Connection) -> dict[str, datetime]:
    return {name: at for name, at in connection.execute(select(heartbeats.c.name, heartbeats.c.at))}  # noqa: C416
