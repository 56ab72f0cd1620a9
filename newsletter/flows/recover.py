"""After a crash: what dead workers held comes back, and only what is truly in doubt waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.store import ledger
from newsletter.store.journal import forget_journal, read_journal
from newsletter.store.leases import bury, dead_workers, end_lease, has_lease

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


def recover(office: Office, now: datetime, *, resend_is_harmless: bool) -> None:
    """Take back what workers had in hand whose lease has run out, and what this one could not settle in its last pass.

    The worker's journal, where it is on this machine, tells which rows were answered (they are settled) and which were never
    begun (they are ready again); the others are unsure, or ready again where handing over twice does no harm.
    """
    with office.database.read() as connection:
        dead = dead_workers(connection, now)
        if has_lease(connection, office.worker) and office.worker not in dead:
            dead.append(office.worker)  # between two passes it has nothing in hand: the last one has broken
    for worker in dead:
        with office.database.write() as connection:
            if worker == office.worker:
                end_lease(connection, worker)
            elif not bury(connection, worker, now):
                continue
            _take_from(office, connection, worker, now, resend_is_harmless=resend_is_harmless)
        forget_journal(office.journals, worker)


def recover_dead(office: Office, before: datetime, *, resend_is_harmless: bool) -> int:
    """The same for workers whose lease ran out before an instant, for the case that no worker lives to do it; gives their number.

    It may run beside a worker of this process, whose own lease is left alone while it is good.
    """
    with office.database.read() as connection:
        dead = dead_workers(connection, before)
    buried = 0
    for worker in dead:
        with office.database.write() as connection:
            if not bury(connection, worker, before):
                continue
            _take_from(office, connection, worker, before, resend_is_harmless=resend_is_harmless)
        forget_journal(office.journals, worker)
        buried += 1
    return buried


def _take_from(
    office: Office, connection: Connection, worker: str, now: datetime, *, resend_is_harmless: bool
) -> None:
    _settle_from_journal(office, connection, worker, ledger.rows_in_hand(connection, worker), now)
    ledger.let_go(connection, worker, resend_is_harmless=resend_is_harmless)


def _settle_from_journal(
    office: Office, connection: Connection, worker: str, ids: Sequence[int], now: datetime
) -> None:
    record = read_journal(office.journals, worker)
    if record is None:
        return
    ledger.settle(connection, worker, [done for key, done in record.answered.items() if key in set(ids)], now)
    untouched = [
        identity for identity in ids if identity not in record.begun and identity not in record.answered
    ]
    ledger.take_back(connection, worker, untouched)
