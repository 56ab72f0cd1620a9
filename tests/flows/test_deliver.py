"""Working through the ledger: every row ends with a fact, and nothing is handed over twice by itself."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from newsletter.core.token import Purpose
from newsletter.flows.approve import cancel_campaign, pause_campaign, resume_campaign
from newsletter.flows.people import suppress_address
from newsletter.flows.preferences import Wishes, find_reader, save_wishes
from newsletter.flows.unsure import decide
from newsletter.transports.contract import Outcome
from newsletter.wiring import open_office

ISSUE = "september-2021"
PEOPLE = [f"p{number}@example.org" for number in range(6)]


@pytest.fixture
def launched(bench):
    """An issue just launched to six people."""
    bench.enrol(*PEOPLE)
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    return bench


def _states(bench):
    return Counter(bench.rows(ISSUE).values())


def test_everybody_gets_it_once_and_the_campaign_is_finished(launched):
    tally = launched.deliver()
    assert launched.sent() == PEOPLE
    assert (tally.states["sent"], tally.finished) == (6, [ISSUE])
    assert launched.campaign(ISSUE).state == "sent"
    assert launched.deliver().finished == []
    assert launched.sent() == PEOPLE


def test_a_transport_that_is_down_leaves_every_row_ready(launched):
    launched.transport.down = True
    assert launched.deliver().down
    assert _states(launched) == {"ready": 6}
    launched.transport.down = False
    launched.deliver()
    assert launched.sent() == PEOPLE


def test_a_transport_that_goes_down_in_the_middle_gives_the_rest_back(launched):
    def broken_after_two(envelope, send=launched.transport.send):
        launched.transport.down = len(launched.transport.accepted) == 2
        return send(envelope)

    launched.transport.send = broken_after_two
    assert launched.deliver().down
    assert _states(launched) == {"sent": 2, "ready": 4}
    del launched.transport.send
    launched.transport.down = False
    launched.deliver()
    assert launched.sent() == PEOPLE


def test_no_connection_is_opened_when_nothing_is_due(bench):
    bench.transport.down = True
    assert not bench.deliver().down


def test_a_temporary_refusal_comes_again_with_growing_waits_and_is_given_up_in_the_end(launched):
    launched.transport.answers[PEOPLE[0]] = Outcome.LATER
    tries, due = [], launched.now
    while launched.rows(ISSUE)[PEOPLE[0]] == "ready":
        before = launched.rows(ISSUE, "attempts")[PEOPLE[0]]
        launched.deliver()
        if launched.rows(ISSUE, "attempts")[PEOPLE[0]] > before:
            tries.append(launched.now)
        launched.clock.set(launched.now + timedelta(minutes=1))
    waits = [later - sooner for sooner, later in itertools.pairwise(tries)]
    assert launched.rows(ISSUE)[PEOPLE[0]] == "failed"
    assert timedelta(minutes=5) < waits[0] < waits[1] < waits[2] <= timedelta(hours=6)
    assert due + timedelta(hours=30) < tries[-1] < due + timedelta(hours=36)
    assert launched.campaign(ISSUE).state == "sent"


def test_a_campaign_is_not_finished_while_a_row_waits(launched):
    launched.transport.answers[PEOPLE[0]] = Outcome.LATER
    assert launched.deliver().finished == []
    assert launched.campaign(ISSUE).state == "sending"


def test_a_final_refusal_fails_and_says_why(launched):
    launched.transport.answers[PEOPLE[0]] = Outcome.NEVER
    assert launched.deliver().finished == [ISSUE]
    state, reply = launched.rows(ISSUE, "state", "reply")[PEOPLE[0]]
    assert (state, reply) == ("failed", "told to answer never")


def test_an_unsure_row_is_never_sent_again_by_itself(launched):
    launched.transport.answers[PEOPLE[0]] = Outcome.UNSURE
    launched.deliver()
    launched.transport.answers.clear()
    launched.clock.set(launched.now + timedelta(days=2))
    launched.deliver()
    assert launched.rows(ISSUE)[PEOPLE[0]] == "unsure"
    assert launched.sent().count(PEOPLE[0]) == 1
    assert launched.campaign(ISSUE).state == "sending"


@pytest.mark.parametrize(("send_it_again", "mails"), [(True, 2), (False, 1)])
def test_the_officer_decides_about_unsure_rows(launched, send_it_again, mails):
    launched.transport.answers[PEOPLE[0]] = Outcome.UNSURE
    launched.deliver()
    launched.transport.answers.clear()
    assert decide(launched.office, [], ISSUE, send_it_again=send_it_again, now=launched.now) == 1
    assert decide(launched.office, [], ISSUE, send_it_again=send_it_again, now=launched.now) == 0
    launched.deliver()
    assert launched.sent().count(PEOPLE[0]) == mails
    assert _states(launched) == {"sent": 6}
    assert launched.campaign(ISSUE).state == "sent"
    ids = [one.message_id for one in launched.transport.accepted if one.recipient == PEOPLE[0]]
    assert len(set(ids)) == 1


def test_only_unsure_rows_can_be_decided(launched):
    assert decide(launched.office, [1, 2, 3], "", send_it_again=False, now=launched.now) == 0
    assert _states(launched) == {"ready": 6}


def test_a_stop_finishes_the_message_in_hand_and_gives_the_rest_back(launched):
    launched.deliver(stop=lambda: len(launched.transport.accepted) >= 3)
    assert _states(launched) == {"sent": 3, "ready": 3}
    launched.deliver()
    assert launched.sent() == PEOPLE


def _after(bench, count, act):
    """Let `act` happen while the message number `count` is handed over."""

    def send(envelope, send=bench.transport.send):
        receipt = send(envelope)
        if len(bench.transport.accepted) == count:
            act()
        return receipt

    bench.transport.send = send


def test_a_pause_in_the_middle_stops_and_resuming_goes_on(launched):
    _after(launched, 2, lambda: pause_campaign(launched.office, ISSUE))
    launched.deliver()
    # Windows grow from one row; the second has two, and what is in hand is finished.
    assert _states(launched) == {"sent": 3, "ready": 3}
    launched.deliver()
    assert len(launched.sent()) == 3
    resume_campaign(launched.office, ISSUE)
    launched.deliver()
    assert launched.sent() == PEOPLE


def test_a_cancel_in_the_middle_withholds_the_rest(launched):
    _after(launched, 2, lambda: cancel_campaign(launched.office, ISSUE, launched.now))
    launched.deliver()
    assert _states(launched) == {"sent": 3, "skipped": 3}
    assert dict(launched.report(ISSUE).withheld) == {"cancelled": 3}
    assert launched.campaign(ISSUE).state == "cancelled"


def _pause(bench, address):
    reader = find_reader(
        bench.office, bench.token(address, Purpose.PREFERENCES), Purpose.PREFERENCES, bench.now
    )
    save_wishes(
        bench.office, reader, Wishes(reader.topics, reader.language, (bench.now + timedelta(days=9)).date())
    )


@pytest.mark.parametrize(
    ("reason", "act"),
    [
        ("unsubscribed", lambda bench: bench.leaves(PEOPLE[5])),
        ("suppressed", lambda bench: suppress_address(bench.office, PEOPLE[5], "complaint", bench.now)),
        ("paused", lambda bench: _pause(bench, PEOPLE[5])),
    ],
)
def test_consent_is_asked_again_at_hand_over(launched, reason, act):
    _after(launched, 1, lambda: act(launched))
    launched.deliver()
    assert launched.rows(ISSUE, "state", "withheld")[PEOPLE[5]] == ("skipped", reason)
    assert PEOPLE[5] not in launched.sent()
    assert launched.campaign(ISSUE).state == "sent"


def test_rows_of_a_worker_that_died_come_back_after_their_lease(launched):
    class PowerCutError(BaseException):
        """Not even `finally` can write any more: the database is closed to this worker."""

    def die(envelope):
        launched.office.database.write = None
        raise PowerCutError

    launched.transport.send = die
    survivor = open_office(launched.workspace, launched.clock, {"secret": "a key for tests"})
    with pytest.raises((PowerCutError, TypeError)):
        launched.deliver()
    del launched.transport.send
    launched.office = replace(survivor, open_transport=launched.office.open_transport)
    assert _states(launched) == {"handing": 1, "ready": 5}
    launched.deliver()  # what the dead worker had not in hand waits for nobody
    assert launched.sent() == PEOPLE[1:]
    launched.clock.set(launched.now + timedelta(minutes=2))
    launched.deliver()
    assert _states(launched) == {"unsure": 1, "sent": 5}
    survivor.database.close()


def test_two_workers_share_a_campaign_without_a_duplicate(launched):
    other = open_office(launched.workspace, launched.clock, {"secret": "a key for tests"})
    other = replace(other, open_transport=launched.office.open_transport)
    second = replace(launched, office=other)
    _after(launched, 1, second.deliver)
    launched.deliver()
    assert sorted(launched.sent()) == PEOPLE
    other.database.close()


def test_campaigns_take_turns(bench):
    bench.rewrite("config.yaml", "batch: 500", "batch: 2")
    small = open_office(bench.workspace, bench.clock, {"secret": "a key for tests"})
    bench.office = replace(small, open_transport=bench.office.open_transport)
    bench.enrol(*PEOPLE)
    bench.sync()
    bench.schedule(at="2021-09-19T08:59")
    bench.at("2021-09-19T09:00")
    assert len(bench.launch()) == 2
    bench.deliver()
    order = [b"reminder" in one.content.split(b"X-Campaign: ")[1][:60] for one in bench.transport.accepted]
    # The first window has one row, as nobody knows yet how fast it goes.
    assert order == [False, *[True, True, False, False] * 2, True, True, False]
    small.database.close()


def test_a_message_that_cannot_be_made_does_not_hold_up_the_others(launched):
    with launched.office.database.write() as connection:
        wrong = {"wrong": "p2 at example.org", "right": PEOPLE[2]}
        connection.execute(text("UPDATE subscribers SET address = :wrong WHERE address = :right"), wrong)
    launched.deliver()
    assert launched.sent() == [one for one in PEOPLE if one != PEOPLE[2]]
    state, reply = launched.rows(ISSUE, "state", "reply")[wrong["wrong"]]
    assert (state, "cannot be sent to" in reply) == ("failed", True)
