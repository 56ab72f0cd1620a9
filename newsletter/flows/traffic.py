"""Traffic: how much of a lane may go now, and what the other side's answers do to its pace. Shared by all workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core import lane as pacing
from newsletter.core.lane import WAY_OUT, Lane, Pace
from newsletter.core.reply import LaneMove
from newsletter.core.wallclock import to_local
from newsletter.store.lanes import locked_pace, paces, set_pace
from newsletter.store.leases import connections_in_use

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

HOLD = timedelta(hours=1)
"""A lane that is blocked rests for so long, unless somebody releases it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a worker may do in a lane now.

    Attributes:
        messages: at most so many; 0 for none.
        connections: over at most so many, None for as many as the way out has.
    """

    messages: int
    connections: int | None = None


class Traffic:
    """The lanes of an office, for one worker."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lanes = office.lanes
        self._seen: dict[str, Pace] = {}

    def open_lanes(self, connection: Connection, now: datetime) -> set[str]:
        """Lanes in which something may go now, by what was last written down of them."""
        self._seen, today = paces(connection), self._today(now)
        if self._allowance(WAY_OUT, now, today) == 0:
            return set()
        return {name for name in self._seen if self._allowance(name, now, today) != 0}

    def grant(self, connection: Connection, name: str, now: datetime, limit: int) -> Grant:
        """How many of `limit` messages may go in this lane; they are counted by `spend` in the same transaction.

        A lane with limits is locked until the transaction ends, in the order of names, so that no two workers wait for each
        other; one without was read by `open_lanes` and is not even written to.
        """
        messages, free, today = limit, None, self._today(now)
        for each in self._limited(name):
            lane, self._seen[each] = self._lanes.named(each), locked_pace(connection, each)
            allowed = pacing.allowance(lane, self._seen[each], now, today)
            messages = messages if allowed is None else min(messages, allowed)
            if lane.connections is not None:
                of = None if each == WAY_OUT else each
                left = lane.connections - connections_in_use(connection, of, self._office.worker, now)
                free = left if free is None else min(free, left)
        return Grant(0 if free is not None and free < 1 else messages, free)

    def spend(self, connection: Connection, name: str, count: int, now: datetime) -> None:
        """Count messages that go, in the transaction of their grant."""
        today = self._today(now)
        for each in self._limited(name) if count else ():
            pace = locked_pace(connection, each)
            set_pace(connection, each, pacing.spent(self._lanes.named(each), pace, count, now, today))

    def settle(
        self,
        connection: Connection,
        name: str,
        left: int,
        moves: Mapping[tuple[str, LaneMove], str],
        now: datetime,
    ) -> None:
        """Give back `left` messages that did not go, slow lanes down or hold them, and write down why.

        Args:
            moves: by lane and what is to become of it, the sentence for the officer.
        """
        given_back = self._limited(name) if left else []
        # In the order of names, as in `grant`: no two workers wait for each other.
        for each in sorted({*given_back, *(lane for lane, _ in moves)}):
            pace, lane = locked_pace(connection, each), self._lanes.named(each)
            if each in given_back:
                pace = pacing.spent(lane, pace, -left, now, self._today(now))
            if (each, LaneMove.SLOW) in moves:
                pace = pacing.slowed(lane, pace, now, moves[each, LaneMove.SLOW])
            if (each, LaneMove.HOLD) in moves:
                pace = pacing.held(pace, now + HOLD, moves[each, LaneMove.HOLD])
            set_pace(connection, each, pace)

    def _limited(self, name: str) -> list[str]:
        """The lanes that a message in this lane goes through, those that have limits."""
        through = sorted({WAY_OUT, name})
        return [
            each
            for each in through
            if self._is_limited(self._lanes.named(each), self._seen.get(each, Pace()))
        ]

    @staticmethod
    def _is_limited(lane: Lane, pace: Pace) -> bool:
        return lane.connections is not None or pacing.is_counted(lane, pace)

    def _allowance(self, name: str, now: datetime, today: date) -> int | None:
        return pacing.allowance(self._lanes.named(name), self._seen.get(name, Pace()), now, today)

    def _today(self, now: datetime) -> date:
        return to_local(now, self._office.settings.zone).date()
