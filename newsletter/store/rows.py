"""Many rows in one statement: columns of values as a table to join with, on both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, cast, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, FromClause

SqlType = type[Integer] | type[String]


def table_of(connection: Connection, columns: dict[str, tuple[SqlType, Sequence[Any]]]) -> FromClause:
    """Values as a table called `given`, one row for each position of the sequences.

    PostgreSQL gets arrays (`unnest`), SQLite one JSON document (`json_each`): one parameter for each column, or one in
    all, however many rows there are, so that the statement is the same every time.

    Args:
        columns: type and values of each column by name; all of the same length.
    """
    if connection.dialect.name == "postgresql":
        arrays = [literal(list(values), ARRAY(kind())) for kind, values in columns.values()]
        names = [column(name, kind()) for name, (kind, _) in columns.items()]
        return func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    document = json.dumps(
        list(zip(*(values for _, values in columns.values()), strict=True)), ensure_ascii=False
    )
    each = func.json_each(document).table_valued(column("value", String), name="each_row")
    picked = [
        cast(func.json_extract(each.c.value, f"$[{index}]"), kind()).label(name)
        for index, (name, (kind, _)) in enumerate(columns.items())
    ]
    return select(*picked).subquery("given")
