"""Mail to officers: written down in the transaction that gives reason to it, sent after that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from newsletter.store.feed_tables import notices
from newsletter.store.insert import insert_ignore

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice. `words` is Markdown."""

    name: str
    address: str
    language: str
    subject: str
    words: str
    at: datetime


def add_notice(connection: Connection, notice: NoticeRow) -> bool:
    """Write a notice down; False if this address has one of this name already."""
    row = {
        "name": notice.name,
        "address": notice.address,
        "language": notice.language,
        "subject": notice.subject[:300],
        "words": notice.words,
        "at": notice.at,
        "trouble": "",
    }
    return connection.execute(insert_ignore(connection, notices, row)).rowcount == 1


def waiting_notices(connection: Connection, since: datetime) -> list[NoticeRow]:
    """Notices that have not been sent and were written `since` then, oldest first."""
    row = notices.c
    query = select(row.name, row.address, row.language, row.subject, row.words, row.at)
    found = connection.execute(query.where(row.sent_at.is_(None), row.at >= since).order_by(row.at, row.name))
    return [NoticeRow(*one) for one in found]


def settle_notice(
    connection: Connection, notice: NoticeRow, sent_at: datetime | None, trouble: str = ""
) -> None:
    """Note that a notice was sent, or why not."""
    here = notices.c.name == notice.name, notices.c.address == notice.address
    values = {"sent_at": sent_at, "trouble": trouble[:1000]}
    connection.execute(update(notices).where(*here).values(values))
