"""What every transport promises: one list of cases, run by all of them."""

from __future__ import annotations

import mailbox
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from real_smtp import closed_port, real_server

from newsletter.transports.contract import Envelope, Outcome, TransportDown
from newsletter.transports.folder import FolderTransport
from newsletter.transports.memory import MemoryTransport
from newsletter.transports.outgoing import outgoing
from newsletter.transports.smtp.server import Security, Server, Timeouts
from newsletter.transports.smtp.transport import SmtpTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.transports.contract import Transport


@dataclass
class Way:
    """A transport, another that cannot be reached, and what arrived at the far end (line ends LF)."""

    transport: Transport
    down: Transport
    arrived: Callable[[], list[bytes]]


class Sink:
    """A handler of aiosmtpd that keeps every message."""

    def __init__(self):
        self.contents = []

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002, N802 - as aiosmtpd calls it
        self.contents.append(envelope.original_content)
        return "250 2.0.0 kept"


@pytest.fixture(params=["folder", "memory", "smtp"])
def way(request, tmp_path):
    if request.param == "folder":
        (tmp_path / "a file").write_text("")
        box = tmp_path / "some" / "where"
        yield Way(FolderTransport(box), FolderTransport(tmp_path / "a file"), lambda: in_maildir(box))
    elif request.param == "memory":
        memory = MemoryTransport()
        arrived = lambda: [kept.content.replace(b"\r\n", b"\n") for kept in memory.accepted]  # noqa: E731
        yield Way(memory, MemoryTransport(down=True), arrived)
    else:
        sink = Sink()
        with real_server(sink) as port:
            yield Way(
                smtp(port),
                smtp(closed_port()),
                lambda: [kept.replace(b"\r\n", b"\n") for kept in sink.contents],
            )


def smtp(port):
    server = Server("127.0.0.1", port, Security.NONE, None, "localhost", Timeouts.all(5))
    return SmtpTransport(server, connections=3)


def in_maildir(path):
    box = mailbox.Maildir(path, create=False)
    return [box.get_bytes(key) for key in sorted(box.keys())]


def envelope(number, body="Hello.\r\n", sender="bounce@example.org"):
    content = (
        f"From: office@example.org\r\nTo: ada@example.net\r\nDate: Sun, 28 Mar 2027 12:30:00 +0200\r\n"
        f"Message-ID: <{number}@example.org>\r\nSubject: Letter {number}\r\n\r\n{body}"
    )
    return Envelope(sender, "ada@example.net", f"{number}@example.org", content.encode())


def test_an_accepted_message_has_a_receipt_that_names_it(way):
    with way.transport as transport:
        receipt = transport.send(envelope(1))
    assert receipt.outcome is Outcome.ACCEPTED
    assert (receipt.message_id, receipt.recipient) == ("1@example.org", "ada@example.net")
    assert len(way.arrived()) == 1


@pytest.mark.parametrize(
    "body",
    [
        "Hello.\r\n",
        ".\r\n..\r\n.a\r\n\r\n.\r\n",
        "\r\n.\r\nMAIL FROM:<ben@example.com>\r\n",
        "From me to you\r\n",
        "=C3=A9" * 12 + "=\r\n",
        ("x" * 76 + "\r\n") * 3000,
    ],
    ids=["plain", "dots", "smuggling", "from", "quoted-printable", "large"],
)
def test_what_arrives_is_what_was_given(way, body):
    given = envelope(1, body)
    with way.transport as transport:
        assert transport.send(given).outcome is Outcome.ACCEPTED
    assert way.arrived() == [given.content.replace(b"\r\n", b"\n")]


def test_many_messages_go_through_one_opening(way):
    given = [envelope(number) for number in range(20)]
    with way.transport as transport:
        receipts = [transport.send(each) for each in given]
    assert [receipt.message_id for receipt in receipts] == [each.message_id for each in given]
    assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}
    assert sorted(way.arrived()) == sorted(each.content.replace(b"\r\n", b"\n") for each in given)


def test_it_can_be_opened_again_after_it_was_closed(way):
    for number in (1, 2):
        with way.transport as transport:
            transport.send(envelope(number))
    assert len(way.arrived()) == 2


def test_automatic_mail_goes_with_the_null_return_path(way):
    with way.transport as transport:
        assert transport.send(envelope(1, sender="")).outcome is Outcome.ACCEPTED


def test_a_resend_leaves_one_message_where_it_is_said_to_be_harmless(way):
    with way.transport as transport:
        receipts = [transport.send(envelope(1)) for _ in range(2)]
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 2
    assert len(way.arrived()) == (1 if way.transport.resend_is_harmless else 2)


def test_an_error_inside_passes_through_the_closing(way):
    def fails():
        with way.transport as transport:
            transport.send(envelope(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert len(way.arrived()) == 1


def test_what_cannot_be_reached_says_so_and_what_to_do(way):
    with pytest.raises(TransportDown) as caught, way.down:
        pass
    (problem,) = caught.value.problems
    assert problem.what
    assert problem.remedy.endswith(".")


def test_it_has_a_name_of_its_own(way):
    assert way.transport.name in {"folder", "memory", "smtp"}


class Told:
    """A watch that keeps what it is told."""

    def __init__(self):
        self.begun, self.answers = [], []

    def on_wire(self, message):
        self.begun.append(message.tag)

    def answered(self, receipts):
        self.answers += [(message.tag, receipt.outcome) for message, receipt in receipts]

    def halted(self):
        return False


@pytest.mark.parametrize("connections", [None, 1, 3])
def test_many_go_in_one_call_over_as_many_connections_as_allowed(way, connections):
    given = [envelope(number) for number in range(12)]
    told = Told()
    with way.transport as transport:
        messages = [outgoing(each, number) for number, each in enumerate(given)]
        transport.send_many(messages, told, connections=connections)
    assert sorted(told.begun) == list(range(12))
    assert sorted(told.answers) == [(number, Outcome.ACCEPTED) for number in range(12)]
    assert sorted(way.arrived()) == sorted(each.content.replace(b"\r\n", b"\n") for each in given)


def test_a_narrow_call_and_a_wide_one_follow_each_other(way):
    told = Told()
    with way.transport as transport:
        for round_, connections in enumerate((1, None, 2)):
            messages = [outgoing(envelope(number), number) for number in range(10 * round_, 10 * round_ + 10)]
            transport.send_many(messages, told, connections=connections)
    assert sorted(told.answers) == [(number, Outcome.ACCEPTED) for number in range(30)]
    assert len(way.arrived()) == 30


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"a\r\r\n", b"a\n"])
def test_an_envelope_takes_no_line_end_but_crlf(content):
    with pytest.raises(ValueError, match="CRLF"):
        Envelope("", "ada@example.net", "1@example.org", content)


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [("", ""), ("a@example.org\r\nRSET", "ada@example.net"), ("", "ada@example.net\n")],
)
def test_an_envelope_takes_no_address_that_could_break_out(sender, recipient):
    with pytest.raises(ValueError, match="address"):
        Envelope(sender, recipient, "1@example.org", b"a\r\n")
