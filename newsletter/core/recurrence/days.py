"""The days of a recurrence: daily, by days of the week, or by places in a month.

The rules are a small part of RFC 5545 section 3.3.10, walked here: what people say in an office fits into three kinds of
days, a value must be comparable and say itself, and a general engine looks for "30 February" until the end of the calendar.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_DAYS = tuple(range(7))
WORKING_DAYS = tuple(range(5))
ALL_MONTHS = tuple(range(1, 13))
LAST, SECOND_LAST = -1, -2
_DAY = timedelta(days=1)
_LONGEST_MONTHS = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day, or every so many days from the beginning of the recurrence."""

    every: int = 1

    def __post_init__(self) -> None:
        demand(self.every >= 1)

    def dates(self, first: date, last: date, anchor: date) -> Iterator[date]:
        """The days from `first` to `last`, both included; every second day and the like is counted from `anchor`."""
        day = first + timedelta(days=-(first - anchor).days % self.every)
        while day <= last:
            yield day
            day += timedelta(days=self.every)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Days of the week (0 is Monday), in every week or in every so many weeks."""

    weekdays: tuple[int, ...]
    every: int = 1

    def __post_init__(self) -> None:
        demand(self.every >= 1 and _is_ascending(self.weekdays, ALL_DAYS))

    def dates(self, first: date, last: date, anchor: date) -> Iterator[date]:
        """As `Daily.dates`. The first week that counts is that of the first such day at `anchor` or after it."""
        begin = anchor
        while begin.weekday() not in self.weekdays:
            begin += _DAY
        origin = begin.toordinal() - begin.weekday()
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            if (ordinal - 1) % 7 in self.weekdays and (ordinal - origin) // 7 % self.every == 0:
                yield date.fromordinal(ordinal)


@dataclass(frozen=True, slots=True)
class Monthly:
    """Places among the days of a month: the first Tuesday, the last working day, the 15th.

    A place among all days that a month has not is its last day (RFC 7529, SKIP=BACKWARD): "the 31st of each month" is
    the 30th in April, "every 29 February" the 28th in most years, so that nothing is left out silently. A month without
    a fifth Monday has none.

    Attributes:
        places: from 1, or from the end, -1 for the last; positive ones first.
        weekdays: which days are counted: one of the week, the working days, or all.
        months: in which months, January is 1.
    """

    places: tuple[int, ...]
    weekdays: tuple[int, ...] = ALL_DAYS
    months: tuple[int, ...] = ALL_MONTHS

    def __post_init__(self) -> None:
        kinds = {ALL_DAYS, WORKING_DAYS, *((day,) for day in ALL_DAYS)}
        demand(self.weekdays in kinds and _is_ascending(self.months, ALL_MONTHS))
        demand(_is_ascending(self.places, (*range(1, 32), SECOND_LAST, LAST)))

    def dates(self, first: date, last: date, _anchor: date) -> Iterator[date]:
        """The days from `first` to `last`, both included."""
        for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
            year, number = month // 12, month % 12 + 1
            if number in self.months:
                for day in self._days(year, number):
                    if first <= (found := date(year, number, day)) <= last:
                        yield found

    def impossible_day(self) -> tuple[int, int] | None:
        """A day and a month that was named for it and never has one: 30 February."""
        if self.weekdays != ALL_DAYS:
            return None
        for month in self.months:
            longest = _LONGEST_MONTHS.get(month, 31)
            too_far = [place for place in self.places if place > longest]
            if too_far and self.months != ALL_MONTHS:
                return too_far[0], month
        return None

    def _days(self, year: int, month: int) -> list[int]:
        begin, length = monthrange(year, month)
        if self.weekdays == ALL_DAYS:
            return sorted({min(place, length) if place > 0 else length + 1 + place for place in self.places})
        counted = [day for day in range(1, length + 1) if (begin + day - 1) % 7 in self.weekdays]
        some = {counted[place - 1 if place > 0 else place] for place in self.places if place <= len(counted)}
        return sorted(some)


Days = Daily | Weekly | Monthly


def _is_ascending(chosen: tuple[int, ...], among: tuple[int, ...]) -> bool:
    return bool(chosen) and tuple(one for one in among if one in chosen) == chosen


def demand(truth: bool) -> None:  # noqa: FBT001 - it reads as a sentence
    """What a value must be; the parser never makes another."""
    if not truth:
        raise ValueError("these days and times do not make a recurrence")
