"""From a phrase to a calendar: the year that is meant, the day, the time, the instant; and what is in doubt about each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.find import FindKind, Source
from newsletter.core.wallclock import to_instant, to_local

if TYPE_CHECKING:
    from newsletter.core.deadline_finder.days import Day
    from newsletter.core.deadline_finder.kinds import Judgement
    from newsletter.core.deadline_finder.phrases import Phrase
    from newsletter.core.deadline_finder.tokens import Clock

END_OF_DAY = time(23, 59)
_YEARS = range(1900, 2200)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_FAR_AHEAD = timedelta(days=335)  # a day without a year that comes so late has most likely just passed
# How much is left of a confidence when a person must decide this.
_DOUBTS = (
    ("does not exist", 0.2),
    ("it has passed", 0.4),
    ("weekday does not match", 0.5),
    ("is ambiguous", 0.5),
    ("ends before it begins", 0.3),
    ("no year in text", 0.85),
    ("midnight", 0.8),
    ("no time in text", 0.95),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a phrase says; the attributes are those of a `Find`."""

    kind: FindKind
    local: datetime | date | None
    until: datetime | date | None
    zone: str
    moment: datetime | None
    utc: datetime | None
    year_source: Source
    time_source: Source
    zone_source: Source
    confidence: float
    needs: tuple[str, ...]


def read_phrase(phrase: Phrase, judgement: Judgement, published: date, usual: str) -> Reading | None:
    """What a phrase means in a text published on a day; None when it tells of the past or is no date after all.

    A day without a year is the first one on or after the publication; one of a range may have begun before it.

    Args:
        usual: IANA name of the zone that is meant when the text names none.
    """
    if judgement.is_history or (phrase.start.weak and not (judgement.is_told or judgement.is_due)):
        return None
    days = _days(phrase, published)
    if days is None or _is_told_past(phrase, days, judgement, published):
        return None
    start, end = days
    needs = _needs_of_days(phrase, start, end, published)
    if judgement.is_extended:
        start, end, phrase = end, None, _second(phrase)
    return _timed(phrase, judgement, start, end, needs, usual)


def _second(phrase: Phrase) -> Phrase:
    day = phrase.end or phrase.start
    return type(phrase)(
        phrase.first, phrase.last, day, None, phrase.finish or phrase.begin, None, phrase.zone
    )


def _days(phrase: Phrase, published: date) -> tuple[date | None, date | None] | None:
    """The first and the last day (the same for one); None in it for one that does not exist, None for no years of ours."""
    start, end = phrase.start, phrase.end
    years = {day.year for day in (start, end) if day is not None and day.year is not None}
    if any(year not in _YEARS for year in years):
        return None
    if end is None:
        return _one_day(start, published), None
    if end.year is None and start.year is not None:
        behind = (end.month, end.day) < (start.month, start.day)
        return _day_in(start, start.year), _day_in(end, start.year + behind)
    last_year = end.year if end.year is not None else _year_of(end, published)
    if start.year is not None:
        return _day_in(start, start.year), _day_in(end, last_year)
    ahead = (start.month, start.day) > (end.month, end.day) and start.month != end.month
    return _day_in(start, last_year - ahead), _day_in(end, last_year)


def _one_day(day: Day, published: date) -> date | None:
    return _day_in(day, day.year if day.year is not None else _year_of(day, published))


def _year_of(day: Day, published: date) -> int:
    """The year in which a day comes next, on or after the publication."""
    return published.year + ((day.month, day.day) < (published.month, published.day))


def _day_in(day: Day, year: int) -> date | None:
    try:
        return date(year, day.month, day.day)
    except ValueError:
        return None


def _is_told_past(
    phrase: Phrase, days: tuple[date | None, date | None], judgement: Judgement, published: date
) -> bool:
    """Whether it is only told that something was: no reminder ever grows from that.

    A deadline that has passed is told all the same, as a slip of the pen looks like that: "join us on 5 March 2025".
    """
    last = days[1] or days[0]
    has_year = phrase.start.year is not None or (phrase.end is not None and phrase.end.year is not None)
    if not has_year:
        return judgement.is_past and not judgement.is_due
    if last is None or last >= published:
        return False
    wanted = (
        judgement.is_due or judgement.is_ahead or (judgement.is_told and judgement.kind is FindKind.DEADLINE)
    )
    return judgement.is_past or not wanted


def _needs_of_days(phrase: Phrase, start: date | None, end: date | None, published: date) -> list[str]:
    needs = []
    for day, found in ((phrase.start, start), (phrase.end, end)):
        if day is not None and found is None:
            year = day.year if day.year is not None else _year_of(day, published)
            needs.append(f"{day.day} {_MONTHS[day.month - 1]} {year} does not exist")
        if day is not None and day.doubt:
            needs.append(day.doubt)
    last = end if phrase.end is not None else start
    if last is not None and last < published:
        needs.append("it has passed")
    if phrase.start.year is None and (phrase.end is None or phrase.end.year is None):
        needs.append("no year in text")
        if last is not None and last - published > _FAR_AHEAD:
            needs.append("it may just have passed")
    pairs = ((phrase.start, start), (phrase.end, end))
    if any(day and found and day.weekday not in {None, found.weekday()} for day, found in pairs):
        needs.append("weekday does not match")
    if start and end and end < start:
        needs.append("ends before it begins")
    return needs


def _timed(
    phrase: Phrase, judgement: Judgement, start: date | None, end: date | None, needs: list[str], usual: str
) -> Reading:
    begin, finish = phrase.begin, phrase.finish
    is_deadline = judgement.kind is FindKind.DEADLINE
    needs += [clock.doubt for clock in (begin, finish) if clock is not None and clock.doubt]
    timed = any(clock is not None and clock.is_time for clock in (begin, finish))
    if is_deadline and not timed:
        needs.append("no time in text")
    if judgement.is_open and not timed:
        needs.append("before: is the day itself included")
    local = _local(start, begin, whole=not is_deadline)
    until = _local(end or (start if finish else None), finish, whole=True)
    if is_deadline and finish is not None and end is None and start is not None:
        local, until = _local(start, finish, whole=False), None
    if isinstance(local, datetime) and isinstance(until, datetime) and until <= local:
        needs.append("ends before it begins")
    zone = _zone(phrase, local, usual, needs)
    moment = _moment(until or local)
    utc = None if local is None else to_instant(_wall(local), zone)
    if isinstance(local, datetime) and (begin is not None or finish is not None):
        needs += _clock_changes(local, zone)
    unique = tuple(dict.fromkeys(needs))
    has_year = "no year in text" not in unique
    return Reading(
        judgement.kind,
        local,
        until,
        zone,
        moment,
        utc,
        Source.TEXT if has_year else Source.PUBLISHED,
        Source.TEXT if timed else Source.DEFAULT if is_deadline else Source.NONE,
        Source.TEXT if phrase.zone is not None and phrase.zone.name else Source.DEFAULT,
        _confidence(judgement.confidence, unique),
        unique,
    )


def _local(day: date | None, clock: Clock | None, *, whole: bool) -> datetime | date | None:
    """The day with its time; without one the whole day, or its last minute."""
    if day is None:
        return None
    if clock is not None and clock.is_time:
        return datetime.combine(day, time(clock.hour, clock.minute))
    return day if whole else datetime.combine(day, END_OF_DAY)


def _zone(phrase: Phrase, local: datetime | date | None, usual: str, needs: list[str]) -> str:
    said = phrase.zone
    if said is None:
        return usual
    if said.local:
        needs.append("local time: of which place")
        return usual
    if local is None:
        return said.name
    name, in_force = said.at(_wall(local), usual)
    if not in_force:
        needs.append(f"{said.words} is not in force on that day")
    return name


def _wall(local: datetime | date) -> datetime:
    return local if isinstance(local, datetime) else datetime.combine(local, time())


def _moment(last: datetime | date | None) -> datetime | None:
    if last is None or isinstance(last, datetime):
        return last
    return datetime.combine(last, END_OF_DAY)


def _clock_changes(local: datetime, zone: str) -> list[str]:
    """What the two Sundays on which clocks change do to a time."""
    first = to_instant(local, zone)
    if to_local(first, zone) != local:
        return [f"{local:%H:%M} does not exist on that day"]
    later = local + timedelta(hours=1)
    if (
        to_instant(later, zone) - first > timedelta(hours=1)
        and to_local(first + timedelta(hours=1), zone) == local
    ):
        return [f"{local:%H:%M} comes twice on that day"]
    return []


def _confidence(confidence: float, needs: tuple[str, ...]) -> float:
    for need in needs:
        for words, left in _DOUBTS:
            if words in need:
                confidence *= left
    return round(confidence, 2)
