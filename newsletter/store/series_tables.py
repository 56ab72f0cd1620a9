"""The tables of series: what was approved, who has had which step, and the dates that are known of people."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from newsletter.core.series import SeriesState
from newsletter.store.tables import Document, Instant, metadata, one_of

series = Table(
    "series",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("state", String(20), nullable=False),
    # Of the file and the languages, as approved; with another digest nothing goes.
    Column("digest", String(64), nullable=False),
    Column("document", Document, nullable=False),
    # Since when it has been running: a step whose moment lies before it goes to nobody.
    Column("since", Instant, nullable=False),
    Column("approved_at", Instant, nullable=False),
    Column("approved_by", String(200), nullable=False),
    one_of("state", SeriesState),
)

# Each step goes to a person once in a round: written with the audience, in the launch's own transaction.
series_steps = Table(
    "series_steps",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("series", String(60), primary_key=True),
    Column("round", String(10), primary_key=True),
    Column("step", String(60), primary_key=True),
    Column("campaign_id", Integer, nullable=False),
    Index(None, "series", "step"),
)

# The dates among people's attributes, so that they are found by day; written with the attributes themselves.
subscriber_dates = Table(
    "subscriber_dates",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("month_day", String(5), nullable=False),
    # When the date was told to us; NULL: we have always known it.
    Column("told_at", Instant),
    Index(None, "name", "day"),
    Index(None, "name", "month_day"),
)
