"""The first meaning of a segment: whether one person is in it. The rules stand in `tree.py`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, assert_never

from newsletter.core.segment.tree import (
    BIGGEST_INTEGER,
    AllOf,
    AnyOf,
    Applied,
    Attribute,
    FieldType,
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
    from collections.abc import Mapping
    from datetime import date

    from newsletter.core.segment.tree import Node, Scalar, Segment
    from newsletter.core.subscriber import Subscriber

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def matches(  # noqa: C901, PLR0911 - one line for each kind of condition
    node: Node, subscriber: Subscriber, now: datetime, segments: Mapping[str, Segment]
) -> bool:
    """Whether the person is in the segment whose tree is `node`.

    Args:
        node: a tree as `parse_segments` returns it.
        subscriber: the person, with `received` and `applied` filled in.
        now: aware instant, for `joined: {within_days: …}`.
        segments: every segment by id, for `segment: …`.

    Raises:
        KeyError: a reference to a segment that is not in `segments`.
    """
    match node:
        case AllOf(parts):
            return all(matches(part, subscriber, now, segments) for part in parts)
        case AnyOf(parts):
            return any(matches(part, subscriber, now, segments) for part in parts)
        case NoneOf(parts):
            return not any(matches(part, subscriber, now, segments) for part in parts)
        case InSegment(segment):
            return matches(segments[segment].where, subscriber, now, segments)
        case HasTopic(topics):
            return not subscriber.topics.isdisjoint(topics)
        case Reads(languages):
            return any(_reads(subscriber.language, language) for language in languages)
        case InCountry(countries):
            return subscriber.country in countries
        case Attribute():
            return _attribute_holds(node, subscriber)
        case JoinedBefore() | JoinedAfter() | JoinedWithin():
            return _joined_holds(node, subscriber.joined, now)
        case Received(campaign):
            return campaign in subscriber.received
        case Applied(deadline):
            return deadline in subscriber.applied
        case _:
            assert_never(node)


def known_value(subscriber: Subscriber, name: str, kind: FieldType) -> Scalar | None:
    """The person's value of a field, or None when it is unknown: absent, empty, or not of the field's type."""
    value: object = subscriber.attributes.get(name)
    match kind:
        case FieldType.BOOLEAN:
            return value if isinstance(value, bool) else None
        case FieldType.INTEGER:
            is_integer = (
                isinstance(value, int) and not isinstance(value, bool) and abs(value) <= BIGGEST_INTEGER
            )
            return value if is_integer and isinstance(value, int) else None
        case FieldType.DATE:
            return value if isinstance(value, str) and _DATE.fullmatch(value) else None
        case _:
            return value if isinstance(value, str) and value else None


def ascii_lower(text: str) -> str:
    """The text with A–Z as a–z and everything else as written."""
    return text.translate(_LOWER)


def start_of(day: date) -> datetime:
    """The instant at which this day begins in UTC."""
    return datetime.combine(day, time.min, UTC)


def end_of(day: date) -> datetime:
    """The last microsecond of this day in UTC: whatever is later belongs to another day."""
    return datetime.combine(day, time.max, UTC)


def _reads(language: str, wanted: str) -> bool:
    # RFC 4647, section 3.3.1: the tag itself, or a longer tag that goes on with a hyphen; case plays no part.
    tag, wanted = ascii_lower(language), ascii_lower(wanted)
    return tag == wanted or tag.startswith(f"{wanted}-")


def _joined_holds(node: JoinedBefore | JoinedAfter | JoinedWithin, joined: datetime, now: datetime) -> bool:
    match node:
        case JoinedBefore(day):
            return joined < start_of(day)
        case JoinedAfter(day):
            return joined > end_of(day)
        case JoinedWithin(days):
            return joined >= now - timedelta(days=days)


def _attribute_holds(node: Attribute, subscriber: Subscriber) -> bool:
    value = known_value(subscriber, node.name, node.type)
    match node.operator:
        case Operator.EXISTS:
            return (value is not None) is node.operand
        case Operator.IS_NOT:
            return value is None or not _compares(value, Operator.IS, node)
        case operator:
            return value is not None and _compares(value, operator, node)


def _compares(value: Scalar, operator: Operator, node: Attribute) -> bool:
    if node.type is FieldType.TEXT:
        return _compares_text(
            ascii_lower(str(value)), operator, [ascii_lower(str(one)) for one in node.operands]
        )
    if operator in {Operator.IS, Operator.IN}:
        return value in node.operands
    if node.type is FieldType.INTEGER:
        number, limit = int(value), int(node.operands[0])
        return number >= limit if operator is Operator.AT_LEAST else number <= limit
    day, limit_day = str(value), str(node.operands[0])
    return day < limit_day if operator is Operator.BEFORE else day > limit_day


def _compares_text(value: str, operator: Operator, wanted: list[str]) -> bool:
    return wanted[0] in value if operator is Operator.CONTAINS else value in wanted
