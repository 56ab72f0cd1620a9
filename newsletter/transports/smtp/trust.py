"""Whether a server keeps what it promises with PIPELINING (RFC 2920). Some drop what was sent ahead of their answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.transports.smtp.replies import Reply

_STRIKES = 3  # in a row, after it has worked; links break for other reasons too
_OUT_OF_ORDER = frozenset({500, 502, 503})  # RFC 5321 section 4.2.2: not understood, or not expected here
_BLAME = re.compile(r"pipelin|synchroni[sz]", re.IGNORECASE)


class Trust:
    """Shared by the connections to one server.

    Attributes:
        lost: from now on one command at a time.
    """

    __slots__ = ("_proven", "_strikes", "lost")

    def __init__(self) -> None:
        self.lost = False
        self._proven = False
        self._strikes = 0

    def proved(self) -> None:
        """An envelope sent behind a dot was answered in full."""
        self._proven = True
        self._strikes = 0

    def doubt(self) -> None:
        """A group was answered in part, or with nonsense. The first time is enough for a server that has not proved it."""
        self._strikes += 1
        if not self._proven or self._strikes >= _STRIKES:
            self.lost = True


def blames_pipelining(reply: Reply) -> bool:
    """Whether a refusal is about what was sent ahead, and so about no address."""
    return reply.code in _OUT_OF_ORDER or (reply.code == 554 and bool(_BLAME.search(reply.text)))  # noqa: PLR2004 - what Exim says
