"""A copy of the whole database in a file of SQLite, as it was at one moment. The original is only read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from newsletter.store.engine import driver_connection, open_database
from newsletter.store.every_table import metadata

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.store.engine import Database

_ROWS_AT_ONCE = 2000


def replicate(source: Database, path: Path) -> None:
    """Copy a database into a new file.

    SQLite copies itself, page by page. PostgreSQL is read table by table, in one transaction that sees one moment (REPEATABLE
    READ, READ ONLY), into tables that the migrations make.
    """
    if source.kind == "sqlite":
        with source.read() as connection, closing(sqlite3.connect(path)) as target:
            driver_connection(connection).backup(target)
        return
    made = open_database(f"sqlite:///{path}", path.parent)
    try:
        made.upgrade()
        _copy_rows(source, made)
    finally:
        made.close()


def _copy_rows(source: Database, target: Database) -> None:
    with source.read() as theirs, target.write() as ours:
        theirs.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table in metadata.sorted_tables:
            ours.execute(delete(table))  # what migrations have put there
            found = theirs.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table))
            for rows in found.mappings().partitions(_ROWS_AT_ONCE):
                ours.execute(insert(table), [dict(row) for row in rows])
