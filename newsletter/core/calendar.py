"""Calendar entries for deadlines and events: a file with one VEVENT, and a feed of many (RFC 5545, 5546, 7986).

A deadline is a moment. RFC 5545 allows an entry without an end for that (section 3.6.1), but Exchange refuses to
import one (MS-STANXICAL, note on section 3.6.1) and a duration of zero is not positive (section 3.8.2.5), so a
deadline takes one minute from its instant: every calendar shows it, and nobody reads it as time that is left.

Times are in UTC, and no VTIMEZONE goes with them. What is written is one instant each, nothing recurs, so a zone's
rules would add a few thousand octets to every file, could be wrong where a state changes its clocks, and would say
nothing: each calendar shows the instant on its reader's own wall. Whose noon is meant is said in words, in the description.

The same state gives the same octets. DTSTAMP and LAST-MODIFIED are the instant at which what the entry says last changed
(RFC 5545 section 3.8.7.2 allows that for what is not sent as a message), not the one at which somebody asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import icalendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PRODUCT = "-//newsletter//calendar//EN"
MOMENT = timedelta(minutes=1)
REFRESH = timedelta(hours=1)  # how often a calendar that follows a feed may ask again
_ALARM = timedelta(days=-1)
# Besides line feeds, nothing that is not text may stand in a value (RFC 5545 section 3.1, CONTROL).
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_BREAKS = re.compile(r"\r\n|\r|\u2028|\u2029|\x85|\v|\f")
_BLANKS = re.compile(r"[ \t\n]+")  # not \s: the fixed spaces of French stay
_ALARM_LINES = re.compile(r"^BEGIN:VALARM\r\n.*?^END:VALARM\r\n", re.DOTALL | re.MULTILINE)


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
        zone: IANA name of the zone in which people speak of it; pages show it, the file does not need it.
        is_deadline: whether something closes then, or takes place; pages say the one or the other.
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
    zone: str = "UTC"
    is_deadline: bool = False
    sequence: int = 0
    cancelled: bool = False

    @property
    def uid(self) -> str:
        """Stable across languages and changes, so that an update replaces the entry and does not double it."""
        return f"{one_line(self.key)}@{one_line(self.domain)}"

    @property
    def finish(self) -> datetime:
        """The end, or the shortest one that calendars show."""
        return self.end if self.end and self.end > self.start else self.start + MOMENT


@dataclass(frozen=True, slots=True)
class CalendarFace:
    """What a feed says about itself.

    Attributes:
        name: as the list of calendars shows it.
        description: one sentence.
        zone: IANA name, for programs that want one; no time in the feed depends on it.
    """

    name: str
    description: str
    zone: str


def calendar_event(entry: CalendarEntry, *, stamp: datetime) -> str:
    """The VEVENT, lines folded at 75 octets and ended by CRLF.

    Args:
        entry: what it says.
        stamp: when it came to say that (DTSTAMP, LAST-MODIFIED), with a time zone.

    Raises:
        ValueError: an instant has no time zone.
    """
    return str(_event(entry, stamp).to_ical(sorted=False), "utf-8")


def calendar_file(event: str, *, cancelled: bool = False) -> bytes:
    """A file with one VEVENT: METHOD:PUBLISH, or METHOD:CANCEL for a cancelled one (RFC 5546 sections 3.2.1, 3.2.5).

    Returns:
        Octets of `text/calendar; charset=utf-8`.
    """
    calendar = _calendar()
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    return _around(calendar, [event])


def calendar_entry(entry: CalendarEntry, *, stamp: datetime) -> bytes:
    """The file of one entry; see `calendar_event` and `calendar_file`."""
    return calendar_file(calendar_event(entry, stamp=stamp), cancelled=entry.cancelled)


def calendar_feed(events: Iterable[str], face: CalendarFace) -> bytes:
    """A calendar to follow: METHOD:PUBLISH, with how often to ask again (RFC 7986 section 5.7, and what came before it).

    Cancelled entries stand in it as STATUS:CANCELLED. A calendar must have a component (RFC 5545 section 3.6); one
    without entries brings the zone UTC, which nobody sees.
    """
    calendar = _calendar()
    calendar.add("method", "PUBLISH")
    for name, text in (("name", face.name), ("description", face.description)):
        calendar.add(name, one_line(text))
        # What the library does not know it would leave without escapes.
        calendar.add("x-wr-cal" + name.removesuffix("ription"), icalendar.vText(one_line(text)))
    calendar.add("x-wr-timezone", face.zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESH))
    return _around(calendar, list(events) or [_no_entry()])


def without_alarm(event: str) -> str:
    """The VEVENT for somebody who wants no reminder of it."""
    return _ALARM_LINES.sub("", event)


def to_document(entry: CalendarEntry) -> dict[str, Any]:
    """An entry as JSON; what no calendar could hold is left out of its texts."""
    values = ((name, getattr(entry, name)) for name in CalendarEntry.__dataclass_fields__)
    written = {name: plain(value) if isinstance(value, str) else value for name, value in values}
    ends = None if entry.end is None else to_utc(entry.end).isoformat()
    return written | {"start": to_utc(entry.start).isoformat(), "end": ends}


def from_document(document: Mapping[str, Any]) -> CalendarEntry:
    """The entry that `to_document` wrote."""
    start, end = document["start"], document["end"]
    times = {"start": datetime.fromisoformat(start), "end": datetime.fromisoformat(end) if end else None}
    return CalendarEntry(**{**document, **times})


def _calendar() -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _around(calendar: icalendar.Calendar, components: list[str]) -> bytes:
    head, end, tail = calendar.to_ical(sorted=False).decode().rpartition("END:VCALENDAR")
    return "".join((head, *components, end, tail)).encode()


def _no_entry() -> str:
    zone, standard = icalendar.Timezone(), icalendar.TimezoneStandard()
    zone.add("tzid", "UTC")
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - local time by definition, RFC 5545 section 3.6.5
    standard.add("tzoffsetfrom", timedelta(0))
    standard.add("tzoffsetto", timedelta(0))
    zone.add_component(standard)
    return str(zone.to_ical(sorted=False), "utf-8")


def _event(entry: CalendarEntry, stamp: datetime) -> icalendar.Event:
    language = {"LANGUAGE": entry.language} if entry.language else {}
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", to_utc(stamp))
    event.add("last-modified", to_utc(stamp))
    event.add("dtstart", to_utc(entry.start))
    event.add("dtend", to_utc(entry.finish))
    event.add("summary", one_line(entry.summary), parameters=language)
    if plain(entry.description):
        event.add("description", plain(entry.description), parameters=language)
    if one_line(entry.location):
        event.add("location", one_line(entry.location), parameters=language)
    if entry.url:
        event.add("url", one_line(entry.url).replace(" ", "%20"))
    event.add("organizer", _organizer(entry))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if entry.end else "TRANSPARENT")
    if not entry.cancelled:
        event.add_component(_alarm(entry))
    return event


def _organizer(entry: CalendarEntry) -> icalendar.vCalAddress:
    organizer = icalendar.vCalAddress(f"mailto:{one_line(entry.organizer).replace(' ', '')}")
    if one_line(entry.organizer_name):
        # A parameter value cannot hold a double quote (RFC 5545 section 3.2).
        organizer.params["CN"] = one_line(entry.organizer_name).replace('"', "'")
    return organizer


def _alarm(entry: CalendarEntry) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", one_line(entry.summary))
    alarm.add("trigger", _ALARM)
    return alarm


def to_utc(instant: datetime) -> datetime:
    """The instant in UTC, to the second.

    Raises:
        ValueError: it has no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC).replace(microsecond=0)


def plain(text: str) -> str:
    """Text as a value of several lines may hold it."""
    return _CONTROLS.sub("", _LINE_BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """Text as a value of one line may hold it."""
    return _BLANKS.sub(" ", plain(text)).strip(" ")
