"""A relay that makes a server far away: whatever passes is held back by half a round trip, in each direction.

It takes as much as it is given, as a network with large windows does, and costs about 40 µs of its own process for
each message of 45 kB; it is not what limits sixteen connections.
"""

# ruff: noqa: INP001 - a script, not a package

from __future__ import annotations

import asyncio
import sys
from collections import deque


class Late(asyncio.Protocol):
    """One end of a link: what comes in here goes out at the other end, later and in its order."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._held: deque[tuple[float, bytes]] = deque()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self.other: Late | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(1 << 24)

    def data_received(self, data: bytes) -> None:
        self._hold(data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it
        self._hold(b"")

    def _hold(self, data: bytes) -> None:
        self._held.append((self._loop.time() + self._seconds, data))
        if len(self._held) == 1:
            self._loop.call_at(self._held[0][0], self._let_go)

    def _let_go(self) -> None:
        now = self._loop.time() + 0.0002  # the loop's clock is not finer than that
        while self._held and self._held[0][0] <= now:
            _, data = self._held.popleft()
            if self.other is not None:
                self.other.say(data)
        if self._held:
            self._loop.call_at(self._held[0][0], self._let_go)

    def say(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if data:
            self._transport.write(data)
        else:
            self._transport.close()


class Near(Late):
    """The end where the client is: it opens the far one."""

    def __init__(self, seconds: float, port: int) -> None:
        super().__init__(seconds)
        self._port = port
        self._opening: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        transport.pause_reading()
        self._opening = self._loop.create_task(self._open())

    async def _open(self) -> None:
        far = Late(self._seconds)
        far.other, self.other = self, far
        await self._loop.create_connection(lambda: far, "127.0.0.1", self._port)
        if self._transport is not None:
            self._transport.resume_reading()


async def _serve(port: int, target: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Near(seconds, target), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 2))
