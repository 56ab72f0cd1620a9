"""The rules of a frozen audience, and how a person stands in its ledger."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from newsletter.store.freeze_tables import frozen_rules
from newsletter.store.insert import insert_or_update
from newsletter.store.tables import deliveries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


class FrozenRules(NamedTuple):
    """The rules, their version (SHA-256) and the instant (UTC) at which the audience was frozen by them."""

    document: Mapping[str, Any]
    digest: str
    at: datetime


def set_rules(connection: Connection, campaign: int, document: Mapping[str, Any], now: datetime) -> None:
    """Keep the rules by which an audience is frozen now."""
    text = json.dumps(document, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    values = {"campaign_id": campaign, "document": dict(document), "digest": digest, "at": now}
    connection.execute(insert_or_update(connection, frozen_rules, values, ["campaign_id"]))


def rules_of(connection: Connection, campaign: int) -> FrozenRules | None:
    """The rules by which a campaign's audience was frozen; None before that."""
    row = frozen_rules.c
    query = select(row.document, row.digest, row.at).where(row.campaign_id == campaign)
    found = connection.execute(query).one_or_none()
    return None if found is None else FrozenRules(*found)


def place_in_ledger(connection: Connection, campaign: int, person: int) -> tuple[str, str | None] | None:
    """The state of a person's mail and why they get none; None when they are not in the audience."""
    row = deliveries.c
    query = select(row.state, row.withheld).where(row.subscriber_id == person, row.campaign_id == campaign)
    found = connection.execute(query).one_or_none()
    return None if found is None else (found.state, found.withheld)
