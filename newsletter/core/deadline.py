"""A deadline: an instant with a zone, an action and a ladder of reminders. It belongs to an article."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.wallclock import to_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, time


class DeadlineState(StrEnum):
    """Open, or cancelled; whether it has passed is asked of the clock."""

    OPEN = "open"
    CANCELLED = "cancelled"


class DeadlineMark(StrEnum):
    """What was noted about a deadline and a person.

    APPLIED and STOPPED end its reminders for that person. LATER is the person's wish to hear of it again on a day;
    POSTPONED is ours, when another reminder had gone to them that day. Both keep reminders back until their day.
    """

    APPLIED = "applied"
    STOPPED = "stopped"
    LATER = "later"
    POSTPONED = "postponed"


ENDING = frozenset({DeadlineMark.APPLIED, DeadlineMark.STOPPED})
PUTTING_OFF = frozenset({DeadlineMark.LATER, DeadlineMark.POSTPONED})


@dataclass(frozen=True, slots=True)
class RungText:
    """The words of one rung of a ladder, in one language. Empty parts fall back to general wording."""

    title: str = ""
    opening: str = ""
    steps_title: str = ""
    steps: tuple[str, ...] = ()
    notes_title: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadlineText:
    """What an article says of its deadline in one language.

    Attributes:
        label: what closes, for example "Erasmus+ accreditation 2021".
        action: the label of the button that leads to the call.
        steps: what to do, at most three.
        reminders: words of the rungs, by days before.
    """

    label: str
    action: str = ""
    steps: tuple[str, ...] = ()
    reminders: Mapping[int, RungText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline as the scheduler knows it.

    Attributes:
        key: `article/deadline`, unique in the workspace.
        at: wall-clock time in `zone`, without tzinfo.
        zone: IANA name.
        url: where the reader acts.
        audience: segment whose people are reminded.
        ladder: days before, largest first.
        remind_at: hour of its reminders on the wall of `zone`; None for the office's usual hour.
        audiences: segments of rungs that have one of their own, by days before.
        sequence: grows by one each time it moves (RFC 5545 SEQUENCE).
        former_at: where it stood before it last moved, wall-clock in `zone`; None if it never moved.
        planned_at: instant (UTC) from which its ladder is planned: when it became known or last moved. It is the
            store's to say, and no part of what makes two deadlines equal.
        notice_at: instant (UTC) at which it was called off with a notice to those who had been told; None without.
        approved_at: instant (UTC) at which an officer approved its ladder, None if nobody did.
        approved_sequence: the sequence that was approved: a deadline that moves wants approval anew.
    """

    key: str
    at: datetime
    zone: str
    url: str
    audience: str
    ladder: tuple[int, ...]
    sequence: int = 0
    state: DeadlineState = DeadlineState.OPEN
    former_at: datetime | None = None
    planned_at: datetime | None = field(default=None, compare=False)
    remind_at: time | None = None
    audiences: Mapping[int, str] = field(default_factory=dict)
    notice_at: datetime | None = field(default=None, compare=False)
    approved_at: datetime | None = field(default=None, compare=False)
    approved_sequence: int | None = field(default=None, compare=False)

    @property
    def is_approved(self) -> bool:
        """Whether an officer approved the ladder as it stands."""
        return self.approved_at is not None and self.approved_sequence == self.sequence

    def audience_at(self, days: int) -> str:
        """The segment that is reminded so many days before: of that rung, or of the one before it on the ladder."""
        return self.audiences.get(
            min((rung for rung in self.ladder if rung >= days), default=days), self.audience
        )

    @property
    def instant(self) -> datetime:
        """The instant in UTC."""
        return to_instant(self.at, self.zone)

    @property
    def article(self) -> str:
        """Slug of the article that it belongs to."""
        return self.key.split("/", 1)[0]
