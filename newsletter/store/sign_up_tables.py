"""How often the form was sent from where; it shares `metadata` with `store.tables`."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from newsletter.store.tables import Instant, metadata

# A network is a keyed hash. All processes that serve pages count together; rows of former hours are removed.
sign_up_tries = Table(
    "sign_up_tries",
    metadata,
    Column("network", String(64), primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("count", Integer, nullable=False),
)
