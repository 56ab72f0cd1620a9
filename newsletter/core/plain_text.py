"""The text part of a mail: lines of at most 72 characters, tidy blank lines, titles underlined."""

from __future__ import annotations

import re
import textwrap

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
    lines = [line for source in text.split("\n") for line in _wrapped(source.rstrip(" "))]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def rewrapped(text: str) -> str:
    """Tidy text into which values were filled: only lines that have become too long are touched."""
    return _LONG_LINE.sub(lambda line: "\n".join(_wrapped(line[0].rstrip(" "))), text)


def underlined(title: str, sign: str) -> str:
    """A title with a line of `sign` under it, as long as the title's longest line."""
    lines = _wrapped(title)
    return "\n".join([*lines, sign * max(map(len, lines))])


def _wrapped(line: str) -> list[str]:
    if len(line) <= WIDTH or " " not in line or line.startswith(_CODE):
        return [line]
    beginning = _BEGINNING.match(line)
    start, edge = (beginning[0], beginning[1] or "") if beginning else ("", "")
    return textwrap.wrap(
        line[len(start) :],
        WIDTH,
        initial_indent=start,
        subsequent_indent=edge + " " * (len(start) - len(edge)),
        break_long_words=False,
        break_on_hyphens=False,
    )
