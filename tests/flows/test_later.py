"""Reminded later: what was put off comes on its day, never after the deadline, and nothing comes before."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.core.token import Purpose
from newsletter.core.wallclock import parse_local
from newsletter.flows.deadlines import move_deadline
from newsletter.flows.later import remind_as_planned, remind_later, see_later
from newsletter.flows.people import known_person

KEY, STEM = "erasmus-accreditation/accreditation", "erasmus-accreditation-accreditation"


def later(bench, day, address="ada@example.org"):
    token = bench.token(address, Purpose.LATER, KEY)
    return remind_later(bench.office, KEY, token, date.fromisoformat(day), bench.now)


@pytest.fixture
def told(bench):
    """Ada and Ben have got the first reminder."""
    bench.enrol("ada@example.org", "ben@example.org")
    bench.sync()
    bench.beat("2021-09-19T09:00")
    return bench


def test_on_the_day_that_was_chosen_a_reminder_comes_to_that_person_alone(told):
    assert later(told, "2021-09-25")
    assert told.beat("2021-09-24T12:00") == []
    assert told.beat("2021-09-25T09:00") == [f"{STEM}-later-20210925t0900"]
    assert told.sent("later") == ["ada@example.org"]
    content = told.transport.accepted[-1].content.replace(b"=\r\n", b"")
    assert b"24 days left" in content
    told.beat("2021-10-12T09:00")
    assert told.sent("reminder-7") == ["ada@example.org", "ben@example.org"]


def test_rungs_before_that_day_are_put_off_for_that_person(told):
    assert later(told, "2021-10-15")
    told.beat("2021-10-12T09:00")
    assert told.rows(f"{STEM}-reminder-7", "state", "withheld") == {
        "ada@example.org": ("skipped", "later"),
        "ben@example.org": ("sent", None),
    }
    assert told.beat("2021-10-15T09:00") == [f"{STEM}-later-20211015t0900"]
    assert told.sent("later") == ["ada@example.org"]


def test_a_rung_of_that_day_is_the_reminder_that_was_asked_for(told):
    assert later(told, "2021-10-18")
    told.beat("2021-10-12T09:00")
    assert told.beat("2021-10-18T09:00") == [f"{STEM}-reminder-1"]
    assert told.sent("reminder-1") == ["ada@example.org", "ben@example.org"]


def test_chosen_after_the_launch_it_still_keeps_the_mail_back(told):
    told.at("2021-10-12T09:00")
    told.launch()
    assert later(told, "2021-10-14")
    told.deliver()
    assert told.rows(f"{STEM}-reminder-7", "withheld")["ada@example.org"] == "later"


def test_the_last_word_counts_and_saying_it_twice_changes_nothing(told):
    assert later(told, "2021-09-25")
    assert later(told, "2021-09-25")
    assert later(told, "2021-09-27")
    assert told.beat("2021-09-25T09:00") == []
    assert told.beat("2021-09-27T09:00") == [f"{STEM}-later-20210927t0900"]


def test_it_can_be_taken_back(told):
    assert later(told, "2021-10-15")
    assert remind_as_planned(told.office, KEY, told.token("ada@example.org", Purpose.LATER, KEY))
    told.beat("2021-10-12T09:00")
    assert told.sent("reminder-7") == ["ada@example.org", "ben@example.org"]
    assert told.beat("2021-10-15T09:00") == []


@pytest.mark.parametrize("day", ["2021-09-19", "2021-09-01", "2021-10-20", "2022-01-01"])
def test_a_day_that_has_come_or_lies_after_the_deadline_will_not_do(told, day):
    assert not later(told, day)


def test_a_token_for_something_else_will_not_do(told):
    token = told.token("ada@example.org", Purpose.STOP, KEY)
    assert not remind_later(told.office, KEY, token, date(2021, 9, 25), told.now)


def test_a_wish_that_a_move_leaves_behind_the_deadline_is_void(told):
    assert later(told, "2021-10-15")
    told.at("2021-09-21T10:00")
    move_deadline(told.office, KEY, parse_local("2021-10-10T12:00"), told.now)
    assert told.beat() == [f"{STEM}-correction-moved-1"]
    assert told.sent("correction") == ["ada@example.org", "ben@example.org"]
    told.beat("2021-10-03T09:00")
    assert told.sent("reminder-7") == ["ada@example.org", "ben@example.org"]
    told.beat("2021-10-15T09:00")
    assert told.sent("later") == []


def test_whoever_has_applied_meanwhile_is_not_reminded(told):
    assert later(told, "2021-09-25")
    told.applies("ada@example.org", KEY)
    assert told.beat("2021-09-25T09:00") == []


def test_what_is_offered_lies_before_the_deadline(told):
    person = known_person(told.office, "ada@example.org")
    view = see_later(told.office, KEY, person, told.now)
    assert [day.isoformat() for day in view.days] == ["2021-09-22", "2021-09-26", "2021-10-03", "2021-10-18"]
    told.at("2021-10-18T09:01")
    assert see_later(told.office, KEY, person, told.now).days == (date(2021, 10, 19),)
    told.at("2021-10-19T09:00")
    assert see_later(told.office, KEY, person, told.now).days == ()
    later(told, "2021-09-25")
    assert see_later(told.office, "call/none", person, told.now).days == ()
