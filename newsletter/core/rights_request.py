"""What people may ask of the office about their own data, and by when they must have an answer.

An answer is due within one month of the request (GDPR Art. 12(3)). A month ends on the day with the same number, or on the last day
of a shorter month (Regulation 1182/71, Art. 3(2)(c)). For complex requests two more months may be taken, when the person is told why within the
first one.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

LONGEST_MONTHS, WARN_DAYS = 3, 7


class RequestKind(StrEnum):
    """What is asked for: GDPR Art. 15 (access) and 20 (portability), 16, 17, 21."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    OBJECTION = "objection"


@dataclass(frozen=True, slots=True)
class RightsRequest:
    """A request, open until it is closed.

    Attributes:
        address: of the person while the request is open; "" afterwards, for the log outlives an erasure.
        received: day on which the office had it, on the calendar of its own zone.
        months: time that is taken for the answer, 1 to 3.
        closed: day of the answer, None while it is open.
        note: what was done, or why more time is needed.
    """

    id: int
    kind: RequestKind
    address: str
    received: date
    months: int
    closed: date | None
    note: str

    @property
    def due(self) -> date:
        """The last day for the answer."""
        return months_after(self.received, self.months)

    def is_pressing(self, today: date) -> bool:
        """Whether the answer is due within a week, or late."""
        return self.closed is None and self.due - today <= timedelta(days=WARN_DAYS)

    def as_dict(self) -> dict[str, object]:
        """The entry for scripts."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "address": self.address or None,
            "received": self.received.isoformat(),
            "due": self.due.isoformat(),
            "closed": None if self.closed is None else self.closed.isoformat(),
            "note": self.note,
        }


def months_after(day: date, months: int) -> date:
    """The day with the same number so many months later, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
