"""The second meaning of a segment: an SQL condition on `subscribers`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import Boolean, and_, exists, false, func, literal, not_, or_, select, true

from newsletter.core.delivery import DeliveryState
from newsletter.core.engagement import DeedKind
from newsletter.core.segment.periods import bounds, day_bounds
from newsletter.core.segment.tree import (
    LISTS,
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
from newsletter.core.segment.values import ascii_lower
from newsletter.store.among_many import AmongMany
from newsletter.store.attribute_values import (
    ATTRIBUTE_VALUES,
    AsciiLower,
    Ending,
    HasElement,
    IsText,
    Position,
)
from newsletter.store.engagement_tables import campaign_topics, engagements
from newsletter.store.engine import plan_for_many
from newsletter.store.people_in_segments import last_grants, load_subscribers, received_at
from newsletter.store.tables import (
    Document,
    campaigns,
    consents,
    deadline_marks,
    deliveries,
    subscriber_topics,
    subscribers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from newsletter.core.segment.tree import Node, Period, Scalar, Segment
    from newsletter.core.subscriber import Subscriber


def segment_clause(
    node: Node, now: datetime, segments: Mapping[str, Segment], *, at_once: bool = False
) -> ColumnElement[bool]:
    """The condition for `SELECT … FROM subscribers WHERE …` under which a person is in the segment.

    It is true or false for every row, never NULL, and equal to `core.segment.evaluate.matches`. It says nothing about
    whether a person may be mailed. Who was erased is nobody, and in no segment.

    Args:
        node: a tree as `parse_segments` returns it.
        now: aware instant, for `within_days` and its like.
        segments: every segment by id, for `segment: …`.
        at_once: the question is about everybody, so that what other tables say may be gathered first. It changes how long
            the answer takes, and never the answer.

    Raises:
        KeyError: a reference to a segment that is not in `segments`.
    """
    meaning = _Meaning(now, segments, at_once=at_once)
    return and_(subscribers.c.erased_at.is_(None), _clause(node, meaning))


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a tree is read with.

    Attributes:
        is_choice: one of several answers is enough where it stands, so that no join can be made of it.
    """

    now: datetime
    segments: Mapping[str, Segment]
    at_once: bool
    is_choice: bool = False


def _clause(  # noqa: C901, PLR0911, PLR0912 - one line for each kind of condition
    node: Node, meaning: _Meaning
) -> ColumnElement[bool]:
    person, now, segments = subscribers.c, meaning.now, meaning.segments
    match node:
        case AllOf(parts):
            return and_(true(), *(_clause(part, meaning) for part in _cheap_first(parts, segments)))
        case AnyOf(parts):
            among = replace(meaning, is_choice=meaning.is_choice or len(parts) > 1)
            return or_(false(), *(_clause(part, among) for part in _cheap_first(parts, segments)))
        case NoneOf(parts):
            # Denied one by one: PostgreSQL makes an anti-join of NOT EXISTS, and a loop of NOT (… OR EXISTS).
            return and_(true(), *(not_(_clause(part, meaning)) for part in _cheap_first(parts, segments)))
        case InSegment(segment):
            return _clause(segments[segment].where, meaning)
        case HasTopic(topics):
            return _there_is(_follows(topics), meaning)
        case Reads(languages):
            return or_(false(), *(_reads(language) for language in languages))
        case InCountry(countries):
            return person.country.in_(countries)
        case Attribute():
            return _attribute_clause(node, now)
        case InDomain(domains):
            return or_(false(), *(_below(domain) for domain in domains))
        case Joined(period):
            return _within(person.joined, period, now)
        case Stands(standings):
            return person.standing.in_(standings)
        case Granted(period):
            return and_(person.granted_at.is_not(None), _or_false(_within(person.granted_at, period, now)))
        case GrantedBy(sources):
            return _granted_by(sources)
        case Did(kind):
            deeds = _received(node, now) if kind is DeedKind.RECEIVED else _engaged(node, now)
            return _there_is(deeds, meaning)
        case Acted():
            return _there_is(_acted(node, now), meaning)
        case _:
            assert_never(node)


def _cheap_first(parts: Sequence[Node], segments: Mapping[str, Segment]) -> list[Node]:
    """The same parts, what costs little first: databases ask in this order, and stop at the first answer that decides."""
    return sorted(parts, key=lambda part: _cost(part, segments))


def _cost(  # noqa: PLR0911 - one line for each cost
    node: Node, segments: Mapping[str, Segment]
) -> int:
    """0 for a column, more for JSON, for a look into another table, and most for the ledger, the largest of them."""
    match node:
        case AllOf(parts) | AnyOf(parts) | NoneOf(parts):
            return max((_cost(part, segments) for part in parts), default=0)
        case InSegment(segment):
            return _cost(segments[segment].where, segments)
        case Attribute():
            return 1
        case HasTopic():
            return 2
        case Acted() | GrantedBy():
            return 3
        case Did(kind):
            return 5 if kind is DeedKind.RECEIVED else 4
        case _:
            return 0


def count_segment(connection: Connection, clause: ColumnElement[bool]) -> int:
    """How many people are in the segment, whether they may be mailed or not."""
    plan_for_many(connection)
    # A column that no index holds keeps SQLite from walking along one: only in the order of the table itself do its
    # looks into the other tables, which are kept in that order, find what they need in memory.
    counted = func.count(subscribers.c.given_name) if connection.dialect.name == "sqlite" else func.count()
    return connection.scalar(select(counted).select_from(subscribers).where(clause)) or 0


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


def _there_is(people: Select[Any], meaning: _Meaning) -> ColumnElement[bool]:
    """The person is among those whose numbers `people` selects."""
    (number,) = people.selected_columns
    found = exists(people.where(number == subscribers.c.id).correlate(subscribers))
    return AmongMany(found, subscribers.c.id.in_(people)) if meaning.at_once and meaning.is_choice else found


def _reads(language: str) -> ColumnElement[bool]:
    wanted, tag = ascii_lower(language), AsciiLower(subscribers.c.language)
    return or_(tag == wanted, func.substr(tag, 1, len(wanted) + 1) == f"{wanted}-")


def _below(domain: str) -> ColumnElement[bool]:
    own = subscribers.c.domain
    return or_(own == domain, Ending(own, len(domain) + 1) == f".{domain}")


def _within(instant: ColumnElement[Any], period: Period, now: datetime) -> ColumnElement[bool]:
    since, until = bounds(period, now)
    limits = [instant >= since] if since is not None else []
    return and_(true(), *limits, *([instant < until] if until is not None else []))


def _follows(topics: Sequence[str]) -> Select[Any]:
    row = subscriber_topics.c
    return select(row.subscriber_id).where(row.topic.in_(topics))


def _granted_by(sources: Sequence[str]) -> ColumnElement[bool]:
    wanted = [ascii_lower(source) for source in sources]
    return exists(last_grants().where(AsciiLower(consents.c.source).in_(wanted)).correlate(subscribers))


def _acted(node: Acted, now: datetime) -> Select[Any]:
    """Who said what `node` asks for about deadlines."""
    mark = deadline_marks.c
    told = select(mark.subscriber_id).where(mark.mark.in_(node.marks))
    if node.deadlines:
        told = told.where(mark.deadline.in_(node.deadlines))
    return told.where(_within(mark.at, node.period, now))


def _received(node: Did, now: datetime) -> Select[Any]:
    """Whom mails reached that are what `node` asks for."""
    row = deliveries.c
    mails = select(row.subscriber_id).where(row.state == DeliveryState.SENT)
    return _asked(mails.where(_within(received_at(), node.period, now)), node, row.campaign_id)


def _engaged(node: Did, now: datetime) -> Select[Any]:
    """Who did with mails what `node` asks for."""
    row = engagements.c
    done = select(row.subscriber_id).where(row.kind == node.kind.value)
    return _asked(done.where(_within(row.at, node.period, now)), node, row.campaign_id)


def _asked(deeds: Select[Any], node: Did, campaign: ColumnElement[int]) -> Select[Any]:
    """Only those with the campaigns and topics of `node`."""
    if (
        len(node.campaigns) == 1
    ):  # said so, PostgreSQL knows that it is one, and guesses well how many people it reached
        (name,) = node.campaigns
        deeds = deeds.where(
            campaign == select(campaigns.c.id).where(campaigns.c.name == name).scalar_subquery()
        )
    elif node.campaigns:
        deeds = deeds.where(campaign.in_(select(campaigns.c.id).where(campaigns.c.name.in_(node.campaigns))))
    if node.topics:
        about = campaign_topics.c
        found = select(about.topic).where(about.campaign_id == campaign, about.topic.in_(node.topics))
        if node.kind is DeedKind.CLICKED:
            found = found.where(about.article == engagements.c.link)
        deeds = deeds.where(found.correlate(deliveries, engagements).exists())
    return deeds


def _attribute_clause(node: Attribute, now: datetime) -> ColumnElement[bool]:
    if node.type is FieldType.CHOICE and node.operator is not Operator.EXISTS:
        chosen = or_(false(), *(_is_text(node.name, str(operand)) for operand in node.operands))
        return not_(chosen) if node.operator is Operator.IS_NOT else chosen
    if node.type in LISTS and node.operator is not Operator.EXISTS:
        elements = [HasElement(subscribers.c.attributes, node.name, operand) for operand in node.operands]
        return and_(*elements) if node.operator is Operator.HAS_ALL else or_(*elements)
    value: ColumnElement[Any] = ATTRIBUTE_VALUES[node.type](subscribers.c.attributes, node.name)
    match node.operator:
        case Operator.EXISTS:
            return value.is_not(None) if node.operand else value.is_(None)
        case Operator.IS_NOT:
            return not_(_or_false(_compared(value, Operator.IS, node, now)))
        case operator:
            return _or_false(_compared(value, operator, node, now))


def _is_text(name: str, wanted: str) -> ColumnElement[bool]:
    return IsText(subscribers.c.attributes, name, wanted, literal({name: wanted}, Document))


def _or_false(comparison: ColumnElement[bool]) -> ColumnElement[bool]:
    """A comparison with an unknown value is false, where SQL would say NULL."""
    return func.coalesce(comparison, false(), type_=Boolean)


def _compared(
    value: ColumnElement[Any], operator: Operator, node: Attribute, now: datetime
) -> ColumnElement[bool]:
    if node.type is FieldType.DATE and operator not in {Operator.IS, Operator.IN}:
        first, until = day_bounds(node, now)
        limits = [value >= first] if first is not None else []
        return and_(*limits, *([value < until] if until is not None else []))
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
        case _:
            return value.in_(operands)


def _operand(operand: Scalar, kind: FieldType) -> str | float:
    match kind:
        case FieldType.BOOLEAN:
            return "true" if operand else "false"
        case FieldType.TEXT:
            return ascii_lower(str(operand))
        case _:
            return operand
