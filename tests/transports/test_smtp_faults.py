"""The client on real sockets against a server that does as the script says: the bad days."""

from __future__ import annotations

import asyncio
import socket

import pytest
from scripted_smtp import DROP, QUICK, Book, batches, outcomes, run, serving

from newsletter.transports.contract import Outcome, Stage, TransportDown
from newsletter.transports.smtp.pool import SmtpPool
from newsletter.transports.smtp.server import Security, Server, Timeouts

ACCEPTED, LATER, NEVER, UNSURE = Outcome.ACCEPTED, Outcome.LATER, Outcome.NEVER, Outcome.UNSURE


def test_messages_are_pipelined_across_and_the_connection_is_closed_politely():
    receipts, world, book = run(total=25)
    assert outcomes(receipts) == [ACCEPTED] * 25
    assert (world.connections, len(world.contents), len(book.wire)) == (1, 25, 25)
    assert world.commands[-1] == "QUIT"


def test_a_server_that_loses_what_was_sent_ahead_is_served_one_command_at_a_time():
    receipts, world, _ = run({"forgets": True}, total=5)
    assert outcomes(receipts) == [ACCEPTED] * 5
    assert len(world.contents) == 5
    assert world.connections == 2


def test_a_server_that_loses_only_what_follows_a_dot_loses_no_message():
    class Forgetful(dict):
        """Forgets after a content, not after a command."""

        def get(self, key, default=None):
            return self.world.contents and not self.world.connections > 1 if key == "forgets" else default

    async def main():
        book, script = Book(), Forgetful()
        async with serving() as world:
            script.world, world.scripts[0] = world, script
            server = Server("127.0.0.1", world.port, Security.NONE, None, "localhost", QUICK)
            async with SmtpPool(server, book, connections=1, waits=()) as pool:
                await pool.send_all(batches(4))
        return outcomes(book.receipts.values()), world

    receipts, world = asyncio.run(main())
    assert receipts == [ACCEPTED] * 4
    assert (world.connections, len(world.contents)) == (2, 4)


def test_a_server_that_scolds_pipelining_is_served_one_command_at_a_time():
    receipts, world, _ = run({"RCPT": "503 5.5.0 improper use of pipelining"}, {}, total=3)
    assert outcomes(receipts) == [ACCEPTED] * 3
    assert world.connections == 2


@pytest.mark.parametrize(
    "reply",
    ["garbage", b"\xff\xfe\x00", "250-" + "x" * 70_000, b"y" * 8_000_000],
    ids=["words", "octets", "long", "8 MB"],
)
@pytest.mark.parametrize(
    ("verb", "outcome", "stage"),
    [("RCPT", LATER, Stage.RCPT), (".", UNSURE, Stage.DOT_SENT), ("MAIL", LATER, Stage.MAIL)],
)
def test_garbage_ends_the_connection_and_the_next_is_fine(reply, verb, outcome, stage):
    lockstep = {"EHLO": "250 mx.example.org"}
    receipts, world, _ = run({**lockstep, verb: reply}, lockstep, total=3)
    assert outcomes(receipts) == [outcome, ACCEPTED, ACCEPTED]
    assert (receipts[0].stage, receipts[0].code, world.connections) == (stage, None, 2)


@pytest.mark.parametrize(
    ("verb", "outcome", "stage"),
    [("MAIL", LATER, Stage.MAIL), ("DATA", LATER, Stage.DATA), (".", UNSURE, Stage.DOT_SENT)],
)
def test_silence_is_cut_off_at_its_stage(verb, outcome, stage):
    lockstep = {"EHLO": "250 mx.example.org"}
    receipts, _, _ = run({**lockstep, verb: ""}, lockstep, total=2)
    assert outcomes(receipts) == [outcome, ACCEPTED]
    assert receipts[0].stage is stage
    assert "timed out" in receipts[0].text


def test_a_reply_that_never_ends_is_cut_off_however_often_an_octet_comes():
    lockstep = {"EHLO": "250 mx.example.org"}
    receipts, world, _ = run({**lockstep, "drips": "MAIL"}, lockstep, total=2)
    assert outcomes(receipts) == [LATER, ACCEPTED]
    assert world.dripped > 3


def test_a_server_that_does_not_read_is_cut_off_before_the_dot():
    deaf = {"EHLO": "250 mx.example.org", "deaf": True}
    receipts, _, _ = run(deaf, timeouts=Timeouts(content=0.0002), size=30_000_000)
    assert (receipts[0].outcome, receipts[0].stage) == (LATER, Stage.DATA)


def test_closing_after_the_dot_leaves_one_unsure_and_the_rest_goes_through():
    receipts, world, _ = run({".": ["250 taken", DROP]}, {}, total=6)
    assert outcomes(receipts) == [ACCEPTED, UNSURE, ACCEPTED, ACCEPTED, ACCEPTED, ACCEPTED]
    assert len(world.contents) == 6


def test_closing_in_the_middle_of_a_content_that_was_all_written_leaves_it_unsure():
    receipts, _, _ = run({"content": DROP}, {}, total=2)
    assert outcomes(receipts) == [UNSURE, ACCEPTED]


@pytest.mark.parametrize("size", [40, 3_000_000])
def test_an_answer_in_the_middle_of_a_content_is_its_answer(size):
    hello = {"EHLO": "250-mx.example.org\r\n250 PIPELINING"}
    receipts, _, _ = run(
        {**hello, "content": "552 5.3.4 too big"}, hello, total=2, size=size, timeouts=Timeouts.all(5)
    )
    assert (receipts[0].outcome, receipts[0].code) == (NEVER, 552)
    assert receipts[1].outcome is ACCEPTED


def test_some_of_a_pipelined_run_are_refused_and_no_other_suffers():
    refusals = ["250 ok", "550 5.1.1 unknown", "250 ok", "450 4.2.0 greylisted", "250 ok"]
    receipts, world, _ = run({"RCPT": refusals}, total=6)
    assert outcomes(receipts) == [ACCEPTED, NEVER, ACCEPTED, LATER, ACCEPTED, ACCEPTED]
    assert (receipts[1].enhanced, receipts[1].stage) == ("5.1.1", Stage.RCPT)
    # This server says 354 all the same: it is given a lone dot.
    assert sum(len(content) <= 2 for content in world.contents) == 2
    assert world.connections == 1


@pytest.mark.parametrize(
    ("script", "first"),
    [
        ({".": ["250 a", "250 b", "421 4.3.2 closing"]}, (LATER, Stage.DOT_SENT, 421)),
        ({"RCPT": ["250 a", "250 b", "421 4.7.0 closing"]}, (LATER, Stage.RCPT, 421)),
        ({"MAIL": ["250 a", "250 b", "421 4.7.0 closing"]}, (ACCEPTED, Stage.DOT_SENT, 250)),
    ],
    ids=["dot", "rcpt", "mail"],
)
def test_a_421_in_the_middle_costs_at_most_the_message_it_answers(script, first):
    receipts, world, book = run(script, {}, total=8)
    assert (receipts[2].outcome, receipts[2].stage, receipts[2].code) == first
    assert outcomes(receipts[:2] + receipts[3:]) == [ACCEPTED] * 7
    assert list(book.receipts) == [str(number) for number in range(8)]
    assert world.connections == 2


def test_a_connection_that_gets_nowhere_is_replaced_after_growing_waits():
    receipts, world, _ = run({"MAIL": DROP}, {"MAIL": DROP}, {}, total=4, waits=(0.01, 0.02))
    assert outcomes(receipts) == [LATER, LATER, ACCEPTED, ACCEPTED]
    assert world.connections == 3


@pytest.mark.parametrize(
    ("script", "stage"),
    [
        ({"greeting": "554 go away"}, Stage.GREETING),
        ({"greeting": "421 too many connections"}, Stage.GREETING),
        ({"greeting": DROP}, Stage.GREETING),
        ({"greeting": ""}, Stage.GREETING),
        ({"greeting": "HTTP/1.1 400 Bad Request"}, Stage.GREETING),
        ({"greeting": b"220-" + b"x" * 8_000_000}, Stage.GREETING),
        ({"EHLO": "550 no", "HELO": "550 no"}, Stage.GREETING),
        ({"EHLO": "421 no"}, Stage.GREETING),
        ({"EHLO": DROP}, Stage.GREETING),
    ],
    ids=repr,
)
def test_a_server_that_will_not_talk_is_down(script, stage):
    with pytest.raises(TransportDown) as caught:
        run(script)
    assert caught.value.stage is stage
    assert "127.0.0.1:" in caught.value.problems[0].what


def test_an_old_server_that_knows_only_helo_takes_mail():
    receipts, world, _ = run({"EHLO": "502 what"}, total=2)
    assert outcomes(receipts) == [ACCEPTED, ACCEPTED]
    assert world.commands[1] == "HELO localhost"


def test_dns_that_is_gone_is_told(monkeypatch):
    async def gone(self, *question, **options):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", gone)

    async def main():
        async with SmtpPool(Server("mx.example.org", 25, Security.NONE)):
            pass

    with pytest.raises(TransportDown, match="name resolution") as caught:
        asyncio.run(main())
    assert caught.value.stage is Stage.CONNECT
