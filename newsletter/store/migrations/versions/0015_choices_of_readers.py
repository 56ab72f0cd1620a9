"""What readers chose on their pages: tracking, with its evidence, and why they left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "tracking_choices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("evidence", document, nullable=False),
        sa.CheckConstraint("choice IN ('allowed', 'refused')", name=op.f("ck_tracking_choices_choice")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_tracking_choices_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_choices")),
    )
    op.create_index(op.f("ix_tracking_choices_subscriber_id"), "tracking_choices", ["subscriber_id"])
    op.create_table(
        "leaving_reasons",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('too-much', 'not-for-me', 'never-asked', 'elsewhere', 'other')",
            name=op.f("ck_leaving_reasons_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_leaving_reasons_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_leaving_reasons")),
    )
    _forbid_changes()


def _forbid_changes() -> None:
    """A choice about tracking is evidence: the database itself refuses to change or delete one."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER tracking_choices_no_{verb.lower()} BEFORE {verb} ON tracking_choices "
                "BEGIN SELECT RAISE(ABORT, 'choices about tracking are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_tracking_choice_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'choices about tracking are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER tracking_choices_append_only BEFORE UPDATE OR DELETE ON tracking_choices "
        "FOR EACH ROW EXECUTE FUNCTION refuse_tracking_choice_change()"
    )
