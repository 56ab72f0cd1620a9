"""What was left in a text that nobody wants to read: placeholders, notes to oneself, dummy text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFTOVERS = (
    (re.compile(r"\{\{|\{%|\{#"), "a placeholder that nobody fills in"),
    (
        re.compile(r"\*\|[A-Z_:]+\|\*|%%[A-Za-z_.]+%%|<%=?|\$\{[a-z_.]+\}|\[\[[a-z_. ]+\]\]", re.IGNORECASE),
        "a placeholder of another program",
    ),
    (re.compile(r"\b(?:TODO|FIXME|XXX|TBC|TBD)\b"), "a note to yourself"),
    (re.compile(r"\blorem ipsum\b", re.IGNORECASE), "dummy text"),
)
_UNFILLED = re.compile(
    r"\b(?:Dear|Hello|Hi|Bonjour|Cher|Chère) (?:None|null|undefined|nan|\{\w*\})(?!\w)", re.IGNORECASE
)


def find_leftovers(words: str) -> Iterator[tuple[str, str]]:
    """Each kind of leftover once: how it begins, and what it looks like."""
    for pattern, name in _LEFTOVERS:
        found = pattern.search(words)
        if found:
            yield found[0], name
    unfilled = _UNFILLED.search(words)
    if unfilled:
        yield unfilled[0], "a greeting of somebody whose name is not known"
