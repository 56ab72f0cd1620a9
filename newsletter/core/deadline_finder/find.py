"""What the finder finds: a quote with its place, what it says on a calendar, and what a person must decide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


class FindKind(StrEnum):
    """What a date is of: the end of a call, something that takes place, a time in which something is open."""

    DEADLINE = "deadline"
    EVENT = "event"
    PERIOD = "period"


class Source(StrEnum):
    """How a part of a find is known: the text says it, it was worked out from the day of publication, or it is assumed."""

    TEXT = "text"
    PUBLISHED = "published"
    DEFAULT = "default"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Find:
    """A date in a text.

    Attributes:
        quote: as it stands in the text, at the offsets `start` to `end`; `line` and `column` count from 1.
        local: wall-clock time in `zone`, without tzinfo; a day only for an event or a period without a time; None for a day
            that does not exist. Of a range it is the beginning.
        until: end of a range, in the same way.
        zone: IANA name.
        moment: what a deadline would be set to: the last minute of a day without a time, the end of a period.
        utc: the instant of `local`; of a day its beginning.
        year_source, time_source, zone_source: how these are known. A time by default is the end of the day.
        confidence: from 0 to 1; what is below a half has no word beside it that tells what it is.
        needs: what a person must decide, in short phrases; empty when everything is said.
    """

    quote: str
    start: int
    end: int
    line: int
    column: int
    kind: FindKind
    local: datetime | date | None
    until: datetime | date | None
    zone: str
    moment: datetime | None
    utc: datetime | None
    year_source: Source
    time_source: Source
    zone_source: Source
    confidence: float
    needs: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """As a JSON document has it: times as ISO 8601, those on a wall without an offset."""
        return {
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "line": self.line,
            "column": self.column,
            "kind": self.kind.value,
            "local": written(self.local),
            "until": written(self.until),
            "zone": self.zone,
            "utc": None if self.utc is None else self.utc.isoformat(),
            "year_source": self.year_source.value,
            "time_source": self.time_source.value,
            "zone_source": self.zone_source.value,
            "confidence": self.confidence,
            "needs": list(self.needs),
        }


def written(moment: datetime | date | None) -> str | None:
    """`2026-10-19T12:00`, or `2026-10-19` for a day."""
    return None if moment is None else moment.isoformat()[:16]
