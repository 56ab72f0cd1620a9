"""Reading one condition of a segment: what may stand under `where`, and what is said when it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from babel import Locale

from newsletter.core.front_matter_fields import is_language_code
from newsletter.core.mailbox import ascii_domain
from newsletter.core.refusal import ContentRefused
from newsletter.core.segment.comparisons import operators_of, read_comparison
from newsletter.core.segment.history import HISTORY
from newsletter.core.segment.reader import choose_from, did_you_mean, quote_remedy
from newsletter.core.segment.tree import (
    AllOf,
    AnyOf,
    HasTopic,
    InCountry,
    InDomain,
    InSegment,
    NoneOf,
    Operator,
    Reads,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.core.located_yaml import Path
    from newsletter.core.segment.fields import Fields
    from newsletter.core.segment.reader import Reader
    from newsletter.core.segment.tree import Node

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
MOST_DEPTH = 20
_ENGLISH = Locale("en")
# CLDR has names for these two-letter codes, but ISO 3166 has no country there (the European Union, Ceuta, unknown …).
_NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
COUNTRIES: dict[str, str] = {
    code: name
    for code, name in _ENGLISH.territories.items()
    if re.fullmatch(r"[A-Z]{2}", code) and code not in _NO_COUNTRY
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A segment that names another, and where it does."""

    source: str
    target: str
    keys: Path


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading conditions needs to know, and what it finds on its way.

    Attributes:
        segment: id of the segment being read.
        known: ids of every segment of the file.
        references: filled while reading.
    """

    reader: Reader
    fields: Fields
    segment: str
    known: tuple[str, ...]
    references: list[Reference] = field(default_factory=list)

    def node(self, value: Any, keys: Path) -> Node | None:
        """The condition at `keys`, or None after blaming what is wrong with it."""
        if (
            len(keys) > 3 + 2 * MOST_DEPTH
        ):  # a key and a number for each level, behind segments, its id and where
            remedy = "Make segments of the inner ones, and refer to them."
            self.reader.blame(
                f"Conditions stand more than {MOST_DEPTH} deep within one another.", remedy, keys
            )
            return None
        if not isinstance(value, dict) or not value:
            self.reader.blame(
                "A condition should stand here.", f"Write one of {_NAMES}, with its value.", keys
            )
            return None
        if "attribute" in value:
            return _attribute(self, value, keys)
        known = [key for key in value if key in _CONDITIONS]
        for key in value:
            if key not in _CONDITIONS:
                self.reader.blame(f"'{key}' is no condition.", _remedy_for_key(key), (*keys, key))
        for key in known[1:]:
            what = f"A second condition, '{key}', stands beside '{known[0]}'."
            remedy = "Put both under all: (or any:), each after its own hyphen."
            self.reader.blame(what, remedy, (*keys, key))
        return _CONDITIONS[known[0]](self, value[known[0]], (*keys, known[0])) if known else None

    def words(self, value: Any, keys: Path, what: str) -> list[tuple[str, Path]]:
        """A text or a list of texts, each with its place; anything else is blamed."""
        items = (
            [(one, (*keys, at)) for at, one in enumerate(value)]
            if isinstance(value, list)
            else [(value, keys)]
        )
        if not items:
            self.reader.blame(
                "The list is empty.", f"Write at least one {what}, or remove the condition.", keys
            )
        for one, place in items:
            if not isinstance(one, str) or not one:
                self.reader.blame(f"The {what} should be a text.", quote_remedy(one), place)
        return [(one, place) for one, place in items if isinstance(one, str) and one]

    def topics(self, value: Any, keys: Path) -> tuple[str, ...]:
        """One topic or a list of them; those that are not in `fields.yaml` are blamed."""
        words = self.words(value, keys, "topic")
        for word, place in words:
            if word not in self.fields.topics:
                remedy = choose_from(word, self.fields.topics)
                self.reader.blame(f"The topic '{word}' is not in fields.yaml.", remedy, place)
        return tuple(word for word, _ in words)


def _group(kind: type[AllOf | AnyOf | NoneOf]) -> Callable[[Reading, Any, Path], Node | None]:
    def read(reading: Reading, value: Any, keys: Path) -> Node | None:
        if not isinstance(value, list):
            remedy = "Write each condition on its own line, after a hyphen."
            reading.reader.blame(f"'{keys[-1]}' should be a list of conditions.", remedy, keys)
            return None
        if not value:
            reading.reader.blame(
                "The list is empty.", f"Write at least one condition under {keys[-1]}:.", keys
            )
        parts = [reading.node(part, (*keys, at)) for at, part in enumerate(value)]
        return kind(tuple(part for part in parts if part is not None))

    return read


def _topics(reading: Reading, value: Any, keys: Path) -> Node:
    return HasTopic(reading.topics(value, keys))


def _languages(reading: Reading, value: Any, keys: Path) -> Node:
    words = reading.words(value, keys, "language")
    for word, place in words:
        if not is_language_code(word) or word.split("-")[0] not in _ENGLISH.languages:
            what = f"'{word}' is not the code of a language."
            reading.reader.blame(what, "Write a code such as en, fr or pt-BR.", place)
    return Reads(tuple(word for word, _ in words))


def _countries(reading: Reading, value: Any, keys: Path) -> Node:
    words = reading.words(value, keys, "country")
    for word, place in words:
        if word not in COUNTRIES:
            reading.reader.blame(f"'{word}' is not the code of a country.", _country_remedy(word), place)
    return InCountry(tuple(word for word, _ in words))


def _country_remedy(word: str) -> str:
    if word.upper() in COUNTRIES:
        return f"Write {word.upper()}."
    code = next((code for code, name in COUNTRIES.items() if name.lower() == word.lower()), "")
    return f"Write {code}." if code else "Write the two capital letters of ISO 3166, such as FR or BE."


def _domains(reading: Reading, value: Any, keys: Path) -> Node:
    domains = []
    for word, place in reading.words(value, keys, "domain"):
        try:
            domains.append(ascii_domain(word.strip()))
        except ContentRefused:
            domains.append("")
        if not _DOMAIN.fullmatch(domains[-1]):
            what = f"'{word}' is not the domain of an address."
            remedy = "Write what stands behind the @, such as example.org; what is below it is meant as well."
            reading.reader.blame(what, remedy, place)
    return InDomain(tuple(domains))


def _segment(reading: Reading, value: Any, keys: Path) -> Node | None:
    if not isinstance(value, str) or value not in reading.known:
        remedy = choose_from(str(value), reading.known)
        reading.reader.blame(f"There is no segment '{value}' in this file.", remedy, keys)
        return None
    reading.references.append(Reference(reading.segment, value, keys))
    return InSegment(value)


_CONDITIONS: dict[str, Callable[[Reading, Any, Path], Node | None]] = {
    "all": _group(AllOf),
    "any": _group(AnyOf),
    "none": _group(NoneOf),
    "topic": _topics,
    "language": _languages,
    "country": _countries,
    "domain": _domains,
    "segment": _segment,
    **HISTORY,
}
_NAMES = ", ".join([*_CONDITIONS, "attribute"])


def _remedy_for_key(key: str) -> str:
    if key in list(Operator):
        return "Write attribute: with the name of a field beside it."
    return f"{did_you_mean(key, [*_CONDITIONS, 'attribute'])}Conditions are {_NAMES}."


def _attribute(reading: Reading, value: dict[str, Any], keys: Path) -> Node | None:
    reader, name = reading.reader, value["attribute"]
    operators = [Operator(key) for key in value if key in list(Operator)]
    for key in value:
        if key != "attribute" and key not in list(Operator):
            if key in _CONDITIONS:
                what, remedy = (
                    f"A second condition, '{key}', stands beside 'attribute'.",
                    "Give it its own hyphen.",
                )
            else:
                what, remedy = f"'{key}' is no way to compare.", choose_from(key, Operator)
            reader.blame(what, remedy, (*keys, key))
    for operator in operators[1:]:
        what = f"Two comparisons stand in one condition: {operators[0]} and {operator}."
        reader.blame(what, "Give each its own hyphen and attribute:.", (*keys, operator.value))
    known = reading.fields.fields.get(name) if isinstance(name, str) else None
    if known is None:
        remedy = choose_from(str(name), reading.fields.fields)
        reader.blame(f"The field '{name}' is not in fields.yaml.", remedy, (*keys, "attribute"))
    elif not operators and len(value) == 1:
        reader.blame(f"It is not said what '{name}' is compared with.", operators_of(known), keys)
    if known is None or not operators:
        return None
    return read_comparison(reader, known, operators[0], value[operators[0]], (*keys, operators[0].value))
