"""The chores: one daemon does each of them, a failing one stops nobody, and the doctor tells."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from newsletter.core.lane import OTHERS
from newsletter.core.refusal import ContentRefused
from newsletter.daemon import Daemon
from newsletter.flows import doctor
from newsletter.flows.doctor import examine
from newsletter.flows.housekeeping import AGAIN, HOUSEKEEPING, Chore, do_chore
from newsletter.flows.tick import note_alive
from newsletter.store import ledger
from newsletter.store.chores import list_chores
from newsletter.store.leases import all_leases, take_lease
from newsletter.store.occurrences import last_beats
from newsletter.transports.contract import Outcome
from newsletter.wiring import open_office

DAY = timedelta(days=1)


def _chore(name):
    return next(chore for chore in HOUSEKEEPING if chore.name == name)


def _do(office, name):
    done = do_chore(office, _chore(name), office.clock())
    assert done is not None
    assert not done.trouble
    return done.did


def test_names_of_chores_are_unique():
    assert len({chore.name for chore in HOUSEKEEPING}) == len(HOUSEKEEPING)


def test_two_daemons_do_a_chore_once_and_a_new_one_does_not_repeat_it(office, workspace, clock):
    other = open_office(workspace, clock, {"secret": "a key for tests"})
    done = []
    chore = Chore("count", DAY, lambda here, _now, _stop: done.append(here.worker) or "counted")
    assert do_chore(office, chore, clock.now).did == "counted"
    assert do_chore(other, chore, clock.now) is None
    clock.set(clock.now + DAY)
    assert do_chore(other, chore, clock.now) is not None
    assert do_chore(office, chore, clock.now) is None
    assert done == [office.worker, other.worker]
    other.database.close()


@pytest.mark.parametrize("error", [ContentRefused.because("Not today."), ZeroDivisionError("nothing")])
def test_a_failing_chore_is_told_once_comes_again_soon_and_is_news_when_it_fails_anew(
    office, clock, error, monkeypatch
):
    broken = [True]

    def run(_office, _now, _stop):
        if broken[0]:
            raise error
        return ""

    chore = Chore("feeds", DAY, run)
    monkeypatch.setattr(doctor, "HOUSEKEEPING", (chore,))
    daemon = Daemon(office)
    with structlog.testing.capture_logs() as log:
        for _ in range(3):
            daemon.chore(chore)()
            clock.set(clock.now + AGAIN)
        assert len(log) == 1
        told = [problem for problem in examine(office, clock.now).problems if "feeds" in problem.what]
        assert [problem.level for problem in told] == ["warning"]
        broken[0] = False
        daemon.chore(chore)()
        broken[0] = True
        clock.set(clock.now + DAY)
        daemon.chore(chore)()
        assert len(log) == 2


def test_what_a_dead_worker_held_comes_back_without_any_worker(bench):
    bench.enrol("ada@example.org")
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    until = bench.now + timedelta(minutes=2)
    campaign = bench.campaign("september-2021")
    with bench.office.database.write() as connection:
        take_lease(connection, "dead", until)
        assert ledger.claim_batch(connection, campaign, OTHERS, "dead", bench.now, 10).rows
    assert _do(bench.office, "leases") == ""
    bench.clock.set(until + timedelta(minutes=1))
    assert _do(bench.office, "leases") == "took back what 1 dead workers held"
    assert bench.rows("september-2021") == {"ada@example.org": "unsure"}
    assert _do(bench.office, "waiting") == "1 deliveries are unsure: they wait for a decision"


def test_a_living_lease_is_left_alone(office, clock):
    with office.database.write() as connection:
        take_lease(connection, office.worker, clock.now + timedelta(minutes=2))
    _do(office, "leases")
    with office.database.read() as connection:
        assert all_leases(connection) == [office.worker]


def test_old_heartbeats_and_orphaned_journals_go(office, clock):
    note_alive(replace(office, worker="long ago"), clock.now - 8 * DAY)
    note_alive(office, clock.now)
    office.journals.mkdir(parents=True)
    long_ago = (clock.now - 8 * DAY).timestamp()
    for name, at in (("gone", long_ago), ("held", long_ago), ("fresh", clock.now.timestamp())):
        path = office.journals / f"{name}.journal"
        path.touch()
        os.utime(path, (at, at))
    with office.database.write() as connection:
        take_lease(connection, "held", clock.now + DAY)
    assert _do(office, "retention") == "removed 1 heartbeats, 1 journals"
    assert sorted(path.stem for path in office.journals.iterdir()) == ["fresh", "held"]
    with office.database.read() as connection:
        assert list(last_beats(connection)) == [office.worker]


def test_statistics_are_counted(office):
    assert _do(office, "statistics") == "counted"
    with office.database.read() as connection:
        assert list_chores(connection)["statistics"]["did"] == "counted"


def test_the_doctor_says_when_each_chore_was_last_done(office, clock):
    assert examine(office, clock.now).facts["housekeeping: retention"] == "has never run here"
    _do(office, "retention")
    assert examine(office, clock.now).facts["housekeeping: retention"] == "last 2021-09-15T06:00:00+00:00"


def test_waiting_is_quiet_when_nothing_waits(bench):
    bench.transport.answers["ada@example.org"] = Outcome.LATER
    assert _do(bench.office, "waiting") == ""
