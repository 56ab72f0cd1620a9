"""MJML in, HTML out: lint, canonicalise, compile, and look at what came out."""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from mjml import mjml2html

from newsletter.core.mjml.canonical import canonical_with_lines
from newsletter.core.mjml.lint import lint_mjml
from newsletter.core.mjml.tokens import Kind, Token, tokens
from newsletter.core.refusal import ContentRefused, Problem, refuse_errors

if TYPE_CHECKING:
    from collections.abc import Callable

_POSITION = re.compile(r"^(.*?) in root template at position (\d+):(\d+)")
_REMOTE_STYLE = re.compile(r"@import|@font-face", re.IGNORECASE)


def compile_mjml(source: str, path: str = "") -> str:
    """Compile rendered MJML to the HTML of a mail.

    Args:
        source: rendered MJML.
        path: the file as the person knows it, for the problems.

    Returns:
        HTML without remote fonts. Positions for recipients' values pass through it unchanged.

    Raises:
        ContentRefused: with every error of the linter, or with the one thing that stopped the compiler.
    """
    refuse_errors(lint_mjml(source, path))
    canonical, origins = canonical_with_lines(source)
    try:
        html: str = mjml2html(canonical, fonts={})
    except ValueError as error:
        raise ContentRefused(_problem(str(error), canonical, origins, path)) from error
    refuse_errors(_leftovers(html, path))
    return html


def _problem(message: str, canonical: str, origins: list[tuple[int, int]], path: str) -> Problem:
    """The compiler's complaint with a line: its positions are UTF-8 byte offsets in the canonical form."""
    match = _POSITION.match(message)
    if not match:
        remedy = "Look for a tag that is not closed or a character that cannot be read."
        return Problem(f"The MJML compiler stopped: {message}.", remedy, path)
    octets = canonical.encode()
    first, last = int(match[2]), int(match[3])
    start = len(octets[:first].decode(errors="ignore"))
    piece = octets[first:last].decode(errors="replace")
    _, line = origins[bisect_right(origins, start, key=itemgetter(0)) - 1]
    what = f"The MJML compiler stopped at {piece[:40]!r}: {match[1]}."
    return Problem(what, "Write it in another way, or take it out.", path, line)


def _leftovers(html: str, path: str) -> list[Problem]:
    """What must not be in a mail; it would show that the compiler has changed."""
    found: list[Problem] = []
    before = Token(Kind.TEXT, "", 0)
    for token in tokens(html):
        for fault, is_at_fault in _FAULTS:
            if is_at_fault(token, before):
                what = f"The compiled mail {fault}: {token.text[:80]!r}."
                found.append(Problem(what, "Tell the developers.", path))
        before = token
    return found


def _has_escape(token: Token, _before: Token) -> bool:
    """No attribute goes into the compiler with a backslash, so one that comes out is an escape it wrote."""
    return token.kind is Kind.OPEN and "\\" in token.blob


def _is_component(token: Token, _before: Token) -> bool:
    return token.name.lower().startswith(("mj-", "mjml"))


def _loads_style(token: Token, before: Token) -> bool:
    return token.name.lower() == "link" or (
        before.name.lower() == "style" and bool(_REMOTE_STYLE.search(token.text))
    )


def _is_broken(token: Token, _before: Token) -> bool:
    return token.kind is Kind.BROKEN


_FAULTS: tuple[tuple[str, Callable[[Token, Token], bool]], ...] = (
    ("holds an escaped character in an attribute", _has_escape),
    ("still holds a component of MJML", _is_component),
    ("loads a style or font from elsewhere", _loads_style),
    ("holds a tag that cannot be read", _is_broken),
)
