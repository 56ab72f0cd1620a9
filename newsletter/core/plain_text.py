"""The text part of a mail: lines of at most 72 characters, tidy blank lines, titles underlined."""

from __future__ import annotations

import re

WIDTH = 72
# A line's own beginning: the edge of a box, then a bullet or a number. What is wrapped hangs behind it.
_BEGINNING = re.compile(r"(\| )?(?:[-*] |\d+\. |\[\d+\] )?")
_CODE = "    "
_BLANK_LINES = re.compile(r"\n{3,}")
_LONG_LINE = re.compile(rf"^.{{{WIDTH + 1},}}$", re.MULTILINE)


def tidy(text: str) -> str:
    """Wrap long lines, take out trailing spaces and all but one of several blank lines; end with one line feed.

    A word that is longer than a line, which is nearly always an address, is never broken.
    """
    lines = [line for source in text.split("\n") for line in wrapped(source)]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def rewrapped(text: str) -> str:
    """Tidy text into which values were filled: only lines that have become too long are touched."""
    return _LONG_LINE.sub(lambda line: "\n".join(wrapped(line[0])), text)


def underlined(title: str, sign: str) -> str:
    """A title with a line of `sign` under it, as long as the title's longest line."""
    lines = wrapped(title)
    return "\n".join([*lines, sign * max(map(len, lines))])


def wrapped(line: str) -> list[str]:
    """One line as lines of at most 72 characters, broken at spaces alone; what follows hangs behind its beginning.

    Done with a few searches instead of `textwrap`: it runs for every reader whose values make a line too long.
    """
    line = line.rstrip(" ")
    if len(line) <= WIDTH or " " not in line or line.startswith(_CODE):
        return [line]
    beginning = _BEGINNING.match(line)
    start, edge = (beginning[0], beginning[1] or "") if beginning else ("", "")
    hanging = edge + " " * (len(start) - len(edge))
    room, rest = WIDTH - len(start), line[len(start) :]
    lines: list[str] = []
    while len(rest) > room:
        cut = rest.rfind(" ", 0, room + 1)
        cut = rest.find(" ", room) if cut < 0 else cut
        if cut < 0:
            break
        piece = rest[:cut].rstrip(" ")
        if piece:
            lines.append((hanging if lines else start) + piece)
        rest = rest[cut:].lstrip(" ")
    return [*lines, (hanging if lines else start) + rest]
