"""Occurrences: due instants, each claimed once, and what lateness means. Schedules: rules of time that make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.blackout import NO_BLACKOUT, REACH, Blackout
from newsletter.core.recurrence import in_order
from newsletter.core.wallclock import to_instant, to_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from newsletter.core.recurrence import Recurrence

_DAY = timedelta(days=1)


class OccurrenceState(StrEnum):
    """Launched by whoever inserted the row, or missed because nobody was there in time."""

    LAUNCHED = "launched"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One due instant of a schedule.

    Attributes:
        schedule: unique name of the rule of time, such as `campaign:september-2021`.
        instant: UTC.
        lateness: how late it may still be launched.
        recurs: whether its schedule has others. One that has none is claimed by its name, and does not fire again when
            its instant changes; one of many is claimed by name and instant.
        planned: the wall-clock time that the rule said, when the occurrence was moved from it.
        why: what it was moved for, such as the name of a public holiday.
    """

    schedule: str
    instant: datetime
    lateness: timedelta
    recurs: bool = False
    planned: datetime | None = None
    why: str = ""

    def is_due(self, now: datetime) -> bool:
        """Whether its instant has come."""
        return self.instant <= now

    def is_too_late(self, now: datetime) -> bool:
        """Whether it should have been launched longer ago than is allowed."""
        return now - self.instant > self.lateness


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurring rule of time, with all that decides when it fires.

    Attributes:
        name: unique, such as `digest:weekly`.
        zone: where its recurrence names none.
        lateness: how late an occurrence may be launched.
        blackout: days that it keeps clear.
    """

    name: str
    recurrence: Recurrence
    zone: str
    lateness: timedelta
    blackout: Blackout = NO_BLACKOUT

    @property
    def own_zone(self) -> str:
        """The zone whose clocks it follows."""
        return self.recurrence.zone or self.zone

    def occurrences(self, start: datetime, end: datetime, language: str = "en") -> Iterator[Occurrence]:
        """Occurrences from `start` up to and without `end` (instants), ascending, each once.

        The same ones come whatever span is asked for: a span cut into pieces has in its pieces what it has as a whole. Those that
        fall together, because one was moved or a clock was changed, are one.

        Args:
            language: of the reasons.
        """
        if self.blackout == NO_BLACKOUT or not self._is_near(start, end):
            for instant in self.recurrence.instants(self.zone, start, end):
                yield Occurrence(self.name, instant, self.lateness, recurs=True)
            return
        first, last = (
            to_local(start, self.own_zone) - REACH - _DAY,
            to_local(end, self.own_zone) + REACH + _DAY,
        )
        moved = {}
        for local in self.recurrence.between(first, last):
            one = self.blackout.moved(local, language)
            # Of two that fall together the one that was planned there counts.
            if one.at is not None and not (one.why and one.at in moved):
                moved[one.at] = one
        told = {to_instant(at, self.own_zone): one for at, one in sorted(moved.items(), reverse=True)}
        for instant in in_order(sorted(moved), self.own_zone):
            if start <= instant < end:
                one = told[instant]
                planned = one.planned if one.why else None
                yield Occurrence(self.name, instant, self.lateness, recurs=True, planned=planned, why=one.why)

    def skipped(self, start: datetime, end: datetime, language: str = "en") -> Iterator[tuple[datetime, str]]:
        """Wall-clock times in this span at which nothing goes because of the blackout, with the reason."""
        first, last = to_local(start, self.own_zone), to_local(end, self.own_zone)
        for local in self.recurrence.between(first, last):
            one = self.blackout.moved(local, language)
            if one.at is None:
                yield local, one.why

    def _is_near(self, start: datetime, end: datetime) -> bool:
        """Whether a blackout could change anything in this span: most looks of the scheduler are at a second."""
        first, last = to_local(start, self.own_zone).date(), to_local(end, self.own_zone).date()
        return self.blackout.touches(first - REACH - _DAY, last + REACH + _DAY)


def plan_occurrences(schedules: Iterable[Schedule], start: datetime, end: datetime) -> list[Occurrence]:
    """All occurrences of these schedules from `start` up to and without `end` (instants), earliest first.

    What fires at the same instant comes in the order of the schedules' names.
    """
    found = [one for schedule in schedules for one in schedule.occurrences(start, end)]
    return sorted(found, key=lambda one: (one.instant, one.schedule))
