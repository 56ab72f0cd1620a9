"""Rows of which nobody knows whether the server took the mail: a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.delivery import DeliveryState
from newsletter.flows.approve import known_campaign
from newsletter.store import campaigns, ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.flows.office import Office


def decide(office: Office, ids: Sequence[int], campaign: str, *, send_it_again: bool, now: datetime) -> int:
    """Send unsure rows again, or count them as sent.

    Args:
        ids: rows; when empty, every unsure row of `campaign`.

    Returns:
        How many rows moved; rows that are not unsure stay as they are.
    """
    identity = known_campaign(office, campaign).id if campaign else None
    with office.database.write() as connection:
        chosen = list(ids) or ledger.ids_in_state(connection, identity, DeliveryState.UNSURE)
        moved = ledger.decide_unsure(connection, chosen, send_again=send_it_again, now=now)
        campaigns.finish_campaigns(connection, now)
    return moved
