"""Addresses on the web that may be asked: which URLs, which machines behind their names, and why not the others.

Whoever lets a program fetch what a file or a feed names lets that file ask everything that the program can reach: the
router, the database, the secrets of a cloud machine at 169.254.169.254. So only machines of the public internet are asked,
and those of one's own network only where the configuration names them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.core.refusal import ConfigurationRefused, Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LONGEST_URL = 2000
_PORTS = {"http": 80, "https": 443}
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\\]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)
_BITS_OF_IPV4 = 0xFFFFFFFF
# IPv6 addresses that lead to an IPv4 address: the last 32 bits are what is really asked (RFC 6052, RFC 4291 section 2.5.5.1).
_EMBEDDING = (ip_network("64:ff9b::/96"), ip_network("::/96"), ip_network("::ffff:0:0:0/96"))
# What the registries call global although nobody outside should be asked there by our hand.
_SPECIAL: tuple[tuple[Network, str], ...] = (
    (ip_network("64:ff9b:1::/48"), "it is a translation prefix of a private network"),
    (ip_network("2002::/16"), "it is a 6to4 tunnel"),
    (ip_network("2001::/32"), "it is a Teredo tunnel"),
    (ip_network("fec0::/10"), "it belongs to a private network"),
    (ip_network("168.63.129.16/32"), "it is where a cloud machine keeps its own data"),
    (ip_network("192.0.0.0/24"), "it is set aside"),
)


class WebRefused(Refusal):
    """A web page was not fetched, or what came is not what was asked for.

    Attributes:
        reason: why, one sentence.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(Problem(reason, remedy))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a URL asks: `host` in lower case without brackets, and the port."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """Machines that may be asked although they are not of the public internet: by name, or by network."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, words: Iterable[str]) -> Allowed:
        """Read host names, addresses and networks (`intranet.example.org`, `10.1.2.3`, `10.1.0.0/16`).

        Raises:
            ConfigurationRefused: a word is none of them.
        """
        hosts, networks = set(), []
        for word in words:
            try:
                networks.append(ip_network(word))
            except ValueError:
                if "/" in word or not _HOST.fullmatch(word):
                    what = f"'{word}' is neither a host nor a network."
                    remedy = "Write a name such as intranet.example.org, or a network such as 10.1.0.0/16."
                    raise ConfigurationRefused(Problem(what, remedy)) from None
                hosts.add(word.lower().rstrip("."))
        return cls(frozenset(hosts), tuple(networks))

    def covers(self, host: str, address: Address) -> bool:
        """Whether the configuration names this machine."""
        inside = (address in network for network in self.networks if network.version == address.version)
        return host.rstrip(".") in self.hosts or any(inside)


NOTHING_MORE = Allowed()
"""Only the public internet."""


def place_of(url: str) -> Place:
    """Whom `url` asks.

    Raises:
        WebRefused: it is no address of the web, or one that hides something (a name and a password, control characters).
    """
    shown = shown_url(url)
    if len(url) > _LONGEST_URL or _UNSEEN.search(url):
        raise WebRefused(
            f"'{shown}' is not a web address.", "Write it on one line, without spaces, as a browser shows it."
        )
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        raise WebRefused(
            f"'{shown}' is not a web address.", "Write it as https://example.org/feed.xml."
        ) from None
    if scheme not in _PORTS:
        raise WebRefused(
            f"'{shown}' is not fetched: only http and https are.",
            "Write an address that begins with https://.",
        )
    if not host or "@" in parts.netloc:
        what = "has a name and a password in it" if "@" in parts.netloc else "names no machine"
        raise WebRefused(f"'{shown}' {what}.", "Write it as https://example.org/feed.xml.")
    return Place(scheme, host.rstrip("."), port or _PORTS[scheme])


def shown_url(url: str) -> str:
    """A URL as a message may show it: short, on one line, without a password."""
    plain = _UNSEEN.sub("?", url)
    plain = re.sub(r"//[^/@]*@", "//…@", plain, count=1)
    return plain if len(plain) <= 120 else plain[:119] + "…"  # noqa: PLR2004 - a line of a terminal


def refused_address(address: Address) -> str:
    """Why a machine at this address is not asked, as the end of a sentence; "" when nothing speaks against it.

    By the registries of special-purpose addresses (RFC 6890), and by what an address of one family hides of the other.
    """
    if isinstance(address, IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return refused_address(inner)
        if address.scope_id is not None:
            return "it belongs to this machine's own network"
    special = next(
        (reason for network, reason in _SPECIAL if network.version == address.version and address in network),
        "",
    )
    return special or _kind(address)


def parse_ip(text: str) -> Address:
    """An address as a resolver gives it.

    Raises:
        ValueError: it is none.
    """
    return ip_address(text)


def _kind(address: Address) -> str:
    rules = (
        (address.is_unspecified, "it stands for this machine"),
        (address.is_loopback, "it is this machine"),
        (address.is_link_local, "it is link-local, where cloud machines keep their secrets"),
        (address.is_multicast, "it is a multicast address"),
        (address.is_private, "it belongs to a private network"),
        (address.is_reserved or not address.is_global, "it is set aside"),
    )
    return next((reason for holds, reason in rules if holds), "")


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that this one leads to; `::` and `::1` are themselves."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    own = address.is_unspecified or address.is_loopback
    if not own and any(address in network for network in _EMBEDDING):
        return IPv4Address(int(address) & _BITS_OF_IPV4)
    return None
