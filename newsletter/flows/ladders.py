"""Ladders to look at: each rung of a deadline with its moment and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core.deadline import Deadline, DeadlineState
from newsletter.core.reminder import reminder_moment
from newsletter.core.schedule import OccurrenceState
from newsletter.core.wallclock import to_instant
from newsletter.flows.deadlines import known_deadline
from newsletter.flows.remind import planned_rungs, waits_for_approval
from newsletter.store.deadlines import list_deadlines
from newsletter.store.occurrences import states_of

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.flows.office import Office


WAITS = "waits for approval"


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: days before, wall-clock time in the deadline's zone, its state in a word, and its segment."""

    rung: int
    when: str
    state: str
    segment: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """A deadline with its rungs, earliest first.

    Attributes:
        approval: "waits", "approved", or "" where none is asked for.
    """

    deadline: Deadline
    state: str
    rungs: tuple[Rung, ...]
    approval: str = ""

    @property
    def words(self) -> str:
        """Its state as a person reads it."""
        return f"{self.state}, {WAITS}" if self.approval == "waits" and self.state == "open" else self.state

    @property
    def next(self) -> str:
        """When the next reminder goes, "" when none is to come."""
        return next((rung.when for rung in self.rungs if rung.state == "planned"), "")

    def as_dict(self) -> dict[str, Any]:
        """The ladder for scripts."""
        deadline = self.deadline
        return {
            "deadline": deadline.key,
            "at": deadline.at.isoformat(timespec="minutes"),
            "zone": deadline.zone,
            "utc": deadline.instant.isoformat(),
            "state": self.state,
            "approval": self.approval or None,
            "audience": deadline.audience,
            "url": deadline.url,
            "sequence": deadline.sequence,
            "former_at": None
            if deadline.former_at is None
            else deadline.former_at.isoformat(timespec="minutes"),
            "reminders": [
                {"days_before": one.rung, "at": one.when, "state": one.state, "audience": one.segment}
                for one in self.rungs
            ],
        }


def list_ladders(office: Office, now: datetime) -> list[Ladder]:
    """Every deadline with its ladder, earliest deadline first."""
    with office.database.read() as connection:
        known = list_deadlines(connection)
    return [_ladder(office, deadline, now) for deadline in known]


def known_ladder(office: Office, key: str, now: datetime) -> Ladder:
    """The ladder of one deadline.

    Raises:
        ContentRefused: there is no such deadline.
    """
    known_deadline(office, key)
    return next(ladder for ladder in list_ladders(office, now) if ladder.deadline.key == key)


def _ladder(office: Office, deadline: Deadline, now: datetime) -> Ladder:
    hour = deadline.remind_at or office.settings.deadlines.at
    waits = waits_for_approval(office, deadline)
    planned = {one.rung for one in planned_rungs(office, deadline)}
    schedules = {days: f"reminder:{deadline.key}:{days}:{deadline.sequence}" for days in deadline.ladder}
    with office.database.read() as connection:
        states = states_of(connection, list(schedules.values()))
    rungs = []
    for days in sorted(schedules, reverse=True):
        local = reminder_moment(deadline.at, days, hour)
        state = states.get(schedules[days])
        word = "sent" if state == OccurrenceState.LAUNCHED else state or "skipped"
        if state is None and days in planned:
            word = _unlaunched(to_instant(local, deadline.zone), deadline.instant, now, waits=waits)
        audience = deadline.audience_at(days)
        rungs.append(Rung(days, local.isoformat(timespec="minutes"), word, audience))
    approval = "" if office.settings.deadlines.approval == "none" else "waits" if waits else "approved"
    return Ladder(deadline, _deadline_state(deadline, now), tuple(rungs), approval)


def _unlaunched(moment: datetime, closing: datetime, now: datetime, *, waits: bool) -> str:
    """The state of a planned rung that nobody has launched."""
    if waits and closing > now:
        return WAITS
    if moment > now:
        return "planned"
    return "due" if closing > now else "missed"


def _deadline_state(deadline: Deadline, now: datetime) -> str:
    if deadline.state is DeadlineState.CANCELLED:
        return "cancelled"
    return "passed" if deadline.instant <= now else "open"
