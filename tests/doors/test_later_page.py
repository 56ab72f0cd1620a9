"""The page behind "Remind me later": a GET changes nothing, a POST notes the day, and it can be taken back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.core.links import PersonalLinks
from newsletter.flows.deadlines import cancel_deadline
from newsletter.store import people as rows
from newsletter.store.reminders import wished_until

KEY = "erasmus-accreditation/accreditation"
UNTIL = datetime(2021, 10, 15, 7, tzinfo=UTC)


@pytest.fixture
def links(people):
    with people.database.read() as connection:
        identity = rows.find_by_key(connection, "ada@example.org")
    return PersonalLinks("", people.secret, 42, identity)


@pytest.fixture
def wish(people, links):
    def look():
        with people.database.read() as connection:
            return wished_until(connection, KEY, links.subscriber)

    return look


def test_a_get_shows_a_button_for_each_day_and_changes_nothing(site, links, wish):
    page = site.get(links.later(KEY)).text
    assert re.findall(r'name="until" value="([0-9-]+)"', page) == ["2021-10-15", "2021-10-18"]
    assert "Friday 15\u00a0October" in page
    assert "Erasmus+ accreditation 2021" in page
    assert "<script" not in page
    assert wish() is None


def test_a_press_notes_the_day_and_another_takes_it_back(site, links, wish):
    for _ in range(2):
        noted = site.post(links.later(KEY), data={"until": "2021-10-15"})
        assert noted.status_code == 200
        assert "We remind you on 15\u00a0October" in noted.text
        assert wish() == UNTIL
    assert "Remind me as planned" in site.get(links.later(KEY)).text
    undone = site.post(links.later(KEY), data={"undo": "yes"})
    assert "The reminders come as planned" in undone.text
    assert wish() is None


@pytest.mark.parametrize("until", ["2021-10-12", "2021-12-24", "soon", "", "2021-02-29"])
def test_a_day_that_will_not_do_is_told_and_nothing_is_noted(site, links, wish, until):
    answer = site.post(links.later(KEY), data={"until": until})
    assert answer.status_code == 400
    assert "Nothing was noted" in answer.text
    assert wish() is None


def test_french_readers_get_french_days(site, links):
    page = site.get(f"{links.later(KEY)}?language=fr").text
    assert "Quand devons-nous vous le rappeler\u00a0?" in page
    assert "Vendredi 15\u00a0octobre" in page


def test_whoever_has_applied_is_told_that_nothing_comes(site, links, wish):
    site.post(links.applied(KEY), data={"confirm": "yes"})
    page = site.get(links.later(KEY)).text
    assert "Noted: you have applied" in page
    assert f'action="{links.stop(KEY)}?language=en"' in page
    assert site.post(links.stop(KEY), data={"undo": "yes"}).status_code == 200
    assert "When shall we remind you?" in site.get(links.later(KEY)).text


def test_no_day_is_offered_when_there_is_no_time_left(site, links, people, clock):
    clock.now = datetime(2021, 10, 19, 8, tzinfo=UTC)
    page = site.get(links.later(KEY)).text
    assert "There is no time left for later" in page
    assert 'name="until"' not in page


@pytest.mark.parametrize(
    ("how", "told"), [("cancelled", "This deadline was called off"), ("passed", "This deadline has passed")]
)
def test_what_is_over_asks_for_nothing(site, links, people, clock, how, told):
    if how == "cancelled":
        cancel_deadline(people, KEY, clock())
    else:
        clock.now += timedelta(days=30)
    for link in (links.later(KEY), links.stop(KEY)):
        page = site.get(link).text
        assert told in page
        assert "<button" not in page
    assert ("<button" in site.get(links.applied(KEY)).text) is (how == "passed")


def test_a_token_for_something_else_is_no_page(site, links):
    token = links.stop(KEY).rpartition("/")[2]
    assert site.get(f"/later/{KEY}/{token}").status_code == 404
    assert site.post(f"/later/{KEY}/{token}", data={"until": "2021-10-15"}).status_code == 404
