"""Tokens of a sentence: numbers, months, weekdays, times, zones and the words between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.languages import LANGUAGES, MONTHS, WEEKDAYS, any_of
from newsletter.core.deadline_finder.zones import CODE_PATTERN, SaidZone, fixed_zone, named_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_NOON_HOUR, _LAST_HOUR, _LAST_MINUTE = 12, 23, 59


class Kind(StrEnum):
    """What a token is; `PLAIN` is a date in figures."""

    PLAIN = "plain"
    NUMBER = "number"
    MONTH = "month"
    WEEKDAY = "weekday"
    CLOCK = "clock"
    ZONE = "zone"
    DASH = "dash"
    COMMA = "comma"
    OPEN = "open"
    CLOSE = "close"
    WORD = "word"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day; `doubt` is what a person must decide about it. 24:00 and the word midnight are the last minute."""

    hour: int
    minute: int
    doubt: str = ""
    is_time: bool = True


@dataclass(frozen=True, slots=True)
class Figures:
    """A date in figures; the parts in the order year, month, day. `year` is None when none is written."""

    year: int | None
    month: int
    day: int
    doubt: str = ""
    clock: Clock | None = None
    zone: SaidZone | None = None
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a sentence; `word` is it in small letters, `value` what it means by its kind.

    Attributes:
        ordinal: a number that is written as one: 1st, 1er.
        small: it begins with a small letter in the text.
    """

    kind: Kind
    start: int
    end: int
    word: str
    value: object = None
    ordinal: bool = False
    small: bool = False


def _names(names: Iterable[str]) -> str:
    return "|".join(re.escape(name).replace(r"\ ", r"\s") for name in sorted(names, key=len, reverse=True))


def _numbered(pattern: str, number: int) -> str:
    """The pattern with its groups named for `number`, so that many stand in one."""
    return re.sub(r"\(\?P<(\w+)>", rf"(?P<\g<1>{number}>", pattern)


_DIGIT = re.compile(r"\d")
_MONTH_NAMES = frozenset(MONTHS)
_CLOCKS = [pattern for language in LANGUAGES for pattern in language.clocks]
_ZONES = [pattern for language in LANGUAGES for pattern in language.zones]
_LOCAL = "|".join(language.local for language in LANGUAGES)
_ORDINALS = "|".join(language.ordinals for language in LANGUAGES)
_MONTH = rf"(?:{_names(MONTHS)})"
_FREE = r"(?<![\w/+])(?<!\d[.,-])"  # not in the middle of a number, a version or a name of a file
_LETTERS = r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*"
_FREE_CLOCK = r"(?<![\w/+])(?<!\d[.,])"  # a time may follow on another: 11:00-12:00
_ISO = (
    r"(?P<iso>(?<![\w./+-])(?P<iy>\d{4})-(?P<im>\d{2})-(?P<id>\d{2})(?:T(?P<ih>\d{2}):(?P<in>\d{2})(?::\d{2}(?:\.\d+)?)?"
    r"(?P<iz>Z|[+-]\d{2}:?\d{2})?)?(?![\w]|[-/]\d))"
)
_IN_FIGURES = (
    _ISO,
    rf"(?P<big>{_FREE}(?P<by>\d{{4}})/(?P<bm>\d{{1,2}})/(?P<bd>\d{{1,2}})(?![\w/]|[.,-]\d))",
    rf"(?P<full>{_FREE}(?P<fa>\d{{1,2}})(?P<fs>[/.-])(?P<fb>\d{{1,2}})(?P=fs)(?P<fy>\d{{4}}|\d{{2}})(?![\w/]|[.,-]\d))",
    rf"(?P<mixed>{_FREE}(?P<xd>\d{{1,2}})[-/](?P<xm>{_MONTH})[-/](?P<xy>\d{{4}}|\d{{2}})(?![\w/-]))",
    *(rf"(?P<clock{n}>{_FREE_CLOCK}{_numbered(pattern, n)})" for n, pattern in enumerate(_CLOCKS)),
    rf"(?P<short>{_FREE}(?P<sa>\d{{1,2}})/(?P<sb>\d{{1,2}})(?![\w/%]|[.,-]\d))",
    rf"(?P<number>(?<!\w)(?<!\d[.,])(?P<digits>\d+)(?P<suffix>{_ORDINALS}|\s(?:er|st|nd|rd|th))?(?!\w))",
)
_IN_LETTERS = (
    rf"(?P<code>(?<!\w)(?:{CODE_PATTERN})(?!\w))",
    *(rf"(?P<zone{n}>(?<!\w){_numbered(pattern, n)})" for n, pattern in enumerate(_ZONES)),
    rf"(?P<local>(?<!\w)(?:{_LOCAL})(?!\w))",
    rf"(?P<word>(?<!\w){_LETTERS}(?:['-]{_LETTERS})*'?)",
)
# What begins with a figure is only tried at figures, and so on: most signs of a text are letters.
_PARTS = (
    rf"(?=\d)(?:{'|'.join(_IN_FIGURES)})",
    rf"(?=[^\W\d_])(?:{'|'.join(_IN_LETTERS)})",
    r"(?P<century>'(?P<yy>\d{2})(?!\w))",
    r"(?P<dash>[-–—−→])",
    r"(?P<comma>,)",
    r"(?P<open>\()",
    r"(?P<close>\))",
    r"(?P<other>\S)",
)
_TOKEN = re.compile("|".join(_PARTS), re.IGNORECASE)
_NOONS, _MIDNIGHTS = any_of("noon"), any_of("midnight")
# Most sentences are done with after this look: they have no figure, or no month beside it.
_FIGURES = re.compile(r"\d[./-]\d|\d[-/][^\W\d_]")
_WORDS = re.compile(r"[^\s\d.,;:()/*_|'’–-]+")


def is_hopeful(words: str) -> bool:
    """Whether a date might stand in these words."""
    if _DIGIT.search(words) is None:
        return False
    return _FIGURES.search(words) is not None or not _MONTH_NAMES.isdisjoint(_WORDS.findall(words.lower()))


def tokens(words: str) -> list[Token]:
    """The tokens of a sentence, spaces left out."""
    return [token for found in _TOKEN.finditer(words) for token in _token(found)]


_SIMPLE = {name: Kind(name) for name in ("dash", "comma", "open", "close", "other")}


def _word(found: re.Match[str]) -> Token:
    """A word, with what it means if it is the name of a month or a day, noon or midnight."""
    word, start, end = found[0].lower(), found.start(), found.end()
    if word in MONTHS:
        return Token(Kind.MONTH, start, end, word, MONTHS[word], small=found[0][0].islower())
    if word in WEEKDAYS:
        return Token(Kind.WEEKDAY, start, end, word, WEEKDAYS[word])
    if word in _NOONS:
        return Token(Kind.CLOCK, start, end, word, Clock(_NOON_HOUR, 0))
    if word in _MIDNIGHTS:
        return Token(Kind.CLOCK, start, end, word, Clock(_LAST_HOUR, _LAST_MINUTE, "midnight: which day"))
    return Token(Kind.WORD, start, end, word)


def _token(found: re.Match[str]) -> list[Token]:
    name = found.lastgroup or ""  # of the outermost group, as that one closes last
    if name == "word":
        return [_word(found)]
    start, end, word = found.start(), found.end(), found[0].lower()
    if name in _SIMPLE:
        return [Token(_SIMPLE[name], start, end, word)]
    if name in _READERS:
        value = _READERS[name](found)
        return [Token(_KINDS[name], start, end, word, value)] if value is not None else _apart(found)
    if name == "number":
        return [Token(Kind.NUMBER, start, end, word, int(found["digits"][:9]), ordinal=bool(found["suffix"]))]
    if name.startswith("clock"):
        return [Token(Kind.CLOCK, start, end, word, _clock(found, name.removeprefix("clock")))]
    if name.startswith("zone"):
        zone = named_zone(found[0], found[f"place{name.removeprefix('zone')}"])
        return [Token(Kind.ZONE, start, end, word, zone)] if zone else _apart(found)
    raise AssertionError(name)  # every group has its line above


def _apart(found: re.Match[str]) -> list[Token]:
    """What looked like something and is not: a word that no date goes across."""
    return [Token(Kind.OTHER, found.start(), found.end(), found[0].lower())]


def _clock(found: re.Match[str], number: str) -> Clock:
    known = found.re.groupindex
    minute, half = (found[part] if part in known else None for part in (f"m{number}", f"half{number}"))
    return clock_of(int(found[f"h{number}"]), int(minute or 0), (half or "").lower())


def clock_of(hour: int, minute: int, half: str = "") -> Clock:
    """A time of day from what is written; `half` is "a" or "p" for a.m. and p.m."""
    if hour > 24 or minute > _LAST_MINUTE or (hour == 24 and minute):  # noqa: PLR2004
        return Clock(_LAST_HOUR, _LAST_MINUTE, f"{hour}:{minute:02} does not exist", is_time=False)
    if half == "p" and hour < _NOON_HOUR:
        hour += _NOON_HOUR
    if half == "a" and hour == _NOON_HOUR:
        hour = 0
    if hour == 24:  # noqa: PLR2004
        return Clock(_LAST_HOUR, _LAST_MINUTE)
    return Clock(hour, minute, "" if hour or minute else "midnight: which day")


def _iso(found: re.Match[str]) -> Figures:
    clock = clock_of(int(found["ih"]), int(found["in"])) if found["ih"] else None
    zone = None
    if found["iz"]:
        zone = SaidZone("UTC", "Z") if found["iz"].upper() == "Z" else fixed_zone(found["iz"])
    return Figures(int(found["iy"]), int(found["im"]), int(found["id"]), clock=clock, zone=zone)


def _big(found: re.Match[str]) -> Figures | None:
    return _figures(int(found["by"]), int(found["bd"]), int(found["bm"]), sure=True)


def _full(found: re.Match[str]) -> Figures | None:
    first, sign, second, year = found["fa"], found["fs"], found["fb"], found["fy"]
    if sign == "." and len(year) == 2:  # noqa: PLR2004 - 3.11.26 is a version as often as a date
        return None
    whole = int(year) + (2000 if len(year) == 2 else 0)  # noqa: PLR2004
    return _figures(whole, int(first), int(second), sure=sign == ".")


def _mixed(found: re.Match[str]) -> Figures:
    year = int(found["xy"])
    return Figures(year + (0 if year > 99 else 2000), MONTHS[found["xm"].lower()], int(found["xd"]))  # noqa: PLR2004


def _short(found: re.Match[str]) -> Figures | None:
    if len(found["sa"]) != 2 or len(found["sb"]) != 2:  # noqa: PLR2004 - 2/3 and 24/7 are no days
        return None
    figures = _figures(None, int(found["sa"]), int(found["sb"]), sure=False)
    return Figures(None, figures.month, figures.day, figures.doubt, weak=True) if figures else None


def _figures(year: int | None, day: int, month: int, *, sure: bool) -> Figures | None:
    """Day before month, as Europe writes; the other way round where only that is a day."""
    most = 12
    if month > most >= day >= 1 and month <= 31:  # noqa: PLR2004
        return Figures(year, day, month)
    if not 1 <= month <= most or not 1 <= day <= 39:  # noqa: PLR2004 - 32 is told, 57 is no day at all
        return None
    doubt = f"{day:02}/{month:02} is ambiguous" if not sure and day <= most and day != month else ""
    return Figures(year, month, day, doubt)


_READERS: dict[str, Callable[[re.Match[str]], object]] = {
    "iso": _iso,
    "big": _big,
    "full": _full,
    "mixed": _mixed,
    "short": _short,
    "code": lambda found: named_zone(found[0], None),
    "local": lambda found: SaidZone("", found[0], local=True),
    "century": lambda found: 2000 + int(found["yy"]),
}
_KINDS = {
    **dict.fromkeys(("iso", "big", "full", "mixed", "short"), Kind.PLAIN),
    **dict.fromkeys(("code", "local"), Kind.ZONE),
    "century": Kind.NUMBER,
}
