"""Zones by the name of their city, in the languages that rules are written in: "Brussels", "Bruxelles"."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location

from newsletter.core.recurrence.vocabulary import VOCABULARIES, fold

_NO_PLACES = {"Factory", "localtime"}


def zone_called(name: str) -> str | None:
    """The zone of a city, or with this name in the IANA database; small and capital letters are one. None if there is none.

    `Brussels time`, `heure de Bruxelles` and `Brussels` are the same.
    """
    folded = fold(name)
    for before, after in (
        ("", " time"),
        ("heure de ", ""),
        ("heure d'", ""),
        ("heure du ", ""),
        ("heure ", ""),
        ("in ", ""),
        ("", ""),
    ):
        if folded.startswith(before) and folded.endswith(after):
            found = _zones().get(folded.removeprefix(before).removesuffix(after))
            if found:
                return found
    return None


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Zones by their folded names and cities (CLDR). A city's name that two zones have goes to the first."""
    known = available_timezones() - _NO_PLACES
    usual = sorted(known & set(get_global("zone_territories")))
    zones: dict[str, str] = {}
    for language in VOCABULARIES:
        for name in usual:
            city = get_timezone_location(name, locale=Locale.parse(language), return_city=True)
            zones.setdefault(fold(city.rsplit("/", 1)[-1]), name)
    for name in (*usual, *sorted(known)):
        zones.setdefault(fold(name.rsplit("/", 1)[-1].replace("_", " ")), name)
    return zones | {fold(name): name for name in known}
