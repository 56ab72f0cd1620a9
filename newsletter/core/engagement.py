"""What a person did with a mail: the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_LINK = 500
"""So many characters of a link are kept: PostgreSQL's indexes take 2,704 bytes, and nobody needs more to know it by."""


class EngagementKind(StrEnum):
    """What a person did. Kept by person only where that person allows it; nobody is judged by `opened` (see retention)."""

    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"


class DeedKind(StrEnum):
    """What may have happened between a person and a mail: it reached them, or they did something with it."""

    RECEIVED = "received"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"


@dataclass(frozen=True, slots=True)
class Deed:
    """One such thing.

    Attributes:
        campaign: its name.
        at: instant, UTC; of a mail that was received, when it was handed over.
        topics: what it was about.
    """

    kind: DeedKind
    campaign: str
    at: datetime
    topics: frozenset[str] = frozenset()
