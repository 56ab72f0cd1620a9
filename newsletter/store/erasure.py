"""Erasing a person: their row is emptied, all that they did goes, and what must stay says nothing about who it was.

What stays is the number of the person, on which the events of consent and the rows of the ledger hang: neither names anybody. Events can
be neither changed nor deleted, so nothing that identifies a person is ever put into them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, delete, select, update

from newsletter.core.consent import ConsentAction
from newsletter.core.delivery import DeliveryState, Withheld
from newsletter.store.calendar_tables import calendar_addresses
from newsletter.store.choice_tables import leaving_reasons
from newsletter.store.engagement_tables import engagements
from newsletter.store.people import record_consent, suppress
from newsletter.store.series_tables import series_steps, subscriber_dates
from newsletter.store.tables import deadline_marks, deliveries, strikes, subscriber_topics, subscribers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

ERASED = "erased"
"""Why an erased address is suppressed: no import brings it back. Only the person can, by signing up again."""

_OF_A_PERSON: tuple[Table, ...] = (
    subscriber_topics,
    subscriber_dates,
    deadline_marks,
    engagements,
    calendar_addresses,
    series_steps,
    strikes,
    leaving_reasons,
)
_NOWHERE = "erased.invalid"


def erase_person(
    connection: Connection, identity: int, now: datetime, *, source: str = "erasure", keep_out: bool = True
) -> dict[str, int]:
    """Erase a person; gives what went, as counts by table. A person who is erased already stays as they are.

    Must be in a transaction that may write. Mail that has not left stays here; one that is on the wire at this moment arrives.

    Args:
        source: of the event that ends their consent.
        keep_out: whether no import may bring them back; not for an address that somebody entered and nobody confirmed.
    """
    if connection.dialect.name == "sqlite":  # freed pages are overwritten, and not only taken off the list
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    person = subscribers.c
    row = connection.execute(select(subscribers).where(person.id == identity)).mappings().one()
    if row["erased_at"] is not None:
        return {}
    record_consent(connection, identity, ConsentAction.WITHDRAWN, now, source=source)
    if keep_out:
        suppress(connection, row["address_hash"], ERASED, now)
    counts = {}
    for table in _OF_A_PERSON:
        gone = connection.execute(delete(table).where(table.c.subscriber_id == identity)).rowcount
        counts[table.name] = gone
    counts["deliveries"] = _clear_deliveries(connection, identity)
    emptied: dict[str, Any] = {
        "address": f"{identity}@{_NOWHERE}",
        "address_key": f"{identity}@{_NOWHERE}",
        "address_hash": "",
        "domain": _NOWHERE,
        "given_name": "",
        "country": "",
        "zone": "",
        "source": "",
        "attributes": {},
        "paused_until": None,
        "chosen_at": None,
        "tracking_at": None,
        "erased_at": now,
    }
    connection.execute(update(subscribers).where(person.id == identity).values(emptied))
    return counts


def _clear_deliveries(connection: Connection, identity: int) -> int:
    """What has not left never leaves; what servers answered goes, for it often names the address."""
    row = deliveries.c
    waiting = update(deliveries).where(row.subscriber_id == identity, row.state == DeliveryState.READY)
    connection.execute(waiting.values(state=DeliveryState.SKIPPED, withheld=Withheld.ERASED))
    answered = update(deliveries).where(row.subscriber_id == identity, row.reply.is_not(None))
    return connection.execute(answered.values(reply=None)).rowcount
