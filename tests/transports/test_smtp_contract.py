"""The client as a transport of the contract, against a real server: plain, with STARTTLS, with a login."""

from __future__ import annotations

import socket

import pytest
from aiosmtpd.smtp import AuthResult
from real_smtp import real_server

from newsletter.transports.contract import Envelope, Outcome, Stage, TransportDown
from newsletter.transports.smtp.login import Login
from newsletter.transports.smtp.server import Security, Server, Timeouts
from newsletter.transports.smtp.transport import SmtpTransport

QUICK = Timeouts.all(5)


class Sink:
    """A handler of aiosmtpd that keeps every message, and refuses Ben."""

    def __init__(self):
        self.contents, self.logins = [], []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: ARG002, N802 - as aiosmtpd calls it
        if address.startswith("ben"):
            return "550 5.1.1 unknown"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002, N802
        self.contents.append(envelope.original_content)
        return "250 2.0.0 kept"

    def authenticate(self, server, session, envelope, mechanism, data):  # noqa: ARG002 - as aiosmtpd calls it
        self.logins.append(mechanism)
        return AuthResult(success=(data.login, data.password) == (b"ada", b"secret"), handled=False)


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def way(sink):
    with real_server(sink) as port:
        yield plain(port)


def plain(port):
    return SmtpTransport(Server("127.0.0.1", port, Security.NONE, None, "localhost", QUICK))


def envelope(number, body="Hello.\r\n", sender="bounce@example.org", recipient="ada@example.net"):
    content = f"From: office@example.org\r\nSubject: Letter {number}\r\n\r\n{body}"
    return Envelope(sender, recipient, f"{number}@example.org", content.encode())


@pytest.mark.parametrize(
    "body",
    [
        "Hello.\r\n",
        ".\r\n..\r\n.a\r\n\r\n.\r\n",
        "\r\n.\r\nMAIL FROM:<ben@example.com>\r\n",
        "=C3=A9" * 12 + "=\r\n",
        ("x" * 76 + "\r\n") * 3000,
    ],
    ids=["plain", "dots", "smuggling", "quoted-printable", "large"],
)
def test_what_arrives_is_what_was_given(way, sink, body):
    given = envelope(1, body)
    with way as transport:
        receipt = transport.send(given)
    assert (receipt.outcome, receipt.message_id, receipt.recipient) == (
        Outcome.ACCEPTED,
        "1@example.org",
        "ada@example.net",
    )
    assert sink.contents == [given.content]


def test_many_messages_go_through_one_opening_and_it_can_be_opened_again(way, sink):
    given = [envelope(number) for number in range(20)]
    for half in (given[:10], given[10:]):
        with way as transport:
            assert {transport.send(each).outcome for each in half} == {Outcome.ACCEPTED}
    assert sink.contents == [each.content for each in given]


def test_a_refused_person_is_refused_and_the_next_is_not(way, sink):
    with way as transport:
        refused = transport.send(envelope(1, recipient="ben@example.com"))
        assert transport.send(envelope(2, sender="")).outcome is Outcome.ACCEPTED
    assert (refused.outcome, refused.stage, refused.code, refused.enhanced) == (
        Outcome.NEVER,
        Stage.RCPT,
        550,
        "5.1.1",
    )
    assert len(sink.contents) == 1


def test_an_error_inside_passes_through_the_closing(way):
    def fails():
        with way as transport:
            transport.send(envelope(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()


def test_what_cannot_be_reached_says_so_and_what_to_do():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TransportDown) as caught, plain(port):
        pass
    assert caught.value.stage is Stage.CONNECT
    assert caught.value.problems[0].remedy.endswith(".")


def test_a_server_that_goes_away_is_down_before_the_next_message(sink):
    with real_server(sink) as port:
        way = plain(port).__enter__()
        assert way.send(envelope(1)).outcome is Outcome.ACCEPTED
    with pytest.raises(TransportDown) as caught:
        way.send(envelope(2))
    assert caught.value.stage is Stage.CONNECT
    way.__exit__(None, None, None)


def test_a_transport_that_is_not_open_sends_nothing(way):
    with pytest.raises(RuntimeError, match="not open"):
        way.send(envelope(1))


@pytest.mark.parametrize(("excluded", "mechanism"), [(["LOGIN"], "PLAIN"), (["PLAIN"], "LOGIN")])
def test_starttls_and_a_login_against_a_real_server(sink, certificate, excluded, mechanism):
    serving, trusting = certificate
    options = {
        "tls_context": serving,
        "require_starttls": True,
        "authenticator": sink.authenticate,
        "auth_required": True,
    }
    with real_server(sink, auth_exclude_mechanism=excluded, **options) as port:
        server = Server(
            "127.0.0.1", port, Security.STARTTLS, Login("ada", "secret"), "localhost", QUICK, trusting
        )
        with SmtpTransport(server) as transport:
            assert transport.send(envelope(1, ("x" * 76 + "\r\n") * 3000)).outcome is Outcome.ACCEPTED
        wrong = Server(
            "127.0.0.1", port, Security.STARTTLS, Login("ada", "wrong"), "localhost", QUICK, trusting
        )
        with pytest.raises(TransportDown) as caught, SmtpTransport(wrong):
            pass
    assert caught.value.stage is Stage.LOGIN
    assert "535" in str(caught.value)
    assert sink.logins == [mechanism, mechanism]
    assert len(sink.contents) == 1
