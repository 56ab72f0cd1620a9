"""What the finder must know of one language. The names of months and days come from Unicode CLDR."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel import Locale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language about dates and times. Patterns are regular expressions, matched in any case.

    Attributes:
        code: of the language, `en`.
        months: number from 1 by every spelling, in small letters and without a full stop.
        weekdays: number from 0 (Monday) by every spelling.
        doubtful: months that, in small letters, are other words too: "may", "march".
        followers: words that may follow on "October 19"; before others the number counts something ("October 19 partners").
        month_first: whether "October 19" is written.
        ordinals: pattern of what follows a day's number: "th".
        noon, midnight: words for 12:00 and for the end of a day.
        joins: words between the two ends of a range ("to"), `ands` and `ors` between days of a list.
        between: words that make a range of two days with "and".
        articles: words before a day's number.
        on: words between a time and its day ("noon on 1 December").
        glue: further words that may stand inside of a date ("the", "at", "no", "later", "than").
        clocks: patterns of times of day, with the groups h, m and perhaps s and half ("a" or "p"); tried in their order.
        zones: patterns of time zones with the group place, a city or a country's adjective.
        places: IANA name by place, beside the cities that CLDR knows.
        local: pattern of "local time".
        due: patterns directly before a day by which it is a deadline ("no later than").
        due_after: the same directly after it ("at the latest").
        before: pattern directly before a day that leaves open whether the day itself counts.
        until: pattern that makes a deadline of a call and the end of an exhibition.
        history: patterns directly before a day that only tells of the past ("since", "published on").
        past: pattern of verbs that tell of the past.
        ahead: pattern of words that announce what is still to come.
        extended: pattern before two days of which the second is the new one.
        deadline, event, application: patterns of words that tell what a date is of.
        opening: of words that make an event of one day ("opens on") and say nothing of many ("open from").
    """

    code: str
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    doubtful: frozenset[str]
    followers: frozenset[str]
    month_first: bool
    ordinals: str
    noon: frozenset[str]
    midnight: frozenset[str]
    joins: frozenset[str]
    ands: frozenset[str]
    ors: frozenset[str]
    between: frozenset[str]
    on: frozenset[str]
    articles: frozenset[str]
    glue: frozenset[str]
    clocks: tuple[str, ...]
    zones: tuple[str, ...]
    places: Mapping[str, str]
    local: str
    due: str
    due_after: str
    before: str
    until: str
    history: str
    past: str
    ahead: str
    extended: str
    deadline: str
    opening: str
    event: str
    application: str


def month_names(locale: str, more: Mapping[str, int]) -> dict[str, int]:
    """The months' names in a locale, whole and cut short, with `more` beside them."""
    found = dict(more)
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            names = Locale.parse(locale).months[context][width]
            found |= {_bare(name): number for number, name in names.items()}
    return dict(_spelled(found.items()))


def weekday_names(locale: str, more: Mapping[str, int]) -> dict[str, int]:
    """The days' names in a locale, whole and cut short; Monday is 0."""
    found = dict(more)
    for width in ("wide", "abbreviated"):
        names = Locale.parse(locale).days["format"][width]
        found |= {_bare(name): number for number, name in names.items()}
    return dict(_spelled(found.items()))


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def _bare(name: str) -> str:
    return name.rstrip(".").lower()


def _spelled(names: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Each name as it is, with its accents as signs of their own (as some programs write them), and without."""
    for name, number in names:
        apart = unicodedata.normalize("NFD", name)
        yield name, number
        yield apart, number
        yield "".join(sign for sign in apart if not unicodedata.combining(sign)), number
