"""From a line of rendered MJML back to the template that wrote it, so that an error names a file of the author's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.core.refusal import ContentRefused, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TAG = re.compile(r"</?(mj-[\w-]+|[a-z][\w-]*)")
_SHORTEST = 4  # shorter lines say nothing about where they come from


def trace_refusal(
    refused: ContentRefused, rendered: str, sources: Mapping[str, str], root: str
) -> ContentRefused:
    """The same refusal with the place of each problem in the templates, as far as it can be told.

    Args:
        refused: what the lint or the compiler said; its lines are those of `rendered`.
        sources: the templates by name.
        root: their folder, for the path.
    """
    lines = rendered.splitlines()
    return ContentRefused(*(_traced(problem, lines, sources, root) for problem in refused.problems))


def _traced(problem: Problem, lines: list[str], sources: Mapping[str, str], root: str) -> Problem:
    if problem.line is None or problem.line > len(lines):
        return problem
    written = lines[problem.line - 1].strip()
    found = _places(sources, lambda line: line == written) if len(written) >= _SHORTEST else []
    if len(found) != 1:
        tags = _TAG.findall(problem.what) or _TAG.findall(written)
        wanted = f"<{tags[0]}" if tags else ""
        found = _places(sources, lambda line: bool(wanted) and _opens(line, wanted))
    if len(found) != 1:
        return problem
    name, number = found[0]
    return replace(problem, path=f"{root}/{name}", line=number)


def _opens(line: str, tag: str) -> bool:
    return re.search(rf"{re.escape(tag)}(?![\w-])", line) is not None


def _places(sources: Mapping[str, str], fits: Callable[[str], bool]) -> list[tuple[str, int]]:
    return [
        (name, number)
        for name, source in sources.items()
        for number, line in enumerate(source.splitlines(), start=1)
        if fits(line.strip())
    ]
