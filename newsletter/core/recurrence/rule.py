"""A recurrence: which days, at which times of day, and its occurrences on the wall and as instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from newsletter.core.recurrence.days import Days, Monthly, demand
from newsletter.core.recurrence.say import say_recurrence
from newsletter.core.wallclock import to_local, zone_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from newsletter.core.wording import Catalogue

# The calendar begins anew after 400 years: what does not fire in that time never does.
_GREGORIAN_YEARS = 400
_EARLIEST, _LATEST = date(1900, 1, 1), date(8999, 12, 31)
# No clock has been moved by more than a day (Samoa and Kwajalein crossed the date line).
_WIDEST_GAP = timedelta(days=1)
_AFTER_BEGIN = datetime(1900, 1, 3, tzinfo=UTC)
_BEFORE_END = datetime(8999, 12, 29, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule of time, as wall-clock time.

    Attributes:
        days: on which days.
        times: at which times of day, ascending.
        zone: the zone that the rule itself names; empty for that of whoever uses it.
        since: its first day; None for one without a beginning. Every second day or week is counted from here.
        until: its last day, included.
    """

    days: Days
    times: tuple[time, ...]
    zone: str = ""
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        demand(bool(self.times) and tuple(sorted(set(self.times))) == self.times)
        demand(self.since is not None or self.step == 1)

    @property
    def step(self) -> int:
        """2 for every second day or week, and so on."""
        return 1 if isinstance(self.days, Monthly) else self.days.every

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Occurrences from `start` up to and without `end`: wall-clock times without tzinfo, ascending, each once."""
        first = max(start.date(), self.since or _EARLIEST, _EARLIEST)
        last = min(end.date(), self.until or _LATEST, _LATEST)
        if first > last:
            return
        for day in self.days.dates(first, last, self.since or _EARLIEST):
            for at in self.times:
                local = datetime.combine(day, at)
                if start <= local < end:
                    yield local

    def instants(self, zone: str, start: datetime, end: datetime) -> Iterator[datetime]:
        """Occurrences from `start` up to and without `end` (instants), in UTC, ascending, each once.

        In the spring gap a time moves forward, in the autumn overlap the first one counts (`wallclock.to_instant`).
        Times that fall on the same instant are one: 02:30 and 03:30 on the last Sunday of March, and a day that a zone
        has skipped, which falls on the next.

        Args:
            zone: where the rule names none itself.

        Raises:
            ContentRefused: the zone does not exist.
        """
        name = self.zone or zone
        # A time in a gap comes out later than it is written, one in an overlap earlier than the second of its kind.
        from_local = to_local(max(start, _AFTER_BEGIN), name) - _WIDEST_GAP
        to_end = to_local(min(end, _BEFORE_END), name) + _WIDEST_GAP
        for instant in in_order(self.between(from_local, to_end), name):
            if start <= instant < end:
                yield instant

    def first(self) -> datetime | None:
        """The wall-clock time of its first occurrence, or of one in this age where it has no beginning; None if it never fires."""
        begin = self.since or date(2000, 1, 1)
        end = date(min(begin.year + _GREGORIAN_YEARS + 1, _LATEST.year), 1, 1)
        return next(self.between(datetime.combine(begin, time()), datetime.combine(end, time())), None)

    def words(self, catalogue: Catalogue) -> str:
        """Itself in the catalogue's language; `parse_recurrence` reads it again as the same rule."""
        return say_recurrence(self, catalogue)


def in_order(locals_: Iterable[datetime], zone: str) -> Iterator[datetime]:
    """Instants (UTC) of ascending wall-clock times: ascending, and those that fall together are one.

    Wall-clock times that ascend need not do so as instants: 02:45 in the spring gap comes after 03:00.
    """
    where, waiting, told = zone_named(zone), list[datetime](), datetime.min.replace(tzinfo=UTC)
    for local in locals_:
        # As `wallclock.to_instant`, which looks the zone up each time; a plan has many thousands.
        instant = local.replace(tzinfo=where, fold=0).astimezone(UTC)
        heappush(waiting, instant)
        while waiting[0] < instant - 2 * _WIDEST_GAP:
            found = heappop(waiting)
            if found > told:
                yield (told := found)
    while waiting:
        found = heappop(waiting)
        if found > told:
            yield (told := found)
