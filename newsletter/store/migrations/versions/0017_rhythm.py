"""How often readers want letters, and that somebody got none of one because of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_WITHHELD = (
    "withheld IS NULL OR withheld IN ('unsubscribed', 'suppressed', 'not_confirmed', 'paused', 'applied', 'stopped', 'later', 'less_often', 'merged', "
    "'one_a_day', 'excluded', 'had_it', 'deadline_passed', 'cancelled', 'erased')"
)
_RHYTHMS = "rhythm IN ('every', 'monthly', 'reminders')"


def upgrade() -> None:
    with op.batch_alter_table("subscribers") as table:
        table.add_column(sa.Column("rhythm", sa.String(length=20), server_default="every", nullable=False))
        table.create_check_constraint(op.f("ck_subscribers_rhythm"), _RHYTHMS)
    for name in ("deliveries", "reminder_parts"):
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"ck_{name}_withheld"), type_="check")
            table.create_check_constraint(op.f(f"ck_{name}_withheld"), _WITHHELD)
