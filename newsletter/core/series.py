"""A series: mails that follow each person's own moment, and the days on which its steps fall. Pure.

The moment is when somebody joined, when they confirmed, or a date that is known of them. A step lies so many days from it, at a
time of day on the wall: of one zone, or of each person's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignContent
from newsletter.core.wallclock import to_instant, to_local

if TYPE_CHECKING:
    from collections.abc import Mapping

READER = "reader"
"""The zone of a series that follows each person's own."""

_DAY = timedelta(days=1)


class SeriesState(StrEnum):
    """What the officer has said: it may run, or it rests."""

    RUNNING = "running"
    PAUSED = "paused"


class Moment(StrEnum):
    """What a series is counted from. DATE: an attribute of `fields.yaml`."""

    JOINED = "joined"
    CONFIRMED = "confirmed"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Step:
    """One mail of a series.

    Attributes:
        days: after the moment; negative before it.
        at: time of day on the wall.
    """

    name: str
    days: int
    at: time
    content: CampaignContent = field(hash=False)


@dataclass(frozen=True, slots=True)
class Series:
    """A series as it was approved.

    Attributes:
        starts: `joined`, `confirmed`, or the name of a date attribute.
        zone: IANA name, or `reader`.
        steps: earliest first.
        yearly: whether it comes again on each anniversary of the moment.
    """

    name: str
    starts: str
    segment: str
    zone: str
    steps: tuple[Step, ...]
    yearly: bool = False
    exclude: tuple[str, ...] = ()
    sender: str = "default"

    @property
    def moment(self) -> Moment:
        """What kind of moment it is counted from."""
        return Moment(self.starts) if self.starts in {Moment.JOINED, Moment.CONFIRMED} else Moment.DATE

    def to_json(self) -> dict[str, Any]:
        """As the store keeps what was approved."""
        steps = [
            {
                "name": step.name,
                "days": step.days,
                "at": f"{step.at:%H:%M}",
                "content": step.content.to_json(),
            }
            for step in self.steps
        ]
        return {
            "name": self.name,
            "starts": self.starts,
            "segment": self.segment,
            "zone": self.zone,
            "steps": steps,
            "yearly": self.yearly,
            "exclude": list(self.exclude),
            "sender": self.sender,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Series:
        """What `to_json` wrote."""
        steps = tuple(
            Step(
                one["name"],
                one["days"],
                time.fromisoformat(one["at"]),
                CampaignContent.from_json(one["content"]),
            )
            for one in data["steps"]
        )
        return cls(**{**data, "steps": steps, "exclude": tuple(data["exclude"])})


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from `start` up to, and not including, `end` (instants, UTC); of people in `zone`, or None for everybody."""

    zone: str | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class StepDay:
    """One step on one day: everybody whose moment lies just so far away gets it.

    Attributes:
        index: of the step, from 0.
        day: on which it goes, on the wall in `zone`.
        counted_from: the day of the moment, or of its anniversary.
        instant: when it goes, UTC.
        zone: in which it goes; of several with the same hour the first.
        zones: people's zones as they stand in their rows; empty for everybody.
        not_after: when the next step is due, or what was announced has come; nothing of it leaves from then on.
        spans: for JOINED and CONFIRMED, the moments that are meant.
    """

    series: Series
    index: int
    day: date
    counted_from: date
    instant: datetime
    zone: str
    zones: tuple[str, ...] = ()
    not_after: datetime | None = None
    spans: tuple[Span, ...] = ()

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.series.steps[self.index]

    @property
    def local(self) -> datetime:
        """When it goes, on the wall in `zone`."""
        return datetime.combine(self.day, self.step.at)

    @property
    def campaign(self) -> str:
        """Name of the campaign that carries it: `welcome-how-we-write-2026-11-25`; in readers' own time with the offset."""
        name = f"{self.series.name}-{self.step.name}-{self.day}"
        return f"{name}-utc-{self._offset}" if self.series.zone == READER else name

    @property
    def schedule(self) -> str:
        """Unique name of this step on this day."""
        day = f"{self.day}:{self._offset}" if self.series.zone == READER else f"{self.day}"
        return f"series:{self.series.name}:{self.step.name}:{day}"

    @property
    def round(self) -> str:
        """Within one round each step goes to a person once: the year of an anniversary, the date, or "" for ever."""
        if self.series.yearly:
            return f"{self.counted_from.year}"
        return self.counted_from.isoformat() if self.series.moment is Moment.DATE else ""

    @property
    def from_here(self) -> tuple[str, ...]:
        """Names of this step and the later ones: whoever had one of them does not get this one any more."""
        return tuple(step.name for step in self.series.steps[self.index :])

    @property
    def month_days(self) -> tuple[str, ...]:
        """The days of the year, as `02-28`, whose anniversary this is: in a year without it 29 February counts as the 28th."""
        own = f"{self.counted_from:%m-%d}"
        return (own, "02-29") if own == "02-28" and not _is_leap(self.counted_from.year) else (own,)

    @property
    def _offset(self) -> str:
        naive = self.instant.replace(tzinfo=None)
        seconds = round((self.local - naive).total_seconds())
        hours, rest = divmod(abs(seconds), 3600)
        minutes, seconds_left = divmod(rest, 60)
        end = f"{seconds_left:02}" if seconds_left else ""
        return f"{'minus' if seconds < 0 else 'plus'}-{hours:02}{minutes:02}{end}"


@lru_cache(maxsize=32)  # a scheduler asks the same of every beat of a minute
def step_days(
    series: Series,
    start: datetime,
    end: datetime,
    zones: tuple[tuple[str, str], ...] = (),
    first_year: int = 1970,
) -> tuple[StepDay, ...]:
    """Every step on every day whose instant lies from `start` to `end` (both included), earliest first.

    A step that would come together with a later one of the same ladder, or after it, because the clock or the calendar skips
    that time, is left out: only the later one goes.

    Args:
        zones: for a series in readers' own time, people's words for their zone, each with the zone that it means.
        first_year: of anniversaries: nobody's moment lies before it.
    """
    known: dict[tuple[int, date, datetime], StepDay] = {}
    for word, zone in zones if series.zone == READER else ((None, series.zone),):
        for index in range(len(series.steps)):
            for found in _days_in_zone(series, index, start, end, zone):
                spanned = replace(found, zones=() if word is None else (word,))
                spanned = replace(spanned, spans=_spans(spanned, word, first_year))
                key = index, found.day, found.instant
                known[key] = _together(known[key], spanned) if key in known else spanned
    return tuple(sorted(known.values(), key=lambda one: (one.instant, one.index)))


def days_meant(series: Series, start: datetime, end: datetime) -> list[tuple[date, date]]:
    """For each step, the first and the last day of the moments that it may be for between two instants, in any zone of the world."""
    # The day on the wall may be the one beside that of UTC, and whoever joined in the afternoon is counted from the next.
    early = 1 if series.moment is Moment.DATE else 2
    return [
        (start.date() - timedelta(days=step.days + early), end.date() - timedelta(days=step.days - 1))
        for step in series.steps
    ]


def ladder_from(series: Series, counted_from: date, zone: str) -> list[StepDay]:
    """The whole series for a person whose moment (or its anniversary) is counted from that day, earliest first."""
    ladder = (_on_day(series, index, counted_from, zone) for index in range(len(series.steps)))
    return [one for one in ladder if one is not None]


def counted_from(series: Series, moment: datetime, zone: str) -> date:
    """The day that the days of a series are counted from, for somebody who joined or confirmed at `moment` (instant).

    It is the day on the wall in `zone`; where the first mail would have had to leave on that very day and its hour has come, it
    is the day after, and so for the whole series: nobody's welcome is skipped for having joined in the afternoon.
    """
    day = to_local(moment, zone).date()
    first = series.steps[0]
    if series.yearly or first.days != 0 or moment < to_instant(datetime.combine(day, first.at), zone):
        return day
    day += _DAY
    return day if _exists(day, zone) else day + _DAY


def _days_in_zone(series: Series, index: int, start: datetime, end: datetime, zone: str) -> list[StepDay]:
    step = series.steps[index]
    first, last = (to_local(edge, zone).date() for edge in (start, end))
    days = (first + timedelta(days=number) for number in range(-1, (last - first).days + 2))
    found = (_on_day(series, index, day - timedelta(days=step.days), zone) for day in days)
    return [one for one in found if one is not None and start <= one.instant <= end]


def _on_day(series: Series, index: int, day_of_moment: date, zone: str) -> StepDay | None:
    step, later = series.steps[index], series.steps[index + 1 : index + 2]
    day, instant = _falls(step, day_of_moment, zone)
    limits = [_falls(one, day_of_moment, zone)[1] for one in later]
    if step.days < 0:
        limits.append(_begins(day_of_moment + _DAY, zone))
    not_after = min(limits, default=None)
    if not_after is not None and not_after <= instant:
        return None
    return StepDay(series, index, day, day_of_moment, instant, zone, not_after=not_after)


def _falls(step: Step, day_of_moment: date, zone: str) -> tuple[date, datetime]:
    day = day_of_moment + timedelta(days=step.days)
    return day, to_instant(datetime.combine(day, step.at), zone)


def _spans(one: StepDay, word: str | None, first_year: int) -> tuple[Span, ...]:
    """Which instants of joining or confirming are meant; the other side of `counted_from`."""
    series, day, first = one.series, one.counted_from, one.series.steps[0]
    if series.moment is Moment.DATE:
        return ()
    if series.yearly:
        years = range(first_year, day.year)
        days = [_day_of(year, month_day) for year in years for month_day in one.month_days]
        return tuple(_whole_day(each, one.zone, word) for each in days if each is not None)
    if first.days != 0:
        return (_whole_day(day, one.zone, word),)
    if not _exists(day, one.zone):
        return ()
    before = day - _DAY if _exists(day - _DAY, one.zone) else day - 2 * _DAY
    start, end = (_falls(first, each, one.zone)[1] for each in (before, day))
    return (Span(word, start, end),)


def _together(one: StepDay, other: StepDay) -> StepDay:
    """The same step, day and instant in two zones: one mail for both, that stops when the first must."""
    limits = [limit for limit in (one.not_after, other.not_after) if limit is not None]
    return replace(
        one,
        zones=(*one.zones, *other.zones),
        spans=(*one.spans, *other.spans),
        not_after=min(limits, default=None),
    )


def _whole_day(day: date, zone: str, word: str | None) -> Span:
    return Span(word, _begins(day, zone), _begins(day + _DAY, zone))


def _begins(day: date, zone: str) -> datetime:
    return to_instant(datetime.combine(day, time()), zone)


def _exists(day: date, zone: str) -> bool:
    """Whether there is such a day at all: Samoa had no 30 December 2011."""
    return to_local(to_instant(datetime.combine(day, time(12)), zone), zone).date() == day


def _day_of(year: int, month_day: str) -> date | None:
    try:
        return date.fromisoformat(f"{year:04}-{month_day}")
    except ValueError:
        return None


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
