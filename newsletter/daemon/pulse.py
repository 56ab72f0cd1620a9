"""The daemon's pulse: whether it really looks at the plan, and what comes next. Read by the health page and the watchdog."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from newsletter.core.due_mail import DueMail

STALE = timedelta(seconds=15)
"""After so long without a tick something is wrong: a tick comes every second."""


@dataclass(slots=True)
class Pulse:
    """What the last tick was.

    Attributes:
        steady: seconds on a clock that nobody sets; ages are measured by it.
        heard: told of each tick.
        at: the last tick's instant, UTC; None before the first.
        next: what comes next within a day, as far as it is known.
        stopping: whether the daemon has been asked to go.
    """

    steady: Callable[[], float] = time.monotonic
    heard: list[Callable[[], None]] = field(default_factory=list)
    at: datetime | None = None
    next: DueMail | None = None
    stopping: bool = False
    _beat: float | None = None

    def tick(self, now: datetime, ahead: DueMail | None) -> None:
        """A look at the plan has ended well."""
        self.at, self.next, self._beat = now, ahead, self.steady()
        for listener in self.heard:
            listener()

    @property
    def age(self) -> timedelta | None:
        """How long ago the last tick was; None before the first."""
        return None if self._beat is None else timedelta(seconds=self.steady() - self._beat)

    @property
    def is_well(self) -> bool:
        """Whether ticks come."""
        age = self.age
        return age is not None and age <= STALE and not self.stopping

    def as_dict(self) -> dict[str, Any]:
        """The state for whoever watches."""
        age, ahead = self.age, self.next
        status = "stopping" if self.stopping else "ok" if self.is_well else "stale" if age else "starting"
        return {
            "status": status,
            "version": __version__,
            "last_tick": None if self.at is None else self.at.isoformat(),
            "seconds_ago": None if age is None else round(age.total_seconds(), 1),
            "next": None
            if ahead is None
            else {"campaign": ahead.campaign.name, "at": ahead.occurrence.instant.isoformat()},
        }
