"""The case `oneclick`: mail programs unsubscribe fifty readers at once (RFC 8058), each over a connection of its own.

The pages run in a process of their own, as `newsletter web` starts them; every POST is for another reader and is followed
by the next as soon as it is answered, so that always as many wait. What a provider sees is measured: from the first octet of
the connection to the last of the answer. Twice the same reader, and both encodings, are for the tests.
"""

# ruff: noqa: INP001, S603 - a script, not a package; it starts a server of its own

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from place import MovingClock, enrol, make_place, open_place
from results import result
from sink import free_port, wait_for
from sqlalchemy import text

from newsletter.core.token import Purpose, Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from databases import Databases

AT_ONCE = 50
WARM = 200
SECRET = "a key for measuring"  # noqa: S105 - of a place that is thrown away
_LEFT = "SELECT count(*) FROM consents WHERE action = 'withdrawn'"
_BODY = b"List-Unsubscribe=One-Click"


def oneclick(databases: Databases, kind: str, clicks: int) -> dict[str, Any]:
    """`seconds` is from the first POST to the last answer; the median and the slowest of a hundred are in the note."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch, databases.fresh(kind) as url:
        folder = Path(scratch) / "office"
        make_place(folder, url)
        office = open_place(folder, url, 25, 1, 0, MovingClock())
        try:
            enrol(office.database, clicks + WARM)
            tokens = Tokens(SECRET.encode(), 1, range(1, clicks + WARM + 1)).of(Purpose.UNSUBSCRIBE)
            port = free_port()
            environment = os.environ | {"NEWSLETTER_SECRET": SECRET, "NEWSLETTER_DATABASE": url}
            command = [sys.executable, "-m", "newsletter", "--workspace", str(folder), "web"]
            server = subprocess.Popen([*command, "--port", str(port)], env=environment)
            try:
                wait_for(port, server)
                asyncio.run(_all(port, tokens[:WARM]))
                began = time.perf_counter()
                taken = asyncio.run(_all(port, tokens[WARM:]))
                seconds = time.perf_counter() - began
            finally:
                server.terminate()
                server.wait()
            with office.database.read() as connection:
                left = connection.execute(text(_LEFT)).scalar_one()
        finally:
            office.database.close()
    if left != clicks + WARM:
        raise RuntimeError(f"{clicks + WARM} readers have left, and {left} are noted")
    median, slow = statistics.median(taken) * 1000, sorted(taken)[int(len(taken) * 0.99)] * 1000
    note = f"{AT_ONCE} at once: median {median:.1f} ms, 99 in 100 within {slow:.1f} ms"
    return result("oneclick", clicks, seconds, database=kind, median_ms=round(median, 1), note=note)


async def _all(port: int, tokens: Sequence[str]) -> list[float]:
    """Seconds of each POST; always `AT_ONCE` under way."""
    waiting, taken = iter(tokens), []

    async def one_after_the_other() -> None:
        for token in waiting:
            began = time.perf_counter()
            await _post(port, token)
            taken.append(time.perf_counter() - began)

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return taken


async def _post(port: int, token: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /u/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    )
    writer.write(head.encode() + _BODY)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"a one-click POST was answered with {answer[:60]!r}")
