"""Lanes: how fast mail may go to one group of destinations, and to all of them together.

A lane is a token bucket (so many messages an hour, with a little in hand) with three things on top: a plan for the first days
of a new sender (warm-up), a pace that halves when they say that we are too fast and comes back by itself, and a hold until a time.
The state is kept in the database, so that all workers share it; the arithmetic is here and pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

WAY_OUT = "*"
"""The lane of everything that leaves, whatever its destination."""

OTHERS = ""
"""The lane of destinations that are in no group."""

IN_HAND = timedelta(seconds=10)
"""So much of the pace may have gathered while nothing was sent."""

UNHURRIED = 600.0
"""Messages an hour of a lane without a pace of its own, once they have said that we are too fast; it halves from here."""

MOST_SLOWNESS = 6
RECOVERY = timedelta(minutes=10)
"""After so long without a complaint a lane is as fast again as it was one complaint ago."""

SAME_COMPLAINT = timedelta(seconds=30)
"""Answers of one moment are one complaint, however many messages were under way."""

FIRST_REST = timedelta(seconds=30)

SKEW = timedelta(minutes=1)
"""The clocks of two workers may differ by so much; a clock that is further behind was set back."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How much a new sender sends on its first days.

    Attributes:
        begins: the first day, in the office's zone.
        days: messages on each day, from the first on; after the last of them there is no limit.
    """

    begins: date
    days: tuple[int, ...]

    def limit(self, day: date) -> int | None:
        """Messages on this day; None for no limit. Before it begins there is nothing to warm up: the first day's."""
        at = (day - self.begins).days
        return self.days[max(at, 0)] if at < len(self.days) else None


@dataclass(frozen=True, slots=True)
class Lane:
    """What the configuration says of one lane.

    Attributes:
        per_hour: messages, None for as fast as it goes.
        connections: at most so many at a time by all workers together, None for as many as the way out has.
    """

    name: str
    per_hour: float | None = None
    connections: int | None = None
    warm_up: WarmUp | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a lane stands, as the database keeps it.

    Attributes:
        tokens: messages that may go now, as of `filled_at`; None before the first.
        slowness: how often the pace was halved.
        held_until: nothing goes before this instant.
        note: why it is slow or held, in words.
        day: the day that `day_count` messages went on.
    """

    tokens: float | None = None
    filled_at: datetime | None = None
    slowness: int = 0
    slowed_at: datetime | None = None
    held_until: datetime | None = None
    note: str = ""
    day: date | None = None
    day_count: int = 0

    @property
    def is_free(self) -> bool:
        """Whether nothing was ever said against it: a lane without limits that is free need not be counted."""
        return not self.slowness and self.held_until is None


@dataclass(frozen=True, slots=True)
class Lanes:
    """All lanes of an office; a name that the configuration does not know is a lane without limits."""

    known: Mapping[str, Lane] = field(default_factory=dict)

    @classmethod
    def of(cls, lanes: Sequence[Lane]) -> Lanes:
        return cls({lane.name: lane for lane in lanes})

    def named(self, name: str) -> Lane:
        """The lane of this name."""
        return self.known.get(name) or Lane(name)


NO_LANES = Lanes()


def is_counted(lane: Lane, pace: Pace) -> bool:
    """Whether messages of this lane have to be counted at all."""
    return lane.per_hour is not None or lane.warm_up is not None or not pace.is_free


def allowance(lane: Lane, pace: Pace, now: datetime, today: date) -> int | None:
    """How many messages may go now; None for as many as you like.

    Args:
        now: aware instant.
        today: the day of the warm-up plan, in the office's zone.
    """
    if pace.held_until is not None and now < pace.held_until:
        return 0
    limits = []
    rate = _per_second(lane, slowness_at(pace, now))
    if rate is not None:
        limits.append(max(int(_tokens(pace, rate, now)), 0))
    planned = planned_on(lane, pace, today)
    if planned is not None:
        limits.append(max(planned - sent_on(pace, today), 0))
    return min(limits) if limits else None


def spent(lane: Lane, pace: Pace, count: int, now: datetime, today: date) -> Pace:
    """The pace after so many messages went; a negative count gives back what did not go after all."""
    rate = _per_second(lane, slowness_at(pace, now))
    return replace(
        _recovered(pace, now),
        tokens=None if rate is None else _tokens(pace, rate, now) - count,
        filled_at=_filled(pace, now),
        day=_day(pace, today),
        day_count=max(sent_on(pace, today) + count, 0),
    )


def planned_on(lane: Lane, pace: Pace, today: date) -> int | None:
    """How many messages the warm-up plan has for this day; None for no limit."""
    return lane.warm_up.limit(_day(pace, today)) if lane.warm_up else None


def sent_on(pace: Pace, today: date) -> int:
    """How many messages went on this day, as far as they were counted."""
    return pace.day_count if pace.day == _day(pace, today) else 0


def _day(pace: Pace, today: date) -> date:
    """The day that is counted: a worker whose clock is still before midnight does not begin the former day anew."""
    return pace.day if pace.day is not None and pace.day - today == timedelta(days=1) else today


def _recovered(pace: Pace, now: datetime) -> Pace:
    """Without what is over: a rest that has ended, a slowness that has gone."""
    held_until = None if pace.held_until is None or now >= pace.held_until else pace.held_until
    if slowness_at(pace, now):
        return replace(pace, held_until=held_until)
    return replace(
        pace, held_until=held_until, slowness=0, slowed_at=None, note=pace.note if held_until else ""
    )


def slowed(lane: Lane, pace: Pace, now: datetime, why: str) -> Pace:
    """The pace after they said that we are too fast: half of it, and a rest that grows. One moment counts once."""
    slowness = slowness_at(pace, now)
    if pace.slowed_at is not None and abs(now - pace.slowed_at) < SAME_COMPLAINT:
        return pace
    more = min(slowness + 1, MOST_SLOWNESS)
    rest = now + FIRST_REST * 2 ** (more - 1)
    held = rest if pace.held_until is None else max(rest, pace.held_until)
    # What had gathered at the former pace is not sent at once when the rest is over.
    return replace(
        pace,
        tokens=0.0 if _per_second(lane, more) is not None else None,
        filled_at=rest,
        slowness=more,
        slowed_at=now,
        held_until=held,
        note=why,
    )


def held(pace: Pace, until: datetime, why: str) -> Pace:
    """Nothing goes before `until`."""
    longest = until if pace.held_until is None else max(until, pace.held_until)
    return replace(pace, held_until=longest, note=why)


def released(pace: Pace) -> Pace:
    """As if nobody had ever complained; what has gone today stays counted."""
    return Pace(day=pace.day, day_count=pace.day_count)


def slowness_at(pace: Pace, now: datetime) -> int:
    """How often the pace is halved now: every ten quiet minutes take one away."""
    if not pace.slowness or pace.slowed_at is None:
        return pace.slowness
    return max(pace.slowness - max(int((now - pace.slowed_at) / RECOVERY), 0), 0)


def hourly(lane: Lane, pace: Pace, now: datetime) -> float | None:
    """The pace now in messages an hour, None for no limit."""
    rate = _per_second(lane, slowness_at(pace, now))
    return None if rate is None else rate * 3600


def _per_second(lane: Lane, slowness: int) -> float | None:
    if lane.per_hour is None and not slowness:
        return None
    full = lane.per_hour if lane.per_hour is not None else UNHURRIED * 2
    return float(full / 3600 / 2**slowness)


def _filled(pace: Pace, now: datetime) -> datetime:
    """The instant up to which tokens have gathered.

    It does not go back to the clock of a worker that is a little behind, nor into a rest: the same seconds would be counted
    twice. A clock that is far behind was set back, and time goes on from there.
    """
    if pace.filled_at is None or pace.filled_at <= now:
        return now
    rests = pace.held_until is not None and pace.filled_at <= pace.held_until
    return pace.filled_at if rests or pace.filled_at - now <= SKEW else now


def _tokens(pace: Pace, rate: float, now: datetime) -> float:
    most = max(rate * IN_HAND.total_seconds(), 1.0)
    if pace.tokens is None or pace.filled_at is None:
        return most
    # A clock that was set back gives nothing, and takes nothing away.
    gathered = max((now - pace.filled_at).total_seconds(), 0.0) * rate
    return min(pace.tokens + gathered, most)
