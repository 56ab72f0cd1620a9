"""Chores of the housekeeping: each is done once when it is due, by whoever moves its row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from newsletter.store.daemon_tables import chores
from newsletter.store.insert import insert_ignore

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

# Clocks of two machines may differ by so much; a chore that is due later than that is due by a clock that was wrong.
_SLACK = timedelta(minutes=1)


def is_chore_due(connection: Connection, name: str, every: timedelta, now: datetime) -> bool:
    """Whether nobody has done this chore for so long; nothing is locked by asking."""
    due_at = connection.scalar(select(chores.c.due_at).where(chores.c.name == name))
    return due_at is None or due_at <= now or due_at > now + every + _SLACK


def claim_chore(connection: Connection, name: str, every: timedelta, now: datetime, worker: str) -> bool:
    """Take a chore that is due upon oneself; False if another scheduler was first. It is due again after `every`."""
    claim = {"due_at": now + every, "started_at": now, "finished_at": None, "worker": worker}
    first = {"name": name, "did": "", "trouble": "", **claim}
    if connection.execute(insert_ignore(connection, chores, first)).rowcount == 1:
        return True
    row = chores.c
    due = or_(row.due_at <= now, row.due_at > now + every + _SLACK)
    return connection.execute(update(chores).where(row.name == name, due).values(claim)).rowcount == 1


def finish_chore(
    connection: Connection, name: str, now: datetime, *, did: str, trouble: str, due_at: datetime
) -> None:
    """Write down what came of a chore, and when it is due again."""
    values = {"finished_at": now, "did": did, "trouble": trouble, "due_at": due_at}
    connection.execute(update(chores).where(chores.c.name == name).values(values))


def list_chores(connection: Connection) -> dict[str, dict[str, Any]]:
    """What is known of each chore that was ever begun, by name."""
    found = connection.execute(select(chores)).mappings()
    return {row["name"]: dict(row) for row in found}
