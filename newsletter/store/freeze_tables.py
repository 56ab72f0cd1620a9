"""What a frozen audience keeps of its rules; it shares `metadata` with `store.tables`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from newsletter.store.tables import Document, Instant, metadata

# The rules by which an audience was frozen, once for each campaign. Who was in by them stands in the ledger.
frozen_rules = Table(
    "frozen_rules",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    # The segments with those that they refer to, and the fields and topics that they name: `core.segment.document`.
    Column("document", Document, nullable=False),
    # SHA-256 of it: the version of the rules.
    Column("digest", String(64), nullable=False),
    Column("at", Instant, nullable=False),
)
