"""What other people's feeds say, in our words: an item with one identity, clean HTML and a moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One entry of a feed.

    Attributes:
        identity: what makes it the same entry the next time: its guid, else its link, else its words.
        title: plain text on one line, "" when it has none.
        summary: plain text on one line.
        html: the content, only with harmless elements and absolute links.
        link: where it is told in full, http or https; "" when nowhere.
        published: instant (UTC), None when the feed does not say.
        language: as the feed names it, "" when it does not.
        image: address of a picture, "" when there is none.
    """

    identity: str
    title: str
    summary: str
    html: str
    link: str
    published: datetime | None
    language: str = ""
    image: str = ""

    @property
    def key(self) -> str:
        """The identity in 64 hexadecimal digits, as the store keeps it."""
        return _digest(self.identity)

    @property
    def digest(self) -> str:
        """What it says, in 64 hexadecimal digits: another when its words have changed."""
        return _digest(f"{self.title}\x00{self.summary}\x00{self.html}\x00{self.link}")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was read: its own title, and its items, newest first; those without a moment keep their place."""

    title: str
    items: tuple[FeedItem, ...]


def newest_first(items: list[FeedItem]) -> tuple[FeedItem, ...]:
    """Items by their moment; where one has none, the feed's own order is all that is known and is kept for all."""
    if any(item.published is None for item in items):
        return tuple(items)
    return tuple(sorted(items, key=_moment, reverse=True))


def _moment(item: FeedItem) -> datetime:
    assert item.published is not None
    return item.published


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
