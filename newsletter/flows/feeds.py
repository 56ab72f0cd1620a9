"""Feeds of others: read when they are due, and what is new becomes drafts of articles in the workspace.

An item becomes an article once, whoever polls and whatever is killed: its row is there before its file, and a row without
its file is finished by the next poll. A file that a person has touched is never written again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.feed_article import draft_source, host_of, slug_of
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.wallclock import to_local
from newsletter.core.wording import Catalogue
from newsletter.flows.workspace import read_catalogues
from newsletter.sources.feeds import fetch_feed
from newsletter.store import feeds as rows

if TYPE_CHECKING:
    from datetime import date, datetime

    from newsletter.core.feed import Feed, FeedItem
    from newsletter.flows.office import Office
    from newsletter.settings.parts import Feed as FeedPart
    from newsletter.store.feeds import FeedRow, ItemRow

_IN_HAND = timedelta(minutes=15)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=15), timedelta(days=1)
_MOST_DOUBLINGS = 10
_KEY_LENGTHS = (6, 16, 64)


@dataclass(slots=True)
class FeedPoll:
    """What one reading of a feed came to.

    Attributes:
        new: slugs of the articles that were made.
        updated: slugs of drafts that were written again, as nobody had touched them and their item has changed.
        told: slugs of articles whose item has changed but which are a person's by now.
        trouble: why it could not be read, "" when it could.
        unchanged: whether the server said that nothing has changed.
        left: items that wait for the next poll.
    """

    feed: str
    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    trouble: str = ""
    unchanged: bool = False
    left: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "feed": self.feed,
            "new": self.new,
            "updated": self.updated,
            "changed_but_touched": self.told,
            "trouble": self.trouble,
            "unchanged": self.unchanged,
            "left_for_the_next_time": self.left,
        }


def poll_due_feeds(office: Office, now: datetime) -> list[FeedPoll]:
    """Read every feed that is due. Any number of schedulers may do this at once: a feed is taken by one of them."""
    polls = []
    for name in office.settings.feeds:
        poll = _poll(office, name, now, due=True)
        polls += [poll] if poll else []
    return polls


def poll_feed(office: Office, name: str, now: datetime) -> FeedPoll:
    """Read one feed now, whether it is due or not.

    Raises:
        ContentRefused: the configuration names no such feed.
    """
    known_feed(office, name)
    poll = _poll(office, name, now, due=False)
    assert poll is not None
    return poll


def known_feed(office: Office, name: str) -> FeedPart:
    """The feed that the configuration calls `name`.

    Raises:
        ContentRefused: there is none; the refusal names those there are.
    """
    if name not in office.settings.feeds:
        known = ", ".join(sorted(office.settings.feeds)) or "none yet"
        what = f"There is no feed '{name}'."
        raise ContentRefused(Problem(what, f"Feeds in config.yaml: {known}.", "config.yaml", None, "feeds"))
    return office.settings.feeds[name]


def list_feeds(office: Office) -> list[tuple[str, FeedPart, FeedRow | None]]:
    """Every feed of the configuration, with where it stands; None for one that was never asked."""
    with office.database.read() as connection:
        known = rows.feed_rows(connection)
    return [(name, part, known.get(name)) for name, part in office.settings.feeds.items()]


def items_of(office: Office, name: str) -> list[ItemRow]:
    """What is known of a feed's items, newest first.

    Raises:
        ContentRefused: the configuration names no such feed.
    """
    known_feed(office, name)
    with office.database.read() as connection:
        return rows.list_items(connection, name)


def _poll(office: Office, name: str, now: datetime, *, due: bool) -> FeedPoll | None:
    part, poll = office.settings.feeds[name], FeedPoll(name)
    with office.database.write() as connection:
        row = rows.claim_poll(connection, name, part.url, now, now + _IN_HAND, due=due)
    if row is None:
        return None
    try:
        values = _read(office, part, row, poll, now)
    except Refusal as refusal:
        poll.trouble = str(refusal)[:1000]
        wait = _FIRST_WAIT * 2 ** min(row.failures, _MOST_DOUBLINGS)
        values = {"failures": row.failures + 1, "trouble": poll.trouble}
        values["next_at"] = now + min(wait, max(part.every, _LONGEST_WAIT))
    with office.database.write() as connection:
        rows.settle_poll(connection, name, polled_at=now, url=part.url, **values)
    return poll


def _read(office: Office, part: FeedPart, row: FeedRow, poll: FeedPoll, now: datetime) -> dict[str, Any]:
    """Fetch the feed and take its items; gives what is to be noted about it."""
    same = row.url == part.url
    page, feed = fetch_feed(
        office.web, part.url, etag=row.etag if same else "", modified=row.modified if same else ""
    )
    values: dict[str, Any] = {"failures": 0, "trouble": "", "read_at": now, "next_at": now + part.every}
    if feed is None:
        poll.unchanged = True
        return values
    taker = _Taker(office, part, poll, feed.title or poll.feed, now)
    taker.take(feed, first=row.read_at is None or not same)
    # What still waits must come again, so the server is not told that we have it all.
    have_all = not poll.left
    return values | {
        "title": feed.title,
        "etag": page.etag[:500] if have_all else "",
        "modified": page.modified[:200] if have_all else "",
    }


@dataclass(frozen=True, slots=True)
class _Taker:
    """Takes the items of one feed at one reading."""

    office: Office
    part: FeedPart
    poll: FeedPoll
    title: str
    now: datetime

    def take(self, feed: Feed, *, first: bool) -> None:
        """Known items are followed, new ones become drafts; at the first reading only the newest do."""
        with self.office.database.read() as connection:
            known = rows.known_items(connection, self.poll.feed)
        for item in feed.items:
            row = known.get(item.key)
            if row is not None:
                self._follow(item, row)
            elif len(self.poll.new) < self.part.most:
                self._make(item)
            elif first:
                self._note(item, "", "")
            else:
                self.poll.left += 1

    def _make(self, item: FeedItem) -> None:
        with self.office.database.read() as connection:
            twin = rows.slug_of_link(connection, _link_key(item)) if item.link else ""
        if twin:
            self._note(item, twin, "")
            return
        slug = self._free_slug(item)
        if not self._note(item, slug, None):
            return
        if not self._write(item, slug, self.now):  # another feed has taken the name at this very moment
            slug = f"{slug}-{item.key[:16]}"
            with self.office.database.write() as connection:
                rows.change_item(connection, self.poll.feed, item.key, slug=slug)
            self._write(item, slug, self.now)
        self.poll.new.append(slug)

    def _follow(self, item: FeedItem, row: ItemRow) -> None:
        if row.slug and row.file_digest is None:  # somebody was stopped before the file was there
            self._write(item, row.slug, row.first_seen)
            self.poll.new.append(row.slug)
        elif row.digest != item.digest:
            self._change(item, row)

    def _change(self, item: FeedItem, row: ItemRow) -> None:
        values: dict[str, Any] = {"digest": item.digest, "title": item.title, "changed_at": self.now}
        if row.slug and row.file_digest:
            source = self._source(item, row.first_seen)
            was = row.file_digest
            if self.office.library.rewrite_draft(row.slug, self.part.language, source, was):
                self.poll.updated.append(row.slug)
                values["file_digest"] = _digest(source)
            else:
                self.poll.told.append(row.slug)
        with self.office.database.write() as connection:
            rows.change_item(connection, self.poll.feed, item.key, **values)

    def _note(self, item: FeedItem, slug: str, file_digest: str | None) -> bool:
        values = {"digest": item.digest, "title": item.title, "slug": slug, "file_digest": file_digest}
        with self.office.database.write() as connection:
            return rows.add_item(
                connection,
                self.poll.feed,
                item.key,
                link_key=_link_key(item),
                first_seen=self.now,
                **values,
            )

    def _write(self, item: FeedItem, slug: str, seen: datetime) -> bool:
        """Write the file and note that it is there; False where another one stands in its place."""
        source = self._source(item, seen)
        ours = self.office.library.write_draft(slug, self.part.language, source)
        with self.office.database.write() as connection:
            digest = _digest(source) if ours else ""
            rows.change_item(connection, self.poll.feed, item.key, file_digest=digest)
        return ours

    def _source(self, item: FeedItem, seen: datetime) -> str:
        language = self.part.language
        words = read_catalogues(self.office).get(language) or Catalogue.from_po(language, "")
        return draft_source(
            item,
            language=language,
            topics=self.part.topics,
            day=self._day(item, seen),
            read_on=words.gettext("Read it at {host}", host=host_of(item.link)),
            feed=self.title,
        )

    def _day(self, item: FeedItem, seen: datetime) -> date:
        """The day it was published by the office's calendar; a feed that lives in the future is not believed."""
        return to_local(min(item.published or seen, seen), self.office.settings.zone).date()

    def _free_slug(self, item: FeedItem) -> str:
        wanted = slug_of(item, self.poll.feed)
        choices = [wanted, *(f"{wanted}-{item.key[:length]}" for length in _KEY_LENGTHS)]
        with self.office.database.read() as connection:
            free = (
                slug
                for slug in choices
                if not self.office.library.has_article(slug) and not rows.is_slug_taken(connection, slug)
            )
            return next(free, f"{self.poll.feed}-{item.key}")


def _link_key(item: FeedItem) -> str:
    return _digest(item.link) if item.link else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
