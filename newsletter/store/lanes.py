"""The pace of each lane, shared by all workers; and who takes the mail of a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from newsletter.core.lane import Pace
from newsletter.store.insert import insert_ignore, insert_or_update
from newsletter.store.tables import lanes, providers, subscribers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

_STATE = (
    lanes.c.tokens,
    lanes.c.filled_at,
    lanes.c.slowness,
    lanes.c.slowed_at,
    lanes.c.held_until,
    lanes.c.note,
    lanes.c.day,
    lanes.c.day_count,
)


def know_lanes(connection: Connection, names: Iterable[str]) -> None:
    """See to it that these lanes have a row; rows of the ledger are looked for lane by lane."""
    known = set(connection.scalars(select(lanes.c.name)))
    for name in sorted(set(names) - known):
        connection.execute(insert_ignore(connection, lanes, {"name": name}))


def paces(connection: Connection) -> dict[str, Pace]:
    """Where every lane stands, by name."""
    query = select(lanes.c.name, *_STATE).order_by(lanes.c.name)
    return {name: Pace(*state) for name, *state in connection.execute(query)}


def locked_pace(connection: Connection, name: str) -> Pace:
    """Where a lane stands; no other worker gets to know before this transaction ends."""
    know_lanes(connection, [name])
    return Pace(*connection.execute(select(*_STATE).where(lanes.c.name == name).with_for_update()).one())


def set_pace(connection: Connection, name: str, pace: Pace) -> None:
    """Write down where a lane stands now."""
    values = {column.name: getattr(pace, column.name) for column in _STATE}
    connection.execute(update(lanes).where(lanes.c.name == name).values(values))


def domains_to_look_up(
    connection: Connection, before: datetime, limit: int, but: Iterable[str] = ()
) -> list[str]:
    """Domains of most people first, those that were not looked up since `before`.

    Args:
        but: domains of which it is known without a question who takes their mail.
    """
    domain, known = subscribers.c.domain, providers.c
    fresh = select(known.domain).where(known.domain == domain, known.looked_up_at >= before)
    wanted = domain != "", domain.not_in(list(but)), ~fresh.exists()
    query = select(domain).where(*wanted).group_by(domain).order_by(func.count().desc(), domain)
    return list(connection.scalars(query.limit(limit)))


def set_providers(connection: Connection, found: Mapping[str, str], now: datetime) -> None:
    """Note who takes the mail of these domains."""
    for domain, provider in found.items():
        values = {"domain": domain, "provider": provider, "looked_up_at": now}
        connection.execute(insert_or_update(connection, providers, values, ["domain"]))


def postpone_domains(connection: Connection, domains: Iterable[str], at: datetime) -> None:
    """Note that these domains were last looked up `at`, and leave what is known of them."""
    for domain in domains:
        values = {"domain": domain, "provider": "", "looked_up_at": at}
        connection.execute(insert_ignore(connection, providers, values))
        here = providers.c.domain == domain
        connection.execute(update(providers).where(here).values(looked_up_at=at))
