"""Leaving: a consent is withdrawn, one person's or those of many in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from newsletter.core.consent import ConsentAction
from newsletter.core.subscriber import Standing
from newsletter.store.rows import IDS, table_of, values_of
from newsletter.store.tables import consents, subscribers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Select


def withdraw_consents(
    connection: Connection, leaving: Mapping[int, int], at: datetime, source: str
) -> dict[int, str]:
    """Note that these people leave; whoever has left already, was erased or is not known is passed over.

    Their rows are locked first: two mails of one person that leave at the same moment make one event.

    Args:
        leaving: by the id of the person, the id of the campaign whose mail they hold.
        at: instant, UTC.
        source: by which way, kept as evidence.

    Returns:
        The language of everybody who is known, by id.
    """
    found = connection.execute(_known(connection.dialect.name), _these(connection, leaving)).all()
    staying = [row.id for row in found if row.standing != Standing.UNSUBSCRIBED]
    if staying:
        event = {"at": at, "action": ConsentAction.WITHDRAWN, "source": source, "wording": ""}
        events = [event | {"subscriber_id": one, "evidence": {"campaign": leaving[one]}} for one in staying]
        connection.execute(insert(consents), events)
        given = table_of(connection.dialect.name, IDS)
        change = update(subscribers).where(subscribers.c.id.in_(select(given.c.id)))
        connection.execute(
            change.values(standing=Standing.UNSUBSCRIBED), _these(connection, dict.fromkeys(staying))
        )
    return {row.id: row.language for row in found}


def _known(dialect: str) -> Select[Any]:
    """In the order of their ids, so that two who lock the same people do not wait for each other for ever."""
    person, given = subscribers.c, table_of(dialect, IDS)
    query = select(person.id, person.language, person.standing)
    query = query.where(person.id.in_(select(given.c.id)), person.erased_at.is_(None))
    return query.order_by(person.id).with_for_update()


def _these(connection: Connection, people: Mapping[int, Any]) -> dict[str, str]:
    return values_of(connection.dialect.name, IDS, list(people))
