"""A text as a reader sees it, sign for sign at the same offsets: what is not seen is blank, what is no prose is `HIDDEN`."""

from __future__ import annotations

import re

HIDDEN = "\x01"  # stands for addresses and code: no date reaches across it

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCED = re.compile(r"^[ ]{0,3}(```+|~~~+)[^\n]*\n.*?(?:^[ ]{0,3}\1[^\n]*$|\Z)", re.DOTALL | re.MULTILINE)
_BLANK = (
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"</?[A-Za-z][^<>\n]{0,300}>"),
    re.compile(r"~~[^~\n]{1,300}~~"),  # struck out: not said any more
    re.compile(r"^[ ]{0,3}\[[^\]\n]{1,100}\]:[ \t]+\S+[^\n]*$", re.MULTILINE),
    re.compile(r"\[\^[^\]\n]{1,100}\]"),
    re.compile(r"\]\([^()\n]{0,2000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)"),
    re.compile(r"\]\[[^\]\n]{0,100}\]"),
    re.compile(r"[\[\]\\]"),
    re.compile(r"&nbsp;|&#160;|&#8239;"),
)
_HIDE = (
    re.compile(r"(?<!`)(`{1,3})(?!`)[^\n]{1,500}?(?<!`)\1(?!`)"),
    re.compile(r"!\[[^\]\n]{0,300}\]\([^()\n]{0,2000}\)"),
    re.compile(r"<(?:https?|mailto|tel):[^<>\s]{1,2000}>"),
    re.compile(r"(?:https?://|www\.)[^\s<>()\[\]]{1,2000}", re.IGNORECASE),
    re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}"),
)
_EMPHASIS = re.compile(r"[*_]+")
# One sign for each: spaces that do not break, a tabulator, signs that nobody sees.
_SPACES = "\u00a0\u202f\u2009\u2007\u2002\u2003\t\v\f\u200b\ufeff"
_NOT_A_BREAK = re.compile(r"[^\n]")


def visible(text: str) -> str:
    """The text with the front matter, Markdown's signs, links' targets and code taken out; as long as before.

    Args:
        text: Markdown or plain text; its lines end in a line feed.
    """
    seen = _FRONT_MATTER.sub(_blank, text, count=1)
    seen = _FENCED.sub(_blank, seen)
    for pattern in _HIDE[:3]:
        seen = pattern.sub(_hide, seen)
    for pattern in _BLANK[:7]:
        seen = pattern.sub(_blank, seen)
    for pattern in _HIDE[3:]:
        seen = pattern.sub(_hide, seen)
    for pattern in _BLANK[7:]:
        seen = pattern.sub(_blank, seen)
    seen = _EMPHASIS.sub(_unstressed, seen).replace("\u2019", "'")
    for space in _SPACES:  # a good deal faster than `translate`
        seen = seen.replace(space, " ")
    return seen


def _unstressed(found: re.Match[str]) -> str:
    """Stars and underscores are blank, but for those that begin an entry of a list or stand inside of a word."""
    text, start, end = found.string, found.start(), found.end()
    before, after = text[start - 1 : start], text[end : end + 1]
    inside = before.isalnum() and after.isalnum() and "_" in found[0]
    item = before in {"", "\n", " "} and after in {"", " ", "\n"}
    return found[0] if inside or item else " " * (end - start)


def _blank(found: re.Match[str]) -> str:
    return _NOT_A_BREAK.sub(" ", found[0])


def _hide(found: re.Match[str]) -> str:
    return _NOT_A_BREAK.sub(HIDDEN, found[0])
