"""Questions to a real DNS server on this machine: what it says, and what is made of it."""

from __future__ import annotations

import time
from datetime import timedelta

import dns.resolver
import pytest
from dns_server import dns_server
from real_smtp import closed_port

from newsletter.core.refusal import ConfigurationRefused, Refusal
from newsletter.sources.dns import NULL_MX, Dns, DnsUnavailable

SHORT = timedelta(milliseconds=200)


@pytest.fixture
def server():
    with dns_server() as script:
        yield script


@pytest.fixture
def asking(server):
    return Dns(server.nameservers, timedelta(seconds=5))


def test_the_strings_of_a_record_are_joined_and_the_records_kept_apart(server, asking):
    server.txt("example.org", ("v=spf1 a:mail.ex", "ample.org -all"), "a word; of another kind")
    assert asking.txt("example.org") == ("a word; of another kind", "v=spf1 a:mail.example.org -all")
    assert asking.txt("EXAMPLE.org.") == asking.txt("example.org")


def test_octets_that_are_no_text_do_no_harm(server, asking):
    server.txt("example.org", r"v=spf1 \255")
    assert asking.txt("example.org") == ("v=spf1 \ufffd",)


def test_no_record_and_no_such_name_are_an_empty_answer(server, asking):
    server.txt("example.org", "here")
    assert asking.txt("nobody.example.org") == ()
    assert asking.mx("example.org") == ()
    assert asking.mx("nobody.example.org") == ()
    assert [name for name, _, _ in server.asked] == [
        "nobody.example.org",
        "example.org",
        "nobody.example.org",
    ]


@pytest.mark.parametrize("name", ["a..example.org", f"{'a' * 64}.example.org", ".".join(["a" * 60] * 5)])
def test_a_name_that_cannot_be_asked_for_has_no_records(server, asking, name):
    assert asking.txt(name) == ()
    assert server.asked == []


def test_an_alias_is_followed(server, asking):
    server.records["s1._domainkey.example.org", "CNAME"] = ["s1.provider.example."]
    server.txt("s1.provider.example", "v=DKIM1; p=")
    assert asking.txt("s1._domainkey.example.org") == ("v=DKIM1; p=",)


def test_an_answer_that_does_not_fit_is_asked_for_again_over_tcp(server, asking):
    long = "x" * 3000
    server.txt("example.org", tuple(long[at : at + 250] for at in range(0, len(long), 250)))
    server.truncated.add("example.org")
    assert asking.txt("example.org") == (long,)
    assert [way for _, _, way in server.asked] == ["udp", "tcp"]


def test_hosts_come_by_preference_in_lower_case_without_the_last_dot(server, asking):
    server.records["example.org", "MX"] = ["20 b.example.net.", "5 MX.Example.Net.", "20 a.example.net."]
    assert asking.mx("example.org") == ("mx.example.net", "a.example.net", "b.example.net")


def test_a_domain_that_takes_no_mail_is_not_one_without_an_answer(server, asking):
    server.records["example.org", "MX"] = ["0 ."]
    server.records["mistaken.example", "MX"] = ["0 .", "10 mx.example.net."]
    assert asking.mx("example.org") == NULL_MX != ()
    assert asking.mx("mistaken.example") == ("mx.example.net",)


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "NOTIMP"])
def test_a_server_that_fails_is_told_by_its_code(server, asking, code):
    server.failing["example.org"] = code
    with pytest.raises(DnsUnavailable) as caught:
        asking.txt("example.org")
    problem = caught.value.problems[0]
    assert problem.what == f"DNS could not be asked about example.org: the name server says {code}."
    assert "config.yaml" in problem.remedy
    assert isinstance(caught.value, Refusal)


def test_a_silent_server_costs_no_more_than_the_time_out(server):
    server.silent.add("example.org")
    start = time.monotonic()
    with pytest.raises(DnsUnavailable, match=r"no answer within 1 s"):
        Dns(server.nameservers, timedelta(seconds=1)).mx("example.org")
    assert time.monotonic() - start < 3
    assert len(server.asked) >= 2  # a datagram may be lost


def test_the_next_server_is_asked_when_the_first_says_nothing(server):
    server.txt("example.org", "here")
    nobody = f"127.0.0.1:{closed_port()}"
    assert Dns((nobody, *server.nameservers), timedelta(seconds=1)).txt("example.org") == ("here",)


def test_without_a_network_there_is_a_sentence():
    """Nothing may be sent to the broadcast address: the system refuses before anything leaves."""
    with pytest.raises(DnsUnavailable, match="the name server cannot be reached"):
        Dns(("255.255.255.255",), SHORT).txt("example.org")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (dns.resolver.NoResolverConfiguration("cannot open"), "this machine knows no name server"),
        (ValueError("nameserver is not an address"), "cannot be read"),
    ],
)
def test_a_machine_without_usable_name_servers_is_told(monkeypatch, error, words):
    """The system's own list is the only thing that a test cannot script by a server."""

    def read(*_):
        raise error

    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", read)
    with pytest.raises(DnsUnavailable, match=words):
        Dns().txt("example.org")


def test_the_servers_of_the_system_are_read_anew_for_each_question(server, monkeypatch):
    server.txt("example.org", "here")
    listed = ["127.0.0.1"]

    def read(resolver, _):
        resolver.nameservers, resolver.port = list(listed), server.port

    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", read)
    assert Dns().txt("example.org") == ("here",)
    listed[:] = []
    with pytest.raises(DnsUnavailable):
        Dns(timeout=SHORT).txt("example.org")


def test_a_name_server_that_is_no_address_is_refused():
    with pytest.raises(ConfigurationRefused, match=r"ns\.example\.org"):
        Dns(("ns.example.org",)).txt("example.org")
