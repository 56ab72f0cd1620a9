"""What every engine promises, with real processes: everybody once, whoever dies, and nothing cut off when it stops."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter

import pytest
from engine_house import PEOPLE, poll
from throwaway_postgresql import is_alive

pytestmark = pytest.mark.crash

# A worker has at most so many mails on the wire: connections × the next one behind the one that waits.
ON_THE_WIRE = 8
MIDDLE = 100
ROUNDS = int(os.environ.get("NEWSLETTER_CRASH_ROUNDS", "1"))


def test_everybody_gets_one_mail(lay_house, engine):
    with lay_house(*engine) as house:
        house.start_all()
        house.wait_for_workers()
        house.schedule()
        house.wait_settled()
        assert house.states() == {"sent": len(PEOPLE)}
        assert house.sink.deliveries == Counter(PEOPLE)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_worker_killed_in_the_middle_loses_nobody_and_mails_nobody_twice(lay_house, engine, seed):
    with lay_house(*engine, hold_after=random.Random(seed).randrange(5, 250)) as house:
        house.start_all()
        house.wait_for_workers()
        house.schedule()
        house.wait_held()
        victim = house.victim()
        os.kill(victim, signal.SIGKILL)
        poll(lambda: not is_alive(victim), "its death")
        house.sink.free.set()
        if victim == house.processes[0].pid:  # nobody is left to start it again
            house.start("scheduler")
        house.wait_settled()
        states = house.states()
        assert sum(states.values()) == len(PEOPLE)
        assert set(states) <= {"sent", "unsure"}, states
        assert states.get("unsure", 0) <= ON_THE_WIRE
        assert max(house.sink.deliveries.values()) == 1
        assert len(house.sink.deliveries) >= states["sent"]


def test_a_stop_finishes_the_mails_in_hand_everywhere(lay_house, engine):
    with lay_house(*engine, hold_after=MIDDLE) as house:
        house.start_all()
        house.wait_for_workers()
        house.schedule()
        house.wait_held()
        pids = house.worker_pids()
        for process in house.processes:
            process.send_signal(signal.SIGTERM)
        house.sink.free.set()
        assert [process.wait(10) for process in house.processes] == [0] * len(house.processes), house.logs()
        assert not any(map(is_alive, pids))
        states = house.states()
        assert set(states) == {"sent", "ready"}, states
        assert len(house.sink.deliveries) == states["sent"]
        house.start_all()
        house.wait_settled()
        assert house.sink.deliveries == Counter(PEOPLE)


def test_processes_do_not_outlive_a_parent_that_was_killed(lay_house):
    with lay_house("local", 2, "sqlite") as house:
        parent = house.start("scheduler")
        house.wait_for_workers()
        pids = house.worker_pids()
        parent.kill()
        parent.wait(10)
        poll(lambda: not any(map(is_alive, pids)), "the children to go")


def test_a_process_that_dies_is_started_again(lay_house):
    with lay_house("local", 2, "sqlite") as house:
        house.start("scheduler")
        house.wait_for_workers()
        before = set(house.worker_pids())
        os.kill(min(before), signal.SIGKILL)
        poll(lambda: set(house.worker_pids()) > before, lambda: f"another: {house.logs()}")


def test_a_worker_of_the_engine_of_many_machines_may_be_a_pool_too(lay_house):
    with lay_house("procrastinate", 2, "postgresql") as house:
        house.start("scheduler")
        worker = house.start("worker")
        poll(lambda: len(house.worker_pids()) == 2, lambda: f"the pool: {house.logs()}")
        pids = set(house.worker_pids())
        house.schedule()
        house.wait_settled()
        assert house.sink.deliveries == Counter(PEOPLE)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
        assert not any(map(is_alive, pids))


def test_serve_is_enough_for_the_engine_of_many_machines(lay_house):
    with lay_house("procrastinate", 1, "postgresql") as house:
        serve = house.start("serve", "--port", "0")
        poll(lambda: house.worker_pids() == [serve.pid], lambda: f"its worker: {house.logs()}")
        house.schedule()
        house.wait_settled()
        assert house.sink.deliveries == Counter(PEOPLE)
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(10) == 0
