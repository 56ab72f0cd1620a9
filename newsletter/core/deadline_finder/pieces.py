"""Cuts a text into sentences, each with what stands above it and says what it is about: a heading, the head of a column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.deadline_finder.languages import MONTHS, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADING = re.compile(r"[ ]{0,3}#{1,6}\s")
_ITEM = re.compile(r"[ \t]*(?:[-*+•–]|\d{1,3}[.)])[ \t]+(?=\S)")
_QUOTED = re.compile(r"[ ]{0,3}>[ ]?")
_TABLE_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_END = re.compile(r"[.!?…;][\"'»”)]*\s+(?=[\w«“\"'(])")
# What ends in a full stop and does not end a sentence.
_CUT_SHORT = re.compile(
    r"(?:^|[\s(])(?:[ap]\.?\s?m|[^\W\d_]|no|nos|approx|art|cf|env|max|min|vs|etc|mr|mrs|ms|dr|st|mme|tél|tel|réf|ref|ext|\d{1,2})\.$",
    re.IGNORECASE,
)
_WORD_BEFORE = re.compile(r"([^\W\d_]+)\.$")
_NAMES = frozenset(MONTHS) | frozenset(WEEKDAYS)
_NEAR = 40  # signs before a full stop that tell whether it ends a sentence


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, or a cell of a table.

    Attributes:
        start: offset of `words` in the text.
        words: the sentence.
        labels: what it stands under, the nearest first.
    """

    start: int
    words: str
    labels: tuple[str, ...]


@dataclass(slots=True)
class _Block:
    start: int
    end: int
    labels: tuple[str, ...]


def pieces(seen: str) -> Iterator[Piece]:
    """The sentences of a text, in its order; `seen` as `visible` gives it."""
    for block in _blocks(seen):
        before = ""
        for start, end in _sentences(seen, block.start, block.end):
            words = seen[start:end]
            labels = (before, *block.labels) if before else block.labels
            yield Piece(start, words, labels)
            before = words


def _blocks(seen: str) -> Iterator[_Block]:
    """Paragraphs, headings, entries of lists and cells of tables."""
    heading, intro = "", ""
    columns: tuple[str, ...] = ()
    block: _Block | None = None
    offset = 0
    for line in seen.split("\n"):
        start, offset = offset, offset + len(line) + 1
        body = _QUOTED.sub("", line)
        if not body.strip() or _is_head(body) or "|" in body or _ITEM.match(line):
            if block:
                yield block
                intro = _intro(seen[block.start : block.end], intro)
            block = None
        if not body.strip():
            columns = ()
        elif _is_head(body):
            heading, intro = body.strip("# "), ""
            yield _Block(start, start + len(line), ())
        elif "|" in body:
            yield from _cells(line, start, columns, (intro, heading))
            columns = columns or tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        elif block is None:
            item = _ITEM.match(line)
            block = _Block(start + (item.end() if item else 0), start + len(line), (intro, heading))
        else:
            block.end = start + len(line)
    if block:
        yield block


def _is_head(line: str) -> bool:
    return _HEADING.match(line) is not None


def _intro(words: str, before: str) -> str:
    """What leads to the list below it: the last words that end in a colon."""
    stripped = words.rstrip()
    return (
        stripped.rpartition("\n")[2]
        if stripped.endswith(":")
        else before
        if len(stripped) < 2 * _NEAR
        else ""
    )


def _cells(line: str, start: int, columns: tuple[str, ...], labels: tuple[str, ...]) -> Iterator[_Block]:
    if _TABLE_RULE.fullmatch(line):
        return
    cells = line.split("|")
    shift = 1 if line.lstrip().startswith("|") else 0
    place = start
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    for index, cell in enumerate(cells):
        column = columns[index - shift] if 0 <= index - shift < len(columns) else ""
        if cell.strip():
            around = tuple(label for label in (column, "" if cell.strip() == first else first, *labels))
            yield _Block(place, place + len(cell), around)
        place += len(cell) + 1


def _sentences(seen: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for found in _END.finditer(seen, start, end):
        if found[0][0] == "." and _goes_on(seen, begin, found.start() + 1, found.end()):
            continue
        yield begin, found.end()
        begin = found.end()
    if begin < end:
        yield begin, end


def _goes_on(seen: str, begin: int, stop: int, after: int) -> bool:
    """Whether the full stop before `stop` belongs to a word that is cut short."""
    if seen[after : after + 1].islower():
        return True
    before = seen[max(begin, stop - _NEAR) : stop]
    word = _WORD_BEFORE.search(before)
    return bool(_CUT_SHORT.search(before)) or bool(word and word[1].lower() in _NAMES and len(word[1]) < 6)  # noqa: PLR2004
