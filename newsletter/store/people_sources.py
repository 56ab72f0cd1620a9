"""Where files of people come from, and what their columns were taken as: the next file of a source is read the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from newsletter.store.source_tables import people_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def columns_of_source(connection: Connection, name: str) -> dict[str, str]:
    """Our columns by the headers of this source's files; nothing when it has not been met."""
    found = connection.scalar(select(people_sources.c["columns"]).where(people_sources.c.name == name))
    return dict(found or {})


def keep_columns_of_source(connection: Connection, name: str, columns: Mapping[str, str]) -> None:
    """Remember what the columns of this source were taken as, in place of what was remembered before."""
    connection.execute(delete(people_sources).where(people_sources.c.name == name))
    connection.execute(insert(people_sources).values(name=name, columns=dict(columns)))
