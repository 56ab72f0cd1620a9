"""The ladder of a deadline: which reminders go, and when. Pure: the plan is a function of the deadline and the clock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.deadline import DeadlineState
from newsletter.core.wallclock import days_before, to_instant

if TYPE_CHECKING:
    from datetime import datetime, time

    from newsletter.core.deadline import Deadline


LONGEST_NAME = 120
# Names that reminders and corrections take for themselves; nobody's own campaign may be called so.
RESERVED_NAME = re.compile(r".*-(reminder-\d+|correction)(-moved-\d+)?")


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """One rung of a ladder with its moment.

    Attributes:
        deadline: key of the deadline.
        rung: days before.
        at: wall-clock time in the deadline's zone.
        instant: the same, UTC.
        sequence: the deadline's sequence when this was planned; a moved deadline makes another plan.
        last: whether no later rung follows.
    """

    deadline: str
    rung: int
    at: datetime
    zone: str
    instant: datetime
    sequence: int
    last: bool

    @property
    def schedule(self) -> str:
        """Unique name of this rung of this plan."""
        return f"reminder:{self.deadline}:{self.rung}:{self.sequence}"

    @property
    def campaign(self) -> str:
        """Name of the campaign that carries it."""
        return campaign_name(self.deadline, f"reminder-{self.rung}", self.sequence)


def campaign_name(deadline: str, what: str, sequence: int) -> str:
    """`erasmus-accreditation-accreditation-reminder-7`, with the sequence once the deadline has moved."""
    end = f"-{what}" if sequence == 0 else f"-{what}-moved-{sequence}"
    start = deadline.replace("/", "-")
    if len(start) + len(end) > LONGEST_NAME:
        digest = hashlib.sha256(deadline.encode()).hexdigest()[:8]
        start = f"{start[: LONGEST_NAME - len(end) - len(digest) - 1]}-{digest}"
    return start + end


def correction_schedule(deadline: Deadline) -> str:
    """Unique name of the correction that tells of this move of the deadline."""
    return f"correction:{deadline.key}:{deadline.sequence}"


def plan_ladder(deadline: Deadline, at: time, since: datetime | None = None) -> tuple[PlannedReminder, ...]:
    """The reminders of `deadline` from `since` on, earliest first.

    "Seven days before" is wall-clock arithmetic in the deadline's own zone: the same hour on the wall, whatever the
    clocks did in between. A rung whose moment lies before `since` is skipped, never bunched up with the next; a rung
    at or after the deadline is none. Where a whole day is missing (Samoa, 30 December 2011) its rung would fall
    together with the next one, which alone is kept. A cancelled deadline has no plan.

    Args:
        deadline: where it stands now.
        at: wall-clock time of day of the reminders.
        since: instant (UTC); when None, the instant at which the deadline became known or last moved.
    """
    if deadline.state is DeadlineState.CANCELLED:
        return ()
    closing, first = deadline.instant, since or deadline.planned_at
    moments: dict[datetime, tuple[datetime, int]] = {}
    for rung in sorted(set(deadline.ladder), reverse=True):
        local = days_before(deadline.at, rung, at.hour, at.minute)
        instant = to_instant(local, deadline.zone)
        if instant < closing and (first is None or first <= instant):
            moments[instant] = (local, rung)
    return tuple(
        PlannedReminder(
            deadline.key, rung, local, deadline.zone, instant, deadline.sequence, last=index == len(moments)
        )
        for index, (instant, (local, rung)) in enumerate(moments.items(), start=1)
    )
