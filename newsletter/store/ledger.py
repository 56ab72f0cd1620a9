"""The ledger: one row per campaign and person, and the only statements that move its rows.

The allowed moves are `core.delivery.DELIVERY_MOVES`; each statement here names the state it starts from in its WHERE,
so that a row that somebody else has moved is simply not ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Integer, String, and_, bindparam, case, func, null, select, true, update

from newsletter.core.campaign import CampaignState
from newsletter.core.delivery import DELIVERY_MOVES, DeliveryState, Withheld
from newsletter.store.gate import campaign_reason
from newsletter.store.reminders import settle_parts
from newsletter.store.rows import IDS, table_of, values_of
from newsletter.store.tables import Instant, campaigns, deliveries, lanes, subscribers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement, Connection, Update

    from newsletter.core.campaign import Campaign
    from newsletter.store.rows import Columns


LONGEST_REPLY = 1000
_FINAL: Columns = (("id", Integer), ("state", String), ("code", Integer), ("reply", String))
_AGAIN: Columns = (
    ("id", Integer), ("code", Integer), ("reply", String), ("again", Instant), ("free", Integer),
)  # fmt: skip
# The statements of every window are made once: to build one takes longer than the database needs for some of them.
_NOW: BindParameter[datetime] = bindparam("now", type_=Instant())


class ClaimedRow(NamedTuple):
    """A row of the ledger that its worker hands over, with what its mail needs of the person.

    Attributes:
        attempts: hand-overs before this one.
        granted_at: when the person last granted consent.
    """

    id: int
    subscriber_id: int
    language: str
    attempts: int
    address: str
    given_name: str
    granted_at: datetime | None = None


class Settlement(NamedTuple):
    """What became of one handed-over row.

    Attributes:
        not_before: for a row that comes again, when.
        counts: whether that was an attempt; it was none when nobody judged this message.
    """

    id: int
    state: DeliveryState
    reply_code: int | None = None
    reply: str = ""
    not_before: datetime | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim came to: rows to be handed over now, and how many the gate withheld."""

    rows: tuple[ClaimedRow, ...] = ()
    withheld: int = 0

    @property
    def found(self) -> int:
        """How many rows were due."""
        return len(self.rows) + self.withheld


def due_turns(connection: Connection, now: datetime) -> list[tuple[int, str]]:
    """Campaigns under way and lanes, as id and name, in which a row is due at `now`."""
    row = deliveries.c
    open_rows = select(row.id).where(row.campaign_id == campaigns.c.id, row.lane == lanes.c.name, *due(now))
    # Asked once for each pair; as EXISTS it may become a join that reads every open row.
    first = open_rows.order_by(row.not_before, row.id).limit(1).scalar_subquery()
    each = campaigns.join(lanes, true())
    query = (
        select(campaigns.c.id, lanes.c.name)
        .select_from(each)
        .where(campaigns.c.state == CampaignState.SENDING, first.is_not(None))
    )
    return [(campaign, lane) for campaign, lane in connection.execute(query)]


def due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """SQL over `deliveries`: may be handed over at `now`."""
    row = deliveries.c
    return row.settled_at.is_(None), row.state == DeliveryState.READY, row.not_before <= now


def claim_batch(
    connection: Connection,
    campaign: Campaign,
    lane: str,
    worker: str,
    now: datetime,
    limit: int,
    closed: Collection[str] = (),
) -> Claim:
    """Take up to `limit` due rows of a campaign and a lane, ask the gate, and make them `handing`: the fact before the act.

    A campaign that has been paused or cancelled meanwhile gives none. No two workers get the same row. Rows that the gate withholds are `skipped`, with the reason. The worker must have
    its lease in the same transaction.

    Args:
        closed: zones of readers in which no mail goes now.
    """
    row, person = deliveries.c, subscribers.c
    reason = campaign_reason(campaign, now)
    columns = (
        reason,
        row.id,
        row.subscriber_id,
        row.language,
        row.attempts,
        person.address,
        person.given_name,
        person.granted_at,
    )
    state = select(campaigns.c.state).where(campaigns.c.id == campaign.id).scalar_subquery()
    awake = [person.zone.not_in(sorted(closed))] if closed else []
    query = (
        select(*columns)
        .select_from(deliveries.join(subscribers, person.id == row.subscriber_id))
        .where(
            state == CampaignState.SENDING,
            row.campaign_id == campaign.id,
            row.lane == lane,
            *due(now),
            *awake,
        )
        .order_by(row.not_before, row.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    free, withheld = [], []
    for why, *values in connection.execute(query).all():
        if why is None:
            free.append(ClaimedRow._make(values))
        else:
            withheld.append((values[0], Withheld(why)))
    if free and campaign.is_merged:
        why_none = settle_parts(connection, campaign, [one.subscriber_id for one in free], now)
        withheld += [(one.id, gone) for one in free if (gone := why_none[one.subscriber_id])]
        free = [one for one in free if why_none[one.subscriber_id] is None]
    if free:
        _hand_over(connection, worker, [one.id for one in free], now)
    for identity, why in withheld:
        _skip(connection, and_(row.id == identity, row.state == DeliveryState.READY), why, now)
    return Claim(tuple(free), len(withheld))


def _hand_over(connection: Connection, worker: str, ids: Sequence[int], now: datetime) -> None:
    dialect = connection.dialect.name
    more = {"worker": worker, "now": now}
    connection.execute(_handing(dialect), values_of(dialect, IDS, ids) | more)


@cache
def _handing(dialect: str) -> Update:
    row, given = deliveries.c, table_of(dialect, IDS)
    values: dict[str, Any] = {
        "state": DeliveryState.HANDING,
        "leased_by": bindparam("worker"),
        "handed_at": _NOW,
        "attempts": row.attempts + 1,
    }
    here = row.id.in_(select(given.c.id)), row.state == DeliveryState.READY
    return update(deliveries).where(*here).values(values)


def settle(connection: Connection, worker: str, settlements: Sequence[Settlement], now: datetime) -> int:
    """Write down what became of handed-over rows, many in one statement; only rows that are still ours move.

    Raises:
        ValueError: a row cannot become that; nothing is written down.
    """
    wrong = {done.state for done in settlements} - DELIVERY_MOVES[DeliveryState.HANDING]
    if wrong:
        raise ValueError(f"a row that is handing cannot become {min(wrong)}")
    final = [done for done in settlements if done.state is not DeliveryState.READY]
    later = [done for done in settlements if done.state is DeliveryState.READY]
    moved = _come_again(connection, worker, later, now) if later else 0
    return moved + (_settle(connection, worker, final, now) if final else 0)


def _settle(connection: Connection, worker: str, settlements: Sequence[Settlement], now: datetime) -> int:
    dialect = connection.dialect.name
    given = values_of(
        dialect,
        _FINAL,
        [done.id for done in settlements],
        [done.state for done in settlements],
        [done.reply_code for done in settlements],
        [done.reply[:LONGEST_REPLY] for done in settlements],
    )
    return connection.execute(_settling(dialect), given | {"worker": worker, "now": now}).rowcount


@cache
def _settling(dialect: str) -> Update:
    row, given = deliveries.c, table_of(dialect, _FINAL).c
    values: dict[Any, Any] = {
        row.state: given.state,
        row.reply_code: given.code,
        row.reply: given.reply,
        row.settled_at: case((given.state == DeliveryState.UNSURE.value, null()), else_=_NOW),
        row.leased_by: null(),
    }
    return update(deliveries).where(row.id == given.id, *_ours(bindparam("worker"))).values(values)


def _come_again(connection: Connection, worker: str, settlements: Sequence[Settlement], now: datetime) -> int:
    dialect = connection.dialect.name
    given = values_of(
        dialect,
        _AGAIN,
        [done.id for done in settlements],
        [done.reply_code for done in settlements],
        [done.reply[:LONGEST_REPLY] for done in settlements],
        [done.not_before or now for done in settlements],
        [int(not done.counts) for done in settlements],
    )
    return connection.execute(_coming_again(dialect), given | {"worker": worker}).rowcount


@cache
def _coming_again(dialect: str) -> Update:
    row, given = deliveries.c, table_of(dialect, _AGAIN).c
    values: dict[Any, Any] = {
        row.state: DeliveryState.READY,
        row.reply_code: given.code,
        row.reply: given.reply,
        row.not_before: given.again,
        row.leased_by: null(),
        row.attempts: row.attempts - given.free,
    }
    return update(deliveries).where(row.id == given.id, *_ours(bindparam("worker"))).values(values)


def _ours(worker: str | BindParameter[str]) -> tuple[ColumnElement[bool], ...]:
    return deliveries.c.state == DeliveryState.HANDING, deliveries.c.leased_by == worker


def take_back(connection: Connection, worker: str, ids: Sequence[int]) -> int:
    """Make rows ready again of which we know that nothing was handed over: the transport went down before them.

    That was no attempt: a server that is away for a morning must not use up the attempts of anybody.
    """
    if not ids:
        return 0
    row, dialect = deliveries.c, connection.dialect.name
    given = table_of(dialect, IDS)
    values = {
        "state": DeliveryState.READY,
        "leased_by": None,
        "handed_at": None,
        "attempts": row.attempts - 1,
    }
    here = row.id.in_(select(given.c.id)), *_ours(worker)
    freeing = update(deliveries).where(*here).values(values)
    return connection.execute(freeing, values_of(dialect, IDS, ids)).rowcount


def rows_in_hand(connection: Connection, worker: str) -> list[int]:
    """What a worker has in hand. Looks at all open rows: for workers that have died, not for every beat."""
    row = deliveries.c
    query = select(row.id).where(row.settled_at.is_(None), *_ours(worker))
    return list(connection.scalars(query.order_by(row.id)))


def let_go(connection: Connection, worker: str, *, resend_is_harmless: bool) -> int:
    """What a dead worker still has in hand is unsure; or ready again, where handing over twice does no harm.

    It does none in a folder, which writes the same file again.
    """
    state = DeliveryState.READY if resend_is_harmless else DeliveryState.UNSURE
    here = deliveries.c.settled_at.is_(None), *_ours(worker)
    return connection.execute(update(deliveries).where(*here).values(state=state, leased_by=None)).rowcount


def withhold_cancelled(connection: Connection, now: datetime) -> int:
    """Withhold rows that came back to a campaign that was cancelled meanwhile, or they would stay open for ever."""
    row = deliveries.c
    cancelled = select(campaigns.c.id).where(campaigns.c.state == CampaignState.CANCELLED)
    left = and_(row.campaign_id.in_(cancelled), row.settled_at.is_(None), row.state == DeliveryState.READY)
    return _skip(connection, left, Withheld.CANCELLED, now)


def skip_open_rows(connection: Connection, campaign: int, reason: Withheld, now: datetime) -> int:
    """Withhold everything of a campaign that has not been handed over."""
    row = deliveries.c
    here = and_(row.campaign_id == campaign, row.settled_at.is_(None), row.state == DeliveryState.READY)
    return _skip(connection, here, reason, now)


def ids_in_state(connection: Connection, campaign: int | None, state: DeliveryState) -> list[int]:
    """Ids of the rows of a campaign that are in a state."""
    row = deliveries.c
    return list(connection.scalars(select(row.id).where(row.campaign_id == campaign, row.state == state)))


def decide_unsure(connection: Connection, ids: Sequence[int], *, send_again: bool, now: datetime) -> int:
    """The officer's word on unsure rows: send them again, or count them as sent."""
    row = deliveries.c
    here = row.id.in_(ids), row.state == DeliveryState.UNSURE
    if send_again:
        values: dict[str, Any] = {"state": DeliveryState.READY, "not_before": now, "settled_at": None}
    else:
        values = {"state": DeliveryState.SENT, "settled_at": now}
    return connection.execute(update(deliveries).where(*here).values(values)).rowcount


def list_deliveries(
    connection: Connection,
    *,
    campaign: int | None = None,
    subscriber: int | None = None,
    state: str = "",
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Rows of the ledger with campaign and address, oldest first."""
    row = deliveries.c
    joined = deliveries.join(subscribers, subscribers.c.id == row.subscriber_id).join(
        campaigns, campaigns.c.id == row.campaign_id
    )
    query = select(
        row.id,
        campaigns.c.name.label("campaign"),
        subscribers.c.address,
        row.language,
        row.state,
        row.withheld,
        row.attempts,
        row.handed_at,
        row.settled_at,
        row.reply,
    ).select_from(joined)
    if campaign is not None:
        query = query.where(row.campaign_id == campaign)
    if subscriber is not None:
        query = query.where(row.subscriber_id == subscriber)
    if state:
        query = query.where(row.state == state)
    return [dict(found) for found in connection.execute(query.order_by(row.id).limit(limit)).mappings()]


def tally(connection: Connection, campaign: int) -> list[tuple[str, str, str | None, int]]:
    """Counts of a campaign's rows by state, language and reason."""
    row = deliveries.c
    keys = row.state, row.language, row.withheld
    query = select(*keys, func.count()).where(row.campaign_id == campaign).group_by(*keys).order_by(*keys)
    return [tuple(found) for found in connection.execute(query)]


def _skip(connection: Connection, here: ColumnElement[bool], reason: Withheld, now: datetime) -> int:
    values = {
        "state": DeliveryState.SKIPPED,
        "withheld": reason,
        "settled_at": now,
        "leased_by": null(),
    }
    return connection.execute(update(deliveries).where(here).values(values)).rowcount
