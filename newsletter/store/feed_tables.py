"""The tables of feeds, digests and notices to officers; they share `metadata` with `store.tables`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from newsletter.core.digest import DigestOutcome
from newsletter.store.tables import Instant, metadata, one_of

feeds = Table(
    "feeds",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("title", String(300), nullable=False),
    # Last asked, and last read without trouble.
    Column("polled_at", Instant),
    Column("read_at", Instant),
    Column("next_at", Instant, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("trouble", String(1000), nullable=False),
    # To ask only for what has changed (RFC 9110 section 13.1).
    Column("etag", String(500), nullable=False),
    Column("modified", String(200), nullable=False),
)

# What feeds have said. A row is there before the file that it leads to, so that nothing becomes an article twice.
feed_items = Table(
    "feed_items",
    metadata,
    Column("feed", String(60), primary_key=True),
    Column("item", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("title", String(300), nullable=False),
    Column("link_key", String(64), nullable=False),
    # The article that it became; "" for one that was passed over.
    Column("slug", String(120), nullable=False),
    # SHA-256 of the file as it was written; NULL until it is, "" where another file stands for it.
    Column("file_digest", String(64)),
    Column("first_seen", Instant, nullable=False),
    Column("changed_at", Instant),
    Index(None, "link_key"),
    Index(None, "slug"),
)

# What became of each issue of a digest: one row for each of its moments.
digest_issues = Table(
    "digest_issues",
    metadata,
    Column("digest", String(100), primary_key=True),
    Column("instant", Instant, primary_key=True),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("campaign_id", ForeignKey("campaigns.id")),
    Column("at", Instant, nullable=False),
    one_of("outcome", DigestOutcome),
)

# Mail to officers. It is written down first and sent after that; one that was sent and not noted is sent again.
notices = Table(
    "notices",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("address", String(320), primary_key=True),
    Column("language", String(20), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("trouble", String(1000), nullable=False),
)
