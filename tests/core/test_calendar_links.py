"""Links into other houses' calendars say the same instant and the same words, however odd they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.calendar import CalendarEntry, one_line
from newsletter.core.calendar_links import (
    google_calendar_url,
    outlook_live_url,
    outlook_office_url,
    webcal_url,
)

CALL = CalendarEntry(
    key="accreditation/call",
    domain="news.example.org",
    summary="Erasmus+ accreditation closes",
    start=datetime(2021, 10, 19, 10, tzinfo=UTC),
    organizer="hello@example.org",
    url="https://example.org/call?a=1&b=2",
    description="12:00 noon, Brussels time",
    language="en",
)


def test_google_gets_the_same_instant():
    query = parse_qs(urlsplit(google_calendar_url(replace(CALL, location="Online & here"))).query)
    assert query == {
        "action": ["TEMPLATE"],
        "text": ["Erasmus+ accreditation closes"],
        "dates": ["20211019T100000Z/20211019T100100Z"],
        "details": ["12:00 noon, Brussels time\n\nhttps://example.org/call?a=1&b=2"],
        "location": ["Online & here"],
    }


def test_a_long_description_leaves_only_the_address_for_google():
    query = parse_qs(urlsplit(google_calendar_url(replace(CALL, description="x" * 2000))).query)
    assert query["details"] == ["https://example.org/call?a=1&b=2"]


@pytest.mark.parametrize(
    ("link", "host"), [(outlook_live_url, "outlook.live.com"), (outlook_office_url, "outlook.office.com")]
)
def test_outlook_gets_the_same_instant_and_html(link, host):
    url = urlsplit(link(replace(CALL, location="Online & here", description="a < b\nand c")))
    assert (url.scheme, url.netloc, url.path) == ("https", host, "/calendar/0/deeplink/compose")
    assert parse_qs(url.query) == {
        "path": ["/calendar/action/compose"],
        "rru": ["addevent"],
        "subject": ["Erasmus+ accreditation closes"],
        "startdt": ["2021-10-19T10:00:00Z"],
        "enddt": ["2021-10-19T10:01:00Z"],
        "body": ["a &lt; b<br>and c<br><br>https://example.org/call?a=1&amp;b=2"],
        "location": ["Online & here"],
    }
    assert "+" not in url.query  # Outlook would show it


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_words_come_back_from_a_link_and_none_becomes_another_parameter(text):
    entry = replace(CALL, summary=text, description=text)
    google = parse_qs(urlsplit(google_calendar_url(entry)).query)
    outlook = parse_qs(urlsplit(outlook_live_url(entry)).query)
    assert google.get("text", [""]) == outlook.get("subject", [""]) == [one_line(text)]
    assert set(outlook) <= {"path", "rru", "subject", "startdt", "enddt", "body"}
    assert "<" not in unquote(outlook["body"][0]).replace("<br>", "")
    assert unescape(outlook["body"][0].replace("<br>", "\n")) == google["details"][0]


def test_a_feed_is_opened_by_the_calendar_program_whatever_its_scheme():
    assert webcal_url("https://news.example.org/a.ics") == "webcal://news.example.org/a.ics"
    assert webcal_url("http://127.0.0.1:8000/a.ics") == "webcal://127.0.0.1:8000/a.ics"
