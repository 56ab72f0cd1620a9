"""The tables of calendars; they share the metadata of `store.tables`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from newsletter.store.tables import Document, Instant, metadata

# What calendars are told, one row for each deadline or event and language. `written` is the VEVENT as it goes out, so that
# a feed is a SELECT and a join of strings; `entry` is what it was written from.
calendar_entries = Table(
    "calendar_entries",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("language", String(20), primary_key=True),
    Column("topics", Document, nullable=False),
    Column("start", Instant, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("changed_at", Instant, nullable=False),
    # Until when feeds show it.
    Column("kept_until", Instant, nullable=False),
    Column("entry", Document, nullable=False),
    Column("written", Text, nullable=False),
    Index(None, "language", "kept_until"),
)

# Whose address of their own calendar was made anew, and how often; addresses of former editions are dead.
calendar_addresses = Table(
    "calendar_addresses",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
