"""How a campaign goes out once its time has come: at each reader's own hour, and in which hours of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.sending_window import SendingWindow
from newsletter.core.wallclock import to_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EAST = timedelta(hours=14)
"""The earliest clocks on earth (Kiritimati): whatever zone a reader is in, no wave is due before theirs."""
WEST = timedelta(hours=12)
_A_DAY = timedelta(days=1)
_MOST_DAYS = 8


@dataclass(frozen=True, slots=True)
class Timing:
    """What a campaign keeps of this.

    Attributes:
        each_reader: its wall-clock time is meant in each reader's own zone; the campaign's zone is for readers without one.
        window: its hours; None for the office's usual ones.
    """

    each_reader: bool = False
    window: SendingWindow | None = None

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"each_reader": True} if self.each_reader else {}
        return found if self.window is None else found | {"window": self.window.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Timing:
        window = data.get("window")
        return cls(
            each_reader=bool(data.get("each_reader")),
            window=None if window is None else SendingWindow.from_json(window),
        )


USUAL = Timing()


def first_moment(at: datetime, zone: str, *, each_reader: bool) -> datetime:
    """The instant at which a campaign for `at` is launched: that of the zone, or of the earliest reader there can be."""
    return (at - EAST).replace(tzinfo=UTC) if each_reader else to_instant(at, zone)


def last_moment(at: datetime, zone: str, *, each_reader: bool) -> datetime:
    """The instant from which on everybody's moment has come."""
    return (at + WEST).replace(tzinfo=UTC) if each_reader else to_instant(at, zone)


@dataclass(frozen=True, slots=True)
class Waves:
    """Decides when the readers of a zone get a campaign that is meant for their own clocks.

    Attributes:
        at: wall-clock time.
        zone: for readers without one of their own.
        lateness: how late a wave may leave.
        not_after: the deadline that the mail announces, if it does; UTC.
        window: hours in which it may arrive, by the reader's clock.
    """

    at: datetime
    zone: str
    lateness: timedelta
    not_after: datetime | None
    window: SendingWindow

    def moment(self, zone: str, now: datetime) -> datetime:
        """The instant (UTC) from which on mail to this zone goes, when the campaign is launched at `now`.

        A wave whose moment has passed goes at once while it is not too late, else at the same hour of the next day: nobody is
        left out, and nobody gets it in the night. One that would come after the deadline goes with the readers who have no
        zone of their own, and those are always before it.
        """
        instant = self._at_hour(zone or self.zone, now)
        if self.not_after is not None and instant >= self.not_after:
            return to_instant(self.at, self.zone)
        return instant

    def _at_hour(self, zone: str, now: datetime) -> datetime:
        at, instant = self.at, to_instant(self.at, zone)
        for _ in range(_MOST_DAYS):
            if now - instant <= self.lateness:
                break
            at += _A_DAY
            instant = to_instant(at, zone)
        return self.window.goes_at(instant, zone, self.not_after)

    def moments(self, zones: Iterable[str], now: datetime) -> dict[str, datetime]:
        """`moment` for each of these zones."""
        return {zone: self.moment(zone, now) for zone in zones}
