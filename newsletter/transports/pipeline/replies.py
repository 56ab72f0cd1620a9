"""Replies of an SMTP server (RFC 5321 section 4.2), read from bytes as they come.

Nothing a server says is an error here: what is no reply becomes a `Reply` without a code, and the reader of it decides.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

CAP = 65_536  # octets of one reply; RFC 5321 section 4.5.3.1.5 allows 512 a line, and a few lines are usual
_SHOWN = 500  # characters of an answer that are kept
_KEPT = 256  # octets up to which a reply is worth remembering: most of a run are the same few
_CODED = re.compile(rb"[2-5][0-9][0-9](?:[ -]|$)")
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\S)")


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

    __slots__ = ("_begun", "_cap", "_rest", "overlong")

    def __init__(self, cap: int = CAP) -> None:
        self._cap = cap
        self._begun = b""  # whole lines of a reply that goes on
        self._rest = b""  # a line without its end
        self.overlong = False

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete with these octets."""
        replies: list[Reply] = []
        if self.overlong:
            return replies
        lines = (self._rest + data).splitlines(keepends=True) if self._rest else data.splitlines(keepends=True)
        for line in _joined(lines):
            if not line.endswith(b"\n"):
                break
            raw = self._begun + line if self._begun else line
            if len(raw) > self._cap:
                return self._stop(replies)
            if line[3:4] == b"-" and _CODED.match(line) or self._begun and not _CODED.match(line.rstrip(b"\r\n")):
                self._begun = raw
            else:
                self._begun = b""
                replies.append(_remembered(raw) if len(raw) <= _KEPT else _read(raw))
        return replies

    def _stop(self, replies: list[Reply]) -> list[Reply]:
        self.overlong = True
        self._begun = self._rest = b""
        replies.append(Reply(None, "", f"a reply of more than {self._cap} octets", ()))
        return replies
