"""Alembic's way in: the connection is handed over by `Database.upgrade`."""

from __future__ import annotations

from alembic import context

from newsletter.store.every_table import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
context.run_migrations()
