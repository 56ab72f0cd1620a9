"""The tables of what people did with their mail; they share `metadata` with `store.tables`."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from newsletter.core.engagement import LONGEST_LINK, EngagementKind
from newsletter.store.tables import Instant, metadata, one_of

# One row for each thing that a person did with a mail on a day: five clicks on one link within a day are one.
engagements = Table(
    "engagements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    # The day of `at` in UTC, for the unique key.
    Column("day", Date, nullable=False),
    # Of clicks: the id of the article that it leads to, else the URL; "" of the rest.
    Column("link", String(LONGEST_LINK), nullable=False, server_default=""),
    one_of("kind", EngagementKind),
    # In this order it finds what one person did, too.
    UniqueConstraint("subscriber_id", "campaign_id", "kind", "link", "day"),
    # For segments and reports: who clicked anything since then, and who clicked something in this mail. Both hold all
    # that these questions need, so that the table itself is not read.
    Index(None, "kind", "at", "subscriber_id"),
    Index(None, "campaign_id", "kind", "subscriber_id"),
)

# What the articles of a campaign are about, as they were when it was launched: segments ask for mail about a topic.
campaign_topics = Table(
    "campaign_topics",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("article", String(120), primary_key=True),
    Column("topic", String(64), primary_key=True),
)
