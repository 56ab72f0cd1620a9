"""A chore is claimed once for each time it is due, on both databases; and the times in which nobody was there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from newsletter.store.absences import absences_between, forget_absences, note_absence
from newsletter.store.chores import claim_chore, finish_chore, is_chore_due, list_chores
from newsletter.store.occurrences import beat, beat_worker, forget_beats, presences

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def claim(database, now, worker="one", every=HOUR):
    with database.write() as connection:
        return claim_chore(connection, "feeds", every, now, worker)


def due(database, now, every=HOUR):
    with database.read() as connection:
        return is_chore_due(connection, "feeds", every, now)


def test_a_chore_is_due_once_in_its_period(database):
    assert due(database, NOW)
    assert claim(database, NOW)
    assert not due(database, NOW + 59 * MINUTE)
    assert not claim(database, NOW + 59 * MINUTE, "two")
    assert due(database, NOW + HOUR)
    assert claim(database, NOW + HOUR, "two")
    assert not claim(database, NOW + HOUR, "one")


def test_of_many_who_claim_at_the_same_moment_one_wins(database):
    workers, rounds = 4, 3
    together = Barrier(workers)

    def race(number):
        won = 0
        for turn in range(rounds):
            together.wait(timeout=30)
            won += claim(database, NOW + turn * HOUR, f"worker {number}")
        return won

    with ThreadPoolExecutor(workers) as threads:
        assert sum(threads.map(race, range(workers))) == rounds


def test_a_clock_that_was_set_back_does_not_hold_up_a_chore_for_ever(database):
    assert claim(database, NOW + timedelta(days=365))
    assert due(database, NOW)
    assert claim(database, NOW)
    assert not claim(database, NOW - MINUTE / 2)  # that much two clocks may differ


def test_what_came_of_a_chore_is_kept(database):
    claim(database, NOW)
    with database.write() as connection:
        finish_chore(connection, "feeds", NOW + MINUTE, did="", trouble="away", due_at=NOW + 5 * MINUTE)
    assert due(database, NOW + 5 * MINUTE)
    with database.read() as connection:
        row = list_chores(connection)["feeds"]
    assert (row["started_at"], row["finished_at"], row["trouble"]) == (NOW, NOW + MINUTE, "away")


def test_absences_that_touch_a_time_are_found(database):
    with database.write() as connection:
        assert note_absence(connection, NOW, NOW + HOUR)
        assert not note_absence(connection, NOW, NOW + 2 * HOUR)
        assert note_absence(connection, NOW + 3 * HOUR, NOW + 4 * HOUR)
        assert absences_between(connection, NOW + 30 * MINUTE, NOW + 2 * HOUR) == [(NOW, NOW + HOUR)]
        assert absences_between(connection, NOW + HOUR, NOW + 2 * HOUR) == []
        assert len(absences_between(connection, NOW - HOUR, NOW + 5 * HOUR)) == 2
        assert forget_absences(connection, NOW + 2 * HOUR) == 1


def test_a_scheduler_keeps_since_when_it_lives(database):
    with database.write() as connection:
        beat(connection, "one", NOW)
        beat(connection, "one", NOW + MINUTE, ticked_at=NOW + MINUTE / 2)
        beat_worker(connection, "two", NOW + HOUR)
        seen = presences(connection)
        assert [(one.since, one.at, one.ticked_at) for one in seen] == [(NOW, NOW + MINUTE, NOW + MINUTE / 2)]
        assert forget_beats(connection, NOW + 2 * MINUTE) == 1
        assert presences(connection) == []
