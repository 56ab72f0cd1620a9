"""A mail whose moment is known: what the scheduler launches and the forecast counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.schedule import Occurrence
    from newsletter.core.series import StepDay


@dataclass(frozen=True, slots=True)
class DueMail:
    """Something whose moment is known: the occurrence, and the campaign that it launches (id 0: not stored yet).

    Attributes:
        step: of a series, on its day; the campaign is for its people alone.
        wished: for a reminder beside the ladder, the instant at which it was wished for; it is for those people alone.
        merged: name of the campaign that carries it to whoever has more than one reminder that day; "" for other mail.
        waits: what must happen before it may leave, "" when nothing must.
    """

    occurrence: Occurrence
    campaign: Campaign
    step: StepDay | None = None
    wished: datetime | None = None
    merged: str = ""
    waits: str = ""

    @property
    def order(self) -> tuple[datetime, str]:
        """What is due together is launched in this order."""
        return self.occurrence.instant, self.occurrence.schedule


@dataclass(frozen=True, slots=True)
class SharedDay:
    """A day of the office on which reminders of several deadlines may fall for one person.

    Attributes:
        start: its first instant, UTC.
        end: the first instant of the day after it.
        ahead: reminders that may go along with the one that is launched.
        before: reminders that will have gone by then, in a forecast.
    """

    start: datetime
    end: datetime
    ahead: tuple[DueMail, ...] = ()
    before: tuple[DueMail, ...] = ()
