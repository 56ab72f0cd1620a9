"""What a file told of somebody's attributes, without the file."""

from __future__ import annotations

from sqlalchemy import update

from newsletter.store import people
from newsletter.store.dates import keep_dates
from newsletter.store.tables import subscribers


def tell_attributes(connection, identity, attributes, now):
    """Put these on top of what is known, the dates among them too."""
    had = people.person_row(connection, identity)["attributes"]
    told = had | dict(attributes)
    keep_dates(connection, identity, had, told, now)
    connection.execute(update(subscribers).where(subscribers.c.id == identity).values(attributes=told))
