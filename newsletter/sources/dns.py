"""Questions to DNS, and its answers in our words: records, or nothing, or that it could not be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.nameserver import Do53Nameserver

from newsletter.core.nameserver import parse_nameserver
from newsletter.core.refusal import Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dns.rdata import Rdata
    from dns.rdtypes.ANY.MX import MX
    from dns.rdtypes.ANY.TXT import TXT

NULL_MX = ("",)
"""What `Dns.mx` says of a domain that takes no mail at all, RFC 7505."""


REMEDY = "Try again later, or name other name servers under `dns` in config.yaml."


class DnsUnavailable(Refusal):
    """DNS could not be asked; whether there is a record is not known. Ask again later.

    Attributes:
        reason: why, as the end of a sentence, without a full stop.
    """

    def __init__(self, name: str, reason: str) -> None:
        what = f"DNS could not be asked about {name}: {reason}."
        super().__init__(Problem(what, REMEDY, field="dns"))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Dns:
    """Asks name servers. It keeps nothing between two questions, so that threads may share it.

    Attributes:
        nameservers: `address` or `address:port`, asked in this order; empty for those of the system.
        timeout: for one question, with its repetitions and all the servers.
    """

    nameservers: tuple[str, ...] = ()
    timeout: timedelta = timedelta(seconds=3)

    def txt(self, name: str) -> tuple[str, ...]:
        """The TXT records of `name`, in alphabetical order; empty when there is none or no such name.

        The strings of one record are joined with nothing between them (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2).

        Raises:
            DnsUnavailable: nobody could say.
        """
        records = cast("Iterable[TXT]", self._ask(name, dns.rdatatype.TXT))
        return tuple(sorted(b"".join(record.strings).decode("utf-8", "replace") for record in records))

    def mx(self, domain: str) -> tuple[str, ...]:
        """The hosts that take the mail of `domain`: the preferred one first, in lower case, without the last dot.

        Empty when there is no MX record or no such domain. The domain itself may take mail then, if it has an address
        (RFC 5321 section 5.1); that is not looked up here, it is a matter for the caller. `NULL_MX` when the domain says
        that it takes no mail.

        Raises:
            DnsUnavailable: nobody could say.
        """
        records = cast("Iterable[MX]", self._ask(domain, dns.rdatatype.MX))
        pairs = sorted((record.preference, _host(record.exchange)) for record in records)
        hosts = tuple(host for _, host in pairs if host)
        # A null MX beside others is a mistake, and says nothing (RFC 7505 section 3).
        return hosts or (NULL_MX if pairs else ())

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> Iterable[Rdata]:
        try:
            question = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return ()  # a name that cannot be asked for (an empty or a long label) has no records
        try:
            return self._resolver().resolve(question, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except dns.exception.DNSException as error:
            raise DnsUnavailable(name, self._reason(error)) from None
        except ValueError:  # from the system's own list, which may hold what is no address
            raise DnsUnavailable(name, "the list of this machine's name servers cannot be read") from None

    def _resolver(self) -> dns.resolver.Resolver:
        """A fresh one for each question: the system's servers may change while the scheduler runs."""
        resolver = dns.resolver.Resolver(configure=not self.nameservers)
        if self.nameservers:
            resolver.nameservers = [Do53Nameserver(*parse_nameserver(text)) for text in self.nameservers]
        resolver.lifetime = self.timeout.total_seconds()
        # Time for each server, and for the first one to be asked again: a datagram may be lost.
        resolver.timeout = resolver.lifetime / (len(resolver.nameservers) + 1)
        return resolver

    def _reason(self, error: dns.exception.DNSException) -> str:
        """Why nobody could say. The library's own words hold lists and ports, and are not passed on."""
        if isinstance(error, dns.resolver.NoResolverConfiguration):
            return "this machine knows no name server"
        if isinstance(error, dns.exception.Timeout):
            return f"no answer within {self.timeout.total_seconds():g} s"
        if isinstance(error, dns.resolver.NoNameservers):
            faults = [fault for _, _, _, fault, _ in error.kwargs["errors"]]
            return ", ".join(sorted({_fault(fault) for fault in faults})) or "no name server is left"
        return "the answer makes no sense"


def _fault(fault: object) -> str:
    """What went wrong at one server: its code (SERVFAIL, REFUSED …), or the fault of the network."""
    if isinstance(fault, str):
        return f"the name server says {fault}"
    if isinstance(fault, OSError):
        return f"the name server cannot be reached ({fault.strerror or 'network error'})"
    if isinstance(fault, dns.exception.Timeout):
        return "a name server did not answer"
    return "the answer makes no sense"


def _host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")
