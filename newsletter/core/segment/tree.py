"""The tree of a segment: what a condition can be, and what unknown values mean.

A segment has two meanings, `core/segment/evaluate.py` over a value and `store/segments.py` over the tables. A property
test holds them equal, so the rules below are decided once, here:

* A condition is true or false, never "unknown" as in SQL. A comparison with an unknown value is false, and a
  negation is the exact opposite: `is_not: x` and `none: [is: x]` are the same and hold for people whose value is unknown.
* An attribute is unknown when it has no value, null, an empty text, or a value that does not fit the field's type
  (a text in an integer field, a number outside ±999,999,999,999,999, a date that is not written 2021-10-19, a list in a
  text field). An empty list is unknown, too.
* Text is compared without regard to the case of A–Z only: "lyon" finds "Lyon", but "École" and "école" differ, as do
  "Liege" and "Liège". That is the one rule on which Python, SQLite and PostgreSQL agree without extensions. Choices,
  topics and countries are identifiers and are compared as written. No character is special in `contains`.
* Lists (`choices`, `tags`) are asked for whole elements. Tags are kept, and asked for, in small letters (`tag_of`).
* Decimals are compared as the nearest binary number of 64 bits, the same in Python, SQLite and PostgreSQL.
* Dates are compared by the calendar, as written. A time zone plays no part in them; today is the UTC day.
* A language holds for its regional forms too: `pt` finds people who read `pt` or `pt-BR` (RFC 4647, basic filtering).
* A period of instants asks for UTC days: `before` is earlier than its midnight, `after` is from the next day's midnight
  on, `between` has both its days within it. `within_days` and `older_than_days` count 24 hours back from now, and are opposites.
* A click is about the topics of the article that it leads to, and about none when it leads elsewhere. Everything else that
  happens to a mail is about the topics of all its articles, as they were when it was launched.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from newsletter.core.deadline import DeadlineMark
    from newsletter.core.engagement import DeedKind
    from newsletter.core.subscriber import Standing

BIGGEST_INTEGER = 999_999_999_999_999
"""Beyond this a number is no integer of ours: 15 digits are exact in JSON, SQLite and PostgreSQL alike."""


class FieldType(StrEnum):
    """What the values of a field are."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    DECIMAL = "decimal"
    CHOICES = "choices"
    TAGS = "tags"


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
    BETWEEN = "between"
    WITHIN_DAYS = "within_days"
    OLDER_THAN_DAYS = "older_than_days"
    IN_NEXT_DAYS = "in_next_days"
    HAS = "has"
    HAS_ALL = "has_all"


RELATIVE = frozenset({Operator.WITHIN_DAYS, Operator.OLDER_THAN_DAYS, Operator.IN_NEXT_DAYS})
"""They compare a date with today; the operand is a number of days."""
OF_LISTS = frozenset({Operator.HAS, Operator.HAS_ALL})
LISTS = frozenset({FieldType.CHOICES, FieldType.TAGS})
_COMMON = (Operator.IS, Operator.IS_NOT, Operator.EXISTS)
OPERATORS: dict[FieldType, frozenset[Operator]] = {
    FieldType.TEXT: frozenset({*_COMMON, Operator.IN, Operator.CONTAINS}),
    FieldType.CHOICE: frozenset({*_COMMON, Operator.IN}),
    FieldType.INTEGER: frozenset({*_COMMON, Operator.IN, Operator.AT_LEAST, Operator.AT_MOST}),
    FieldType.BOOLEAN: frozenset(_COMMON),
    FieldType.DATE: frozenset({*_COMMON, Operator.BEFORE, Operator.AFTER, Operator.BETWEEN, *RELATIVE}),
    FieldType.DECIMAL: frozenset({*_COMMON, Operator.IN, Operator.AT_LEAST, Operator.AT_MOST}),
    FieldType.CHOICES: frozenset({Operator.EXISTS, *OF_LISTS}),
    FieldType.TAGS: frozenset({Operator.EXISTS, *OF_LISTS}),
}

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[str, ...]
"""What a person has in a field: a list is a tuple of texts."""


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
        operand: a scalar of the field's type; a tuple of them for `in`, `between`, `has` and `has_all`; a bool for `exists`;
            a number of days for what is relative to today. A date is its ISO text.
    """

    name: str
    type: FieldType
    operator: Operator
    operand: Scalar | tuple[Scalar, ...]

    @property
    def operands(self) -> tuple[Scalar, ...]:
        """What it is compared with, always as a tuple."""
        return self.operand if isinstance(self.operand, tuple) else (self.operand,)


class When(StrEnum):
    """How a period is told."""

    EVER = "ever"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    WITHIN_DAYS = "within_days"
    OLDER_THAN_DAYS = "older_than_days"


@dataclass(frozen=True, slots=True)
class Period:
    """When something happened.

    Attributes:
        days: for `within_days` and `older_than_days`.
        first: the day of `before` and `after`, the first one of `between`.
        last: the last day of `between`, which is within it.
    """

    when: When = When.EVER
    days: int = 0
    first: date | None = None
    last: date | None = None


EVER = Period()


@dataclass(frozen=True, slots=True)
class Joined:
    """Joined within a period."""

    period: Period


@dataclass(frozen=True, slots=True)
class Stands:
    """Consent stands in one of these ways; `consent: withdrawn` is the standing `unsubscribed`."""

    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Granted:
    """Last gave consent within a period; who never did is in none."""

    period: Period


@dataclass(frozen=True, slots=True)
class GrantedBy:
    """The last consent came from one of these sources, as the consent event names it; A–Z in any case."""

    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InDomain:
    """The address is in one of these domains (A-labels, small letters) or below it."""

    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Did:
    """Was sent, opened, clicked in or replied to a mail. What is empty does not matter.

    Attributes:
        campaigns: it was one of these.
        topics: it was about one of these.
    """

    kind: DeedKind
    campaigns: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    period: Period = EVER


@dataclass(frozen=True, slots=True)
class Acted:
    """Said one of these things about a deadline.

    Attributes:
        deadlines: keys (`article/deadline`); none: whichever.
    """

    marks: tuple[DeadlineMark, ...]
    deadlines: tuple[str, ...] = ()
    period: Period = EVER


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
    | Joined
    | Stands
    | Granted
    | GrantedBy
    | InDomain
    | Did
    | Acted
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


def asks_the_clock(node: Node) -> bool:
    """Whether somebody may match this one condition today and not tomorrow though nothing has been done."""
    match node:
        case Joined(period) | Granted(period) | Did(period=period) | Acted(period=period):
            return period.when in {When.WITHIN_DAYS, When.OLDER_THAN_DAYS}
        case Attribute(operator=operator):
            return operator in RELATIVE
        case _:
            return False


def tag_of(text: str) -> str:
    """A tag as it is kept: composed (NFC), in small letters, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())
