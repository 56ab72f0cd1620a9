"""Leases: a worker's word that it lives, and that what it has in hand is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from newsletter.store.insert import insert_or_update
from newsletter.store.tables import leases

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def take_lease(
    connection: Connection, worker: str, until: datetime, *, lane: str = "", connections: int = 0
) -> None:
    """This worker has something in hand from now on, over so many connections of a lane."""
    values = {"worker": worker, "until": until, "lane": lane, "connections": connections}
    connection.execute(insert_or_update(connection, leases, values, ["worker"]))


def renew_lease(connection: Connection, worker: str, now: datetime, until: datetime) -> bool:
    """Say that a worker still lives; False if its lease has run out, and what it has in hand may be anybody's."""
    row = leases.c
    here = row.worker == worker, row.until > now
    return connection.execute(update(leases).where(*here).values(until=until)).rowcount == 1


def end_lease(connection: Connection, worker: str) -> None:
    """This worker has nothing in hand any more."""
    connection.execute(delete(leases).where(leases.c.worker == worker))


def has_lease(connection: Connection, worker: str) -> bool:
    """Whether there is a lease of this worker, run out or not."""
    return connection.execute(select(leases.c.worker).where(leases.c.worker == worker)).first() is not None


def all_leases(connection: Connection) -> list[str]:
    """Workers that have a lease, run out or not."""
    return list(connection.scalars(select(leases.c.worker).order_by(leases.c.worker)))


def dead_workers(connection: Connection, now: datetime) -> list[str]:
    """Workers whose lease has run out."""
    row = leases.c
    return list(connection.scalars(select(row.worker).where(row.until <= now).order_by(row.worker)))


def bury(connection: Connection, worker: str, now: datetime) -> bool:
    """Take a dead worker's lease away; False if it lives after all, or somebody else was first."""
    row = leases.c
    return connection.execute(delete(leases).where(row.worker == worker, row.until <= now)).rowcount == 1


def connections_in_use(connection: Connection, lane: str | None, but: str, now: datetime) -> int:
    """How many connections living workers use for a lane (None: for all of them), the worker `but` left out."""
    row = leases.c
    used = select(func.coalesce(func.sum(row.connections), 0)).where(row.worker != but, row.until > now)
    if lane is not None:
        used = used.where(row.lane == lane)
    return int(connection.execute(used).scalar_one())
