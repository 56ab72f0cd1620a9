"""Changing a time or adding a deadline in an article's file and leaving every other character as its author wrote it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.core.front_matter import parse_article
from newsletter.core.refusal import ContentRefused, Problem

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.article import DeadlineEntry

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


_LIST = re.compile(r"deadlines[ \t]*:[ \t]*(?:\[[ \t]*\][ \t]*)?(?:#.*)?$")
_FLOW = re.compile(r"\[[ \t]*\]")
_ENTRY = re.compile(r"([ \t]*)-[ \t]")
_NEXT_KEY = re.compile(r"[^\s#-]|---|\.\.\.")


def with_new_deadline(source: str, path: str, slug: str, entry: DeadlineEntry) -> str:
    """The source of a file with one more deadline, behind those that it has.

    The result has been read back: it has this deadline, and nothing else in it has changed.

    Args:
        source: the whole file, with its own line endings.
        path: the file as the person knows it.
        slug: of the article.
        entry: the deadline; only id, label, time, zone, url, audience are written.

    Raises:
        ContentRefused: the file has errors, has a deadline of this id, or is written in a way that cannot be changed here.
    """
    before, problems = parse_article(source, path, slug)
    if before is None:
        raise ContentRefused(*problems)
    if any(known.id == entry.id for known in before.deadlines):
        what = f"There is a deadline '{entry.id}' already."
        raise ContentRefused(Problem(what, "Give the new one another id.", path, field="deadlines"))
    pieces = _ENDINGS.split(source)
    ending = pieces[1]
    place, indent, head = _place(pieces[::2])
    written = "".join(f"{line}{ending}" for line in (*head, *_written(entry, indent)))
    if not head:
        at = pieces[::2].index(next(line for line in pieces[::2] if _LIST.match(line)))
        pieces[at * 2] = _FLOW.sub("", pieces[at * 2], count=1).rstrip()
    changed = "".join(pieces[: place * 2]) + written + "".join(pieces[place * 2 :])
    after, _ = parse_article(changed, path, slug)
    added = len(head) + len(_written(entry, indent))
    wanted = replace(before, deadlines=(*before.deadlines, entry), body_line=before.body_line + added)
    if after != wanted:
        remedy = "Write it there yourself: " + "; ".join(line.strip() for line in _written(entry, "  "))
        line = before.lines.get("deadlines")
        raise ContentRefused(
            Problem("The deadline cannot be added here by itself.", remedy, path, line, "deadlines")
        )
    return changed


def _place(lines: list[str]) -> tuple[int, str, tuple[str, ...]]:
    """Before which line the entry goes, how far in, and the line that begins the list when there is none."""
    end = next(
        index
        for index, line in enumerate(lines)
        if index and _NEXT_KEY.match(line) and line[:3] in {"---", "..."}
    )
    start = next((index for index in range(1, end) if _LIST.match(lines[index])), None)
    if start is None:
        return end, "  ", ("deadlines:",)
    behind = next(
        index for index in range(start + 1, end + 1) if _NEXT_KEY.match(lines[index]) or index == end
    )
    entries = (_ENTRY.match(line) for line in lines[start + 1 : behind])
    indent = next((entry[1] for entry in entries if entry), "  ")
    while behind > start + 1 and not lines[behind - 1].strip():
        behind -= 1
    return behind, indent, ()


def _written(entry: DeadlineEntry, indent: str) -> list[str]:
    values = {
        "id": entry.id,
        "label": json.dumps(entry.text.label, ensure_ascii=False),  # a quoted text of YAML too
        "at": f"{entry.at:%Y-%m-%dT%H:%M}",
        "zone": entry.zone,
        "url": json.dumps(entry.url, ensure_ascii=False),
        "audience": entry.audience,
    }
    return [
        f"{indent}{'  ' if index else '- '}{name}: {value}"
        for index, (name, value) in enumerate(values.items())
    ]
