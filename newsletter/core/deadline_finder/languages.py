"""The languages that the finder reads, all of them in every text: an article quotes the other language now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.english import ENGLISH
from newsletter.core.deadline_finder.french import FRENCH

if TYPE_CHECKING:
    from newsletter.core.deadline_finder.language import Language

# A third language is a module of its own like these two, and its name here.
LANGUAGES: tuple[Language, ...] = (ENGLISH, FRENCH)

MONTHS = {name: number for language in LANGUAGES for name, number in language.months.items()}
WEEKDAYS = {name: number for language in LANGUAGES for name, number in language.weekdays.items()}
# Months after which a day may stand; "mars 12" is no French, so that 12 things happen in March.
MONTH_FIRST = frozenset(name for language in LANGUAGES if language.month_first for name in language.months)
DOUBTFUL = frozenset(name for language in LANGUAGES for name in language.doubtful)
# Those that no language knows as months only: "12 sept." is good French.
DOUBTFUL_AFTER = DOUBTFUL - {
    name for language in LANGUAGES for name in language.months if name not in language.doubtful
}


def any_of(name: str) -> frozenset[str]:
    """The words of all languages under this attribute, together."""
    return frozenset(word for language in LANGUAGES for word in getattr(language, name))


def either(name: str) -> str:
    """The patterns of all languages under this attribute, as one."""
    return "|".join(getattr(language, name) for language in LANGUAGES)
