"""The table of finds that somebody has rejected."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from newsletter.store.tables import Instant, metadata

# A find is known by a digest of article, language and quote, so that it stays rejected when the text around it changes.
rejected_finds = Table(
    "rejected_finds",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("article", String(200), nullable=False),
    Column("language", String(20), nullable=False),
    Column("quote", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
