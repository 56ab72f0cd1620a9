"""The ladder of a deadline: which reminders go, and when. Pure: the plan is a function of the deadline and the clock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.deadline import DeadlineState
from newsletter.core.wallclock import days_before, to_instant, to_local

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, time

    from newsletter.core.deadline import Deadline


LONGEST_NAME = 120
# Names that reminders and corrections take for themselves; nobody's own campaign may be called so.
RESERVED_NAME = re.compile(
    r".*-((reminder-\d+|later-\d{8}t\d{4})(-merged)?|correction|deadline-cancelled)(-moved-\d+)?"
)


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
        wished: whether it stands beside the ladder, for those alone who asked to be reminded on that day.
    """

    deadline: str
    rung: int
    at: datetime
    zone: str
    instant: datetime
    sequence: int
    last: bool
    wished: bool = False

    @property
    def schedule(self) -> str:
        """Unique name of this rung of this plan."""
        if self.wished:
            return f"later:{self.deadline}:{self.at:%Y-%m-%dT%H:%M}:{self.sequence}"
        return f"reminder:{self.deadline}:{self.rung}:{self.sequence}"

    @property
    def campaign(self) -> str:
        """Name of the campaign that carries it."""
        return campaign_name(self.deadline, self._what, self.sequence)

    @property
    def merged_campaign(self) -> str:
        """Name of the campaign that carries it together with others of that day."""
        return campaign_name(self.deadline, f"{self._what}-merged", self.sequence)

    @property
    def _what(self) -> str:
        return f"later-{self.at:%Y%m%dt%H%M}" if self.wished else f"reminder-{self.rung}"


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


def cancelled_schedule(deadline: Deadline) -> str:
    """Unique name of the notice that a deadline has been called off."""
    return f"cancelled:{deadline.key}:{deadline.sequence}"


def reminder_moment(closing: datetime, days: int, hour: time) -> datetime:
    """The wall-clock time of a rung, in the deadline's zone."""
    return days_before(closing, days, hour.hour, hour.minute)


def is_in_time(closing: datetime, zone: str, days: int, hour: time) -> bool:
    """Whether a rung goes before its deadline, a wall-clock time in `zone`."""
    return to_instant(reminder_moment(closing, days, hour), zone) < to_instant(closing, zone)


def plan_ladder(deadline: Deadline, at: time, since: datetime | None = None) -> tuple[PlannedReminder, ...]:
    """The reminders of `deadline` from `since` on, earliest first.

    "Seven days before" is wall-clock arithmetic in the deadline's own zone: the same hour on the wall, whatever the
    clocks did in between. A rung whose moment lies before `since` is skipped, never bunched up with the next; a rung
    at or after the deadline is none. Where a whole day is missing (Samoa, 30 December 2011) its rung would fall
    together with the next one, which alone is kept. A cancelled deadline has no plan.

    Args:
        deadline: where it stands now.
        at: wall-clock time of day of the reminders of deadlines that name none of their own.
        since: instant (UTC); when None, the instant at which the deadline became known or last moved.
    """
    if deadline.state is DeadlineState.CANCELLED:
        return ()
    closing, first = deadline.instant, since or deadline.planned_at
    moments: dict[datetime, tuple[datetime, int]] = {}
    for rung in sorted(set(deadline.ladder), reverse=True):
        local = reminder_moment(deadline.at, rung, deadline.remind_at or at)
        instant = to_instant(local, deadline.zone)
        if instant < closing and (first is None or first <= instant):
            moments[instant] = (local, rung)
    return tuple(
        PlannedReminder(
            deadline.key, rung, local, deadline.zone, instant, deadline.sequence, last=index == len(moments)
        )
        for index, (instant, (local, rung)) in enumerate(moments.items(), start=1)
    )


def plan_wishes(
    deadline: Deadline, at: time, wished: Iterable[datetime], since: datetime | None = None
) -> tuple[PlannedReminder, ...]:
    """Reminders beside the ladder, at the moments that people wished for and at which no rung goes anyway.

    Args:
        deadline: where it stands now.
        at: as for `plan_ladder`.
        wished: instants (UTC) until which somebody's reminders are put off.
        since: as for `plan_ladder`.
    """
    ladder = plan_ladder(deadline, at, since)
    if deadline.state is DeadlineState.CANCELLED:
        return ()
    first, taken = since or deadline.planned_at, {rung.instant for rung in ladder}
    extra = []
    for instant in sorted(set(wished) - taken):
        if instant < deadline.instant and (first is None or first <= instant):
            local = to_local(instant, deadline.zone)
            days = (deadline.at.date() - local.date()).days
            extra.append(
                PlannedReminder(
                    deadline.key,
                    days,
                    local,
                    deadline.zone,
                    instant,
                    deadline.sequence,
                    last=False,
                    wished=True,
                )
            )
    return tuple(extra)


def days_to_choose(deadline: Deadline, at: time, now: datetime) -> tuple[date, ...]:
    """The days on which a person may ask to be reminded: from tomorrow on, at the usual hour, before the deadline closes.

    Args:
        deadline: where it stands now.
        at: as for `plan_ladder`.
        now: instant (UTC).
    """
    if deadline.state is DeadlineState.CANCELLED:
        return ()
    hour, today = deadline.remind_at or at, to_local(now, deadline.zone).date()
    left = (deadline.at.date() - today).days
    return tuple(
        deadline.at.date() - timedelta(days=days)
        for days in range(left - 1, -1, -1)
        if is_in_time(deadline.at, deadline.zone, days, hour)
        and to_instant(reminder_moment(deadline.at, days, hour), deadline.zone) > now
    )
