"""Which addresses of the web may be asked."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.refusal import ConfigurationRefused
from newsletter.core.web import Allowed, WebRefused, place_of, refused_address, shown_url


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1", "224.0.0.1"),
        *("239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.7"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd00:ec2::254",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::169.254.169.254"),
        *("64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1"),
    ],
)
def test_machines_that_are_not_of_the_internet_are_not_asked(address):
    assert refused_address(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1"]
)
def test_machines_of_the_internet_are(address):
    assert refused_address(ip_address(address)) == ""


@given(st.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_the_other_family_is_judged_the_same(address):
    plain = refused_address(address)
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        dressed = IPv6Address(int(IPv6Address(prefix)) | int(address))
        assert refused_address(dressed) == plain


@given(st.ip_addresses())
def test_nothing_private_is_ever_let_through(address):
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    if isinstance(plain, IPv4Address) and not plain.is_global:
        assert refused_address(address)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("gopher://example.org/", "only http and https"),
        ("ftp://example.org/", "only http and https"),
        ("//example.org/feed", "only http and https"),
        ("feed.xml", "only http and https"),
        ("https://", "names no machine"),
        ("https://ada:secret@example.org/", "a name and a password"),
        ("https://example.org/a b", "not a web address"),
        ("https://example.org/\r\nHost: x", "not a web address"),
        ("https://example.org\\@10.0.0.1/", "not a web address"),
        ("https://example.org:99999/", "not a web address"),
        ("https://[::1/", "not a web address"),
        ("https://example.org/" + "a" * 3000, "not a web address"),
    ],
)
def test_what_is_no_address_of_the_web_is_refused_with_a_way_out(url, words):
    with pytest.raises(WebRefused) as caught:
        place_of(url)
    problem = caught.value.problems[0]
    assert words in problem.what
    assert problem.remedy
    assert "secret" not in problem.what


def test_the_place_of_an_address():
    place = place_of("HTTPS://News.Example.org./feed.xml")
    assert (place.scheme, place.host, place.port) == ("https", "news.example.org", 443)
    assert place_of("http://[2001:db8::1]:8080/").host == "2001:db8::1"


def test_what_is_allowed_is_named():
    allowed = Allowed.of(["intranet.example.org", "10.1.0.0/16", "127.0.0.1", "fd00::/8"])
    assert allowed.covers("x.example.org", ip_address("10.1.2.3"))
    assert allowed.covers("x.example.org", ip_address("fd00::5"))
    assert allowed.covers("intranet.example.org", ip_address("192.168.0.1"))
    assert not allowed.covers("x.example.org", ip_address("10.2.0.1"))
    assert not allowed.covers("x.intranet.example.org", ip_address("192.168.0.1"))


@pytest.mark.parametrize("word", ["", "10.1.0.1/16", "https://example.org", "a b", "*.example.org"])
def test_what_names_no_machine_is_not_allowed(word):
    with pytest.raises(ConfigurationRefused):
        Allowed.of([word])


def test_a_message_shows_an_address_short_and_on_one_line():
    assert shown_url("https://example.org/\x00\n" + "a" * 500).count("?") == 2
    assert len(shown_url("https://example.org/" + "a" * 500)) == 120
