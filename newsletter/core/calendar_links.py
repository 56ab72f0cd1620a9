"""Links that carry an entry, or a feed, into somebody's calendar. Nothing is fetched; the reader follows them or not.

Google's form is documented by Google no more, Microsoft's never was; both are as the field uses them.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from newsletter.core.calendar import one_line, plain, to_utc

if TYPE_CHECKING:
    from newsletter.core.calendar import CalendarEntry

_MOST_DETAILS = 800  # characters; longer addresses are cut by some programs
_SCHEME = re.compile(r"^https?://")


def google_calendar_url(entry: CalendarEntry) -> str:
    """A link that opens Google Calendar with the entry filled in; the reader saves it there."""
    fields = {
        "action": "TEMPLATE",
        "text": one_line(entry.summary),
        "dates": f"{to_utc(entry.start):%Y%m%dT%H%M%SZ}/{to_utc(entry.finish):%Y%m%dT%H%M%SZ}",
        "details": _details(entry),
        "location": one_line(entry.location),
    }
    return f"https://calendar.google.com/calendar/render?{urlencode(_given(fields))}"


def outlook_live_url(entry: CalendarEntry) -> str:
    """The same for Outlook.com, for people with an account of their own."""
    return f"https://outlook.live.com/calendar/0/deeplink/compose?{_outlook(entry)}"


def outlook_office_url(entry: CalendarEntry) -> str:
    """The same for Outlook on the web with an account of work or school (Microsoft 365)."""
    return f"https://outlook.office.com/calendar/0/deeplink/compose?{_outlook(entry)}"


def webcal_url(url: str) -> str:
    """The address of a feed with the scheme that opens a calendar program and subscribes there."""
    return _SCHEME.sub("webcal://", url)


def _outlook(entry: CalendarEntry) -> str:
    """The body is HTML there, and a plus sign in the query would be read as one, not as a space."""
    fields = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": one_line(entry.summary),
        "startdt": f"{to_utc(entry.start):%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{to_utc(entry.finish):%Y-%m-%dT%H:%M:%SZ}",
        "body": escape(_details(entry)).replace("\n", "<br>"),
        "location": one_line(entry.location),
    }
    return urlencode(_given(fields), quote_via=quote)


def _details(entry: CalendarEntry) -> str:
    details = "\n\n".join(part for part in (plain(entry.description), one_line(entry.url)) if part)
    return details if len(details) <= _MOST_DETAILS else one_line(entry.url)


def _given(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
