"""Where DNS is asked: an address, and a port when it is not 53."""

from __future__ import annotations

import re
from ipaddress import ip_address

from newsletter.core.refusal import ConfigurationRefused, Problem

PORT = 53  # RFC 1035 section 4.2
_LARGEST_PORT = 65535
_WITH_PORT = re.compile(r"(?:\[(?P<bracketed>[^\]]*)\]|(?P<plain>[^:\[\]]*))(?::(?P<port>[0-9]{1,5}))?")


def parse_nameserver(text: str) -> tuple[str, int]:
    """The address and the port in `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`.

    Names are not taken: to look one up, a name server is needed first.

    Raises:
        ConfigurationRefused: it is neither of these.
    """
    found = _WITH_PORT.fullmatch(text)
    host = (found["bracketed"] or found["plain"] or "") if found else text
    port = int(found["port"]) if found and found["port"] else PORT
    try:
        ip_address(host)
    except ValueError:
        raise _refused(text) from None
    if not 0 < port <= _LARGEST_PORT:
        raise _refused(text)
    return host, port


def _refused(text: str) -> ConfigurationRefused:
    what = f"{text!r} is not the address of a name server."
    return ConfigurationRefused(
        Problem(what, "Write it as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.")
    )
