"""Replies of an SMTP server (RFC 5321 section 4.2), read from bytes as they come.

Nothing a server says is an error here: what is no reply becomes a `Reply` without a code, and the reader of it decides.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

CAP = 65_536  # octets of one reply; RFC 5321 section 4.5.3.1.5 allows 512 a line, and a few lines are usual
_SHOWN = 500  # characters of an answer that are kept
_SHORT = 256  # octets up to which a reply is worth remembering: most of a run are the same few
_CODED = re.compile(rb"[2-5][0-9][0-9](?:[ -]|\r*\Z)")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")


class Reply(NamedTuple):
    """One reply, of one line or more.

    Attributes:
        code: of its last line; None when there is none, or when it was longer than the cap.
        enhanced: enhanced status code (RFC 3463) such as "5.1.1", "" for none.
        text: all lines as one that can be printed, at most 500 characters, with the enhanced code once.
        lines: the text of each line without its code; octets that are no UTF-8 are taken for Latin-1.
    """

    code: int | None
    enhanced: str
    text: str
    lines: tuple[str, ...]


class ReplyReader:
    """Cuts a stream into replies; however the stream is chunked, the replies are the same.

    After a reply longer than the cap, which comes out as one without a code, nothing more is read: the connection is
    to be dropped.
    """

    __slots__ = ("_begun", "_cap", "_rest", "_short", "overlong")

    def __init__(self, cap: int = CAP) -> None:
        self._cap = cap
        self._short = min(_SHORT, cap - 1)
        self._begun = b""  # whole lines of a reply that goes on
        self._rest = b""  # a line without its end
        self.overlong = False

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete with these octets."""
        replies: list[Reply] = []
        if self.overlong:
            return replies
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line[3:4] == b" " and not self._begun and len(line) <= self._short:
                replies.append(_remembered(line))  # nearly all: the same as below in fewer steps
                continue
            raw = self._begun + line
            if len(raw) >= self._cap:
                return self._stop(replies)
            if self._goes_on(line):
                self._begun = raw + b"\n"
            else:
                self._begun = b""
                replies.append(_remembered(raw) if len(raw) <= _SHORT else _read(raw))
        if len(self._begun) + len(self._rest) >= self._cap:
            return self._stop(replies)
        return replies

    def _goes_on(self, line: bytes) -> bool:
        """Whether more lines follow. Inside a reply a line without a code is text; alone it is a reply of its own."""
        coded_on = line[3:4] == b"-"
        if self._begun:
            return coded_on or not _CODED.match(line)
        return coded_on and _CODED.match(line) is not None

    def _stop(self, replies: list[Reply]) -> list[Reply]:
        self.overlong = True
        self._begun = self._rest = b""
        replies.append(Reply(None, "", f"a reply of more than {self._cap} octets", ()))
        return replies


def _read(raw: bytes) -> Reply:
    rows = raw.split(b"\n")
    code = int(rows[-1][:3]) if _CODED.match(rows[-1]) else None
    lines = tuple(_decoded(row[4:] if _CODED.match(row) else row).rstrip("\r") for row in rows)
    found = _ENHANCED.match(lines[0].lstrip())
    enhanced = found[1] if found and code is not None else ""
    told = [lines[0], *(_without(line, enhanced) for line in lines[1:])]
    return Reply(code, enhanced, legible(" ".join(told)), lines)


_remembered = lru_cache(maxsize=512)(_read)


def _without(line: str, enhanced: str) -> str:
    return line.lstrip().removeprefix(enhanced) if enhanced else line


def legible(text: str) -> str:
    """Words of the other side as one line that can be printed, at most 500 characters, without a full stop."""
    line = "".join(char if char.isprintable() else " " for char in text[: 4 * _SHOWN])
    return " ".join(line.split())[:_SHOWN].strip().rstrip(".")


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")
