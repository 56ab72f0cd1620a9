"""The table of what people asked of the office about their data; it shares `metadata` with `store.tables`."""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, String, Table, Text

from newsletter.core.rights_request import RequestKind
from newsletter.store.tables import metadata, one_of

rights_requests = Table(
    "rights_requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    # Only while the request is open: the log outlives an erasure.
    Column("address", String(320), nullable=False),
    Column("received", Date, nullable=False),
    Column("months", Integer, nullable=False),
    Column("closed", Date),
    Column("note", Text, nullable=False),
    one_of("kind", RequestKind),
)
