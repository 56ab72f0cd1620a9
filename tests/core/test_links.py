"""The links of a mail: short enough for a header, each good for one thing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.links import PersonalLinks, calendar_url
from newsletter.core.token import Purpose, Token, read_token

KEY = b"a key for tests"
NEWS = "https://news.example.org"
DEADLINE = "erasmus-accreditation/accreditation"


def links(campaign=7, subscriber=12, public_url=NEWS):
    return PersonalLinks(public_url, KEY, campaign, subscriber)


def last(url):
    return url.rpartition("/")[2]


@given(st.integers(1, 10**6), st.integers(1, 10**7))
def test_the_link_to_leave_fits_on_one_line_of_a_header(campaign, subscriber):
    """RFC 5322 asks for lines of at most 78 characters; the link stands on one with a blank and two brackets."""
    url = links(campaign, subscriber).unsubscribe()
    assert len(url) <= 75
    assert read_token([KEY], last(url), Purpose.UNSUBSCRIBE) == Token(
        Purpose.UNSUBSCRIBE, campaign, subscriber
    )


@pytest.mark.parametrize(
    ("url", "path", "purpose", "context"),
    [
        (links().unsubscribe(), "u", Purpose.UNSUBSCRIBE, ""),
        (links().preferences(), "p", Purpose.PREFERENCES, ""),
        (links().view(), "v", Purpose.VIEW, ""),
        (links().applied(DEADLINE), f"applied/{DEADLINE}", Purpose.APPLIED, DEADLINE),
        (links().stop(DEADLINE), f"stop/{DEADLINE}", Purpose.STOP, DEADLINE),
        (links().confirm(), "confirm", Purpose.CONFIRM, ""),
    ],
)
def test_each_link_is_good_for_one_thing(url, path, purpose, context):
    assert url.rpartition("/")[0] == f"{NEWS}/{path}"
    assert read_token([KEY], last(url), purpose, context) == Token(purpose, 7, 12)
    assert all(
        read_token([KEY], last(url), other, context) is None for other in Purpose if other is not purpose
    )
    assert read_token([KEY], last(url), purpose, f"{context}x") is None


def test_the_link_to_confirm_does_not_open_the_preferences():
    assert read_token([KEY], last(links().confirm()), Purpose.PREFERENCES) is None


def test_links_that_lead_to_a_place_on_a_page():
    assert links().pause() == f"{links().preferences()}#pause"
    assert links().other_language("fr") == f"{links().view()}?language=fr"


def test_the_calendar_is_the_same_for_everybody():
    assert links(1, 2).calendar(DEADLINE) == links(3, 4).calendar(DEADLINE) == calendar_url(NEWS, DEADLINE)
    assert calendar_url(NEWS, DEADLINE) == f"{NEWS}/calendar/{DEADLINE}"


def test_a_slash_at_the_end_of_the_public_address_is_not_doubled():
    slashed = links(public_url=f"{NEWS}/")
    assert slashed.unsubscribe() == links().unsubscribe()
    assert slashed.calendar(DEADLINE) == links().calendar(DEADLINE)


def test_links_of_two_people_or_two_campaigns_differ():
    urls = {links(campaign, person).unsubscribe() for campaign in (1, 2) for person in (1, 2)}
    assert len(urls) == 4


def test_nothing_personal_can_be_read_off_a_link():
    assert re.fullmatch(r"https://news\.example\.org/u/[a-z2-7]+", links().unsubscribe())
