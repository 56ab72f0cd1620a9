"""The doctor looks up what receivers look up, on a real DNS server on this machine."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dns_server import dns_server

from newsletter.core.dkim_key import load_key, public_record, zone_line
from newsletter.core.refusal import Level
from newsletter.flows.doctor import examine
from newsletter.settings.parts import SmtpTransport
from newsletter.sources.dns import Dns
from newsletter.transports.memory import MemoryTransport

DOMAIN = "news.example.org"
FACT = f"dkim s1 of {DOMAIN}"


def _key(private, selector):
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return load_key(pem, DOMAIN, selector)


KEY = _key(rsa.generate_private_key(65537, 2048), "s1")
OTHER = _key(rsa.generate_private_key(65537, 2048), "s1")
EDWARDS = _key(ed25519.Ed25519PrivateKey.generate(), "s2")


@pytest.fixture
def server():
    """Everything is published as it should be."""
    with dns_server() as script:
        record = public_record(KEY)
        script.txt(KEY.record_name, (record[:255], record[255:]))
        script.txt(DOMAIN, "v=spf1 a:mail.example.org -all", "a word of somebody else")
        script.txt("_dmarc.example.org", "v=DMARC1; p=none")
        yield script


@pytest.fixture
def signing(office, server):
    """An office that signs and hands its mail to a server (which is not asked: its way out is memory)."""
    settings = office.settings.model_copy(update={"transport": SmtpTransport(kind="smtp", host="localhost")})
    return replace(
        office,
        settings=settings,
        open_transport=MemoryTransport,
        dns=Dns(server.nameservers, timedelta(seconds=5)),
        dkim_keys=(KEY,),
    )


def look(office):
    """Facts and problems that are about DNS."""
    findings = examine(office, office.clock())
    about = [one for one in findings.problems if one.field in {"dkim", "spf", "dmarc", "dns"}]
    return findings.facts, about


def test_what_is_published_and_right_needs_nobody(signing):
    facts, problems = look(signing)
    assert problems == []
    assert facts[FACT] == "published and right"
    assert facts[f"{FACT}: record"] == zone_line(KEY)
    assert facts[f"spf of {DOMAIN}"] == "published"
    assert facts[f"dmarc of {DOMAIN}"] == "published, at _dmarc.example.org"


def test_each_key_is_looked_up(signing):
    facts, problems = look(replace(signing, dkim_keys=(KEY, EDWARDS)))
    assert facts[FACT] == "published and right"
    assert facts[f"dkim s2 of {DOMAIN}"] == "not published"
    assert "k=ed25519" in facts[f"dkim s2 of {DOMAIN}: record"]
    assert [problem.what for problem in problems] == [f"{EDWARDS.record_name} has no record."]


@pytest.mark.parametrize(
    ("published", "fact", "words"),
    [
        ((), "not published", "has no record"),
        ((public_record(OTHER),), "published but wrong", "holds another key"),
        (("v=DKIM1; k=rsa; p=",), "published but wrong", "was withdrawn"),
        (("v=spf1 -all",), "published but wrong", "is no DKIM record"),
        ((public_record(KEY), public_record(OTHER)), "published more than once", "has 2 records"),
    ],
)
def test_a_record_that_receivers_cannot_use_is_an_error_with_the_way_out(
    signing, server, published, fact, words
):
    del server.records[KEY.record_name, "TXT"]
    if published:
        server.txt(KEY.record_name, *[tuple(re.findall(".{1,255}", text)) for text in published])
    facts, problems = look(signing)
    assert facts[FACT] == fact
    assert facts[f"{FACT}: record"] == zone_line(KEY)
    assert [problem.level for problem in problems] == [Level.ERROR]
    assert words in problems[0].what
    assert public_record(KEY) in problems[0].remedy


def test_a_record_under_test_is_right_and_warned_of(signing, server):
    text = public_record(KEY).replace("p=", "t=y; p=")
    server.txt(KEY.record_name, (text[:255], text[255:]))
    facts, problems = look(signing)
    assert facts[FACT] == "published and right"
    assert [problem.level for problem in problems] == [Level.WARNING]


def test_a_silent_server_is_one_warning_after_one_time_out(signing, server):
    server.silent.add("*")
    start = time.monotonic()
    facts, problems = look(replace(signing, dns=Dns(server.nameservers, timedelta(seconds=1))))
    assert time.monotonic() - start < 3
    assert facts[FACT] == "could not be looked up: no answer within 1 s"
    assert facts[f"spf of {DOMAIN}"] == facts[f"dmarc of {DOMAIN}"] == facts[FACT]
    assert facts[f"{FACT}: record"] == zone_line(KEY)
    assert [problem.level for problem in problems] == [Level.WARNING]
    assert all(name in problems[0].what for name in (KEY.record_name, DOMAIN, f"_dmarc.{DOMAIN}"))
    assert "under `dns` in config.yaml" in problems[0].remedy


def test_a_name_that_fails_hides_no_other(signing, server):
    server.failing[DOMAIN] = "SERVFAIL"
    facts, problems = look(signing)
    assert facts[FACT] == "published and right"
    assert facts[f"spf of {DOMAIN}"] == "could not be looked up: the name server says SERVFAIL"
    assert [problem.level for problem in problems] == [Level.WARNING]


def test_a_failing_name_hides_the_dmarc_record_of_its_parent_but_not_of_its_child(signing, server):
    server.failing[f"_dmarc.{DOMAIN}"] = "SERVFAIL"
    assert look(signing)[0][f"dmarc of {DOMAIN}"].startswith("could not be looked up")
    server.failing = {"_dmarc.example.org": "SERVFAIL"}
    server.txt(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject")
    assert look(signing)[0][f"dmarc of {DOMAIN}"] == f"published, at _dmarc.{DOMAIN}"


@pytest.mark.parametrize(
    ("spf", "fact", "words"),
    [
        (("v=spf1 -all", "v=spf1 mx -all"), "2 records", "2 SPF records"),
        (("nothing of that kind",), "not published", "no SPF record"),
    ],
)
def test_exactly_one_spf_record_is_wanted(signing, server, spf, fact, words):
    server.txt(DOMAIN, *spf)
    facts, problems = look(signing)
    assert facts[f"spf of {DOMAIN}"] == fact
    assert [(problem.level, problem.field) for problem in problems] == [(Level.WARNING, "spf")]
    assert words in problems[0].what


def test_a_missing_dmarc_record_is_a_warning(signing, server):
    del server.records["_dmarc.example.org", "TXT"]
    facts, problems = look(signing)
    assert facts[f"dmarc of {DOMAIN}"] == "not published"
    assert [(problem.level, problem.field) for problem in problems] == [(Level.WARNING, "dmarc")]
    server.txt("_dmarc.example.org", "v=DMARC1; p=none", "v=DMARC1; p=reject")
    assert look(signing)[0][f"dmarc of {DOMAIN}"] == "2 records, at _dmarc.example.org"


def test_nothing_is_asked_when_nothing_leaves_and_nothing_is_signed(office, signing, server):
    folder = replace(office, dns=signing.dns)
    facts, problems = look(folder)
    assert (server.asked, problems) == ([], [])
    assert not any(name.startswith(("spf", "dmarc")) for name in facts)
    look(replace(folder, dkim_keys=(KEY,)))
    assert server.asked
    server.asked.clear()
    look(replace(signing, dkim_keys=()))
    assert {name for name, _, _ in server.asked} == {DOMAIN, f"_dmarc.{DOMAIN}", "_dmarc.example.org"}
