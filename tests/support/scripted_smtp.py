"""A server of SMTP that does as the script says, and the client's receipts for what was sent to it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from newsletter.transports.outgoing import Outgoing
from newsletter.transports.smtp.pool import SmtpPool
from newsletter.transports.smtp.server import Security, Server, Timeouts

DROP = "drop"
HELLO = "250-mx.example.org\r\n250-PIPELINING\r\n250 SIZE 1000000"
QUICK = replace(Timeouts.all(0.15), connect=5.0)  # a busy machine may be slow to connect


class Script(asyncio.Protocol):
    """Answers each verb as told (the last answer of a list for all that follow), else 250; "" is silence.

    Keys that are no verbs: "greeting", "." for the end of a content, "content" to answer and close in the middle of one,
    "forgets" to lose what came together with what is answered, "deaf" to read nothing after DATA, "drips" to answer that
    verb with octets that never end, "slow" to say everything octet by octet with so many seconds between.
    """

    def __init__(self, world, script):
        self.world, self.script = world, script
        self.buffer, self.in_content, self.count = b"", False, {}
        self.unsaid = bytearray()

    def connection_made(self, transport):
        self.transport = transport
        self.world.links.append(transport)
        self.say("greeting", "220 mx.example.org")

    def data_received(self, data):
        self.buffer += data
        while not self.transport.is_closing():
            end = b"\r\n.\r\n" if self.in_content else b"\r\n"
            if self.in_content and "content" in self.script:
                self.say("content", "")
                self.transport.close()
            at = self.buffer.find(end)
            if at < 0:
                return
            part, self.buffer = self.buffer[:at], self.buffer[at + len(end) :]
            if self.script.get("forgets"):
                self.buffer = b""
            if self.in_content:
                self.in_content = False
                self.world.contents.append(part)
                self.say(".", "250 2.0.0 taken")
            else:
                self.command(part.decode())

    def command(self, line):
        verb = line.split()[0].upper()
        self.world.commands.append(line)
        said = self.say(
            verb,
            {"EHLO": HELLO, "DATA": "354 go on", "QUIT": "221 bye", "AUTH": "235 yes"}.get(verb, "250 ok"),
        )
        if verb == "DATA" and said.startswith("354"):
            self.in_content = True
            if self.script.get("deaf"):
                self.transport.pause_reading()
            self.buffer = b"\r\n" + self.buffer
        elif verb == "QUIT":
            self.transport.close()

    def drip(self):
        if not self.transport.is_closing():
            self.world.dripped += 1
            self.transport.write(b"2")
            asyncio.get_running_loop().call_later(0.02, self.drip)

    def write(self, octets):
        if "slow" not in self.script:
            self.transport.write(octets)
            return
        self.unsaid += octets
        if len(self.unsaid) == len(octets):
            self.dribble()

    def dribble(self):
        if self.unsaid and not self.transport.is_closing():
            self.transport.write(bytes(self.unsaid[:1]))
            del self.unsaid[:1]
            asyncio.get_running_loop().call_later(self.script["slow"], self.dribble)

    def say(self, key, usual):
        if key == self.script.get("drips"):
            self.drip()
            return ""
        told = self.script.get(key, usual)
        if isinstance(told, list):
            turn = self.count[key] = self.count.get(key, -1) + 1
            told = told[min(turn, len(told) - 1)]
        if told == DROP:
            self.transport.close()
        elif told:
            self.write((told if isinstance(told, bytes) else told.encode()) + b"\r\n")
            if str(told).startswith("421"):
                self.transport.close()
        return told if isinstance(told, str) else ""


class World:
    """A listening server; one script a connection, the last for all that follow."""

    def __init__(self, scripts):
        self.scripts = list(scripts) or [{}]
        self.commands, self.contents, self.links = [], [], []
        self.connections = self.dripped = 0

    def accept(self):
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        return Script(self, script)


@asynccontextmanager
async def serving(*scripts):
    world = World(scripts)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(world.accept, "127.0.0.1", 0)
    world.port = server.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        server.close()
        for link in world.links:
            link.abort()
        for _ in range(3):
            await asyncio.sleep(0)


class Book:
    def __init__(self):
        self.begun, self.receipts, self.wire = [], {}, []

    async def before_wire(self, messages):
        self.begun += [message.message_id for message in messages]

    def on_wire(self, message):
        self.wire.append(message.message_id)

    def answered(self, receipts):
        for message, receipt in receipts:
            assert message.message_id not in self.receipts
            self.receipts[message.message_id] = receipt


def letter(number, size=40):
    return Outgoing(
        "b@example.org", f"ada{number}@example.net", str(number), (b"x" * size + b"\r\n",), size + 2
    )


async def batches(total, size=40, each=10):
    for start in range(0, total, each):
        yield [letter(number, size) for number in range(start, min(start + each, total))]


def run(*scripts, total=1, size=40, timeouts=QUICK, **options):
    """Receipts for so many messages over one connection at a time, and what the server saw."""

    async def main():
        book = Book()
        async with serving(*scripts) as world:
            server = Server("127.0.0.1", world.port, Security.NONE, None, "localhost", timeouts)
            async with SmtpPool(server, book, **{"connections": 1, "waits": (), **options}) as pool:
                await pool.send_all(batches(total, size))
        return [book.receipts[str(number)] for number in range(total)], world, book

    return asyncio.run(main())


def outcomes(receipts):
    return [receipt.outcome for receipt in receipts]
