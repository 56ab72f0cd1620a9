"""The tables of counted links; they share the metadata of `store.tables`. No person stands in them."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, UniqueConstraint

from newsletter.store.tables import metadata

# Where the redirects of a campaign lead. A number that went out in a mail keeps its address for good.
campaign_links = Table(
    "campaign_links",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("url", String(2000), nullable=False),
    Column("words", String(200), nullable=False),
    # Slug of the article that it belongs to, "" for none.
    Column("article", String(200), nullable=False),
    UniqueConstraint("campaign_id", "url"),
)

# How often each was pressed on a day of the office's calendar; number 0 is the invisible picture. What machines did stands apart.
link_counts = Table(
    "link_counts",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("people", Integer, nullable=False),
    Column("machines", Integer, nullable=False),
)
