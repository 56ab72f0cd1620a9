"""Deadlines have ladders, hours and segments of their own; reminders may be put off, and several go in one mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_WITHHELD = (
    "withheld IS NULL OR withheld IN ('unsubscribed', 'suppressed', 'not_confirmed', 'paused', 'applied', 'stopped', 'later', 'merged', 'one_a_day', "
    "'excluded', 'had_it', 'deadline_passed', 'cancelled', 'erased')"
)
_MARKS = "mark IN ('applied', 'stopped', 'later', 'postponed')"


def upgrade() -> None:
    _create_parts()
    _add_to_deadlines()
    with op.batch_alter_table("deadline_marks") as table:
        table.drop_constraint(op.f("ck_deadline_marks_mark"), type_="check")
        table.add_column(sa.Column("until", _INSTANT, nullable=True))
        table.create_check_constraint(op.f("ck_deadline_marks_mark"), _MARKS)
    with op.batch_alter_table("deliveries") as table:
        table.drop_constraint(op.f("ck_deliveries_withheld"), type_="check")
        table.create_check_constraint(op.f("ck_deliveries_withheld"), _WITHHELD)


def _create_parts() -> None:
    op.create_table(
        "reminder_parts",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("deadline", sa.String(length=200), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.String(length=40), nullable=True),
        sa.CheckConstraint(_WITHHELD, name=op.f("ck_reminder_parts_withheld")),
        sa.PrimaryKeyConstraint("subscriber_id", "campaign_id", "deadline", name=op.f("pk_reminder_parts")),
    )
    op.create_index(op.f("ix_reminder_parts_campaign_id"), "reminder_parts", ["campaign_id"])


def _add_to_deadlines() -> None:
    with op.batch_alter_table("deadlines") as table:
        table.add_column(sa.Column("remind_at", sa.String(length=5), nullable=True))
        table.add_column(sa.Column("audiences", _DOCUMENT, server_default="{}", nullable=False))
        table.add_column(sa.Column("notice_at", _INSTANT, nullable=True))
        table.add_column(sa.Column("approved_at", _INSTANT, nullable=True))
        table.add_column(sa.Column("approved_sequence", sa.Integer(), nullable=True))
