"""One connection: a wire, a reader of replies, and a clock around the talk about messages."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING

from newsletter.transports.smtp.awaited import Awaited
from newsletter.transports.smtp.dialogue import Dialogue
from newsletter.transports.smtp.replies import Reply, ReplyReader
from newsletter.transports.smtp.wire import Wire

if TYPE_CHECKING:
    import socket
    import ssl

    from newsletter.transports.smtp.dialogue import House
    from newsletter.transports.smtp.envelope import Offers
    from newsletter.transports.smtp.server import Timeouts
    from newsletter.transports.smtp.trust import Trust

_BLOCK = 65_536  # octets of content for each of which the server has its time

_OLD = 5.0  # seconds after which a server may have grown tired of a connection that says nothing


class Connection:
    """Connected, and no more: `opening.opened` greets, `serve` hands over messages.

    Attributes:
        own_address: of this end, for a machine without a name.
        dialogue: from `serve` on.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, connected: socket.socket, timeouts: Timeouts) -> None:
        self._loop = loop
        self._reader = ReplyReader()
        self._heard: deque[Reply] = deque()
        self._listening: asyncio.Future[None] | None = None
        self._lost = ""
        self._limits = _limits(timeouts)
        self._content_limit = timeouts.content
        self._goodbye_limit = timeouts.goodbye
        self._began = loop.time()
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._over: asyncio.Future[None] = loop.create_future()
        self._house: House | None = None
        self.dialogue: Dialogue | None = None
        self.own_address = str(connected.getsockname()[0])
        self._wire = Wire(loop, connected, self)

    # Before the first message: question and answer

    async def ask(self, command: bytes) -> Reply:
        """Say a line and wait for its answer.

        Raises:
            ConnectionError: the link broke instead.
        """
        self._wire.put((command + b"\r\n",))
        self._wire.flush()
        return await self.answer()

    async def answer(self) -> Reply:
        """The next reply, such as the greeting.

        Raises:
            ConnectionError: the link broke instead.
        """
        while not self._heard:
            if self._lost:
                raise ConnectionError(self._lost)
            self._listening = self._loop.create_future()
            await self._listening
        return self._heard.popleft()

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Shake hands. Whatever was said before is forgotten: it may be anybody's (CVE-2011-0411).

        Raises:
            OSError, ValueError: as `Wire.start_tls`.
        """
        self._reader = ReplyReader()
        self._heard.clear()
        await self._wire.start_tls(context, host)

    # Messages

    def serve(
        self, house: House, offers: Offers, trust: Trust, *, depth: int, limit: int
    ) -> asyncio.Future[None]:
        """Begin to hand over messages; the future is done when this connection has served its time, or is gone."""
        self._house = house
        self.dialogue = Dialogue(self._wire, offers, house, trust, depth=depth, limit=limit)
        if self._lost or self._heard:
            self.gone(self._lost or "the server spoke out of turn")
        self.kick()
        return self._over

    def kick(self) -> None:
        """There is a message to take, maybe."""
        assert self.dialogue is not None
        if not self.dialogue.taken and self._loop.time() - self._began > _OLD:
            self.dialogue.aged = True
        waiting = bool(self.dialogue.awaited)
        self.dialogue.pump()
        if not waiting:
            self._watch()
        self._check()

    def retire(self) -> None:
        """End when the messages in it have their answers."""
        if self.dialogue is not None:
            self.dialogue.retire()
            self._check()

    async def quit(self) -> None:
        """Say goodbye, if there is still somebody, and close. A fault in closing is not told."""
        polite = self._wire.open and (
            self.dialogue is None or (self.dialogue.idle and not self.dialogue.over)
        )
        self.dialogue = None
        if polite:
            try:
                async with asyncio.timeout(self._goodbye_limit):
                    await self.ask(b"QUIT")
            except (TimeoutError, ConnectionError):
                pass
        self.drop("closed")

    def drop(self, why: str, *, silent: bool = False) -> None:
        """Close now; messages in it get their receipts."""
        self._wire.close()
        self.gone(why, silent=silent)

    # What the wire tells

    def came(self, data: bytes) -> None:
        """Replies, or parts of them."""
        dialogue = self.dialogue
        replies = self._reader.feed(data)
        if dialogue is None:
            self._heard += replies
            self._wake()
            return
        if not replies:
            return
        try:
            dialogue.hear_all(replies)
        except Exception as error:  # noqa: BLE001 - of the house; whatever it is, this connection cannot go on
            self._fail(error)
            return
        self._watch()
        if dialogue.over or not dialogue.awaited:  # as long as something is awaited there is a message in it
            self._check()

    def drained(self) -> None:
        """All is written: from now on the answer is waited for."""
        self._watch()

    def gone(self, reason: str, *, silent: bool = False) -> None:
        """The link is no more."""
        self._lost = self._lost or reason
        if self.dialogue is not None:
            self.dialogue.end(self._lost, silent=silent)
        self._wake()
        self._check()

    def _wake(self) -> None:
        if self._listening is not None and not self._listening.done():
            self._listening.set_result(None)

    def _fail(self, error: Exception) -> None:
        self.drop("this program failed")
        if self._house is not None:
            self._house.failed(error)

    def _check(self) -> None:
        dialogue = self.dialogue
        if dialogue is None or not dialogue.finished:
            return
        if dialogue.over:
            self._wire.close()
        self._due = math.inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._over.done():
            self._over.set_result(None)

    # The clock: one timer, set again only when it has come too early

    def _watch(self) -> None:
        """Give the server its time for what is awaited now. Octets that make no reply do not lengthen it."""
        dialogue = self.dialogue
        if dialogue is None or not dialogue.awaited:
            self._due = math.inf
            return
        wire = self._wire
        left = wire.queued - wire.written
        seconds = self._content_limit * (1 + left // _BLOCK) if left else self._limits[dialogue.awaited[0]]
        self._due = self._loop.time() + seconds
        if self._timer is None or self._due < self._timer.when():
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._due == math.inf or self.dialogue is None:
            return
        if self._loop.time() < self._due:
            self._arm()
            return
        step = self.dialogue.awaited[0] if self.dialogue.awaited else None
        self.drop(f"timed out waiting for the answer to {_NAMES.get(step, 'it')}", silent=True)


_NAMES = {
    Awaited.RSET: "RSET",
    Awaited.MAIL: "MAIL",
    Awaited.RCPT: "RCPT",
    Awaited.DATA: "DATA",
    Awaited.LONE_DOT: "an empty message",
    Awaited.DOT: "the message",
    None: "nothing",
}


def _limits(timeouts: Timeouts) -> dict[Awaited, float]:
    return {
        Awaited.RSET: timeouts.mail,
        Awaited.MAIL: timeouts.mail,
        Awaited.RCPT: timeouts.rcpt,
        Awaited.DATA: timeouts.data,
        Awaited.LONE_DOT: timeouts.dot,
        Awaited.DOT: timeouts.dot,
    }
