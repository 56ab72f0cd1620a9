"""Time zones as texts name them: "Brussels time", "heure de Paris", CET, UTC+2, AoE."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from newsletter.core.deadline_finder.languages import LANGUAGES
from newsletter.core.wallclock import zone_named

ANYWHERE_ON_EARTH = "Etc/GMT+12"
_HOUR = timedelta(hours=1)
# The hours to UTC that an abbreviation says, and a zone whose wall shows it.
_CODES = {
    "CET": (1, "Europe/Brussels"),
    "CEST": (2, "Europe/Brussels"),
    "MEZ": (1, "Europe/Berlin"),
    "WET": (0, "Europe/Lisbon"),
    "WEST": (1, "Europe/Lisbon"),
    "EET": (2, "Europe/Athens"),
    "EEST": (3, "Europe/Athens"),
    "BST": (1, "Europe/London"),
    "EST": (-5, "America/New_York"),
    "EDT": (-4, "America/New_York"),
    "PST": (-8, "America/Los_Angeles"),
    "PDT": (-7, "America/Los_Angeles"),
}
_UTC = {"UTC", "GMT", "Z", "TU", "UT"}
# Offsets that are no whole hours, and a zone that has them all year.
_ODD = {
    timedelta(hours=3, minutes=30): "Asia/Tehran",
    timedelta(hours=4, minutes=30): "Asia/Kabul",
    timedelta(hours=5, minutes=30): "Asia/Kolkata",
    timedelta(hours=5, minutes=45): "Asia/Kathmandu",
    timedelta(hours=6, minutes=30): "Asia/Yangon",
    timedelta(hours=9, minutes=30): "Australia/Darwin",
}
CODE_PATTERN = (
    r"(?-i:(?:UTC|GMT)\s?[+\-−–]\s?\d{1,2}(?::?[0-5]\d)?(?!\d)|(?:C?E?|W|E)EST\b|CE?T\b|C?ES?T\b|EDT\b|WET\b|EET\b|BST\b|PST\b|PDT\b"
    r"|MEZ\b|UTC\b|GMT\b|AoE\b)|anywhere\son\searth(?:\s\(AoE\))?"
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+\-−–])\s?(\d{1,2}):?(\d{2})?")


@dataclass(frozen=True, slots=True)
class SaidZone:
    """A zone that a text names.

    Attributes:
        name: IANA name.
        offset: the offset to UTC that the words say, when they say one.
        words: as they stand.
        local: it says "local time" and not of which place; the name is empty then.
    """

    name: str
    words: str
    offset: timedelta | None = None
    local: bool = False

    def at(self, wall: datetime, usual: str) -> tuple[str, bool]:
        """The zone's name at a wall-clock time, and whether the offset that was said is the one in force there then.

        The office's own zone is preferred when it shows the same: who writes CET in Paris means the wall in Paris. "CET" in
        summer is a slip for the wall-clock time, as everybody there looks at the same clock.

        Args:
            usual: IANA name of the office's zone.
        """
        if self.offset is None or not self.name:
            return self.name or usual, True
        own = (
            _offset(wall, usual) == self.offset
            and self.name.startswith("Europe/")
            and usual.startswith("Europe/")
        )
        if own:
            return usual, True
        return self.name, _offset(wall, self.name) == self.offset


def named_zone(words: str, place: str | None) -> SaidZone | None:
    """The zone of a code (CET, UTC+2, AoE) or a place ("Brussels"); None when nobody knows it."""
    if place is not None:
        name = _places().get(place.lower()) or _places().get(place.lower().rpartition(" ")[2])
        return SaidZone(name, words) if name else None
    code = words.upper()
    if code.startswith(("AOE", "ANYWHERE")):
        return SaidZone(ANYWHERE_ON_EARTH, words)
    if code in _UTC:
        return SaidZone("UTC", words)
    if code in _CODES:
        hours, name = _CODES[code]
        return SaidZone(name, words, hours * _HOUR)
    return fixed_zone(words)


def fixed_zone(words: str) -> SaidZone | None:
    """The zone of an offset: `UTC+2`, `+02:00`. IANA writes these the other way round, Etc/GMT-2."""
    found = _OFFSET.fullmatch(words.strip())
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0)) * (1 if found[1] == "+" else -1)
    hours, rest = divmod(offset, _HOUR)
    if rest:
        name = _ODD.get(offset)
    elif -12 <= hours <= 14:  # noqa: PLR2004 - as far as the sun goes
        name = f"Etc/GMT{-hours:+d}" if hours else "UTC"
    else:
        name = None
    return SaidZone(name, words, offset) if name else None


def _offset(wall: datetime, zone: str) -> timedelta | None:
    return wall.replace(tzinfo=zone_named(zone)).utcoffset()


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    """Zones by the cities that CLDR names, in small letters, in every language."""
    places = {
        zone.rpartition("/")[2].replace("_", " ").lower(): zone
        for zone in get_global("zone_territories")
        if "/" in zone
    }
    for language in LANGUAGES:
        for zone, about in Locale.parse(language.code).time_zones.items():
            if "city" in about:
                places[about["city"].lower()] = zone
    for language in LANGUAGES:
        places |= language.places
    return places
