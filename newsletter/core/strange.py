"""Which characters of a long text are not the usual ones; asked once for a whole column of values."""

from __future__ import annotations

_USUAL = bytes(range(0x20, 0x7F)) + b"\n"


def strange_characters(text: str) -> frozenset[str]:
    """The characters of `text` besides printable ASCII and line feeds.

    An order of magnitude quicker than `str.isprintable`, which looks up every character.
    """
    left = text.encode("utf-8", "surrogatepass").translate(None, _USUAL)
    return frozenset(left.decode("utf-8", "surrogatepass"))
