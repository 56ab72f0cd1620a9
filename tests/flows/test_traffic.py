"""Many workers in the same lanes at the same time: nobody waits for ever, and what is counted is what went."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from threading import Thread

import pytest

from newsletter.core.lane import WAY_OUT, Lane, Lanes
from newsletter.core.reply import LaneMove
from newsletter.flows.lanes import list_lanes
from newsletter.flows.traffic import Traffic
from newsletter.wiring import open_office

TURNS = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request, workspace, clock):
    with ExitStack() as stack:
        settings = {"secret": "a key for tests"}
        if request.param == "postgresql":
            settings["database"] = stack.enter_context(request.getfixturevalue("postgresql_tables")())
        office = open_office(workspace, clock, settings)
        stack.callback(office.database.close)
        # Only the group has a limit, so that a complaint about everything comes to a lane that was not locked before.
        yield replace(office, lanes=Lanes.of([Lane("some", 360_000)]))


def test_claims_answers_and_complaints_do_not_lock_each_other_out(opened):
    now, troubles, taken = opened.clock(), [], []

    def work(worker):
        traffic = Traffic(replace(opened, worker=worker))
        try:
            for turn in range(TURNS):
                with opened.database.write() as connection:
                    traffic.open_lanes(connection, now)
                    grant = traffic.grant(connection, "some", now, 4)
                    traffic.spend(connection, "some", grant.messages, now)
                left = min(grant.messages, 1)
                taken.append(grant.messages - left)
                moves = {(WAY_OUT, LaneMove.SLOW): "too fast"} if turn == TURNS - 1 else {}
                with opened.database.write() as connection:
                    traffic.settle(connection, "some", left, moves, now)
        except Exception as trouble:  # noqa: BLE001 - told by the assertion below
            troubles.append(trouble)

    threads = [Thread(target=work, args=(f"worker {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert troubles == []
    lanes = {lane.name: lane for lane in list_lanes(opened, now)}
    assert lanes["some"].sent_today == sum(taken) <= 1000
    assert lanes["*"].slowness == 1
