"""What a person has in a field, if it is a value of the field's type. The rules stand in `tree.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.core.segment.tree import BIGGEST_INTEGER, LISTS, FieldType

if TYPE_CHECKING:
    from newsletter.core.segment.tree import Value
    from newsletter.core.subscriber import Subscriber

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def known_value(subscriber: Subscriber, name: str, kind: FieldType) -> Value | None:
    """The person's value of a field, or None when it is unknown: absent, empty, or not of the field's type."""
    value: object = subscriber.attributes.get(name)
    if kind in LISTS:
        return _texts(value)
    match kind:
        case FieldType.BOOLEAN:
            return value if isinstance(value, bool) else None
        case FieldType.INTEGER | FieldType.DECIMAL:
            if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > BIGGEST_INTEGER:
                return None
            return value if isinstance(value, int) or kind is FieldType.DECIMAL else None
        case FieldType.DATE:
            return value if isinstance(value, str) and _DATE.fullmatch(value) else None
        case _:
            return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...] | None:
    """The texts of a list; whatever else stands in it is passed over. A list without any value is unknown."""
    if not isinstance(value, list | tuple) or not value:
        return None
    return tuple(one for one in value if isinstance(one, str))


def ascii_lower(text: str) -> str:
    """The text with A–Z as a–z and everything else as written."""
    return text.translate(_LOWER)
