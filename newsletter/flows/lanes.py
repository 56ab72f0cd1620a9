"""The lanes as people see them: where each stands, and setting one free again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from newsletter.core import lane as pacing
from newsletter.core.lane import OTHERS, WAY_OUT
from newsletter.core.refusal import MoveRefused, Problem
from newsletter.core.wallclock import to_local
from newsletter.store.lanes import locked_pace, paces, set_pace

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.lane import Pace
    from newsletter.flows.office import Office

SHOWN_OTHERS = "others"
"""What the lane of all other destinations is called in a command."""


@dataclass(frozen=True, slots=True)
class LaneState:
    """Where one lane stands.

    Attributes:
        per_hour: messages an hour now, None for as fast as it goes.
        connections: at most so many at a time, None for no limit of its own.
        held_until: nothing goes before; None when it is not held.
        slowness: how often its pace is halved now.
        sent_today: messages, in the office's zone; None where they are not counted because nothing limits them.
        limit_today: what the warm-up lets go today, None for no limit.
        note: why it is held or slow, in words.
    """

    name: str
    per_hour: float | None
    connections: int | None
    held_until: datetime | None
    slowness: int
    sent_today: int | None
    limit_today: int | None
    note: str

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return {WAY_OUT: "everything", SHOWN_OTHERS: "all other destinations"}.get(self.name, self.name)

    def as_dict(self) -> dict[str, Any]:
        """The lane for scripts."""
        return asdict(self)


def list_lanes(office: Office, now: datetime) -> list[LaneState]:
    """Every lane that the configuration or the ledger knows; the one of everything first, all other destinations last."""
    with office.database.read() as connection:
        known = paces(connection)
    names = {*known, *office.lanes.known, WAY_OUT, OTHERS} - {OTHERS}
    return [
        _state(office, name, known.get(name, pacing.Pace()), now)
        for name in [*sorted(names, key=lambda name: (name != WAY_OUT, name)), OTHERS]
    ]


def release_lane(office: Office, name: str, now: datetime) -> LaneState:
    """Forget every complaint about a lane, so that its mail goes on at its full pace; gives where it stands then.

    Raises:
        MoveRefused: there is no such lane.
    """
    shown = [lane.name for lane in list_lanes(office, now)]
    if name not in shown:
        remedy = f"Lanes: {', '.join(shown)}."
        raise MoveRefused(Problem(f"There is no lane '{name}'.", remedy))
    kept = OTHERS if name == SHOWN_OTHERS else name
    with office.database.write() as connection:
        pace = pacing.released(locked_pace(connection, kept))
        set_pace(connection, kept, pace)
    return _state(office, kept, pace, now)


def _state(office: Office, name: str, pace: Pace, now: datetime) -> LaneState:
    lane, today = office.lanes.named(name), to_local(now, office.settings.zone).date()
    slowness = pacing.slowness_at(pace, now)
    held_until = pace.held_until if pace.held_until is not None and now < pace.held_until else None
    is_counted = lane.connections is not None or pacing.is_counted(lane, pace)
    return LaneState(
        name=SHOWN_OTHERS if name == OTHERS else name,
        per_hour=pacing.hourly(lane, pace, now),
        connections=lane.connections,
        held_until=held_until,
        slowness=slowness,
        sent_today=pacing.sent_on(pace, today) if is_counted else None,
        limit_today=pacing.planned_on(lane, pace, today),
        note=pace.note if slowness or held_until else "",
    )
