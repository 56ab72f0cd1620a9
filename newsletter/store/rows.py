"""Many rows in one statement: columns of values as a table to join with, on both databases."""

from __future__ import annotations

import json
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from newsletter.store.tables import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, FromClause

SqlType = type[Integer] | type[String] | type[Instant]


Columns = tuple[tuple[str, SqlType], ...]

IDS: Columns = (("id", Integer),)


@cache
def table_of(dialect: str, columns: Columns) -> FromClause:
    """Values as a table called `given`, to join with; the values themselves are parameters, as `values_of` gives them.

    PostgreSQL gets arrays (`unnest`), SQLite one JSON document (`json_each`): one parameter for each column, or one in
    all, however many rows there are, so that the statement is the same every time.

    Args:
        dialect: name of the connection's dialect.
        columns: names and types.
    """
    if dialect == "postgresql":
        arrays = [
            cast(bindparam(f"given_{name}", type_=String()), ARRAY(_SPELLED[kind][0]))
            for name, kind in columns
        ]
        names = [column(name, kind()) for name, kind in columns]
        return func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    each = func.json_each(bindparam("given_rows", type_=String())).table_valued(
        column("value", String), name="each_row"
    )
    picked = [
        _picked(func.json_extract(each.c.value, f"$[{index}]"), kind).label(name)
        for index, (name, kind) in enumerate(columns)
    ]
    return select(*picked).subquery("given")


def values_of(dialect: str, columns: Columns, *values: Sequence[Any]) -> dict[str, str]:
    """The parameters of a statement over `table_of`: the values of each column, all of the same length."""
    if dialect == "postgresql":
        return {
            f"given_{name}": _array(_SPELLED[kind][1], each)
            for (name, kind), each in zip(columns, values, strict=True)
        }
    written = (_written(kind, each) for (_, kind), each in zip(columns, values, strict=True))
    return {"given_rows": json.dumps(list(zip(*written, strict=True)), ensure_ascii=False)}


# PostgreSQL's own spelling of an array is quicker to write than to have a driver look at each value.
_SPELLED: dict[SqlType, tuple[Any, Callable[[Any], str]]] = {
    Integer: (Integer(), str),
    String: (String(), lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    Instant: (TIMESTAMP(timezone=True), lambda value: f'"{value.isoformat()}"'),
}


def _array(spell: Callable[[Any], str], values: Sequence[Any]) -> str:
    return f"{{{','.join(['NULL' if value is None else spell(value) for value in values])}}}"


def _written(kind: SqlType, values: Sequence[Any]) -> Sequence[Any]:
    """Instants as SQLite keeps them: UTC, always with six digits behind the second, so that they compare as text."""
    if kind is not Instant:
        return values
    return [f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" for value in values]


def _picked(value: ColumnElement[Any], kind: SqlType) -> ColumnElement[Any]:
    return cast(value, String if kind is Instant else kind)
