"""A worker that was taken for dead hands nothing over: what it holds may be anybody's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.flows.recover import recover
from newsletter.flows.window import LeaseLost

ISSUE = "september-2021"
PEOPLE = [f"p{number}@example.org" for number in range(6)]


@pytest.fixture
def launched(bench):
    bench.enrol(*PEOPLE)
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    return bench


def _states(bench):
    return Counter(bench.rows(ISSUE).values())


def _in_the_second_window(bench, act):
    """Let `act` happen when a window of two has just been claimed, before anything of it is handed over."""
    send_many = bench.transport.send_many

    def meanwhile(messages, watch, **options):
        if len(messages) > 1:
            bench.transport.send_many = send_many
            act(watch)
        send_many(messages, watch, **options)

    bench.transport.send_many = meanwhile


def test_a_worker_that_slept_over_its_lease_hands_nothing_over(launched):
    lease = launched.office.settings.delivery.lease
    _in_the_second_window(launched, lambda _: launched.clock.set(launched.now + lease))
    launched.deliver(
        stop=lambda: launched.now > launched.campaign(ISSUE).instant and len(launched.sent()) == 1
    )
    assert launched.sent() == PEOPLE[:1]
    assert _states(launched) == {"sent": 1, "ready": 5}
    assert set(launched.rows(ISSUE, "attempts").values()) == {0, 1}
    launched.deliver()
    assert launched.sent() == PEOPLE


def test_a_clock_that_jumps_right_before_the_wire_is_noticed_there(launched):
    lease = launched.office.settings.delivery.lease

    def jump(watch, halted=None):
        def look():
            launched.clock.set(launched.now + lease)
            return False

        watch.halted = look

    _in_the_second_window(launched, jump)
    with pytest.raises(LeaseLost, match="lease ran out"):
        launched.deliver()
    assert launched.sent() == PEOPLE[:1]
    assert _states(launched) == {"sent": 1, "ready": 5}
    launched.deliver()
    assert launched.sent() == PEOPLE


@pytest.mark.parametrize(("resend_is_harmless", "state"), [(True, "ready"), (False, "unsure")])
def test_what_another_worker_has_taken_up_is_not_touched_by_the_one_that_slept(
    launched, resend_is_harmless, state
):
    office, lease = launched.office, launched.office.settings.delivery.lease
    other = replace(office, worker="other")

    def sleep_and_be_buried(_):
        launched.clock.set(launched.now + lease)
        # Another machine: the journal of the one that slept is not there.
        (office.journals / "nothing").touch()
        for path in office.journals.iterdir():
            path.unlink()
        recover(other, launched.now, resend_is_harmless=resend_is_harmless)

    _in_the_second_window(launched, sleep_and_be_buried)
    before = launched.campaign(ISSUE).instant
    launched.deliver(stop=lambda: launched.now > before + timedelta(seconds=1))
    assert launched.sent() == PEOPLE[:1]
    taken_up = {"ready": 5} if state == "ready" else {"unsure": 2, "ready": 3}
    assert _states(launched) == {"sent": 1, **taken_up}
