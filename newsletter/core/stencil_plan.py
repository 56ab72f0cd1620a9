"""The body of a campaign's letters with its static octets written once, and a numbered hole for all that is personal.

A hole in the HTML stands between soft line breaks, so that what goes in is encoded by itself and no line passes 76. A
line of the text part with a value in it is one hole as a whole, because the value decides where the line is wrapped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.mime_bodies import Attachment, clean_body, letter_body, quoted_printable
from newsletter.core.mime_headers import CRLF
from newsletter.core.personal import Gate, GateEnd, Slot
from newsletter.core.plain_text import rewrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from newsletter.core.personal import Piece

    Run = list[str | Slot]

SOFT = f"={CRLF}"
WIDEST_LINE = 76  # RFC 2045 section 6.7, rule 5
# Neither can occur in what is encoded, or in a header: a NUL is in none.
_SEAMS = re.compile(r"(\0text|\0html)")


class TextLine(NamedTuple):
    """A line of the text part that differs from person to person; its CRLF stands behind it."""

    words: tuple[str | Slot, ...]


Part = bytes | Slot | TextLine
"""Octets that all have in common, a value in the HTML, or a line with a value in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all people of one condition share.

    Attributes:
        parts: the body in order.
        is_sure: both parts of the letter say something whatever the values are.
    """

    parts: tuple[Part, ...]
    is_sure: bool


def plan_body(
    html: Sequence[Piece],
    text: Sequence[Piece],
    flags: frozenset[str],
    attachments: tuple[Attachment, ...],
    mark: str,
) -> Plan:
    """The plan for the people whose flags, of those that the pieces ask for, are these."""
    runs = {"html": _open(html, flags), "text": _open(text, flags)}
    insides: dict[str, list[str | Slot] | list[str | TextLine]] = {
        "\0html": list(_html(runs["html"])),
        "\0text": list(_text(runs["text"])),
    }
    _, body = letter_body(mark, "\0text", "\0html", attachments)
    parts: list[Part] = []
    for seam in _SEAMS.split(body):
        for item in insides.get(seam, [seam]):
            if not isinstance(item, str):
                parts.append(item)
            elif parts and isinstance(parts[-1], bytes):
                parts[-1] += item.encode("ascii")
            elif item:
                parts.append(item.encode("ascii"))
    return Plan(tuple(parts), not any(map(_is_silent, runs.values())))


def with_room(coded: str) -> str:
    """Quoted-printable whose last line has room for the `=` of a soft break: a line may have 76 signs with it."""
    if len(coded) - coded.rfind("\n") - 1 < WIDEST_LINE:
        return coded
    at = -3 if coded[-3] == "=" else -1  # an escape stays whole
    last = "=2E" if coded[at:] == "." else coded[at:]  # no line begins with a dot
    return f"{coded[:at]}{SOFT}{last}"


def _open(pieces: Iterable[Piece], flags: frozenset[str]) -> Run:
    """What stands in the open blocks, neighbouring literals joined."""
    run: Run = []
    closed = 0
    for piece in pieces:
        if isinstance(piece, Gate):
            closed += bool(closed or (piece.name in flags) is not piece.present)
        elif isinstance(piece, GateEnd):
            closed = max(closed - 1, 0)
        elif closed:
            continue
        elif isinstance(piece, str) and run and isinstance(run[-1], str):
            run[-1] += piece
        else:
            run.append(piece)
    return run


def _html(run: Run) -> Iterator[str | Slot]:
    """Literals as they go on the wire, with soft breaks where a line goes on in a slot or after one."""
    run = [piece for piece in (clean_body(each) if isinstance(each, str) else each for each in run) if piece]
    for at, piece in enumerate(run):
        before, after = run[at - 1] if at else "\n", run[at + 1] if at + 1 < len(run) else "\n"
        if isinstance(piece, Slot):
            yield piece
            if isinstance(after, Slot):
                yield SOFT
            continue
        opening = SOFT if isinstance(before, Slot) and not piece.startswith("\n") else ""
        closing = SOFT if isinstance(after, Slot) and not piece.endswith("\n") else ""
        coded = quoted_printable(piece)
        yield f"{opening}{with_room(coded) if closing else coded}{closing}"


def _text(run: Run) -> Iterator[str | TextLine]:
    """Whole lines: those that are the same for everybody as they go on the wire, in one piece as far as they reach."""
    static: list[str] = []
    lines = list(_lines(run))
    for number, words in enumerate(lines):
        end = "\n" if number + 1 < len(lines) else ""
        if all(isinstance(word, str) for word in words):
            static.append("".join(word for word in words if isinstance(word, str)) + end)
            continue
        yield _finished("".join(static))
        static.clear()
        yield TextLine(tuple(words))
        if end:
            yield CRLF
    yield _finished("".join(static))


def _lines(run: Run) -> Iterator[list[str | Slot]]:
    words: list[str | Slot] = []
    for piece in run:
        if isinstance(piece, Slot):
            words.append(piece)
            continue
        first, *others = piece.split("\n")
        words.append(first)
        for other in others:
            yield words
            words = [other]
    yield words


def _finished(text: str) -> str:
    return quoted_printable(clean_body(rewrapped(text)))


def _is_silent(run: Run) -> bool:
    """Whether there is no word in it besides the values."""
    return not any(clean_body(piece).strip() for piece in run if isinstance(piece, str))
