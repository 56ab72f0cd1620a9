"""The words of recurrences, English and French: read by `parse`, written by `say`. Another language is one more value here.

Patterns are over folded text (`fold`): small letters without accents, one space between words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """Small letters without accents, plain apostrophes, one space between words."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return _SPACES.sub(" ", "".join(letter for letter in bare if not unicodedata.combining(letter))).strip()


@dataclass(frozen=True)
class Vocabulary:
    """How one language says when.

    Attributes:
        weekdays: Monday first, as they are written in a sentence.
        months: January first.
        short: other ways to write a weekday or month, folded, by the usual one.
        ordinals: first to fifth.
        counted: words for numbers, folded: two, second.
        places: other words for places, folded: the last is -1.
        endings: what follows the digits of an ordinal.
        working_day: what a working day is called.
        working_days: every way to write it, a folded pattern.
        day: what a day is called.
        joints: between the items of a list, folded patterns.
        patterns: whole phrases by kind; N, WEEKDAYS, PLACES, OF (a kind of day) and MONTHS are put in as groups.
        rewritten: turns of phrase that are put into another form first.
        at: the word before a time of day, folded.
        since: the words before the first day, folded patterns.
        until: and before the last.
    """

    language: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    ordinals: tuple[str, ...]
    counted: dict[str, int]
    places: dict[str, int]
    endings: str
    working_day: str
    working_days: str
    day: str
    joints: str
    patterns: tuple[tuple[str, str], ...]
    at: str
    since: str
    until: str
    rewritten: tuple[tuple[str, str], ...] = ()
    short: dict[str, str] = field(default_factory=dict)

    @cached_property
    def weekday_numbers(self) -> dict[str, int]:
        """0 for Monday, by every folded way to write it."""
        numbers = {fold(name): number for number, name in enumerate(self.weekdays)}
        numbers |= {short: numbers[name] for short, name in self.short.items() if name in numbers}
        return numbers | {f"{name}s": number for name, number in numbers.items()}

    @cached_property
    def month_numbers(self) -> dict[str, int]:
        """1 for January, by every folded way to write it."""
        numbers = {fold(name): number for number, name in enumerate(self.months, 1)}
        return numbers | {short: numbers[name] for short, name in self.short.items() if name in numbers}

    @cached_property
    def place_numbers(self) -> dict[str, int]:
        """Words for places, folded; digits are read apart."""
        numbers = {fold(name): number for number, name in enumerate(self.ordinals, 1)}
        return numbers | self.places

    @cached_property
    def phrases(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """`patterns`, with the words put in."""
        joints, place = f"(?:{self.joints})", f"{_any(self.place_numbers)}|\\d{{1,2}}(?:{self.endings})?"
        parts = {
            "N": rf"(?P<n>\d{{1,3}}(?:{self.endings})?|{_any(self.counted)})",
            "WEEKDAYS": _listed("weekdays", _any(self.weekday_numbers), joints),
            "PLACES": _listed("places", place, joints),
            "OF": f"(?P<of>{_any(self.weekday_numbers)}|{self.working_days}|{fold(self.day)}s?)",
            "MONTHS": _listed("months", _any(self.month_numbers), joints),
            "WORKING": self.working_days,
        }
        put_in = re.compile(r"\b[A-Z]+\b")
        return tuple(
            (kind, re.compile(put_in.sub(lambda name: parts[name[0]], pattern)))
            for kind, pattern in self.patterns
        )


def _any(words: dict[str, int]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _listed(group: str, item: str, joints: str) -> str:
    return f"(?P<{group}>(?:{item})(?:{joints}(?:{item}))*)"


ENGLISH = Vocabulary(
    language="en",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    short={
        "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday",
        "thur": "thursday", "thurs": "thursday", "fri": "friday", "sat": "saturday", "sun": "sunday",
        "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july",
        "aug": "august", "sep": "september", "sept": "september", "oct": "october", "nov": "november",
        "dec": "december",
    },
    ordinals=("first", "second", "third", "fourth", "fifth"),
    counted={"two": 2, "second": 2, "other": 2, "three": 3, "third": 3, "four": 4, "fourth": 4},
    places={"last": -1, "second-last": -2, "second last": -2, "last but one": -2, "penultimate": -2},
    endings="st|nd|rd|th",
    working_day="working day",
    day="day",
    joints=r",? and (?:the |on )?| & |, ?(?:the )?",
    working_days="(?:working days?|work days?|weekdays?|business days?)",
    patterns=(
        ("daily", "(?:every|each) day|daily"),
        ("every_days", "every N days?"),
        ("working", "(?:(?:every|each|on) )*WORKING|(?:every |from )?monday (?:to|-) friday"),
        ("monthly", "(?:(?:every|each|on|the) )*PLACES(?: OF)? of (?:the|each|every|a) month"),
        ("monthly", "(?:(?:every|each|on|the) )*PLACES(?: OF)?(?: of)? MONTHS(?: (?:each|every) year)?"),
        ("every_weeks", "every N (?:weeks?,? (?:on )?)?WEEKDAYS"),
        ("weekly", "(?:(?:every|each|on|weekly|week) )*WEEKDAYS"),
    ),
    rewritten=(
        (r"(?:every month|each month|monthly),? on (?:the )?(.+)", r"\1 of the month"),
        (r"(?:every year|each year|yearly|annually),? on (.+)", r"\1"),
    ),
    at="at",
    since="from|starting(?: on| from)?|since|beginning(?: on)?",
    until="until|till|up to",
)  # fmt: skip

FRENCH = Vocabulary(
    language="fr",
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    short={"janv": "janvier", "fev": "fevrier", "juil": "juillet", "sept": "septembre", "oct": "octobre"},
    ordinals=("premier", "deuxième", "troisième", "quatrième", "cinquième"),
    counted={"deux": 2, "second": 2, "trois": 3, "quatre": 4},
    places={"second": 2, "dernier": -1, "avant-dernier": -2, "avant dernier": -2},
    endings="er|e|eme",
    working_day="jour ouvré",
    day="jour",
    joints=r" et (?:le |les |de |d')?|, ?(?:le |les |de |d')?",
    working_days="(?:jours? ouvres?|jours? ouvrables?|jours? de semaine)",
    patterns=(
        ("daily", "tous les jours|chaque jour|quotidiennement"),
        ("every_days", "tous les N jours"),
        ("every_days", "un jour sur N"),
        ("working", "(?:(?:tous|chaque|les|le) )*WORKING|(?:du |le )?lundi au vendredi"),
        ("monthly", "(?:(?:tous|chaque|le|les) )*PLACES(?: OF)? (?:du|de chaque|de tous les) mois"),
        ("monthly", "(?:(?:tous|chaque|le|les) )*PLACES(?: OF)? (?:de |d')?MONTHS(?: (?:de )?chaque annee)?"),
        ("every_weeks", "un WEEKDAYS sur N"),
        ("every_weeks", "tous les N WEEKDAYS"),
        ("every_weeks", "toutes les N semaines,? (?:le |les )?WEEKDAYS"),
        ("every_weeks", "une semaine sur N,? (?:le |les )?WEEKDAYS"),
        ("weekly", "(?:(?:tous|chaque|les|le|toutes|semaines|semaine) )*WEEKDAYS"),
    ),
    at="a",
    since="a partir du|a compter du|des le|depuis le",
    until="jusqu'au",
)  # fmt: skip

VOCABULARIES = {vocabulary.language: vocabulary for vocabulary in (ENGLISH, FRENCH)}
