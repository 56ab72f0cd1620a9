"""Calendar files: read back by another parser they say what was meant, whatever the text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.calendar import CalendarEntry, calendar_entry

NOON = datetime(2021, 10, 19, 10, tzinfo=UTC)
STAMP = datetime(2021, 9, 7, 8, 30, 15, 999, tzinfo=UTC)
CALL = CalendarEntry(
    key="accreditation/call",
    domain="news.example.org",
    summary="Erasmus+ accreditation closes",
    start=NOON,
    organizer="hello@example.org",
    organizer_name="Common Thread",
    url="https://example.org/call?a=1&b=2",
    description="12:00 noon, Brussels time",
    language="en",
)


def lines_of(entry):
    return calendar_entry(entry, stamp=STAMP).decode().replace("\r\n ", "").split("\r\n")


def event_of(entry):
    calendar = icalendar.Calendar.from_ical(calendar_entry(entry, stamp=STAMP))
    (event,) = calendar.walk("VEVENT")
    return event


def test_a_deadline_is_published_at_its_instant():
    lines = lines_of(CALL)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for line in (
        "METHOD:PUBLISH",
        "UID:accreditation/call@news.example.org",
        "SEQUENCE:0",
        "DTSTAMP:20210907T083015Z",
        "DTSTART:20211019T100000Z",
        "DTEND:20211019T100100Z",
        "SUMMARY;LANGUAGE=en:Erasmus+ accreditation closes",
        "URL:https://example.org/call?a=1&b=2",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-P1D",
    ):
        assert lines.count(line) == 1
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert not any(line.startswith(("ATTENDEE", "DURATION", "LOCATION")) for line in lines)


def test_an_instant_of_another_zone_is_written_in_utc():
    brussels = datetime.fromisoformat("2021-10-19T12:00+02:00")
    assert calendar_entry(replace(CALL, start=brussels), stamp=STAMP) == calendar_entry(CALL, stamp=STAMP)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        calendar_entry(replace(CALL, start=NOON.replace(tzinfo=None)), stamp=STAMP)


def test_an_event_takes_its_time():
    lines = lines_of(replace(CALL, end=NOON + timedelta(hours=3), location="Rue 12; Brussels"))
    assert "DTEND:20211019T130000Z" in lines
    assert "TRANSP:OPAQUE" in lines
    assert "LOCATION;LANGUAGE=en:Rue 12\\; Brussels" in lines


def test_an_end_that_is_not_later_counts_as_none():
    assert event_of(replace(CALL, end=NOON)).decoded("dtend") > NOON


def test_a_cancelled_entry_takes_back_the_same_one():
    lines = lines_of(replace(CALL, cancelled=True, sequence=2))
    assert {
        "METHOD:CANCEL",
        "STATUS:CANCELLED",
        "SEQUENCE:2",
        "UID:accreditation/call@news.example.org",
    } <= set(lines)
    assert "BEGIN:VALARM" not in lines


def test_the_organizer_is_a_role_address_and_its_name_cannot_add_a_parameter():
    event = event_of(replace(CALL, organizer_name='Ada";X=1:mailto:ben@example.net\r\nATTENDEE:x'))
    assert event["organizer"] == "mailto:hello@example.org"
    assert set(event["organizer"].params) == {"CN"}
    assert "ATTENDEE" not in event


TEXT = st.text(
    st.sampled_from("ab ;,:\\\"'\n\r\tnN=é€😀\u00a0\u2028\u202e\x00\x07\x7f\x85\ud800") | st.characters(),
    max_size=200,
)


def kept(text, *, breaks):
    """What must survive: everything that is text; line breaks as one kind, or as spaces on a line."""
    for ending in ("\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f"):
        text = text.replace(ending, "\n")
    controls = {
        *map(chr, range(9)),
        *map(chr, range(0x0B, 0x20)),
        *map(chr, range(0x7F, 0xA0)),
        "\ufeff",
        "\ufffe",
        "\uffff",
    }
    text = "".join(char for char in text if char not in controls and not "\ud800" <= char <= "\udfff")
    if breaks:
        return text
    return " ".join(part for part in text.replace("\t", " ").replace("\n", " ").split(" ") if part)


@settings(deadline=None, max_examples=300)
@given(TEXT, TEXT, TEXT)
def test_any_text_comes_back_and_no_line_is_too_long(summary, description, location):
    entry = replace(CALL, summary=summary, description=description, location=location)
    written = calendar_entry(entry, stamp=STAMP)
    assert written.endswith(b"\r\n")
    for line in written.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        assert b"\r" not in line
        line.decode()  # folded between characters, never inside one
    event = event_of(entry)
    assert str(event["summary"]) == kept(summary, breaks=False)
    assert str(event.get("description", "")) == kept(description, breaks=True)
    assert str(event.get("location", "")) == kept(location, breaks=False)
    assert event.decoded("dtstart") == NOON
    assert [part.name for part in event.subcomponents] == ["VALARM"]
