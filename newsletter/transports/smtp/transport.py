"""The SMTP client as a transport of the contract, for callers without an event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from newsletter.transports.smtp.pool import SmtpPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from types import TracebackType

    from newsletter.transports.contract import Envelope, Receipt, Watch
    from newsletter.transports.outgoing import Outgoing
    from newsletter.transports.smtp.server import Server

SECONDS_BETWEEN_LOOKS = 0.5


class SmtpTransport:
    """A server reached over a few connections that are held open between messages.

    Not for use inside of a running event loop.

    Args:
        server: where to.
        connections: at most so many at a time.
        messages_per_connection: after so many a connection is closed and a new one opened.
    """

    name = "smtp"
    resend_is_harmless = False

    def __init__(self, server: Server, *, connections: int = 1, messages_per_connection: int = 1000) -> None:
        self._server = server
        self.connections = connections
        self._messages_per_connection = messages_per_connection
        self._width = connections  # what the pool was told last
        self._book = _WatchedBook()
        self._runner: asyncio.Runner | None = None
        self._pool: SmtpPool | None = None

    def __enter__(self) -> Self:
        runner = asyncio.Runner()
        pool = SmtpPool(
            self._server,
            self._book,
            connections=self.connections,
            messages_per_connection=self._messages_per_connection,
            waits=(),
        )
        try:
            runner.run(pool.__aenter__())
        except BaseException:
            runner.close()
            raise
        self._runner, self._pool, self._width = runner, pool, self.connections
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, pool = self._runner, self._pool
        self._runner = self._pool = None
        if runner is not None and pool is not None:
            with runner:
                runner.run(pool.__aexit__(None, None, None))

    def send(self, envelope: Envelope) -> Receipt:
        """Hand over one message; a kept connection that the server has closed meanwhile is opened again."""
        runner, pool = self._opened()
        return runner.run(pool.send(envelope))

    def send_many(
        self, messages: Sequence[Outgoing], watch: Watch, *, connections: int | None = None
    ) -> None:
        """Hand over many messages over all connections at once; `watch` is told what becomes of each.

        Args:
            connections: for this call at most so many, one or more. Those too many are closed politely; a later call
                with more, or None, opens them again. Never more than the transport was made with.
        """
        runner, pool = self._opened()
        self._book.watch = watch
        try:
            runner.run(_send_all(pool, messages, watch, self._narrower(connections)))
        finally:
            self._book.watch = None

    def _narrower(self, connections: int | None) -> int | None:
        """The width to tell the pool, None when it is as before: a pool that has found its server's limit keeps to it."""
        width = self.connections if connections is None else max(1, min(connections, self.connections))
        if width == self._width:
            return None
        self._width = width
        return width

    def _opened(self) -> tuple[asyncio.Runner, SmtpPool]:
        if self._runner is None or self._pool is None:
            raise RuntimeError("the transport is not open")
        return self._runner, self._pool


class _WatchedBook:
    """Passes on to whoever watches just now."""

    watch: Watch | None = None

    async def before_wire(self, messages: Sequence[Outgoing]) -> None:
        """The watch was told before the sending began."""

    def on_wire(self, message: Outgoing) -> None:
        if self.watch is not None:
            self.watch.on_wire(message)

    def answered(self, receipts: Sequence[tuple[Outgoing, Receipt]]) -> None:
        if self.watch is not None:
            self.watch.answered(receipts)


async def _send_all(pool: SmtpPool, messages: Sequence[Outgoing], watch: Watch, width: int | None) -> None:
    if width is not None:
        pool.resize(width)
    minder = asyncio.create_task(_mind(pool, watch))
    try:
        await pool.send_all(_one(messages))
    finally:
        minder.cancel()
        with suppress(asyncio.CancelledError):
            await minder


async def _one(messages: Sequence[Outgoing]) -> AsyncIterator[Sequence[Outgoing]]:
    yield messages


async def _mind(pool: SmtpPool, watch: Watch) -> None:
    """Take back what has not begun as soon as the watch says halt."""
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        if watch.halted():
            pool.recall()
