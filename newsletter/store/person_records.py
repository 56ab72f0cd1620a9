"""Everything that is stored about one person, table by table: whatever has a column `subscriber_id` belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from newsletter.store.every_table import metadata
from newsletter.store.tables import campaigns, deliveries, subscribers

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Keys of our own bookkeeping, which say nothing about the person; and who had a row in hand, which is about a machine.
_OURS = frozenset({"id", "subscriber_id", "address_hash", "address_key", "leased_by"})


def records_of(connection: Connection, identity: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of a person by table, in the order of their keys; tables without any are missing.

    A table that is added later is found by itself, so that nobody can forget it here. Campaigns are told by their names.
    """
    found = {"subscribers": _rows(connection, select(subscribers).where(subscribers.c.id == identity))}
    names = _campaign_names(connection, identity)
    for table in metadata.sorted_tables:
        if "subscriber_id" in table.c:
            query = select(table).where(table.c.subscriber_id == identity).order_by(*table.primary_key)
            found[table.name] = [_named(row, names) for row in _rows(connection, query)]
    return {table: rows for table, rows in found.items() if rows}


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    rows = connection.execute(query).mappings()
    return [{key: value for key, value in row.items() if key not in _OURS} for row in rows]


def _campaign_names(connection: Connection, identity: int) -> dict[int, str]:
    mine = select(deliveries.c.campaign_id).where(deliveries.c.subscriber_id == identity)
    query = select(campaigns.c.id, campaigns.c.name).where(campaigns.c.id.in_(mine))
    return {row.id: row.name for row in connection.execute(query)}


def _named(row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    number = row.pop("campaign_id", None)
    return row if number is None else {"campaign": names.get(number, str(number)), **row}
