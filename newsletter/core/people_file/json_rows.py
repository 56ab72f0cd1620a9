"""JSON lines: each line an object, which is a person; lists are written as cells write them, with semicolons."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from newsletter.core.people_file.rows import FileRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LONE = re.compile("[\ud800-\udfff]")
_MOST_NAMES = 1000
_NO_OBJECT = "it is not a JSON object on one line"


def json_names(lines: Iterable[str]) -> list[str]:
    """The names in all lines, in the order in which they are met: the columns."""
    names: dict[str, None] = {}
    for line in lines:
        found = _object(line)
        if isinstance(found, dict) and len(names) < _MOST_NAMES:
            names.update(dict.fromkeys(found))
    return list(names)


def json_rows(lines: Iterable[str], names: Sequence[str]) -> Iterator[FileRow]:
    """The row of names, then one for each line (https://jsonlines.org) that is not blank."""
    yield FileRow(1, "", list(names))
    for number, line in enumerate(lines, start=1):
        text = line.strip("\ufeff \t\r\n")
        if text:
            yield _row(number, text, names)


def _row(number: int, text: str, names: Sequence[str]) -> FileRow:
    found = _object(text)
    if not isinstance(found, dict):
        return FileRow(number, text, [], found)
    cells = []
    for name in names:
        cell = _cell(found.get(name))
        if cell is None:
            return FileRow(number, text, [], f"'{name}' holds more than a text, a number or a list of them")
        if _LONE.search(cell):
            return FileRow(number, text, [], f"'{name}' holds half a character")
        cells.append(cell)
    return FileRow(number, text, cells)


def _object(text: str) -> dict[str, Any] | str:
    """The object, or what is wrong."""
    try:
        found = json.loads(text.strip("\ufeff \t\r\n") or "{}")
    except (ValueError, RecursionError):
        return _NO_OBJECT
    return found if isinstance(found, dict) else _NO_OBJECT


def _cell(value: Any) -> str | None:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case list():
            parts = [_cell(part) for part in value if not isinstance(part, list)]
            texts = [part for part in parts if part is not None]
            return ";".join(texts) if len(texts) == len(value) else None
        case _:
            return None
