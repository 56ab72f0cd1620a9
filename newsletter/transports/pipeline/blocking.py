"""The SMTP client as a transport of the contract: one message at a time, for callers without an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from newsletter.transports.pipeline.pool import SmtpPool

if TYPE_CHECKING:
    from types import TracebackType

    from newsletter.transports.contract import Envelope, Receipt
    from newsletter.transports.pipeline.server import Server


class PipelineTransport:
    """One connection, held open between messages. Not for use inside of a running event loop.

    Args:
        server: where to.
    """

    name = "smtp"
    resend_is_harmless = False

    def __init__(self, server: Server) -> None:
        self._server = server
        self._runner: asyncio.Runner | None = None
        self._pool: SmtpPool | None = None

    def __enter__(self) -> Self:
        runner, pool = asyncio.Runner(), SmtpPool(self._server, connections=1, waits=())
        try:
            runner.run(pool.__aenter__())
        except BaseException:
            runner.close()
            raise
        self._runner, self._pool = runner, pool
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
        if self._runner is None or self._pool is None:
            raise RuntimeError("the transport is not open")
        return self._runner.run(self._pool.send(envelope))
