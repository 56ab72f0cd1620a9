"""Feeds and what they said, the issues of digests, notices to officers, and people who have an article already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WITHHELD = (
    "withheld IS NULL OR withheld IN ('unsubscribed', 'suppressed', 'not_confirmed', 'paused', 'applied', 'stopped', 'later', 'merged', 'one_a_day', "
    "'excluded', 'had_it', 'deadline_passed', 'cancelled', 'erased')"
)


def upgrade() -> None:
    _create_feeds()
    _create_digest_issues()
    _create_notices()
    with op.batch_alter_table("deliveries") as table:
        table.drop_constraint(op.f("ck_deliveries_withheld"), type_="check")
        table.create_check_constraint(op.f("ck_deliveries_withheld"), _WITHHELD)


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=1000), nullable=False),
        sa.Column("etag", sa.String(length=500), nullable=False),
        sa.Column("modified", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feeds")),
    )
    op.create_table(
        "feed_items",
        sa.Column("feed", sa.String(length=60), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("link_key", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("file_digest", sa.String(length=64), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("feed", "item", name=op.f("pk_feed_items")),
    )
    op.create_index(op.f("ix_feed_items_link_key"), "feed_items", ["link_key"])
    op.create_index(op.f("ix_feed_items_slug"), "feed_items", ["slug"])


def _create_digest_issues() -> None:
    op.create_table(
        "digest_issues",
        sa.Column("digest", sa.String(length=100), nullable=False),
        sa.Column("instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('prepared', 'skipped', 'missed')", name=op.f("ck_digest_issues_outcome")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_digest_issues_campaign_id")),
        sa.PrimaryKeyConstraint("digest", "instant", name=op.f("pk_digest_issues")),
    )


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("name", "address", name=op.f("pk_notices")),
    )
