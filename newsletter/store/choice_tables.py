"""The tables of what readers chose on their pages; they share `metadata` with `store.tables`."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from newsletter.core.choice import LeavingReason, TrackingChoice
from newsletter.store.tables import Document, Instant, metadata, one_of

# Evidence, as `consents` is: the database refuses to change or delete a row, and nothing in one names anybody.
tracking_choices = Table(
    "tracking_choices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("choice", String(20), nullable=False),
    # The words of the answer that was chosen.
    Column("wording", Text, nullable=False),
    Column("evidence", Document, nullable=False),
    one_of("choice", TrackingChoice),
    Index(None, "subscriber_id"),
)

# The last word counts: whoever leaves twice has one reason.
leaving_reasons = Table(
    "leaving_reasons",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    one_of("reason", LeavingReason),
)
