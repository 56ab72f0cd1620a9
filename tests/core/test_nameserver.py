"""Where DNS is asked: what is an address of a name server, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.nameserver import parse_nameserver
from newsletter.core.refusal import ConfigurationRefused


@given(st.ip_addresses(), st.integers(1, 65535))
def test_every_address_is_taken_with_and_without_a_port(address, port):
    bracketed = f"[{address}]" if address.version == 6 else str(address)
    assert parse_nameserver(str(address)) == (str(address), 53)
    assert parse_nameserver(f"{bracketed}:{port}") == (str(address), port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ns.example.org",
        "192.0.2",
        "192.0.2.53:",
        "192.0.2.53:70000",
        "[2001:db8::53",
        "https://192.0.2.53/",
        " 192.0.2.53",
    ],
)
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ConfigurationRefused, match=r"192\.0\.2\.53:5353"):
        parse_nameserver(text)


@given(st.text())
def test_any_text_is_an_address_or_refused(text):
    try:
        _, port = parse_nameserver(text)
    except ConfigurationRefused:
        return
    assert 0 < port < 65536
