"""The table of the sources of files of people; see `store/people_sources.py` for what happens to it."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from newsletter.store.tables import Document, metadata

people_sources = Table(
    "people_sources",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("columns", Document, nullable=False),  # our columns by their headers
)
