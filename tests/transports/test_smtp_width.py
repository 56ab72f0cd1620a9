"""How many connections a call may use: fewer for one call, and all of them again for the next."""

from __future__ import annotations

import pytest
from real_smtp import real_server

from newsletter.transports.contract import Outcome
from newsletter.transports.outgoing import Outgoing
from newsletter.transports.smtp.server import Security, Server, Timeouts
from newsletter.transports.smtp.transport import SmtpTransport

MOST = 3


class Meter:
    """A handler of aiosmtpd that knows over which connections the messages of a call came."""

    def __init__(self):
        self.peers = set()

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002, N802 - as aiosmtpd calls it
        self.peers.add(session.peer)
        return "250 2.0.0 kept"

    def used(self):
        used, self.peers = self.peers, set()
        return used


class Tally:
    def __init__(self):
        self.outcomes = []

    def on_wire(self, message):
        pass

    def answered(self, receipts):
        self.outcomes += [receipt.outcome for _, receipt in receipts]

    def halted(self):
        return False


def letters(total):
    return [
        Outgoing("b@example.org", f"ada{number}@example.net", str(number), (b"Hello.\r\n",), 8)
        for number in range(total)
    ]


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def way(meter):
    with real_server(meter) as port:
        server = Server("127.0.0.1", port, Security.NONE, None, "localhost", Timeouts.all(5))
        with SmtpTransport(server, connections=MOST) as transport:
            yield transport


def widths(way, meter, *asked):
    """How many connections each call made use of."""
    used = []
    for connections in asked:
        tally = Tally()
        way.send_many(letters(120), tally, connections=connections)
        assert tally.outcomes == [Outcome.ACCEPTED] * 120
        used.append(meter.used())
    return used


def test_one_call_can_be_made_narrower_and_the_next_has_them_all_again(way, meter):
    everything, one, two, again = widths(way, meter, None, 1, 2, None)
    assert [len(everything), len(one), len(two), len(again)] == [MOST, 1, 2, MOST]
    assert one < two  # the one that stayed open is used on


def test_never_more_than_the_transport_was_made_with(way, meter):
    (used,) = widths(way, meter, 50)
    assert len(used) == MOST


def test_the_first_call_can_be_narrow(way, meter):
    one, everything = widths(way, meter, 1, None)
    assert (len(one), len(everything)) == (1, MOST)


def test_a_connection_that_comes_too_late_for_a_narrower_call_is_not_used(way, meter):
    # The calls are so short that others are still being opened when the next one begins.
    for _ in range(10):
        way.send_many(letters(3), Tally())
        meter.used()
        way.send_many(letters(60), Tally(), connections=1)
        assert len(meter.used()) == 1


def test_a_server_that_allows_fewer_is_not_asked_for_more_with_every_call():
    meter = Meter()
    with real_server(meter) as port:
        server = Server("127.0.0.1", port, Security.NONE, None, "localhost", Timeouts.all(5))
        with SmtpTransport(server, connections=MOST) as transport:
            widths(transport, meter, None)
            assert transport._pool is not None  # noqa: SLF001 - what it was told cannot be seen from outside
            transport._pool.resize(1)  # noqa: SLF001 - as if the server had refused the others
            assert [len(used) for used in widths(transport, meter, None, None)] == [1, 1]
