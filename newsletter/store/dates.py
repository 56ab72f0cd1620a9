"""The dates among people's attributes, kept beside them so that everybody of one day is found by an index."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert

from newsletter.store.series_tables import subscriber_dates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

_LENGTH = len("2021-10-19")


def dates_among(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The attributes that are written as a date that exists, such as 2021-10-19, whatever their type is today."""
    return {name: value for name, value in attributes.items() if _is_date(value)}


def keep_dates(
    connection: Connection,
    identity: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    told_at: datetime | None,
) -> None:
    """Write down which dates a person's attributes have now; those that stay keep the instant at which they were told."""
    had, have = dates_among(before), dates_among(after)
    row = subscriber_dates.c
    gone = [name for name, day in had.items() if have.get(name) != day]
    if gone:
        connection.execute(delete(subscriber_dates).where(row.subscriber_id == identity, row.name.in_(gone)))
    rows = [
        {"subscriber_id": identity, "name": name, "day": day, "month_day": day[5:], "told_at": told_at}
        for name, day in have.items()
        if had.get(name) != day
    ]
    if rows:
        connection.execute(insert(subscriber_dates), rows)


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or len(value) != _LENGTH:
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
