"""The pace of a lane as the database keeps it, and who takes the mail of a domain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

from newsletter.core.lane import Lane, Pace, allowance, slowed, spent
from newsletter.store import people
from newsletter.store.lanes import (
    domains_to_look_up,
    know_lanes,
    locked_pace,
    paces,
    postpone_domains,
    set_pace,
    set_providers,
)

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
MONTH = timedelta(days=30)


def test_a_pace_comes_back_as_it_was_written(database):
    lane = Lane("google", 100)
    pace = spent(lane, slowed(lane, Pace(), NOW, "too fast"), 1, NOW, NOW.date())
    with database.write() as connection:
        assert locked_pace(connection, "google") == Pace()
        set_pace(connection, "google", pace)
    with database.read() as connection:
        assert paces(connection) == {"google": pace}


def test_lanes_are_known_once(database):
    with database.write() as connection:
        know_lanes(connection, ["", "google"])
        know_lanes(connection, ["google", "orange"])
        assert list(paces(connection)) == ["", "google", "orange"]


def test_workers_that_take_at_the_same_time_share_what_there_is(database):
    lane, taken = Lane("google", 3600), []

    def work():
        for _ in range(8):
            with database.write() as connection:
                pace = locked_pace(connection, "google")
                free = min(allowance(lane, pace, NOW, NOW.date()), 1)
                set_pace(connection, "google", spent(lane, pace, free, NOW, NOW.date()))
                taken.append(free)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(taken), sum(taken)) == (16, 10)


def _enrol(connection, address):
    row = people.PersonRow(address, address, f"hash of {address}", "", "en", "", "", NOW, "form", (), None)
    people.add_person(connection, row)


def test_domains_are_looked_up_by_how_many_people_have_them_and_not_again_within_a_month(database):
    with database.write() as connection:
        for address in ("a@one.example", "a@two.example", "b@two.example", "a@gmail.com"):
            _enrol(connection, address)
        before = NOW - MONTH
        assert domains_to_look_up(connection, before, 9) == ["two.example", "gmail.com", "one.example"]
        assert domains_to_look_up(connection, before, 1, ["two.example"]) == ["gmail.com"]
        set_providers(connection, {"two.example": "google", "gmail.com": "google"}, NOW)
        assert domains_to_look_up(connection, before, 9) == ["one.example"]
        assert domains_to_look_up(connection, NOW + timedelta(seconds=1), 1) == ["two.example"]
        postpone_domains(connection, ["one.example", "two.example"], before)
        assert domains_to_look_up(connection, before, 9) == []
        assert len(domains_to_look_up(connection, before + timedelta(seconds=1), 9)) == 2
