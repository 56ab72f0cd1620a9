"""Calendar entries for deadlines and events: one VEVENT in a file (RFC 5545), and a link for Google Calendar.

A deadline is a moment. RFC 5545 allows an entry without an end for that (section 3.6.1), but Exchange refuses to
import one (MS-STANXICAL, note on section 3.6.1) and a duration of zero is not positive (section 3.8.2.5), so a
deadline takes one minute from its instant: every calendar shows it, and nobody reads it as time that is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import icalendar

PRODUCT = "-//newsletter//calendar//EN"
MOMENT = timedelta(minutes=1)
_ALARM = timedelta(days=-1)
_MOST_DETAILS = 800  # characters; longer addresses are cut by some mail programs
# Besides line feeds, nothing that is not text may stand in a value (RFC 5545 section 3.1, CONTROL).
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_BREAKS = re.compile(r"\r\n|\r|\u2028|\u2029|\x85|\v|\f")

_BLANKS = re.compile(r"[ \t\n]+")  # not \s: the fixed spaces of French stay


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """What a reader puts in a calendar.

    Attributes:
        key: the same for all time, for example `erasmus-accreditation/call`; with `domain` it makes the UID.
        domain: of the sender.
        summary: one line.
        start: the instant, with a time zone.
        end: when it is over; None for a deadline, which is a moment.
        description: any number of lines.
        url: where the reader acts; "" for none.
        location: "" for none.
        organizer: a role address. There are no attendees, so nobody is asked to answer.
        organizer_name: how that address is shown.
        language: of the words, RFC 5646; "" leaves it unsaid.
        sequence: grows by one with every change (RFC 5545 section 3.8.7.4).
        cancelled: takes the entry out of the calendars that have it.
    """

    key: str
    domain: str
    summary: str
    start: datetime
    organizer: str
    end: datetime | None = None
    description: str = ""
    url: str = ""
    location: str = ""
    organizer_name: str = ""
    language: str = ""
    sequence: int = 0
    cancelled: bool = False

    @property
    def uid(self) -> str:
        """Stable across languages and changes, so that an update replaces the entry and does not double it."""
        return f"{_line(self.key)}@{_line(self.domain)}"

    @property
    def finish(self) -> datetime:
        """The end, or the shortest one that calendars show."""
        return self.end if self.end and self.end > self.start else self.start + MOMENT


def calendar_entry(entry: CalendarEntry, *, stamp: datetime) -> bytes:
    """The file: one VEVENT, METHOD:PUBLISH, or METHOD:CANCEL for a cancelled one (RFC 5546 sections 3.2.1, 3.2.5).

    Times are in UTC, so that no VTIMEZONE is needed and no calendar can get the zone wrong.

    Args:
        entry: what it says.
        stamp: when this state was made (DTSTAMP), with a time zone.

    Returns:
        Bytes of `text/calendar; charset=utf-8`, lines ended by CRLF and folded at 75 octets.

    Raises:
        ValueError: an instant has no time zone.
    """
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if entry.cancelled else "PUBLISH")
    calendar.add_component(_event(entry, stamp))
    return bytes(calendar.to_ical(sorted=False))


def google_calendar_url(entry: CalendarEntry) -> str:
    """A link that opens Google Calendar with the entry filled in; the reader saves it there."""
    details = "\n\n".join(part for part in (_text(entry.description), _line(entry.url)) if part)
    fields = {
        "action": "TEMPLATE",
        "text": _line(entry.summary),
        "dates": f"{_utc(entry.start):%Y%m%dT%H%M%SZ}/{_utc(entry.finish):%Y%m%dT%H%M%SZ}",
        "details": details if len(details) <= _MOST_DETAILS else _line(entry.url),
        "location": _line(entry.location),
    }
    given = {name: value for name, value in fields.items() if value}
    return f"https://calendar.google.com/calendar/render?{urlencode(given)}"


def _event(entry: CalendarEntry, stamp: datetime) -> icalendar.Event:
    language = {"LANGUAGE": entry.language} if entry.language else {}
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _utc(stamp))
    event.add("dtstart", _utc(entry.start))
    event.add("dtend", _utc(entry.finish))
    event.add("summary", _line(entry.summary), parameters=language)
    if entry.description:
        event.add("description", _text(entry.description), parameters=language)
    if entry.location:
        event.add("location", _line(entry.location), parameters=language)
    if entry.url:
        event.add("url", _line(entry.url).replace(" ", "%20"))
    event.add("organizer", _organizer(entry))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if entry.end else "TRANSPARENT")
    if not entry.cancelled:
        event.add_component(_alarm(entry))
    return event


def _organizer(entry: CalendarEntry) -> icalendar.vCalAddress:
    organizer = icalendar.vCalAddress(f"mailto:{_line(entry.organizer).replace(' ', '')}")
    if entry.organizer_name:
        # A parameter value cannot hold a double quote (RFC 5545 section 3.2).
        organizer.params["CN"] = _line(entry.organizer_name).replace('"', "'")
    return organizer


def _alarm(entry: CalendarEntry) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _line(entry.summary))
    alarm.add("trigger", _ALARM)
    return alarm


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).replace(microsecond=0)


def _text(text: str) -> str:
    return _CONTROLS.sub("", _LINE_BREAKS.sub("\n", text))


def _line(text: str) -> str:
    return _BLANKS.sub(" ", _text(text)).strip(" ")
