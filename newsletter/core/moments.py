"""Dates and times as people say them, in the reader's language. Names of days, months and cities come from Unicode CLDR."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, get_timezone_location
from babel.lists import format_list

from newsletter.core.wallclock import to_instant, to_local

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, time

    from newsletter.core.wording import Catalogue

NBSP = "\u00a0"
_NOON = 12
# English here is European: day before month, hours from 0 to 23.
_LOCALES = {"en": "en_GB"}
# Before these a French "de" loses its vowel; "Le" of a city's name melts into it (le Caire, du Caire).
_FRENCH = (
    (re.compile(r"\b(d)e[ \u00a0](?=[AEIOUYÀÂÉÈÊËÎÏÔŒÙÛÜ]|Helsinki\b)"), "\\1’"),
    (re.compile(r"\bde([ \u00a0])Le[ \u00a0]"), "du\\1"),
    (re.compile(r"\bà([ \u00a0])Le[ \u00a0]"), "au\\1"),
)


@dataclass(frozen=True, slots=True)
class Moments:
    """Says dates and times in one language.

    Wall-clock times are given without tzinfo and named with their zone: a time whose zone is not said is a trap.
    The space before a month, those inside a time and the one in "Brussels time" do not break.
    """

    catalogue: Catalogue

    @property
    def locale(self) -> Locale:
        """The CLDR locale of the language; European English where CLDR does not know it."""
        return _locale(self.catalogue.language)

    def weekday(self, day: date) -> str:
        """`Tuesday`, `mardi`."""
        return format_date(day, "EEEE", self.locale)

    def month(self, day: date) -> str:
        """`October 2021`."""
        return format_skeleton("yMMMM", day, locale=self.locale)

    def month_alone(self, day: date, most: int) -> str:
        """`October`; cut short, `Sept.`, where it has more than `most` letters."""
        name = format_date(day, "LLLL", self.locale)
        if len(name) <= most:
            return name
        cut = format_date(day, "LLL", self.locale)
        return cut if cut.endswith(".") else f"{cut}."

    def day(self, day: date) -> str:
        """`19 October`, `1er octobre`."""
        return self._firm(format_skeleton("MMMMd", day, locale=self.locale))

    def long(self, day: date) -> str:
        """`19 October 2021`."""
        return self._firm(format_date(day, "long", self.locale))

    def short(self, day: date) -> str:
        """`19 Sept.`: the month cut short, with the full stop that tells so."""
        text = self._firm(format_skeleton("MMMd", day, locale=self.locale))
        cut = self.locale.language == "en" and format_date(day, "MMMM", self.locale) not in text
        return f"{text}." if cut else text

    def clock(self, at: time) -> str:
        """`9:30`, `9 h 30`, `18 h`."""
        values = {"hour": at.hour, "minute": f"{at.minute:02}"}
        gettext = self.catalogue.gettext
        return gettext("{hour}:{minute}", **values) if at.minute else gettext("{hour}:00", **values)

    def hour(self, at: time) -> str:
        """As `clock`, and noon says that it is noon: `12:00 noon`, `12 h (midi)`."""
        clock = self.clock(at)
        is_noon = at.hour == _NOON and at.minute == 0
        return self.catalogue.gettext("{time} noon", time=clock).replace(" ", NBSP) if is_noon else clock

    def hours(self, at: datetime, until: datetime | None) -> str:
        """`9:30 to 12:30`, `de 9 h 30 à 12 h 30`; one time when there is no end, with the date of an end on another day."""
        if until is None:
            return self.hour(at.time())
        times = {"start": self.clock(at.time()), "end": self.clock(until.time())}
        if until.date() != at.date():
            return self.catalogue.gettext("{start} to {end} on {date}", **times, date=self.day(until))
        return self.catalogue.gettext("{start} to {end}", **times)

    def zone(self, name: str) -> str:
        """`Brussels time`, `heure d’Athènes`, `UTC`."""
        if "/" not in name:
            return name
        before, _, last = self._contracted(
            self.catalogue.gettext("{city} time", city=self.city(name))
        ).rpartition(" ")
        return f"{before}{NBSP}{last}" if before else last

    def city(self, zone: str) -> str:
        """The city that the zone is named for, as CLDR calls it in this language."""
        found = get_timezone_location(zone, locale=self.locale, return_city=True)
        return found.rsplit("/", 1)[-1].replace(" ", NBSP)

    def elsewhere(self, at: datetime, zone: str, others: Iterable[str], most: int = 2) -> tuple[str, ...]:
        """The same instant in other cities, at most `most`: `11:00 in Lisbon`.

        A zone whose clocks show the same says nothing new and is left out; another day is named.
        """
        instant = to_instant(at, zone)
        told = []
        for other in others:
            local = to_local(instant, other)
            if local == at:
                continue
            clock = self.clock(local.time())
            if local.date() != at.date():
                clock = f"{self.weekday(local)} {clock}"
            told.append(
                self._contracted(
                    self.catalogue.gettext("{time} in {city}", time=clock, city=self.city(other))
                )
            )
        return tuple(told[:most])

    def when(self, at: datetime, zone: str) -> str:
        """`15 November 2021, 18:00, Lisbon time`."""
        return f"{self.long(at)}, {self.hour(at.time())}, {self.zone(zone)}"

    def row(self, at: datetime, until: datetime | None, zone: str) -> str:
        """`Tuesday, 12:00 noon, Brussels time`: beside a date."""
        return f"{self.weekday(at)}, {self.hours(at, until)}, {self.zone(zone)}"

    def full(self, at: datetime, until: datetime | None, zone: str) -> str:
        """`Thursday 4 November 2021, 9:30 to 12:30, Brussels time`, inside a sentence."""
        day = self.catalogue.gettext("{weekday} {date}", weekday=self.weekday(at), date=self.long(at))
        return f"{day}, {self.hours(at, until)}, {self.zone(zone)}"

    def line(self, at: datetime, until: datetime | None, zone: str) -> str:
        """The same at the beginning of one."""
        text = self.full(at, until, zone)
        return text[:1].upper() + text[1:]

    def days_left(self, days: int) -> str:
        """`42 days left`, `1 day left`, `Closes today`."""
        if days <= 0:
            return self.catalogue.gettext("Closes today")
        return self.catalogue.ngettext("{days} day left", "{days} days left", days, days=days)

    def counted(self, day: date) -> str:
        """`counted on 7 September`: a number of days is only true on the day it was counted."""
        return self.catalogue.gettext("counted on {date}", date=self.day(day))

    def listed(self, items: Iterable[str]) -> str:
        """`30, 7 and 1`."""
        return format_list(list(items), locale=self.locale)

    def _firm(self, text: str) -> str:
        if self.locale.language == "fr":
            text = re.sub(r"^1(?= )", "1er", text)
        return text.replace(" ", NBSP, 1)

    def _contracted(self, text: str) -> str:
        if self.locale.language == "fr":
            for pattern, replacement in _FRENCH:
                text = pattern.sub(replacement, text)
        return text


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(_LOCALES.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")
