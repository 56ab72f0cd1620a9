"""Octets to and from a socket, with or without TLS, and the exact count of those that have left this process.

asyncio's own transports forget what they had not yet written when the link breaks. That count is what tells "the dot
was never written" from "it may have arrived", so the socket is read and written here, on the loop's readiness.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Sequence

_READ = 65_536
_VECTOR = 512  # buffers in one system call; Linux takes 1024
_MANY = 24  # pieces from which copying 45 kB into one is faster than giving the system each; measured


class Listener(Protocol):
    """Who is told what happens on the wire."""

    def came(self, data: bytes) -> None:
        """Octets came in, inside of TLS where there is TLS."""
        ...

    def drained(self) -> None:
        """Everything put so far has been written, after some of it had to wait."""
        ...

    def gone(self, reason: str) -> None:
        """The link is closed, by them or by a fault; told once, and not after `close`."""
        ...


class Wire:
    """A connected, non-blocking socket.

    Attributes:
        queued: octets ever put, as they are on the wire (of TLS: the records).
        written: octets ever taken by the operating system.
    """

    __slots__ = (
        "_loop",
        "_outbox",
        "_shaken",
        "_socket",
        "_tls",
        "_waiting",
        "listener",
        "open",
        "queued",
        "written",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, connected: socket.socket, listener: Listener) -> None:
        self._loop = loop
        self._socket = connected
        self._outbox: list[bytes | memoryview] = []
        self._waiting = False
        self._tls: _Tls | None = None
        self._shaken: asyncio.Future[None] | None = None
        self.listener = listener
        self.open = True
        self.queued = self.written = 0
        loop.add_reader(connected.fileno(), self._readable)

    def put(self, pieces: Sequence[bytes]) -> None:
        """Queue octets; nothing is written before `flush`."""
        if self._tls is not None:
            try:
                pieces = (self._tls.sealed(b"".join(pieces)),)
            except ssl.SSLError as error:
                self._loop.call_soon(self._end, f"TLS: {error.reason or error}")
                return
        elif len(pieces) > _MANY:
            pieces = (b"".join(pieces),)
        self._outbox += pieces
        self.queued += sum(map(len, pieces))

    def say(self, octets: bytes) -> None:
        """Queue one piece: the same as `put`, for the many short ones."""
        if self._tls is not None:
            self.put((octets,))
            return
        self._outbox.append(octets)
        self.queued += len(octets)

    def flush(self) -> None:
        """Write what is queued, as much as the system takes now; the rest follows by itself."""
        if self._waiting or not self.open:
            return
        self._write()
        if self._outbox and self.open:
            self._waiting = True
            self._loop.add_writer(self._socket.fileno(), self._writable)

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Shake hands; from here on everything is inside of TLS.

        Raises:
            OSError: the handshake failed (`ssl.SSLError` for its own faults), or the link broke.
            ValueError: the host is no name that a certificate could be for.
        """
        self._tls = _Tls(context, host)
        self._shaken = self._loop.create_future()
        self._shake(b"")
        await self._shaken

    def close(self) -> None:
        """Close the link now; what was not written is lost, and nobody is told."""
        if self.open:
            self.open = False
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
            self._socket.close()

    def _write(self) -> None:
        outbox = self._outbox
        while outbox:
            try:
                sent = self._socket.sendmsg(outbox if len(outbox) <= _VECTOR else outbox[:_VECTOR])
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                # Later, as whoever put these octets is still at work; and what was put stays uncounted.
                self._outbox = []
                self._loop.remove_writer(self._socket.fileno())
                self._loop.call_soon(self._salvage, error.strerror or str(error))
                return
            self.written += sent
            if self.written == self.queued:
                outbox.clear()
            else:
                _cut(outbox, sent)

    def _writable(self) -> None:
        self._write()
        if self.open and not self._outbox:
            self._waiting = False
            self._loop.remove_writer(self._socket.fileno())
            self.listener.drained()

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error.strerror or str(error))
            return
        if not data:
            self._end("the server closed the connection")
        elif self._tls is None:
            self.listener.came(data)
        elif self._shaken is not None and not self._shaken.done():
            self._shake(data)
        else:
            self._unseal(data)

    def _unseal(self, data: bytes) -> None:
        assert self._tls is not None
        try:
            plain, ended = self._tls.opened(data)
            self._reply_in_tls()
        except ssl.SSLError as error:
            self._end(f"TLS: {error.reason or error}")
            return
        if plain:
            self.listener.came(plain)
        if ended:
            self._end("the server closed the connection")

    def _shake(self, data: bytes) -> None:
        assert self._tls is not None
        assert self._shaken is not None
        try:
            done = self._tls.shake(data)
        except ssl.SSLError as error:
            self._reply_in_tls()  # the alert that tells them why
            if not self._shaken.done():
                self._shaken.set_exception(error)
            return
        self._reply_in_tls()
        if done and not self._shaken.done():
            self._shaken.set_result(None)
            self._unseal(b"")  # a greeting may have come in the same packet

    def _reply_in_tls(self) -> None:
        assert self._tls is not None
        records = self._tls.produced()
        if records:
            self._outbox.append(records)
            self.queued += len(records)
            self.flush()

    def _salvage(self, reason: str) -> None:
        """Writing failed: the server may have said why before it closed."""
        if self.open:
            self._readable()
        self._end(reason)

    def _end(self, reason: str) -> None:
        if not self.open:
            return
        self.close()
        if self._shaken is not None and not self._shaken.done():
            self._shaken.set_exception(ConnectionError(reason))
        self.listener.gone(reason)


class _Tls:
    """A TLS session between two buffers in memory."""

    __slots__ = ("_incoming", "_outgoing", "_session")

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def sealed(self, data: bytes) -> bytes:
        rest = memoryview(data)
        while rest:
            rest = rest[self._session.write(rest) :]
        return self._outgoing.read()

    def opened(self, data: bytes) -> tuple[bytes, bool]:
        """What these records held, and whether the session was ended."""
        self._incoming.write(data)
        parts = []
        try:
            while part := self._session.read(_READ):
                parts.append(part)
        except ssl.SSLWantReadError:
            return b"".join(parts), False
        except ssl.SSLZeroReturnError:
            pass
        return b"".join(parts), True

    def shake(self, data: bytes) -> bool:
        self._incoming.write(data)
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def produced(self) -> bytes:
        return self._outgoing.read()


def _cut(outbox: list[bytes | memoryview], sent: int) -> None:
    """Take octets off the front, without copying what stays."""
    whole = 0
    for piece in outbox:
        if sent < len(piece):
            break
        sent -= len(piece)
        whole += 1
    del outbox[:whole]
    if sent:
        outbox[0] = memoryview(outbox[0])[sent:]
