"""TLS and logins: what goes wrong there ends it before anything was said that matters."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import threading
from contextlib import suppress

import pytest

from newsletter.core.refusal import ConfigurationRefused
from newsletter.transports.contract import Outcome, Stage, TransportDown
from newsletter.transports.outgoing import Outgoing
from newsletter.transports.smtp.login import Login
from newsletter.transports.smtp.opening import Hopeless
from newsletter.transports.smtp.pool import SmtpPool
from newsletter.transports.smtp.server import Security, Server, Timeouts

ADA = Login("ada", "pa55word")
BIG = (b"x" * 70 + b"\r\n") * 3000


class World:
    """A server in a thread; `answers` changes what it says to a verb.

    "deaf" lets it read nothing after DATA, "curt" close after a content without a word. Without a context it says nothing after STARTTLS.
    """

    def __init__(self, context, answers, security):
        self.context, self.answers, self.at_once = context, answers, security is Security.TLS
        self.commands, self.contents = [], []
        self.ended = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.ended.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(5)
        assert not self.thread.is_alive()

    def serve(self):
        while True:
            try:
                link, _ = self.listening.accept()
            except OSError:
                return
            with link:
                link.settimeout(5)
                with suppress(OSError):  # the client went away first
                    self.begin(link)

    def begin(self, link):
        if not self.at_once:
            return self.talk(link, self.answers.get("greeting", "220 mx.example.org"))
        with self.context.wrap_socket(link, server_side=True) as safe:
            return self.talk(safe, "220 mx.example.org")

    def talk(self, link, greeting=""):
        self.say(link, greeting)
        with link.makefile("rb") as lines:
            while line := lines.readline().decode():
                self.commands.append(line.rstrip("\r\n"))
                verb = line.split()[0].upper() if line.strip() else ""
                said = self.answers.get(verb, self.usual(link).get(verb, "250 ok"))
                self.say(link, said)
                if verb == "STARTTLS" and said.startswith("220"):
                    return self.upgrade(link)
                if verb == "DATA" and self.answers.get("deaf"):
                    self.ended.wait(5)
                elif verb == "DATA":
                    self.contents.append(b"".join(iter(lines.readline, b".\r\n")))
                    if self.answers.get("curt"):
                        return None
                    self.say(link, "250 2.0.0 taken")
                if verb == "QUIT":
                    return None
        return None

    def upgrade(self, link):
        if self.context is None:
            return link.recv(1) and link.recv(100_000) and link.recv(1)
        with self.context.wrap_socket(link, server_side=True) as safe:
            return self.talk(safe)

    @staticmethod
    def say(link, said):
        link.sendall(said.encode("latin-1") + b"\r\n" if said else b"")

    @staticmethod
    def usual(link):
        offer = "PIPELINING" if isinstance(link, ssl.SSLSocket) else "STARTTLS"
        hello = f"250-mx.example.org\r\n250-{offer}\r\n250 AUTH PLAIN LOGIN XOAUTH2"
        return {
            "EHLO": hello,
            "STARTTLS": "220 go on",
            "DATA": "354 go on",
            "AUTH": "235 yes",
            "QUIT": "221 bye",
        }


class Book:
    def __init__(self):
        self.receipts = []

    async def before_wire(self, messages):
        pass

    def on_wire(self, message):
        pass

    def answered(self, receipts):
        self.receipts += [receipt for _, receipt in receipts]


def run(
    context,
    trust=None,
    answers=None,
    *,
    host="127.0.0.1",
    security=Security.STARTTLS,
    login=None,
    timeouts=None,
    total=1,
    content=BIG,
):
    """What the server saw of an attempt to send, and how it ended."""

    async def letters():
        yield [
            Outgoing("", "ada@example.net", str(number), (content,), len(content)) for number in range(total)
        ]

    async def main(port):
        options = {"tls": trust} if trust else {}
        server = Server(host, port, security, login, "localhost", timeouts or Timeouts.all(5), **options)
        async with SmtpPool(server, book, connections=1, waits=()) as pool:
            await pool.send_all(letters())

    book, error = Book(), None
    with World(context, answers or {}, security) as world:
        try:
            asyncio.run(main(world.port))
        except TransportDown as down:
            error = down
    return world, book.receipts, error


def verbs(world):
    return [line.partition(" ")[0] for line in world.commands]


def test_inside_starttls_we_greet_again_log_in_and_send(certificate):
    world, receipts, error = run(*certificate, login=ADA, total=3)
    assert error is None
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 3
    assert world.contents == [BIG] * 3
    assert verbs(world)[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_tls_from_the_start_needs_no_starttls(certificate):
    world, receipts, error = run(*certificate, security=Security.TLS, login=ADA, total=2)
    assert error is None
    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 2
    assert verbs(world)[:2] == ["EHLO", "AUTH"]


def test_plain_text_slipped_in_behind_starttls_is_never_heard(certificate):
    injected = "220 go on\r\n250-evil.example.net\r\n250-SIZE 1\r\n250 AUTH PLAIN\r\n235 welcome"
    world, receipts, error = run(*certificate, {"STARTTLS": injected}, login=ADA)
    assert error is None
    assert receipts[0].outcome is Outcome.ACCEPTED
    assert verbs(world)[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_inside_tls_too_a_content_whose_dot_was_not_written_was_not_accepted(certificate):
    cut = {"timeouts": Timeouts(content=0.0002), "content": BIG * 100}
    _, (receipt,), _ = run(*certificate, {"deaf": True}, **cut)
    assert (receipt.outcome, receipt.stage) == (Outcome.LATER, Stage.DATA)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"EHLO": "250-mx.example.org\r\n250 AUTH PLAIN"}, "does not offer STARTTLS"),
        ({"STARTTLS": "454 4.7.0 not available"}, "454"),
        ({"STARTTLS": "502 what"}, "502"),
        ({"STARTTLS": "250 ok"}, "250"),
    ],
)
def test_without_tls_nothing_is_said(certificate, answers, said):
    world, receipts, error = run(*certificate, answers, login=ADA)
    assert (error.stage, receipts) == (Stage.TLS, [])
    assert said in str(error)
    assert set(verbs(world)) <= {"EHLO", "STARTTLS"}


def test_a_certificate_that_nobody_vouches_for_ends_it(certificate):
    world, _, error = run(certificate[0], login=ADA)
    assert (error.stage, type(error)) == (Stage.TLS, Hopeless)
    assert "certificate" in str(error)
    assert verbs(world) == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_that_has_expired_ends_it(expired, security):
    world, receipts, error = run(*expired, security=security, login=ADA)
    assert (error.stage, type(error), receipts) == (Stage.TLS, Hopeless, [])
    assert "expired" in str(error)
    assert "will not go unencrypted" in error.problems[0].remedy
    assert "AUTH" not in verbs(world)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_server_that_can_only_old_tls_gets_nothing(certificate, security):
    _, trusting = certificate
    modern = ssl.create_default_context()
    modern.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(trusting.get_ca_certs(binary_form=True)[0]))
    modern.minimum_version = ssl.TLSVersion.TLSv1_3
    serving = certificate[0]
    serving.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        world, receipts, error = run(serving, modern, security=security, login=ADA)
    finally:
        serving.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    assert (error.stage, receipts) == (Stage.TLS, [])
    assert "AUTH" not in verbs(world)


def test_inside_tls_too_closing_after_the_dot_leaves_it_unsure(certificate):
    world, receipts, _ = run(*certificate, {"curt": True}, content=b"Hello.\r\n")
    assert [(receipt.outcome, receipt.stage) for receipt in receipts] == [(Outcome.UNSURE, Stage.DOT_SENT)]
    assert len(world.contents) == 1


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_for_another_name_ends_it(certificate, security):
    world, _, error = run(*certificate, host="localhost", security=security, login=ADA)
    assert (error.stage, type(error)) == (Stage.TLS, Hopeless)
    assert "certificate is not valid for 'localhost'" in str(error)
    assert "AUTH" not in verbs(world)


def test_a_server_that_answers_tls_with_something_else_ends_it(certificate):
    _, _, error = run(
        None, certificate[1], {"STARTTLS": "220 go on\r\n" + "250 ok\r\n" * 9}, timeouts=Timeouts.all(0.2)
    )
    assert error.stage is Stage.TLS


def test_a_handshake_that_never_ends_is_cut_off(certificate):
    _, _, error = run(None, certificate[1], timeouts=Timeouts.all(0.1))
    assert error.stage is Stage.TLS
    assert "timed out" in str(error)


def test_a_wrong_password_is_told_without_repeating_it(certificate):
    secret = base64.b64encode(b"\0ada\0pa55word").decode()
    for said in ("535 5.7.8 wrong", "535 5.7.8 pa55word is wrong", f"501 cannot read {secret}"):
        _, _, error = run(*certificate, {"AUTH": said}, login=ADA)
        assert (error.stage, type(error)) == (Stage.LOGIN, Hopeless)
        assert said[:3] in str(error)
        assert "pa55word" not in str(error)
        assert secret not in str(error)


def test_a_login_that_fails_for_now_may_be_tried_again(certificate):
    _, _, error = run(*certificate, {"AUTH": "454 4.7.0 try later"}, login=ADA)
    assert (error.stage, type(error)) == (Stage.LOGIN, TransportDown)


def test_login_is_used_where_plain_is_not_offered(certificate):
    answers = {"EHLO": "250-mx\r\n250-STARTTLS\r\n250 AUTH LOGIN", "AUTH": "334 VXNlcm5hbWU6", "YWRH": ""}
    answers |= {base64.b64encode(b"ada").decode().upper(): "334 UGFzc3dvcmQ6"}
    answers |= {base64.b64encode(b"pa55word").decode().upper(): "235 welcome"}
    world, receipts, error = run(*certificate, answers, login=ADA)
    assert error is None
    assert receipts[0].outcome is Outcome.ACCEPTED
    assert "AUTH LOGIN" in world.commands


def test_an_access_token_goes_by_xoauth2(certificate):
    world, receipts, error = run(*certificate, login=Login("ada", access_token="t0ken"))
    assert error is None
    assert receipts[0].outcome is Outcome.ACCEPTED
    (auth,) = (line for line in world.commands if line.startswith("AUTH"))
    assert base64.b64decode(auth.removeprefix("AUTH XOAUTH2 ")) == b"user=ada\1auth=Bearer t0ken\1\1"


def test_a_refused_access_token_is_refused_after_an_empty_answer(certificate):
    answers = {"AUTH": "334 eyJzdGF0dXMiOiI0MDEifQ==", "": "535 5.7.8 expired"}
    world, _, error = run(*certificate, answers, login=Login("ada", access_token="t0ken"))
    assert error.stage is Stage.LOGIN
    assert "expired" in str(error)
    assert world.commands[-1] == ""


def test_a_way_to_log_in_that_is_not_offered_is_not_tried(certificate):
    answers = {"EHLO": "250-mx\r\n250-STARTTLS\r\n250 AUTH GSSAPI"}
    world, _, error = run(*certificate, answers, login=ADA)
    assert (error.stage, "AUTH" in verbs(world)) == (Stage.LOGIN, False)


def test_a_password_never_goes_in_clear():
    with pytest.raises(ConfigurationRefused, match="in clear"):
        Server("127.0.0.1", 25, Security.NONE, ADA)


def test_a_login_does_not_show_its_secrets():
    assert "secret" not in repr(Server("127.0.0.1", 25, login=Login("ada", "secret", "secret")))
