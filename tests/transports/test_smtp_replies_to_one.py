"""SMTP against a server that does as the script says: what each failure is called, and at which stage."""

from __future__ import annotations

import socket
import threading

import pytest

from newsletter.core.refusal import ConfigurationRefused
from newsletter.transports.contract import Envelope, Outcome, Stage, TransportDown
from newsletter.transports.smtp.login import Login
from newsletter.transports.smtp.server import Security, Server, Timeouts
from newsletter.transports.smtp.transport import SmtpTransport

DROP = "drop"
HELLO = "250-mx.example.org\r\n250 SIZE 1000000"


class ScriptedServer:
    """Answers each verb as told, else 250 (354 for DATA); one script a connection, the last for all that follow.

    "greeting" and "." (the end of the content) are verbs too, "content" can only be dropped. Keeps commands and contents.
    """

    def __init__(self, *scripts, tls=None):
        self.scripts = list(scripts) or [{}]
        self.tls = tls
        self.commands = []
        self.contents = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _serve(self):
        while True:
            try:
                link, _ = self._listening.accept()
            except OSError:
                return
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            link.settimeout(5)
            try:
                self._talk(link, script)
            except OSError:
                pass  # the client went away first
            finally:
                link.close()

    def _talk(self, link, script):
        said = self._say(link, script.get("greeting", "220 mx.example.org"))
        with link.makefile("rb") as lines:
            while said and (line := lines.readline()):
                self.commands.append(line.decode().rstrip("\r\n"))
                verb = line.split()[0].upper().decode()
                said = self._say(
                    link, script.get(verb, {"EHLO": HELLO, "DATA": "354 go on"}.get(verb, "250 2.0.0 ok"))
                )
                if verb == "STARTTLS" and said:
                    with self.tls.wrap_socket(link, server_side=True) as safe:
                        return self._talk(safe, {"greeting": "", **script})
                if verb == "QUIT":
                    return None
                if verb == "DATA" and script.get(verb, "354").startswith("354"):
                    said = self._take(link, lines, script)
        return None

    def _take(self, link, lines, script):
        if script.get("content") == DROP:
            lines.readline()
            return False
        content = b"".join(iter(lines.readline, b".\r\n"))
        self.contents.append(content.replace(b"\r\n..", b"\r\n."))
        return self._say(link, script.get(".", "250 2.0.0 taken"))

    @staticmethod
    def _say(link, reply):
        if reply != DROP and reply:
            link.sendall(reply.encode("latin-1") + b"\r\n")
        return reply != DROP


def transport(port, *, timeout=5, starttls=False, username="", password="", tls=None):
    security = Security.STARTTLS if starttls else Security.NONE
    login = Login(username, password) if username else None
    trust = {} if tls is None else {"tls": tls}
    return SmtpTransport(
        Server("127.0.0.1", port, security, login, "localhost", Timeouts.all(timeout), **trust)
    )


def envelope(
    recipient="ada@example.net", sender="bounce@example.org", content=b"Subject: Hello\r\n\r\n.\r\nHello.\r\n"
):
    return Envelope(sender, recipient, "1@example.org", content)


def answer(script, sent=None):
    """The receipt for one message, with the server that heard it."""
    with ScriptedServer(script) as server, transport(server.port) as way:
        return way.send(sent or envelope()), server


@pytest.mark.parametrize(
    ("script", "outcome", "stage", "code", "enhanced"),
    [
        ({}, Outcome.ACCEPTED, Stage.DOT_SENT, 250, "2.0.0"),
        ({"MAIL": "451 4.3.0 not now"}, Outcome.LATER, Stage.MAIL, 451, "4.3.0"),
        ({"MAIL": "550 5.7.1 not you"}, Outcome.NEVER, Stage.MAIL, 550, "5.7.1"),
        ({"RCPT": "550 5.1.1 unknown"}, Outcome.NEVER, Stage.RCPT, 550, "5.1.1"),
        ({"RCPT": "550 unknown"}, Outcome.NEVER, Stage.RCPT, 550, ""),
        ({"RCPT": "550-5.1.1 unknown\r\n550 5.1.1 really"}, Outcome.NEVER, Stage.RCPT, 550, "5.1.1"),
        ({"RCPT": "450 4.2.0 greylisted"}, Outcome.LATER, Stage.RCPT, 450, "4.2.0"),
        ({"RCPT": "421 4.7.28 slow down"}, Outcome.LATER, Stage.RCPT, 421, "4.7.28"),
        ({"RCPT": "251 will forward"}, Outcome.ACCEPTED, Stage.DOT_SENT, 250, "2.0.0"),
        ({"RCPT": DROP}, Outcome.LATER, Stage.RCPT, None, ""),
        ({"RCPT": "no code at all"}, Outcome.LATER, Stage.RCPT, None, ""),
        ({"RCPT": "550 " + "x" * 9000}, Outcome.NEVER, Stage.RCPT, 550, ""),
        ({"RCPT": "550 " + "x" * 900_000}, Outcome.LATER, Stage.RCPT, None, ""),
        ({"DATA": "452 4.3.1 disk full"}, Outcome.LATER, Stage.DATA, 452, "4.3.1"),
        ({"DATA": "554 5.5.1 no valid recipients"}, Outcome.NEVER, Stage.DATA, 554, "5.5.1"),
        ({"DATA": "250 what"}, Outcome.LATER, Stage.DATA, 250, ""),
        ({"DATA": DROP}, Outcome.LATER, Stage.DATA, None, ""),
        ({"content": DROP}, Outcome.UNSURE, Stage.DOT_SENT, None, ""),
        ({".": DROP}, Outcome.UNSURE, Stage.DOT_SENT, None, ""),
        ({".": "what was that"}, Outcome.UNSURE, Stage.DOT_SENT, None, ""),
        ({".": "354 go on"}, Outcome.UNSURE, Stage.DOT_SENT, 354, ""),
        ({".": "451 4.7.1 later"}, Outcome.LATER, Stage.DOT_SENT, 451, "4.7.1"),
        ({".": "421 4.3.2 closing"}, Outcome.LATER, Stage.DOT_SENT, 421, "4.3.2"),
        ({".": "554 5.7.1 spam"}, Outcome.NEVER, Stage.DOT_SENT, 554, "5.7.1"),
    ],
)
def test_every_answer_has_its_name_and_stage(script, outcome, stage, code, enhanced):
    receipt, _ = answer(script)
    assert (receipt.outcome, receipt.stage, receipt.code, receipt.enhanced) == (
        outcome,
        stage,
        code,
        enhanced,
    )
    assert receipt.text.isprintable()
    assert len(receipt.text) <= 500


@pytest.mark.parametrize(
    "script",
    [
        {"RCPT": "550 5.1.1 unknown"},
        {"MAIL": "451 later"},
        {"DATA": "451 later"},
        {".": "554 spam"},
        {"RCPT": "421 closing"},
        {"RCPT": DROP},
        {".": DROP},
        {"RCPT": "550 unknown", "RSET": DROP},
        {"RCPT": "550 unknown", "RSET": "421 closing"},
        {"RCPT": "nonsense"},
    ],
    ids=str,
)
def test_after_any_failure_the_next_message_goes_through(script):
    with ScriptedServer(script, {}) as server, transport(server.port) as way:
        assert way.send(envelope()).outcome is not Outcome.ACCEPTED
        server.scripts[0].clear()
        assert way.send(envelope("ben@example.com")).outcome is Outcome.ACCEPTED
    assert [line for line in server.commands if line.startswith("RCPT")][-1] == "RCPT TO:<ben@example.com>"


@pytest.mark.parametrize("script", [{"RCPT": "550 5.1.1 unknown"}, {"DATA": "451 later"}], ids=str)
def test_a_refused_transaction_is_reset_or_the_connection_renewed_before_the_next(script):
    with ScriptedServer(script) as server, transport(server.port) as way:
        way.send(envelope())
        server.scripts[0].clear()
        way.send(envelope())
    verbs = [line.split()[0] for line in server.commands]
    last_mail = len(verbs) - 1 - verbs[::-1].index("MAIL")
    assert verbs[last_mail - 1] in {"RSET", "EHLO"}


@pytest.mark.parametrize("tired", [DROP, "421 4.4.2 idle for too long"])
def test_a_connection_that_the_server_closed_between_messages_is_opened_again(tired):
    with ScriptedServer({}, {}) as server, transport(server.port) as way:
        way.send(envelope())
        server.scripts[0]["MAIL"] = tired
        assert way.send(envelope()).outcome is Outcome.ACCEPTED
    assert (server.connections, len(server.contents)) == (2, 2)


def test_a_server_that_always_drops_at_mail_is_not_asked_for_ever():
    with ScriptedServer({"MAIL": DROP}) as server, transport(server.port) as way:
        receipt = way.send(envelope())
    assert (receipt.outcome, receipt.stage) == (Outcome.LATER, Stage.MAIL)
    assert server.connections <= 2


def test_a_message_that_may_have_been_taken_is_not_sent_again():
    receipt, server = answer({".": DROP})
    assert receipt.outcome is Outcome.UNSURE
    assert (server.connections, len(server.contents)) == (1, 1)


def test_a_server_that_says_nothing_after_the_dot_leaves_it_unsure():
    with ScriptedServer({".": ""}) as server, transport(server.port, timeout=0.2) as way:
        receipt = way.send(envelope())
    assert (receipt.outcome, receipt.stage) == (Outcome.UNSURE, Stage.DOT_SENT)
    assert "timed out" in receipt.text


def test_one_connection_serves_many_messages_and_is_closed_politely():
    with ScriptedServer() as server:
        with transport(server.port) as way:
            for _ in range(5):
                way.send(envelope())
        assert server.connections == 1
    assert server.commands[-1] == "QUIT"
    assert server.commands[0].lower() == "ehlo localhost"


def test_the_content_arrives_with_its_dots_and_its_size_is_told():
    sent = envelope(content=b".first\r\n\r\n.\r\n..\r\nlast without an end")
    _, server = answer({}, sent)
    assert server.contents == [b"..first\r\n\r\n.\r\n..\r\nlast without an end\r\n"]
    assert f"MAIL FROM:<bounce@example.org> SIZE={len(sent.content)}" in server.commands


@pytest.mark.parametrize(
    "recipient", ['"ada lovelace"@example.org', '"a,b"@example.org', "o'neil+x@example.org"]
)
def test_an_address_goes_into_its_command_as_it_is(recipient):
    _, server = answer({}, envelope(recipient))
    assert f"RCPT TO:<{recipient}>" in server.commands


def test_an_address_outside_ascii_needs_smtputf8_and_others_proceed():
    with ScriptedServer() as server, transport(server.port) as way:
        receipt = way.send(envelope("zoé@example.org"))
        assert way.send(envelope()).outcome is Outcome.ACCEPTED
    assert (receipt.outcome, receipt.code, receipt.enhanced) == (Outcome.NEVER, None, "5.6.7")
    assert not any("zo" in line for line in server.commands)


@pytest.mark.parametrize(
    "sent", [envelope("zoé@example.org"), envelope(content="To: zoé@example.org\r\n\r\nHello.\r\n".encode())]
)
def test_an_address_outside_ascii_goes_where_smtputf8_is_offered(sent):
    receipt, server = answer({"EHLO": "250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8"}, sent)
    assert receipt.outcome is Outcome.ACCEPTED
    assert "MAIL FROM:<bounce@example.org> BODY=8BITMIME SMTPUTF8" in server.commands
    assert f"RCPT TO:<{sent.recipient}>" in server.commands


def test_an_answer_in_another_character_set_can_be_read():
    receipt, _ = answer({"RCPT": "550 5.1.1 bo\u00eete \u00e0 lettres inconnue\x07"})
    assert receipt.text == "5.1.1 boîte à lettres inconnue"


@pytest.mark.parametrize(
    ("script", "stage"),
    [
        ({"greeting": "554 go away"}, Stage.GREETING),
        ({"greeting": "421 too many connections"}, Stage.GREETING),
        ({"greeting": DROP}, Stage.GREETING),
        ({"EHLO": "550 no", "HELO": "550 no"}, Stage.GREETING),
        ({"EHLO": DROP}, Stage.GREETING),
    ],
)
def test_a_server_that_will_not_talk_is_down_and_no_message_is_blamed(script, stage):
    with ScriptedServer(script) as server, pytest.raises(TransportDown) as caught, transport(server.port):
        pass
    assert caught.value.stage is stage
    assert f"127.0.0.1:{server.port}" in caught.value.problems[0].what


def test_an_old_server_that_knows_only_helo_takes_mail():
    receipt, server = answer({"EHLO": "502 what"})
    assert receipt.outcome is Outcome.ACCEPTED
    assert "MAIL FROM:<bounce@example.org>" in server.commands


def test_a_server_that_goes_away_for_good_is_down_before_the_next_message():
    with ScriptedServer({".": DROP}) as server:
        way = transport(server.port).__enter__()
        assert way.send(envelope()).outcome is Outcome.UNSURE
    with pytest.raises(TransportDown) as caught:
        way.send(envelope())
    assert caught.value.stage is Stage.CONNECT
    way.__exit__(None, None, None)


def test_a_password_never_goes_in_clear():
    with pytest.raises(ConfigurationRefused, match="in clear"):
        transport(587, username="ada", password="secret")


def test_without_an_offer_of_tls_nothing_is_sent():
    with (
        ScriptedServer() as server,
        pytest.raises(TransportDown) as caught,
        transport(server.port, starttls=True, username="ada", password="secret"),
    ):
        pass
    assert caught.value.stage is Stage.TLS
    assert [line.split()[0].upper() for line in server.commands] == ["EHLO"]


OFFERS_TLS = {
    "STARTTLS": "220 2.0.0 go on",
    "EHLO": "250-mx.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN",
    "AUTH": "235 2.7.0 welcome",
}


def test_inside_tls_we_greet_again_log_in_and_send(certificate):
    serving, trusting = certificate
    with (
        ScriptedServer(OFFERS_TLS, tls=serving) as server,
        transport(server.port, starttls=True, tls=trusting, username="ada", password="secret") as way,
    ):
        assert way.send(envelope()).outcome is Outcome.ACCEPTED
    verbs = [line.split()[0].upper() for line in server.commands]
    assert verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


def test_a_certificate_that_is_not_trusted_ends_it(certificate):
    with (
        ScriptedServer(OFFERS_TLS, tls=certificate[0]) as server,
        pytest.raises(TransportDown) as caught,
        transport(server.port, starttls=True, username="ada", password="secret"),
    ):
        pass
    assert caught.value.stage is Stage.TLS
    assert "certificate" in caught.value.problems[0].what


def test_a_wrong_password_is_told_without_repeating_it(certificate):
    serving, trusting = certificate
    with (
        ScriptedServer({**OFFERS_TLS, "AUTH": "535 5.7.8 wrong"}, tls=serving) as server,
        pytest.raises(TransportDown) as caught,
        transport(server.port, starttls=True, tls=trusting, username="ada", password="pa55word"),
    ):
        pass
    assert caught.value.stage is Stage.LOGIN
    assert "pa55word" not in str(caught.value)
    assert "535" in str(caught.value) or "wrong" in str(caught.value)
