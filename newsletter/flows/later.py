"""To be reminded later: a reader chooses the day on which a deadline is told again, and may take that back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.reminder import days_to_choose, reminder_moment
from newsletter.core.token import Purpose, read_token
from newsletter.core.wallclock import to_instant, to_local
from newsletter.store import people as people_rows
from newsletter.store import reminders as rows
from newsletter.store.deadlines import find_deadline

if TYPE_CHECKING:
    from datetime import date, datetime

    from newsletter.flows.office import Office

_SOME_DAYS = (3, 7, 14)  # from today; the day before the deadline closes is offered too


@dataclass(frozen=True, slots=True)
class LaterView:
    """What a reader may choose.

    Attributes:
        days: that are offered, soonest first, on the calendar of the deadline's zone; none when there is no time left.
        chosen: the day that they have chosen and that has not come, None when there is none.
    """

    days: tuple[date, ...]
    chosen: date | None


def see_later(office: Office, key: str, person: int, now: datetime) -> LaterView:
    """What a reader may choose about a deadline, and what they have chosen; nothing when nobody knows the deadline."""
    with office.database.read() as connection:
        deadline = find_deadline(connection, key)
        until = rows.wished_until(connection, key, person)
    if deadline is None:
        return LaterView((), None)
    possible = days_to_choose(deadline, office.settings.deadlines.at, now)
    today, last = to_local(now, deadline.zone).date(), deadline.at.date() - timedelta(days=1)
    wanted = {min(today + timedelta(days=days), last) for days in _SOME_DAYS} | {last}
    offered = tuple(day for day in possible if day in wanted) or possible[:1]
    chosen = to_local(until, deadline.zone).date() if until and now < until < deadline.instant else None
    return LaterView(offered, chosen)


def remind_later(office: Office, key: str, text: str, day: date, now: datetime) -> bool:
    """Keep a deadline's reminders back until `day`, at the hour at which its reminders go.

    Any day will do that lies before the deadline, not only those that are offered. To say the same twice changes nothing.

    Returns:
        Whether it is noted; False for a token that is not genuine and for a day that will not do.
    """
    token = read_token(office.keys, text, Purpose.LATER, key)
    if token is None:
        return False
    with office.database.write() as connection:
        deadline = find_deadline(connection, key)
        if deadline is None or people_rows.person_row(connection, token.subscriber) is None:
            return False
        if day not in days_to_choose(deadline, office.settings.deadlines.at, now):
            return False
        days = (deadline.at.date() - day).days
        moment = reminder_moment(deadline.at, days, deadline.remind_at or office.settings.deadlines.at)
        rows.put_off(connection, key, token.subscriber, to_instant(moment, deadline.zone), now)
    return True


def remind_as_planned(office: Office, key: str, text: str) -> bool:
    """Take "remind me later" back; True if the token is genuine."""
    token = read_token(office.keys, text, Purpose.LATER, key)
    if token is None:
        return False
    with office.database.write() as connection:
        rows.forget_wish(connection, key, token.subscriber)
    return True
