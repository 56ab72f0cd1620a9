"""A subscriber: a person or an organisation with an address, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Standing(StrEnum):
    """What the consent events add up to."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person as segments and mails see them.

    Attributes:
        address: as the person gave it; mail goes to exactly this.
        language: BCP 47 code of choice.
        country: ISO 3166-1 alpha-2, "" when unknown.
        zone: IANA name, "" when unknown.
        joined: instant, UTC.
        attributes: values of the fields in `subscribers/fields.yaml`; a missing key is "unknown".
        received: names of the campaigns that reached this person.
        applied: keys of the deadlines about which the person said "I have applied".
    """

    id: int
    address: str
    given_name: str
    language: str
    country: str
    zone: str
    joined: datetime
    topics: frozenset[str] = frozenset()
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)
    received: frozenset[str] = frozenset()
    applied: frozenset[str] = frozenset()
