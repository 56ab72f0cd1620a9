"""The ledger: one row per campaign and person, and the only statements that move its rows.

The allowed moves are `core.delivery.DELIVERY_MOVES`; each statement here names the state it starts from in its WHERE,
so that a row that somebody else has moved is simply not ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String, and_, case, func, literal, null, or_, select, update

from newsletter.core.campaign import CampaignState
from newsletter.core.delivery import DELIVERY_MOVES, DeliveryState, Withheld
from newsletter.store.gate import withheld_reason
from newsletter.store.rows import table_of
from newsletter.store.tables import Instant, campaigns, deliveries, subscribers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from newsletter.core.campaign import Campaign


LONGEST_REPLY = 1000


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A row of the ledger that is ours for the length of a lease, with what its mail needs of the person."""

    id: int
    subscriber_id: int
    language: str
    attempts: int
    address: str
    given_name: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one handed-over row."""

    id: int
    state: DeliveryState
    reply_code: int | None = None
    reply: str = ""
    not_before: datetime | None = None

    def __post_init__(self) -> None:
        if self.state not in DELIVERY_MOVES[DeliveryState.HANDING]:
            raise ValueError(f"a row that is handing cannot become {self.state}")


def anything_due(connection: Connection, now: datetime) -> bool:
    """Whether any campaign under way has a row to hand over at `now`."""
    row = deliveries.c
    due = select(row.id).where(
        row.campaign_id == campaigns.c.id,
        row.settled_at.is_(None),
        row.state == DeliveryState.READY,
        or_(row.not_before.is_(None), row.not_before <= now),
    )
    sending = select(campaigns.c.id).where(campaigns.c.state == CampaignState.SENDING, due.exists())
    return connection.scalar(sending.limit(1)) is not None


def claim_batch(
    connection: Connection, campaign: int, worker: str, now: datetime, lease_until: datetime, limit: int
) -> list[ClaimedRow]:
    """Lease up to `limit` due rows of a campaign to `worker`, in one statement; no two workers get the same row."""
    row = deliveries.c
    due = select(row.id).where(
        row.campaign_id == campaign,
        row.settled_at.is_(None),
        row.state == DeliveryState.READY,
        or_(row.not_before.is_(None), row.not_before <= now),
    )
    # A CTE is asked once. PostgreSQL may ask a subquery in an IN again and again, and lock other rows each time.
    chosen = due.order_by(row.id).limit(limit).with_for_update(skip_locked=True).cte("chosen")
    taken = (
        update(deliveries)
        .where(row.id.in_(select(chosen.c.id)), row.state == DeliveryState.READY)
        .values(state=DeliveryState.LEASED, leased_by=worker, lease_until=lease_until)
        .returning(row.id)
    )
    return _claimed(connection, list(connection.scalars(taken)))


def _claimed(connection: Connection, ids: Sequence[int]) -> list[ClaimedRow]:
    row, person = deliveries.c, subscribers.c
    given = table_of(connection, {"id": (Integer, ids)})
    joined = deliveries.join(subscribers, person.id == row.subscriber_id)
    query = (
        select(row.id, row.subscriber_id, row.language, row.attempts, person.address, person.given_name)
        .select_from(joined)
        .where(row.id.in_(select(given.c.id)))
        .order_by(row.id)
    )
    return [ClaimedRow(*values) for values in connection.execute(query)]


def hand_over(
    connection: Connection,
    campaign: Campaign,
    ids: Sequence[int],
    worker: str,
    now: datetime,
    lease_until: datetime,
) -> set[int]:
    """Ask the gate once more and make the rest `handing`: the fact before the act.

    Returns:
        The ids that may now be handed over. Missing are rows that the gate withheld (they are `skipped`, with the
        reason) and rows whose lease has run out.
    """
    row, person = deliveries.c, subscribers.c
    given = table_of(connection, {"id": (Integer, ids)})
    ours = and_(row.state == DeliveryState.LEASED, row.leased_by == worker, row.lease_until > now)
    reason = withheld_reason(now, campaign.deadline, campaign.not_after)
    values = {
        "state": DeliveryState.HANDING,
        "handed_at": now,
        "lease_until": lease_until,
        "attempts": row.attempts + 1,
    }
    free = select(person.id).where(person.id == row.subscriber_id, reason.is_(None)).exists()
    handing = (
        update(deliveries).where(row.id.in_(select(given.c.id)), ours, free).values(values).returning(row.id)
    )
    granted = set(connection.scalars(handing))
    left = [identity for identity in ids if identity not in granted]
    if left:
        joined = deliveries.join(subscribers, person.id == row.subscriber_id)
        found = select(row.id, reason).select_from(joined).where(row.id.in_(left), ours)
        for identity, why in connection.execute(found).all():
            if why is not None:
                _skip(connection, and_(ours, row.id == identity), Withheld(why), now)
    return granted


def settle(connection: Connection, worker: str, settlements: Sequence[Settlement], now: datetime) -> int:
    """Write down what became of handed-over rows, in one statement; only rows that are still ours move."""
    final = [done for done in settlements if done.state is not DeliveryState.READY]
    later = [done for done in settlements if done.state is DeliveryState.READY]
    moved = sum(_come_again(connection, worker, done) for done in later)
    return moved + (_settle(connection, worker, final, now) if final else 0)


def _settle(connection: Connection, worker: str, settlements: Sequence[Settlement], now: datetime) -> int:
    row = deliveries.c
    given = table_of(
        connection,
        {
            "id": (Integer, [done.id for done in settlements]),
            "state": (String, [done.state.value for done in settlements]),
            "code": (Integer, [done.reply_code for done in settlements]),
            "reply": (String, [done.reply[:LONGEST_REPLY] for done in settlements]),
        },
    ).c
    values: dict[Any, Any] = {
        row.state: given.state,
        row.reply_code: given.code,
        row.reply: given.reply,
        row.not_before: null(),
        row.settled_at: case(
            (given.state == DeliveryState.UNSURE.value, null()), else_=literal(now, Instant())
        ),
        row.lease_until: null(),
        row.leased_by: null(),
    }
    here = row.id == given.id, row.state == DeliveryState.HANDING, row.leased_by == worker
    return connection.execute(update(deliveries).where(*here).values(values)).rowcount


def _come_again(connection: Connection, worker: str, done: Settlement) -> int:
    row = deliveries.c
    values: dict[str, Any] = {
        "state": DeliveryState.READY,
        "reply_code": done.reply_code,
        "reply": done.reply[:LONGEST_REPLY],
        "not_before": done.not_before,
        "lease_until": None,
        "leased_by": None,
    }
    here = row.id == done.id, row.state == DeliveryState.HANDING, row.leased_by == worker
    return connection.execute(update(deliveries).where(*here).values(values)).rowcount


def give_back(connection: Connection, worker: str) -> int:
    """Give rows that were leased but not handed over back to everybody."""
    row = deliveries.c
    here = row.leased_by == worker, row.state == DeliveryState.LEASED
    values = {"state": DeliveryState.READY, "leased_by": None, "lease_until": None}
    return connection.execute(update(deliveries).where(*here).values(values)).rowcount


def take_back(connection: Connection, worker: str, ids: Sequence[int]) -> int:
    """Make rows ready again of which we know that nothing was handed over: the transport went down before them.

    That was no attempt: a server that is away for a morning must not use up the attempts of anybody.
    """
    if not ids:
        return 0
    row = deliveries.c
    given = table_of(connection, {"id": (Integer, ids)})
    here = row.id.in_(select(given.c.id)), row.state == DeliveryState.HANDING, row.leased_by == worker
    values = {
        "state": DeliveryState.READY,
        "leased_by": None,
        "lease_until": None,
        "handed_at": None,
        "attempts": row.attempts - 1,
    }
    return connection.execute(update(deliveries).where(*here).values(values)).rowcount


def renew_leases(connection: Connection, worker: str, now: datetime, lease_until: datetime) -> int:
    """Say that a worker is alive: what it holds stays its own. Rows that have been taken from it are not taken back."""
    row = deliveries.c
    here = row.leased_by == worker, row.lease_until > now
    return connection.execute(update(deliveries).where(*here).values(lease_until=lease_until)).rowcount


def abandoned(connection: Connection, now: datetime) -> dict[str, list[int]]:
    """Rows in the hands of workers whose lease has run out, by worker."""
    row = deliveries.c
    query = select(row.leased_by, row.id).where(row.lease_until <= now, row.state == DeliveryState.HANDING)
    found: dict[str, list[int]] = {}
    for worker, identity in connection.execute(query.order_by(row.id)):
        found.setdefault(str(worker), []).append(identity)
    return found


def expire_leases(connection: Connection, now: datetime, *, resend_is_harmless: bool) -> tuple[int, int]:
    """Take back rows whose worker has died: leased ones are ready again, handing ones are unsure.

    Where handing over twice does no harm (the folder writes the same file again), handing rows are ready again too.
    Rows that came back to a campaign that was cancelled meanwhile are withheld, or they would stay open for ever.

    Returns:
        How many became ready, and how many unsure.
    """
    row = deliveries.c
    expired = and_(row.lease_until.is_not(None), row.lease_until <= now)
    free = {"leased_by": None, "lease_until": None}
    again = [DeliveryState.LEASED, DeliveryState.HANDING] if resend_is_harmless else [DeliveryState.LEASED]
    ready = update(deliveries).where(expired, row.state.in_(again)).values(state=DeliveryState.READY, **free)
    freed = connection.execute(ready).rowcount
    unsure = (
        update(deliveries)
        .where(expired, row.state == DeliveryState.HANDING)
        .values(state=DeliveryState.UNSURE, **free)
    )
    made_unsure = connection.execute(unsure).rowcount
    cancelled = select(campaigns.c.id).where(campaigns.c.state == CampaignState.CANCELLED)
    left = and_(row.campaign_id.in_(cancelled), row.state == DeliveryState.READY)
    _skip(connection, left, Withheld.CANCELLED, now)
    return freed, made_unsure


def skip_open_rows(connection: Connection, campaign: int, reason: Withheld, now: datetime) -> int:
    """Withhold everything of a campaign that has not been handed over."""
    row = deliveries.c
    open_states = row.state.in_((DeliveryState.READY, DeliveryState.LEASED))
    here = and_(row.campaign_id == campaign, row.settled_at.is_(None), open_states)
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
        values: dict[str, Any] = {"state": DeliveryState.READY, "not_before": None, "settled_at": None}
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
        "lease_until": null(),
    }
    return connection.execute(update(deliveries).where(here).values(values)).rowcount
