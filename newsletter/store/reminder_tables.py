"""The table of reminders that went in one mail; it shares the metadata of `store.tables`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table

from newsletter.core.delivery import Withheld
from newsletter.store.tables import metadata

# What stands in each person's copy of a mail that merges reminders: one row for each deadline. One that is withheld, for the
# reason in the row, is left out of the copy; the row of the ledger says what became of the mail as a whole.
# No foreign keys, for the same reason as in `deliveries`.
reminder_parts = Table(
    "reminder_parts",
    metadata,
    Column("subscriber_id", Integer, primary_key=True),
    Column("campaign_id", Integer, primary_key=True),
    Column("deadline", String(200), primary_key=True),
    Column("rung", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("withheld", String(40)),
    CheckConstraint(
        "withheld IS NULL OR withheld IN (" + ", ".join(f"'{word.value}'" for word in Withheld) + ")",
        name="withheld",
    ),
    Index(None, "campaign_id"),
)
