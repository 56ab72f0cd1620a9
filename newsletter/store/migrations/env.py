"""Alembic's way in: the connection is handed over by `Database.upgrade`."""

from __future__ import annotations

from alembic import context

from newsletter.store import (
    calendar_tables,  # noqa: F401 - its tables belong to the metadata
    choice_tables,  # noqa: F401 - its tables belong to the metadata
    click_tables,  # noqa: F401 - as above
    find_tables,  # noqa: F401 - its tables are in the metadata once it is imported
    reminder_tables,  # noqa: F401 - its table belongs to the metadata
    rights_tables,  # noqa: F401 - its table belongs to the metadata
)
from newsletter.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
context.run_migrations()
