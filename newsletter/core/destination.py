"""Where mail goes: which of the large providers takes the mail of a domain, so that each can be given a pace of its own.

A domain that is known answers by itself; for the others its MX hosts tell. Whoever needs an answer writes

    group_of_domain(domain, groups) or provider_of(dns.mx(domain) or (domain,), groups)

since a domain without MX records takes its mail itself (RFC 5321 section 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class DestinationGroup:
    """Addresses that end up with one provider.

    Attributes:
        name: of the group.
        domains: of addresses, in lower-case A-labels: exactly these, none below them.
        mx: hosts that take mail, in lower-case A-labels: these and any below them.
    """

    name: str
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()


def group_of_domain(domain: str, groups: Sequence[DestinationGroup]) -> str:
    """The name of the first group that lists the domain of an address, "" for none. No MX is needed for these."""
    plain = _plain(domain)
    return next((group.name for group in groups if plain in group.domains), "")


def provider_of(mx_hosts: Sequence[str], groups: Sequence[DestinationGroup]) -> str:
    """The name of the first group to which the preferred host belongs, "" for none.

    Only that host decides: it is where mail is handed over. Behind it may stand a filter's or a provider's host for bad
    days, and they say nothing about the pace that the first one bears.

    Args:
        mx_hosts: the preferred one first, as `Dns.mx` gives them; a null MX ("") belongs to nobody.
        groups: in the order in which they count.
    """
    host = _plain(mx_hosts[0]) if mx_hosts else ""
    return next((group.name for group in groups if any(_is_below(host, one) for one in group.mx)), "")


def _is_below(host: str, parent: str) -> bool:
    return host == parent or host.endswith(f".{parent}")


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
