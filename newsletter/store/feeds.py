"""Feeds: when each was read, what went wrong, and which of its items are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from newsletter.store.feed_tables import feed_items, feeds
from newsletter.store.insert import insert_ignore

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Where a feed stands. Instants are UTC.

    Attributes:
        polled_at: when it was last asked.
        read_at: when it was last read without trouble.
        next_at: when it is asked next.
        failures: since it was last read.
        trouble: why it could not be read, "" when it could.
    """

    name: str
    url: str
    title: str
    polled_at: datetime | None
    read_at: datetime | None
    next_at: datetime
    failures: int
    trouble: str
    etag: str
    modified: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item that is known.

    Attributes:
        slug: the article that it became, "" for one that was passed over.
        file_digest: SHA-256 of the file as it was written; None until it is, "" where another file stands for it.
    """

    item: str
    digest: str
    title: str
    slug: str
    file_digest: str | None
    first_seen: datetime
    changed_at: datetime | None


def feed_rows(connection: Connection) -> dict[str, FeedRow]:
    """Every feed that was ever asked, by name."""
    return {row.name: _feed(row) for row in connection.execute(select(feeds))}


def claim_poll(
    connection: Connection, name: str, url: str, now: datetime, until: datetime, *, due: bool = True
) -> FeedRow | None:
    """Take a feed that is due for whoever asks first; None if it is not due, or somebody else has it.

    Args:
        until: nobody else takes it before.
        due: whether it must be due; a person who asks gets it at once.
    """
    fresh = {"name": name, "url": url, "title": "", "next_at": now, "failures": 0}
    connection.execute(insert_ignore(connection, feeds, fresh | {"trouble": "", "etag": "", "modified": ""}))
    here = [feeds.c.name == name] + ([feeds.c.next_at <= now] if due else [])
    if connection.execute(update(feeds).where(*here).values(next_at=until)).rowcount != 1:
        return None
    return _feed(connection.execute(select(feeds).where(feeds.c.name == name)).one())


def settle_poll(connection: Connection, name: str, **values: Any) -> None:
    """Note how a poll ended."""
    connection.execute(update(feeds).where(feeds.c.name == name).values(values))


def known_items(connection: Connection, feed: str) -> dict[str, ItemRow]:
    """The items of a feed that are known, by key."""
    query = select(feed_items).where(feed_items.c.feed == feed)
    return {row.item: _item(row) for row in connection.execute(query)}


def add_item(connection: Connection, feed: str, item: str, **values: Any) -> bool:
    """Note an item; False if it is known already."""
    row = {"feed": feed, "item": item, **values}
    return connection.execute(insert_ignore(connection, feed_items, row)).rowcount == 1


def change_item(connection: Connection, feed: str, item: str, **values: Any) -> None:
    """Change what is known of an item."""
    here = feed_items.c.feed == feed, feed_items.c.item == item
    connection.execute(update(feed_items).where(*here).values(values))


def slug_of_link(connection: Connection, link_key: str) -> str:
    """The article that an item with this link became, in whatever feed; "" when there is none."""
    row = feed_items.c
    query = (
        select(row.slug).where(row.link_key == link_key, row.slug != "").order_by(row.first_seen, row.feed)
    )
    return connection.scalar(query.limit(1)) or ""


def is_slug_taken(connection: Connection, slug: str) -> bool:
    """Whether an item has become an article of this name, or is about to."""
    query = select(feed_items.c.slug).where(feed_items.c.slug == slug)
    return connection.scalar(query.limit(1)) is not None


def list_items(connection: Connection, feed: str, limit: int = 100) -> list[ItemRow]:
    """The items of a feed, those last seen first at the head."""
    query = select(feed_items).where(feed_items.c.feed == feed)
    ordered = query.order_by(feed_items.c.first_seen.desc(), feed_items.c.title).limit(limit)
    return [_item(row) for row in connection.execute(ordered)]


def _feed(row: Row[Any]) -> FeedRow:
    return FeedRow(
        row.name,
        row.url,
        row.title,
        row.polled_at,
        row.read_at,
        row.next_at,
        row.failures,
        row.trouble,
        row.etag,
        row.modified,
    )


def _item(row: Row[Any]) -> ItemRow:
    return ItemRow(row.item, row.digest, row.title, row.slug, row.file_digest, row.first_seen, row.changed_at)
