"""Due instants. Whoever inserts the row launches: UNIQUE (schedule, instant) decides, on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from newsletter.store.insert import insert_ignore, insert_or_update
from newsletter.store.tables import heartbeats, occurrences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.core.schedule import OccurrenceState

_REMEMBERED = timedelta(days=7)
_WORKER = "worker "


def claim_occurrence(
    connection: Connection, schedule: str, instant: datetime, state: OccurrenceState, now: datetime
) -> bool:
    """Insert the row of a due instant; True if it is ours, False if it was claimed before."""
    values = {"schedule": schedule, "instant": instant, "state": state, "claimed_at": now}
    return connection.execute(insert_ignore(connection, occurrences, values)).rowcount == 1


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


def beat(connection: Connection, name: str, now: datetime) -> None:
    """Note that the scheduler `name` was alive at `now`, and forget those that were last seen long ago."""
    connection.execute(insert_or_update(connection, heartbeats, {"name": name, "at": now}, ["name"]))
    connection.execute(delete(heartbeats).where(heartbeats.c.at < now - _REMEMBERED))


def beat_worker(connection: Connection, name: str, now: datetime) -> None:
    """The same for a worker that runs beside the schedulers."""
    beat(connection, _WORKER + name, now)


def last_beats(connection: Connection) -> dict[str, datetime]:
    """When each scheduler was last alive, UTC."""
    return {name: at for name, at in _beats(connection).items() if not name.startswith(_WORKER)}


def last_worker_beats(connection: Connection) -> dict[str, datetime]:
    """When each worker was last alive, UTC."""
    beats = _beats(connection)
    return {name.removeprefix(_WORKER): at for name, at in beats.items() if name.startswith(_WORKER)}


def _beats(connection: Connection) -> dict[str, datetime]:
    return {name: at for name, at in connection.execute(select(heartbeats.c.name, heartbeats.c.at))}  # noqa: C416
