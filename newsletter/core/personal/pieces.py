"""What a cut mail is made of: literal text, slots, and gates around what is not for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from newsletter.core.refusal import ContentRefused

if TYPE_CHECKING:
    from collections.abc import Iterable


class Context(StrEnum):
    """Where a slot stands, which says how its value is written.

    TEXT and ATTRIBUTE are HTML; URL is the beginning of an address, URL_PART stands further on in one; PLAIN is the
    text/plain part or a header.
    """

    TEXT = "text"
    ATTRIBUTE = "attribute"
    URL = "url"
    URL_PART = "url_part"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of the recipient goes in here."""

    name: str
    context: Context


@dataclass(frozen=True, slots=True)
class Gate:
    """What follows, up to the matching GateEnd, is for recipients whose flag `name` is `present`."""

    name: str
    present: bool


@dataclass(frozen=True, slots=True)
class GateEnd:
    """The end of the innermost open gate."""


Piece = str | Slot | Gate | GateEnd

SCHEMES = frozenset({"https", "http", "mailto", "tel"})
"""Where a recipient's link may lead."""


def slots_of(pieces: Iterable[Piece]) -> frozenset[str]:
    """The names of the values that a cut document can ask for."""
    return frozenset(piece.name for piece in pieces if isinstance(piece, Slot))


def slots_without_gate(pieces: Iterable[Piece], flag: str) -> frozenset[str]:
    """The names of the slots that are filled for people without this flag, too."""
    found: set[str] = set()
    opened: list[bool] = []
    for piece in pieces:
        if isinstance(piece, Gate):
            opened.append(piece.name == flag and piece.present)
        elif isinstance(piece, GateEnd):
            opened.pop()
        elif isinstance(piece, Slot) and not any(opened):
            found.add(piece.name)
    return frozenset(found)


def gates_of(pieces: Iterable[Piece]) -> frozenset[str]:
    """The flags that a cut document can ask for."""
    return frozenset(piece.name for piece in pieces if isinstance(piece, Gate))


def pieces_to_json(pieces: Iterable[Piece]) -> list[Any]:
    """A form that JSON can keep: literals as strings, the rest as small objects."""
    return [_to_json(piece) for piece in pieces]


def _to_json(piece: Piece) -> Any:
    match piece:
        case Slot(name, context):
            return {"slot": name, "context": context.value}
        case Gate(name, present):
            return {"gate": name, "present": present}
        case GateEnd():
            return {"end": True}
        case _:
            return piece


def pieces_from_json(data: Iterable[Any]) -> tuple[Piece, ...]:
    """The pieces again.

    Raises:
        ContentRefused: if the data was not written by `pieces_to_json`.
    """
    return tuple(_from_json(item) for item in data)


def _from_json(item: Any) -> Piece:
    match item:
        case str():
            return item
        case {"slot": str(name), "context": str(context)} if context in set(Context):
            return Slot(name, Context(context))
        case {"gate": str(name), "present": bool(present)}:
            return Gate(name, present)
        case {"end": True}:
            return GateEnd()
        case _:
            raise ContentRefused.because(f"{item!r:.80} is no piece of a mail.", "Compile the mail again.")
