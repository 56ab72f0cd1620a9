"""Due instants are claimed once, whoever asks and however many ask at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from newsletter.core.schedule import OccurrenceState
from newsletter.store.engine import open_database
from newsletter.store.occurrences import (
    beat,
    claim_occurrence,
    claimed_schedules,
    last_beats,
    list_occurrences,
    states_of,
)
from newsletter.store.tables import occurrences

AT = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
SEPTEMBER = "campaign:september"
LAUNCHED, MISSED = OccurrenceState


def claim(database, schedule=SEPTEMBER, instant=AT, state=LAUNCHED, now=AT):
    with database.write() as connection:
        return claim_occurrence(connection, schedule, instant, state, now)


def test_an_occurrence_is_claimed_once(database):
    assert claim(database)
    assert not claim(database)
    assert not claim(database, state=MISSED)
    with database.read() as connection:
        assert states_of(connection, [SEPTEMBER, "campaign:october"]) == {SEPTEMBER: LAUNCHED}


def test_the_same_instant_in_another_zone_is_the_same_instant(database):
    assert claim(database)
    assert not claim(database, instant=AT.astimezone(timezone(timedelta(hours=2))))


def test_another_instant_or_another_schedule_is_another_occurrence(database):
    assert claim(database)
    assert claim(database, instant=AT + timedelta(microseconds=1))
    assert claim(database, schedule="campaign:october")


def test_a_claim_whose_transaction_fails_is_free_again(database):
    def claim_and_fail():
        with database.write() as connection:
            assert claim_occurrence(connection, SEPTEMBER, AT, LAUNCHED, AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        claim_and_fail()
    assert claim(database)


def test_of_many_who_claim_at_the_same_moment_one_wins(database):
    workers, rounds = 6, 5
    together = Barrier(workers)

    def race(_number):
        won = 0
        for turn in range(rounds):
            together.wait(timeout=30)
            won += claim(database, instant=AT + timedelta(days=turn))
        return won

    with ThreadPoolExecutor(workers) as threads:
        assert sum(threads.map(race, range(workers))) == rounds
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(occurrences)) == rounds


def test_of_two_programs_at_one_file_one_wins(tmp_path):
    one, two = (open_database("sqlite:///shared.sqlite", tmp_path) for _ in range(2))
    one.upgrade()
    with ThreadPoolExecutor(2) as threads:
        for turn in range(10):
            won = threads.map(lambda way, day=turn: claim(way, instant=AT + timedelta(days=day)), [one, two])
            assert sorted(won) == [False, True]
    one.close()
    two.close()


def test_a_state_that_is_none_is_refused_and_not_ignored(database):
    with pytest.raises(IntegrityError):
        claim(database, state="perhaps")


def test_claimed_schedules_are_those_with_a_row(database):
    claim(database)
    with database.read() as connection:
        assert claimed_schedules(connection, [SEPTEMBER, "campaign:october"]) == {SEPTEMBER}
        assert claimed_schedules(connection, []) == set()


def test_occurrences_are_listed_by_state_newest_first(database):
    claim(database, state=MISSED)
    claim(database, instant=AT + timedelta(days=1), state=MISSED)
    claim(database, schedule="campaign:october")
    with database.read() as connection:
        missed = list_occurrences(connection, MISSED)
        assert [row["instant"] for row in missed] == [AT + timedelta(days=1), AT]
        assert missed[0]["schedule"] == SEPTEMBER
        assert len(list_occurrences(connection, MISSED, limit=1)) == 1


def test_a_heartbeat_is_the_last_one(database):
    with database.write() as connection:
        beat(connection, "daemon", AT)
        beat(connection, "daemon", AT + timedelta(minutes=1))
        beat(connection, "worker", AT)
        assert last_beats(connection) == {"daemon": AT + timedelta(minutes=1), "worker": AT}
