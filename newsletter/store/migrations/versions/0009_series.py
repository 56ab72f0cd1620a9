"""Series that follow each person's own moment: what was approved, who has had which step, and people's dates."""

from __future__ import annotations

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
_AT_ONCE = 5000


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("series", sa.String(length=120), server_default="", nullable=False))
    op.add_column("subscribers", sa.Column("known_at", _INSTANT, nullable=True))
    op.create_index(op.f("ix_subscribers_joined_zone"), "subscribers", ["joined", "zone"])
    op.create_index(op.f("ix_subscribers_granted_at_zone"), "subscribers", ["granted_at", "zone"])
    _create_series()
    _create_dates()
    _fill_dates()


def _create_series() -> None:
    op.create_table(
        "series",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", _DOCUMENT, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("approved_at", _INSTANT, nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("state IN ('running', 'paused')", name=op.f("ck_series_state")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_series")),
    )
    op.create_table(
        "series_steps",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("round", sa.String(length=10), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_series_steps_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "series", "round", "step", name=op.f("pk_series_steps")),
    )
    op.create_index(op.f("ix_series_steps_series_step"), "series_steps", ["series", "step"])


def _create_dates() -> None:
    op.create_table(
        "subscriber_dates",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("month_day", sa.String(length=5), nullable=False),
        sa.Column("told_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriber_dates_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "name", name=op.f("pk_subscriber_dates")),
    )
    op.create_index(op.f("ix_subscriber_dates_name_day"), "subscriber_dates", ["name", "day"])
    op.create_index(op.f("ix_subscriber_dates_name_month_day"), "subscriber_dates", ["name", "month_day"])


def _fill_dates() -> None:
    """The dates that stand in people's attributes already; nobody knows since when."""
    connection = op.get_bind()
    people = connection.execute(sa.text("SELECT id, attributes FROM subscribers ORDER BY id"))
    insert = sa.text(
        "INSERT INTO subscriber_dates (subscriber_id, name, day, month_day) VALUES (:subscriber_id, :name, :day, :month_day)"
    )
    rows = []
    for identity, attributes in people.all():
        known = json.loads(attributes) if isinstance(attributes, str) else attributes
        for name, value in known.items():
            if _is_date(value):
                day = {"subscriber_id": identity, "name": name, "day": value, "month_day": value[5:]}
                rows.append(day)
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(insert, rows[start : start + _AT_ONCE])


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
