"""Which server, how to speak with it safely, and how long to wait for it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.refusal import ConfigurationRefused, Problem

if TYPE_CHECKING:
    from newsletter.transports.smtp.login import Login


class Security(StrEnum):
    """What protects the link. There is no "if offered": whoever can remove the offer could read the mail.

    NONE: plain text, for a server on the same machine. STARTTLS: demanded after the greeting (RFC 3207). TLS: from the
    first octet (RFC 8314).
    """

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for each answer, as in RFC 5321 section 4.5.3.2 where it has one.

    Attributes:
        content: to get rid of each 64 KiB of the content.
        dot: for the answer to the whole message; a shorter one makes duplicates (RFC 1047).
        goodbye: for the answer to QUIT, which nobody needs.
    """

    connect: float = 30.0
    greeting: float = 300.0
    hello: float = 300.0
    tls: float = 60.0
    login: float = 120.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    content: float = 180.0
    dot: float = 600.0
    goodbye: float = 2.0

    @classmethod
    def all(cls, seconds: float) -> Timeouts:
        """The same for everything."""
        return cls(*[seconds] * len(fields(cls)))


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes mail for anybody, such as the office's own or a provider's relay.

    Args:
        host: its name; the certificate must be for it.
        port: 587 for submission with STARTTLS, 465 with TLS, 25 between servers.
        greeting_name: how to introduce ourselves, "" for this machine's own name.
        tls: for tests; the default checks certificates against the system's authorities.

    Raises:
        ConfigurationRefused: a login without TLS, or a name that could break out of its command.
    """

    host: str
    port: int
    security: Security = Security.STARTTLS
    login: Login | None = None
    greeting_name: str = ""
    timeouts: Timeouts = Timeouts()
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def __post_init__(self) -> None:
        if self.login and self.security is Security.NONE:
            what = "A username and password would go over the network in clear."
            raise ConfigurationRefused(Problem(what, "Turn starttls on, or leave the username out."))
        if any(char.isspace() or not char.isprintable() for char in self.greeting_name):
            what = "The name to introduce ourselves with has a space or a line end in it."
            raise ConfigurationRefused(Problem(what, "Give a domain name such as mail.example.org."))
