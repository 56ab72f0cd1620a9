"""Put one recipient's values into a cut mail: a join of literals and values escaped for their place."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from newsletter.core.personal.pieces import SCHEMES, Context, Gate, GateEnd, Piece, Slot
from newsletter.core.refusal import Refusal
from newsletter.core.strange import strange_characters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_DROPPED = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF])
_IN_HTML: dict[int, str | None] = {**_DROPPED, **_SURROGATES, 0x09: "\t", 0x0A: "\n", 0x0D: "\n"}
_IN_PLAIN: dict[int, str | None] = {
    **_DROPPED,
    **_SURROGATES,
    **dict.fromkeys([0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], " "),
}
_ESCAPED = "&<>\"'"
# A web address in which there is nothing to clean, to escape or to refuse: as all of ours are.
_READY_ADDRESS = re.compile(r"https?://[!#-%(-;=?-~]+")
_READY_ADDRESSES = re.compile(rf"(?:{_READY_ADDRESS.pattern}\n)*+")


def fill(
    pieces: Iterable[Piece], values: Mapping[str, str], flags: frozenset[str] | Mapping[str, bool]
) -> str:
    """Put one recipient's values in.

    Args:
        pieces: a cut document.
        values: by slot name. Values inside of closed blocks are not needed.
        flags: the flags that are on, or every flag with whether it is on.

    Raises:
        Refusal: if a value, or a flag of a mapping, is missing.
    """
    written: list[str] = []
    escaped: dict[Slot, str] = {}
    closed = 0
    for piece in pieces:
        if isinstance(piece, Gate):
            closed += bool(closed or _is_on(piece.name, flags) is not piece.present)
        elif isinstance(piece, GateEnd):
            closed = max(closed - 1, 0)
        elif closed:
            continue
        elif isinstance(piece, str):
            written.append(piece)
        else:
            if piece not in escaped:
                escaped[piece] = _escaped(piece, values)
            written.append(escaped[piece])
    return "".join(written)


def _is_on(name: str, flags: frozenset[str] | Mapping[str, bool]) -> bool:
    if isinstance(flags, frozenset):
        return name in flags
    if name not in flags:
        raise Refusal.because(f"It is not said whether {name!r} holds for this recipient.", field=name)
    return flags[name]


def _escaped(slot: Slot, values: Mapping[str, str]) -> str:
    if slot.name not in values:
        raise missing_value(slot.name)
    return _WRITERS[slot.context](values[slot.name])


def missing_value(name: str) -> Refusal:
    """The refusal of a recipient who has no value of this name."""
    remedy = "Give it a value (an empty one if there is none), or a default in the template."
    return Refusal.because(f"This recipient has no value for {name!r}.", remedy, field=name)


def writer_of(context: Context) -> Callable[[str], str]:
    """The function that writes a value for this place; its result cannot leave the place."""
    return _WRITERS[context]


def write_each(context: Context, values: Sequence[str]) -> Sequence[str]:
    """What the writer of this place makes of each value; a few long searches tell when it has nothing to change in any."""
    joined = "\n".join(values)
    if joined.count("\n") == len(values) - 1 and _is_ready(context, joined):
        return values
    return list(map(_WRITERS[context], values))


def _is_ready(context: Context, joined: str) -> bool:
    if context is Context.URL:
        return _READY_ADDRESSES.fullmatch(f"{joined}\n") is not None
    is_printable = all(
        char.isprintable() or char in {"\u00a0", "\u202f"} for char in strange_characters(joined)
    )
    if context is Context.PLAIN:
        return is_printable
    is_text = context in {Context.TEXT, Context.ATTRIBUTE}
    return is_text and is_printable and all(sign not in joined for sign in _ESCAPED)


def set_values(pieces: Iterable[Piece], values: Mapping[str, str]) -> tuple[Piece, ...]:
    """The same document with these values already in it; all others stay slots."""
    return tuple(
        writer_of(piece.context)(values[piece.name])
        if isinstance(piece, Slot) and piece.name in values
        else piece
        for piece in pieces
    )


def _html(value: str) -> str:
    return escape(_without(_IN_HTML, value))


def _without(unwanted: dict[int, str | None], value: str) -> str:
    # Nothing of the tables is printable, and nearly every value is but for French spaces: asking costs a tenth.
    if value.isprintable() or value.replace("\u00a0", "").replace("\u202f", "").isprintable():
        return value
    return value.replace("\r\n", "\n").translate(unwanted)


def _url(value: str) -> str:
    """The address, or `#` if it could run something or does not say where it leads."""
    if _READY_ADDRESS.fullmatch(value):
        return value
    address = _without(_IN_PLAIN, value).strip()
    scheme, _, rest = address.partition(":")
    if (
        scheme.lower() not in SCHEMES
        or not rest
        or (scheme.lower().startswith("http") and not rest.startswith("//"))
    ):
        return "#"
    return escape(address.replace(" ", "%20"))


def _url_part(value: str) -> str:
    return escape(quote(_without(_IN_HTML, value), safe=""))


def _plain(value: str) -> str:
    return _without(_IN_PLAIN, value)


_WRITERS: dict[Context, Callable[[str], str]] = {
    Context.TEXT: _html,
    Context.ATTRIBUTE: _html,
    Context.URL: _url,
    Context.URL_PART: _url_part,
    Context.PLAIN: _plain,
}
