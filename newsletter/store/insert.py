"""`INSERT … ON CONFLICT DO NOTHING` on both databases: the row that is there first wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Insert, Select, Table


def insert_ignore(connection: Connection, table: Table, values: Mapping[str, Any]) -> Insert:
    """An insert that does nothing where a unique key is taken; `rowcount == 1` means the row is ours."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(dict(values)).on_conflict_do_nothing()
    return sqlite.insert(table).values(dict(values)).on_conflict_do_nothing()


def insert_or_update(
    connection: Connection,
    table: Table,
    values: Mapping[str, Any],
    key: list[str],
    changed: Mapping[str, Any] | None = None,
) -> Insert:
    """An insert that overwrites the row with the same `key`: all of it, or only what is `changed`."""
    row, after = dict(values), dict(values if changed is None else changed)
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(row).on_conflict_do_update(index_elements=key, set_=after)
    return sqlite.insert(table).values(row).on_conflict_do_update(index_elements=key, set_=after)


def insert_select_ignore(
    connection: Connection, table: Table, columns: list[str], rows: Select[Any]
) -> Insert:
    """An insert of the rows of a query, which must have a WHERE, that leaves out those whose unique key is taken."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).from_select(columns, rows).on_conflict_do_nothing()
    return sqlite.insert(table).from_select(columns, rows).on_conflict_do_nothing()


def overwriting_insert(
    connection: Connection, table: Table, key: Sequence[str], columns: Sequence[str]
) -> Insert:
    """The same for many rows: to be executed with a list of them, each with these `columns`."""
    if connection.dialect.name == "postgresql":
        for_postgresql = postgresql.insert(table)
        changed = {name: for_postgresql.excluded[name] for name in columns if name not in key}
        return for_postgresql.on_conflict_do_update(index_elements=list(key), set_=changed)
    for_sqlite = sqlite.insert(table)
    changed = {name: for_sqlite.excluded[name] for name in columns if name not in key}
    return for_sqlite.on_conflict_do_update(index_elements=list(key), set_=changed)
