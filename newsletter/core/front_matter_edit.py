"""Changing one value in an article's file and leaving every other character as its author wrote it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.core.front_matter import parse_article
from newsletter.core.refusal import ContentRefused, Problem

if TYPE_CHECKING:
    from datetime import datetime

_ENDINGS = re.compile(r"(\r\n|\r|\n)")
_AT = re.compile(r"""(\bat["']?[ \t]*:[ \t]+["']?)(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2})?)""")


def with_deadline_at(source: str, path: str, slug: str, deadline: str, at: datetime) -> str:
    """The source of a file with a deadline moved to `at`, a wall-clock time in the deadline's zone.

    The result has been read back: it says the new time, and nothing else in it has changed.

    Args:
        source: the whole file, with its own line endings.
        path: the file as the person knows it.
        slug: of the article.
        deadline: its id.
        at: to the minute, without tzinfo.

    Raises:
        ContentRefused: the file has errors, has no such deadline, or is written in a way that cannot be changed here.
    """
    before, problems = parse_article(source, path, slug)
    if before is None:
        raise ContentRefused(*problems)
    places = [index for index, entry in enumerate(before.deadlines) if entry.id == deadline]
    if not places:
        known = ", ".join(entry.id for entry in before.deadlines) or "none"
        raise ContentRefused(
            Problem(f"There is no deadline '{deadline}'.", f"Deadlines here: {known}.", path)
        )
    field = f"deadlines[{places[0] + 1}].at"
    line = before.lines[field]
    pieces = _ENDINGS.split(source)  # a line, its ending, a line, its ending …
    pieces[(line - 1) * 2] = _AT.sub(rf"\g<1>{at:%Y-%m-%dT%H:%M}", pieces[(line - 1) * 2])
    changed = "".join(pieces)
    entries = list(before.deadlines)
    entries[places[0]] = replace(entries[places[0]], at=at)
    if parse_article(changed, path, slug)[0] != replace(before, deadlines=tuple(entries)):
        remedy = f"Write at: {at:%Y-%m-%dT%H:%M} there yourself."
        raise ContentRefused(Problem("The time cannot be changed here by itself.", remedy, path, line, field))
    return changed
