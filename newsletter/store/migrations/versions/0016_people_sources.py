"""What the columns of files of people were taken as, by the source of the file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "people_sources",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("columns", document, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_people_sources")),
    )
