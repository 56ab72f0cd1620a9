"""A clock that jumps while a worker sends: its lease has run out for everybody, and nobody gets a mail twice."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from storm import CONNECTIONS, storm_in

from newsletter.flows.deliver import deliver_due
from newsletter.flows.tick import launch_due
from newsletter.flows.window import LeaseLost
from newsletter.wiring import open_office

pytestmark = pytest.mark.crash

COUNT = 200


class JumpingClock:
    """The machine's clock, and how far it is off."""

    def __init__(self):
        self.off = timedelta(0)

    def __call__(self):
        return datetime.now(UTC) + self.off


@pytest.mark.parametrize("back", [True, False], ids=["there and back", "and stays"])
def test_a_clock_that_jumps_by_an_hour_mails_nobody_twice(workspace, monkeypatch, back):
    monkeypatch.setenv("NEWSLETTER_SECRET", "a key for tests")
    database = "sqlite:///var/newsletter.sqlite"
    with storm_in(
        workspace, f"clock jumps, back: {back}", kind="local", workers=1, database=database, count=COUNT
    ) as storm:
        clock = JumpingClock()
        storm.house.schedule()
        offices = [replace(open_office(workspace), clock=clock) for _ in range(2)]
        clock.off = timedelta(seconds=5)
        launch_due(offices[0], clock())

        def send():
            with suppress(LeaseLost):
                deliver_due(offices[0])

        first = threading.Thread(target=send)
        first.start()
        storm.wait_taken(COUNT // 4)
        clock.off += timedelta(hours=1)
        deliver_due(offices[1])
        clock.off -= timedelta(hours=1 if back else 0)
        first.join(30)
        assert not first.is_alive()
        deliver_due(offices[1])
        verdict = storm.finish()
        for office in offices:
            office.database.close()
    verdict.hold(most_unsure=CONNECTIONS)
