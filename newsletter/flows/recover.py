"""After a crash: what dead workers held comes back, and only what is truly in doubt waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.store import ledger
from newsletter.store.journal import forget_journal, read_journal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection


def recover(office: Office, now: datetime, *, resend_is_harmless: bool) -> None:
    """Take back what workers held whose lease has run out.

    Leased rows are ready again. Of handing rows the worker's journal, where it is on this machine, tells which were answered
    (they are settled) and which were never begun (they are ready again); the others are unsure, or ready again where handing
    over twice does no harm.
    """
    with office.database.read() as connection:
        held = ledger.abandoned(connection, now)
    for worker, ids in held.items():
        with office.database.write() as connection:
            _settle_from_journal(office, connection, worker, ids, now)
    with office.database.write() as connection:
        ledger.expire_leases(connection, now, resend_is_harmless=resend_is_harmless)
    for worker in held:
        forget_journal(office.journals, worker)


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
