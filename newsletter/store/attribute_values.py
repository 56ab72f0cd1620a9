"""A person's attribute as a typed SQL value, NULL when it is unknown (the rules stand in `core/segment/tree.py`).

SQLite and PostgreSQL look into JSON in different ways, so each element says its own SQL for both. Every attribute
element takes two arguments first: the JSON column and the name of the attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Double, Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from newsletter.core.segment.tree import BIGGEST_INTEGER, FieldType

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class TextValue(FunctionElement[str]):
    """The attribute if it is a text that is not empty."""

    type = String()
    inherit_cache = True


class DateValue(FunctionElement[str]):
    """The attribute if it is a text written like 2021-10-19; it is ordered by its characters."""

    type = String()
    inherit_cache = True


class TruthValue(FunctionElement[str]):
    """The attribute as the text 'true' or 'false' if it is one of them."""

    type = String()
    inherit_cache = True


class IntegerValue(FunctionElement[int]):
    """The attribute if it is a whole number of at most 15 digits."""

    type = BigInteger()
    inherit_cache = True


class DecimalValue(FunctionElement[float]):
    """The attribute if it is a number within ±999,999,999,999,999, as a binary number of 64 bits."""

    type = Double()
    inherit_cache = True


class ListValue(FunctionElement[str]):
    """Something that is not NULL if the attribute is a list that is not empty. What it holds: see `HasElement`."""

    type = String()
    inherit_cache = True


class IsText(FunctionElement[bool]):
    """Whether the attribute is this text, character by character; the third argument, and as a document `{name: text}` the fourth. Never NULL."""

    type = Boolean()
    inherit_cache = True


class HasElement(FunctionElement[bool]):
    """Whether the attribute is a list with this text in it; the third argument. Never NULL."""

    type = Boolean()
    inherit_cache = True


class Ending(FunctionElement[str]):
    """The last characters of a text, so many as the second argument says; all of a text that is shorter."""

    type = String()
    inherit_cache = True


class AsciiLower(FunctionElement[str]):
    """A text with A–Z as a–z and everything else as written."""

    type = String()
    inherit_cache = True


class Position(FunctionElement[int]):
    """Where the second text begins in the first, from 1; 0 if it is not in it. No character is special."""

    type = Integer()
    inherit_cache = True


ATTRIBUTE_VALUES: dict[FieldType, type[FunctionElement[Any]]] = {
    FieldType.TEXT: TextValue,
    FieldType.CHOICE: TextValue,
    FieldType.INTEGER: IntegerValue,
    FieldType.BOOLEAN: TruthValue,
    FieldType.DATE: DateValue,
    FieldType.DECIMAL: DecimalValue,
    FieldType.CHOICES: ListValue,
    FieldType.TAGS: ListValue,
}
_DIGITS = len(str(BIGGEST_INTEGER))


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, more: dict[str, Any]) -> tuple[str, str]:
    first, second, *_ = (compiler.process(clause, **more) for clause in element.clauses)
    return first, second


def _third(element: FunctionElement[Any], compiler: SQLCompiler, more: dict[str, Any]) -> str:
    _, _, third, *_ = element.clauses
    return compiler.process(third, **more)


def _in_sqlite(element: FunctionElement[Any], compiler: SQLCompiler, more: dict[str, Any]) -> tuple[str, str]:
    """The JSON type and the plain value, as SQL."""
    column, name = _arguments(element, compiler, more)
    place = f"""{column}, '$."' || {name} || '"'"""
    return f"json_type({place})", f"json_extract({place})"


def _in_postgresql(
    element: FunctionElement[Any], compiler: SQLCompiler, more: dict[str, Any]
) -> tuple[str, str]:
    """The JSON type and the value as text, as SQL."""
    column, name = _arguments(element, compiler, more)
    return f"jsonb_typeof({column} -> {name})", f'(({column} ->> {name}) COLLATE "C")'


@compiles(TextValue, "sqlite")
def _text_in_sqlite(element: TextValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_sqlite(element, compiler, more)
    return f"CASE WHEN {kind} = 'text' THEN nullif({value}, '') END"


@compiles(TextValue, "postgresql")
def _text_in_postgresql(element: TextValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_postgresql(element, compiler, more)
    return f"CASE WHEN {kind} = 'string' THEN nullif({value}, '') END"


@compiles(DateValue, "sqlite")
def _date_in_sqlite(element: DateValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_sqlite(element, compiler, more)
    shape = "-".join("[0-9]" * digits for digits in (4, 2, 2))
    return f"CASE WHEN {kind} = 'text' AND {value} GLOB '{shape}' THEN {value} END"


@compiles(DateValue, "postgresql")
def _date_in_postgresql(element: DateValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_postgresql(element, compiler, more)
    return f"CASE WHEN {kind} = 'string' AND {value} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' THEN {value} END"


@compiles(TruthValue, "sqlite")
def _truth_in_sqlite(element: TruthValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, _ = _in_sqlite(element, compiler, more)
    return f"CASE WHEN {kind} IN ('true', 'false') THEN {kind} END"


@compiles(TruthValue, "postgresql")
def _truth_in_postgresql(element: TruthValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_postgresql(element, compiler, more)
    return f"CASE WHEN {kind} = 'boolean' THEN {value} END"


@compiles(IntegerValue, "sqlite")
def _integer_in_sqlite(element: IntegerValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_sqlite(element, compiler, more)
    fits = f"{value} BETWEEN -{BIGGEST_INTEGER} AND {BIGGEST_INTEGER}"
    return f"CASE WHEN {kind} = 'integer' AND {fits} THEN {value} END"


@compiles(IntegerValue, "postgresql")
def _integer_in_postgresql(element: IntegerValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_postgresql(element, compiler, more)
    fits = f"{value} ~ '^-?[0-9]{{1,{_DIGITS}}}$'"
    return f"CASE WHEN {kind} = 'number' AND {fits} THEN CAST({value} AS BIGINT) END"


@compiles(DecimalValue, "sqlite")
def _decimal_in_sqlite(element: DecimalValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_sqlite(element, compiler, more)
    fits = f"{value} BETWEEN -{BIGGEST_INTEGER} AND {BIGGEST_INTEGER}"
    return f"CASE WHEN {kind} IN ('integer', 'real') AND {fits} THEN CAST({value} AS REAL) END"


@compiles(DecimalValue, "postgresql")
def _decimal_in_postgresql(element: DecimalValue, compiler: SQLCompiler, **more: Any) -> str:
    column, name = _arguments(element, compiler, more)
    value = f"({column} -> {name})"
    fits = f"abs(CAST({value} AS NUMERIC)) <= {BIGGEST_INTEGER}"
    inner = f"CASE WHEN {fits} THEN CAST({value} AS DOUBLE PRECISION) END"
    return f"CASE WHEN jsonb_typeof{value} = 'number' THEN {inner} END"


@compiles(ListValue, "sqlite")
def _list_in_sqlite(element: ListValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_sqlite(element, compiler, more)
    return f"CASE WHEN {kind} = 'array' THEN nullif({value}, '[]') END"


@compiles(ListValue, "postgresql")
def _list_in_postgresql(element: ListValue, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_postgresql(element, compiler, more)
    return f"CASE WHEN {kind} = 'array' THEN nullif({value}, '[]') END"


@compiles(IsText, "sqlite")
def _is_in_sqlite(element: IsText, compiler: SQLCompiler, **more: Any) -> str:
    kind, value = _in_sqlite(element, compiler, more)
    return f"(coalesce({kind}, '') = 'text' AND {value} = {_third(element, compiler, more)})"


@compiles(IsText, "postgresql")
def _is_in_postgresql(element: IsText, compiler: SQLCompiler, **more: Any) -> str:
    # One look into the document where taking the value out and asking for its type are two.
    column, *_, document = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({column} @> {document})"


@compiles(HasElement, "sqlite")
def _has_in_sqlite(element: HasElement, compiler: SQLCompiler, **more: Any) -> str:
    column, name = _arguments(element, compiler, more)
    place = f"""{column}, '$."' || {name} || '"'"""
    wanted = f"each.type = 'text' AND each.value = {_third(element, compiler, more)}"
    found = f"EXISTS (SELECT 1 FROM json_each({place}) AS each WHERE {wanted})"  # noqa: S608 - both are our own SQL
    return f"(CASE WHEN json_type({place}) = 'array' THEN {found} ELSE 0 END)"


@compiles(HasElement, "postgresql")
def _has_in_postgresql(element: HasElement, compiler: SQLCompiler, **more: Any) -> str:
    # An array holds another one (@>) when it has its elements. A plain text is held by an array, and not the other way.
    column, name = _arguments(element, compiler, more)
    wanted = f"jsonb_build_array(CAST({_third(element, compiler, more)} AS TEXT))"
    return f"coalesce(jsonb_typeof({column} -> {name}) = 'array' AND ({column} -> {name}) @> {wanted}, false)"


@compiles(Ending, "sqlite")
def _ending_in_sqlite(element: Ending, compiler: SQLCompiler, **more: Any) -> str:
    text, length = _arguments(element, compiler, more)
    return f"substr({text}, -{length})"


@compiles(Ending, "postgresql")
def _ending_in_postgresql(element: Ending, compiler: SQLCompiler, **more: Any) -> str:
    text, length = _arguments(element, compiler, more)
    return f"right({text}, {length})"


@compiles(AsciiLower, "sqlite")
def _lower_in_sqlite(element: AsciiLower, compiler: SQLCompiler, **more: Any) -> str:
    return f"lower({_only(element, compiler, more)})"


@compiles(AsciiLower, "postgresql")
def _lower_in_postgresql(element: AsciiLower, compiler: SQLCompiler, **more: Any) -> str:
    # Elsewhere than in the collation "C" lower() follows a language and would fold É as well.
    return f'lower({_only(element, compiler, more)} COLLATE "C")'


@compiles(Position, "sqlite")
def _position_in_sqlite(element: Position, compiler: SQLCompiler, **more: Any) -> str:
    text, wanted = _arguments(element, compiler, more)
    return f"instr({text}, {wanted})"


@compiles(Position, "postgresql")
def _position_in_postgresql(element: Position, compiler: SQLCompiler, **more: Any) -> str:
    text, wanted = _arguments(element, compiler, more)
    return f"strpos({text}, {wanted})"


def _only(element: FunctionElement[Any], compiler: SQLCompiler, more: dict[str, Any]) -> str:
    (clause,) = element.clauses
    return f"({compiler.process(clause, **more)})"
