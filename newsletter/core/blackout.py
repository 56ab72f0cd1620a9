"""Days on which nothing should go out by rule: public holidays, and dates that the office names.

The holidays come from the library `holidays`, which is released every fortnight and knows how each country's law counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import holidays

from newsletter.core.refusal import ContentRefused, Problem

REACH = timedelta(days=14)
"""An occurrence is moved by at most this; where no working day is that near it is skipped."""
_DAY = timedelta(days=1)
_SATURDAY = 5
_LANGUAGES = {"en": "en_US"}
_LONGEST_RANGE = timedelta(days=366)


class Move(StrEnum):
    """What becomes of an occurrence on such a day: the working day before or after it, or nothing."""

    BEFORE = "before"
    AFTER = "after"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Moved:
    """An occurrence after it was held against the blackout.

    Attributes:
        at: wall-clock time; None when it is skipped.
        planned: what the rule said.
        why: what stood there, such as `Christmas Day`; empty when it has not been moved.
    """

    at: datetime | None
    planned: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Blackout:
    """Days without sends.

    Attributes:
        countries: ISO 3166 codes whose public holidays count, with a part where that matters: BE, FR, DE-BY.
        dates: further days.
        move: what becomes of occurrences on them.
    """

    countries: tuple[str, ...] = ()
    dates: frozenset[date] = frozenset()
    move: Move = Move.AFTER

    def reason(self, day: date, language: str = "en") -> str:
        """Why nothing goes out on `day`: the holiday's name, `Closed`, or "" for a day like others."""
        for country in self.countries:
            name = _holidays(country, day.year, language).get(day)
            if name:
                return name
        return "Closed" if day in self.dates else ""

    def touches(self, first: date, last: date) -> bool:
        """Whether there is any such day from `first` to `last`."""
        if any(first <= day <= last for day in self.dates):
            return True
        years = range(first.year, last.year + 1)
        return any(
            first <= day <= last
            for country in self.countries
            for year in years
            for day in _holidays(country, year, "en")
        )

    def moved(self, local: datetime, language: str = "en") -> Moved:
        """Where an occurrence at this wall-clock time goes: the same time on a working day before or after, or nowhere.

        A working day is one from Monday to Friday that is no blackout itself. What falls on another day, a Saturday too, stays.
        """
        why = self.reason(local.date(), language)
        if not why:
            return Moved(local, local)
        if self.move is Move.SKIP:
            return Moved(None, local, why)
        step = _DAY if self.move is Move.AFTER else -_DAY
        at = local + step
        while abs(at - local) <= REACH:
            if at.weekday() < _SATURDAY and not self.reason(at.date()):
                return Moved(at, local, why)
            at += step
        return Moved(None, local, why)


NO_BLACKOUT = Blackout()


def check_country(code: str) -> str:
    """The code itself.

    Raises:
        ContentRefused: no holidays are known of this country, or it has no such part.
    """
    try:
        _holidays(code, 2027, "en")
    except (NotImplementedError, ValueError, KeyError):
        what = f"No public holidays are known of '{code}'."
        remedy = "Write the two letters of a country such as BE, or with its part such as DE-BY."
        raise ContentRefused(Problem(what, remedy)) from None
    return code


def parse_dates(text: str) -> frozenset[date]:
    """`2026-12-28`, or all days of `2026-12-24 to 2027-01-03`.

    Raises:
        ContentRefused: it is no date that exists, or the range is empty or longer than a year.
    """
    first, _, last = text.partition(" to ")
    try:
        begin = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if last else begin
    except ValueError:
        what = f"'{text}' is not a date that exists."
        raise ContentRefused(Problem(what, "Write 2026-12-28, or 2026-12-24 to 2027-01-03.")) from None
    if not timedelta() <= end - begin <= _LONGEST_RANGE:
        what = f"'{text}' ends before it begins, or goes on for more than a year."
        raise ContentRefused(Problem(what, "Write the first day, then the last: 2026-12-24 to 2027-01-03."))
    return frozenset(begin + timedelta(days=number) for number in range((end - begin).days + 1))


@lru_cache(maxsize=512)
def _holidays(country: str, year: int, language: str) -> dict[date, str]:
    code, _, part = country.partition("-")
    found = holidays.country_holidays(
        code, subdiv=part or None, years=year, language=_LANGUAGES.get(language, language)
    )
    return dict(found)
