"""Recurring occurrences on the real store: daemons that die between claim and commit lose nothing and double nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.core.recurrence import Daily, Monthly, Recurrence
from newsletter.core.schedule import Occurrence, OccurrenceState, Schedule, plan_occurrences
from newsletter.flows.planned import unclaimed
from newsletter.store.occurrences import claim_occurrence, claimed_instants

NUMBERS = count()
START = datetime(2027, 3, 20, tzinfo=UTC)
LATENESS = timedelta(hours=6)


class KilledError(Exception):
    """A daemon that was killed before the commit."""


def killed(_connection, *, dies):
    if dies:
        raise KilledError


def look(database, schedules, now, *, dies):
    """One beat of a daemon; gives what it launched."""
    launched = []
    due = plan_occurrences(schedules, START, now + timedelta(microseconds=1))
    with database.read() as connection:
        fresh = unclaimed(connection, due)
    for one in [each for each in due if each in fresh]:
        state = OccurrenceState.MISSED if one.is_too_late(now) else OccurrenceState.LAUNCHED
        with suppress(KilledError), database.write() as connection:
            if claim_occurrence(connection, one.schedule, one.instant, state, now):
                launched.append(one)
            killed(connection, dies=dies)
        if dies:
            return launched[:-1]
    return launched


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.sampled_from(("Europe/Brussels", "Australia/Lord_Howe", "Pacific/Apia")),
    st.sampled_from((Daily(), Monthly((-1,), (4,)), Monthly((31,)))),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.lists(st.tuples(st.integers(1, 4000), st.booleans()), min_size=1, max_size=12),
)
def test_each_occurrence_is_claimed_once_and_in_order(database, zone, days, at, beats):
    own = Schedule(f"digest:{next(NUMBERS)}", Recurrence(days, (at,)), zone, LATENESS)
    now, fired = START, []
    for minutes, dies in beats:
        now += timedelta(minutes=minutes)
        fired += look(database, [own], now, dies=dies)
    fired += look(database, [own], now, dies=False)
    assert fired == list(own.occurrences(START, now + timedelta(microseconds=1)))
    assert look(database, [own], now, dies=False) == []
    with database.read() as connection:
        kept = claimed_instants(connection, [own.name], START, now)
    assert kept == {(own.name, one.instant) for one in fired}


def test_one_of_many_is_claimed_by_its_instant_and_a_single_one_by_its_name(database):
    recurring = [Occurrence("digest:w", START + timedelta(days=n), LATENESS, recurs=True) for n in range(3)]
    single = Occurrence("reminder:x:7", START, LATENESS)
    with database.write() as connection:
        claim_occurrence(connection, "digest:w", recurring[0].instant, OccurrenceState.LAUNCHED, START)
        claim_occurrence(connection, "reminder:x:7", START, OccurrenceState.LAUNCHED, START)
    later = Occurrence("reminder:x:7", START + timedelta(hours=1), LATENESS)
    with database.read() as connection:
        assert unclaimed(connection, [*recurring, single, later]) == set(recurring[1:])
