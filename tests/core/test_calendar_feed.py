"""Feeds: two readers that share nothing with the writer find in them what was meant, whatever the text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import vobject
from calendar_reader import read_calendar
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.core.calendar import (
    CalendarEntry,
    CalendarFace,
    calendar_entry,
    calendar_event,
    calendar_feed,
    from_document,
    one_line,
    plain,
    to_document,
    without_alarm,
)

NOON = datetime(2021, 10, 19, 10, tzinfo=UTC)
STAMP = datetime(2021, 9, 7, 8, 30, 15, tzinfo=UTC)
FACE = CalendarFace("Common Thread: deadlines", "Dates; that move, move", "Europe/Brussels")
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
TEXT = st.text(
    st.sampled_from("ab ;,:\\\"'\n\r\tnN=é€😀\u00a0\u2028\u202e\x00\x07\x7f\x85\ud800") | st.characters(),
    max_size=200,
)
ENTRIES = st.builds(
    replace,
    st.just(CALL),
    summary=TEXT,
    description=TEXT,
    location=TEXT,
    organizer_name=TEXT,
    cancelled=st.booleans(),
    sequence=st.integers(0, 1000),
    start=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    end=st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


def written(entries):
    return [
        calendar_event(replace(entry, key=f"a/{number}"), stamp=STAMP) for number, entry in enumerate(entries)
    ]


def said(event, name):
    """What vobject found, "" for nothing."""
    return getattr(event, name).value if hasattr(event, name) else ""


def test_a_feed_says_what_it_is_and_how_often_to_ask():
    calendar = read_calendar(calendar_feed(written([CALL, CALL]), FACE))
    assert calendar.one("METHOD") == "PUBLISH"
    assert calendar.words("NAME") == calendar.words("X-WR-CALNAME") == "Common Thread: deadlines"
    assert calendar.words("DESCRIPTION") == calendar.words("X-WR-CALDESC") == "Dates; that move, move"
    assert ("REFRESH-INTERVAL", {"VALUE": "DURATION"}, "PT1H") in calendar.properties
    assert calendar.one("X-PUBLISHED-TTL") == "PT1H"
    assert calendar.one("X-WR-TIMEZONE") == "Europe/Brussels"
    assert [event.one("UID") for event in calendar.of("VEVENT")] == [
        "a/0@news.example.org",
        "a/1@news.example.org",
    ]


def test_a_feed_without_entries_is_still_a_calendar():
    octets = calendar_feed([], FACE)
    calendar = read_calendar(octets)
    assert [each.name for each in calendar.inside] == ["VTIMEZONE"]
    assert vobject.readOne(octets.decode()).name == "VCALENDAR"


def test_without_its_alarm_an_entry_is_the_same_otherwise():
    (event,) = written([replace(CALL, description="BEGIN:VALARM\r\nEND:VALARM\r\n" * 3)])
    silent = read_calendar(calendar_feed([without_alarm(event)], FACE)).of("VEVENT")[0]
    loud = read_calendar(calendar_feed([event], FACE)).of("VEVENT")[0]
    assert (silent.properties, silent.inside) == (loud.properties, [])
    assert [each.name for each in loud.inside] == ["VALARM"]


@settings(max_examples=100)
@given(st.lists(ENTRIES, max_size=3))
def test_two_other_readers_find_every_word_and_every_instant(entries):
    octets = calendar_feed(written(entries), FACE)
    ours = read_calendar(octets).of("VEVENT")
    theirs = getattr(vobject.readOne(octets.decode()), "vevent_list", [])
    assert len(ours) == len(theirs) == len(entries)
    for entry, event, other in zip(entries, ours, theirs, strict=True):
        assert event.words("SUMMARY") == other.summary.value == one_line(entry.summary)
        assert event.words("LOCATION") == said(other, "location") == one_line(entry.location)
        assert event.words("DESCRIPTION") == said(other, "description") == plain(entry.description)
        assert event.instant("DTSTART") == other.dtstart.value == entry.start.replace(microsecond=0)
        assert int(event.one("SEQUENCE")) == entry.sequence
        assert event.one("STATUS") == ("CANCELLED" if entry.cancelled else "CONFIRMED")
        assert len(event.of("VALARM")) == (0 if entry.cancelled else 1)


@settings(max_examples=60)
@given(ENTRIES)
def test_an_entry_comes_back_from_its_document_as_calendars_show_it(entry):
    again = from_document(to_document(entry))
    assert calendar_entry(again, stamp=STAMP) == calendar_entry(entry, stamp=STAMP)
    assert to_document(again) == to_document(entry)


VISIBLE = ("summary", "description", "location", "url", "start", "end", "sequence", "cancelled")


@pytest.mark.parametrize("what", VISIBLE)
def test_whatever_a_reader_sees_makes_other_octets(what):
    other = {
        "summary": "x", "description": "x", "location": "x", "url": "https://example.org/x", "sequence": 1,
        "start": NOON + timedelta(seconds=1), "end": NOON + timedelta(hours=1), "cancelled": True,
    }  # fmt: skip
    before, after = CALL, replace(CALL, **{what: other[what]})
    assert calendar_entry(before, stamp=STAMP) != calendar_entry(after, stamp=STAMP)


@pytest.mark.parametrize("unseen", [{"zone": "Europe/Paris"}, {"is_deadline": True}])
def test_whatever_a_reader_does_not_see_makes_the_same_octets(unseen):
    assert calendar_entry(CALL, stamp=STAMP) == calendar_entry(replace(CALL, **unseen), stamp=STAMP)
