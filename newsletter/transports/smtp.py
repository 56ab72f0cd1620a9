"""SMTP (RFC 5321) to one server, one message at a time, on the standard library's connection.

`smtplib.SMTP.sendmail` raises the same error whether the link drops before or after the final dot. Here each command is
given by itself, so that "not sent" and "maybe sent" are told apart.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Self

from newsletter.core.refusal import ConfigurationRefused, Problem
from newsletter.transports.contract import Envelope, Outcome, Receipt, Stage, TransportDown

if TYPE_CHECKING:
    from types import TracebackType

_GO_AHEAD = 354
_CLOSING = 421
_SHOWN = 500  # characters of an answer that are kept
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\S)")


class _Reply(NamedTuple):
    """A reply, or None for its code when the link broke (or spoke no SMTP) instead."""

    stage: Stage
    code: int | None
    text: str

    @property
    def good(self) -> bool:
        if self.stage is Stage.DATA:
            return self.code == _GO_AHEAD
        return self.code is not None and self.code // 100 == 2  # noqa: PLR2004 - the class of success

    @property
    def outcome(self) -> Outcome:
        """By the first digit (RFC 5321 section 4.2.1); silence is unsure once the content was on the wire."""
        if self.good:
            return Outcome.ACCEPTED
        answered = {4: Outcome.LATER, 5: Outcome.NEVER}.get((self.code or 0) // 100)
        return answered or (Outcome.UNSURE if self.stage is Stage.DOT_SENT else Outcome.LATER)


# Answers that one message may wait for: greeting, EHLO, STARTTLS, EHLO, two of a login, MAIL, RCPT, DATA, the dot, RSET.
ANSWERS = 11


class SmtpTransport:
    """A server that takes mail for anybody, such as the office's own or a provider's relay.

    Args:
        host: its name; with `starttls` the certificate must be for it.
        port: 587 for submission, 25 between servers.
        timeout: seconds to wait for any one answer. RFC 5321 section 4.5.3.2.6 asks for ten minutes after the dot.
        starttls: demand TLS; a server that does not offer it gets nothing.
        username: with `password`, for a login; only ever sent inside TLS.
        greeting_name: how to introduce ourselves, "" for this machine's own name.
        tls: for tests; the default checks certificates against the system's authorities.

    Raises:
        ConfigurationRefused: a username without TLS.
    """

    name = "smtp"
    resend_is_harmless = False

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout: float = 600.0,
        starttls: bool = True,
        username: str = "",
        password: str = "",
        greeting_name: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if username and not starttls:
            what = "A username and password would go over the network in clear."
            raise ConfigurationRefused(Problem(what, "Turn starttls on, or leave the username out."))
        self._where = (host, port)
        self._timeout = timeout
        self.patience = timedelta(seconds=timeout * ANSWERS)
        self._starttls = starttls
        self._login = (username, password)
        self._greeting_name = greeting_name or None
        self._tls = tls
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.docmd("QUIT")
        self._drop()

    def send(self, envelope: Envelope) -> Receipt:
        """Hand over one message; a kept connection that the server has closed meanwhile is opened again, once."""
        for fresh in (self._connection is None, True):
            connection = self._connection or self._connect()
            if _beyond_ascii(envelope) and not connection.has_extn("smtputf8"):
                return _unsupported(envelope)
            reply = self._converse(connection, envelope)
            # At MAIL nothing was handed over, and a server that has grown tired of waiting says so there.
            if fresh or reply.stage is not Stage.MAIL or reply.code not in {None, _CLOSING}:
                break
        return _receipt(envelope, reply)

    def _converse(self, connection: smtplib.SMTP, envelope: Envelope) -> _Reply:
        """Command by command until one is refused; leaves the connection ready for the next message, or dropped."""
        reply = _mail(connection, envelope)
        if reply.good:
            reply = _ask(connection, Stage.RCPT, f"RCPT TO:<{envelope.recipient}>")
        if reply.good:
            reply = _ask(connection, Stage.DATA, "DATA")
        if reply.good:
            reply = _give(connection, envelope.content)
        broken = reply.code is None or reply.code == _CLOSING or reply.code // 100 not in {2, 4, 5}
        # Only a refusal leaves a transaction open; any failure of RSET, too, ends the connection.
        if broken or not (
            reply.good or reply.stage is Stage.DOT_SENT or _ask(connection, Stage.MAIL, "RSET").good
        ):
            self._drop()
        return reply

    def _connect(self) -> smtplib.SMTP:
        self._drop()
        stage = Stage.CONNECT
        try:
            self._connection = connection = smtplib.SMTP(
                *self._where, local_hostname=self._greeting_name, timeout=self._timeout
            )
            stage = Stage.GREETING
            connection.ehlo_or_helo_if_needed()
            if self._starttls:
                stage = Stage.TLS
                connection.starttls(context=self._tls or ssl.create_default_context())
                connection.ehlo()  # what was said before TLS was anybody's word
            if self._login[0]:
                stage = Stage.LOGIN
                connection.login(*self._login)
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            self._drop()
            raise self._down(stage, error) from error
        return connection

    def _down(self, stage: Stage, error: Exception) -> TransportDown:
        host, port = self._where
        if stage is Stage.CONNECT and isinstance(error, smtplib.SMTPException):
            # The link was there: smtplib's own errors are about what was said on it.
            stage = Stage.GREETING
        answer = error.smtp_error if isinstance(error, smtplib.SMTPResponseException) else str(error)
        said = _legible(answer) or type(error).__name__
        what = f"The mail server {host}:{port} cannot be used, at {stage}: {said}."
        remedies = {
            Stage.TLS: "Check that it offers STARTTLS, and its certificate; the mail will not go unencrypted.",
            Stage.LOGIN: "Check the username and the password.",
        }
        remedy = remedies.get(stage, "Check the host, the port and whether it is running.")
        return TransportDown(Problem(what, remedy), stage=stage)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _beyond_ascii(envelope: Envelope) -> bool:
    """Whether an address or a header needs SMTPUTF8 (RFC 6531)."""
    header = envelope.content.partition(b"\r\n\r\n")[0]
    return not (envelope.sender.isascii() and envelope.recipient.isascii() and header.isascii())


def _unsupported(envelope: Envelope) -> Receipt:
    """Such an address is never mangled to fit (RFC 6531 section 3.2); the server was not asked."""
    text = "The mail server takes no addresses with letters outside ASCII (SMTPUTF8)"
    return Receipt(envelope.message_id, envelope.recipient, Outcome.NEVER, Stage.MAIL, None, "5.6.7", text)


def _mail(connection: smtplib.SMTP, envelope: Envelope) -> _Reply:
    command = f"MAIL FROM:<{envelope.sender}>"
    if connection.has_extn("size"):
        command += f" SIZE={len(envelope.content)}"
    if _beyond_ascii(envelope):
        command += " BODY=8BITMIME SMTPUTF8"
    return _ask(connection, Stage.MAIL, command)


def _ask(connection: smtplib.SMTP, stage: Stage, command: str) -> _Reply:
    connection.command_encoding = "utf-8"
    try:
        return _reply(stage, *connection.docmd(command))
    except (OSError, smtplib.SMTPException) as error:
        return _Reply(stage, None, _legible(str(error)))


def _give(connection: smtplib.SMTP, content: bytes) -> _Reply:
    """The content with its dots doubled (RFC 5321 section 4.5.2), and the dot that ends it."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    stuffed = (b"\r\n" + ended).replace(b"\r\n.", b"\r\n..")[2:]
    try:
        connection.send(stuffed + b".\r\n")
        return _reply(Stage.DOT_SENT, *connection.getreply())
    except (OSError, smtplib.SMTPException) as error:
        # Even when writing failed, the last octets may have arrived: only an answer makes it sure.
        return _Reply(Stage.DOT_SENT, None, _legible(str(error)))


def _reply(stage: Stage, code: int, text: bytes) -> _Reply:
    return _Reply(stage, code if code > 0 else None, _legible(text))


def _legible(text: bytes | str) -> str:
    """An answer as one line that can be printed; octets that are no UTF-8 are taken for Latin-1."""
    line = text if isinstance(text, str) else _decoded(text)
    return "".join(char if char.isprintable() else " " for char in line)[:_SHOWN].strip().rstrip(".")


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _receipt(envelope: Envelope, reply: _Reply) -> Receipt:
    enhanced = _ENHANCED.match(reply.text)
    return Receipt(
        envelope.message_id,
        envelope.recipient,
        reply.outcome,
        reply.stage,
        reply.code,
        enhanced[1] if enhanced else "",
        reply.text,
    )
