"""The log of what people asked of the office about their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from newsletter.core.rights_request import RequestKind, RightsRequest
from newsletter.store.rights_tables import rights_requests

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


def add_request(connection: Connection, kind: RequestKind, address: str, received: date, note: str) -> int:
    """Note a request; gives its number. It may be answered within one month."""
    values = {"kind": kind, "address": address, "received": received, "months": 1, "note": note}
    made = insert(rights_requests).values(values).returning(rights_requests.c.id)
    return int(connection.execute(made).scalar_one())


def list_requests(connection: Connection, *, with_closed: bool = False) -> list[RightsRequest]:
    """Requests that are open, by the day on which they came; and those that are closed, where they are wanted."""
    row = rights_requests.c
    query = select(rights_requests).order_by(row.received, row.id)
    if not with_closed:
        query = query.where(row.closed.is_(None))
    return [_request(found) for found in connection.execute(query).mappings()]


def find_request(connection: Connection, number: int) -> RightsRequest | None:
    """The request with this number."""
    query = select(rights_requests).where(rights_requests.c.id == number)
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else _request(found)


def close_request(connection: Connection, number: int, day: date, note: str) -> bool:
    """Note that a request was answered, and forget whose it was; False if it was closed before."""
    row = rights_requests.c
    changed = update(rights_requests).where(row.id == number, row.closed.is_(None))
    return connection.execute(changed.values(closed=day, note=note, address="")).rowcount == 1


def close_requests_of(connection: Connection, kind: RequestKind, address: str, day: date, note: str) -> int:
    """Close what this person asked for of this kind; gives how many requests that were."""
    row = rights_requests.c
    here = row.kind == kind, row.address == address, row.closed.is_(None)
    changed = update(rights_requests).where(*here).values(closed=day, note=note, address="")
    return connection.execute(changed).rowcount


def extend_request(connection: Connection, number: int, months: int, note: str) -> bool:
    """Take more time for an answer; False if the request is closed."""
    row = rights_requests.c
    changed = update(rights_requests).where(row.id == number, row.closed.is_(None))
    return connection.execute(changed.values(months=months, note=note)).rowcount == 1


def _request(found: object) -> RightsRequest:
    values = dict(found)  # type: ignore[call-overload]
    return RightsRequest(**values | {"kind": RequestKind(values["kind"])})
