"""The log of what people asked of the office about their data: noted, answered in time, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.mailbox import address_key, parse_address
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.rights_request import LONGEST_MONTHS, RequestKind, RightsRequest
from newsletter.core.wallclock import to_local
from newsletter.store import rights_requests as rows

if TYPE_CHECKING:
    from datetime import date, datetime

    from newsletter.flows.office import Office


def today_of(office: Office, now: datetime) -> date:
    """The day on the calendar of the office."""
    return to_local(now, office.settings.zone).date()


def open_request(
    office: Office, kind: RequestKind, address: str, received: date, now: datetime, note: str = ""
) -> RightsRequest:
    """Note what somebody asked for. The address need not be known: "nothing is stored about you" is an answer, too.

    Raises:
        ContentRefused: it is no address, or the day has not come yet.
    """
    if received > today_of(office, now):
        what = f"{received.isoformat()} has not come yet."
        raise ContentRefused(Problem(what, "Give the day on which the request came."))
    said = address_key(parse_address(address, quoted_local=True))
    with office.database.write() as connection:
        number = rows.add_request(connection, kind, said, received, note)
    return _known(office, number)


def list_requests(office: Office, *, with_closed: bool = False) -> list[RightsRequest]:
    """Requests in the order in which they came; only the open ones unless more are wanted."""
    with office.database.read() as connection:
        return rows.list_requests(connection, with_closed=with_closed)


def close_request(office: Office, number: int, note: str, now: datetime) -> RightsRequest:
    """Note that a request was answered. Whose it was is forgotten with that.

    Raises:
        ContentRefused: there is no such request, or it is closed already.
    """
    _open(office, number)
    with office.database.write() as connection:
        rows.close_request(connection, number, today_of(office, now), note)
    return _known(office, number)


def extend_request(office: Office, number: int, why: str) -> RightsRequest:
    """Take the two more months that the law allows for a complex request.

    Raises:
        ContentRefused: there is no such request, it is closed, or it had its time already.
    """
    request = _open(office, number)
    if request.months == LONGEST_MONTHS:
        what = f"Request {number} has had its two more months already."
        raise ContentRefused(Problem(what, f"Answer it by {request.due.isoformat()}."))
    with office.database.write() as connection:
        rows.extend_request(connection, number, LONGEST_MONTHS, why)
    return _known(office, number)


def _open(office: Office, number: int) -> RightsRequest:
    request = _known(office, number)
    if request.closed is not None:
        what = f"Request {number} was closed on {request.closed.isoformat()}."
        raise ContentRefused(Problem(what, "Note a new one with `newsletter requests add`."))
    return request


def _known(office: Office, number: int) -> RightsRequest:
    with office.database.read() as connection:
        found = rows.find_request(connection, number)
    if found is None:
        what = f"There is no request {number}."
        raise ContentRefused(Problem(what, "`newsletter requests list --all` shows those that there are."))
    return found
