"""One question to another table in two forms, of which each database gets the one that it answers faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class AmongMany(FunctionElement[bool]):
    """Whether a person is among many: first asked of each person (`EXISTS`), then of all at once (`IN`). Both say the same.

    PostgreSQL asks each person on one processor only (what is correlated does not leave its process), all at once on every one.
    SQLite has one, and finds what it needs in the order of the tables.
    """

    type = Boolean()
    inherit_cache = True


@compiles(AmongMany, "sqlite")
def _each(element: AmongMany, compiler: SQLCompiler, **more: Any) -> str:
    each, _ = element.clauses
    return compiler.process(each, **more)


@compiles(AmongMany, "postgresql")
def _at_once(element: AmongMany, compiler: SQLCompiler, **more: Any) -> str:
    _, at_once = element.clauses
    return compiler.process(at_once.self_group(), **more)
