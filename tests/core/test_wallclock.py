"""Wall-clock time and the instant it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.core.refusal import ContentRefused
from newsletter.core.wallclock import days_before, parse_local, to_instant, to_local, zone_named


def at(text):
    return datetime.fromisoformat(text)


ZONES = (
    "Europe/Brussels", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu",
    "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Chatham", "Asia/Tehran", "UTC",
)  # fmt: skip
LOCALS = st.datetimes(at("1971-01-01T00:00"), at("2037-12-31T00:00"))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", ["", "Brussels", "Europe", "europe/brussels ", "../zone", "/etc/passwd", "a\0b", "\ud800"]
)
def test_a_zone_that_does_not_exist_is_refused(zone):
    with pytest.raises(ContentRefused, match="is not the name of a time zone"):
        zone_named(zone)


@pytest.mark.parametrize(
    "zone", ["localtime", "posixrules", "posix/Europe/Brussels", "right/Europe/Brussels", "Factory"]
)
def test_a_zone_that_is_no_place_is_refused(zone):
    """`localtime` would mean another zone on another machine."""
    with pytest.raises(ContentRefused, match="is not the name of a time zone"):
        zone_named(zone)


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_of_the_database_is_found(zone):
    assert zone_named(zone) == ZoneInfo(zone)


@pytest.mark.parametrize(
    "text", ["2021-10-19T12:00", "2021-10-19 12:00", "2021-10-19t12:00", "2021-10-19T12:00:00"]
)
def test_a_wall_clock_time_is_read(text):
    assert parse_local(text) == at("2021-10-19T12:00")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("2021-10-19", "has no time of day"),
        ("2021-10-19T12:00Z", "has an offset"),
        ("2021-10-19T12:00+02:00", "has an offset"),
        ("2021-02-29T12:00", "does not exist|that exists"),
        ("2021-10-19T24:30", "that exists"),
        ("19.10.2021 12:00", "that exists"),
        ("", "that exists"),
        ("tomorrow", "that exists"),
        ("0021-10-19T12:00", "year"),
        ("9999-12-31T23:59", "year"),
    ],
)
def test_what_is_no_wall_clock_time_is_refused(text, what):
    with pytest.raises(ContentRefused, match=what) as caught:
        parse_local(text)
    assert "2021-10-19T12:00" in caught.value.problems[0].remedy


@pytest.mark.parametrize(
    ("local", "zone", "instant"),
    [
        ("2021-10-19T12:00", "Europe/Brussels", "2021-10-19T10:00"),
        ("2021-12-19T12:00", "Europe/Brussels", "2021-12-19T11:00"),
        ("2021-10-19T12:00", "America/St_Johns", "2021-10-19T14:30"),
        # Spring gap: 02:30 does not exist on 28 March 2021 and moves forward to 03:30.
        ("2021-03-28T01:59", "Europe/Brussels", "2021-03-28T00:59"),
        ("2021-03-28T02:00", "Europe/Brussels", "2021-03-28T01:00"),
        ("2021-03-28T02:30", "Europe/Brussels", "2021-03-28T01:30"),
        ("2021-03-28T03:00", "Europe/Brussels", "2021-03-28T01:00"),
        # Autumn overlap: 02:30 happens twice on 31 October 2021; the first counts.
        ("2021-10-31T02:30", "Europe/Brussels", "2021-10-31T00:30"),
        ("2021-10-31T03:00", "Europe/Brussels", "2021-10-31T02:00"),
        # Lord Howe moves by half an hour.
        ("2021-10-03T02:15", "Australia/Lord_Howe", "2021-10-02T15:45"),
        ("2021-04-04T01:45", "Australia/Lord_Howe", "2021-04-03T14:45"),
        # Samoa left out 30 December 2011.
        ("2011-12-30T09:00", "Pacific/Apia", "2011-12-30T19:00"),
        ("2011-12-31T09:00", "Pacific/Apia", "2011-12-30T19:00"),
        ("2012-02-29T00:00", "UTC", "2012-02-29T00:00"),
    ],
)
def test_a_wall_clock_time_means_one_instant(local, zone, instant):
    assert to_instant(at(local), zone) == utc(instant)


def test_a_time_in_the_gap_is_shown_as_the_clock_then_shows_it():
    assert to_local(to_instant(at("2021-03-28T02:30"), "Europe/Brussels"), "Europe/Brussels") == at(
        "2021-03-28T03:30"
    )


@given(LOCALS, st.sampled_from(ZONES))
@example(at("2021-03-28T02:30"), "Europe/Brussels")
@example(at("2021-10-31T02:30"), "Europe/Brussels")
@example(at("2011-12-30T12:00"), "Pacific/Apia")
def test_a_time_comes_back_unless_it_falls_into_a_gap_and_then_it_moves_forward(local, zone):
    instant = to_instant(local, zone)
    back = to_local(instant, zone)
    assert back >= local
    assert back.tzinfo is None
    assert back.fold == 0
    if back != local:
        missing = ZoneInfo(zone)
        before = (instant - timedelta(days=2)).astimezone(missing).utcoffset()
        after = (instant + timedelta(days=2)).astimezone(missing).utcoffset()
        assert back - local <= timedelta(days=1)
        assert after > before


@given(
    st.datetimes(at("1971-01-01T00:00"), at("2037-12-31T00:00"), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
)
def test_of_two_instants_with_the_same_wall_clock_time_the_first_counts(instant, zone):
    local = to_local(instant, zone)
    first = to_instant(local, zone)
    assert first <= instant
    assert to_local(first, zone) == local


@given(LOCALS, st.integers(0, 366), st.integers(0, 23), st.integers(0, 59))
def test_days_before_are_days_of_the_calendar(local, days, hour, minute):
    before = days_before(local, days, hour, minute)
    assert (local.date() - before.date()).days == days
    assert (before.hour, before.minute, before.second, before.microsecond) == (hour, minute, 0, 0)


def test_days_before_know_the_leap_day():
    assert days_before(at("2020-03-01T12:00"), 1, 9, 0) == at("2020-02-29T09:00")
    assert days_before(at("2021-03-01T12:00"), 1, 9, 0) == at("2021-02-28T09:00")
