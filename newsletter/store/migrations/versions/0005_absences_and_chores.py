"""Schedulers say since when they live, when they look and when nobody was there; chores; decisions about what was missed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_DECISIONS = "decision IN ('sent', 'skipped', 'rescheduled')"


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("since", name=op.f("pk_absences")),
    )
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    with op.batch_alter_table("heartbeats") as table:
        table.add_column(sa.Column("since", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("occurrences") as table:
        table.add_column(sa.Column("decision", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("decided_by", sa.String(length=200), nullable=True))
        table.create_check_constraint(op.f("ck_occurrences_decision"), _DECISIONS)
    op.execute(
        "UPDATE occurrences SET campaign_id = (SELECT id FROM campaigns "
        "WHERE 'campaign:' || campaigns.name = occurrences.schedule) WHERE campaign_id IS NULL"
    )
