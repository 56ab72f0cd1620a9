"""One strict tokeniser for MJML and for the HTML that comes out of it.

It reads tags as HTML does where the two agree and calls everything else broken, so that nobody reads a tag in one way
and a mail client in another (HTML Standard, 13.2.5 Tokenization). It is linear in the length of the source: every
repetition is possessive, and what is not closed runs to the end.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

WHITESPACE = " \t\r\n\f"


def names(listed: str) -> frozenset[str]:
    """The names in a list parted by spaces."""
    return frozenset(listed.split())


VOID_TAGS = names("area base br col embed hr img input link meta param source track wbr")
"""HTML elements that have no content and no closing tag (HTML Standard, 13.1.2)."""

RAW_TEXT_TAGS = names("style script xmp iframe noembed noframes plaintext")
"""HTML elements whose content is not read as markup."""

MJML_RAW_TEXT_TAGS = RAW_TEXT_TAGS | {"mj-style"}

_SPACE = r"[ \t\r\n\f]"
_ATTRIBUTE = rf"""[^ \t\r\n\f"'<>/=]++(?:{_SPACE}*+={_SPACE}*+(?:"[^"]*+"|'[^']*+'|[^ \t\r\n\f"'=<>`]++))?+"""
_OPEN = re.compile(rf"<([A-Za-z][A-Za-z0-9:._-]*+)((?:{_SPACE}++{_ATTRIBUTE})*+){_SPACE}*+(/?)>")
_CLOSE = re.compile(rf"</([A-Za-z][A-Za-z0-9:._-]*+){_SPACE}*+>")
_BROKEN = re.compile(r"<(?:[A-Za-z/][^<>]*+>?)")
_ONE_ATTRIBUTE = re.compile(
    rf"""([^ \t\r\n\f"'<>/=]++)(?:{_SPACE}*+={_SPACE}*+(?:"([^"]*+)"|'([^']*+)'|([^ \t\r\n\f"'=<>`]++)))?+""",
)
_DECLARATION_ENDS = (("<![CDATA[", "]]>"), ("<!", ">"), ("<?", ">"))


class Kind(StrEnum):
    """What a token is. A bare less-than sign is text in HTML and an error in MJML."""

    TEXT = "text"
    COMMENT = "comment"
    OPEN = "open"
    CLOSE = "close"
    DECLARATION = "declaration"
    BARE = "bare"
    BROKEN = "broken"


class Token(NamedTuple):
    """A stretch of the source.

    Attributes:
        kind: what it is.
        text: exactly as written.
        start: index of its first character in the source.
        name: the tag's name as written, for OPEN and CLOSE.
        blob: what stands between the name and the end of the tag, for OPEN.
        closed: whether the tag ends in `/>`.
    """

    kind: Kind
    text: str
    start: int
    name: str = ""
    blob: str = ""
    closed: bool = False


class Attribute(NamedTuple):
    """One attribute: `value` is None when it has none, `quote` is empty when the value has no quotes."""

    name: str
    value: str | None
    quote: str
    start: int


def tokens(source: str, raw: frozenset[str] = RAW_TEXT_TAGS, start: int = 0) -> Iterator[Token]:
    """Cut `source` into tokens that, joined, are the source again.

    Args:
        source: MJML or HTML.
        raw: names of the tags whose content is one text up to the closing tag.
        start: index to begin at.
    """
    position, end = start, len(source)
    while position < end:
        less = source.find("<", position)
        if less != position:
            less = end if less < 0 else less
            yield Token(Kind.TEXT, source[position:less], position)
            position = less
            continue
        token = _markup(source, position)
        yield token
        position += len(token.text)
        if token.kind is Kind.OPEN and not token.closed and token.name.lower() in raw:
            stop = _end_of_raw(source, position, token.name)
            if stop > position:
                yield Token(Kind.TEXT, source[position:stop], position)
            position = stop


def attributes(token: Token) -> list[Attribute]:
    """The attributes of an OPEN token, in order, duplicates included."""
    base = token.start + 1 + len(token.name)
    found: list[Attribute] = []
    for match in _ONE_ATTRIBUTE.finditer(token.blob):
        index = match.lastindex or 1
        quote = ("", "", '"', "'", "")[index]
        found.append(Attribute(match[1], match[index] if index > 1 else None, quote, base + match.start()))
    return found


def line_of(source: str, position: int) -> int:
    """The line, from 1, on which the character at `position` stands."""
    return source.count("\n", 0, position) + 1


def _markup(source: str, position: int) -> Token:
    match = _OPEN.match(source, position)
    if match:
        return Token(Kind.OPEN, match[0], position, match[1], match[2], bool(match[3]))
    match = _CLOSE.match(source, position)
    if match:
        return Token(Kind.CLOSE, match[0], position, match[1])
    if source.startswith("<!--", position):
        return _comment(source, position)
    for begin, end in _DECLARATION_ENDS:
        if source.startswith(begin, position):
            stop = source.find(end, position)
            kind = Kind.BROKEN if stop < 0 else Kind.DECLARATION
            return Token(kind, source[position : None if stop < 0 else stop + len(end)], position)
    match = _BROKEN.match(source, position)
    if match:
        return Token(Kind.BROKEN, match[0], position)
    return Token(Kind.BARE, "<", position)


def _comment(source: str, position: int) -> Token:
    """A comment up to `-->`; broken where HTML would end it elsewhere (`<!-->`, `<!--->`, `--!>`) or never."""
    stop = source.find("-->", position + 4)
    text = source[position : None if stop < 0 else stop + 3]
    broken = stop < 0 or text.startswith(("<!-->", "<!--->")) or "--!>" in text
    return Token(Kind.BROKEN if broken else Kind.COMMENT, text, position)


def _end_of_raw(source: str, position: int, name: str) -> int:
    match = re.compile(rf"</{re.escape(name)}(?=[ \t\r\n\f/>])", re.IGNORECASE).search(source, position)
    return match.start() if match else len(source)
