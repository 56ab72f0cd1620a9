"""On what ground mail is sent: people who were told of it without having agreed, and the basis of each campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_WITHHELD = (
    "withheld IS NULL OR withheld IN ('unsubscribed', 'suppressed', 'not_confirmed', 'no_consent', 'paused', 'applied', 'stopped', 'later', "
    "'less_often', 'merged', 'one_a_day', 'excluded', 'had_it', 'deadline_passed', 'cancelled', 'erased')"
)
_CHANGED = (
    ("subscribers", "standing", "standing IN ('pending', 'informed', 'confirmed', 'unsubscribed')"),
    ("consents", "action", "action IN ('asked', 'informed', 'granted', 'withdrawn')"),
    ("deliveries", "withheld", _WITHHELD),
    ("reminder_parts", "withheld", _WITHHELD),
)


def upgrade() -> None:
    for name, column, rule in _CHANGED:
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"ck_{name}_{column}"), type_="check")
            table.create_check_constraint(op.f(f"ck_{name}_{column}"), rule)
    # SQLite makes the table anew, and its triggers went with the former one.
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER consents_no_{verb.lower()} BEFORE {verb} ON consents "
                "BEGIN SELECT RAISE(ABORT, 'consent events are append-only'); END"
            )
    with op.batch_alter_table("campaigns") as table:
        table.add_column(sa.Column("basis", sa.String(length=20), server_default="consent", nullable=False))
        table.create_check_constraint(
            op.f("ck_campaigns_basis"), "basis IN ('consent', 'legitimate-interest')"
        )
