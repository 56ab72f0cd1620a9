"""Many connections to one server, fed from one row of waiting messages."""

from __future__ import annotations

import asyncio
from itertools import count, islice
from typing import TYPE_CHECKING, Self

from newsletter.transports.contract import Envelope, Receipt, TransportDown
from newsletter.transports.outgoing import Outgoing, outgoing
from newsletter.transports.smtp.opening import Hopeless, opened
from newsletter.transports.smtp.row import Book, NoBook, Row
from newsletter.transports.smtp.trust import Trust

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Sequence
    from types import TracebackType

    from newsletter.transports.smtp.connection import Connection
    from newsletter.transports.smtp.envelope import Offers
    from newsletter.transports.smtp.server import Server

WAITS = (0.5, 1.0, 2.0, 5.0, 10.0)
_ENDED = "not begun: the sending was ended"


class SmtpPool:
    """Connections to one server, opened when there is work for them. To be used in one event loop.

    Args:
        server: where to.
        book: told of every message before and after.
        connections: how many at most.
        messages_per_connection: after so many a connection is closed politely and replaced.
        depth: 2 to send the next envelope behind the dot of a message, 1 for one message at a time (MAIL, RCPT and DATA
            in one group). A server without PIPELINING gets one command at a time.
        waits: seconds before each new attempt, when a connection could not be opened or did no work; the last one for
            all that follow. When none is open and all of them have been waited, the server counts as down.
    """

    def __init__(
        self,
        server: Server,
        book: Book | None = None,
        *,
        connections: int = 4,
        messages_per_connection: int = 1000,
        depth: int = 2,
        waits: Sequence[float] = WAITS,
    ) -> None:
        self.server = server
        self._connections = connections
        self._limit = messages_per_connection
        self._depth = depth
        self._waits = waits
        self._trust = Trust()
        self._row = Row(book or NoBook(), 2 * connections, self._stir, self._drop_all)
        self._open: dict[int, Connection] = {}
        self._slots: dict[int, asyncio.Task[None]] = {}
        self._down: TransportDown | None = None

    async def __aenter__(self) -> Self:
        """Open a first connection, so that a server that is not there is known at once.

        Raises:
            TransportDown: it cannot be reached.
        """
        self._start_slot(0, await opened(self.server))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close. After an error what is on the wire is dropped, and settled by how far it came."""
        if error is not None:
            self._drop_all()
        self._row.withdraw(_ENDED)
        for number, slot in self._slots.items():
            if number in self._open:
                self._open[number].retire()
            else:
                slot.cancel()
        await asyncio.gather(*self._slots.values(), return_exceptions=True)
        self._row.withdraw(_ENDED)
        self._row.deliver()

    async def send(self, message: Outgoing | Envelope) -> Receipt:
        """Hand over one message and wait for the answer.

        Raises:
            TransportDown: no connection can be had; this message was not handed over.
        """
        one = outgoing(message) if isinstance(message, Envelope) else message
        receipt = self._row.follow(one)
        try:
            self._down = None
            await self._put((one,))
            return await receipt
        finally:
            self._row.forget(one)

    async def send_all(self, batches: AsyncIterable[Sequence[Outgoing]]) -> None:
        """Hand over all messages of all batches; the book is told what became of each.

        The next batch is asked for when so few messages wait that the connections could run dry.

        Raises:
            TransportDown: no connection can be had. Messages not begun have a receipt, LATER at CONNECT.
            Exception: what the book or the batches raised.
        """
        self._down = None
        try:
            async for batch in batches:
                await self._put(batch)
                await self._row.room()
                self._complain()
            await self._row.all_answered()
            self._complain()
        finally:
            self._row.withdraw(_ENDED)
            self._row.deliver()

    def recall(self) -> list[Outgoing]:
        """Take back what no connection has begun yet, for a pause: no receipts for these."""
        return self._row.recall()

    def resize(self, connections: int) -> None:
        """From now on so many connections at most, one or more; those too many end when their messages are answered."""
        self._connections = connections
        for number in sorted(self._open)[connections:]:
            self._open[number].retire()
        self._stir()

    async def _put(self, messages: Sequence[Outgoing]) -> None:
        if self._row.error is not None:
            raise self._row.error
        await self._row.admit(messages)
        self._stir()

    def _complain(self) -> None:
        error = self._row.error or self._down
        if error is not None:
            raise error

    def _stir(self) -> None:
        """Messages wait: let open connections take them, and open more while there are too few."""
        waiting = self._row.waiting
        for connection in tuple(self._open.values()):
            if not waiting:
                return
            connection.kick()
        missing = min(self._connections - len(self._slots), len(waiting))
        free = (number for number in count() if number not in self._slots)
        for number in tuple(islice(free, max(missing, 0))):
            self._start_slot(number)

    # Connections, each in its slot

    def _start_slot(self, number: int, first: tuple[Connection, Offers] | None = None) -> None:
        self._slots[number] = asyncio.get_running_loop().create_task(self._fill_slot(number, first))

    async def _fill_slot(self, number: int, first: tuple[Connection, Offers] | None) -> None:
        """One connection after the other, as long as there is work."""
        try:
            found, fruitless = first, 0
            while found is not None or (found := await self._reached()) is not None:
                if len(self._open) >= self._connections:  # made narrower while this one was being opened
                    await found[0].quit()
                    return
                fruitless = 0 if await self._used(number, *found) else fruitless + 1
                found = None
                if fruitless and self._waits and self._row.waiting:
                    await asyncio.sleep(self._waits[min(fruitless, len(self._waits)) - 1])
        except Exception as error:  # noqa: BLE001 - of this program; told to whoever started the sending
            self._row.failed(error)
        finally:
            del self._slots[number]

    async def _used(self, number: int, connection: Connection, offered: Offers) -> bool:
        """Hand over messages until this connection has served its time or is gone; whether it did any work."""
        try:
            over = connection.serve(self._row, offered, self._trust, depth=self._depth, limit=self._limit)
            self._open[number] = connection
            await over
        finally:
            self._open.pop(number, None)
            worked = connection.dialogue is not None and connection.dialogue.settled > 0
            await connection.quit()
        return worked

    async def _reached(self) -> tuple[Connection, Offers] | None:
        """A connection, after as many attempts as it takes; None when there is no more work, or no hope."""
        attempt = 0
        while self._row.waiting and self._row.error is None and len(self._slots) <= self._connections:
            try:
                return await opened(self.server)
            except TransportDown as down:
                hopeless = isinstance(down, Hopeless) or not self._waits
                if hopeless or (attempt >= len(self._waits) and not self._open):
                    self._give_up(down)
                    return None
                await asyncio.sleep(self._waits[min(attempt, len(self._waits) - 1)])
                attempt += 1
        return None

    def _give_up(self, down: TransportDown) -> None:
        """Without this connection; when it was the last one, without any."""
        if self._open:
            self._connections = len(self._open)
            return
        self._down = down
        self._row.withdraw(f"not begun: {down}", down)

    def _drop_all(self) -> None:
        for connection in tuple(self._open.values()):
            connection.drop("the sending was ended")
