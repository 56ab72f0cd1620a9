"""The row of messages that wait for a connection, and the way back of what was answered."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Protocol

from newsletter.transports.contract import Outcome, Receipt, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from newsletter.transports.outgoing import Outgoing


class Book(Protocol):
    """Where it is written down what is about to happen and what has happened. All are called in the loop's thread.

    An error raised in any of them ends the sending: what is on the wire is dropped, and settled by how far it came.
    """

    async def before_wire(self, messages: Sequence[Outgoing]) -> None:
        """A batch may go on the wire when this returns, and not before."""
        ...

    def on_wire(self, message: Outgoing) -> None:
        """The content of this one is written next; if it raises, it is not. In the way of every message: be quick."""
        ...

    def answered(self, receipts: Sequence[tuple[Outgoing, Receipt]]) -> None:
        """What became of some messages, those answered in one turn of the loop; each message comes here once."""
        ...


class NoBook:
    """Writes nothing down."""

    async def before_wire(self, messages: Sequence[Outgoing]) -> None:
        """Nothing."""

    def on_wire(self, message: Outgoing) -> None:
        """Nothing."""

    def answered(self, receipts: Sequence[tuple[Outgoing, Receipt]]) -> None:
        """Nothing."""


class Row:
    """What the connections take from and answer to: the `House` of every dialogue.

    Args:
        low: messages waiting at which more are asked for.
        stirred: called in the loop after a message came back: somebody should take it.
        broken: called when the book fails.
    """

    def __init__(self, book: Book, low: int, stirred: Callable[[], None], broken: Callable[[], None]) -> None:
        self.waiting: deque[Outgoing] = deque()
        self.outstanding = 0  # put and not yet answered
        self.error: BaseException | None = None
        self._book = book
        self._low = low
        self._stirred = stirred
        self._broken = broken
        self._answers: list[tuple[Outgoing, Receipt]] = []
        self._asked: dict[int, asyncio.Future[Receipt]] = {}
        self._changed = asyncio.Event()

    async def admit(self, messages: Sequence[Outgoing]) -> None:
        """Let them wait, when the book allows it."""
        await self._book.before_wire(messages)
        self.waiting += messages
        self.outstanding += len(messages)

    def follow(self, message: Outgoing) -> asyncio.Future[Receipt]:
        """The receipt of one message that is going to wait. Keep the message until then."""
        future = self._asked[id(message)] = asyncio.get_running_loop().create_future()
        return future

    def forget(self, message: Outgoing) -> None:
        """Nobody asks for its receipt any more."""
        self._asked.pop(id(message), None)

    def withdraw(self, why: str, error: BaseException | None = None) -> None:
        """Nobody will take those that wait: they get receipts, LATER at CONNECT; who follows one is told the error."""
        while self.waiting:
            message = self.waiting.popleft()
            future = self._asked.pop(id(message), None) if error is not None else None
            if future is not None and error is not None and not future.done():
                future.set_exception(error)
            receipt = Receipt(message.message_id, message.recipient, Outcome.LATER, Stage.CONNECT, text=why)
            self.settle(message, receipt)

    def recall(self) -> list[Outgoing]:
        """Take out those that wait, without receipts."""
        recalled = list(self.waiting)
        self.waiting.clear()
        self.outstanding -= len(recalled)
        self._changed.set()
        return recalled

    async def room(self) -> None:
        """Until so many have been taken that more may wait."""
        while len(self.waiting) > self._low and self.error is None:
            await self._change()

    async def all_answered(self) -> None:
        """Until nothing waits and nothing is on its way."""
        while self.outstanding and self.error is None:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # What a dialogue asks of its house

    def take(self) -> Outgoing | None:
        """The next message, None when there is none now."""
        waiting = self.waiting
        if not waiting:
            return None
        message = waiting.popleft()
        if len(waiting) == self._low:
            self._changed.set()
        return message

    def before_content(self, message: Outgoing) -> None:
        """The book hears of what was answered before of what goes out next.

        Else a process that is killed now would leave two messages of one connection in doubt, one of them answered.
        """
        self.deliver()
        if self.error is not None:
            raise self.error
        self._book.on_wire(message)

    def settle(self, message: Outgoing, receipt: Receipt) -> None:
        """It is told with all others of this turn of the loop."""
        self._answers.append((message, receipt))
        if len(self._answers) == 1:
            asyncio.get_running_loop().call_soon(self.deliver)

    def give_back(self, message: Outgoing) -> None:
        """The first to be taken again."""
        self.waiting.appendleft(message)
        asyncio.get_running_loop().call_soon(self._stirred)

    def failed(self, error: BaseException) -> None:
        """The sending ends with this error."""
        if self.error is None:
            self.error = error
            self._changed.set()
            self._broken()

    def deliver(self) -> None:
        """Tell what has been answered so far."""
        answers, self._answers = self._answers, []
        if not answers:
            return
        self.outstanding -= len(answers)
        try:
            self._book.answered(answers)
        except Exception as error:  # noqa: BLE001 - of the book; told to whoever started the sending
            self.failed(error)
        if self._asked:
            self._tell(answers)
        if not self.outstanding:
            self._changed.set()

    def _tell(self, answers: Sequence[tuple[Outgoing, Receipt]]) -> None:
        for message, receipt in answers:
            future = self._asked.pop(id(message), None)
            if future is not None and not future.done():
                future.set_result(receipt)
