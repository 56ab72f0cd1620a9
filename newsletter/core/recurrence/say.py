"""From a rule to its words, in English or French. What is said is read again as the same rule (`parse`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.moments import Moments
from newsletter.core.recurrence.days import (
    ALL_DAYS,
    ALL_MONTHS,
    LAST,
    SECOND_LAST,
    WORKING_DAYS,
    Daily,
    Monthly,
    Weekly,
)
from newsletter.core.recurrence.places import zone_called
from newsletter.core.recurrence.vocabulary import ENGLISH, FRENCH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from newsletter.core.recurrence.rule import Recurrence
    from newsletter.core.wording import Catalogue


def say_recurrence(recurrence: Recurrence, catalogue: Catalogue) -> str:
    """`first Tuesday of the month at 9:30, Brussels time`, in the catalogue's language; in English where we do not know it."""
    phrases = _French() if catalogue.language == "fr" else _English()
    moments = Moments(catalogue)
    times = [phrases.at(moments.clock(at)) for at in recurrence.times]
    text = f"{phrases.days(recurrence)} {phrases.listed(times)}"
    if recurrence.zone:
        city = moments.zone(recurrence.zone)
        text += f", {city if zone_called(city) == recurrence.zone else recurrence.zone}"
    if recurrence.since:
        text += f" {phrases.since} {phrases.date(recurrence.since)}"
    if recurrence.until:
        text += f" {phrases.until}{phrases.date(recurrence.until)}"
    return text


class _English:
    """How the parts of a rule are said in English; another language says the same in its own way."""

    words = ENGLISH
    both = " and "
    since = "from"
    until = "until "
    every_day = "every day"
    every_working_day = "every weekday"
    of_month = "of the month"

    def days(self, recurrence: Recurrence) -> str:
        """On which days."""
        days = recurrence.days
        if isinstance(days, Monthly):
            return self.monthly(days)
        if isinstance(days, Daily):
            return self.every_day if days.every == 1 else self.every_days(days.every)
        if days.every > 1:
            return self.every_weeks(days)
        if days.weekdays == WORKING_DAYS:
            return self.every_working_day
        return self.weekly(days)

    def every_days(self, every: int) -> str:
        return "every second day" if every == 2 else f"every {every} days"  # noqa: PLR2004 - "second" is 2

    def weekly(self, days: Weekly) -> str:
        return f"every {self.weekdays(days)}"

    def every_weeks(self, days: Weekly) -> str:
        if days.every == 2 and len(days.weekdays) == 1:  # noqa: PLR2004 - "second" is 2
            return f"every second {self.weekdays(days)}"
        return f"every {days.every} weeks on {self.weekdays(days)}"

    def monthly(self, days: Monthly) -> str:
        if days.weekdays == ALL_DAYS and days.months != ALL_MONTHS and min(days.places) > 0:
            return f"every {self.dated(days)}"
        if days.weekdays == ALL_DAYS and min(days.places) > 0:
            return f"the {self.listed(self.numbered(place) for place in days.places)} of each month"
        kind = self.kind_of_day(days)
        places = self.listed(self.ordinal(place) for place in days.places)
        return f"{places} {kind} {self.of_month if days.months == ALL_MONTHS else self.of(days)}"

    def dated(self, days: Monthly) -> str:
        return f"{self.listed(str(place) for place in days.places)} {self.months(days)}"

    def of(self, days: Monthly) -> str:
        return f"of {self.months(days)}"

    def at(self, clock: str) -> str:
        return f"at {clock}"

    def date(self, day: date) -> str:
        return f"{day.day} {self.words.months[day.month - 1]} {day.year:04}"

    def kind_of_day(self, days: Monthly) -> str:
        if days.weekdays == ALL_DAYS:
            return self.words.day
        return self.words.working_day if days.weekdays == WORKING_DAYS else self.weekdays(days)

    def ordinal(self, place: int) -> str:
        """`first`, `6th`, `last`."""
        if place < 0:
            return {LAST: "last", SECOND_LAST: "second-last"}[place]
        return self.words.ordinals[place - 1] if place <= len(self.words.ordinals) else self.numbered(place)

    def numbered(self, place: int) -> str:
        """`15th`."""
        ending = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th") if place // 10 != 1 else "th"
        return f"{place}{ending}"

    def weekdays(self, days: Weekly | Monthly) -> str:
        return self.listed(self.words.weekdays[day] for day in days.weekdays)

    def months(self, days: Monthly) -> str:
        return self.listed(self.words.months[month - 1] for month in days.months)

    def listed(self, items: Iterable[str]) -> str:
        *most, last = items
        return f"{', '.join(most)}{self.both}{last}" if most else last


class _French(_English):
    words = FRENCH
    both = " et "
    since = "à partir du"
    until = "jusqu’au "
    every_day = "tous les jours"
    every_working_day = "tous les jours ouvrés"
    of_month = "du mois"

    def every_days(self, every: int) -> str:
        return "un jour sur deux" if every == 2 else f"tous les {every} jours"  # noqa: PLR2004 - "deux" is 2

    def weekly(self, days: Weekly) -> str:
        return f"tous les {self.listed(f'{self.words.weekdays[day]}s' for day in days.weekdays)}"

    def every_weeks(self, days: Weekly) -> str:
        if days.every == 2 and len(days.weekdays) == 1:  # noqa: PLR2004 - "deux" is 2
            return f"un {self.weekdays(days)} sur deux"
        listed = self.listed(f"le {self.words.weekdays[day]}" for day in days.weekdays)
        return f"toutes les {'deux' if days.every == 2 else days.every} semaines, {listed}"  # noqa: PLR2004 - the same

    def monthly(self, days: Monthly) -> str:
        if days.weekdays == ALL_DAYS and min(days.places) > 0:
            article = "le" if len(days.places) == 1 else "les"
            numbered = self.listed(self.numbered(place) for place in days.places)
            if days.months == ALL_MONTHS:
                return f"{article} {numbered} de chaque mois"
            return f"{'chaque' if article == 'le' else article} {numbered} {self.months(days)}"
        return super().monthly(days)

    def of(self, days: Monthly) -> str:
        first = self.words.months[days.months[0] - 1]
        return f"{'d’' if first[0] in 'ao' else 'de '}{self.months(days)}"

    def at(self, clock: str) -> str:
        return f"à {clock}"

    def date(self, day: date) -> str:
        return f"{self.numbered(day.day)} {self.words.months[day.month - 1]} {day.year:04}"

    def ordinal(self, place: int) -> str:
        return {LAST: "dernier", SECOND_LAST: "avant-dernier"}.get(place) or super().ordinal(place)

    def numbered(self, place: int) -> str:
        return "1er" if place == 1 else str(place)
