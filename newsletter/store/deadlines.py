"""Deadlines as the scheduler knows them."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from newsletter.core.deadline import Deadline, DeadlineState
from newsletter.store.tables import deadlines

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


def add_deadline(connection: Connection, deadline: Deadline) -> None:
    """Store a deadline that has become known at its `planned_at`; rungs before that are never sent."""
    connection.execute(insert(deadlines).values(_values(deadline)))


def change_deadline(connection: Connection, deadline: Deadline, before: int) -> bool:
    """Overwrite a deadline whose sequence is still `before`; False if somebody else has moved it meanwhile."""
    here = deadlines.c.key == deadline.key, deadlines.c.sequence == before
    return connection.execute(update(deadlines).where(*here).values(_values(deadline))).rowcount == 1


def find_deadline(connection: Connection, key: str) -> Deadline | None:
    """The deadline with this key."""
    row = connection.execute(select(deadlines).where(deadlines.c.key == key)).one_or_none()
    return None if row is None else _deadline(row)


def list_deadlines(connection: Connection) -> list[Deadline]:
    """Every deadline, earliest first."""
    query = select(deadlines).order_by(deadlines.c.instant, deadlines.c.key)
    return [_deadline(row) for row in connection.execute(query)]


def _values(deadline: Deadline) -> dict[str, Any]:
    return {
        "key": deadline.key,
        "at": deadline.at,
        "zone": deadline.zone,
        "instant": deadline.instant,
        "url": deadline.url,
        "audience": deadline.audience,
        "ladder": list(deadline.ladder),
        "sequence": deadline.sequence,
        "state": deadline.state,
        "former_at": deadline.former_at,
        "planned_at": deadline.planned_at,
        "remind_at": f"{deadline.remind_at:%H:%M}" if deadline.remind_at else None,
        "audiences": {str(days): segment for days, segment in deadline.audiences.items()},
        "notice_at": deadline.notice_at,
        "approved_at": deadline.approved_at,
        "approved_sequence": deadline.approved_sequence,
    }


def _deadline(row: Row[Any]) -> Deadline:
    return Deadline(
        key=row.key,
        at=row.at,
        zone=row.zone,
        url=row.url,
        audience=row.audience,
        ladder=tuple(row.ladder),
        sequence=row.sequence,
        state=DeadlineState(row.state),
        former_at=row.former_at,
        planned_at=row.planned_at,
        remind_at=time.fromisoformat(row.remind_at) if row.remind_at else None,
        audiences={int(days): segment for days, segment in row.audiences.items()},
        notice_at=row.notice_at,
        approved_at=row.approved_at,
        approved_sequence=row.approved_sequence,
    )
