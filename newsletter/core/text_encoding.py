"""How a text file of somebody else's program is encoded, told from its octets, block by block."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def guess_encoding(blocks: Iterable[bytes]) -> str | None:
    """`utf-16` or `cp1252`; None for UTF-8, and where a guess could spoil the text.

    A file with some good UTF-8 in it is damaged UTF-8: read as Windows text, its accents would turn into pairs of signs.

    Args:
        blocks: the file, in pieces of any length; the first with at least two octets if the file has as many.
    """
    source = iter(blocks)
    first = next(source, b"")
    wide = first.startswith(_UTF16_MARKS)
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "cp1252")()
    utf8 = codecs.getincrementaldecoder("utf-8")("ignore")
    is_ascii, block = True, first
    try:
        while block:
            decoder.decode(block)
            is_ascii = is_ascii and block.isascii()
            if not wide and (b"\x00" in block or not utf8.decode(block).isascii()):
                return None
            block = next(source, b"")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    if wide:
        return "utf-16"
    return None if is_ascii else "cp1252"
