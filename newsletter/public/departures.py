"""One-click POSTs of many readers, written together: who leaves while others are written down leaves with the next.

A newsletter that goes out brings its leavers within minutes, and their mail programs wait for an answer. A transaction for each
costs its wait for the disk; here those who came in the meantime share one, as the ledger does with its settlements.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from newsletter.flows.people import leave_together

if TYPE_CHECKING:
    from newsletter.core.token import Token
    from newsletter.flows.office import Office

MOST_TOGETHER = 200
PATIENCE_SECONDS = 10.0


class Departures:
    """Who is about to leave. One for each application; everything but the writing happens on its event loop."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._waiting: list[tuple[Token, asyncio.Future[str]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def leave(self, token: Token) -> str:
        """Note that the reader of a genuine token leaves, and wait until it is on disk.

        Returns:
            The reader's language, "" for somebody who is not known any more.

        Raises:
            TimeoutError: the database has not answered for `PATIENCE_SECONDS`. It may still be written, which does no harm:
                the mail program asks again, and leaving twice is the same as once.
            Exception: whatever the database said.
        """
        noted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((token, noted))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await asyncio.wait_for(noted, PATIENCE_SECONDS)

    async def _write(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            try:
                languages = await run_in_threadpool(
                    leave_together, self._office, [token for token, _ in together], self._office.clock()
                )
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
                for _, noted in together:
                    if not noted.done():
                        noted.set_exception(error)
                continue
            for token, noted in together:
                if not noted.done():  # one who has waited too long is gone
                    noted.set_result(languages.get(token.subscriber, ""))
