"""The tables that the scheduler daemon keeps for itself: when nobody was there, and when each chore was last done."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from newsletter.store.tables import Instant, metadata

# From the last beat of any scheduler to the first one after it; whoever beats first writes it down.
absences = Table(
    "absences",
    metadata,
    Column("since", Instant, primary_key=True),
    Column("until", Instant, nullable=False),
)

# One row for each chore of the housekeeping; whoever moves `due_at` does it this time.
chores = Table(
    "chores",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("worker", String(80), nullable=False),
    Column("did", Text, nullable=False),
    Column("trouble", Text, nullable=False),
)
