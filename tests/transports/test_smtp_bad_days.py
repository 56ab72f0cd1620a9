"""More bad days: a server that is slow, that garbles what it was sent ahead, and a name that leads nowhere."""

from __future__ import annotations

import asyncio
import socket

import pytest
from scripted_smtp import DROP, QUICK, Book, batches, outcomes, run, serving

from newsletter.transports.contract import Outcome, Stage, TransportDown
from newsletter.transports.smtp.pool import SmtpPool
from newsletter.transports.smtp.server import Security, Server, Timeouts

ACCEPTED, LATER, NEVER, UNSURE = Outcome.ACCEPTED, Outcome.LATER, Outcome.NEVER, Outcome.UNSURE
MEGABYTES = b"y" * 8_000_000
HOST = "mx.example.org"


@pytest.mark.parametrize(
    "reply", ["garbage", MEGABYTES, b"250-" + MEGABYTES], ids=["words", "8 MB", "8 MB of 250-"]
)
@pytest.mark.parametrize(
    ("verb", "first", "stage"),
    [
        ("MAIL", LATER, Stage.MAIL),
        ("RCPT", LATER, Stage.RCPT),
        ("DATA", LATER, Stage.DATA),
        (".", UNSURE, Stage.DOT_SENT),
    ],
)
def test_garbage_in_a_pipelined_run_costs_the_message_it_answers(reply, verb, first, stage):
    usual = "354 go" if verb == "DATA" else "250 ok"
    receipts, world, _ = run({verb: [usual, usual, reply]}, {}, total=6)
    assert (receipts[2].outcome, receipts[2].stage, receipts[2].code) == (first, stage, None)
    assert outcomes(receipts[:2] + receipts[3:]) == [ACCEPTED] * 5
    assert (world.connections, len(world.contents)) == (2, 6 if first is UNSURE else 5)


@pytest.mark.parametrize("pause", [0.0, 0.001])
def test_replies_that_come_octet_by_octet_are_replies(pause):
    receipts, world, _ = run({"slow": pause}, total=3, timeouts=Timeouts.all(20))
    assert outcomes(receipts) == [ACCEPTED] * 3
    assert world.connections == 1


def test_a_reply_nobody_asked_for_ends_the_connection_and_no_message_is_lost():
    receipts, world, _ = run({"EHLO": "250 mx\r\n250 and another"}, {}, total=4)
    assert outcomes(receipts) == [ACCEPTED] * 4
    assert (world.connections, len(world.contents)) == (2, 4)


def test_one_reply_too_many_is_not_taken_for_the_answer_to_the_next_message():
    receipts, world, _ = run({".": ["250 one\r\n250 and one too many", "250 two"]}, {}, total=4)
    assert outcomes(receipts) == [ACCEPTED] * 4
    assert (world.connections, len(world.contents)) == (
        2,
        4,
    )  # what was misread ended the first, before any content


@pytest.mark.parametrize("total", [1, 4])
def test_a_group_whose_recipients_are_all_refused_is_no_message(total):
    script = {"RCPT": "550 5.1.1 unknown", "DATA": "503 5.5.1 no valid recipients"}
    receipts, world, book = run(script, total=total)
    assert outcomes(receipts) == [NEVER] * total
    assert {(receipt.stage, receipt.code) for receipt in receipts} == {(Stage.RCPT, 550)}
    assert (world.contents, book.wire, world.connections) == ([], [], 1)


def test_a_421_between_two_messages_costs_none():
    receipts, world, _ = run({".": ["250 one", "250 two\r\n421 4.3.2 shutting down"]}, {}, total=5)
    assert outcomes(receipts) == [ACCEPTED] * 5
    assert (world.connections, len(world.contents)) == (2, 5)


def test_closing_after_every_dot_without_an_answer_leaves_each_unsure_and_none_is_sent_twice():
    receipts, world, _ = run({".": DROP}, total=3, waits=(0.0, 0.0, 0.0, 0.0))
    assert outcomes(receipts) == [UNSURE] * 3
    assert len(world.contents) == 3


# A name that leads nowhere


def down_for(resolve, monkeypatch, timeouts=QUICK):
    """How a pool is down when names are looked up like this."""
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)

    async def main():
        async with SmtpPool(Server(HOST, 25, Security.NONE, timeouts=timeouts), waits=()):
            pass

    with pytest.raises(TransportDown) as caught:
        asyncio.run(main())
    assert HOST in caught.value.problems[0].what
    assert caught.value.stage is Stage.CONNECT
    return caught.value.problems[0].what


def test_a_name_that_does_not_exist_is_told(monkeypatch):
    async def unknown(self, *question, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert "Name or service not known" in down_for(unknown, monkeypatch)


def test_a_name_without_an_address_is_told(monkeypatch):
    async def nothing(self, *question, **options):
        return []

    assert "has no address" in down_for(nothing, monkeypatch)


def test_dns_that_never_answers_is_cut_off(monkeypatch):
    async def silent(self, *question, **options):
        await asyncio.get_running_loop().create_future()

    assert "timed out" in down_for(silent, monkeypatch, Timeouts.all(0.05))


def places(*ports):
    """A lookup whose answers are these ports of this machine."""

    async def resolve(self, *question, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]

    return resolve


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def sent_to_a_name(monkeypatch, first, later):
    """Receipts by number for five messages on connections of two each, and how it ended.

    Args:
        first: ports to which the name leads at first, None for the server's own.
        later: a lookup for all questions after the first.
    """

    async def main():
        book, ended = Book(), None
        async with serving({}) as world:
            monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", places(*first, world.port))
            server = Server(HOST, 25, Security.NONE, None, "localhost", QUICK)
            async with SmtpPool(server, book, connections=1, messages_per_connection=2, waits=()) as pool:
                if later is not None:
                    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", later)
                try:
                    await pool.send_all(batches(5))
                except TransportDown as down:
                    ended = down
        return [book.receipts[str(number)] for number in range(5)], ended

    return asyncio.run(main())


def test_of_several_addresses_the_first_that_answers_is_taken(monkeypatch):
    receipts, ended = sent_to_a_name(monkeypatch, (closed_port(),), None)
    assert (outcomes(receipts), ended) == ([ACCEPTED] * 5, None)


def test_dns_that_goes_in_the_middle_leaves_the_rest_for_later(monkeypatch):
    async def gone(self, *question, **options):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    receipts, ended = sent_to_a_name(monkeypatch, (), gone)
    assert outcomes(receipts) == [ACCEPTED] * 2 + [LATER] * 3
    assert {receipt.stage for receipt in receipts[2:]} == {Stage.CONNECT}
    assert ended is not None
    assert ended.stage is Stage.CONNECT
