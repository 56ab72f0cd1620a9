"""A mail server in a process of its own, which may be killed: it notes each address in a file before it answers.

    python counting_sink.py PORT FILE BURST REST

It answers BURST messages at once and then nobody for REST seconds, so that there is always a middle to be killed in.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

ROOM = 4 << 20


class Pace:
    """So many answers, then a rest; for all connections together."""

    def __init__(self, burst, rest):
        self.burst, self.rest = burst, rest
        self.answered, self.closed_until = 0, 0.0

    async def wait(self):
        self.answered += 1
        if self.burst and self.answered % self.burst == 0:
            self.closed_until = time.monotonic() + self.rest
        while (left := self.closed_until - time.monotonic()) > 0:  # noqa: ASYNC110 - the rest may have grown meanwhile
            await asyncio.sleep(left)


class Sink:
    """Takes everything, with PIPELINING."""

    def __init__(self, note, pace):
        self.note, self.pace = note, pace

    async def serve(self, reader, writer):
        recipients = []
        writer.write(b"220 sink\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4].upper().strip()
                if verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    os.write(self.note, b"".join(recipients))
                    recipients = []
                    await self.pace.wait()
                elif verb == b"RCPT":
                    recipients.append(line.split(b"<")[1].split(b">")[0] + b"\n")
                elif verb == b"QUIT":
                    break
                writer.write(
                    b"250-sink\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 2.0.0 so be it\r\n"
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()


async def main(port, path, burst, rest):
    """Serve for ever."""
    note = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sink = Sink(note, Pace(burst, rest))
    server = await asyncio.start_server(sink.serve, "127.0.0.1", port, limit=ROOM)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
