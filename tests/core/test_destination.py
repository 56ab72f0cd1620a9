"""Which provider takes the mail of a domain."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.destination import DestinationGroup, group_of_domain, provider_of
from newsletter.core.destination_groups import GROUPS

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
MX = st.sampled_from([(group.name, host) for group in GROUPS for host in group.mx])
DOMAIN = st.sampled_from([(group.name, domain) for group in GROUPS for domain in group.domains])


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("aspmx.l.google.com", "google"),
        ("aspmx2.googlemail.com", "google"),
        ("hotmail-com.olc.protection.outlook.com", "microsoft"),
        ("example-org.mail.protection.outlook.com", "microsoft"),
        ("example-org.o-v1.mx.microsoft", "microsoft"),
        ("mx-aol.mail.gm0.yahoodns.net", "yahoo"),
        ("mx01.mail.icloud.com", "apple"),
        ("smtp-in.orange.fr", "orange"),
        ("mx00.gmx.net", "united-internet"),
        ("notgoogle.com", ""),
        ("google.com.example.org", ""),
        ("mx.example.org", ""),
    ],
)
def test_a_host_belongs_to_its_provider(host, provider):
    assert provider_of([host], GROUPS) == provider


@pytest.mark.parametrize(
    ("domain", "group"),
    [("gmail.com", "google"), ("GMAIL.com.", "google"), ("hotmail.fr", "microsoft"), ("skynet.be", "proximus"),
     ("mail.gmail.com", ""), ("notgmail.com", ""), ("example.org", ""), ("", "")],
)  # fmt: skip
def test_a_domain_belongs_to_a_group_only_if_it_is_listed(domain, group):
    assert group_of_domain(domain, GROUPS) == group


@given(MX, HOST, st.booleans(), st.booleans())
def test_whatever_is_below_a_host_belongs_to_it_however_it_is_written(entry, below, loud, dotted):
    name, host = entry
    for full in (host, f"{below}.{host}"):
        written = (full.upper() if loud else full) + ("." if dotted else "")
        assert provider_of([written], GROUPS) == name


@given(MX, LABEL)
def test_a_name_that_only_looks_alike_does_not_belong(entry, more):
    _, host = entry
    alone = [DestinationGroup("one", mx=(host,))]
    assert provider_of([f"{more}{host}"], alone) == ""
    assert provider_of([f"{host}.{more}"], alone) == ""


@given(st.lists(HOST, max_size=4), st.lists(HOST, max_size=4))
def test_only_the_preferred_host_decides(hosts, others):
    assert provider_of(hosts, GROUPS) == provider_of([*hosts[:1], *(others if hosts else [])], GROUPS)


@given(DOMAIN, HOST)
def test_below_a_domain_is_another_domain(entry, below):
    name, domain = entry
    assert group_of_domain(domain, GROUPS) == name
    assert group_of_domain(f"{below}.{domain}", GROUPS) == ""


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_text_has_an_answer(domain, hosts):
    names = {"", *(group.name for group in GROUPS)}
    assert group_of_domain(domain, GROUPS) in names
    assert provider_of(hosts, GROUPS) in names


def test_no_host_and_a_null_mx_belong_to_nobody():
    assert provider_of((), GROUPS) == ""
    assert provider_of(("",), GROUPS) == ""
    assert provider_of(("",), [DestinationGroup("empty", ("x.example",))]) == ""


def test_the_first_group_counts():
    groups = [DestinationGroup("ours", ("gmail.com",), ("l.google.com",)), *GROUPS]
    assert group_of_domain("gmail.com", groups) == "ours"
    assert provider_of(["aspmx.l.google.com"], groups) == "ours"
    assert provider_of(["smtp.google.com"], groups) == "google"


def test_what_is_shipped_is_in_order():
    entries = [entry for group in GROUPS for entry in (*group.domains, *group.mx)]
    assert all(entry == entry.lower().strip(".") and "." in entry and entry.isascii() for entry in entries)
    assert [name for name, count in Counter(d for g in GROUPS for d in g.domains).items() if count > 1] == []
    assert len({group.name for group in GROUPS}) == len(GROUPS)
