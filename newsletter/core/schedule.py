"""Occurrences: due instants, each claimed once, and what lateness means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class OccurrenceState(StrEnum):
    """Launched by whoever inserted the row, or missed because nobody was there in time."""

    LAUNCHED = "launched"
    MISSED = "missed"


class MissedDecision(StrEnum):
    """What became of a missed occurrence: the officer sent it after all, skipped it, or gave its campaign a new time."""

    SENT = "sent"
    SKIPPED = "skipped"
    RESCHEDULED = "rescheduled"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One due instant of a schedule.

    Attributes:
        schedule: unique name of the rule of time, such as `campaign:september-2021`.
        instant: UTC.
        lateness: how late it may still be launched.
    """

    schedule: str
    instant: datetime
    lateness: timedelta

    def is_due(self, now: datetime) -> bool:
        """Whether its instant has come."""
        return self.instant <= now

    def is_too_late(self, now: datetime) -> bool:
        """Whether it should have been launched longer ago than is allowed."""
        return now - self.instant > self.lateness
