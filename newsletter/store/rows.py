"""Many rows in one statement: columns of values as a table to join with, on both databases."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, cast, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from newsletter.store.tables import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

SqlType = type[Integer] | type[String] | type[Instant]


def table_of(connection: Connection, columns: dict[str, tuple[SqlType, Sequence[Any]]]) -> FromClause:
    """Values as a table called `given`, one row for each position of the sequences.

    PostgreSQL gets arrays (`unnest`), SQLite one JSON document (`json_each`): one parameter for each column, or one in
    all, however many rows there are, so that the statement is the same every time.

    Args:
        columns: type and values of each column by name; all of the same length.
    """
    if connection.dialect.name == "postgresql":
        arrays = [_array(kind, values) for kind, values in columns.values()]
        names = [column(name, kind()) for name, (kind, _) in columns.items()]
        return func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    rows = zip(*(_written(kind, values) for kind, values in columns.values()), strict=True)
    document = json.dumps(list(rows), ensure_ascii=False)
    each = func.json_each(document).table_valued(column("value", String), name="each_row")
    picked = [
        _picked(func.json_extract(each.c.value, f"$[{index}]"), kind).label(name)
        for index, (name, (kind, _)) in enumerate(columns.items())
    ]
    return select(*picked).subquery("given")


# PostgreSQL's own spelling of an array is quicker to write than to have a driver look at each value.
_SPELLED: dict[SqlType, tuple[Any, Callable[[Any], str]]] = {
    Integer: (Integer(), str),
    String: (String(), lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    Instant: (TIMESTAMP(timezone=True), lambda value: f'"{value.isoformat()}"'),
}


def _array(kind: SqlType, values: Sequence[Any]) -> ColumnElement[Any]:
    made, spell = _SPELLED[kind]
    spelled = ",".join(["NULL" if value is None else spell(value) for value in values])
    return cast(literal(f"{{{spelled}}}", String), ARRAY(made))


def _written(kind: SqlType, values: Sequence[Any]) -> Sequence[Any]:
    """Instants as SQLite keeps them: UTC, always with six digits behind the second, so that they compare as text."""
    if kind is not Instant:
        return values
    return [f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" for value in values]


def _picked(value: ColumnElement[Any], kind: SqlType) -> ColumnElement[Any]:
    return cast(value, String if kind is Instant else kind)
