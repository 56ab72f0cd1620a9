"""Leases: a worker that lives keeps what it has in hand, and one that is dead is told apart from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.store.leases import connections_in_use, dead_workers, end_lease, renew_lease, take_lease

NOW = datetime(2021, 9, 16, 7, 30, tzinfo=UTC)
LEASE = timedelta(minutes=2)
UNTIL = NOW + LEASE


def test_a_lease_is_renewed_by_whoever_still_has_it(database):
    with database.write() as connection:
        take_lease(connection, "one", UNTIL)
        assert renew_lease(connection, "one", NOW, UNTIL + LEASE)
        assert not renew_lease(connection, "two", NOW, UNTIL)
        assert dead_workers(connection, UNTIL) == []
        assert dead_workers(connection, UNTIL + LEASE) == ["one"]
        assert not renew_lease(connection, "one", UNTIL + LEASE, UNTIL + 2 * LEASE)
        end_lease(connection, "one")
        assert dead_workers(connection, UNTIL + LEASE) == []


def test_living_workers_share_the_connections_of_a_lane(database):
    with database.write() as connection:
        take_lease(connection, "one", UNTIL, lane="google", connections=3)
        take_lease(connection, "two", UNTIL, lane="google", connections=2)
        take_lease(connection, "three", UNTIL, lane="", connections=4)
        take_lease(connection, "dead", NOW, lane="google", connections=9)
        assert connections_in_use(connection, "google", "one", NOW) == 2
        assert connections_in_use(connection, None, "one", NOW) == 6
        assert connections_in_use(connection, "yahoo", "one", NOW) == 0
