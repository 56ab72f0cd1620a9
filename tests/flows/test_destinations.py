"""Who takes the mail of a domain is asked of a real DNS server, in small batches, and people get into that lane."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from dns_server import dns_server
from sqlalchemy import select

from newsletter.core.destination import DestinationGroup
from newsletter.flows import destinations
from newsletter.flows.destinations import AGAIN, KNOWN_FOR, learn_providers
from newsletter.settings import SmtpTransport
from newsletter.sources.dns import Dns, DnsUnavailable
from newsletter.store.tables import campaigns, deliveries, providers, subscribers

ISSUE = "september-2021"
GROUPS = (
    DestinationGroup("google", ("gmail.com",), ("google.com",)),
    DestinationGroup("ovh", (), ("ovh.net",)),
)


@pytest.fixture
def server():
    with dns_server() as script:
        script.records["school.example", "MX"] = ["10 aspmx.l.google.com.", "5 aspmx2.google.com."]
        script.records["firm.example", "MX"] = ["10 mx0.firm.example."]
        script.records["ovh.net", "A"] = ["192.0.2.1"]
        yield script


@pytest.fixture
def mailing(bench, server):
    """An office that sends by SMTP, with people at some domains."""
    settings = bench.office.settings.model_copy(
        update={"transport": SmtpTransport(kind="smtp", host="127.0.0.1")}
    )
    dns = Dns(server.nameservers, timedelta(seconds=1))
    bench.office = replace(bench.office, settings=settings, groups=GROUPS, dns=dns)
    bench.enrol("a@school.example", "b@school.example", "c@firm.example", "d@ovh.net", "e@gmail.com")
    return bench


def _known(bench):
    with bench.office.database.read() as connection:
        return dict(
            tuple(row) for row in connection.execute(select(providers.c.domain, providers.c.provider))
        )


def _lanes(bench):
    joined = deliveries.join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
    query = select(subscribers.c.address, deliveries.c.lane).select_from(
        joined.join(campaigns, campaigns.c.id == deliveries.c.campaign_id)
    )
    with bench.office.database.read() as connection:
        return dict(tuple(row) for row in connection.execute(query))


def test_people_get_into_the_lane_of_whoever_takes_their_mail(mailing, server):
    assert learn_providers(mailing.office, mailing.now) == 3
    assert _known(mailing) == {"school.example": "google", "firm.example": "", "ovh.net": "ovh"}
    assert [name for name, _, _ in server.asked] == ["school.example", "firm.example", "ovh.net"]
    mailing.schedule()
    mailing.at("2021-09-16T09:30")
    mailing.launch()
    assert _lanes(mailing) == {
        "a@school.example": "google",
        "b@school.example": "google",
        "c@firm.example": "",
        "d@ovh.net": "ovh",
        "e@gmail.com": "google",
    }


def test_a_domain_is_asked_about_again_after_thirty_days(mailing, server):
    learn_providers(mailing.office, mailing.now)
    assert learn_providers(mailing.office, mailing.now + KNOWN_FOR) == 0
    server.records["firm.example", "MX"] = ["10 mx1.mail.ovh.net."]
    assert learn_providers(mailing.office, mailing.now + KNOWN_FOR + timedelta(seconds=1)) == 3
    assert _known(mailing)["firm.example"] == "ovh"


def test_the_domains_of_most_people_come_first_a_batch_at_a_time(mailing, server, monkeypatch):
    monkeypatch.setattr(destinations, "BATCH", 1)
    assert learn_providers(mailing.office, mailing.now) == 1
    assert _known(mailing) == {"school.example": "google"}
    assert learn_providers(mailing.office, mailing.now, stop=lambda: True) == 0
    assert len(server.asked) == 1


def test_dns_that_is_away_is_said_and_nothing_is_forgotten(mailing, server):
    learn_providers(mailing.office, mailing.now)
    later = mailing.now + 2 * KNOWN_FOR
    server.failing["*"] = "SERVFAIL"
    server.asked.clear()
    with pytest.raises(DnsUnavailable, match=r"school\.example"):
        learn_providers(mailing.office, later)
    assert {name for name, _, _ in server.asked} == {"school.example", "firm.example", "ovh.net"}
    assert _known(mailing)["school.example"] == "google"
    server.failing.clear()
    assert learn_providers(mailing.office, later) == 3


def test_one_domain_whose_name_servers_are_broken_is_left_until_tomorrow(mailing, server):
    server.failing["school.example"] = "SERVFAIL"
    assert learn_providers(mailing.office, mailing.now) == 2
    server.asked.clear()
    assert learn_providers(mailing.office, mailing.now + AGAIN) == 0
    assert server.asked == []
    server.failing.clear()
    assert learn_providers(mailing.office, mailing.now + AGAIN + timedelta(seconds=1)) == 1
    assert _known(mailing)["school.example"] == "google"


@pytest.mark.parametrize("change", ["folder", "no groups"])
def test_nothing_is_asked_when_no_mail_leaves_or_no_destination_has_a_lane(
    mailing, bench, server, office, change
):
    if change == "folder":
        mailing.office = replace(mailing.office, settings=office.settings)
    else:
        mailing.office = replace(mailing.office, groups=())
    assert learn_providers(mailing.office, mailing.now) == 0
    assert server.asked == []
