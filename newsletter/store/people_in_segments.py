"""People as segments see them, with everything that a condition may ask about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from newsletter.core.consent import ConsentAction
from newsletter.core.deadline import DeadlineMark
from newsletter.core.delivery import DeliveryState
from newsletter.core.engagement import Deed, DeedKind
from newsletter.core.subscriber import Said, Standing, Subscriber
from newsletter.store.engagement_tables import campaign_topics, engagements
from newsletter.store.tables import (
    campaigns,
    consents,
    deadline_marks,
    deliveries,
    subscriber_topics,
    subscribers,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

_IDS_AT_ONCE = 1000  # SQLite takes 32,766 parameters in a statement


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


def last_grants() -> Select[tuple[int, str]]:
    """People and the sources of their last grants of consent: more than one when two came at one instant."""
    row = consents.c
    return select(subscribers.c.id, row.source).where(
        row.subscriber_id == subscribers.c.id,
        row.action == ConsentAction.GRANTED,
        row.at == subscribers.c.granted_at,
    )


def received_at() -> ColumnElement[datetime]:
    """When a mail reached the person, as near as the ledger knows."""
    row = deliveries.c
    return func.coalesce(row.handed_at, row.settled_at, row.not_before, type_=row.not_before.type)


def _load(connection: Connection, ids: Sequence[int]) -> list[Subscriber]:
    topic = subscriber_topics.c
    topics = _by_person(
        connection, select(topic.subscriber_id, topic.topic).where(topic.subscriber_id.in_(ids))
    )
    sources = _by_person(connection, last_grants().where(subscribers.c.id.in_(ids)))
    deeds, said = _deeds(connection, ids), _said(connection, ids)
    rows = connection.execute(select(subscribers).where(subscribers.c.id.in_(ids)).order_by(subscribers.c.id))
    return [_subscriber(row, topics, sources, deeds, said) for row in rows]


def _by_person(connection: Connection, query: Select[Any]) -> dict[int, set[str]]:
    words: dict[int, set[str]] = {}
    for identity, word in connection.execute(query):
        words.setdefault(identity, set()).add(word)
    return words


def _subscriber(
    row: Row[Any],
    topics: Mapping[int, set[str]],
    sources: Mapping[int, set[str]],
    deeds: Mapping[int, list[Deed]],
    said: Mapping[int, list[Said]],
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
        domain=row.domain,
        standing=Standing(row.standing),
        granted=row.granted_at,
        granted_by=frozenset(sources.get(row.id, ())),
        deeds=tuple(deeds.get(row.id, ())),
        said=tuple(said.get(row.id, ())),
    )


def _deeds(connection: Connection, ids: Sequence[int]) -> dict[int, list[Deed]]:
    """What has happened between these people and their mails, oldest first."""
    mail, deed = deliveries.c, engagements.c
    received = select(mail.subscriber_id, mail.campaign_id, received_at()).where(
        mail.subscriber_id.in_(ids), mail.state == DeliveryState.SENT
    )
    done = select(deed.subscriber_id, deed.campaign_id, deed.at, deed.kind, deed.link)
    rows = [(*row, DeedKind.RECEIVED, "") for row in connection.execute(received).all()]
    rows += [tuple(row) for row in connection.execute(done.where(deed.subscriber_id.in_(ids))).all()]
    mails = sorted({row[1] for row in rows})
    names, about = _names(connection, mails), _about(connection, mails)
    found: dict[int, list[Deed]] = {}
    for person, campaign, at, kind, link in sorted(rows, key=lambda row: row[2]):
        topics = frozenset(
            topic for article, topic in about.get(campaign, ()) if kind != DeedKind.CLICKED or article == link
        )
        if campaign in names:
            found.setdefault(person, []).append(Deed(DeedKind(kind), names[campaign], at, topics))
    return found


def _names(connection: Connection, mails: Sequence[int]) -> dict[int, str]:
    names: dict[int, str] = {}
    for some in _chunks(mails):
        query = select(campaigns.c.id, campaigns.c.name).where(campaigns.c.id.in_(some))
        names |= {row.id: row.name for row in connection.execute(query)}
    return names


def _about(connection: Connection, mails: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """The articles of these campaigns, each with a topic of it."""
    row, about = campaign_topics.c, dict[int, list[tuple[str, str]]]()
    for some in _chunks(mails):
        query = select(row.campaign_id, row.article, row.topic).where(row.campaign_id.in_(some))
        for campaign, article, topic in connection.execute(query):
            about.setdefault(campaign, []).append((article, topic))
    return about


def _said(connection: Connection, ids: Sequence[int]) -> dict[int, list[Said]]:
    """What these people said about deadlines, oldest first."""
    row = deadline_marks.c
    query = select(row.subscriber_id, row.mark, row.deadline, row.at).where(row.subscriber_id.in_(ids))
    found: dict[int, list[Said]] = {}
    for person, mark, deadline, at in connection.execute(query.order_by(row.at, row.deadline)):
        found.setdefault(person, []).append(Said(DeadlineMark(mark), deadline, at))
    return found
