"""What a server offers, whether a message can go there at all, and the commands that announce it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.transports.outgoing import Outgoing

_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 4
_BREAKS = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")  # what could end a command, or cannot be written at all


@dataclass(frozen=True, slots=True)
class Offers:
    """The extensions of a server that are made use of.

    Attributes:
        size: whether MAIL takes SIZE (RFC 1870).
        largest: octets of the largest message it takes, None when it does not say.
        logins: mechanisms of AUTH (RFC 4954), in capitals.
    """

    pipelining: bool = False
    size: bool = False
    largest: int | None = None
    eight_bit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    logins: frozenset[str] = frozenset()


def offers(hello: Sequence[str]) -> Offers:
    """What the lines of an answer to EHLO offer; the first of them is the greeting."""
    rows = [
        line.upper().replace("AUTH=", "AUTH ").split() for line in hello[1:]
    ]  # "AUTH=" is how some old servers say it
    told = {words[0]: words[1:] for words in rows if words}
    size = next(iter(told.get("SIZE", ())), "")
    return Offers(
        pipelining="PIPELINING" in told,
        size="SIZE" in told,
        largest=(int(size) or None) if _SIZE.fullmatch(size) else None,  # 0 is no limit
        eight_bit="8BITMIME" in told,
        smtputf8="SMTPUTF8" in told,
        starttls="STARTTLS" in told,
        logins=frozenset(mechanism for words in rows if words[:1] == ["AUTH"] for mechanism in words[1:]),
    )


class Unfit(NamedTuple):
    """Why a message is not even offered to this server, in the words of a reply."""

    enhanced: str
    text: str


def unfit(message: Outgoing, server: Offers) -> Unfit | None:
    """Whether a server can take a message at all, before it is asked. An address is never mangled to fit (RFC 6531)."""
    sender, recipient = message.sender, message.recipient
    plain = sender.isascii() and recipient.isascii()
    if (message.smtputf8 or not plain) and not server.smtputf8:
        return Unfit("5.6.7", "The mail server takes no addresses with letters outside ASCII (SMTPUTF8)")
    if message.eight_bit and not (server.eight_bit or server.smtputf8):
        return Unfit("5.6.3", "The mail server takes no content with octets above 127 (8BITMIME)")
    if server.largest is not None and message.size > server.largest:
        return Unfit(
            "5.3.4", f"The message has {message.size} octets, the mail server takes {server.largest}"
        )
    if plain and recipient and recipient.isprintable() and sender.isprintable():
        return None  # in ASCII what is printable is what does not break
    if not recipient or _BREAKS.search(sender) or _BREAKS.search(recipient):
        return Unfit("5.1.3", "An address of the envelope is empty or has a line end in it")
    return None


def commands(message: Outgoing, server: Offers) -> tuple[bytes, bytes]:
    """MAIL and RCPT for a message, each with its line end."""
    size = f" SIZE={message.size}" if server.size else ""
    body = " BODY=8BITMIME" if server.eight_bit and (message.eight_bit or message.smtputf8) else ""
    utf8 = " SMTPUTF8" if message.smtputf8 else ""
    mail = f"MAIL FROM:<{message.sender}>{size}{body}{utf8}\r\n"
    return mail.encode(), f"RCPT TO:<{message.recipient}>\r\n".encode()
