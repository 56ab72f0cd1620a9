"""Who takes the mail of a domain: asked of DNS in small batches, so that people get into the lane of their provider."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.destination import provider_of
from newsletter.settings import FolderTransport
from newsletter.sources.dns import DnsUnavailable
from newsletter.store.lanes import domains_to_look_up, postpone_domains, set_providers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from newsletter.flows.office import Office

KNOWN_FOR = timedelta(days=30)
AGAIN = timedelta(days=1)
"""After so long a domain is asked about again whose own name servers did not answer."""

BATCH = 50
PATIENCE = 3
"""So many domains without an answer, and none with one: it is DNS that is away, and not they."""


def learn_providers(office: Office, now: datetime, stop: Callable[[], bool] = lambda: False) -> int:
    """Ask about the domains of most people that were not looked up within 30 days; a batch of them, and how many answered.

    Nothing is asked when no mail leaves this machine, or when no destination has a lane of its own.

    Raises:
        DnsUnavailable: nobody could say anything; what is known stays.
    """
    if not office.groups or isinstance(office.settings.transport, FolderTransport):
        return 0
    listed = {domain for group in office.groups for domain in group.domains}
    with office.database.read() as connection:
        domains = domains_to_look_up(connection, now - KNOWN_FOR, BATCH, listed)
    found, silent = _ask(office, domains, stop)
    with office.database.write() as connection:
        set_providers(connection, found, now)
        postpone_domains(connection, silent, now - KNOWN_FOR + AGAIN)
    return len(found)


def _ask(
    office: Office, domains: Iterable[str], stop: Callable[[], bool]
) -> tuple[dict[str, str], list[str]]:
    """The provider of each domain, and the domains of which nobody could say."""
    found: dict[str, str] = {}
    silent: list[str] = []
    trouble: DnsUnavailable | None = None
    for domain in domains:
        if stop() or (not found and len(silent) >= PATIENCE):
            break
        try:
            found[domain] = provider_of(office.dns.mx(domain) or (domain,), office.groups)
        except DnsUnavailable as unavailable:
            trouble = trouble or unavailable
            silent.append(domain)
    if trouble is not None and not found:
        raise trouble
    return found, silent
