"""The first meaning of a segment: whether one person is in it. The rules stand in `tree.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from newsletter.core.segment.periods import day_bounds, in_period
from newsletter.core.segment.tree import (
    Acted,
    AllOf,
    AnyOf,
    Attribute,
    Did,
    FieldType,
    Granted,
    GrantedBy,
    HasTopic,
    InCountry,
    InDomain,
    InSegment,
    Joined,
    NoneOf,
    Operator,
    Reads,
    Stands,
)
from newsletter.core.segment.values import ascii_lower, known_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.segment.tree import Node, Segment, Value
    from newsletter.core.subscriber import Subscriber


def matches(  # noqa: C901, PLR0911, PLR0912 - one line for each kind of condition
    node: Node, subscriber: Subscriber, now: datetime, segments: Mapping[str, Segment]
) -> bool:
    """Whether the person is in the segment whose tree is `node`.

    Args:
        node: a tree as `parse_segments` returns it.
        subscriber: the person, with deeds and what they said filled in.
        now: aware instant, for `within_days` and its like.
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
        case InDomain(domains):
            return any(f".{subscriber.domain}".endswith(f".{domain}") for domain in domains)
        case Attribute():
            return _attribute_holds(node, subscriber, now)
        case Joined(period):
            return in_period(subscriber.joined, period, now)
        case Stands(standings):
            return subscriber.standing in standings
        case Granted(period):
            return subscriber.granted is not None and in_period(subscriber.granted, period, now)
        case GrantedBy(sources):
            wanted = {ascii_lower(source) for source in sources}
            return any(ascii_lower(source) in wanted for source in subscriber.granted_by)
        case Did():
            return _did(node, subscriber, now)
        case Acted(marks, deadlines, period):
            return any(
                one.mark in marks
                and (not deadlines or one.deadline in deadlines)
                and in_period(one.at, period, now)
                for one in subscriber.said
            )
        case _:
            assert_never(node)


def _reads(language: str, wanted: str) -> bool:
    # RFC 4647, section 3.3.1: the tag itself, or a longer tag that goes on with a hyphen; case plays no part.
    tag, wanted = ascii_lower(language), ascii_lower(wanted)
    return tag == wanted or tag.startswith(f"{wanted}-")


def _did(node: Did, subscriber: Subscriber, now: datetime) -> bool:
    return any(
        deed.kind is node.kind
        and (not node.campaigns or deed.campaign in node.campaigns)
        and (not node.topics or not deed.topics.isdisjoint(node.topics))
        and in_period(deed.at, node.period, now)
        for deed in subscriber.deeds
    )


def _attribute_holds(node: Attribute, subscriber: Subscriber, now: datetime) -> bool:
    value = known_value(subscriber, node.name, node.type)
    match node.operator:
        case Operator.EXISTS:
            return (value is not None) is node.operand
        case Operator.IS_NOT:
            return value is None or not _compares(value, Operator.IS, node, now)
        case operator:
            return value is not None and _compares(value, operator, node, now)


def _compares(value: Value, operator: Operator, node: Attribute, now: datetime) -> bool:
    if isinstance(value, tuple):
        found = [operand in value for operand in node.operands]
        return all(found) if operator is Operator.HAS_ALL else any(found)
    if node.type is FieldType.TEXT:
        return _compares_text(
            ascii_lower(str(value)), operator, [ascii_lower(str(one)) for one in node.operands]
        )
    if operator in {Operator.IS, Operator.IN}:
        return value in node.operands
    if node.type is FieldType.DATE:
        first, until = day_bounds(node, now)
        return (first is None or str(value) >= first) and (until is None or str(value) < until)
    number, limit = float(value), float(node.operands[0])
    return number >= limit if operator is Operator.AT_LEAST else number <= limit


def _compares_text(value: str, operator: Operator, wanted: list[str]) -> bool:
    return wanted[0] in value if operator is Operator.CONTAINS else value in wanted
