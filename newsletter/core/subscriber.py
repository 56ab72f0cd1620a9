"""A subscriber: a person or an organisation with an address, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.deadline import DeadlineMark
    from newsletter.core.engagement import Deed


class Standing(StrEnum):
    """What the consent events add up to.

    INFORMED: written to on the ground of a legitimate interest, without a consent of theirs.
    """

    PENDING = "pending"
    INFORMED = "informed"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"

    @property
    def is_written_to(self) -> bool:
        """Whether letters go to somebody who stands so, on whatever ground."""
        return self in {Standing.CONFIRMED, Standing.INFORMED}


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said about the deadline with this key (`article/deadline`), at an instant (UTC)."""

    mark: DeadlineMark
    deadline: str
    at: datetime


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
        domain: what stands behind the @, in A-labels and small letters.
        standing: what the consent events add up to.
        granted: when consent was last given; instant, UTC; None for never.
        granted_by: where that consent came from; more than one source when two came at one instant.
        deeds: the mails that reached this person, and what they did with them.
        said: what they said about deadlines.
    """

    id: int
    address: str
    given_name: str
    language: str
    country: str
    zone: str
    joined: datetime
    topics: frozenset[str] = frozenset()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""
    standing: Standing = Standing.PENDING
    granted: datetime | None = None
    granted_by: frozenset[str] = frozenset()
    deeds: tuple[Deed, ...] = ()
    said: tuple[Said, ...] = ()
