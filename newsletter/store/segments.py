"""The second meaning of a segment: an SQL condition on `subscribers`; and people as segments see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import Boolean, and_, exists, false, func, not_, or_, select, true

from newsletter.core.deadline import DeadlineMark
from newsletter.core.delivery import DeliveryState
from newsletter.core.segment.evaluate import ascii_lower, end_of, start_of
from newsletter.core.segment.tree import (
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
from newsletter.core.subscriber import Subscriber
from newsletter.store.attribute_values import ATTRIBUTE_VALUES, AsciiLower, Position
from newsletter.store.tables import campaigns, deadline_marks, deliveries, subscriber_topics, subscribers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from newsletter.core.segment.tree import Node, Scalar, Segment

_IDS_AT_ONCE = 1000  # SQLite takes 32,766 parameters in a statement


def segment_clause(  # noqa: C901, PLR0911, PLR0912 - one line for each kind of condition
    node: Node, now: datetime, segments: Mapping[str, Segment]
) -> ColumnElement[bool]:
    """The condition for `SELECT … FROM subscribers WHERE …` under which a person is in the segment.

    It is true or false for every row, never NULL, and equal to `core.segment.evaluate.matches`. It says nothing about
    whether a person may be mailed.

    Args:
        node: a tree as `parse_segments` returns it.
        now: aware instant, for `joined: {within_days: …}`.
        segments: every segment by id, for `segment: …`.

    Raises:
        KeyError: a reference to a segment that is not in `segments`.
    """
    person = subscribers.c
    match node:
        case AllOf(parts):
            return and_(true(), *(segment_clause(part, now, segments) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(segment_clause(part, now, segments) for part in parts))
        case NoneOf(parts):
            return not_(or_(false(), *(segment_clause(part, now, segments) for part in parts)))
        case InSegment(segment):
            return segment_clause(segments[segment].where, now, segments)
        case HasTopic(topics):
            topic = subscriber_topics.c
            return _there_is(
                select(topic.topic).where(topic.subscriber_id == person.id, topic.topic.in_(topics))
            )
        case Reads(languages):
            return or_(false(), *(_reads(language) for language in languages))
        case InCountry(countries):
            return person.country.in_(countries)
        case Attribute():
            return _attribute_clause(node)
        case JoinedBefore(day):
            return person.joined < start_of(day)
        case JoinedAfter(day):
            return person.joined > end_of(day)
        case JoinedWithin(days):
            return person.joined >= now - timedelta(days=days)
        case Received(campaign):
            return _there_is(_received_campaigns().where(campaigns.c.name == campaign).correlate(subscribers))
        case Applied(deadline):
            return _there_is(_applied_deadlines().where(deadline_marks.c.deadline == deadline))
        case _:
            assert_never(node)


def count_segment(connection: Connection, clause: ColumnElement[bool]) -> int:
    """How many people are in the segment, whether they may be mailed or not."""
    return connection.scalar(select(func.count()).select_from(subscribers).where(clause)) or 0


def segment_ids(connection: Connection, clause: ColumnElement[bool]) -> list[int]:
    """The ids of everybody in the segment, smallest first."""
    return list(connection.scalars(select(subscribers.c.id).where(clause).order_by(subscribers.c.id)))


def sample_segment(connection: Connection, clause: ColumnElement[bool], n: int) -> list[Subscriber]:
    """At most `n` people of the segment, the same ones each time, from all over it.

    The keyed hash of the address gives the order: it has nothing to do with name or date, so the sample is mixed.
    """
    person = subscribers.c
    query = select(person.id).where(clause).order_by(person.address_hash, person.id).limit(n)
    ids = list(connection.scalars(query))
    people = {subscriber.id: subscriber for subscriber in load_subscribers(connection, ids)}
    return [people[identity] for identity in ids]


def load_subscriber(connection: Connection, address_or_id: str | int) -> Subscriber | None:
    """The person with this id or this address, None if there is none. The case of the address is not minded."""
    person = subscribers.c
    query = select(person.id)
    if isinstance(address_or_id, int):
        query = query.where(person.id == address_or_id)
    else:
        written = address_or_id.strip()
        query = query.where(
            or_(person.address_key.in_((written, written.lower())), person.address == written)
        )
    identity = connection.scalar(query.order_by(person.id).limit(1))
    return None if identity is None else next(iter(load_subscribers(connection, [identity])), None)


def load_subscribers(connection: Connection, ids: Iterable[int]) -> list[Subscriber]:
    """These people with their topics, campaigns received and deadlines applied for, by id; unknown ids are left out."""
    return [person for some in _chunks(sorted(set(ids))) for person in _load(connection, some)]


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _IDS_AT_ONCE):
        yield ids[start : start + _IDS_AT_ONCE]


def _load(connection: Connection, ids: Sequence[int]) -> list[Subscriber]:
    mine, topic = subscribers.c.id.in_(ids), subscriber_topics.c
    chosen = select(subscribers.c.id, topic.topic).where(topic.subscriber_id == subscribers.c.id)
    topics = _by_person(connection, chosen.where(mine))
    received = _by_person(connection, _received_campaigns().add_columns(campaigns.c.name).where(mine))
    applied = _by_person(connection, _applied_deadlines().add_columns(deadline_marks.c.deadline).where(mine))
    rows = connection.execute(select(subscribers).where(mine).order_by(subscribers.c.id))
    return [_subscriber(row, topics, received, applied) for row in rows]


def _by_person(connection: Connection, query: Select[Any]) -> dict[int, set[str]]:
    words: dict[int, set[str]] = {}
    for identity, word in connection.execute(query):
        words.setdefault(identity, set()).add(word)
    return words


def _subscriber(
    row: Row[Any], topics: dict[int, set[str]], received: dict[int, set[str]], applied: dict[int, set[str]]
) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=row.address,
        given_name=row.given_name,
        language=row.language,
        country=row.country,
        zone=row.zone,
        joined=row.joined,
        topics=frozenset(topics.get(row.id, ())),
        attributes=row.attributes,
        received=frozenset(received.get(row.id, ())),
        applied=frozenset(applied.get(row.id, ())),
    )


def _received_campaigns() -> Select[tuple[int]]:
    """People and the deliveries that reached them; their campaigns can be asked about."""
    return select(subscribers.c.id).where(
        deliveries.c.subscriber_id == subscribers.c.id,
        deliveries.c.state == DeliveryState.SENT,
        campaigns.c.id == deliveries.c.campaign_id,
    )


def _applied_deadlines() -> Select[tuple[int]]:
    """People and the deadlines that they applied for."""
    marks = deadline_marks.c
    return select(subscribers.c.id).where(
        marks.subscriber_id == subscribers.c.id, marks.mark == DeadlineMark.APPLIED
    )


def _there_is(query: Select[Any]) -> ColumnElement[bool]:
    return exists(query.correlate(subscribers))


def _reads(language: str) -> ColumnElement[bool]:
    wanted, tag = ascii_lower(language), AsciiLower(subscribers.c.language)
    return or_(tag == wanted, func.substr(tag, 1, len(wanted) + 1) == f"{wanted}-")


def _attribute_clause(node: Attribute) -> ColumnElement[bool]:
    value: ColumnElement[Any] = ATTRIBUTE_VALUES[node.type](subscribers.c.attributes, node.name)
    match node.operator:
        case Operator.EXISTS:
            return value.is_not(None) if node.operand else value.is_(None)
        case Operator.IS_NOT:
            return not_(_or_false(_compared(value, Operator.IS, node)))
        case operator:
            return _or_false(_compared(value, operator, node))


def _or_false(comparison: ColumnElement[bool]) -> ColumnElement[bool]:
    """A comparison with an unknown value is false, where SQL would say NULL."""
    return func.coalesce(comparison, false(), type_=Boolean)


def _compared(value: ColumnElement[Any], operator: Operator, node: Attribute) -> ColumnElement[bool]:
    if node.type is FieldType.TEXT:
        value = AsciiLower(value)
    operands = [_operand(operand, node.type) for operand in node.operands]
    match operator:
        case Operator.CONTAINS:
            return Position(value, operands[0]) > 0
        case Operator.AT_LEAST:
            return value >= operands[0]
        case Operator.AT_MOST:
            return value <= operands[0]
        case Operator.BEFORE:
            return value < operands[0]
        case Operator.AFTER:
            return value > operands[0]
        case _:
            return value.in_(operands)


def _operand(operand: Scalar, kind: FieldType) -> str | int:
    match kind:
        case FieldType.BOOLEAN:
            return "true" if operand else "false"
        case FieldType.TEXT:
            return ascii_lower(str(operand))
        case _:
            return operand
