"""Many connections and one row of messages: who is asked, who is told, and when it stops."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from newsletter.core.refusal import Problem
from newsletter.transports.contract import Envelope, Outcome, Stage, TransportDown
from newsletter.transports.outgoing import Outgoing
from newsletter.transports.smtp import pool as pool_module
from newsletter.transports.smtp.opening import Hopeless
from newsletter.transports.smtp.pool import SmtpPool
from newsletter.transports.smtp.server import Security, Server, Timeouts

ACCEPTED, LATER, UNSURE = Outcome.ACCEPTED, Outcome.LATER, Outcome.UNSURE


class Link(asyncio.Protocol):
    """One connection of a server that takes everything, when the gate is open."""

    def __init__(self, world):
        self.world, self.buffer, self.in_content = world, b"", False

    def connection_made(self, transport):
        self.transport = transport
        self.world.links.append(self)
        transport.write(b"220 mx\r\n")

    def data_received(self, data):
        self.buffer += data
        self.world.bursts += 1
        said = b"".join(self.answers())
        if said and self.world.gate.is_set():
            self.transport.write(said)

    def answers(self):
        while True:
            line, end, rest = self.buffer.partition(b"\r\n.\r\n" if self.in_content else b"\r\n")
            if not end:
                return
            self.buffer = rest
            if self.in_content:
                self.in_content = False
                self.world.contents.append(line)
                yield b"250 2.0.0 taken\r\n"
            elif line == b"DATA":
                self.in_content = True
                yield b"354 go on\r\n"
            else:
                yield b"250-mx\r\n250 PIPELINING\r\n" if line.startswith(b"EHLO") else b"250 ok\r\n"


class World:
    def __init__(self):
        self.links, self.contents, self.bursts = [], [], 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def stop(self):
        self.server.close()
        for link in self.links:
            link.transport.abort()
        await asyncio.sleep(0)

    def target(self):
        return Server("127.0.0.1", self.port, Security.NONE, None, "localhost", Timeouts.all(5))


@asynccontextmanager
async def serving():
    world = World()
    world.server = await asyncio.get_running_loop().create_server(lambda: Link(world), "127.0.0.1", 0)
    world.port = world.server.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        await world.stop()
        await asyncio.sleep(0)


async def until(condition):
    """Let the loop turn until it is so."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)


class Book:
    """Keeps the order of everything; `fails_at` names what raises."""

    def __init__(self, fails_at=""):
        self.told, self.receipts, self.batches, self.fails_at = [], {}, 0, fails_at

    async def before_wire(self, messages):
        self.note("before", messages)

    def on_wire(self, message):
        self.note("wire", [message])

    def answered(self, receipts):
        self.batches += 1
        for message, receipt in receipts:
            assert message.message_id not in self.receipts
            self.receipts[message.message_id] = receipt
        self.note("answer", [message for message, _ in receipts])

    def note(self, what, messages):
        self.told += [(what, message.message_id) for message in messages]
        if what == self.fails_at:
            raise ZeroDivisionError(what)

    def outcomes(self):
        return {receipt.outcome for receipt in self.receipts.values()}


def letter(number):
    return Outgoing("b@example.org", f"ada{number}@example.net", str(number), (b"Hello.\r\n",), 8, tag=number)


async def batches(total, each=10):
    for start in range(0, total, each):
        yield [letter(number) for number in range(start, min(start + each, total))]


def test_every_message_is_sent_once_over_all_connections():
    async def main():
        book = Book()
        async with serving() as world, SmtpPool(world.target(), book, connections=5) as pool:
            await pool.send_all(batches(300, 50))
            return book, len(world.links), len(world.contents)

    book, links, contents = asyncio.run(main())
    assert (len(book.receipts), book.outcomes(), links, contents) == (300, {ACCEPTED}, 5, 300)


def test_before_and_after_are_written_down_in_order():
    async def main():
        book = Book()
        async with serving() as world, SmtpPool(world.target(), book, connections=3) as pool:
            await pool.send_all(batches(60))
        return book

    book = asyncio.run(main())
    for number in map(str, range(60)):
        places = [book.told.index((what, number)) for what in ("before", "wire", "answer")]
        assert places == sorted(places)
    assert len(book.told) == 180


def test_no_more_is_asked_for_than_the_connections_can_take():
    async def main():
        async with serving() as world:
            counted = {"asked": 0, "most ahead": 0}

            async def batches_counted():
                async for batch in batches(500):
                    counted["most ahead"] = max(counted["most ahead"], counted["asked"] - len(world.contents))
                    counted["asked"] += len(batch)
                    yield batch

            async with SmtpPool(world.target(), connections=2) as pool:
                await pool.send_all(batches_counted())
        return counted

    counted = asyncio.run(main())
    assert counted["asked"] == 500
    assert 1 <= counted["most ahead"] <= 2 * 2 + 2 * 2  # waiting, and on two connections


def test_a_connection_is_replaced_when_it_has_served_its_time():
    async def main():
        async with serving() as world:
            async with SmtpPool(world.target(), connections=1, messages_per_connection=4) as pool:
                await pool.send_all(batches(10))
            return len(world.links), len(world.contents)

    assert asyncio.run(main()) == (3, 10)


def test_a_lane_can_be_made_narrower_and_wider():
    async def main():
        async with serving() as world, SmtpPool(world.target(), connections=3) as pool:
            links = []
            for width in (3, 1, 2):
                pool.resize(width)
                await until(
                    lambda wide=width: sum(not link.transport.is_closing() for link in world.links) <= wide
                )
                await pool.send_all(batches(300, 300))
                links.append(len(world.links))
            return links, len(world.contents)

    assert asyncio.run(main()) == ([3, 3, 4], 900)


def test_a_message_costs_one_round_trip_and_not_four():
    async def main():
        async with serving() as world:
            async with SmtpPool(world.target(), connections=1) as pool:
                await pool.send_all(batches(40, 40))
            return world.bursts

    assert asyncio.run(main()) <= 40 + 3  # EHLO, the first envelope, QUIT


def test_one_message_can_be_sent_and_waited_for():
    async def main():
        async with serving() as world, SmtpPool(world.target(), connections=3) as pool:
            envelope = Envelope("", "ada@example.net", "1@example.org", b"Hello.\r\n")
            receipts = [
                await pool.send(envelope),
                *await asyncio.gather(*(pool.send(letter(n)) for n in range(9))),
            ]
            return receipts, world.contents

    receipts, contents = asyncio.run(main())
    assert {receipt.outcome for receipt in receipts} == {ACCEPTED}
    assert [receipt.message_id for receipt in receipts] == ["1@example.org", *map(str, range(9))]
    assert len(contents) == 10


@pytest.mark.parametrize("where", ["before", "wire", "answer"])
def test_an_error_of_the_book_ends_the_sending_and_is_told(where):
    async def main():
        book = Book(where)
        async with serving() as world:
            with pytest.raises(ZeroDivisionError, match=where):
                async with SmtpPool(world.target(), book, connections=2) as pool:
                    await pool.send_all(batches(50))
            return book, world.contents

    book, contents = asyncio.run(main())
    if where != "answer":
        assert contents == []
    sent = {number for what, number in book.told if what == "wire"}
    assert all(receipt.outcome is LATER or number in sent for number, receipt in book.receipts.items())


def test_an_error_of_the_batches_is_told_and_nothing_is_forgotten():
    async def main():
        async def failing():
            yield [letter(number) for number in range(3)]
            raise ZeroDivisionError

        book = Book()
        async with serving() as world:
            with pytest.raises(ZeroDivisionError):
                async with SmtpPool(world.target(), book, connections=1) as pool:
                    await pool.send_all(failing())
        return book

    book = asyncio.run(main())
    assert len(book.receipts) == 3


def test_a_server_that_goes_away_for_good_is_down_and_each_message_has_its_receipt():
    async def main():
        book = Book()

        async def then_gone(world):
            async for batch in batches(100):
                if world.contents:
                    await world.stop()
                yield batch

        async with serving() as world, SmtpPool(world.target(), book, connections=2, waits=(0.001,)) as pool:
            with pytest.raises(TransportDown) as caught:
                await pool.send_all(then_gone(world))
        return book, caught.value, world.contents

    book, down, contents = asyncio.run(main())
    assert down.stage is Stage.CONNECT
    assert {number for what, number in book.told if what == "before"} == set(book.receipts)
    taken = [receipt for receipt in book.receipts.values() if receipt.outcome in {ACCEPTED, UNSURE}]
    assert len(taken) >= len(contents) > 0


def refusing(monkeypatch, *errors):
    """Let the first attempts to connect end so; counts all attempts."""
    real, attempts = pool_module.opened, []

    async def opened(server):
        attempts.append(server)
        if len(attempts) <= len(errors):
            raise errors[len(attempts) - 1]
        return await real(server)

    monkeypatch.setattr(pool_module, "opened", opened)
    return attempts


def down(kind=TransportDown):
    return kind(Problem("gone.", "wait."))


def test_a_server_that_comes_back_in_time_gets_everything(monkeypatch):
    async def main():
        book = Book()
        async with serving() as world:
            attempts = refusing(monkeypatch, down(), down())
            pool = SmtpPool(world.target(), book, connections=1, waits=(0.001, 0.002))
            await pool.send_all(batches(10))
            await pool.__aexit__(None, None, None)
        return book, len(attempts)

    book, attempts = asyncio.run(main())
    assert (book.outcomes(), len(book.receipts), attempts) == ({ACCEPTED}, 10, 3)


def test_a_refused_login_is_not_tried_again(monkeypatch):
    async def main():
        book = Book()
        async with serving() as world:
            attempts = refusing(monkeypatch, *[down(Hopeless)] * 9)
            pool = SmtpPool(world.target(), book, connections=1)
            with pytest.raises(Hopeless):
                await pool.send_all(batches(10))
            with pytest.raises(Hopeless):
                await pool.send(letter(99))
        return book, len(attempts)

    book, attempts = asyncio.run(main())
    assert attempts == 2
    assert {(receipt.outcome, receipt.stage) for receipt in book.receipts.values()} == {
        (LATER, Stage.CONNECT)
    }
    assert len(book.receipts) == 11


def test_one_connection_too_many_does_no_harm(monkeypatch):
    async def main():
        book = Book()
        async with serving() as world, SmtpPool(world.target(), book, connections=4, waits=()) as pool:
            refusing(monkeypatch, *[down()] * 50)
            await pool.send_all(batches(100))
            return book, len(world.links)

    book, links = asyncio.run(main())
    assert (book.outcomes(), len(book.receipts), links) == ({ACCEPTED}, 100, 1)


def test_what_was_not_begun_can_be_taken_back():
    async def main():
        book = Book()
        async with serving() as world, SmtpPool(world.target(), book, connections=1) as pool:
            sending = asyncio.ensure_future(pool.send_all(batches(10)))
            await until(lambda: any(what == "wire" for what, _ in book.told))
            recalled = [message.message_id for message in pool.recall()]
            await sending
        return recalled, list(book.receipts)

    recalled, answered = asyncio.run(main())
    assert answered + recalled == [str(number) for number in range(10)]
    assert recalled


def test_a_cancelled_sending_settles_what_it_had_begun():
    async def main():
        book = Book()
        async with serving() as world, SmtpPool(world.target(), book, connections=1) as pool:
            sending = asyncio.ensure_future(pool.send_all(batches(10)))
            await until(lambda: any(what == "wire" for what, _ in book.told))
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
        return book

    book = asyncio.run(main())
    assert len(book.receipts) == 10
    assert book.outcomes() == {ACCEPTED, LATER}


def test_what_is_on_the_wire_when_the_program_fails_is_settled_by_how_far_it_came():
    async def fails(world, book):
        async with SmtpPool(world.target(), book, connections=1) as pool:
            sending = asyncio.ensure_future(pool.send_all(batches(10)))
            world.gate.clear()
            world.links[0].transport.write(b"250 ok\r\n" * 2 + b"354 go on\r\n")
            await until(lambda: world.contents)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            raise ZeroDivisionError

    async def main():
        book = Book()
        async with serving() as world:
            with pytest.raises(ZeroDivisionError):
                await fails(world, book)
        return [book.receipts[str(number)].outcome for number in range(10)]

    assert asyncio.run(main()) == [UNSURE] + [LATER] * 9
