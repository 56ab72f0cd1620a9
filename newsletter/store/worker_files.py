"""What workers on other machines need of the workspace: the text of a few files, kept beside the mails that they hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from newsletter.store.tables import worker_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


def publish_files(connection: Connection, files: Mapping[str, str], now: datetime) -> bool:
    """Make these the files that workers find, by path; True if anything has changed."""
    if read_files(connection) == dict(files):
        return False
    connection.execute(delete(worker_files))
    rows = [{"path": path, "text": text, "at": now} for path, text in files.items()]
    connection.execute(insert(worker_files), rows)
    return True


def read_files(connection: Connection) -> dict[str, str]:
    """The files by path, relative to a workspace."""
    query = select(worker_files.c.path, worker_files.c.text)
    return {path: text for path, text in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def files_changed_at(connection: Connection) -> datetime | None:
    """When they were last published; None before the first time."""
    at: datetime | None = connection.scalar(select(func.max(worker_files.c.at)))
    return at
