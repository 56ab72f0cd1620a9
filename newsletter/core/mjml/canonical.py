r"""Put MJML into the one form that mjml-python 1.4.2 (mrml 6.0.1) reads as MJML means it.

Each step answers a measured fault of that compiler: it prints attribute values as a Rust debug string (`\u{a0}`, and
a quote in a single-quoted value ends the attribute), accepts only whitespace that starts with a line feed between
components, drops line breaks between inline tags, lets the last of two equal attributes and the first of two classes
win, reckons unitless paddings wrongly, and writes images without `alt`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.core.mjml.components import ENDING_TAGS
from newsletter.core.mjml.tokens import (
    MJML_RAW_TEXT_TAGS,
    VOID_TAGS,
    WHITESPACE,
    Kind,
    Token,
    attributes,
    line_of,
    names,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

REVERSED = "~reversed"
"""A class nobody defines, put last in a turned-round `mj-class` so that it is turned only once."""

_ALT_TAGS = frozenset({"img", "mj-image", "mj-social-element", "mj-carousel-image"})

_INLINE_TAGS = names(
    "a abbr acronym b bdi bdo big br button cite code data del dfn em font i img input ins kbd label mark "
    "q s samp small span strike strong sub sup time tt u var wbr",
)
"""HTML tags between which a line break is a space to the reader (HTML Standard, phrasing content)."""

_PROLOG = re.compile(r"(?:[\ufeff \t\n\f]|<\?[^>]*>|<!doctype[^>]*>)*+", re.IGNORECASE)
_UNSAFE_IN_ATTRIBUTE = re.compile(r"[^ !#-;=?-\[\]-~]")
_UNITLESS_ZERO = re.compile(r"(?<!\S)[+-]?(?:0+(?:\.0*)?|\.0+)(?!\S)")
_SPACES = re.compile(r"[ \t\r\n\f]+")


def canonicalise(source: str) -> str:
    """MJML that the compiler reads as it was meant.

    Text, comments (Word's too) and styles stay as they are, but for line ends; the one text that is rewritten is
    `mj-title`, because the compiler copies it into an attribute. Applying it twice changes nothing more. Broken markup
    passes untouched: the linter speaks about it.

    Args:
        source: rendered MJML.
    """
    return "".join(text for _, text in _pieces(_unix_lines(source)))


def canonical_with_lines(source: str) -> tuple[str, list[tuple[int, int]]]:
    """The same, and from which line of `source` each stretch came.

    Returns:
        The MJML, and pairs (index of a stretch's first character in it, its line in the source from 1), ascending.
    """
    unix = _unix_lines(source)
    written: list[str] = []
    origins: list[tuple[int, int]] = []
    length, line, seen = 0, 1, 0
    for start, text in _pieces(unix):
        line, seen = line + line_of(unix[seen:start], start - seen) - 1, start
        origins.append((length, line))
        written.append(text)
        length += len(text)
    return "".join(written), origins


def _unix_lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source


def _pieces(source: str) -> Iterator[tuple[int, str]]:
    """Each token's place in the source and what is written for it."""
    prolog = _PROLOG.match(source)
    stream = list(tokens(source, MJML_RAW_TEXT_TAGS, prolog.end() if prolog else 0))
    ending, defaults = "", False
    for index, token in enumerate(stream):
        if token.kind is Kind.TEXT:
            yield token.start, _text(stream, index, ending)
        elif token.kind is Kind.OPEN:
            yield token.start, _tag(token, defaults=defaults)
            if not ending and not token.closed and token.name in ENDING_TAGS:
                ending = token.name
            defaults = defaults or (token.name == "mj-attributes" and not token.closed)
        elif token.kind is Kind.CLOSE:
            yield token.start, f"</{token.name}>"
            ending = "" if token.name == ending else ending
            defaults = defaults and token.name != "mj-attributes"
        else:
            yield token.start, token.text


def _text(stream: list[Token], index: int, ending: str) -> str:
    text = stream[index].text
    if ending == "mj-title":
        return _attribute_value(_SPACES.sub(" ", text))
    if text.strip(WHITESPACE):
        return text
    if not ending:
        return "\n"
    if "\n" not in text:
        return text
    beside = stream[max(index - 1, 0) : index] + stream[index + 1 : index + 2]
    return " " if all(_is_inline(token) for token in beside) else "\n"


def _is_inline(token: Token) -> bool:
    return token.name.lower() in _INLINE_TAGS or token.kind not in {Kind.OPEN, Kind.CLOSE}


def _tag(token: Token, *, defaults: bool) -> str:
    """An opening tag with safe attributes, one space before each, and closed if it has no content."""
    name = token.name
    end = " />" if token.closed or name.lower() in VOID_TAGS else ">"
    is_mjml = name.startswith("mj-")
    written: dict[str, str] = {}
    for attribute in attributes(token):
        key = attribute.name.lower()
        if key not in written:
            written[key] = _attribute(attribute.name, attribute.value, is_mjml=is_mjml)
    if name.lower() in _ALT_TAGS and not defaults:
        written.setdefault("alt", ' alt=""')
    return f"<{name}{''.join(written.values())}{end}"


def _attribute(name: str, value: str | None, *, is_mjml: bool) -> str:
    if value is None:
        return f" {name}"
    if is_mjml and name == "mj-class":
        value = _classes(value)
    elif is_mjml and "padding" in name:
        value = _UNITLESS_ZERO.sub("0px", value)
    return f' {name}="{_attribute_value(value)}"'


def _attribute_value(value: str) -> str:
    """The value with a numeric reference for all that the compiler, or a comment around it, could take amiss."""
    return _UNSAFE_IN_ATTRIBUTE.sub(_reference, value)


def _reference(match: re.Match[str]) -> str:
    return " " if match[0] in WHITESPACE else f"&#{ord(match[0])};"


def _classes(value: str) -> str:
    """MJML lets the last class win, the compiler the first."""
    names = value.split()
    if len(names) <= 1 or names[-1] == REVERSED:
        return " ".join(names)
    return " ".join([*reversed(names), REVERSED])
