"""A delivery is leased by its worker's own lease, waits in a lane, and is handed over without a state between."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = "settled_at IS NULL"
_STATES = "state IN ('ready', 'handing', 'sent', 'failed', 'skipped', 'unsure')"
# SQLite has no function that looks from the end: what is left when everything up to the last @ is taken off.
_DOMAIN = {
    "sqlite": "replace(address_key, rtrim(address_key, replace(address_key, '@', '')), '')",
    "postgresql": "substring(address_key from '[^@]*$')",
}


def upgrade() -> None:
    _create_leases()
    _create_lanes()
    _create_strikes()
    _create_worker_files()
    _add_to_subscribers()
    _change_deliveries()


def _create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lane", sa.String(length=60), server_default="", nullable=False),
        sa.Column("connections", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_leases")),
    )
    op.execute(
        "INSERT INTO leases (worker, until) SELECT leased_by, max(lease_until) FROM deliveries "
        "WHERE state = 'handing' AND leased_by IS NOT NULL AND lease_until IS NOT NULL GROUP BY leased_by"
    )


def _create_lanes() -> None:
    op.create_table(
        "lanes",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=True),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slowness", sa.Integer(), server_default="0", nullable=False),
        sa.Column("slowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("day_count", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lanes")),
    )
    op.create_table(
        "providers",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("looked_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_providers")),
    )


def _create_strikes() -> None:
    op.create_table(
        "strikes",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_strikes_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "reason", "campaign_id", name=op.f("pk_strikes")),
    )


def _create_worker_files() -> None:
    op.create_table(
        "worker_files",
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_worker_files")),
    )


def _add_to_subscribers() -> None:
    with op.batch_alter_table("subscribers") as table:
        table.add_column(sa.Column("domain", sa.String(length=255), server_default="", nullable=False))
        table.add_column(sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(f"UPDATE subscribers SET domain = {_DOMAIN[op.get_bind().dialect.name]}")  # noqa: S608 - ours
    op.execute(
        "UPDATE subscribers SET granted_at = (SELECT max(at) FROM consents "
        "WHERE consents.subscriber_id = subscribers.id AND consents.action = 'granted')"
    )
    with op.batch_alter_table("subscribers") as table:
        table.alter_column("domain", server_default=None, existing_type=sa.String(length=255))


def _change_deliveries() -> None:
    op.drop_index("ix_deliveries_lease_until", "deliveries")
    op.drop_index("ix_deliveries_open", "deliveries")
    op.drop_index(op.f("ix_deliveries_subscriber_id"), "deliveries")
    op.execute("UPDATE deliveries SET state = 'ready', leased_by = NULL WHERE state = 'leased'")
    op.execute("UPDATE deliveries SET not_before = CURRENT_TIMESTAMP WHERE not_before IS NULL")
    with op.batch_alter_table("deliveries") as table:
        table.drop_constraint(op.f("ck_deliveries_state"), type_="check")
        table.add_column(sa.Column("lane", sa.String(length=60), server_default="", nullable=False))
        table.alter_column("not_before", existing_type=sa.DateTime(timezone=True), nullable=False)
        table.drop_column("lease_until")
        table.drop_constraint(op.f("uq_deliveries_campaign_id_subscriber_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_deliveries_subscriber_id_campaign_id"), ["subscriber_id", "campaign_id"]
        )
        table.create_check_constraint(op.f("ck_deliveries_state"), _STATES)
    op.create_index(op.f("ix_deliveries_campaign_id"), "deliveries", ["campaign_id"], postgresql_using="brin")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries SET (fillfactor = 45)")
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["campaign_id", "lane", "not_before", "id"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
