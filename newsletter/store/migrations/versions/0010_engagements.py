"""What people did with their mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "engagements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("link", sa.String(length=500), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('opened', 'clicked', 'replied')", name=op.f("ck_engagements_kind")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_engagements_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_engagements_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
        sa.UniqueConstraint(
            "subscriber_id",
            "campaign_id",
            "kind",
            "link",
            "day",
            name=op.f("uq_engagements_subscriber_id_campaign_id_kind_link_day"),
        ),
    )
    op.create_index(
        op.f("ix_engagements_kind_at_subscriber_id"), "engagements", ["kind", "at", "subscriber_id"]
    )
    op.create_index(
        op.f("ix_engagements_campaign_id_kind_subscriber_id"),
        "engagements",
        ["campaign_id", "kind", "subscriber_id"],
    )
