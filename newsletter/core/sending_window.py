"""Sending windows and quiet hours: when mail of a campaign may be handed over, by the clock on the wall.

A window that begins in the evening and ends in the morning belongs to the day on which it begins: with `days: weekdays`
and `window: 20:00-02:00` mail goes on Saturday until two o'clock, and not in the night from Sunday to Monday before eight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.core.recurrence import ALL_DAYS, WORKING_DAYS
from newsletter.core.recurrence.vocabulary import VOCABULARIES, fold
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.wallclock import to_instant, to_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_DAY = 24 * 60
_WEEK = 7 * _DAY
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
# A window that opens less than this before the deadline of a mail comes too late for it.
_ROOM = timedelta(hours=1)
# However narrow a window is, nothing is tried for longer.
_LONGEST_LIFE = timedelta(days=7)
_DAY_SETS = {"every day": ALL_DAYS, "all": ALL_DAYS, "weekdays": WORKING_DAYS, "weekend": (5, 6)}

Span = tuple[time, time]
"""From and to on the wall; an end before the beginning lies on the next day, 00:00 as an end is midnight after the day."""


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """When mail may go.

    Attributes:
        spans: open hours of a day; empty for all of it.
        quiet: hours in which nothing goes, on any day; they are taken out of the open ones.
        weekdays: days on which the open hours begin, 0 is Monday.
    """

    spans: tuple[Span, ...] = ()
    quiet: tuple[Span, ...] = ()
    weekdays: tuple[int, ...] = ALL_DAYS
    _open: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = ((0, _DAY),) if not self.spans else tuple(_minutes(span) for span in self.spans)
        opened = _wrapped(
            (day * _DAY + begin, day * _DAY + end) for day in self.weekdays for begin, end in days
        )
        shut = _wrapped(
            (day * _DAY + begin, day * _DAY + end)
            for day in ALL_DAYS
            for begin, end in map(_minutes, self.quiet)
        )
        object.__setattr__(self, "_open", tuple(_without(opened, shut)))

    @property
    def is_always(self) -> bool:
        """Whether it never closes."""
        return self._open == ((0, _WEEK),)

    @property
    def is_never(self) -> bool:
        """Whether it never opens."""
        return not self._open

    def is_open(self, instant: datetime, zone: str) -> bool:
        """Whether mail may go at `instant`, by the clocks of `zone`."""
        minute = _minute_of_week(to_local(instant, zone))
        return any(begin <= minute < end for begin, end in self._open)

    def next_open(self, instant: datetime, zone: str) -> datetime:
        """`instant` when it is open then, else the instant at which it opens next, UTC."""
        if self.is_always or self.is_open(instant, zone):
            return instant
        return next(begin for begin, _ in self.openings(instant, zone) if begin >= instant)

    def openings(self, instant: datetime, zone: str) -> Iterator[tuple[datetime, datetime]]:
        """From `instant` on, without end: when it opens and when it closes, UTC. The first may have begun before.

        A window that never opens has none; one that never closes is cut at each week.
        """
        local = to_local(instant, zone)
        monday = datetime.combine(local.date(), time()) - timedelta(days=local.weekday() + 7)
        while self._open:
            for begin, end in self._open:
                opens, closes = (to_instant(monday + timedelta(minutes=at), zone) for at in (begin, end))
                if closes > instant and opens < closes and self.is_open(opens, zone):
                    yield opens, closes
            monday += timedelta(days=7)

    def lets_go(self, instant: datetime, zone: str, not_after: datetime | None = None) -> bool:
        """Whether mail may go at `instant`; the window yields when it would open too late.

        Args:
            not_after: the deadline that the mail announces. When the window would not open again an hour before it, the mail
                goes now: late at night is better than never, and never is what the deadline would make of it.
        """
        if self.is_open(instant, zone):
            return True
        return not_after is not None and self.next_open(instant, zone) > not_after - _ROOM

    def goes_at(self, instant: datetime, zone: str, not_after: datetime | None = None) -> datetime:
        """When mail that is due at `instant` goes: then, or when the window opens."""
        return instant if self.lets_go(instant, zone, not_after) else self.next_open(instant, zone)

    def life_from(self, due: datetime, life: timedelta, zone: str) -> timedelta:
        """How long mail that was due at `due` is tried, when it is tried for `life` of open time; at most a week."""
        if self.is_always or self.is_never:
            return life
        left, longest = life, max(life, _LONGEST_LIFE)
        for opens, closes in self.openings(due, zone):
            begin = max(opens, due)
            if closes - begin >= left or begin - due > longest:
                return min(begin + left - due, longest)
            left -= closes - begin
        return life

    def to_json(self) -> dict[str, list[str]]:
        """As a document; `from_json` reads it again."""
        return {
            "spans": [_written(span) for span in self.spans],
            "quiet": [_written(span) for span in self.quiet],
            "days": [VOCABULARIES["en"].weekdays[day] for day in self.weekdays],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, list[str]]) -> SendingWindow:
        return parse_window(data["spans"], data["quiet"], data["days"])

    def __str__(self) -> str:
        told = [", ".join(map(_written, self.spans))] if self.spans else []
        if self.weekdays != ALL_DAYS:
            told.append(_days_in_words(self.weekdays))
        if self.quiet:
            told.append("not " + ", ".join(map(_written, self.quiet)))
        return ", ".join(told) or "always"


def parse_window(
    spans: Sequence[str] = (), quiet: Sequence[str] = (), days: Sequence[str] = ()
) -> SendingWindow:
    """Read a window as it stands in files.

    Args:
        spans: such as `08:00-18:00`, several of them, or `always`.
        quiet: hours in which nothing goes, such as `22:00-07:00`.
        days: `weekdays`, `weekend`, `every day`, or days of the week in English or French.

    Raises:
        ContentRefused: something is not understood, or the window is never open.
    """
    if [fold(span) for span in spans] == ["always"]:
        spans = ()
    window = SendingWindow(
        tuple(_span(text) for text in spans), tuple(_span(text) for text in quiet), _weekdays(days)
    )
    if window.is_never:
        what = "With these hours and days the window is never open."
        raise ContentRefused(Problem(what, "Leave some hours between the quiet ones: window: 08:00-18:00."))
    return window


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text.strip())
    try:
        begin, end = (
            (time(int(found[1]), int(found[2])), time(int(found[3]) % 24, int(found[4])))
            if found and (int(found[3]), int(found[4])) <= (24, 0)
            else (time(), time())
        )
    except ValueError:
        begin = end = time()
    if begin == end and (not found or found[3] != "24"):
        what = f"'{text}' is not a span of hours."
        raise ContentRefused(Problem(what, "Write it as 08:00-18:00; 20:00-02:00 ends on the next day."))
    return begin, end


def _written(span: Span) -> str:
    begin, end = span
    return f"{begin:%H:%M}-{f'{end:%H:%M}' if end != time() else '24:00'}"


def _weekdays(days: Sequence[str]) -> tuple[int, ...]:
    chosen: set[int] = set()
    for word in map(fold, days):
        numbers = [
            each.weekday_numbers[word] for each in VOCABULARIES.values() if word in each.weekday_numbers
        ]
        if word not in _DAY_SETS and not numbers:
            remedy = "Write weekdays, weekend, every day, or days such as [Monday, Thursday]."
            raise ContentRefused(Problem(f"'{word}' is not a day of the week.", remedy))
        chosen |= set(_DAY_SETS.get(word, numbers))
    return tuple(sorted(chosen)) or ALL_DAYS


def _days_in_words(weekdays: tuple[int, ...]) -> str:
    named = {days: word for word, days in _DAY_SETS.items()}
    names = VOCABULARIES["en"].weekdays
    return named.get(weekdays) or ", ".join(names[day] for day in weekdays)


def _minutes(span: Span) -> tuple[int, int]:
    begin, end = (at.hour * 60 + at.minute for at in span)
    return begin, end if end > begin else end + _DAY


def _minute_of_week(local: datetime) -> int:
    return local.weekday() * _DAY + local.hour * 60 + local.minute


def _wrapped(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same within one week, ascending and apart from each other."""
    cut = []
    for begin, end in spans:
        cut.append((begin, min(end, _WEEK)))
        if end > _WEEK:
            cut.append((0, end - _WEEK))
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(cut):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _without(opened: Iterable[tuple[int, int]], shut: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for begin, end in opened:
        at = begin
        for quiet, over in shut:
            if at < quiet < end:
                yield at, quiet
            if quiet < end and over > at:
                at = max(at, over)
        if at < end:
            yield at, end


ALWAYS = SendingWindow()
