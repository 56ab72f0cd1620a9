"""The time zones to choose from, as people know them: cities by continent, in their language (Unicode CLDR)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from newsletter.core.moments import Moments
from newsletter.core.wording import Catalogue

# What stands before the first slash, and the territory of CLDR (UN M49) that is called so; islands of the other oceans
# stand behind.
_CONTINENTS = {
    "Europe": "150",
    "Africa": "002",
    "America": "019",
    "Asia": "142",
    "Pacific": "009",
    "Australia": "009",
}


def is_zone(name: str) -> bool:
    """Whether a form may name this zone."""
    return name in _zones()


@lru_cache(maxsize=16)
def zone_groups(catalogue: Catalogue) -> dict[str, list[tuple[str, str]]]:
    """Name and city of every zone by continent, each in the order of the alphabet."""
    moments = Moments(catalogue)
    groups: dict[str, list[tuple[str, str]]] = {
        _continent(code, moments.locale): [] for code in _CONTINENTS.values()
    }
    elsewhere = groups[catalogue.gettext("Elsewhere")] = []
    for name in _zones():
        code = _CONTINENTS.get(name.partition("/")[0])
        group = groups[_continent(code, moments.locale)] if code else elsewhere
        group.append((name, moments.city(name)))
    return {name: sorted(group, key=lambda one: _bare(one[1])) for name, group in groups.items()}


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Those that CLDR names a territory for and this machine knows: none twice under another name."""
    named = {name for name in get_global("zone_territories") if "/" in name and not name.startswith("Etc/")}
    return frozenset(named & available_timezones())


def _continent(code: str, locale: Locale) -> str:
    return str(locale.territories[code])


def _bare(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
