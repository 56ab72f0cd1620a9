"""Octets on a socket, counted: what has left, what has not, and what was still to be heard."""

from __future__ import annotations

import asyncio
import socket

import pytest

from newsletter.transports.smtp.wire import Wire


class Ear:
    def __init__(self):
        self.heard, self.events = b"", []

    def came(self, data):
        self.heard += data
        self.events.append("came")

    def drained(self):
        self.events.append("drained")

    def gone(self, reason):  # noqa: ARG002 - as the wire calls it
        self.events.append("gone")


def on_a_wire(use):
    """Run `use(wire, ear, peer)` over a pair of sockets."""

    async def main():
        ours, peer = socket.socketpair()
        ours.settimeout(0)
        peer.settimeout(0)
        ear = Ear()
        wire = Wire(asyncio.get_running_loop(), ours, ear)
        try:
            return await use(wire, ear, peer)
        finally:
            wire.close()
            peer.close()

    return asyncio.run(main())


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


def test_nothing_is_written_before_it_is_flushed():
    async def use(wire, ear, peer):
        wire.put((b"one ", b"two"))
        before = wire.queued, wire.written
        wire.flush()
        return before, wire.written, peer.recv(100)

    assert on_a_wire(use) == ((7, 0), 7, b"one two")


@pytest.mark.parametrize("pieces", [1, 7, 500], ids=str)
def test_what_does_not_fit_is_written_later_and_counted_when_it_is(pieces):
    whole = bytes(range(256)) * 8000

    async def use(wire, ear, peer):
        step = len(whole) // pieces
        wire.put([whole[at : at + step] for at in range(0, len(whole), step)])
        wire.flush()
        first = wire.written
        wire.put((b"the end",))
        wire.flush()
        got = b""
        async with asyncio.timeout(5):
            while len(got) < len(whole) + 7:
                got += await asyncio.get_running_loop().sock_recv(peer, 65_536)
        await turns()
        return first, wire.written, wire.queued, got, ear.events

    first, written, queued, got, events = on_a_wire(use)
    assert 0 < first < written == queued == len(whole) + 7
    assert got == whole + b"the end"
    assert events == ["drained"]


def test_when_writing_fails_the_last_words_of_the_server_are_still_heard():
    async def use(wire, ear, peer):
        peer.send(b"421 closing\r\n")
        peer.close()
        wire.put((b"MAIL",))
        wire.flush()
        await turns()
        return wire.written, ear.heard, ear.events

    assert on_a_wire(use) == (0, b"421 closing\r\n", ["came", "gone"])


def test_a_closed_wire_tells_nothing_more():
    async def use(wire, ear, peer):
        peer.send(b"250 ok")
        peer.close()
        wire.put((b"MAIL",))
        wire.flush()
        wire.close()
        wire.close()
        await turns()
        return ear.events

    assert on_a_wire(use) == []
