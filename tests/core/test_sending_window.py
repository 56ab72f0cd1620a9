"""Sending windows: when mail may go by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.refusal import ContentRefused
from newsletter.core.sending_window import ALWAYS, SendingWindow, parse_window
from newsletter.core.wallclock import to_instant, to_local

BRUSSELS = "Europe/Brussels"
OFFICE_HOURS = parse_window(["08:00-18:00"], days=["weekdays"])
HOUR = timedelta(hours=1)


def at(local, zone=BRUSSELS):
    return to_instant(datetime.fromisoformat(local), zone)


@pytest.mark.parametrize(
    ("window", "open_at", "closed_at"),
    [
        # 4 January 2027 is a Monday.
        (OFFICE_HOURS, ["2027-01-04T08:00", "2027-01-08T17:59"], ["2027-01-04T07:59", "2027-01-04T18:00", "2027-01-09T10:00"]),
        (parse_window(["08:00-12:00", "14:00-18:00"]), ["2027-01-09T11:59", "2027-01-09T14:00"], ["2027-01-09T12:00"]),
        (parse_window(["20:00-02:00"], days=["weekdays"]), ["2027-01-09T01:59", "2027-01-04T20:00"], ["2027-01-04T01:00", "2027-01-09T20:00"]),
        (parse_window(["20:00-02:00"], days=["Sunday"]), ["2027-01-10T23:00", "2027-01-04T01:59"], ["2027-01-04T02:00"]),
        (parse_window(quiet=["22:00-07:00"]), ["2027-01-04T07:00", "2027-01-04T21:59"], ["2027-01-04T22:00", "2027-01-04T03:00"]),
        (parse_window(["06:00-24:00"], quiet=["12:00-13:00"]), ["2027-01-04T23:59", "2027-01-04T13:00"], ["2027-01-04T00:00", "2027-01-04T12:30"]),
        (parse_window(days=["lundi", "jeudi"]), ["2027-01-07T00:00"], ["2027-01-05T12:00"]),
        (parse_window(["always"]), ["2027-01-09T03:00"], []),
    ],
)  # fmt: skip
def test_hours_and_days(window, open_at, closed_at):
    assert all(window.is_open(at(local), BRUSSELS) for local in open_at)
    assert not any(window.is_open(at(local), BRUSSELS) for local in closed_at)


def test_after_closing_it_goes_on_when_it_opens():
    assert OFFICE_HOURS.goes_at(at("2027-01-08T18:00"), BRUSSELS) == at("2027-01-11T08:00")
    assert OFFICE_HOURS.goes_at(at("2027-01-08T17:00"), BRUSSELS) == at("2027-01-08T17:00")


def test_the_window_yields_to_a_deadline_that_comes_first():
    """Late on Friday is better than never, and Monday would be never."""
    friday, monday = at("2027-01-08T18:30"), at("2027-01-11T08:00")
    assert OFFICE_HOURS.lets_go(friday, BRUSSELS, at("2027-01-10T23:59"))
    assert OFFICE_HOURS.lets_go(friday, BRUSSELS, monday + HOUR / 2)
    assert not OFFICE_HOURS.lets_go(friday, BRUSSELS, monday + HOUR)
    assert OFFICE_HOURS.goes_at(friday, BRUSSELS, monday) == friday
    assert OFFICE_HOURS.goes_at(friday, BRUSSELS, monday + 2 * HOUR) == monday


@pytest.mark.parametrize(
    ("spans", "quiet", "days", "complaint"),
    [
        (["08:00-20:00"], ["07:00-21:00"], [], "never open"),
        (["08:00-08:00"], [], [], "is not a span of hours"),
        (["8-18"], [], [], "is not a span of hours"),
        (["08:00-25:00"], [], [], "is not a span of hours"),
        (["08:70-18:00"], [], [], "is not a span of hours"),
        (["always"], ["00:00-24:00"], [], "never open"),
        ([], [], ["mondax"], "is not a day of the week"),
    ],
)
def test_a_window_that_is_not_understood_or_never_opens_is_refused(spans, quiet, days, complaint):
    with pytest.raises(ContentRefused, match=complaint):
        parse_window(spans, quiet, days)


def test_closed_hours_do_not_count_for_how_long_a_message_is_tried():
    assert OFFICE_HOURS.life_from(at("2027-01-04T09:00"), 5 * HOUR, BRUSSELS) == 5 * HOUR
    assert OFFICE_HOURS.life_from(at("2027-01-08T17:00"), 5 * HOUR, BRUSSELS) == at("2027-01-11T12:00") - at(
        "2027-01-08T17:00"
    )
    assert ALWAYS.life_from(at("2027-01-08T17:00"), 36 * HOUR, BRUSSELS) == 36 * HOUR
    narrow = parse_window(["09:00-10:00"])
    assert narrow.life_from(at("2027-01-08T09:00"), 36 * HOUR, BRUSSELS) == timedelta(days=7)


def test_the_nights_on_which_clocks_are_changed():
    """Open from 02:15 to 02:45: in March that hour does not exist, in October it comes twice and both are that hour."""
    night = parse_window(["02:15-02:45"])
    assert night.next_open(at("2027-03-27T12:00"), BRUSSELS) == at("2027-03-29T02:15")
    october = datetime(2027, 10, 31, 0, 20, tzinfo=UTC)
    assert night.is_open(october, BRUSSELS)
    assert night.is_open(october + HOUR, BRUSSELS)


SPANS = (
    st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
    .filter(lambda span: span[:2] != span[2:])
    .map(lambda span: f"{span[0]:02}:{span[1]:02}-{span[2]:02}:{span[3]:02}")
)
DAYS = st.lists(st.sampled_from(("Monday", "mardi", "weekdays", "Saturday", "Sunday")), max_size=3)


@st.composite
def windows(draw):
    try:
        return parse_window(draw(st.lists(SPANS, max_size=3)), draw(st.lists(SPANS, max_size=2)), draw(DAYS))
    except ContentRefused:
        return ALWAYS


@given(windows())
def test_a_window_is_kept_as_a_document(window):
    kept = SendingWindow.from_json(window.to_json())
    assert kept == window
    assert (kept.is_always, kept.is_never) == (window.is_always, False)


@given(
    windows(),
    st.datetimes(datetime.fromisoformat("2020-01-01T00:00"), datetime.fromisoformat("2030-01-01T00:00")),
    st.sampled_from((BRUSSELS, "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")),
)
def test_when_it_opens_it_is_open_and_before_it_was_not(window, moment, zone):
    instant = moment.replace(tzinfo=UTC)
    opens = window.next_open(instant, zone)
    assert opens >= instant
    assert window.is_open(opens, zone)
    if opens > instant:
        assert not window.is_open(instant, zone)
        steps = int((opens - instant) / timedelta(minutes=20))
        missed = [
            moment
            for moment in (instant + n * timedelta(minutes=20) for n in range(min(steps, 400)))
            if window.is_open(moment, zone)
        ]
        # Only in a night in which the clock was moved over an opening may a little of it be passed over.
        assert all(_is_moved(moment, zone) for moment in missed)


def _is_moved(moment, zone):
    day = timedelta(days=1)
    shift = to_local(moment + day, zone) - to_local(moment - day, zone)
    return shift != 2 * day
