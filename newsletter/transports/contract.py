"""What every way out promises, and the words in which it answers.

An answer of the other side is a receipt and never an exception. What a receipt means for the ledger is in `Outcome`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from newsletter.core.refusal import Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from newsletter.transports.outgoing import Outgoing


class Outcome(StrEnum):
    """What became of one message.

    ACCEPTED: the other side answers for it from now on. LATER: not accepted, may be tried again. NEVER: not accepted and
    trying again is pointless. UNSURE: it may have been accepted; nothing but a person decides to send it again, unless
    the transport says that a resend is harmless.
    """

    ACCEPTED = "accepted"
    LATER = "later"
    NEVER = "never"
    UNSURE = "unsure"


class Stage(StrEnum):
    """How far the conversation came, in its order. Up to DATA the message cannot have been accepted.

    DOT_SENT: the content was written, or part of it before the link broke.
    """

    CONNECT = "connect"
    GREETING = "greeting"
    TLS = "tls"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT_SENT = "dot_sent"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message on its way to one recipient.

    Attributes:
        sender: the return path as an address, "" for the null path of automatic mail.
        recipient: as `parse_address` gave it.
        message_id: without angle brackets.
        content: as `serialise` gave it; every line ends with CRLF.

    Raises:
        ValueError: a lone CR or LF in the content (servers disagree on where such a message ends), or an address that
            could break out of its command.
    """

    sender: str
    recipient: str
    message_id: str
    content: bytes

    def __post_init__(self) -> None:
        lone = self.content.replace(b"\r\n", b"")
        if b"\r" in lone or b"\n" in lone:
            raise ValueError("the content has a line end that is not CRLF")
        if (
            any(char in address for address in (self.sender, self.recipient) for char in "\r\n\0")
            or not self.recipient
        ):
            raise ValueError("an address of the envelope is empty or has a line end in it")


class Receipt(NamedTuple):
    """What was answered for one message. A tuple, as one is made for every message: a dataclass takes twice as long.

    Attributes:
        stage: where it ended, None when the way has no stages.
        code: the SMTP reply code or the HTTP status, None without an answer.
        enhanced: enhanced status code (RFC 3463) such as "5.1.1", "" for none.
        text: the answer in the other side's words, one line, for people.
    """

    message_id: str
    recipient: str
    outcome: Outcome
    stage: Stage | None = None
    code: int | None = None
    enhanced: str = ""
    text: str = ""


class TransportDown(Refusal):
    """The other side cannot be reached or will not talk to us; nothing was handed over, everything can wait."""

    def __init__(self, *problems: Problem, stage: Stage = Stage.CONNECT) -> None:
        super().__init__(*problems)
        self.stage = stage


class Watch(Protocol):
    """Whoever hands over many messages, and writes down what is about to happen and what has happened.

    An error raised in any of these ends the sending.
    """

    def on_wire(self, message: Outgoing) -> None:
        """The content of this message is written next: from now on it may be accepted. Be quick."""
        ...

    def answered(self, receipts: Sequence[tuple[Outgoing, Receipt]]) -> None:
        """What became of some messages; each comes here once at the most."""
        ...

    def halted(self) -> bool:
        """Whether to begin nothing new. Asked at least once a second: a good moment to say "still alive" elsewhere."""
        ...


class Transport(Protocol):
    """A way out: a context manager that holds its connection open between messages.

    Attributes:
        name: for reports and the configuration.
        resend_is_harmless: handing over the same Message-ID twice leaves one message, so that a hand-over that was never
            answered may be repeated by itself.
        connections: as many as it opens at most.
    """

    name: str
    resend_is_harmless: bool
    connections: int

    def __enter__(self) -> Self:
        """Open the connection.

        Raises:
            TransportDown: it cannot be opened.
        """
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection; a fault in closing is not told, every message has its receipt."""
        ...

    def send(self, envelope: Envelope) -> Receipt:
        """Hand over one message and wait for the answer.

        Raises:
            TransportDown: the connection is gone and cannot be opened again; this message was not handed over.
        """
        ...

    def send_many(
        self, messages: Sequence[Outgoing], watch: Watch, *, connections: int | None = None
    ) -> None:
        """Hand over many messages; `watch` is told of each. Those that it is told nothing of were not begun.

        Args:
            connections: for this call at most so many at a time, one or more; None for all that the transport may have.

        Raises:
            TransportDown: the other side cannot be reached any more. Messages not begun may have been told as LATER at
                CONNECT.
        """
        ...
