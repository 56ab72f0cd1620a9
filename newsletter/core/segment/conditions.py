"""Reading one condition of a segment: what may stand under `where`, and what is said when it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from babel import Locale

from newsletter.core.front_matter_fields import is_language_code
from newsletter.core.segment.comparisons import operators_of, read_comparison, read_day
from newsletter.core.segment.reader import choose_from, did_you_mean, quote_remedy
from newsletter.core.segment.tree import (
    AllOf,
    AnyOf,
    Applied,
    HasTopic,
    InCountry,
    InSegment,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    NoneOf,
    Operator,
    Reads,
    Received,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.core.located_yaml import Path
    from newsletter.core.segment.fields import Fields
    from newsletter.core.segment.reader import Reader
    from newsletter.core.segment.tree import Node

_CAMPAIGN = re.compile(r"[a-z0-9]+(?:[-_.@:][a-z0-9]+)*")
_DEADLINE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST_DAYS = 36_500
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
    words = reading.words(value, keys, "topic")
    for word, place in words:
        if word not in reading.fields.topics:
            remedy = choose_from(word, reading.fields.topics)
            reading.reader.blame(f"The topic '{word}' is not in fields.yaml.", remedy, place)
    return HasTopic(tuple(word for word, _ in words))


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


def _joined(reading: Reading, value: Any, keys: Path) -> Node | None:
    names = ("before", "after", "within_days")
    mapping = reading.reader.mapping(value, keys, names)
    given = [name for name in names if name in mapping]
    if len(given) != 1:
        what = "'joined' should have exactly one of before, after and within_days."
        reading.reader.blame(what, "Write for example joined: {within_days: 30}.", keys)
        return None
    place, operand = (*keys, given[0]), mapping[given[0]]
    if given[0] == "within_days":
        if isinstance(operand, int) and not isinstance(operand, bool) and 1 <= operand <= _MOST_DAYS:
            return JoinedWithin(operand)
        what = f"'{operand}' is not a number of days."
        reading.reader.blame(what, f"Write a whole number from 1 to {_MOST_DAYS}.", place)
        return None
    day = read_day(reading.reader, operand, place)
    if day is None:
        return None
    return JoinedBefore(day) if given[0] == "before" else JoinedAfter(day)


def _received(reading: Reading, value: Any, keys: Path) -> Node | None:
    if isinstance(value, str) and _CAMPAIGN.fullmatch(value):
        return Received(value)
    remedy = "Write the name of a campaign, such as september-2021."
    reading.reader.blame(f"'{value}' is not the name of a campaign.", remedy, keys)
    return None


def _applied(reading: Reading, value: Any, keys: Path) -> Node | None:
    if isinstance(value, str) and _DEADLINE.fullmatch(value):
        return Applied(value)
    remedy = (
        "Write the article and the deadline with a slash between, such as erasmus-accreditation/call-2021."
    )
    reading.reader.blame(f"'{value}' is not the key of a deadline.", remedy, keys)
    return None


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
    "joined": _joined,
    "received": _received,
    "applied": _applied,
    "segment": _segment,
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
