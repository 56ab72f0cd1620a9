"""Reading what an attribute is compared with: the operator and the value must fit the field's type."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from newsletter.core.segment.reader import choose_from, quote_remedy
from newsletter.core.segment.tree import (
    BIGGEST_INTEGER,
    OF_LISTS,
    OPERATORS,
    RELATIVE,
    Attribute,
    FieldType,
    Operator,
    tag_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.core.located_yaml import Path
    from newsletter.core.segment.fields import Field
    from newsletter.core.segment.reader import Reader
    from newsletter.core.segment.tree import Scalar

MOST_DAYS = 36_500
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def operators_of(field: Field) -> str:
    """A sentence that lists what a field can be asked."""
    allowed = ", ".join(operator for operator in Operator if operator in OPERATORS[field.type])
    return f"A field of type {field.type} can be asked with {allowed}."


def read_comparison(
    reader: Reader, field: Field, operator: Operator, operand: Any, keys: Path
) -> Attribute | None:
    """The comparison of `field` with the value at `keys`, or None after blaming."""
    if operator not in OPERATORS[field.type]:
        reader.blame(f"'{field.name}' cannot be compared with '{operator}'.", operators_of(field), keys)
        return None
    if operator is Operator.EXISTS:
        if isinstance(operand, bool):
            return Attribute(field.name, field.type, operator, operand)
        reader.blame("'exists' is true or false.", "Write exists: true or exists: false.", keys)
        return None
    if operator in RELATIVE:
        days = read_days(reader, operand, keys)
        return None if days is None else Attribute(field.name, field.type, operator, days)
    if operator is Operator.BETWEEN:
        both = read_between(reader, operand, keys)
        days_between = tuple(day.isoformat() for day in both or ())
        return None if both is None else Attribute(field.name, field.type, operator, days_between)
    return _read_values(reader, field, operator, operand, keys)


def _read_values(
    reader: Reader, field: Field, operator: Operator, operand: Any, keys: Path
) -> Attribute | None:
    """The comparison with one value of the field's type, or with a list of them."""
    read = _READERS[field.type]
    if operator in OF_LISTS and not isinstance(operand, list):
        operand = [operand]
    elif operator is not Operator.IN and operator not in OF_LISTS:
        value = read(reader, field, operand, keys)
        return None if value is None else Attribute(field.name, field.type, operator, value)
    if not isinstance(operand, list) or not operand:
        remedy = f"Write {operator}: [{', '.join(list(field.choices)[:2]) or 'one, two'}]."
        reader.blame(f"'{operator}' needs a list with at least one value.", remedy, keys)
        return None
    values = [read(reader, field, one, (*keys, at)) for at, one in enumerate(operand)]
    return Attribute(field.name, field.type, operator, tuple(one for one in values if one is not None))


def read_day(reader: Reader, value: Any, keys: Path) -> date | None:
    """A calendar day written 2021-10-19."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    reader.blame(f"'{value}' is not a day that exists.", "Write the day as 2021-10-19.", keys)
    return None


def read_days(reader: Reader, value: Any, keys: Path) -> int | None:
    """A number of days, from 1 to a hundred years."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_DAYS:
        return value
    reader.blame(f"'{value}' is not a number of days.", f"Write a whole number from 1 to {MOST_DAYS}.", keys)
    return None


def read_between(reader: Reader, value: Any, keys: Path) -> tuple[date, date] | None:
    """Two calendar days, the earlier one first."""
    remedy = "Write two days, the earlier one first: [2021-01-01, 2021-03-31]."
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - the first and the last
        reader.blame("'between' needs a list of two days.", remedy, keys)
        return None
    first, last = (read_day(reader, one, (*keys, at)) for at, one in enumerate(value))
    if first is None or last is None:
        return None
    if first > last:
        reader.blame(f"{first} is after {last}.", remedy, keys)
        return None
    return first, last


def _text(reader: Reader, field: Field, value: Any, keys: Path) -> Scalar | None:
    # PostgreSQL can keep no NUL in a text, so nothing could ever be equal to one.
    if isinstance(value, str) and value and "\0" not in value:
        return value
    reader.blame(f"'{field.name}' is a text, not '{value}'.", quote_remedy(value), keys)
    return None


def _choice(reader: Reader, field: Field, value: Any, keys: Path) -> Scalar | None:
    if isinstance(value, str) and value in field.choices:
        return value
    reader.blame(f"'{value}' is no choice of '{field.name}'.", choose_from(str(value), field.choices), keys)
    return None


def _integer(reader: Reader, field: Field, value: Any, keys: Path) -> Scalar | None:
    if not isinstance(value, int) or isinstance(value, bool):
        what = f"'{field.name}' is a whole number, not '{value}'."
        reader.blame(what, "Write digits only, without quotes.", keys)
    elif abs(value) > BIGGEST_INTEGER:
        reader.blame(f"{value} is too big.", f"Use numbers up to {BIGGEST_INTEGER}.", keys)
    else:
        return value
    return None


def _decimal(reader: Reader, field: Field, value: Any, keys: Path) -> Scalar | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        remedy = "Write digits without quotes, with a point before the decimals: 12.5."
        reader.blame(f"'{field.name}' is a number, not '{value}'.", remedy, keys)
    elif abs(value) > BIGGEST_INTEGER:
        reader.blame(f"{value} is too big.", f"Use numbers up to {BIGGEST_INTEGER}.", keys)
    else:
        return float(value)
    return None


def _tag(reader: Reader, field: Field, value: Any, keys: Path) -> Scalar | None:
    text = _text(reader, field, value, keys)
    if text is None:
        return None
    tag = tag_of(str(text))
    if not tag:
        reader.blame("The tag is empty.", "Write it, or remove it.", keys)
        return None
    return tag


def _boolean(reader: Reader, field: Field, value: Any, keys: Path) -> Scalar | None:
    if isinstance(value, bool):
        return value
    reader.blame(f"'{field.name}' is true or false, not '{value}'.", "Write true or false.", keys)
    return None


def _date(reader: Reader, _field: Field, value: Any, keys: Path) -> Scalar | None:
    day = read_day(reader, value, keys)
    return None if day is None else day.isoformat()


_READERS: dict[FieldType, Callable[[Reader, Field, Any, Path], Scalar | None]] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DECIMAL: _decimal,
    FieldType.CHOICES: _choice,
    FieldType.TAGS: _tag,
}
