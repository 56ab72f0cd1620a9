"""People, their consents and marks, and the suppression list."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from newsletter.core.consent import ConsentAction, standing_after
from newsletter.core.deadline import ENDING
from newsletter.core.subscriber import Standing
from newsletter.store.dates import keep_dates
from newsletter.store.insert import insert_ignore
from newsletter.store.rows import IDS, table_of, values_of
from newsletter.store.tables import consents, deadline_marks, subscriber_topics, subscribers, suppressions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from newsletter.core.choice import Rhythm
    from newsletter.core.deadline import DeadlineMark


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person to be stored. Instants are UTC; `key` is the dedupe key of the address.

    `told_at` is when we heard this; None for things that have always been known.
    """

    address: str
    key: str
    address_hash: str
    given_name: str
    language: str
    country: str
    zone: str
    joined: datetime
    source: str
    topics: tuple[str, ...] = ()
    paused_until: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    told_at: datetime | None = None


def hash_address(secret: bytes, key: str) -> str:
    """The keyed hash under which an address is suppressed; it survives erasure and tells nothing without the key."""
    return hmac.digest(secret, b"newsletter suppression\x00" + key.encode(), "sha256").hex()


def find_by_key(connection: Connection, key: str) -> int | None:
    """The id of the person with this dedupe key."""
    return connection.scalar(select(subscribers.c.id).where(subscribers.c.address_key == key))


def add_person(connection: Connection, row: PersonRow) -> int:
    """Insert a person who is not known yet, pending until a consent event says more."""
    values = {
        "address": row.address,
        "address_key": row.key,
        "address_hash": row.address_hash,
        "domain": row.key.rpartition("@")[2],
        "given_name": row.given_name,
        "language": row.language,
        "country": row.country,
        "zone": row.zone,
        "joined": row.joined,
        "standing": Standing.PENDING,
        "paused_until": row.paused_until,
        "source": row.source,
        "attributes": dict(row.attributes),
        "known_at": row.told_at,
    }
    identity = int(
        connection.execute(insert(subscribers).values(values).returning(subscribers.c.id)).scalar_one()
    )
    set_topics(connection, identity, row.topics)
    keep_dates(connection, identity, {}, row.attributes, row.told_at)
    return identity


def set_topics(connection: Connection, identity: int, topics: Iterable[str]) -> bool:
    """Add topics to a person; True if there were any."""
    rows = [{"subscriber_id": identity, "topic": topic} for topic in topics]
    if rows:
        connection.execute(insert(subscriber_topics), rows)
    return bool(rows)


def topics_of(connection: Connection, identity: int) -> list[str]:
    """A person's topics, sorted."""
    topic = subscriber_topics.c
    return list(
        connection.scalars(select(topic.topic).where(topic.subscriber_id == identity).order_by(topic.topic))
    )


def topics_by_person(connection: Connection, identities: Sequence[int]) -> dict[int, list[str]]:
    """The topics of each of these people, sorted; those without any are missing."""
    dialect = connection.dialect.name
    found: dict[int, list[str]] = {}
    for identity, name in connection.execute(_topics(dialect), values_of(dialect, IDS, identities)).all():
        found.setdefault(identity, []).append(name)
    return found


@cache
def _topics(dialect: str) -> Select[Any]:
    topic, given = subscriber_topics.c, table_of(dialect, IDS)
    query = select(topic.subscriber_id, topic.topic).where(topic.subscriber_id.in_(select(given.c.id)))
    return query.order_by(topic.topic)


def record_consent(
    connection: Connection,
    identity: int,
    action: ConsentAction,
    at: datetime,
    *,
    source: str,
    wording: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> Standing:
    """Append a consent event and set the standing that all events together mean."""
    values = {
        "subscriber_id": identity,
        "at": at,
        "action": action,
        "source": source,
        "wording": wording,
        "evidence": dict(evidence or {}),
    }
    connection.execute(insert(consents).values(values))
    events = connection.execute(
        select(consents.c.action, consents.c.at)
        .where(consents.c.subscriber_id == identity)
        .order_by(consents.c.id)
    ).all()
    standing = standing_after(ConsentAction(event.action) for event in events)
    granted = max((event.at for event in events if event.action == ConsentAction.GRANTED), default=None)
    changed = {"standing": standing, "granted_at": granted}
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(changed))
    return standing


def mark_deadline(
    connection: Connection, deadline: str, identity: int, mark: DeadlineMark, at: datetime
) -> bool:
    """Note what a person said about a deadline; True if they had not said it before."""
    values = {"deadline": deadline, "subscriber_id": identity, "mark": mark, "at": at}
    return connection.execute(insert_ignore(connection, deadline_marks, values)).rowcount == 1


def suppress(connection: Connection, address_hash: str, reason: str, at: datetime) -> bool:
    """Never mail this address again; True if it was not suppressed before."""
    values = {"address_hash": address_hash, "reason": reason, "at": at}
    return connection.execute(insert_ignore(connection, suppressions, values)).rowcount == 1


def lift_suppression(connection: Connection, address_hash: str) -> bool:
    """Take an address off the suppression list; True if it was on it."""
    return (
        connection.execute(delete(suppressions).where(suppressions.c.address_hash == address_hash)).rowcount
        == 1
    )


def suppression_of(connection: Connection, address_hash: str) -> tuple[str, datetime] | None:
    """Reason and instant of a suppression, None if the address is not suppressed."""
    row = connection.execute(
        select(suppressions).where(suppressions.c.address_hash == address_hash)
    ).one_or_none()
    return None if row is None else (row.reason, row.at)


def list_suppressions(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The suppression list, newest first; addresses as far as the people are still known."""
    joined = suppressions.outerjoin(subscribers, subscribers.c.address_hash == suppressions.c.address_hash)
    query = select(subscribers.c.address, suppressions.c.reason, suppressions.c.at).select_from(joined)
    newest = query.order_by(suppressions.c.at.desc(), suppressions.c.address_hash).limit(limit)
    return [dict(row) for row in connection.execute(newest).mappings()]


def list_people(connection: Connection, *, search: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """People whose address or name holds `search`, by address."""
    person = subscribers.c
    query = select(
        person.id, person.address, person.given_name, person.language, person.country, person.standing
    )
    query = query.where(person.erased_at.is_(None))
    if search:
        query = query.where(
            person.address_key.contains(search.lower(), autoescape=True)
            | person.given_name.icontains(search, autoescape=True)
        )
    return [
        dict(row) for row in connection.execute(query.order_by(person.address_key).limit(limit)).mappings()
    ]


def person_row(connection: Connection, identity: int) -> dict[str, Any] | None:
    """Everything in a person's own row; None when there is none, or they were erased."""
    here = subscribers.c.id == identity, subscribers.c.erased_at.is_(None)
    row = connection.execute(select(subscribers).where(*here)).mappings().one_or_none()
    return None if row is None else dict(row)


def consents_of(connection: Connection, identity: int) -> list[dict[str, Any]]:
    """A person's consent events, oldest first."""
    query = select(consents).where(consents.c.subscriber_id == identity).order_by(consents.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def count_people(connection: Connection) -> dict[str, int]:
    """How many people there are by standing, without those who were erased."""
    person = subscribers.c
    query = select(person.standing, func.count()).where(person.erased_at.is_(None)).group_by(person.standing)
    return {standing: count for standing, count in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def replace_topics(connection: Connection, identity: int, topics: Iterable[str]) -> None:
    """Make these a person's topics, and no others."""
    connection.execute(delete(subscriber_topics).where(subscriber_topics.c.subscriber_id == identity))
    set_topics(connection, identity, dict.fromkeys(topics))


def note_choice(connection: Connection, identity: int, now: datetime) -> None:
    """Remember that a person has chosen topics and language themself; imports leave those alone from then on."""
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(chosen_at=now))


def change_address(connection: Connection, identity: int, address: str, key: str, address_hash: str) -> None:
    """Write to a person at another address from now on; the caller has seen that nobody else has it."""
    values = {"address": address, "address_key": key, "address_hash": address_hash}
    values["domain"] = key.rpartition("@")[2]
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(values))


def set_language(connection: Connection, identity: int, language: str) -> None:
    """Change the language in which a person is written to."""
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(language=language))


def set_zone(connection: Connection, identity: int, zone: str) -> None:
    """Change the time zone of a person; "" is the office's."""
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(zone=zone))


def set_rhythm(connection: Connection, identity: int, rhythm: Rhythm) -> None:
    """Write down how often a person wants letters."""
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(rhythm=rhythm))


def set_pause(connection: Connection, identity: int, until: datetime | None) -> None:
    """Send nothing to a person before `until`; None ends the pause."""
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(paused_until=until))


def deadline_marks_of(connection: Connection, deadline: str, identity: int) -> dict[str, datetime]:
    """What a person said that ends a deadline's reminders, and when."""
    marks = deadline_marks.c
    here = marks.deadline == deadline, marks.subscriber_id == identity, marks.mark.in_(ENDING)
    query = select(marks.mark, marks.at).where(*here)
    return {mark: at for mark, at in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def clear_deadline_marks(connection: Connection, deadline: str, identity: int) -> bool:
    """Forget what ended a deadline's reminders for a person, so that they come again; True if there was anything."""
    marks = deadline_marks.c
    here = marks.deadline == deadline, marks.subscriber_id == identity, marks.mark.in_(ENDING)
    return connection.execute(delete(deadline_marks).where(*here)).rowcount > 0
