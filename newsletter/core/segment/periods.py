"""When something happened: periods as two instants or two days, the same for both meanings of a segment."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.core.segment.tree import Operator, When

if TYPE_CHECKING:
    from datetime import date

    from newsletter.core.segment.tree import Attribute, Period

_LAST = datetime.max.replace(tzinfo=UTC)
_END = "~"
"""Behind a day it makes a text that is greater than that day, and smaller than every later one."""


def bounds(period: Period, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From which instant on (within it), and until which (no longer within it); UTC; None for no limit.

    Args:
        now: aware instant from which days are counted back.
    """
    days = timedelta(days=period.days)
    match period.when:
        case When.BEFORE if period.first:
            return None, _start_of(period.first)
        case When.AFTER if period.first:
            return _after(period.first), None
        case When.BETWEEN if period.first and period.last:
            return _start_of(period.first), _after(period.last)
        case When.WITHIN_DAYS:
            return now - days, None
        case When.OLDER_THAN_DAYS:
            return None, now - days
        case _:
            return None, None


def in_period(instant: datetime, period: Period, now: datetime) -> bool:
    """Whether this instant is within the period."""
    since, until = bounds(period, now)
    return (since is None or instant >= since) and (until is None or instant < until)


def day_bounds(node: Attribute, now: datetime) -> tuple[str | None, str | None]:
    """From which text on (within it), and before which, a comparison of a date holds; None for no limit.

    They are compared as texts: what stands in the column need be no day of the calendar (2021-02-30).
    """
    day = str(node.operands[0])
    match node.operator:
        case Operator.BEFORE:
            return None, day
        case Operator.AFTER:
            return day + _END, None
        case Operator.BETWEEN:
            return day, str(node.operands[1]) + _END
    today, away = now.astimezone(UTC).date(), timedelta(days=int(node.operands[0]))
    match node.operator:
        case Operator.IN_NEXT_DAYS:
            return today.isoformat(), (today + away).isoformat() + _END
        case Operator.WITHIN_DAYS:
            return (today - away).isoformat(), today.isoformat() + _END
        case _:
            return None, (today - away).isoformat()


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _after(day: date) -> datetime:
    """The instant at which the next day begins in UTC; the last instant there is where there is no next day."""
    end = datetime.combine(day, time.max, UTC)
    return end if end >= _LAST else end + timedelta(microseconds=1)
