"""A deadline: an instant with a zone, an action and a ladder of reminders. It belongs to an article."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.wallclock import to_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class DeadlineState(StrEnum):
    """Open, or cancelled; whether it has passed is asked of the clock."""

    OPEN = "open"
    CANCELLED = "cancelled"


class DeadlineMark(StrEnum):
    """What a person said about a deadline: either ends its reminders for that person."""

    APPLIED = "applied"
    STOPPED = "stopped"


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
        sequence: grows by one each time it moves (RFC 5545 SEQUENCE).
        former_at: where it stood before it last moved, wall-clock in `zone`; None if it never moved.
        planned_at: instant (UTC) from which its ladder is planned: when it became known or last moved. It is the
            store's to say, and no part of what makes two deadlines equal.
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

    @property
    def instant(self) -> datetime:
        """The instant in UTC."""
        return to_instant(self.at, self.zone)

    @property
    def article(self) -> str:
        """Slug of the article that it belongs to."""
        return self.key.split("/", 1)[0]
