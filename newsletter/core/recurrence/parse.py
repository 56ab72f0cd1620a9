"""From words to a rule: the clauses are taken off one by one (until, since, time, zone), what is left says which days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches

from newsletter.core.recurrence.days import (
    ALL_DAYS,
    ALL_MONTHS,
    WORKING_DAYS,
    Daily,
    Days,
    Monthly,
    Weekly,
)
from newsletter.core.recurrence.places import zone_called
from newsletter.core.recurrence.rule import Recurrence
from newsletter.core.recurrence.vocabulary import VOCABULARIES, Vocabulary, fold
from newsletter.core.refusal import ContentRefused, Problem

EXAMPLES = (
    "every weekday at 9:30",
    "first Tuesday of the month at 09:30, Brussels time",
    "every second Monday at 9:00 from 4 January 2027",
    "last working day of the month at 10:00",
    "every 15 March at 8:00",
    "premier mardi du mois à 9 h 30, heure de Bruxelles",
)
USUAL_TIME = time(9)
"""When a rule fires that names no time of day. What it says of itself always names it."""
_LONGEST = 300
_CLOCK = (
    r"(?:\d{1,2} ?h(?: ?\d{2})?|\d{1,2}[:.]\d{2}(?: ?[ap]\.?m\b\.?)?|\d{1,2} ?[ap]\.?m\b\.?"
    r"|(?:12 ?h \(midi\)|12:00 noon|noon|midi|midnight|minuit))"
)
_CLOCK_PARTS = re.compile(r"(?P<hour>\d{1,2})(?: ?[h:.] ?(?P<minute>\d{2}))? ?h?(?: ?(?P<half>[ap])\.?m\.?)?")
_DATE = r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}(?:er|st|nd|rd|th)? \w+ \d{4})"
_DATE_PARTS = re.compile(r"(?P<day>\d{1,2})(?:er|st|nd|rd|th)? (?P<month>\w+) (?P<year>\d{4})")
_NOON = 12


@dataclass(frozen=True, slots=True)
class _Clauses:
    """A phrase taken apart, all folded."""

    days: str
    times: tuple[str, ...]
    zone: str
    since: str
    until: str


def parse_recurrence(text: str, *, since: date | None = None, until: date | None = None) -> Recurrence:
    """Read a rule of time in English or French.

    Args:
        text: such as one of `EXAMPLES`.
        since: its first day where the words name none ("from 4 January 2027", "à partir du 4 janvier 2027").
        until: its last day, included, where the words name none.

    Raises:
        ContentRefused: it is not understood (the problem says what of it), names a date or a zone that does not exist, or
            never fires.
    """
    if not text.strip() or len(text) > _LONGEST:
        raise _refused("This is not a rule of time.")
    readings = [_Reading(text, vocabulary) for vocabulary in VOCABULARIES.values()]
    understood = [reading for reading in readings if reading.days is not None]
    if not understood:
        nearest = min(readings, key=lambda reading: len(reading.strangers))
        raise _refused(nearest.complaint())
    return understood[0].recurrence(since, until)


class _Reading:
    """A phrase as one language reads it."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text, self.words = text.strip(), vocabulary
        self.clauses = _taken_apart(fold(text), vocabulary)
        self.days = self._days()

    def recurrence(self, since: date | None, until: date | None) -> Recurrence:
        """The rule, checked."""
        days, clauses = self.days, self.clauses
        since = self._date(clauses.since) if clauses.since else since
        until = self._date(clauses.until) if clauses.until else until
        times = {_time(clock) for clock in clauses.times} or {USUAL_TIME}
        zone = zone_called(clauses.zone) if clauses.zone else ""
        if zone is None:
            raise _refused(f"'{clauses.zone}' is not a city or a time zone that is known.")
        if days is None or (not isinstance(days, Monthly) and days.every > 1 and since is None):
            what = f"'{self.text}': it is not said from which day on this is counted."
            raise ContentRefused(Problem(what, "Add the first day: 'from 4 January 2027'."))
        found = Recurrence(days, tuple(sorted(times)), zone, since, until)
        self._refuse_never(found)
        return found

    def _refuse_never(self, found: Recurrence) -> None:
        impossible = found.days.impossible_day() if isinstance(found.days, Monthly) else None
        if impossible:
            day, month = impossible
            raise _refused(f"{day} {self.words.months[month - 1]} does not exist in any year.")
        if found.since and found.until and found.until < found.since:
            what = f"'{self.text}' never fires: it ends on {found.until} before it begins on {found.since}."
            raise ContentRefused(Problem(what, "Exchange the two days, or leave the last one away."))
        if found.first() is None:
            what = f"'{self.text}' never fires."
            raise ContentRefused(Problem(what, "Look at its days and at its first and last day."))

    def _days(self) -> Days | None:
        phrase = self.clauses.days
        for turn, replacement in self.words.rewritten:
            phrase = re.sub(rf"^{turn}$", replacement, phrase)
        for kind, pattern in self.words.phrases:
            found = pattern.fullmatch(phrase)
            if found:
                return self._built(kind, found.groupdict())
        return None

    def _built(self, kind: str, found: dict[str, str | None]) -> Days | None:
        weekdays = _numbers(found.get("weekdays"), self.words.weekday_numbers)
        every = self._number(found["n"]) if found.get("n") else 1
        if every < 1:
            return None
        if kind in {"daily", "every_days"}:
            return Daily(every)
        if kind == "working":
            return Weekly(WORKING_DAYS)
        if kind in {"weekly", "every_weeks"}:
            return Weekly(weekdays, every)
        places = self._places(found["places"] or "")
        months = _numbers(found.get("months"), self.words.month_numbers) or ALL_MONTHS
        return Monthly(places, self._kind_of_day(found.get("of")), months) if places else None

    def _number(self, word: str | None) -> int:
        digits = re.match(r"\d+", word or "")
        return int(digits[0]) if digits else self.words.counted[word or ""]

    def _places(self, phrase: str) -> tuple[int, ...]:
        numbers = self.words.place_numbers
        words = "|".join(re.escape(word) for word in sorted(numbers, key=len, reverse=True))
        places = {
            numbers.get(word) or int(re.sub(r"\D", "", word))
            for word in re.findall(rf"\b(?:{words}|\d{{1,2}})(?=\W|\d*[a-z]*)", phrase)
        }
        if not all(place in range(-2, 32) and place for place in places):
            return ()
        return tuple(sorted(places, key=lambda place: (place < 0, place)))

    def _kind_of_day(self, word: str | None) -> tuple[int, ...]:
        if word is None or word.rstrip("s") == fold(self.words.day):
            return ALL_DAYS
        number = self.words.weekday_numbers.get(word)
        return WORKING_DAYS if number is None else (number,)

    def _date(self, phrase: str) -> date:
        parts = _DATE_PARTS.fullmatch(phrase)
        try:
            if not parts:
                return date.fromisoformat(phrase)
            month = self.words.month_numbers.get(parts["month"])
            return date(int(parts["year"]), month or 0, int(parts["day"]))
        except ValueError:
            raise _refused(f"'{phrase}' is not a date that exists.") from None

    @property
    def strangers(self) -> list[str]:
        """Words of the part about days that this language does not use in a rule."""
        known = self._vocabulary()
        return [word for word in re.findall(r"[^\W\d]+", self.clauses.days) if word not in known]

    def _vocabulary(self) -> set[str]:
        words = self.words
        known = {*words.weekday_numbers, *words.month_numbers, *words.place_numbers, *words.counted}
        patterns = " ".join((*(pattern for _, pattern in words.patterns), words.joints, words.working_days))
        return (
            known | set(re.findall(r"[a-z]+", patterns)) | set(words.endings.split("|")) | {fold(words.day)}
        )

    def complaint(self) -> str:
        """What was not understood."""
        if not self.strangers:
            return f"'{self.text}' is not understood as a rule of time."
        close = get_close_matches(self.strangers[0], self._vocabulary(), n=1)
        hint = f", did you mean '{close[0]}'?" if close else "."
        return f"'{self.text}' is not understood: '{self.strangers[0]}' is not known here{hint}"


def _taken_apart(phrase: str, words: Vocabulary) -> _Clauses:
    phrase, until = _cut(phrase, rf",? ?\b(?:{words.until}) (?P<it>{_DATE})$")
    phrase, since = _cut(phrase, rf",? ?\b(?:{words.since}) (?P<it>{_DATE})$")
    joints = r"(?:,? (?:and|et) |, ?)"
    clocks = rf"{_CLOCK}(?:{joints}(?:{words.at} )?{_CLOCK})*"
    found = re.search(rf"(?:^|,? )(?:{words.at} )?(?P<it>{clocks})(?P<zone>(?:$|[ ,(]).*)$", phrase)
    if found:
        times = tuple(re.findall(_CLOCK, found["it"]))
        return _Clauses(
            phrase[: found.start()].strip(" ,"),
            times,
            _without_brackets(found["zone"].strip(" ,")),
            since,
            until,
        )
    before, comma, zone = phrase.rpartition(", ")
    if comma and re.fullmatch(r".+ time|heure .+|\w+/\w+|utc", zone):
        return _Clauses(before.strip(" ,"), (), zone, since, until)
    return _Clauses(phrase.strip(" ,"), (), "", since, until)


def _without_brackets(zone: str) -> str:
    return zone[1:-1].strip() if zone.startswith("(") and zone.endswith(")") else zone


def _cut(phrase: str, pattern: str) -> tuple[str, str]:
    found = re.search(pattern, phrase)
    return (phrase[: found.start()], found["it"]) if found else (phrase, "")


def _time(clock: str) -> time:
    if "midnight" in clock or "minuit" in clock:
        what = f"'{clock}' can mean the night before or after a day."
        raise ContentRefused(Problem(what, "Write 0:00 or 23:59."))
    if "noon" in clock or "midi" in clock:
        return time(_NOON)
    parts = _CLOCK_PARTS.fullmatch(clock)
    try:
        hour, minute = int(parts["hour"] if parts else "x"), int((parts and parts["minute"]) or 0)
        if parts and parts["half"]:
            hour = hour % _NOON + (_NOON if parts["half"] == "p" else 0) if 1 <= hour <= _NOON else -1
        return time(hour, minute)
    except ValueError:
        raise _refused(f"'{clock}' is not a time of day.") from None


def _numbers(phrase: str | None, numbers: dict[str, int]) -> tuple[int, ...]:
    return tuple(sorted({numbers[word] for word in re.findall(r"[^\W\d]+", phrase or "") if word in numbers}))


def _refused(what: str) -> ContentRefused:
    return ContentRefused(Problem(what, f"Write it like one of these: {'; '.join(EXAMPLES)}."))
