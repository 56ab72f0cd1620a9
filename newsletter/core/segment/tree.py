"""The tree of a segment: what a condition can be, and what unknown values mean.

A segment has two meanings, `core/segment/evaluate.py` over a value and `store/segments.py` over the tables. A property
test holds them equal, so the rules below are decided once, here:

* A condition is true or false, never "unknown" as in SQL. A comparison with an unknown value is false, and a
  negation is the exact opposite: `is_not: x` and `none: [is: x]` are the same and hold for people whose value is unknown.
* An attribute is unknown when it has no value, null, an empty text, or a value that does not fit the field's type
  (a text in an integer field, a number outside ±999,999,999,999,999, a date that is not written 2021-10-19).
* Text is compared without regard to the case of A–Z only: "lyon" finds "Lyon", but "École" and "école" differ, as do
  "Liege" and "Liège". That is the one rule on which Python, SQLite and PostgreSQL agree without extensions. Choices,
  topics and countries are identifiers and are compared as written. No character is special in `contains`.
* Dates are compared by the calendar, as written. A time zone plays no part in them.
* A language holds for its regional forms too: `pt` finds people who read `pt` or `pt-BR` (RFC 4647, basic filtering).
* `joined` asks for the UTC day: `before` is earlier than its midnight, `after` is from the next day's midnight on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

BIGGEST_INTEGER = 999_999_999_999_999
"""Beyond this a number is no integer of ours: 15 digits are exact in JSON, SQLite and PostgreSQL alike."""


class FieldType(StrEnum):
    """What the values of a field are."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"


class Operator(StrEnum):
    """How an attribute is asked about."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    CONTAINS = "contains"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BEFORE = "before"
    AFTER = "after"
    EXISTS = "exists"


_COMMON = (Operator.IS, Operator.IS_NOT, Operator.EXISTS)
OPERATORS: dict[FieldType, frozenset[Operator]] = {
    FieldType.TEXT: frozenset({*_COMMON, Operator.IN, Operator.CONTAINS}),
    FieldType.CHOICE: frozenset({*_COMMON, Operator.IN}),
    FieldType.INTEGER: frozenset({*_COMMON, Operator.IN, Operator.AT_LEAST, Operator.AT_MOST}),
    FieldType.BOOLEAN: frozenset(_COMMON),
    FieldType.DATE: frozenset({*_COMMON, Operator.BEFORE, Operator.AFTER}),
}

Scalar: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of them holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not one of them holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class HasTopic:
    """Chose at least one of these topics."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reads:
    """Chose one of these languages (BCP 47), or a regional form of one."""

    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InCountry:
    """Is in one of these countries (ISO 3166-1 alpha-2, upper case)."""

    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of the person compared with something.

    Attributes:
        operand: a scalar of the field's type; a tuple of them for `in`; a bool for `exists`; a date is its ISO text.
    """

    name: str
    type: FieldType
    operator: Operator
    operand: Scalar | tuple[Scalar, ...]

    @property
    def operands(self) -> tuple[Scalar, ...]:
        """What it is compared with, always as a tuple."""
        return self.operand if isinstance(self.operand, tuple) else (self.operand,)


@dataclass(frozen=True, slots=True)
class JoinedBefore:
    """Joined before this day began in UTC."""

    day: date


@dataclass(frozen=True, slots=True)
class JoinedAfter:
    """Joined after this day had ended in UTC."""

    day: date


@dataclass(frozen=True, slots=True)
class JoinedWithin:
    """Joined at most this many times 24 hours ago."""

    days: int


@dataclass(frozen=True, slots=True)
class Received:
    """Was sent the campaign of this name: a delivery of it is `sent`."""

    campaign: str


@dataclass(frozen=True, slots=True)
class Applied:
    """Said "I have applied" about the deadline with this key (`article/deadline`)."""

    deadline: str


@dataclass(frozen=True, slots=True)
class InSegment:
    """Is in another segment."""

    segment: str


Group: TypeAlias = AllOf | AnyOf | NoneOf
Node: TypeAlias = (
    AllOf
    | AnyOf
    | NoneOf
    | HasTopic
    | Reads
    | InCountry
    | Attribute
    | JoinedBefore
    | JoinedAfter
    | JoinedWithin
    | Received
    | Applied
    | InSegment
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved, live rule over people.

    Attributes:
        titles: what people call it, by language; at least one.
    """

    id: str
    where: Node
    titles: Mapping[str, str] = field(default_factory=dict)

    def title(self, language: str) -> str:
        """Its title in `language`, else in English, else in whatever language it has, else its id."""
        return label_in(self.titles, language, self.id)


def label_in(labels: Mapping[str, str], language: str, default: str) -> str:
    """The label in `language`, else in its base language, in English, or in the first language there is."""
    for wanted in (language, language.split("-", maxsplit=1)[0], "en", *labels):
        if wanted in labels:
            return labels[wanted]
    return default


def walk(node: Node) -> Iterator[Node]:
    """The node and everything under it, in the order written; references are not followed."""
    yield node
    if isinstance(node, AllOf | AnyOf | NoneOf):
        for part in node.parts:
            yield from walk(part)
