"""From an address to a connection that takes messages: connect, greeting, EHLO, TLS, EHLO again, login."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, TypeVar

from newsletter.core.refusal import Problem
from newsletter.transports.contract import Stage, TransportDown
from newsletter.transports.smtp.connection import Connection
from newsletter.transports.smtp.envelope import Offers, offers
from newsletter.transports.smtp.login import mechanism_for, spoken, without_secrets
from newsletter.transports.smtp.replies import legible
from newsletter.transports.smtp.server import Security

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from newsletter.transports.smtp.login import Login
    from newsletter.transports.smtp.replies import Reply
    from newsletter.transports.smtp.server import Server

_T = TypeVar("_T")
_READY = 220
_LOGGED_IN = 235
_GO_ON = 334
_REMEDIES = {
    Stage.TLS: "Check that it offers TLS, and its certificate; the mail will not go unencrypted.",
    Stage.LOGIN: "Check the username and the password.",
}
_REMEDY = "Check the host, the port and whether it is running."


class Hopeless(TransportDown):
    """Trying again changes nothing, and may lock an account: a person must look."""


class _No(Exception):  # noqa: N818 - an answer, not an accident
    """The server was reached and will not do what the next step needs; says why, and whether that is its last word."""

    def __init__(self, why: str, *, final: bool = True) -> None:
        super().__init__(why)
        self.final = final


async def opened(server: Server) -> tuple[Connection, Offers]:
    """A connection ready for MAIL.

    Raises:
        TransportDown: with the stage at which it failed.
    """
    opening = _Opening(server)
    try:
        return await opening.run()
    except (_No, OSError, ValueError, TimeoutError) as error:
        opening.abandon()
        raise opening.down(error) from error
    except BaseException:
        opening.abandon()
        raise


class _Opening:
    """The steps in their order; `stage` is the one it is at."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Connection | None = None
        self.stage = Stage.CONNECT

    async def run(self) -> tuple[Connection, Offers]:
        server, times = self._server, self._server.timeouts
        connection = await self._connect()
        if server.security is Security.TLS:
            await self._within(times.tls, Stage.TLS, connection.start_tls(server.tls, server.host))
        await self._within(times.greeting, Stage.GREETING, self._greeting(connection))
        offered = await self._within(times.hello, Stage.GREETING, self._hello(connection))
        if server.security is Security.STARTTLS:
            await self._within(times.tls, Stage.TLS, self._starttls(connection, offered))
            # What was offered before TLS was anybody's word.
            offered = await self._within(times.hello, Stage.TLS, self._hello(connection))
        if server.login:
            await self._within(times.login, Stage.LOGIN, _log_in(connection, server.login, offered))
        return connection, offered

    def abandon(self) -> None:
        if self._connection is not None:
            self._connection.drop("abandoned")

    def down(self, error: Exception) -> TransportDown:
        """What went wrong, for people."""
        said = "timed out" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        where = f"{self._server.host}:{self._server.port}"
        said = without_secrets(legible(said), self._server.login)
        what = f"The mail server {where} cannot be used, at {self.stage}: {said}."
        final = isinstance(error, ssl.SSLCertVerificationError) or (isinstance(error, _No) and error.final)
        kind = Hopeless if final and self.stage in _REMEDIES else TransportDown
        return kind(Problem(what, _REMEDIES.get(self.stage, _REMEDY)), stage=self.stage)

    async def _within(self, seconds: float, stage: Stage, step: Coroutine[object, object, _T]) -> _T:
        self.stage = stage
        async with asyncio.timeout(seconds):
            return await step

    async def _connect(self) -> Connection:
        """To the first of the host's addresses that answers."""
        loop, server = asyncio.get_running_loop(), self._server
        async with asyncio.timeout(server.timeouts.connect):
            found = await loop.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        problem: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in found:
            link = socket.socket(family, kind, protocol)
            try:
                link.setblocking(False)  # noqa: FBT003 - the standard library's own signature
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                async with asyncio.timeout(server.timeouts.connect):
                    await loop.sock_connect(link, address)
            except OSError as error:
                link.close()
                problem = error
            except BaseException:
                link.close()
                raise
            else:
                self._connection = Connection(loop, link, server.timeouts)
                return self._connection
        raise problem

    async def _greeting(self, connection: Connection) -> None:
        _need(await connection.answer(), lambda reply: reply.code == _READY)

    async def _hello(self, connection: Connection) -> Offers:
        """EHLO, or HELO for a server that does not know it."""
        name = (self._server.greeting_name or _own_name(connection)).encode("ascii", "replace")
        reply = await connection.ask(b"EHLO " + name)
        if _good(reply):
            return offers(reply.lines)
        if reply.code is not None and reply.code // 100 == 5:  # noqa: PLR2004 - RFC 5321 section 3.2
            reply = await connection.ask(b"HELO " + name)
        _need(reply, _good)
        return Offers()

    async def _starttls(self, connection: Connection, offered: Offers) -> None:
        if not offered.starttls:
            raise _No("it does not offer STARTTLS")
        _need(await connection.ask(b"STARTTLS"), lambda reply: reply.code == _READY)
        await connection.start_tls(self._server.tls, self._server.host)


async def _log_in(connection: Connection, login: Login, offered: Offers) -> None:
    """AUTH (RFC 4954), inside of TLS only: `Server` sees to that."""
    mechanism = mechanism_for(login, offered.logins)
    if mechanism not in offered.logins:
        raise _No(f"it does not offer AUTH {mechanism}")
    first, *rest = spoken(login, mechanism)
    reply = await connection.ask(f"AUTH {mechanism} {first}".strip().encode())
    for answer in rest:
        if reply.code != _GO_ON:
            break
        reply = await connection.ask(answer.encode())
    _need(reply, lambda heard: heard.code == _LOGGED_IN)


def _good(reply: Reply) -> bool:
    return reply.code is not None and reply.code // 100 == 2  # noqa: PLR2004 - the class of success


def _need(reply: Reply, fit: Callable[[Reply], bool]) -> None:
    if not fit(reply):
        final = reply.code is not None and reply.code // 100 == 5  # noqa: PLR2004 - the class of final refusals
        raise _No(f"{reply.code or 'it speaks no SMTP:'} {reply.text}", final=final)


def _own_name(connection: Connection) -> str:
    """The machine's full name, or its address where it has none (RFC 5321 section 4.1.4)."""
    name = socket.gethostname()
    if "." in name:
        return name
    address = connection.own_address
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"
