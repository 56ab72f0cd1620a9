"""The lines of the demonstration's timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsletter.demo.story import ZONE

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. `sent` is by language; `what` tells of an act, and is empty for a mail.

    Attributes:
        title: of a mail, in words; `campaign` is its name.
    """

    at: datetime
    kind: str
    campaign: str = ""
    sent: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    what: str = ""
    title: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The line for scripts."""
        return {
            "at": self.at.isoformat(timespec="minutes"),
            "zone": ZONE,
            "kind": self.kind,
            "campaign": self.campaign,
            "sent": sum(self.sent.values()),
            "languages": self.sent,
            "withheld": self.withheld,
        }
