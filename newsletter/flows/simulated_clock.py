"""A clock that stands still until it is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class SimulatedClock:
    """Gives the instant to which it was last set, UTC."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def set(self, instant: datetime) -> None:
        """Move on; time never runs backwards."""
        if instant < self.now:
            raise ValueError("time does not run backwards")
        self.now = instant
