"""Days that stand in a sentence, with the month and year that are written with them, and how they hang together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.languages import DOUBTFUL, DOUBTFUL_AFTER, MONTH_FIRST, any_of
from newsletter.core.deadline_finder.tokens import Figures, Kind, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.core.deadline_finder.tokens import Clock
    from newsletter.core.deadline_finder.zones import SaidZone

ARTICLES = any_of("articles")
JOINS, ANDS = any_of("joins"), any_of("ands") | any_of("ors") | {"&"}
_OF = any_of("on") | {"de", "d'"}
_DOT = frozenset(".")  # behind a name that is cut short
_FOLLOWERS = any_of("followers")
_LAST_DAY, _NO_DAY = 31, 39  # a 32nd is told as a mistake; what is larger is no day at all
_YEARS = range(1900, 2200)
_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it is written.

    Attributes:
        first, last: its tokens, weekday and year among them.
        month_at: the token of its month; a day of "13 – 16 September" may not reach as far.
        weekday: 0 is Monday; None when none is written.
        doubt: what a person must decide.
        clock, zone: of an ISO date with a time.
        weak: figures such as 03/04, which are a date only among words about one.
    """

    first: int
    last: int
    day: int
    month: int
    year: int | None
    month_at: int
    weekday: int | None = None
    doubt: str = ""
    clock: Clock | None = None
    zone: SaidZone | None = None
    weak: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its month is written with it and not with a later one."""
        return self.first <= self.month_at <= self.last


def read_days(tokens: Sequence[Token]) -> list[Day]:
    """Every day in the sentence, in its order."""
    days: list[Day] = []
    for index, token in enumerate(tokens):
        after = days[-1].last + 1 if days else 0
        if token.kind is Kind.PLAIN and isinstance(token.value, Figures):
            days.append(_plain(tokens, index, token.value, after))
        elif token.kind is Kind.MONTH:
            days += _month(tokens, index, after)
    return days


def is_word(tokens: Sequence[Token], index: int, among: frozenset[str]) -> bool:
    """Whether there is a token at `index` and it is one of these words."""
    return 0 <= index < len(tokens) and tokens[index].word in among


def is_kind(tokens: Sequence[Token], index: int, *kinds: Kind) -> bool:
    """Whether there is a token at `index` and it is of one of these kinds."""
    return 0 <= index < len(tokens) and tokens[index].kind in kinds


def is_joiner(tokens: Sequence[Token], index: int) -> bool:
    """Whether the token at `index` leads from one end of a range to the other, or from one day of a list to the next."""
    return is_kind(tokens, index, Kind.DASH) or is_word(tokens, index, JOINS | ANDS)


def _plain(tokens: Sequence[Token], index: int, value: Figures, after: int) -> Day:
    first, weekday = _weekday_before(tokens, index, after)
    return Day(
        first,
        index,
        value.day,
        value.month,
        value.year,
        index,
        weekday,
        value.doubt,
        value.clock,
        value.zone,
        value.weak and weekday is None,
    )


def _month(tokens: Sequence[Token], index: int, after: int) -> list[Day]:
    number = index - 1
    if is_word(tokens, number, _OF):
        number -= 1
    if number >= after and _is_day(tokens, number):
        return _days_before(tokens, index, number, after)
    if tokens[index].word in MONTH_FIRST:
        return _days_behind(tokens, index, after)
    return []


def _days_before(tokens: Sequence[Token], index: int, number: int, after: int) -> list[Day]:
    """`19 October 2026`, `Monday 13th – Thursday 16th of September`."""
    last, year = _year(tokens, index)
    month = tokens[index]
    doubtful = month.small and month.word in DOUBTFUL_AFTER
    if year is None and ((doubtful and number == index - 1) or _day(tokens, number) > _LAST_DAY):
        return []
    places = [number, *_list_before(tokens, number, after)]
    days = []
    for place in reversed(places):
        first, weekday = _weekday_before(tokens, place, after)
        end = last if place == number else place
        days.append(Day(first, end, _day(tokens, place), _value(month), year, index, weekday))
    return days


def _list_before(tokens: Sequence[Token], number: int, after: int) -> list[int]:
    """The tokens of the other days before the one at `number`; a comma counts only where an "and" follows later."""
    places: list[int] = []
    place, joined = number, False
    while True:
        joint = _weekday_before(tokens, place, after)[0] - 1
        while is_word(tokens, joint, ARTICLES):
            joint -= 1
        is_comma = is_kind(tokens, joint, Kind.COMMA)
        place = joint - 1
        if (
            not (is_joiner(tokens, joint) or (is_comma and joined))
            or place < after
            or not _is_day(tokens, place)
        ):
            return places
        joined = joined or is_word(tokens, joint, ANDS)
        places.append(place)


def _days_behind(tokens: Sequence[Token], index: int, after: int) -> list[Day]:
    """`October 19, 2026`, `Sept 13th – 16th`."""
    begin = index + 2 if is_word(tokens, index + 1, _DOT) else index + 1
    places = [begin] if _is_day(tokens, begin) else []
    while places and is_joiner(tokens, places[-1] + 1) and _is_day(tokens, places[-1] + 2):
        if is_kind(tokens, places[-1] + 3, Kind.MONTH):
            break
        places.append(places[-1] + 2)
    if not places:
        return []
    last, year = _year(tokens, places[-1])
    month = tokens[index]
    if year is None and (_day(tokens, places[-1]) > _LAST_DAY or _counts(tokens, index, last)):
        return []
    first, weekday = _weekday_before(tokens, index, after)
    days = [Day(place, place, _day(tokens, place), _value(month), year, index) for place in places]
    days[0] = replace(days[0], first=first, weekday=weekday)
    days[-1] = replace(days[-1], last=last)
    return days


def _counts(tokens: Sequence[Token], index: int, last: int) -> bool:
    """Whether the number behind a month is no day: "In October 23 partners met", "they march 10 km"."""
    if tokens[last].ordinal:
        return False
    if tokens[index].small and tokens[index].word in DOUBTFUL:
        return True
    if last + 1 >= len(tokens):
        return False
    follower = tokens[last + 1]
    return (follower.kind is Kind.WORD and follower.word not in _FOLLOWERS) or follower.word in {
        "%",
        "€",
        "$",
        "£",
    }


def _year(tokens: Sequence[Token], index: int) -> tuple[int, int | None]:
    """The token of the year behind `index`, and the year; `index` itself when there is none."""
    place = index + 2 if is_word(tokens, index + 1, _DOT) else index + 1
    if is_kind(tokens, place, Kind.COMMA) or is_word(tokens, place, _OF):
        place += 1
    if is_kind(tokens, place, Kind.NUMBER):
        token = tokens[place]
        is_short = token.word.startswith("'")
        if _value(token) in _YEARS and (is_short or len(token.word) == _YEAR_DIGITS):
            return place, _value(token)
    return index, None


def _weekday_before(tokens: Sequence[Token], index: int, after: int) -> tuple[int, int | None]:
    """Where the weekday of a day begins that stands at `index`, and which it is."""
    place = index - 1
    while place >= after and is_word(tokens, place, ARTICLES):
        place -= 1
    if place >= after and (is_kind(tokens, place, Kind.COMMA) or is_word(tokens, place, _DOT)):
        place -= 1
    if place >= after and is_kind(tokens, place, Kind.WEEKDAY):
        return place, _value(tokens[place])
    return index, None


def _is_day(tokens: Sequence[Token], index: int) -> bool:
    if not is_kind(tokens, index, Kind.NUMBER):
        return False
    return 1 <= _value(tokens[index]) <= _NO_DAY and not tokens[index].word.startswith("'")


def _day(tokens: Sequence[Token], index: int) -> int:
    return _value(tokens[index])


def _value(token: Token) -> int:
    return token.value if isinstance(token.value, int) else 0
