"""A strict reader of iCalendar files, written from RFC 5545 and sharing nothing with the library that writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

_NAME = re.compile(r"[A-Z0-9-]+")
_PARAMETER = re.compile(r';([A-Z0-9-]+)=("[^"]*"|[^";:,]*)')
_ESCAPES = {"\\\\": "\\", "\\;": ";", "\\,": ",", "\\n": "\n", "\\N": "\n"}


@dataclass
class Component:
    """A component: its own properties in order, and the components in it."""

    name: str
    properties: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    inside: list[Component] = field(default_factory=list)

    def all(self, name):
        """The values of a property, as they stand."""
        return [value for known, _, value in self.properties if known == name]

    def one(self, name):
        """The value of a property that must be there once."""
        (value,) = self.all(name)
        return value

    def words(self, name):
        """A TEXT value without its escapes; "" when there is none."""
        values = self.all(name)
        assert len(values) < 2, name
        value = values[0] if values else ""
        assert not re.search(r"(?<!\\)(\\\\)*[;,]", value), f"{name} has a separator that is not escaped"
        return re.sub(r"\\.", lambda found: _ESCAPES[found[0]], value)

    def instant(self, name):
        """A DATE-TIME in UTC."""
        return datetime.strptime(self.one(name), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    def of(self, name):
        """The components of this name in it."""
        return [each for each in self.inside if each.name == name]


def read_calendar(octets):
    """The one VCALENDAR of a file. Whatever RFC 5545 does not allow is an AssertionError."""
    assert octets.endswith(b"\r\n")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    physical = octets.removesuffix(b"\r\n").split(b"\r\n")
    for line in physical:
        assert 0 < len(line) <= 75, "a line is longer than 75 octets (section 3.1)"
        text = line.decode()  # a fold inside a character would fail here
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text), "a control character"
    lines = octets.decode().removesuffix("\r\n").replace("\r\n ", "").replace("\r\n\t", "").split("\r\n")
    outer = Component("")
    stack = [outer]
    for line in lines:
        _take(line, stack)
    assert stack == [outer]
    (calendar,) = outer.inside
    _check(calendar)
    return calendar


def _take(line, stack):
    name = _NAME.match(line)
    assert name, line
    rest, parameters = line[name.end() :], {}
    while found := _PARAMETER.match(rest):
        assert found[1] not in parameters
        parameters[found[1]] = found[2].strip('"')
        rest = rest[found.end() :]
    assert rest.startswith(":"), line
    value = rest[1:]
    if name[0] == "BEGIN":
        component = Component(value)
        stack[-1].inside.append(component)
        stack.append(component)
    elif name[0] == "END":
        assert stack.pop().name == value
    else:
        stack[-1].properties.append((name[0], parameters, value))


def _check(calendar):
    """What RFC 5545 sections 3.6, 3.6.1 and 3.6.6 and RFC 5546 section 3.2.1 ask for."""
    assert calendar.name == "VCALENDAR"
    assert calendar.one("VERSION") == "2.0"
    assert calendar.one("PRODID")
    assert calendar.one("METHOD") in {"PUBLISH", "CANCEL"}
    assert calendar.inside, "a calendar has a component"
    uids = [event.one("UID") for event in calendar.of("VEVENT")]
    assert len(set(uids)) == len(uids)
    for event in calendar.of("VEVENT"):
        assert event.instant("DTSTART") < event.instant("DTEND")
        assert event.instant("DTSTAMP") == event.instant("LAST-MODIFIED")
        assert int(event.one("SEQUENCE")) >= 0
        assert event.one("ORGANIZER").startswith("mailto:")
        assert event.all("ATTENDEE") == []
        assert event.one("STATUS") in {"CONFIRMED", "CANCELLED"}
        assert event.words("SUMMARY") is not None
        for alarm in event.of("VALARM"):
            assert (alarm.one("ACTION"), alarm.one("TRIGGER")) == ("DISPLAY", "-P1D")
            assert alarm.words("DESCRIPTION") == event.words("SUMMARY")
