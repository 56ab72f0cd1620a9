"""The body of a campaign's letters with its static octets written once, and a numbered hole for all that is personal.

A hole in the HTML stands between soft line breaks, so that what goes in is encoded by itself and no line passes 76. A
line of the text part with a value in it is one hole as a whole, because the value decides where the line is wrapped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from newsletter.core.mime_bodies import Attachment, clean_body, letter_body, quoted_printable
from newsletter.core.mime_headers import CRLF, fold
from newsletter.core.personal import Gate, GateEnd, Slot, writer_of
from newsletter.core.plain_text import rewrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from newsletter.core.personal import Piece

    Run = list[str | Slot]

SOFT = f"={CRLF}"
WIDEST_LINE = 76  # RFC 2045 section 6.7, rule 5
_MARK = "0" * 24
# Neither can occur in what is encoded: see `mime_bodies.multipart`; a NUL is in no header and no body.
_SEAMS = re.compile(rf"((?<==_[am]_){_MARK}|\0text|\0html)")


class Hole(NamedTuple):
    """Where a value goes in, and how it is written there."""

    name: str
    write: Callable[[str], str]

    @classmethod
    def of(cls, slot: Slot) -> Hole:
        return cls(slot.name, writer_of(slot.context))


class TextLine(NamedTuple):
    """A line of the text part that differs from person to person.

    Attributes:
        words: literals and holes.
        end: its CRLF, if it has one.
        place: which chunk it is.
    """

    words: tuple[str | Hole, ...]
    end: bytes
    place: int = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """What all people of one condition share.

    Attributes:
        chunks: the body in order; b"" where something personal goes.
        marks: which chunks are the mark of the boundaries.
        values: what goes into the HTML, and which chunks each fills.
        lines: the personal lines of the text part.
        content_type: the header field before and after the mark, with its CRLF.
        silent: the parts ("text", "html") whose static words are none, so that the values must say something.
    """

    chunks: tuple[bytes, ...]
    marks: tuple[int, ...]
    values: tuple[tuple[Hole, tuple[int, ...]], ...]
    lines: tuple[TextLine, ...]
    content_type: tuple[str, str]
    silent: frozenset[str]


def plan_body(
    html: Sequence[Piece], text: Sequence[Piece], flags: frozenset[str], attachments: tuple[Attachment, ...]
) -> Plan:
    """The plan for the people whose flags, of those that the pieces ask for, are these."""
    runs = {"html": _open(html, flags), "text": _open(text, flags)}
    parts: dict[str, list[str | Slot] | list[str | TextLine]] = {
        "\0html": list(_html(runs["html"])),
        "\0text": list(_text(runs["text"])),
    }
    kind, body = letter_body(_MARK, "\0text", "\0html", attachments)
    chunks: list[bytes] = []
    marks: list[int] = []
    values: dict[Slot, list[int]] = {}
    lines: list[TextLine] = []
    for seam in _SEAMS.split(body):
        if seam == _MARK:
            marks.append(len(chunks))
            chunks.append(b"")
            continue
        for item in parts.get(seam, [seam]):
            if isinstance(item, Slot):
                values.setdefault(item, []).append(len(chunks))
            elif isinstance(item, TextLine):
                lines.append(item._replace(place=len(chunks)))
            chunks.append(item.encode("ascii") if isinstance(item, str) else b"")
    before, _, after = f"{fold('Content-Type', kind)}{CRLF}".partition(_MARK)
    return Plan(
        chunks=tuple(chunks),
        marks=tuple(marks),
        values=tuple((Hole.of(slot), tuple(places)) for slot, places in values.items()),
        lines=tuple(lines),
        content_type=(before, after),
        silent=frozenset(name for name, run in runs.items() if _is_silent(run)),
    )


def with_room(coded: str) -> str:
    """Quoted-printable whose last line has room for the `=` of a soft break: a line may have 76 signs with it."""
    if len(coded) - coded.rfind("\n") - 1 < WIDEST_LINE:
        return coded
    at = -3 if coded[-3] == "=" else -1  # an escape stays whole
    last = "=2E" if coded[at:] == "." else coded[at:]  # no line begins with a dot
    return f"{coded[:at]}{SOFT}{last}"


def gates_of(pieces: Iterable[Piece]) -> frozenset[str]:
    """The flags that a cut document can ask for."""
    return frozenset(piece.name for piece in pieces if isinstance(piece, Gate))


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
    for line in _lines(run):
        if all(isinstance(word, str) for word in line.words):
            static.append(
                "".join(word for word in line.words if isinstance(word, str)) + "\n" * bool(line.end)
            )
            continue
        if static:
            yield _finished("".join(static))
            static.clear()
        yield line
    if static:
        yield _finished("".join(static))


def _lines(run: Run) -> Iterator[TextLine]:
    words: list[str | Hole] = []
    for piece in run:
        if isinstance(piece, Slot):
            words.append(Hole.of(piece))
            continue
        first, *others = piece.split("\n")
        words.append(first)
        for other in others:
            yield TextLine(tuple(filter(None, words)), CRLF.encode())
            words = [other]
    yield TextLine(tuple(filter(None, words)), b"")


def _finished(text: str) -> str:
    return quoted_printable(clean_body(rewrapped(text)))


def _is_silent(run: Run) -> bool:
    """Whether there is no word in it besides the values."""
    return not any(clean_body(piece).strip() for piece in run if isinstance(piece, str))
