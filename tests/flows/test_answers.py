"""What a server answers becomes a move: of the row, of the person, of the campaign."""

from __future__ import annotations

import pytest

from newsletter.flows.approve import resume_campaign
from newsletter.flows.doctor import examine
from newsletter.store.people import list_suppressions
from newsletter.transports.contract import Outcome, Receipt, Stage

ISSUE = "september-2021"
PEOPLE = [f"p{number}@example.org" for number in range(12)]


@pytest.fixture
def launched(bench):
    bench.enrol(*PEOPLE)
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    return bench


def _answer(bench, addresses, code, enhanced, text):
    def send(envelope, accept=bench.transport.send):
        if envelope.recipient not in addresses:
            return accept(envelope)
        told = (Outcome.NEVER, Stage.RCPT, code, enhanced, text)
        return Receipt(envelope.message_id, envelope.recipient, *told)

    bench.transport.send = send


def test_an_address_that_does_not_exist_is_suppressed(launched):
    _answer(launched, PEOPLE[:1], 550, "5.1.1", "no such user here")
    launched.deliver()
    assert launched.rows(ISSUE)[PEOPLE[0]] == "failed"
    assert launched.campaign(ISSUE).state == "sent"
    with launched.office.database.read() as connection:
        assert [row["address"] for row in list_suppressions(connection, 9)] == [PEOPLE[0]]


def test_a_fault_of_ours_pauses_the_campaign_says_why_and_suppresses_nobody(launched):
    _answer(launched, PEOPLE, 550, "5.7.26", "mail from your domain is not authenticated")
    tally = launched.deliver()
    states = list(launched.rows(ISSUE).values())
    assert launched.campaign(ISSUE).state == "paused"
    assert 3 <= states.count("failed") < len(PEOPLE)
    assert states.count("ready") == len(PEOPLE) - states.count("failed")
    problems = examine(launched.office, launched.now).problems
    assert [one for one in problems if tally.paused[ISSUE] in one.what]
    with launched.office.database.read() as connection:
        assert list_suppressions(connection, 9) == []


def test_a_campaign_that_goes_on_after_a_pause_says_so_no_more(launched):
    accept = launched.transport.send
    _answer(launched, PEOPLE, 550, "5.7.26", "mail from your domain is not authenticated")
    launched.deliver()
    launched.transport.send = accept
    resume_campaign(launched.office, ISSUE)
    launched.deliver()
    assert launched.campaign(ISSUE).state == "sent"
    assert not [
        one for one in examine(launched.office, launched.now).problems if "paused by itself" in one.what
    ]
