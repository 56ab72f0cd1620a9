"""Phrases: days with the times, zones and weekdays around them, ranges and lists of days taken together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.days import (
    ANDS,
    ARTICLES,
    JOINS,
    Day,
    is_joiner,
    is_kind,
    is_word,
    read_days,
)
from newsletter.core.deadline_finder.languages import any_of
from newsletter.core.deadline_finder.tokens import Clock, Kind, Token, clock_of
from newsletter.core.deadline_finder.zones import SaidZone

if TYPE_CHECKING:
    from collections.abc import Sequence

_GLUE = any_of("glue") | JOINS | any_of("on") | ARTICLES | {":", "/", ";", "."}
_ON = any_of("on")
_BETWEEN = any_of("between")
_TWELVES = any_of("noon") | any_of("midnight")
_MOST_GLUE = 5  # tokens between a day and its time: "3 March (no later than at noon)"
_HOURS = range(25)
_TWELVE = "12"  # of "12 noon" and "12 midnight"
_MIDNIGHT_FIGURES = {(0, 0), (12, 0)}


@dataclass(frozen=True, slots=True)
class Hours:
    """Times and a zone beside a day; `first` and `last` are the outermost tokens of all."""

    first: int
    last: int
    begin: Clock | None = None
    finish: Clock | None = None
    zone: SaidZone | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A day, or a range of days, as a text writes it.

    Attributes:
        first, last: its tokens.
        begin, finish: times of day; `finish` is the end of a range of times, or the time on the last day.
    """

    first: int
    last: int
    start: Day
    end: Day | None
    begin: Clock | None
    finish: Clock | None
    zone: SaidZone | None


def read_phrases(tokens: Sequence[Token]) -> list[Phrase]:
    """Every phrase of a sentence, in its order."""
    days = read_days(tokens)
    dressed = _dressed(tokens, days)
    phrases: list[Phrase] = []
    chain: list[tuple[Day, Hours]] = []
    joints: list[str] = []
    for index, (day, hours) in enumerate(dressed):
        chain.append((day, hours))
        joint = _joint(tokens, hours.last, dressed[index + 1][0].first) if index + 1 < len(dressed) else ""
        if joint:
            joints.append(joint)
            continue
        phrases += _chained(tokens, chain, joints)
        chain, joints = [], []
    return phrases


def _dressed(tokens: Sequence[Token], days: Sequence[Day]) -> list[tuple[Day, Hours]]:
    """Each day with what stands around it; a time between two days belongs to the one that it is said "on"."""
    found: list[tuple[Day, Hours]] = []
    for index, day in enumerate(days):
        free = found[-1][1].last + 1 if found else 0
        following = days[index + 1].first if index + 1 < len(days) else len(tokens)
        hours = _behind(tokens, day, following, is_last=index + 1 == len(days))
        if hours.begin is None:
            hours = _before(tokens, day, hours, free)
        if hours.weekday is not None and day.weekday is None:
            day = replace(day, weekday=hours.weekday)  # noqa: PLW2901
        found.append((day, hours))
    return found


def _behind(tokens: Sequence[Token], day: Day, limit: int, *, is_last: bool) -> Hours:
    hours = Hours(day.first, day.last, day.clock, None, day.zone)
    index, glue, since = day.last + 1, 0, day.last + 1
    while index < limit and glue <= _MOST_GLUE:
        token = tokens[index]
        clock = _clock_at(tokens, index)
        if clock is not None:
            if not is_last and _said_on_next(tokens, index, limit):
                break
            taken = _with_clock(hours, clock, index, ranged=_is_ranged(tokens, since, index))
            if taken is None:
                break
            hours, glue, since = taken, 0, index + 1
        elif isinstance(token.value, SaidZone) and hours.zone is None:
            hours, glue = replace(hours, zone=token.value, last=index), 0
        elif (
            token.kind is Kind.WEEKDAY
            and _is_aside(tokens, index)
            and hours.weekday is None
            and day.weekday is None
        ):
            hours, glue = replace(hours, weekday=_number(token), last=index), 0
        elif _is_glue(token):
            glue += 1
        else:
            break
        index += 1
    return _closed(tokens, hours)


def _before(tokens: Sequence[Token], day: Day, hours: Hours, free: int) -> Hours:
    """Times that stand before the day: "noon on 1 December", "at 17:00 (Brussels time) on Friday 5 March"."""
    index, glue = day.first - 1, 0
    clocks: list[tuple[int, Clock]] = []
    zone, first = None, day.first
    while index >= free and glue < _MOST_GLUE:
        token = tokens[index]
        clock = _clock_at(tokens, index)
        if clock is not None:
            clocks.insert(0, (index, clock))
            first, glue = index, 0
        elif isinstance(token.value, SaidZone) and zone is None and not clocks:
            zone, glue = token.value, 0
        elif _is_glue(token) and not (clocks and token.kind is Kind.COMMA):
            glue += 1
        else:
            break
        index -= 1
    if not clocks:
        return hours
    found = replace(hours, first=first, zone=hours.zone or zone)
    since = clocks[0][0]
    for place, clock in clocks:
        found = _with_clock(found, clock, hours.last, ranged=_is_ranged(tokens, since, place)) or found
    return found


def _with_clock(hours: Hours, clock: Clock, index: int, *, ranged: bool) -> Hours | None:
    """With one more time: the end of a range, the same said twice ("12:00 noon"), or a second one that is somebody else's."""
    if hours.begin is None:
        return replace(hours, begin=clock, last=index)
    if ranged and hours.finish is None:
        return replace(hours, finish=clock, last=index)
    said, again = (hours.begin.hour, hours.begin.minute), (clock.hour, clock.minute)
    if said == again:
        return replace(hours, last=index)
    if clock.doubt and said in _MIDNIGHT_FIGURES:  # "00:00 (midnight)", "12:00 midnight"
        return replace(hours, begin=clock, last=index)
    return None


def _clock_at(tokens: Sequence[Token], index: int) -> Clock | None:
    """The time at a token; a bare number counts where a time follows: "9 to 11 am", "de 10 à 12h"."""
    token = tokens[index]
    if isinstance(token.value, Clock):
        return token.value
    if token.word == _TWELVE and is_word(tokens, index + 1, _TWELVES):
        value = tokens[index + 1].value
        return value if isinstance(value, Clock) else None
    if (
        token.kind is Kind.NUMBER
        and not token.ordinal
        and _number(token) in _HOURS
        and is_joiner(tokens, index + 1)
    ):
        end = tokens[index + 2].value if index + 2 < len(tokens) else None
        if isinstance(end, Clock) and index + 2 < len(tokens):
            afternoon = end.hour > 12 and "p" in tokens[index + 2].word and _number(token) <= end.hour - 12  # noqa: PLR2004
            return clock_of(_number(token), 0, "p" if afternoon else "")
    return None


def _is_ranged(tokens: Sequence[Token], start: int, end: int) -> bool:
    return any(is_joiner(tokens, index) for index in range(start, end))


def _said_on_next(tokens: Sequence[Token], index: int, following: int) -> bool:
    place = index + 1
    while place < following and is_kind(tokens, place, Kind.ZONE, Kind.OPEN, Kind.CLOSE):
        place += 1
    if not is_word(tokens, place, _ON):
        return False
    return all(is_word(tokens, other, ARTICLES | _ON) for other in range(place, following))


def _is_aside(tokens: Sequence[Token], index: int) -> bool:
    """Whether a weekday stands behind its date: "5 March (Friday)"; a number behind it makes it the next date's."""
    return is_kind(tokens, index - 1, Kind.OPEN, Kind.COMMA) and not is_kind(tokens, index + 1, Kind.NUMBER)


def _closed(tokens: Sequence[Token], hours: Hours) -> Hours:
    """With the bracket that closes one inside."""
    inside = tokens[hours.first : hours.last + 1]
    opened = sum(token.kind is Kind.OPEN for token in inside) - sum(
        token.kind is Kind.CLOSE for token in inside
    )
    if opened == 1 and is_kind(tokens, hours.last + 1, Kind.CLOSE):
        return replace(hours, last=hours.last + 1)
    return hours


def _is_glue(token: Token) -> bool:
    return token.kind in {Kind.COMMA, Kind.OPEN, Kind.CLOSE, Kind.DASH} or token.word in _GLUE


def _number(token: Token) -> int:
    return token.value if isinstance(token.value, int) else -1


def _joint(tokens: Sequence[Token], last: int, following: int) -> str:
    """How a day leads to the next: "range", "and", "list" (a comma), or "" when they have nothing to do with each other."""
    between = [tokens[index] for index in range(last + 1, following)]
    words = [token for token in between if token.word not in ARTICLES and token.word != "."]
    if words and words[0].kind is Kind.COMMA and len(words) > 1:
        words = words[1:]
    if len(words) == 2 and words[0].word in JOINS and words[1].word in JOINS | {"including"}:  # noqa: PLR2004
        words = words[:1]
    if len(words) != 1:
        return ""
    if words[0].kind is Kind.DASH or words[0].word in JOINS:
        return "range"
    if words[0].word in ANDS:
        return "and"
    return "list" if words[0].kind is Kind.COMMA and not between[-1].word.isalpha() else ""


def _chained(tokens: Sequence[Token], chain: list[tuple[Day, Hours]], joints: list[str]) -> list[Phrase]:
    """The phrases of days that hang together: ranges, runs of days ("3 and 4 March"), and days of a list one by one."""
    if "list" in joints and not {"and", "range"} & set(joints):
        return [phrase for link in chain for phrase in _chained(tokens, [link], [])]
    chain = _with_years(chain, joints)
    between = is_word(tokens, chain[0][1].first - 1, _BETWEEN) or is_word(
        tokens, chain[0][1].first - 2, _BETWEEN
    )
    phrases: list[Phrase] = []
    index = 0
    while index < len(chain):
        end = index
        while end < len(joints) and _is_run(chain[end][0], chain[end + 1][0], joints[end], between=between):
            end += 1
            if joints[end - 1] == "range" or between:
                break
        phrases.append(_phrase(chain, index, end))
        index = end + 1
    return phrases


def _is_run(day: Day, following: Day, joint: str, *, between: bool) -> bool:
    next_day = day.month == following.month and following.day == day.day + 1 and not day.is_whole
    return joint == "range" or (joint == "and" and between) or next_day


def _phrase(chain: list[tuple[Day, Hours]], index: int, end: int) -> Phrase:
    start, hours = chain[index]
    last_day, last = chain[end]
    # A day without a month of its own is only understood together with what follows.
    reach = last if last_day.is_whole or end == len(chain) - 1 else chain[-1][1]
    if not last_day.is_whole and last_day.month_at > last_day.last:
        reach = next((other for day, other in chain[end:] if day.is_whole), chain[-1][1])
    own = hours.begin is not None or index != end
    begin, finish = (hours.begin, hours.finish) if own else (reach.begin, reach.finish)
    if index != end:
        begin, finish = _ends(hours, last)
    first = min(hours.first, last.first)
    return Phrase(
        first,
        max(reach.last, last.last),
        start,
        last_day if end != index else None,
        begin,
        finish,
        hours.zone or reach.zone,
    )


def _ends(hours: Hours, last: Hours) -> tuple[Clock | None, Clock | None]:
    """The times of the two ends of a range of days; "13 – 16 September, 13:00 to 16:00" has both at its end."""
    if last.finish is not None:
        return last.begin, last.finish
    return hours.begin, last.begin


def _with_years(chain: list[tuple[Day, Hours]], joints: list[str]) -> list[tuple[Day, Hours]]:
    """Days without a year take that of the next one: "30 September to 2 October 2026"."""
    told = list(chain)
    for index in reversed(range(len(told) - 1)):
        (day, hours), (following, _) = told[index], told[index + 1]
        if day.year is None and following.year is not None:
            back = joints[index] == "range" and (day.month, day.day) > (following.month, following.day)
            told[index] = replace(day, year=following.year - (1 if back else 0)), hours
    return told
