"""Finds that somebody has rejected: the rest about a find is read from the articles each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from newsletter.store.find_tables import rejected_finds
from newsletter.store.insert import insert_ignore

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def reject_find(
    connection: Connection, digest: str, article: str, language: str, quote: str, now: datetime
) -> None:
    """Remember that a find is none. Once is enough; the first time stays."""
    values = {"digest": digest, "article": article, "language": language, "quote": quote, "at": now}
    connection.execute(insert_ignore(connection, rejected_finds, values))


def rejected_digests(connection: Connection) -> frozenset[str]:
    """The digests of all finds that were rejected."""
    return frozenset(connection.execute(select(rejected_finds.c.digest)).scalars())
